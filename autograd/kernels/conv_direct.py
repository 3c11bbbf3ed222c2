"""Compiled convolution with its channels in the lanes: the sum over a window in registers.

Images are copied, a few at a time, to scratch memory with their channels last. What a tile reads are rows of channels
at any positions, so that stride, dilation and odd sizes cost nothing, and the input gradient multiplies no zeros.
This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from numba import njit

from .conv_layout import OPTIONS
from .conv_tiles import put_index, regions
from .vector_ir import Target


def build(common: SimpleNamespace, tag: Any, target: Target, size: int) -> dict[str, Any]:
    """The three kernels, not yet compiled; their integers are those of `conv_plans`."""
    lanes, rows, width = common.lanes, common.rows, target.width
    transpose, fill, panel, vectors_of = common.transpose, common.fill, common.panel, common.vectors_of
    channels_last, pack_weights = common.channels_last, common.pack_weights
    put_results, put_weights, put_pairs = common.put_results, common.put_weights, common.put_pairs

    @njit(**OPTIONS)
    @tag
    def conv_forward(x, w, bias, y, table, scratch):
        """With ``turned``, by the weights of which the transpose is wanted: C is the number of its results."""
        N, G, C, O, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        PH, PW, chunk, padded, turned = table[16:21]
        weights, shift, images, results, at_rows, to_rows, taps = regions(scratch.ctypes.data, table[21:28])
        window, P = KH * KW, OH * OW
        # Without dilation the channels of a row of the window lie side by side.
        if dw == 1:
            outer, inner = KH, KW * C
            for i in range(KH):
                put_index(taps, i, i * dh * PW * C * size)
        else:
            outer, inner = window, C
            for i in range(KH):
                for j in range(KW):
                    put_index(taps, i * KW + j, (i * dh * PW + j * dw) * C * size)
        put_results(at_rows, to_rows, chunk, OH, OW, PH, PW, sh, sw, C * size, padded * size)
        fill(images, width, (chunk * PH * PW * C + 64) // lanes, 0)
        fill(shift, width, padded // lanes, 0)
        for group in range(G):
            k_step, n_step = (O * window * size, window * size) if turned else (window * size, C * window * size)
            pack_weights(weights, w.ctypes.data + group * O * C * window * size, C, O, k_step, n_step, window, padded,
                         turned)
            if bias.size > 0:
                transpose(shift, size, bias.ctypes.data + group * O * size, size, O, 1)
            for n0 in range(0, N, chunk):
                count = min(chunk, N - n0)
                for n in range(count):
                    channels_last(images + n * PH * PW * C * size, C * size,
                                  x.ctypes.data + ((n0 + n) * G + group) * C * H * W * size, H * W * size, C, H, W,
                                  PH, PW, above, before)
                v = 0
                while v < padded // lanes:
                    vectors = vectors_of(padded // lanes - v)
                    panel(vectors, (count * P + rows - 1) // rows * rows, outer, taps, inner, images, at_rows, size,
                          weights + v * width * window * C, vectors * width, results + v * width, to_rows,
                          shift + v * width if bias.size > 0 else 0, 0)
                    v += vectors
                for n in range(count):
                    transpose(y.ctypes.data + ((n0 + n) * G + group) * O * P * size, P * size,
                              results + n * P * padded * size, padded * size, P, O)

    @njit(**OPTIONS)
    @tag
    def conv_input(g, w, bias, x, table, scratch):
        N, G, C, O, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        chunk, padded = table[16:18]
        weights, shift, grads, results, at_rows, to_rows, zero = regions(scratch.ctypes.data, table[18:25])
        put_index(zero, 0, 0)
        window, P, S = KH * KW, OH * OW, H * W
        fill(shift, width, padded // lanes, 0)
        for group in range(G):
            pack_weights(weights, w.ctypes.data + group * O * C * window * size, O, C, C * window * size,
                         window * size, window, padded, 0)
            if bias.size > 0:
                transpose(shift, size, bias.ctypes.data + group * C * size, size, C, 1)
            for n0 in range(0, N, chunk):
                count = min(chunk, N - n0)
                for n in range(count):
                    transpose(grads + n * P * O * size, O * size,
                              g.ctypes.data + ((n0 + n) * G + group) * O * P * size, P * size, O, P)
                for v in range(padded // lanes):
                    fill(results + v * width, padded * size, count * S, shift + v * width)
                for i in range(KH):
                    for j in range(KW):
                        m = put_pairs(at_rows, O * size, to_rows, padded * size, count, OH, OW, sh, sw, H, W,
                                      i * dh - above, j * dw - before, chunk * S * padded * size)
                        v = 0
                        while v < padded // lanes:
                            vectors = vectors_of(padded // lanes - v)
                            panel(vectors, m, 1, zero, O, grads, at_rows, size,
                                  weights + (v * window + (i * KW + j) * vectors) * width * O, vectors * width,
                                  results + v * width, to_rows, 0, 1)
                            v += vectors
                for n in range(count):
                    transpose(x.ctypes.data + ((n0 + n) * G + group) * C * S * size, S * size,
                              results + n * S * padded * size, padded * size, S, C)

    @njit(**OPTIONS)
    @tag
    def conv_weight(g, x, w, table, scratch):
        N, G, C, O, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        PH, PW, chunk, padded = table[16:20]
        images, grads, results, at_rows, to_rows, lines = regions(scratch.ctypes.data, table[20:26])
        window, P = KH * KW, OH * OW
        K = (window * C + rows - 1) // rows * rows
        put_weights(at_rows, to_rows, K, C, KH, KW, dh, dw, PW, size, padded * size)
        for n in range(chunk):
            for p in range(OH):
                put_index(lines, n * OH + p, (n * PH + p * sh) * PW * C * size)
        fill(images, width, (chunk * PH * PW * C + 64) // lanes, 0)
        fill(grads, width, chunk * P * padded // lanes, 0)
        for group in range(G):
            for n0 in range(0, N, chunk):
                count = min(chunk, N - n0)
                for n in range(count):
                    channels_last(images + n * PH * PW * C * size, C * size,
                                  x.ctypes.data + ((n0 + n) * G + group) * C * H * W * size, H * W * size, C, H, W,
                                  PH, PW, above, before)
                    transpose(grads + n * P * padded * size, padded * size,
                              g.ctypes.data + ((n0 + n) * G + group) * O * P * size, P * size, O, P)
                v = 0
                while v < padded // lanes:
                    vectors = vectors_of(padded // lanes - v)
                    panel(vectors, K, count * OH, lines, OW, images, at_rows, sw * C * size, grads + v * width,
                          padded * size, results + v * width, to_rows, 0, 1 if n0 > 0 else 0)
                    v += vectors
            # From [window][C][O] to [O][C][window].
            for c in range(C):
                transpose(w.ctypes.data + (group * O * C + c) * window * size, C * window * size,
                          results + c * padded * size, C * padded * size, window, O)

    return {"conv_forward": conv_forward, "conv_input": conv_input,
            "conv_weight": conv_weight}
