"""Compiled convolution of many small groups, as depthwise ones: the groups are in the lanes.

Everything is as in `direct`, except that the channels of an image are those of one group, each of them vectors
that hold the same channel of all groups. This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..vectors.ir import Target
from .tiles import put_index, regions


def build(common: SimpleNamespace, kernel: Any, target: Target, size: int) -> dict[str, Any]:
    """The three kernels, not yet compiled; their integers are those of `plans`."""
    lanes, rows, width = common.lanes, common.rows, target.width
    transpose, fill, lanewise, channels_last = common.transpose, common.fill, common.lanewise, common.channels_last
    put_windows, put_pairs = common.put_windows, common.put_pairs
    put_results, put_weights = common.put_results, common.put_weights

    @kernel
    def put_taps(table, KH, KW, dh, dw, PW, pixel):
        for i in range(KH):
            for j in range(KW):
                put_index(table, i * KW + j, (i * dh * PW + j * dw) * pixel)

    @kernel
    def groups_last(to, vector, source, count, G, first, some, C, H, W, PH, PW, above, before):
        """Some of the groups of images [count][G][C][H][W] to the insides of [count][PH][PW][C] vectors."""
        for n in range(count):
            for c in range(C):
                channels_last(to + (n * PH * PW * C + c) * vector + first * size, C * vector,
                              source + ((n * G + first) * C + c) * H * W * size, C * H * W * size, some, H, W, PH, PW,
                              above, before)

    @kernel
    def grouped_forward(x, w, bias, y, table, scratch, part):
        """``turned`` is that of conv_forward."""
        _, G, C, O, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        PH, PW, chunk, padded, turned = table[16:21]
        weights, shift, images, results, at_rows, to_rows, taps = regions(scratch.ctypes.data, table[21:28])
        window, P, vector = KH * KW, OH * OW, padded * size
        n_first, n_last, v_first, v_last = part
        first, some = v_first * lanes, min(G, v_last * lanes) - v_first * lanes
        put_taps(taps, KH, KW, dh, dw, PW, C * vector)
        put_results(at_rows, to_rows, chunk, 1, OH, OW, 1, PH, PW, 1, sh, sw, C * vector, O * vector)
        fill(images, width, chunk * PH * PW * C * padded // lanes, 0)
        fill(weights, width, O * window * C * padded // lanes, 0)
        fill(shift, width, O * padded // lanes, 0)
        for o in range(O):
            for c in range(C):
                to, step, which = weights + (o * window * C + c) * vector, C * vector, o * C + c
                if turned:
                    to, step, which = to + (window - 1) * step, -step, c * O + o
                transpose(to, step, w.ctypes.data + which * window * size, O * C * window * size, G, window)
            if bias.size > 0:
                transpose(shift + o * vector, size, bias.ctypes.data + o * size, O * size, G, 1)
        for n0 in range(n_first, n_last, chunk):
            count = min(chunk, n_last - n0)
            groups_last(images, vector, x.ctypes.data + n0 * G * C * H * W * size, count, G, first, some, C, H, W, PH,
                        PW, above, before)
            for v in range(v_first * width, v_last * width, width):
                for o in range(O):
                    lanewise((count * P + rows - 1) // rows * rows, window, taps, C, images + v, at_rows, vector,
                             weights + o * window * C * vector + v, vector, results + o * vector + v, to_rows,
                             shift + o * vector + v, 0)
            for n in range(count):
                for o in range(O):
                    transpose(y.ctypes.data + (((n0 + n) * G + first) * O + o) * P * size, O * P * size,
                              results + (n * P * O + o) * vector + first * size, O * vector, P, some)

    @kernel
    def grouped_input(g, w, bias, x, table, scratch, part):
        _, G, C, O, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        chunk, padded = table[16:18]
        weights, shift, grads, results, at_rows, to_rows, zero = regions(scratch.ctypes.data, table[18:25])
        put_index(zero, 0, 0)
        n_first, n_last, v_first, v_last = part
        first, some = v_first * lanes, min(G, v_last * lanes) - v_first * lanes
        window, P, S, vector = KH * KW, OH * OW, H * W, padded * size
        fill(weights, width, O * window * C * padded // lanes, 0)
        fill(shift, width, C * padded // lanes, 0)
        fill(grads, width, chunk * P * O * padded // lanes, 0)
        fill(results + chunk * S * C * vector, width, C * padded // lanes, 0)
        for c in range(C):
            for o in range(O):
                transpose(weights + (c * window * O + o) * vector, O * vector,
                          w.ctypes.data + (o * C + c) * window * size, O * C * window * size, G, window)
            if bias.size > 0:
                transpose(shift + c * vector, size, bias.ctypes.data + c * size, C * size, G, 1)
        for n0 in range(n_first, n_last, chunk):
            count = min(chunk, n_last - n0)
            groups_last(grads, vector, g.ctypes.data + n0 * G * O * P * size, count, G, first, some, O, OH, OW,
                        OH, OW, 0, 0)
            for v in range(0, C * vector, width):
                fill(results + v, C * vector, count * S, shift + v)
            for i in range(KH):
                for j in range(KW):
                    m = put_pairs(at_rows, O * vector, to_rows, C * vector, count, 1, OH, OW, 1, sh, sw, 1,
                                  H, W, 0, i * dh - above, j * dw - before, chunk * S * C * vector)
                    for v in range(v_first * width, v_last * width, width):
                        for c in range(C):
                            lanewise(m, 1, zero, O, grads + v, at_rows, vector,
                                     weights + (c * window + i * KW + j) * O * vector + v, vector,
                                     results + c * vector + v, to_rows, 0, 1)
            for n in range(count):
                for c in range(C):
                    transpose(x.ctypes.data + (((n0 + n) * G + first) * C + c) * S * size, C * S * size,
                              results + (n * S * C + c) * vector + first * size, C * vector, S, some)

    @kernel
    def grouped_weight(g, x, w, table, scratch, part):
        _, G, C, O, H, W, KH, KW, OH, OW, sh, sw, above, before, dh, dw = table[:16]
        PH, PW, chunk, padded = table[16:20]
        images, grads, results, at_rows, to_rows, lines = regions(scratch.ctypes.data, table[20:26])
        window, P, vector = KH * KW, OH * OW, padded * size
        K = (window * C + rows - 1) // rows * rows
        n_first, n_last, v_first, v_last = part
        first, some = v_first * lanes, min(G, v_last * lanes) - v_first * lanes
        put_weights(at_rows, to_rows, K, C, 1, KH, KW, 1, dh, dw, PH, PW, vector, vector)
        put_windows(lines, chunk, 1, OH, 1, 1, PH, PW, 1, sh, 0, C * vector)
        fill(images, width, chunk * PH * PW * C * padded // lanes, 0)
        fill(grads, width, chunk * P * O * padded // lanes, 0)
        for n0 in range(n_first, n_last, chunk):
            count = min(chunk, n_last - n0)
            groups_last(images, vector, x.ctypes.data + n0 * G * C * H * W * size, count, G, first, some, C, H, W, PH,
                        PW, above, before)
            groups_last(grads, vector, g.ctypes.data + n0 * G * O * P * size, count, G, first, some, O, OH, OW,
                        OH, OW, 0, 0)
            for v in range(v_first * width, v_last * width, width):
                for o in range(O):
                    lanewise(K, count * OH, lines, OW, images + v, at_rows, sw * C * vector, grads + o * vector + v,
                             O * vector, results + o * K * vector + v, to_rows, 0, 1 if n0 > n_first else 0)
        for o in range(O):
            for c in range(C):
                transpose(w.ctypes.data + ((first * O + o) * C + c) * window * size, O * C * window * size,
                          results + (o * K + c) * vector + first * size, C * vector, window, some)

    return {"grouped_forward": grouped_forward, "grouped_input": grouped_input, "grouped_weight": grouped_weight}
