"""Compiled depthwise convolution, a channel at a time: columns of the image are in the lanes.

This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..vectors.ir import Target
from . import tiles as conv_tiles, winograd_tiles
from .plans import TAPS
from .tiles import put_index, regions


def build(common: SimpleNamespace, kernel: Any, target: Target, size: int) -> dict[str, Any]:
    """The kernels, not yet compiled; their integers are those of `plans`."""
    lanes, rows, width = common.lanes, common.rows, target.width
    fill, channels_first, pack_rows = common.fill, common.channels_first, common.pack_rows
    put_windows = common.put_windows
    spread, sum_lanes = conv_tiles.spread(target, size), conv_tiles.sum_lanes(target, size)
    part_of_row = conv_tiles.gathered_tile(target, size, rows, 1, lanewise=True, masked=True)
    part_of_window = conv_tiles.gathered_tile(target, size, TAPS, 1, lanewise=True)
    finite = winograd_tiles.finite(target, size)

    @kernel
    def put_taps(table, count, KH, KW, dh, dw, sw, row):
        """Where the elements of a window start; the last is repeated up to ``count``."""
        for t in range(count):
            tap = min(t, KH * KW - 1)
            j = tap % KW * dw
            put_index(table, t, (tap // KW * dh * sw * row + j % sw * row + j // sw) * size)

    @kernel
    def planes_forward(x, w, bias, y, table, scratch, part):
        """``turned`` is that of conv_forward."""
        _, G, _, _, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        PH, PW, row, turned = table[16:20]
        image, weights, shift, from_rows, to_rows, taps = regions(scratch.ctypes.data, table[20:26])
        window, line, across = KH * KW, sw * row * size, (OW + lanes - 1) // lanes
        n_first, n_last, v_first, v_last = part
        # Tiles overlap at the end, or repeat the last row.
        for i in range(max(OH, rows)):
            put_index(from_rows, i, min(i, OH - 1) * sh * line)
            put_index(to_rows, i, min(i, OH - 1) * OW * size)
        # Elements of a row of the window lie side by side.
        outer, inner = (KH, KW) if sw == 1 else (window, 1)
        put_taps(taps, window, KH, KW, dh, dw, sw, row)
        if sw == 1:
            put_windows(taps, 1, 1, KH, 1, 1, 1, row, 1, dh, 1, size)
        fill(image, width, (PH * sw * row + lanes * (across + 1) + KW * dw) // lanes, 0)
        for channel in range(v_first, v_last):
            for t in range(window):
                spread(weights + t * width,
                       w.ctypes.data + (channel * window + (window - 1 - t if turned else t)) * size, 1)
            if bias.size > 0:
                spread(shift, bias.ctypes.data + channel * size, 1)
            for n in range(n_first, n_last):
                channels_first(image, row, x.ctypes.data + (n * G + channel) * H * W * size, 1, 1, H, W, 1, PH, PW, 0,
                               above, before, sw)
                to = y.ctypes.data + (n * G + channel) * OH * OW * size
                for i in range(0, OH, rows):
                    at = 8 * min(i, max(OH, rows) - rows)
                    for j in range(0, OW, lanes):
                        part_of_row(outer, taps, inner, image + j * size, from_rows + at, dw * size, weights, width,
                                    to + j * size, to_rows + at, shift if bias.size > 0 else 0, 0, OW - j)

    @kernel
    def planes_weight(g, x, w, table, scratch, part):
        _, G, _, _, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        PH, PW, row, across = table[16:20]
        image, grads, results, taps, to_rows, lines = regions(scratch.ctypes.data, table[20:26])
        window = KH * KW
        padded = (window + TAPS - 1) // TAPS * TAPS
        put_taps(taps, padded, KH, KW, dh, dw, sw, row)
        for t in range(padded):
            put_index(to_rows, t, t * width)
        put_windows(lines, 1, 1, OH, 1, 1, PH, sw * row, 1, sh, 0, size)
        fill(image, width, (PH * sw * row + across + lanes + KW * dw) // lanes, 0)
        vectors = across // lanes
        all_finite = True
        for channel in range(part[2], part[3]):
            for n in range(part[0], part[1]):
                at = (n * G + channel) * size
                channels_first(image, row, x.ctypes.data + at * H * W, 1, 1, H, W, 1, PH, PW, 0, above, before, sw)
                # Vectors end in zeros.
                pack_rows(grads, across * size, g.ctypes.data + at * OH * OW, OW * size, OH, vectors,
                          OW - (vectors - 1) * lanes)
                for t in range(0, padded, TAPS):
                    part_of_window(OH, lines, vectors, image, taps + 8 * t, width, grads, width, results,
                                   to_rows + 8 * t, 0, 1 if n > part[0] else 0, 0)
            # What is not finite was multiplied by those zeros, too.
            all_finite = all_finite and finite(results, padded) != 0
            sum_lanes(w.ctypes.data + channel * window * size, results, window)
        return all_finite

    return {"planes_forward": planes_forward, "planes_weight": planes_weight}
