"""Compiled convolution as a product of matrices, of which the right one is made while it is needed.

Weights [O][C * window] are multiplied by what windows hold, [C * window][positions], of which some rows and columns at
a time are copied together; positions are in the lanes. The result is the image as it is stored, and where a window is
one element, so is the input: then the gradients are products, too. Chellapilla, Puri and Simard, "High performance
convolutional neural networks for document processing" (2006). This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from . import conv_tiles, tiles
from .conv_tiles import put_index, regions
from .gemm import loops_over_tiles
from .vector_ir import Target


def build(common: SimpleNamespace, kernel: Any, target: Target, size: int) -> dict[str, Any]:
    """The kernels, not yet compiled; their integers are those of `conv_plans`."""
    lanes, width = common.lanes, target.width
    fill, vectors_of, channels_first = common.fill, common.vectors_of, common.channels_first
    pack_rows, copy_one = tiles.pack_rows(target, size, ahead=True), conv_tiles.copy_one(size)
    inner_products, panel = loops_over_tiles(target, size, kernel)
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
        PD, PH, PW, row, block, in_place, turned = table[22:29]
        image, packed, offsets, runs, shift, mirrored = regions(scratch.ctypes.data, table[29:35])
        window, P, line = KD * KH * KW, OD * OH * OW, sw * row * size
        K = C * window
        n_first, n_last, v_first, v_last = part
        first, some = v_first * lanes, min(O, v_last * lanes) - v_first * lanes
        fill(packed, width, 3 * block + 1, 0)
        if not in_place:
            fill(image, width, C * PD * PH * sw * row // lanes + 2, 0)
            k = 0
            for c in range(C):
                for d in range(KD):
                    for i in range(KH):
                        for j in range(0, KW * dw, dw):
                            put_index(offsets, k, ((c * PD + d * dd) * PH + i * dh) * line
                                      + (j % sw * row + j // sw) * size)
                            k += 1
        for group in range(G):
            if bias.size > 0:
                for o in range(some):
                    spread(shift + o * 3 * width, bias.ctypes.data + (group * O + first + o) * size, 3)
            weights = w.ctypes.data + (group * O + first) * K * size
            if turned:
                for o in range(some):
                    for c in range(C):
                        start = w.ctypes.data + (((group * C + c) * O + first + o) * window + window - 1) * size
                        for k in range(window):
                            copy_one(mirrored + ((o * C + c) * window + k) * size, start - k * size)
                weights = mirrored
            for n in range(n_first, n_last):
                source = x.ctypes.data + (n * G + group) * C * D * H * W * size
                if not in_place:
                    channels_first(image, row, source, C, D, H, W, PD, PH, PW, front, above, before, sw)
                p = 0
                while p < P:
                    vectors = vectors_of((P - p + lanes - 1) // lanes)
                    count = min(vectors * lanes, P - p)
                    last = count - (vectors - 1) * lanes
                    to = y.ctypes.data + (((n * G + group) * O + first) * P + p) * size
                    pieces = 0 if in_place else put_runs(runs, p, count, OH, OW, sd * PH * line, sh * line)
                    for k in range(0, K, block):
                        terms = min(block, K - k)
                        if in_place:
                            pack_rows(packed, vectors * width, source + (k * P + p) * size, P * size, terms, vectors,
                                      last)
                        else:
                            pack_columns(packed, vectors * width, image, offsets + 8 * k, terms, runs, pieces)
                        added, added_row = (to, P * size) if k > 0 else (shift if bias.size > 0 else 0, 3 * width)
                        panel(weights + k * size, K * size, size, packed,
                              vectors * width, to, P * size, some, terms, vectors, last, added, added_row)
                    p += count

    @kernel
    def implicit_input(g, w, bias, x, table, scratch, part):
        """Of a window of one element."""
        _, G, C, O, P, block = table[:6]
        packed, shift = regions(scratch.ctypes.data, table[6:8])
        n_first, n_last, v_first, v_last = part
        first, some = v_first * lanes, min(C, v_last * lanes) - v_first * lanes
        for group in range(G):
            if bias.size > 0:
                for c in range(some):
                    spread(shift + c * 3 * width, bias.ctypes.data + (group * C + first + c) * size, 3)
            for n in range(n_first, n_last):
                p = 0
                while p < P:
                    vectors = vectors_of((P - p + lanes - 1) // lanes)
                    count = min(vectors * lanes, P - p)
                    last = count - (vectors - 1) * lanes
                    to = x.ctypes.data + (((n * G + group) * C + first) * P + p) * size
                    for k in range(0, O, block):
                        terms = min(block, O - k)
                        pack_rows(packed, vectors * width, g.ctypes.data + (((n * G + group) * O + k) * P + p) * size,
                                  P * size, terms, vectors, last)
                        added, added_row = (to, P * size) if k > 0 else (shift if bias.size > 0 else 0, 3 * width)
                        panel(w.ctypes.data + ((group * O + k) * C + first) * size, size, C * size, packed,
                              vectors * width, to, P * size, some, terms, vectors, last, added, added_row)
                    p += count

    @kernel
    def implicit_weight(g, x, w, table, scratch, part):
        """Likewise."""
        N, G, C, O, P = table[:5]
        _, _, v_first, v_last = part
        first, some = v_first * lanes, min(O, v_last * lanes) - v_first * lanes
        for group in range(G):
            for n in range(N):
                inner_products(g.ctypes.data + ((n * G + group) * O + first) * P * size, P * size,
                               x.ctypes.data + (n * G + group) * C * P * size, P * size,
                               w.ctypes.data + (group * O + first) * C * size, C * size, some, C, P, 0,
                               1 if n > 0 else 0)

    return {"implicit_forward": implicit_forward, "implicit_input": implicit_input, "implicit_weight": implicit_weight}
