"""Micro-kernels of matrix products: a tile of the result in registers, over all of k.

Addresses and strides are integers, in bytes. Every kernel ends alike: it adds what lies at ``addend`` (0: nothing),
whose rows are ``addend_row`` apart: a bias (0 apart), or the result so far.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from .ir import I64, Emitter, Target, procedure


def tile_rows(target: Target) -> int:
    """Rows of a tile: its vectors, a row of the right operand and one element of the left fill the registers."""
    return 8 if target.registers >= 32 else 4


def outer_vectors(target: Target) -> int:
    """The widest tile, in vectors."""
    return 4 if target.registers >= 32 else 3


def outer_shape(target: Target, vectors: int) -> tuple[int, int]:
    """Rows of a tile of so many vectors, and of the lower one for the rows that remain."""
    rows = tile_rows(target)
    return (6, 4) if vectors == 4 else (rows, rows // 2)


def inner_shape(target: Target, itemsize: int) -> tuple[int, int]:
    """Rows and columns of a tile of inner products."""
    return (4, min(6, target.width // itemsize)) if target.registers >= 32 else (4, min(3, target.width // itemsize))


def clamped(e: Emitter, base: Any, stride: Any, count: int, valid: Any) -> list[Any]:
    """Addresses of ``count`` rows, of which those after the first ``valid`` ones repeat the last of these."""
    b = e.builder
    if valid is None:
        found = [base]
        for _ in range(count - 1):
            found.append(b.add(found[-1], stride))
        return found
    last = b.sub(valid, I64(1))
    return [base] + [b.add(base, b.mul(stride, b.select(b.icmp_signed("<", I64(r), last), I64(r), last)))
                     for r in range(1, count)]


def outer_tile(target: Target, itemsize: int, rows: int, vectors: int, partial: bool) -> Any:
    """C[i, :] = sum_k A[i, k] * B[k, :] for ``rows`` rows of ``vectors`` vectors each; where ``partial``, only for the
    first ``valid`` rows.

    A has any strides; rows of B are contiguous, the last vector with ``count`` lanes. B is read beyond them where the
    target has no cheap masks.
    """
    @intrinsic  # type: ignore[untyped-decorator]
    def tile(typing, k, a, a_row, a_k, b, b_k, c, c_row, count, addend, addend_row, valid):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            k, a, a_row, a_k, b, b_k, c, c_row, count, addend, addend_row, valid = args
            e = Emitter(builder, target, itemsize)
            mask = e.mask(count)
            left = clamped(e, a, a_row, rows, valid if partial else None)

            def vectors_at(address: Any, masked: bool) -> list[Any]:
                found = [e.load(e.at(address, target.width * j)) for j in range(vectors - 1)]
                end = e.at(address, target.width * (vectors - 1))
                return [*found, e.load_masked(end, mask) if masked else e.load(end)]

            def step(i: Any, sums: list[Any]) -> list[Any]:
                right = vectors_at(e.at(b, builder.mul(i, b_k)), target.masks)
                offset = builder.mul(i, a_k)
                for r in range(rows):
                    x = e.splat(e.load_scalar(e.at(left[r], offset)))
                    for j in range(vectors):
                        sums[r * vectors + j] = e.fma(x, right[j], sums[r * vectors + j])
                return sums

            def finish(sums: list[Any], masked: bool) -> None:
                added = clamped(e, addend, addend_row, rows, valid if partial else None)
                sums = e.when(builder.icmp_signed("!=", addend, I64(0)), sums, lambda old: [
                    builder.fadd(s, t) for r in range(rows)
                    for s, t in zip(old[r * vectors:], vectors_at(added[r], masked))])
                at = c
                for r in range(rows):
                    def put(r: int = r, at: Any = at) -> None:
                        for j in range(vectors):
                            to, value = e.at(at, target.width * j), sums[r * vectors + j]
                            if masked and j == vectors - 1:
                                e.store_masked(value, to, mask)
                            else:
                                e.store(value, to)
                    if partial:
                        with builder.if_then(builder.icmp_signed("<", I64(r), valid)):
                            put()
                    else:
                        put()
                    at = e.at(at, c_row)

            # Rows of a large result are on pages of their own, which the processor would not fetch ahead.
            at = c
            for _ in range(0 if partial else rows):
                for j in range(vectors):
                    e.prefetch(e.at(at, target.width * j), write=True)
                at = e.at(at, c_row)
            sums = e.loop(k, [e.zero] * (rows * vectors), step)
            if target.masks:
                finish(sums, True)
            else:
                with builder.if_else(builder.icmp_signed(">=", count, I64(e.lanes))) as (full, otherwise):
                    with full:
                        finish(sums, False)
                    with otherwise:
                        finish(sums, True)
            return context.get_dummy_value()
        return procedure(12), emit
    return tile


def _add_halves(e: Emitter, x: Any, y: Any, group: int) -> Any:
    """In each group of lanes, the sums of the first and second halves: those of x, then those of y."""
    first = [t + i for t in range(0, e.lanes, group) for i in range(group // 2)]
    second = [i + group // 2 for i in first]
    return e.builder.fadd(e.shuffle(x, y, first + [e.lanes + i for i in first]),
                          e.shuffle(x, y, second + [e.lanes + i for i in second]))


def _sums_of_lanes(e: Emitter, vectors: list[Any]) -> Any:
    """The sum of the lanes of each of as many vectors as there are lanes, in one vector."""
    group, bits = e.lanes, (e.lanes - 1).bit_length()
    while len(vectors) > 1:
        half = len(vectors) // 2
        vectors = [_add_halves(e, x, y, group) for x, y in zip(vectors[:half], vectors[half:])]
        group //= 2
    # Each step put the second half of the vectors behind the first, so that the bits of a vector's number are reversed.
    return e.shuffle(vectors[0], vectors[0], [int(format(i, f"0{bits}b")[::-1], 2) for i in range(e.lanes)])


def inner_tile(target: Target, itemsize: int, shape: tuple[int, int] | None = None) -> Any:
    """C[i, j] = sum_k A[i, k] * B[j, k] for the first ``valid`` rows and ``count`` columns of a tile of inner_shape.

    Rows of A and of B are contiguous, so that nothing need be copied; the lanes are k's, and added up at the end.
    """
    rows, columns = shape or inner_shape(target, itemsize)

    @intrinsic  # type: ignore[untyped-decorator]
    def tile(typing, k, a, a_row, b, b_row, c, c_row, count, addend, addend_row, valid):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            k, a, a_row, b, b_row, c, c_row, count, addend, addend_row, valid = args
            e = Emitter(builder, target, itemsize)
            left, right = clamped(e, a, a_row, rows, valid), clamped(e, b, b_row, columns, count)

            def step(i: Any, sums: list[Any], load: Callable[[Any], Any]) -> list[Any]:
                offset = builder.mul(i, I64(target.width))
                ys = [load(e.at(p, offset)) for p in right]
                for r in range(rows):
                    x = load(e.at(left[r], offset))
                    for j in range(columns):
                        sums[r * columns + j] = e.fma(x, ys[j], sums[r * columns + j])
                return sums

            whole = builder.sdiv(k, I64(e.lanes))
            rest = builder.sub(k, builder.mul(whole, I64(e.lanes)))
            sums = e.loop(whole, [e.zero] * (rows * columns), lambda i, old: step(i, old, e.load))
            mask = e.mask(rest)
            sums = e.when(builder.icmp_signed(">", rest, I64(0)), sums,
                          lambda old: step(whole, old, lambda p: e.load_masked(p, mask)))
            # Through memory, to get from vectors of sums to rows of the result.
            groups = -(-len(sums) // e.lanes)
            sums += [e.zero] * (groups * e.lanes - len(sums))
            with builder.goto_entry_block():
                kept = builder.alloca(ir.ArrayType(e.type, groups + 1))
            kept = builder.ptrtoint(kept, I64)
            for g in range(groups):
                e.store(_sums_of_lanes(e, sums[g * e.lanes:(g + 1) * e.lanes]), e.at(kept, g * target.width))
            lanes = e.mask(count)

            def put(r: Any, _: list[Any]) -> list[Any]:
                value = e.load(e.at(kept, builder.mul(r, I64(columns * itemsize))))
                added = e.at(addend, builder.mul(r, addend_row))
                value, = e.when(builder.icmp_signed("!=", addend, I64(0)), [value],
                                lambda old: [builder.fadd(old[0], e.load_masked(added, lanes))])
                e.store_masked(value, e.at(c, builder.mul(r, c_row)), lanes)
                return []

            e.loop(valid, [], put)
            return context.get_dummy_value()
        return procedure(11), emit
    return tile


def pack_transposed(target: Target, itemsize: int) -> Any:
    """Copy B[k, j] for all k and one vector of j, given any strides, to rows of the panel ``to``, ``step`` apart.

    Columns after the first ``count`` repeat the last of these, because vectors of the panel are read whole.
    """
    @intrinsic  # type: ignore[untyped-decorator]
    def pack(typing, to, step, source, k_stride, j_stride, k, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            to, step, source, k_stride, j_stride, k, count = args
            e = Emitter(builder, target, itemsize)
            columns = clamped(e, source, j_stride, e.lanes, count)
            contiguous = builder.icmp_signed("==", k_stride, I64(itemsize))
            blocks = builder.select(contiguous, builder.sdiv(k, I64(e.lanes)), I64(0))

            def transpose(i: Any, _: list[Any]) -> list[Any]:
                vectors = [e.load(e.at(p, builder.mul(i, I64(target.width)))) for p in columns]
                at = e.at(to, builder.mul(builder.mul(i, I64(e.lanes)), step))
                for v in _transposed(e, vectors):
                    e.store(v, at)
                    at = e.at(at, step)
                return []

            def one_by_one(i: Any, _: list[Any]) -> list[Any]:
                row = builder.add(i, builder.mul(blocks, I64(e.lanes)))
                at = e.at(to, builder.mul(row, step))
                for j, p in enumerate(columns):
                    e.store_scalar(e.load_scalar(e.at(p, builder.mul(row, k_stride))), e.at(at, j * itemsize))
                return []

            e.loop(blocks, [], transpose)
            e.loop(builder.sub(k, builder.mul(blocks, I64(e.lanes))), [], one_by_one)
            return context.get_dummy_value()
        return procedure(7), emit
    return pack


def _transposed(e: Emitter, vectors: list[Any]) -> list[Any]:
    """A square block of vectors, mirrored: in each step the lanes of vectors half the block apart interleave."""
    n, half = e.lanes, e.lanes // 2
    low = [x for i in range(half) for x in (i, n + i)]
    high = [half + i for i in low]
    for _ in range(half.bit_length()):
        vectors = [e.shuffle(x, y, order) for x, y in zip(vectors[:half], vectors[half:]) for order in (low, high)]
    return vectors


def pack_rows(target: Target, itemsize: int, ahead: bool = False) -> Any:
    """Copy k rows of ``vectors`` vectors, the last with ``count`` lanes, zeros after them, to rows ``step`` apart.

    With ``ahead`` what follows in each row is fetched to the second-level cache.
    """
    @intrinsic  # type: ignore[untyped-decorator]
    def pack(typing, to, step, source, k_stride, k, vectors, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            to, step, source, k_stride, k, vectors, count = args
            e = Emitter(builder, target, itemsize)
            mask = e.mask(count)
            full = builder.sub(vectors, I64(1))

            def row(i: Any, _: list[Any]) -> list[Any]:
                start, end = e.at(source, builder.mul(i, k_stride)), e.at(to, builder.mul(i, step))

                def copy(j: Any, _: list[Any]) -> list[Any]:
                    offset = builder.mul(j, I64(target.width))
                    e.store(e.load(e.at(start, offset)), e.at(end, offset))
                    if ahead:
                        e.prefetch(e.at(start, offset, builder.mul(vectors, I64(target.width))))
                    return []

                e.loop(full, [], copy)
                if ahead:
                    e.prefetch(e.at(start, builder.mul(builder.add(full, vectors), I64(target.width))))
                offset = builder.mul(full, I64(target.width))
                e.store(e.load_masked(e.at(start, offset), mask), e.at(end, offset))
                return []

            e.loop(k, [], row)
            return context.get_dummy_value()
        return procedure(7), emit
    return pack


