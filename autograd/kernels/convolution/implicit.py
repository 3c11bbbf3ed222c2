"""Compiled convolution as a product of matrices, of which the right one is made while it is needed.

Weights [O][C * window] are multiplied by what windows hold, [C * window][positions], of which some rows and columns at
a time are copied together; positions are in the lanes. The result is the image as it is stored. Chellapilla, Puri and
Simard, "High performance convolutional neural networks for document processing" (2006). This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..gemm import loops_over_tiles
from ..vectors.ir import Target
from . import tiles as conv_tiles
from .tiles import put_index, regions


def build(common: SimpleNamespace, kernel: Any, target: Target, size: int) -> dict[str, Any]:
    """The kernels, not yet compiled; their integers are those of `plans`."""
    lanes, width = common.lanes, target.width
    fill, vectors_of, channels_first = common.fill, common.vectors_of, common.channels_first
    put_offsets, mirror = common.put_offsets, common.mirror
    _, panel = loops_over_tiles(target, size, kernel)
    pack_columns, spread = conv_tiles.pack_columns(target, size), conv_tiles.spread(target, size)

    @kernel
    def put_runs(table, first, count, OH, OW, plane, line):
        """Where ``count`` positions from the first on start in the image and in a row of a panel, in runs of at most a
        vector; how many runs. Lines and planes of positions are so many bytes apart."""
        m, done = 0, 0
        while done < count:
            p = first + done
            column = p % OW
            put_index(table, 2 * m, p // (OH * OW) * plane + p // OW % OH * line + column * size)
            put_index(table, 2 * m + 1, done * size)
            done += min(OW - column, lanes, count - done)
            m += 1
        return m

    @kernel
    def implicit_forward(x, w, bias, y, table, scratch, part):
        """``turned`` is that of conv_forward."""
        _, G, C, O, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        D, KD, OD, sd, front, dd = table[16:22]
        PD, PH, PW, row, block, turned = table[22:28]
        image, packed, offsets, runs, shift, mirrored = regions(scratch.ctypes.data, table[28:34])
        window, P, line = KD * KH * KW, OD * OH * OW, sw * row * size
        K = C * window
        n_first, n_last, v_first, v_last = part
        first, some = v_first * lanes, min(O, v_last * lanes) - v_first * lanes
        fill(packed, width, 3 * block + 1, 0)
        fill(image, width, C * PD * PH * sw * row // lanes + 2, 0)
        put_offsets(offsets, C, KD, KH, KW, PD, PH, dd, dh, dw, sw, row)
        for group in range(G):
            if bias.size > 0:
                for o in range(some):
                    spread(shift + o * 3 * width, bias.ctypes.data + (group * O + first + o) * size, 3)
            weights = w.ctypes.data + (group * O + first) * K * size
            if turned:
                mirror(mirrored, w.ctypes.data + group * C * O * window * size, C, O, window, first, some)
                weights = mirrored
            for n in range(n_first, n_last):
                source = x.ctypes.data + (n * G + group) * C * D * H * W * size
                channels_first(image, row, source, C, D, H, W, PD, PH, PW, front, above, before, sw)
                p = 0
                while p < P:
                    vectors = vectors_of((P - p + lanes - 1) // lanes)
                    count = min(vectors * lanes, P - p)
                    last = count - (vectors - 1) * lanes
                    to = y.ctypes.data + (((n * G + group) * O + first) * P + p) * size
                    pieces = put_runs(runs, p, count, OH, OW, sd * PH * line, sh * line)
                    for k in range(0, K, block):
                        terms = min(block, K - k)
                        pack_columns(packed, vectors * width, image, offsets + 8 * k, terms, runs, pieces)
                        added, added_row = (to, P * size) if k > 0 else (shift if bias.size > 0 else 0, 3 * width)
                        panel(weights + k * size, K * size, size, packed,
                              vectors * width, to, P * size, some, terms, vectors, last, added, added_row)
                    p += count

    return {"implicit_forward": implicit_forward}
