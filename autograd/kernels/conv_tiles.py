"""Inner loops of convolutions, on images laid out with their channels last.

Addresses, steps and offsets are integers, in bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .tiles import _transposed
from .vector_ir import I64, Emitter, Target


def _void(count: int) -> Any:
    return types.void(*[types.int64] * count)


def _table(e: Emitter, address: Any, index: int | Any) -> Any:
    """The integer at ``index`` of a table at ``address``."""
    offset = I64(8 * index) if isinstance(index, int) else e.builder.mul(index, I64(8))
    return e.builder.load(e.builder.inttoptr(e.builder.add(address, offset), I64.as_pointer()), align=8)


def gathered_tile(target: Target, itemsize: int, rows: int, vectors: int) -> Any:
    """C[r, :] = sum over t and i of A[r, t, i] * B[t * inner + i, :], for ``rows`` rows of ``vectors`` vectors each.

    A[r, t, i] lies at ``a + a_rows[r] + a_offsets[t] + i * a_step``, row k of B at ``b + k * b_step`` and row r of C at
    ``c + c_rows[r]``. What is at ``bias`` (0: nothing) is added to each row; with ``accumulate`` what C held, too.
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
                        x = e.splat(e.load_scalar(e.at(left[r], along)))
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
        return _void(12), emit
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
        return _void(6), emit
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
        return _void(4), emit
    return put


@intrinsic  # type: ignore[untyped-decorator]
def put_index(typing, table, index, value):  # type: ignore[no-untyped-def]
    """Write an integer to ``index`` of the table at an address."""
    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        table, index, value = args
        address = builder.add(table, builder.mul(index, I64(8)))
        builder.store(value, builder.inttoptr(address, I64.as_pointer()), align=8)
        return context.get_dummy_value()
    return _void(3), emit
