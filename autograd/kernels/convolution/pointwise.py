"""Compiled convolution by windows of one element, which is a product of matrices for each image as it is stored.

Rows of an image, its channels, are further apart than a processor fetches ahead. So columns are copied for many tiles
together, in long runs; and in the weight gradient the larger of the two images is read as it is, a kilobyte of each
row at a time, and the other one is transposed. This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..gemm import loops_over_tiles
from ..vectors.ir import Target
from . import tiles as conv_tiles
from .tiles import fetch, regions


def build(common: SimpleNamespace, kernel: Any, target: Target, size: int) -> dict[str, Any]:
    """The kernels, not yet compiled; their integers are those of `plans`."""
    lanes, width, rows = common.lanes, target.width, common.rows
    fill, transpose, pack_rows, vectors_of = common.fill, common.transpose, common.pack_rows, common.vectors_of
    mirror = common.mirror
    _, panel = loops_over_tiles(target, size, kernel)
    spread, run = conv_tiles.spread(target, size), conv_tiles.run(target, size)

    @kernel
    def pointwise_forward(x, w, bias, y, table, scratch, part):
        """``turned`` is that of conv_forward."""
        _, G, C, O, P, block, most, turned = table[:8]
        packed, shift, mirrored = regions(scratch.ctypes.data, table[8:11])
        n_first, n_last, v_first, v_last = part
        first, some = v_first * lanes, min(O, v_last * lanes) - v_first * lanes
        of_panel, of_row = C * 3 * width, 3 * lanes * size
        for group in range(G):
            if bias.size > 0:
                for o in range(some):
                    spread(shift + o * 3 * width, bias.ctypes.data + (group * O + first + o) * size, 3)
            weights = w.ctypes.data + (group * O + first) * C * size
            if turned:
                mirror(mirrored, w.ctypes.data + group * C * O * size, C, O, 1, first, some)
                weights = mirrored
            for n in range(n_first, n_last):
                source = x.ctypes.data + (n * G + group) * C * P * size
                p = 0
                while p < P:
                    vectors = vectors_of((P - p + lanes - 1) // lanes)
                    count, panels = min(vectors * lanes, P - p), 1
                    last = count - (vectors - 1) * lanes
                    if count == 3 * lanes:
                        whole = (P - p) // (3 * lanes)
                        if (P - p - whole * 3 * lanes + lanes - 1) // lanes == 1 and whole > 1:
                            whole -= 1
                        panels = min(whole, most)
                        for c in range(C):
                            pack_rows(packed + c * of_row, of_panel, source + (c * P + p) * size, of_row, panels, 3,
                                      lanes)
                    else:
                        pack_rows(packed, vectors * width, source + p * size, P * size, C, vectors, last)
                    to = y.ctypes.data + (((n * G + group) * O + first) * P + p) * size
                    # Rows are written along, too, some at a time.
                    for o in range(0, some, rows):
                        for i in range(panels):
                            for k in range(0, C, block):
                                at = to + (o * P + i * count) * size
                                added, added_row = (at, P * size) if k > 0 else (
                                    shift + o * 3 * width if bias.size > 0 else 0, 3 * width)
                                panel(weights + (o * C + k) * size, C * size, size,
                                      packed + i * of_panel + k * vectors * width, vectors * width, at, P * size,
                                      min(rows, some - o), min(block, C - k), vectors, last, added, added_row)
                    p += count * panels

    @kernel
    def pointwise_weight(g, x, w, table, scratch, part):
        _, G, C, O, P, block, padded, of_input = table[:8]
        packed, results = regions(scratch.ctypes.data, table[8:10])
        n_first, n_last, v_first, v_last = part
        # The right factor is transposed, the left one is in rows.
        left, right = (C, O) if of_input else (O, C)
        first, some = v_first * lanes, min(left, v_last * lanes) - v_first * lanes
        fill(packed, width, block * padded // lanes, 0)
        row = padded * size
        lines = block * size // 64 + 1
        for group in range(G):
            for n in range(n_first, n_last):
                at_g = g.ctypes.data + (n * G + group) * O * P * size
                at_x = x.ctypes.data + (n * G + group) * C * P * size
                a, b = (at_x, at_g) if of_input else (at_g, at_x)
                a += first * P * size
                for p in range(0, P, block):
                    terms = min(block, P - p)
                    v = 0
                    while v < padded // lanes:
                        vectors = vectors_of(padded // lanes - v)
                        at = packed + v * width * block
                        transpose(at, vectors * width, b + (v * lanes * P + p) * size, P * size,
                                  min(vectors * lanes, right - v * lanes), terms)
                        for i in range(0, some, rows):
                            if v == 0:
                                after = (i + rows) * P + p if i + rows < some else p + block
                                fetch(a + after * size, P * size, rows, lines)
                            to = results + i * row + v * width
                            panel(a + (i * P + p) * size, P * size, size, at, vectors * width, to, row,
                                  min(rows, some - i), terms, vectors, lanes, to if n > n_first or p > 0 else 0, row)
                        v += vectors
            to = w.ctypes.data + group * O * C * size
            if of_input:
                transpose(to + first * size, C * size, results, row, some, O)
            else:
                for o in range(some):
                    run(to + (first + o) * C * size, results + o * row, C, 0)

    return {"pointwise_forward": pointwise_forward, "pointwise_weight": pointwise_weight}
