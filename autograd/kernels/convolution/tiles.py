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

from ..vectors.ir import I64, Emitter, Target, procedure
from ..vectors.tiles import _transposed


def table_entry(e: Emitter, address: Any, index: int | Any) -> Any:
    """The integer at ``index`` of a table at ``address``."""
    offset = I64(8 * index) if isinstance(index, int) else e.builder.mul(index, I64(8))
    return e.builder.load(e.builder.inttoptr(e.builder.add(address, offset), I64.as_pointer()), align=8)


def gathered_tile(target: Target, itemsize: int, rows: int, vectors: int, lanewise: bool = False,
                  masked: bool = False) -> Any:
    """C[r, :] = sum over t and i of A[r, t, i] * B[t * inner + i, :], for ``rows`` rows of ``vectors`` vectors each.

    A[r, t, i] lies at ``a + a_rows[r] + a_offsets[t] + i * a_step``, row k of B at ``b + k * b_step`` and row r of C at
    ``c + c_rows[r]``. What is at ``bias`` (0: nothing) is added to each row; where ``accumulate`` is 1 what C held,
    too; where it is 2 results bypass the caches.
    Where ``lanewise``, elements of A are vectors too, multiplied lane by lane. Where ``masked``, the last vector of a
    row of C has ``count`` lanes.
    """
    @intrinsic  # type: ignore[untyped-decorator]
    def tile(typing, outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate, count = args
            e = Emitter(builder, target, itemsize)
            starts = [builder.add(a, table_entry(e, a_rows, r)) for r in range(rows)]

            def take(t: Any, carried: list[Any]) -> list[Any]:
                offset = table_entry(e, a_offsets, t)
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
            ends = [builder.add(c, table_entry(e, c_rows, r)) for r in range(rows)]
            places = [e.at(p, target.width * j) for p in ends for j in range(vectors)]
            sums = e.when(builder.icmp_signed("==", accumulate, I64(1)), sums, lambda old: [
                builder.fadd(s, e.load(p)) for s, p in zip(old, places)])
            mask = e.mask(count)
            if masked or lanewise:
                for i, (s, p) in enumerate(zip(sums, places)):
                    if masked and i % vectors == vectors - 1:
                        e.store_masked(s, p, mask)
                    else:
                        e.store(s, p)
                return context.get_dummy_value()
            with builder.if_else(builder.icmp_signed("==", accumulate, I64(2))) as (past, otherwise):
                for branch, store in ((past, e.store_past), (otherwise, e.store)):
                    with branch:
                        for s, p in zip(sums, places):
                            store(s, p)
            return context.get_dummy_value()
        return procedure(13), emit
    return tile


def transpose(target: Target, itemsize: int, far: bool = False) -> Any:
    """Copy ``rows`` rows of ``columns`` elements, ``source_row`` apart, to columns of rows ``to_row`` apart.

    At most a square of one vector's lanes; nothing outside of it is read or written. Where ``far``, what follows in
    the rows written is fetched ahead: the processor does not by itself where each is on a page of its own.
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
                    if far:
                        e.prefetch(e.at(at, 2 * target.width), write=True)
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


def pack_columns(target: Target, itemsize: int) -> Any:
    """Copy runs of columns, at most a vector each, to ``terms`` rows ``step`` apart.

    Row k comes from ``source + offsets[k]``. Run r is a pair of integers in ``runs``: where it starts in the source,
    and in the row. Whole vectors are copied, each run over the end of the one before.
    """
    @intrinsic  # type: ignore[untyped-decorator]
    def pack(typing, to, step, source, offsets, terms, runs, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            to, step, source, offsets, terms, runs, count = args
            e = Emitter(builder, target, itemsize)

            def copy(start: Any, end: Any, at: Any, to: Any) -> None:
                e.store(e.load(builder.add(start, at)), builder.add(end, to))

            def some(k: Any, _: list[Any]) -> list[Any]:
                start, end = builder.add(source, table_entry(e, offsets, k)), e.at(to, builder.mul(k, step))
                for at, place in few:
                    copy(start, end, at, place)
                return []

            def many(k: Any, _: list[Any]) -> list[Any]:
                start, end = builder.add(source, table_entry(e, offsets, k)), e.at(to, builder.mul(k, step))

                def run(r: Any, _: list[Any]) -> list[Any]:
                    at = e.at(runs, builder.mul(r, I64(16)))
                    copy(start, end, table_entry(e, at, 0), table_entry(e, at, 1))
                    return []

                e.loop(count, [], run)
                return []

            with builder.if_else(builder.icmp_signed("<=", count, I64(4))) as (unrolled, otherwise):
                with unrolled:
                    last = builder.sub(count, I64(1))
                    few = []
                    for r in range(4):
                        which = builder.select(builder.icmp_signed("<", I64(r), last), I64(2 * r),
                                               builder.mul(last, I64(2)))
                        few.append((table_entry(e, runs, which), table_entry(e, runs, builder.add(which, I64(1)))))
                    e.loop(terms, [], some)
                with otherwise:
                    e.loop(terms, [], many)
            return context.get_dummy_value()
        return procedure(7), emit
    return pack


@intrinsic  # type: ignore[untyped-decorator]
def fetch(typing, address, step, rows, lines):  # type: ignore[no-untyped-def]
    """Fetch so many lines of each of some rows, so many bytes apart, to the second-level cache."""
    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        address, step, rows, lines = args
        e = Emitter(builder, Target(16, 16, False, False), 4)

        def row(r: Any, _: list[Any]) -> list[Any]:
            start = e.at(address, builder.mul(r, step))

            def one(i: Any, _: list[Any]) -> list[Any]:
                e.prefetch(e.at(start, builder.mul(i, I64(64))))
                return []

            e.loop(lines, [], one)
            return []

        e.loop(rows, [], row)
        return context.get_dummy_value()
    return procedure(4), emit


def split(target: Target, itemsize: int) -> Any:
    """Copy the first, third, ... of ``count`` elements to ``even``, the others to ``odd``, with zeros after them."""
    @intrinsic  # type: ignore[untyped-decorator]
    def elements(typing, even, odd, source, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            even, odd, source, count = args
            e = Emitter(builder, target, itemsize)

            def two(i: Any, _: list[Any]) -> list[Any]:
                at = e.at(source, builder.mul(i, I64(2 * target.width)))
                left = builder.sub(count, builder.mul(i, I64(2 * e.lanes)))
                x = e.load_masked(at, e.mask(left))
                y = e.load_masked(e.at(at, target.width), e.mask(builder.sub(left, I64(e.lanes))))
                offset = builder.mul(i, I64(target.width))
                e.store(e.shuffle(x, y, list(range(0, 2 * e.lanes, 2))), e.at(even, offset))
                e.store(e.shuffle(x, y, list(range(1, 2 * e.lanes, 2))), e.at(odd, offset))
                return []

            e.loop(builder.sdiv(builder.add(count, I64(2 * e.lanes - 1)), I64(2 * e.lanes)), [], two)
            return context.get_dummy_value()
        return procedure(4), emit
    return elements


def copy_one(itemsize: int) -> Any:
    """Copy one element."""
    @intrinsic  # type: ignore[untyped-decorator]
    def element(typing, to, source):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, Target(16, 16, False, False), itemsize)
            e.store_scalar(e.load_scalar(args[1]), args[0])
            return context.get_dummy_value()
        return procedure(2), emit
    return element


def spread(target: Target, itemsize: int) -> Any:
    """Write ``vectors`` vectors that hold one element in every lane."""
    @intrinsic  # type: ignore[untyped-decorator]
    def copies(typing, to, source, vectors):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            to, source, vectors = args
            e = Emitter(builder, target, itemsize)
            vector = e.splat(e.load_scalar(source))

            def one(i: Any, _: list[Any]) -> list[Any]:
                e.store(vector, e.at(to, builder.mul(i, I64(target.width))))
                return []

            e.loop(vectors, [], one)
            return context.get_dummy_value()
        return procedure(3), emit
    return copies


def sum_lanes(target: Target, itemsize: int) -> Any:
    """Write the sum of the lanes of each of ``count`` vectors."""
    @intrinsic  # type: ignore[untyped-decorator]
    def sums(typing, to, source, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            to, source, count = args
            e = Emitter(builder, target, itemsize)

            def one(i: Any, _: list[Any]) -> list[Any]:
                value, half = e.load(e.at(source, builder.mul(i, I64(target.width)))), e.lanes // 2
                while half:
                    value = builder.fadd(value, e.shuffle(value, value, [(j + half) % e.lanes for j in range(e.lanes)]))
                    half //= 2
                e.store_scalar(builder.extract_element(value, ir.IntType(32)(0)),
                               e.at(to, builder.mul(i, I64(itemsize))))
                return []

            e.loop(count, [], one)
            return context.get_dummy_value()
        return procedure(3), emit
    return sums


@intrinsic  # type: ignore[untyped-decorator]
def get_index(typing, table, index):  # type: ignore[no-untyped-def]
    """The integer at ``index`` of the table at an address."""
    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        table, index = args
        address = builder.add(table, builder.mul(index, I64(8)))
        return builder.load(builder.inttoptr(address, I64.as_pointer()), align=8)
    return types.int64(types.int64, types.int64), emit


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
