"""Winograd's transforms of squares of vectors.

F(2 x 2, 3 x 3) and F(4 x 4, 3 x 3) of Lavin and Gray, "Fast algorithms for convolutional neural networks" (2015), a
dimension at a time: y = A'((G w) * (B'x)), and their transposes, which give the gradient of w. Addresses and steps are
integers, in bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..vectors.ir import I1, I64, Emitter, Target, procedure


def _times(e: Emitter, factor: float, x: Any) -> Any:
    return e.builder.fmul(x, ir.Constant(e.type, [factor] * e.lanes))


def _plus(e: Emitter, x: Any, factor: float, y: Any) -> Any:
    """x + factor * y."""
    return e.fma(y, ir.Constant(e.type, [factor] * e.lanes), x)


# --- squares of 4 x 4, for the points 0, 1, -1 and infinity -------------------------------------------------------


def _input2(e: Emitter, x: list[Any]) -> list[Any]:
    b = e.builder
    return [b.fsub(x[0], x[2]), b.fadd(x[1], x[2]), b.fsub(x[2], x[1]), b.fsub(x[1], x[3])]


def _result2(e: Emitter, m: list[Any]) -> list[Any]:
    b = e.builder
    return [b.fadd(m[0], b.fadd(m[1], m[2])), b.fsub(b.fsub(m[1], m[2]), m[3])]


def _weight2(e: Emitter, w: list[Any]) -> list[Any]:
    b = e.builder
    ends, middle = _times(e, 0.5, b.fadd(w[0], w[2])), _times(e, 0.5, w[1])
    return [w[0], b.fadd(ends, middle), b.fsub(ends, middle), w[2]]


def _result_transposed2(e: Emitter, y: list[Any]) -> list[Any]:
    b = e.builder
    return [y[0], b.fadd(y[0], y[1]), b.fsub(y[0], y[1]), b.fsub(e.zero, y[1])]


def _weight_transposed2(e: Emitter, u: list[Any]) -> list[Any]:
    b = e.builder
    plus, minus = _times(e, 0.5, b.fadd(u[1], u[2])), _times(e, 0.5, b.fsub(u[1], u[2]))
    return [b.fadd(u[0], plus), minus, b.fadd(plus, u[3])]


# --- squares of 6 x 6, for the points 0, 1, -1, 2, -2 and infinity -----------------------------------------------


def _input4(e: Emitter, x: list[Any]) -> list[Any]:
    b = e.builder
    ones = _plus(e, x[4], -4, x[2]), _plus(e, x[3], -4, x[1])
    twos = b.fsub(x[4], x[2]), _times(e, 2, b.fsub(x[3], x[1]))
    return [_plus(e, _plus(e, x[4], -5, x[2]), 4, x[0]), b.fadd(*ones), b.fsub(*ones), b.fadd(*twos), b.fsub(*twos),
            _plus(e, _plus(e, x[5], -5, x[3]), 4, x[1])]


def _result4(e: Emitter, m: list[Any]) -> list[Any]:
    b = e.builder
    plus1, minus1, plus2, minus2 = b.fadd(m[1], m[2]), b.fsub(m[1], m[2]), b.fadd(m[3], m[4]), b.fsub(m[3], m[4])
    return [b.fadd(b.fadd(m[0], plus1), plus2), _plus(e, minus1, 2, minus2), _plus(e, plus1, 4, plus2),
            b.fadd(_plus(e, minus1, 8, minus2), m[5])]


def _weight4(e: Emitter, w: list[Any]) -> list[Any]:
    b = e.builder
    ones = _times(e, -1 / 6, b.fadd(w[0], w[2])), _times(e, 1 / 6, w[1])
    twos = _plus(e, _times(e, 1 / 6, w[2]), 1 / 24, w[0]), _times(e, 1 / 12, w[1])
    return [_times(e, 1 / 4, w[0]), b.fsub(*ones), b.fadd(*ones), b.fadd(*twos), b.fsub(*twos), w[2]]


def _result_transposed4(e: Emitter, y: list[Any]) -> list[Any]:
    b = e.builder
    ones = b.fadd(y[0], y[2]), b.fadd(y[1], y[3])
    twos = _plus(e, y[0], 4, y[2]), _plus(e, _times(e, 2, y[1]), 8, y[3])
    return [y[0], b.fadd(*ones), b.fsub(*ones), b.fadd(*twos), b.fsub(*twos), y[3]]


def _weight_transposed4(e: Emitter, u: list[Any]) -> list[Any]:
    b = e.builder
    plus1, plus2 = _times(e, -1 / 6, b.fadd(u[1], u[2])), b.fadd(u[3], u[4])
    minus1, minus2 = _times(e, 1 / 6, b.fsub(u[2], u[1])), b.fsub(u[3], u[4])
    return [_plus(e, _plus(e, plus1, 1 / 24, plus2), 1 / 4, u[0]), _plus(e, minus1, 1 / 12, minus2),
            b.fadd(_plus(e, plus1, 1 / 6, plus2), u[5])]


Along = Callable[[Emitter, list[Any]], list[Any]]

#: Size of what is transformed, and how, by the side of a square of results.
TRANSFORMS: dict[int, dict[str, tuple[int, Along]]] = {
    2: {"input": (4, _input2), "result": (4, _result2), "weight": (3, _weight2),
        "result_transposed": (2, _result_transposed2), "weight_transposed": (4, _weight_transposed2)},
    4: {"input": (6, _input4), "result": (6, _result4), "weight": (3, _weight4),
        "result_transposed": (4, _result_transposed4), "weight_transposed": (6, _weight_transposed4)}}


def transform(m: int, target: Target, itemsize: int, name: str, past: bool = False) -> Any:
    """Transform squares of vectors: element (i, j) lies at ``source + i * down + j * across``, and likewise in ``to``.

    Does so for ``vectors`` vectors side by side, adding those at ``bias`` (0: none). The vector at ``check`` (0: none)
    stays zero as long as all results are finite. m is the side of a square of results.
    Where ``past``, results bypass the caches.
    """
    n, along = TRANSFORMS[m][name]

    @intrinsic  # type: ignore[untyped-decorator]
    def square(typing, to, to_down, to_across, source, down, across, vectors, bias, check):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            to, to_down, to_across, source, down, across, vectors, bias, check = args
            e = Emitter(builder, target, itemsize)

            def place(base: Any, i: int, j: int, down: Any, across: Any) -> Any:
                return e.at(base, builder.add(builder.mul(down, I64(i)), builder.mul(across, I64(j))))

            def one(v: Any, state: list[Any]) -> list[Any]:
                offset = builder.mul(v, I64(target.width))
                start, end = e.at(source, offset), e.at(to, offset)
                columns = [along(e, [e.load(place(start, i, j, down, across)) for i in range(n)]) for j in range(n)]
                rows = [along(e, [column[i] for column in columns]) for i in range(len(columns[0]))]
                flat = e.when(builder.icmp_signed("!=", bias, I64(0)), [x for row in rows for x in row],
                              lambda old: [builder.fadd(x, e.load(e.at(bias, offset))) for x in old])
                for k, x in enumerate(flat):
                    (e.store_past if past else e.store)(
                        x, place(end, k // len(rows), k % len(rows), to_down, to_across))
                return e.when(builder.icmp_signed("!=", check, I64(0)), state, lambda old: [_finite(e, old[0], flat)])

            state, = e.loop(vectors, [e.zero], one)
            with builder.if_then(builder.icmp_signed("!=", check, I64(0))):
                e.store(builder.fadd(e.load(check), state), check)
            return context.get_dummy_value()
        return procedure(9), emit
    return square


def _finite(e: Emitter, state: Any, values: list[Any]) -> Any:
    """``state`` as long as all values are finite, otherwise NaN."""
    for x in values:
        state = e.fma(x, e.zero, state)
    return state


def _all_zero(e: Emitter, vector: Any) -> Any:
    equal = e.builder.fcmp_ordered("==", vector, e.zero)
    every = I1(1)
    for i in range(e.lanes):
        every = e.builder.and_(every, e.builder.extract_element(equal, ir.IntType(32)(i)))
    return every


def all_zero(target: Target, itemsize: int) -> Any:
    """1 if the vector at an address is zero, 0 if not or if it is NaN."""
    @intrinsic  # type: ignore[untyped-decorator]
    def test(typing, address):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            return builder.zext(_all_zero(e, e.load(args[0])), I64)
        return types.int64(types.int64), emit
    return test


def finite(target: Target, itemsize: int) -> Any:
    """1 if all of ``count`` vectors are finite, otherwise 0."""
    @intrinsic  # type: ignore[untyped-decorator]
    def test(typing, address, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            state, = e.loop(args[1], [e.zero], lambda i, old: [_finite(e, old[0], [
                e.load(e.at(args[0], builder.mul(i, I64(target.width))))])])
            return builder.zext(_all_zero(e, state), I64)
        return types.int64(types.int64, types.int64), emit
    return test
