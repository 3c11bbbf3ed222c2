"""Compiled input gradient of a convolution with few input channels: the taps of the window are in the lanes.

Each position of the result's gradient gives a window of the input's, by a product of matrices; windows are added up in
an image with channels last, where a row of a window lies side by side. This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..vectors.ir import Target
from . import tiles as conv_tiles
from .tiles import put_index, regions


def build(common: SimpleNamespace, kernel: Any, target: Target, size: int) -> dict[str, Any]:
    """The kernel, not yet compiled; its integers are those of `plans`."""
    lanes, rows, width = common.lanes, common.rows, target.width
    transpose, fill, panel, vectors_of = common.transpose, common.fill, common.panel, common.vectors_of
    run = conv_tiles.run(target, size)

    @kernel
    def thin_input(g, w, bias, x, table, scratch, part):
        _, G, C, O, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, _ = table[:16]
        PH, PW, padded = table[16:19]
        weights, grads, windows, image, at_rows, to_rows, zero = regions(scratch.ctypes.data, table[19:26])
        put_index(zero, 0, 0)
        P, window = OH * OW, KH * KW
        m = (P + rows - 1) // rows * rows
        for p in range(m):
            put_index(at_rows, p, min(p, P - 1) * O * size)
            put_index(to_rows, p, p * padded * size)
        fill(weights, width, O * padded // lanes, 0)
        for group in range(G):
            for o in range(O):
                transpose(weights + o * padded * size, C * size, w.ctypes.data + (group * O + o) * C * window * size,
                          window * size, C, window)
            for n in range(part[0], part[1]):
                transpose(grads, O * size, g.ctypes.data + (n * G + group) * O * P * size, P * size, O, P)
                v = 0
                while v < padded // lanes:
                    vectors = vectors_of(padded // lanes - v)
                    panel(vectors, m, 1, zero, O, grads, at_rows, size, weights + v * width, padded * size,
                          windows + v * width, to_rows, 0, 0)
                    v += vectors
                if bias.size > 0:
                    for p in range(PH * PW):
                        run(image + p * C * size, bias.ctypes.data + group * C * size, C, 0)
                else:
                    fill(image, width, (PH * PW * C + lanes - 1) // lanes, 0)
                for p in range(OH):
                    for q in range(OW):
                        at = image + (p * sh * PW + q * sw) * C * size
                        source = windows + (p * OW + q) * padded * size
                        for i in range(KH):
                            run(at + i * dh * PW * C * size, source + i * KW * C * size, KW * C, 1)
                to = x.ctypes.data + (n * G + group) * C * H * W * size
                for i in range(H):
                    source = image + ((i + above) * PW + before) * C * size
                    if C == 1:
                        run(to + i * W * size, source, W, 0)
                    else:
                        transpose(to + i * W * size, H * W * size, source, C * size, W, C)

    return {"thin_input": thin_input}
