"""Compiled convolution with neighbouring columns of the image in the lanes: nothing is packed, nothing transposed.

A tile of results, some channels of some vectors of columns, is summed up over whole windows: vectors are read where
they lie in a padded copy of the image, weights as they are stored. This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from numba.extending import intrinsic

from ..vectors.ir import I64, Emitter, Target, procedure
from ..vectors.tiles import clamped
from .tiles import put_index, regions, table_entry


def window_tile(target: Target, itemsize: int, rows: int, vectors: int, partial: bool) -> Any:
    """C[r, j, :] = bias[r] + sum over k of W[r, k] * A[j, k, :], for ``rows`` rows of ``vectors`` vectors; where
    ``partial``, for the first ``valid`` rows.

    W[r, k] lies at ``w + r * w_row + k * itemsize``, vector A[j, k] at ``a + a_starts[j] + offsets[k]`` and C[r, j] at
    ``c + r * c_row + c_starts[j]``, of which the first ``count`` lanes are written. ``bias`` may be 0: nothing.
    """
    @intrinsic  # type: ignore[untyped-decorator]
    def tile(typing, k, offsets, w, w_row, a, a_starts, c, c_row, c_starts, count, bias, valid):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            k, offsets, w, w_row, a, a_starts, c, c_row, c_starts, count, bias, valid = args
            e = Emitter(builder, target, itemsize)
            left = clamped(e, w, w_row, rows, valid if partial else None)
            starts = [builder.add(a, table_entry(e, a_starts, j)) for j in range(vectors)]
            ends = [builder.add(c, table_entry(e, c_starts, j)) for j in range(vectors)]
            for r in range(0 if partial else rows):
                for end in ends:
                    e.prefetch(e.at(end, builder.mul(c_row, I64(r))), write=True)

            def step(i: Any, sums: list[Any]) -> list[Any]:
                offset, along = table_entry(e, offsets, i), builder.mul(i, I64(itemsize))
                ys = [e.load(builder.add(p, offset)) for p in starts]
                for r in range(rows):
                    x = e.splat(e.load_scalar(e.at(left[r], along)))
                    for j in range(vectors):
                        sums[r * vectors + j] = e.fma(x, ys[j], sums[r * vectors + j])
                return sums

            sums = e.loop(k, [e.zero] * (rows * vectors), step)
            added = clamped(e, bias, I64(itemsize), rows, valid if partial else None)

            def with_bias(old: list[Any]) -> list[Any]:
                each = [e.splat(e.load_scalar(p)) for p in added]
                return [builder.fadd(s, each[i // vectors]) for i, s in enumerate(old)]
            sums = e.when(builder.icmp_signed("!=", bias, I64(0)), sums, with_bias)
            mask = e.mask(count)

            def finish(masked: bool) -> None:
                for r in range(rows):
                    def put(r: int = r) -> None:
                        for j, end in enumerate(ends):
                            to = e.at(end, builder.mul(c_row, I64(r)))
                            if masked:
                                e.store_masked(sums[r * vectors + j], to, mask)
                            else:
                                e.store(sums[r * vectors + j], to)
                    if partial:
                        with builder.if_then(builder.icmp_signed("<", I64(r), valid)):
                            put()
                    else:
                        put()

            with builder.if_else(builder.icmp_signed(">=", count, I64(e.lanes))) as (full, otherwise):
                with full:
                    finish(False)
                with otherwise:
                    finish(True)
            return context.get_dummy_value()
        return procedure(12), emit
    return tile


def build(common: SimpleNamespace, kernel: Any, target: Target, size: int) -> dict[str, Any]:
    """The kernel, not yet compiled; its integers are those of `plans`."""
    lanes, width, rows = common.lanes, target.width, common.rows
    fill, vectors_of, channels_first = common.fill, common.vectors_of, common.channels_first
    put_offsets, mirror = common.put_offsets, common.mirror
    half = rows // 2
    high3, high2, high1 = (window_tile(target, size, rows, n, False) for n in (3, 2, 1))
    low3, low2, low1 = (window_tile(target, size, half, n, True) for n in (3, 2, 1))

    @kernel
    def channels(some, k, offsets, w, w_row, image, starts, y, y_row, ends, vectors, count, bias):
        """Up to a tile's rows of channels of the result, at some vectors of positions."""
        for part in range(0, some, rows if some == rows else half):
            at, to, added = w + part * w_row, y + part * y_row, bias + part * size if bias != 0 else 0
            valid = min(half, some - part)
            if some == rows:
                if vectors == 3:
                    high3(k, offsets, at, w_row, image, starts, to, y_row, ends, count, added, rows)
                elif vectors == 2:
                    high2(k, offsets, at, w_row, image, starts, to, y_row, ends, count, added, rows)
                else:
                    high1(k, offsets, at, w_row, image, starts, to, y_row, ends, count, added, rows)
            elif vectors == 3:
                low3(k, offsets, at, w_row, image, starts, to, y_row, ends, count, added, valid)
            elif vectors == 2:
                low2(k, offsets, at, w_row, image, starts, to, y_row, ends, count, added, valid)
            else:
                low1(k, offsets, at, w_row, image, starts, to, y_row, ends, count, added, valid)

    @kernel
    def rows_forward(x, w, bias, y, table, scratch, part):
        """``turned`` is that of conv_forward."""
        _, G, C, O, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        D, KD, OD, sd, front, dd = table[16:22]
        PD, PH, PW, row, turned = table[22:27]
        image, offsets, starts, ends, mirrored = regions(scratch.ctypes.data, table[27:32])
        window, P, line = KD * KH * KW, OD * OH * OW, sw * row * size
        K = C * window
        n_first, n_last, v_first, v_last = part
        first, some = v_first * lanes, min(O, v_last * lanes) - v_first * lanes
        fill(image, width, C * PD * PH * sw * row // lanes + 2, 0)
        put_offsets(offsets, C, KD, KH, KW, PD, PH, dd, dh, dw, sw, row)
        # The last vector of a row overlaps the one before it.
        across, slots = (OW + lanes - 1) // lanes, 0
        for i in range(OD * OH):
            for j in range(across):
                column = min(j * lanes, max(OW - lanes, 0))
                put_index(starts, slots, (i // OH * sd * PH + i % OH * sh) * line + column * size)
                put_index(ends, slots, (i * OW + column) * size)
                slots += 1
        # Rows of the result lie far apart and are written along, unless the image would be read from afar for it.
        block = slots if window > 1 else 3
        for group in range(G):
            weights = w.ctypes.data + (group * O + first) * K * size
            if turned:
                mirror(mirrored, w.ctypes.data + group * C * O * window * size, C, O, window, first, some)
                weights = mirrored
            shift = bias.ctypes.data + (group * O + first) * size if bias.size > 0 else 0
            for n in range(n_first, n_last):
                channels_first(image, row, x.ctypes.data + (n * G + group) * C * D * H * W * size, C, D, H, W, PD, PH,
                               PW, front, above, before, sw)
                to = y.ctypes.data + ((n * G + group) * O + first) * P * size
                for begin in range(0, slots, block):
                    end = min(begin + block, slots)
                    for o in range(0, some, rows):
                        s = begin
                        while s < end:
                            vectors = vectors_of(end - s)
                            channels(min(rows, some - o), K, offsets, weights + o * K * size, K * size, image,
                                     starts + 8 * s, to + o * P * size, P * size, ends + 8 * s, vectors, min(OW, lanes),
                                     shift + o * size if shift != 0 else 0)
                            s += vectors

    return {"rows_forward": rows_forward}
