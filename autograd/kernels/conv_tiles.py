"""Inner loops of convolutions, on images laid out with their channels last.

Addresses, steps and offsets are integers, in bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .tiles import _transposed
from .vector_ir import I1, I64, Emitter, Target, procedure


def _table(e: Emitter, address: Any, index: int | Any) -> Any:
    """The integer at ``index`` of a table at ``address``."""
    offset = I64(8 * index) if isinstance(index, int) else e.builder.mul(index, I64(8))
    return e.builder.load(e.builder.inttoptr(e.builder.add(address, offset), I64.as_pointer()), align=8)


def gathered_tile(target: Target, itemsize: int, rows: int, vectors: int, lanewise: bool = False) -> Any:
    """C[r, :] = sum over t and i of A[r, t, i] * B[t * inner + i, :], for ``rows`` rows of ``vectors`` vectors each.

    A[r, t, i] lies at ``a + a_rows[r] + a_offsets[t] + i * a_step``, row k of B at ``b + k * b_step`` and row r of C at
    ``c + c_rows[r]``. What is at ``bias`` (0: nothing) is added to each row; with ``accumulate`` what C held, too.
    Where ``lanewise``, elements of A are vectors too, multiplied lane by lane.
    """
    @intrinsic  # type: ignore[untyped-decorator]
    def tile(typing, outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate = args
            e = Emitter(builder, target, itemsize)
            starts = [builder.add(a, _table(e, a_rows, r)) for r in range(rows)]

            def take(t: Any, carried: list[Any]) -> list[Any]:
                offset = _table(e, a_offsets, t)
                left, right = [builder.add(p, offset) for p in starts], carried[0]

                def step(i: Any, sums: list[Any]) -> list[Any]:
                    at = e.at(right, builder.mul(i, b_step))
                    ys = [e.load(e.at(at, target.width * j)) for j in range(vectors)]
                    along = builder.mul(i, a_step)
                    for r in range(rows):
                        at = e.at(left[r], along)
                        x = e.load(at) if lanewise else e.splat(e.load_scalar(at))
                        for j in range(vectors):
                            sums[r * vectors + j] = e.fma(x, ys[j], sums[r * vectors + j])
                    return sums

                return [e.at(right, builder.mul(inner, b_step)), *e.loop(inner, carried[1:], step)]

            sums = e.loop(outer, [b] + [e.zero] * (rows * vectors), take)[1:]
            sums = e.when(builder.icmp_signed("!=", bias, I64(0)), sums, lambda old: [
                builder.fadd(s, e.load(e.at(bias, target.width * (k % vectors)))) for k, s in enumerate(old)])
            ends = [builder.add(c, _table(e, c_rows, r)) for r in range(rows)]
            places = [e.at(p, target.width * j) for p in ends for j in range(vectors)]
            sums = e.when(builder.icmp_signed("!=", accumulate, I64(0)), sums, lambda old: [
                builder.fadd(s, e.load(p)) for s, p in zip(old, places)])
            for s, p in zip(sums, places):
                e.store(s, p)
            return context.get_dummy_value()
        return procedure(12), emit
    return tile


def transpose(target: Target, itemsize: int) -> Any:
    """Copy ``rows`` rows of ``columns`` elements, ``source_row`` apart, to columns of rows ``to_row`` apart.

    At most a square of one vector's lanes; nothing outside of it is read or written.
    """
    @intrinsic  # type: ignore[untyped-decorator]
    def block(typing, to, to_row, source, source_row, rows, columns):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            to, to_row, source, source_row, rows, columns = args
            e = Emitter(builder, target, itemsize)
            full = builder.and_(builder.icmp_signed("==", rows, I64(e.lanes)),
                                builder.icmp_signed("==", columns, I64(e.lanes)))

            def put(load: Callable[[Any, Any], Any], store: Callable[[Any, Any, Any], None]) -> None:
                at, vectors = source, []
                for r in range(e.lanes):
                    vectors.append(load(at, I64(r)))
                    at = builder.add(at, source_row)
                at = to
                for r, v in enumerate(_transposed(e, vectors)):
                    store(v, at, I64(r))
                    at = builder.add(at, to_row)

            with builder.if_else(full) as (whole, part):
                with whole:
                    put(lambda p, _: e.load(p), lambda v, p, _: e.store(v, p))
                with part:
                    across, down = e.mask(columns), e.mask(rows)
                    none = ir.Constant(across.type, [0] * e.lanes)
                    put(lambda p, r: e.load_masked(p, builder.select(builder.icmp_signed("<", r, rows), across, none)),
                        lambda v, p, r: e.store_masked(
                            v, p, builder.select(builder.icmp_signed("<", r, columns), down, none)))
            return context.get_dummy_value()
        return procedure(6), emit
    return block


def fill(target: Target, itemsize: int) -> Any:
    """Write ``vectors`` vectors of zeros, or copies of the vector at ``value`` if that is not 0, ``step`` apart."""
    @intrinsic  # type: ignore[untyped-decorator]
    def put(typing, to, step, vectors, value):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            to, step, vectors, value = args
            e = Emitter(builder, target, itemsize)
            vector, = e.when(builder.icmp_signed("!=", value, I64(0)), [e.zero], lambda _: [e.load(value)])

            def one(i: Any, _: list[Any]) -> list[Any]:
                e.store(vector, e.at(to, builder.mul(i, step)))
                return []

            e.loop(vectors, [], one)
            return context.get_dummy_value()
        return procedure(4), emit
    return put


@intrinsic  # type: ignore[untyped-decorator]
def regions(typing, scratch, offsets):  # type: ignore[no-untyped-def]
    """The addresses at these ``offsets`` from the first line of the cache in ``scratch``, an address."""
    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        base = builder.and_(builder.add(args[0], I64(63)), I64(-64))
        found = [builder.add(base, o) for o in cgutils.unpack_tuple(builder, args[1])]
        return context.make_tuple(builder, signature.return_type, found)
    return offsets(types.int64, offsets), emit


@intrinsic  # type: ignore[untyped-decorator]
def put_index(typing, table, index, value):  # type: ignore[no-untyped-def]
    """Write an integer to ``index`` of the table at an address."""
    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        table, index, value = args
        address = builder.add(table, builder.mul(index, I64(8)))
        builder.store(value, builder.inttoptr(address, I64.as_pointer()), align=8)
        return context.get_dummy_value()
    return procedure(3), emit


# --- Winograd's transforms -------------------------------------------------------------------------------------
# F(2 x 2, 3 x 3) of Lavin and Gray, "Fast algorithms for convolutional neural networks" (2015), a dimension at a time:
# y = A'((G w) * (B'x)), and their transposes, which give the gradient of w.


def _input(e: Emitter, x: list[Any]) -> list[Any]:
    b = e.builder
    return [b.fsub(x[0], x[2]), b.fadd(x[1], x[2]), b.fsub(x[2], x[1]), b.fsub(x[1], x[3])]


def _result(e: Emitter, m: list[Any]) -> list[Any]:
    b = e.builder
    return [b.fadd(m[0], b.fadd(m[1], m[2])), b.fsub(b.fsub(m[1], m[2]), m[3])]


def _weight(e: Emitter, w: list[Any]) -> list[Any]:
    b, half = e.builder, ir.Constant(e.type, [0.5] * e.lanes)
    ends, middle = b.fmul(b.fadd(w[0], w[2]), half), b.fmul(w[1], half)
    return [w[0], b.fadd(ends, middle), b.fsub(ends, middle), w[2]]


def _result_transposed(e: Emitter, y: list[Any]) -> list[Any]:
    b = e.builder
    return [y[0], b.fadd(y[0], y[1]), b.fsub(y[0], y[1]), b.fsub(e.zero, y[1])]


def _weight_transposed(e: Emitter, u: list[Any]) -> list[Any]:
    b, half = e.builder, ir.Constant(e.type, [0.5] * e.lanes)
    plus, minus = b.fmul(b.fadd(u[1], u[2]), half), b.fmul(b.fsub(u[1], u[2]), half)
    return [b.fadd(u[0], plus), minus, b.fadd(plus, u[3])]


#: Size of what is transformed, and how.
TRANSFORMS: dict[str, tuple[int, Callable[[Emitter, list[Any]], list[Any]]]] = {
    "input": (4, _input), "result": (4, _result), "weight": (3, _weight),
    "result_transposed": (2, _result_transposed), "weight_transposed": (4, _weight_transposed)}


def transform(target: Target, itemsize: int, name: str) -> Any:
    """Transform squares of vectors: element (i, j) lies at ``source + i * down + j * across``, and likewise in ``to``.

    Does so for ``vectors`` vectors side by side, adding those at ``bias`` (0: none). The vector at ``check`` (0: none)
    stays zero as long as all results are finite.
    """
    n, along = TRANSFORMS[name]

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
                    e.store(x, place(end, k // len(rows), k % len(rows), to_down, to_across))
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


@intrinsic  # type: ignore[untyped-decorator]
def get_index(typing, table, index):  # type: ignore[no-untyped-def]
    """The integer at ``index`` of the table at an address."""
    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        table, index = args
        address = builder.add(table, builder.mul(index, I64(8)))
        return builder.load(builder.inttoptr(address, I64.as_pointer()), align=8)
    return types.int64(types.int64, types.int64), emit


def all_zero(target: Target, itemsize: int) -> Any:
    """1 if the vector at an address is zero, 0 if not or if it is NaN."""
    @intrinsic  # type: ignore[untyped-decorator]
    def test(typing, address):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            equal = builder.fcmp_ordered("==", e.load(args[0]), e.zero)
            every = I1(1)
            for i in range(e.lanes):
                every = builder.and_(every, builder.extract_element(equal, ir.IntType(32)(i)))
            return builder.zext(every, I64)
        return types.int64(types.int64), emit
    return test


def run(target: Target, itemsize: int) -> Any:
    """Copy ``count`` elements side by side, or with ``accumulate`` add them to what is there."""
    @intrinsic  # type: ignore[untyped-decorator]
    def elements(typing, to, source, count, accumulate):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            to, source, count, accumulate = args
            e = Emitter(builder, target, itemsize)
            add = builder.icmp_signed("!=", accumulate, I64(0))

            def one(i: Any, _: list[Any]) -> list[Any]:
                offset = builder.mul(i, I64(target.width))
                mask = e.mask(builder.sub(count, builder.mul(i, I64(e.lanes))))
                at = e.at(to, offset)
                value, = e.when(add, [e.load_masked(e.at(source, offset), mask)],
                                lambda old: [builder.fadd(old[0], e.load_masked(at, mask))])
                e.store_masked(value, at, mask)
                return []

            e.loop(builder.sdiv(builder.add(count, I64(e.lanes - 1)), I64(e.lanes)), [], one)
            return context.get_dummy_value()
        return procedure(4), emit
    return elements
