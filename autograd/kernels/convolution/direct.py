"""Compiled convolution with its channels in the lanes: the sum over a window in registers.

Images are copied, a few at a time, to scratch memory with their channels last. What a tile reads are rows of channels
at any positions, so that stride, dilation and odd sizes cost nothing, and the input gradient multiplies no zeros.
This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..vectors.ir import Target
from .tiles import put_index, regions


def build(common: SimpleNamespace, kernel: Any, target: Target, size: int) -> dict[str, Any]:
    """The three kernels, not yet compiled; their integers are those of `plans`."""
    lanes, rows, width = common.lanes, common.rows, target.width
    transpose, fill, panel, vectors_of = common.transpose, common.fill, common.panel, common.vectors_of
    volume_last, pack_weights = common.volume_last, common.pack_weights
    put_windows, put_pairs = common.put_windows, common.put_pairs
    put_results, put_weights = common.put_results, common.put_weights

    @kernel
    def conv_forward(x, w, bias, y, table, scratch, part):
        """With ``turned``, by the weights of which the transpose is wanted: C is the number of its results."""
        _, G, C, O, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        D, KD, OD, sd, front, dd = table[16:22]
        PD, PH, PW, chunk, padded, turned = table[22:28]
        weights, shift, images, results, at_rows, to_rows, taps = regions(scratch.ctypes.data, table[28:35])
        window, P = KD * KH * KW, OD * OH * OW
        # Without dilation the channels of a row of the window lie side by side.
        if dw == 1:
            outer, inner = KD * KH, KW * C
            put_windows(taps, 1, KD, KH, 1, 1, PH, PW, dd, dh, 0, C * size)
        else:
            outer, inner = window, C
            put_windows(taps, 1, KD, KH, KW, 1, PH, PW, dd, dh, dw, C * size)
        put_results(at_rows, to_rows, chunk, OD, OH, OW, PD, PH, PW, sd, sh, sw, C * size, padded * size)
        fill(images, width, (chunk * PD * PH * PW * C + 64) // lanes, 0)
        fill(shift, width, padded // lanes, 0)
        n_first, n_last, v_first, v_last = part
        first, some = v_first * lanes, min(O, v_last * lanes) - v_first * lanes
        for group in range(G):
            k_step, n_step = (O * window * size, window * size) if turned else (window * size, C * window * size)
            pack_weights(weights, w.ctypes.data + group * O * C * window * size, C, O, k_step, n_step, window, v_first,
                         v_last, turned)
            if bias.size > 0:
                transpose(shift, size, bias.ctypes.data + group * O * size, size, O, 1)
            for n0 in range(n_first, n_last, chunk):
                count = min(chunk, n_last - n0)
                for n in range(count):
                    volume_last(images + n * PD * PH * PW * C * size, C * size,
                                x.ctypes.data + ((n0 + n) * G + group) * C * D * H * W * size, D * H * W * size, C, D,
                                H, W, PD, PH, PW, front, above, before)
                v = v_first
                while v < v_last:
                    vectors = vectors_of(v_last - v)
                    panel(vectors, (count * P + rows - 1) // rows * rows, outer, taps, inner, images, at_rows, size,
                          weights + v * width * window * C, vectors * width, results + v * width, to_rows,
                          shift + v * width if bias.size > 0 else 0, 0)
                    v += vectors
                for n in range(count):
                    transpose(y.ctypes.data + (((n0 + n) * G + group) * O + first) * P * size, P * size,
                              results + (n * P * padded + first) * size, padded * size, P, some)

    @kernel
    def conv_input(g, w, bias, x, table, scratch, part):
        _, G, C, O, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        D, KD, OD, sd, front, dd = table[16:22]
        chunk, padded = table[22:24]
        weights, shift, grads, results, at_rows, to_rows, zero = regions(scratch.ctypes.data, table[24:31])
        put_index(zero, 0, 0)
        window, P, S = KD * KH * KW, OD * OH * OW, D * H * W
        fill(shift, width, padded // lanes, 0)
        fill(results + chunk * S * padded * size, width, padded // lanes, 0)
        n_first, n_last, v_first, v_last = part
        first, some = v_first * lanes, min(C, v_last * lanes) - v_first * lanes
        for group in range(G):
            pack_weights(weights, w.ctypes.data + group * O * C * window * size, O, C, C * window * size,
                         window * size, window, v_first, v_last, 0)
            if bias.size > 0:
                transpose(shift, size, bias.ctypes.data + group * C * size, size, C, 1)
            for n0 in range(n_first, n_last, chunk):
                count = min(chunk, n_last - n0)
                for n in range(count):
                    transpose(grads + n * P * O * size, O * size,
                              g.ctypes.data + ((n0 + n) * G + group) * O * P * size, P * size, O, P)
                for v in range(v_first, v_last):
                    fill(results + v * width, padded * size, count * S, shift + v * width)
                for tap in range(window):
                    i, j = tap // KW % KH, tap % KW
                    m = put_pairs(at_rows, O * size, to_rows, padded * size, count, OD, OH, OW, sd, sh, sw, D, H, W,
                                  tap // (KH * KW) * dd - front, i * dh - above, j * dw - before,
                                  chunk * S * padded * size)
                    v = v_first
                    while v < v_last:
                        vectors = vectors_of(v_last - v)
                        panel(vectors, m, 1, zero, O, grads, at_rows, size,
                              weights + (v * window + tap * vectors) * width * O, vectors * width,
                              results + v * width, to_rows, 0, 1)
                        v += vectors
                for n in range(count):
                    transpose(x.ctypes.data + (((n0 + n) * G + group) * C + first) * S * size, S * size,
                              results + (n * S * padded + first) * size, padded * size, S, some)

    @kernel
    def conv_weight(g, x, w, table, scratch, part):
        _, G, C, O, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        D, KD, OD, sd, front, dd = table[16:22]
        PD, PH, PW, chunk, padded, band = table[22:28]
        images, grads, results, at_rows, to_rows, lines = regions(scratch.ctypes.data, table[28:34])
        window, P = KD * KH * KW, OD * OH * OW
        K = (window * C + rows - 1) // rows * rows
        put_weights(at_rows, to_rows, K, C, KD, KH, KW, dd, dh, dw, PH, PW, size, padded * size)
        put_windows(lines, chunk, OD, OH, 1, PD, PH, PW, sd, sh, 0, C * size)
        n_first, n_last, v_first, v_last = part
        first, some = v_first * lanes, min(O, v_last * lanes) - v_first * lanes
        fill(images, width, (chunk * PD * PH * PW * C + 64) // lanes, 0)
        fill(grads, width, chunk * P * padded // lanes, 0)
        for group in range(G):
            for n0 in range(n_first, n_last, chunk):
                count = min(chunk, n_last - n0)
                for n in range(count):
                    volume_last(images + n * PD * PH * PW * C * size, C * size,
                                x.ctypes.data + ((n0 + n) * G + group) * C * D * H * W * size, D * H * W * size, C, D,
                                H, W, PD, PH, PW, front, above, before)
                    transpose(grads + (n * P * padded + first) * size, padded * size,
                              g.ctypes.data + (((n0 + n) * G + group) * O + first) * P * size, P * size, some, P)
                for line in range(0, count * OD * OH, band):
                    v = v_first
                    while v < v_last:
                        vectors = vectors_of(v_last - v)
                        panel(vectors, K, min(band, count * OD * OH - line), lines + 8 * line, OW, images, at_rows,
                              sw * C * size, grads + line * OW * padded * size + v * width, padded * size,
                              results + v * width, to_rows, 0, 1 if n0 > n_first or line > 0 else 0)
                        v += vectors
            # From [window][C][O] to [O][C][window].
            for c in range(C):
                transpose(w.ctypes.data + ((group * O + first) * C + c) * window * size, C * window * size,
                          results + (c * padded + first) * size, C * padded * size, window, some)

    return {"conv_forward": conv_forward, "conv_input": conv_input,
            "conv_weight": conv_weight}
