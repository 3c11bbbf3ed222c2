"""Compiled 3 x 3 convolution of stride 1 by Winograd's methods: F(2 x 2) has 16 multiplications where 36 were, F(4 x 4)
36 where 144 were.

Images are cut into squares of 4 x 4, or of 6 x 6, that overlap by 2. After a transform, convolving one of them is a
product for each of its elements, so that all squares together are 16, or 36, products of matrices. Channels are in the
lanes, a whole number of vectors of them. An infinity or NaN reaches all of its square, where it does not belong: then
the functions return False, and their result is to be computed otherwise. This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..vectors.ir import Target
from . import winograd_tiles
from .tiles import fetch, get_index, put_index, regions

#: Bytes of transformed weights that no second-level cache holds.
LARGE = 8 << 20


def build(m: int, common: SimpleNamespace, kernel: Any, target: Target, size: int) -> dict[str, Any]:
    """The kernels for squares of m x m results, not yet compiled; their integers are those of `plans`."""
    side, elements = m + 2, (m + 2) ** 2
    lanes, width = common.lanes, target.width
    rows = common.rows
    transpose, fill, panel, vectors_of = common.transpose, common.fill, common.panel, common.vectors_of
    channels_last = common.channels_last
    of_input, of_result, of_weight, result_transposed, weight_transposed = (
        winograd_tiles.transform(m, target, size, name)
        for name in ("input", "result", "weight", "result_transposed", "weight_transposed"))
    of_large_weight = winograd_tiles.transform(m, target, size, "weight", past=True)
    all_zero = winograd_tiles.all_zero(target, size)

    @kernel
    def to_squares(to, step, images, places, first, count, PW, C, vectors):
        for t in range(count):
            of_input(to + t * C * size, side * step, step, images + get_index(places, first + t), PW * C * size,
                     C * size, vectors, 0, 0)

    @kernel
    def put_places(table, chunk, TH, TW, height, across, channels):
        """Where the squares of each image start in [height][across][channels]."""
        for n in range(chunk):
            for i in range(TH):
                for j in range(TW):
                    put_index(table, (n * TH + i) * TW + j,
                              ((n * height + m * i) * across + m * j) * channels * size)

    @kernel
    def winograd_image(x, w, bias, y, table, scratch, part):
        """`direct`'s conv_forward, or with ``gradient`` its conv_input: then C is the channels of the result's
        gradient, and the padding what is to be added around it."""
        _, C, O, H, W, OH, OW, above, before, gradient = table[:10]
        TH, TW, chunk, block, step_in, step_out, step_w = table[10:17]
        (weights, taps, shift, images, results, squares, products, places_in, places_out, rows_in, rows_out, check,
         zero) = regions(scratch.ctypes.data, table[17:30])
        PH, PW, T = m * TH + 2, m * TW + 2, TH * TW
        fill(check, width, 1, 0)
        put_index(zero, 0, 0)
        put_places(places_in, chunk, TH, TW, PH, PW, C)
        put_places(places_out, chunk, TH, TW, m * TH, m * TW, O)
        for t in range(block):
            put_index(rows_in, t, t * C * size)
            put_index(rows_out, t, t * O * size)
        k_step, n_step, first, turn = 9 * size, C * 9 * size, taps, 1
        if gradient != 0:
            k_step, n_step, first, turn = O * 9 * size, 9 * size, taps + 8 * width, -1
        n_first, n_last, v_first, v_last = part
        first_o, some_o = v_first * lanes, (v_last - v_first) * lanes
        large = elements * step_w > LARGE
        v = v_first
        while v < v_last:
            vectors = vectors_of(v_last - v)
            for u in range(vectors):
                at, source = weights + (v * C + u) * width, w.ctypes.data + (v + u) * lanes * n_step
                for c in range(C):
                    transpose(taps, width, source + c * k_step, n_step, lanes, 9)
                    to = at + c * vectors * width
                    if large:
                        of_large_weight(to, side * step_w, step_w, first, turn * 3 * width, turn * width, 1, 0, 0)
                    else:
                        of_weight(to, side * step_w, step_w, first, turn * 3 * width, turn * width, 1, 0, 0)
            v += vectors
        if bias.size > 0:
            transpose(shift, size, bias.ctypes.data, size, O, 1)
        fill(images, width, chunk * PH * PW * C // lanes, 0)
        for n0 in range(n_first, n_last, chunk):
            count = min(chunk, n_last - n0)
            for n in range(count):
                channels_last(images + n * PH * PW * C * size, C * size, x.ctypes.data + (n0 + n) * C * H * W * size,
                              H * W * size, C, H, W, PH, PW, above, before)
            for t0 in range(0, count * T, block):
                some = min(block, count * T - t0)
                to_squares(squares, step_in, images, places_in, t0, some, PW, C, C // lanes)
                # Tiles are filled up: numbers too small to be normal, such as tables that were there, take long.
                rest = (some + rows - 1) // rows * rows - some
                for f in range(elements):
                    fill(squares + f * step_in + some * C * size, width, rest * C // lanes, 0)
                for f in range(elements):
                    v = v_first
                    while v < v_last:
                        vectors = vectors_of(v_last - v)
                        at = weights + f * step_w + v * C * width
                        # The next panel is fetched meanwhile: it comes from far, and once.
                        lines = vectors * C * width // 64 * rows // (some + rows - 1) + 1
                        after = at + vectors * C * width
                        if v + vectors == v_last:
                            after = weights + (f + 1) * step_w + v_first * C * width
                        for t in range(0, some, rows):
                            fetch(after + t // rows * lines * 64, 0, 1, lines)
                            panel(vectors, rows, 1, zero, C, squares + f * step_in, rows_in + 8 * t, size, at,
                                  vectors * width, products + f * step_out + v * width, rows_out + 8 * t, 0, 0)
                        v += vectors
                for t in range(some):
                    of_result(results + get_index(places_out, t0 + t) + v_first * width, m * TW * O * size, O * size,
                              products + t * O * size + v_first * width, side * step_out, step_out, v_last - v_first,
                              shift + v_first * width if bias.size > 0 else 0, check)
            for n in range(count):
                source = results + (n * m * m * T * O + first_o) * size
                to = y.ctypes.data + ((n0 + n) * O + first_o) * OH * OW * size
                if m * TW == OW:
                    transpose(to, OH * OW * size, source, O * size, OH * OW, some_o)
                else:
                    for i in range(OH):
                        transpose(to + i * OW * size, OH * OW * size, source + i * m * TW * O * size, O * size, OW,
                                  some_o)
        return all_zero(check) != 0

    @kernel
    def winograd_weight(g, x, w, table, scratch, part):
        _, C, O, H, W, OH, OW, above, before = table[:9]
        TH, TW, chunk, block, step_in, step_out, step_w = table[9:16]
        (weights, taps, images, grads, squares, products, places_in, places_out, rows_in, rows_out, check,
         zero) = regions(scratch.ctypes.data, table[16:28])
        PH, PW, T = m * TH + 2, m * TW + 2, TH * TW
        fill(check, width, 1, 0)
        put_index(zero, 0, 0)
        put_places(places_in, chunk, TH, TW, PH, PW, C)
        put_places(places_out, chunk, TH, TW, m * TH, m * TW, O)
        n_first, n_last, v_first, v_last = part
        first_c, some_c = v_first * lanes, (v_last - v_first) * lanes
        for o in range(O):
            put_index(rows_in, o, o * size)
            put_index(rows_out, o, o * C * size)
        fill(images, width, chunk * PH * PW * C // lanes, 0)
        fill(grads, width, chunk * m * m * T * O // lanes, 0)
        accumulate = 2 if elements * step_w > LARGE and block >= (n_last - n_first) * T else 0
        for n0 in range(n_first, n_last, chunk):
            count = min(chunk, n_last - n0)
            for n in range(count):
                channels_last(images + (n * PH * PW * C + first_c) * size, C * size,
                              x.ctypes.data + ((n0 + n) * C + first_c) * H * W * size, H * W * size, some_c, H, W, PH,
                              PW, above, before)
                channels_last(grads + n * m * m * T * O * size, O * size, g.ctypes.data + (n0 + n) * O * OH * OW * size,
                              OH * OW * size, O, OH, OW, m * TH, m * TW, 0, 0)
            for t0 in range(0, count * T, block):
                some = min(block, count * T - t0)
                to_squares(squares + v_first * width, step_in, images + v_first * width, places_in, t0, some, PW, C,
                           v_last - v_first)
                for t in range(some):
                    result_transposed(products + t * O * size, side * step_out, step_out,
                                      grads + get_index(places_out, t0 + t), m * TW * O * size, O * size, O // lanes,
                                      0, 0)
                for f in range(elements):
                    v = v_first
                    while v < v_last:
                        vectors = vectors_of(v_last - v)
                        panel(vectors, O, 1, zero, some, products + f * step_out, rows_in, O * size,
                              squares + f * step_in + v * width, C * size, weights + f * step_w + v * width, rows_out,
                              0, accumulate)
                        v += vectors
                accumulate = 1
        for o in range(O):
            weight_transposed(taps, 3 * C * size, C * size, weights + (o * C + first_c) * size, side * step_w, step_w,
                              v_last - v_first, 0, check)
            transpose(w.ctypes.data + (o * C + first_c) * 9 * size, 9 * size, taps, C * size, 9, some_c)
        return all_zero(check) != 0

    return {f"winograd{m}_image": winograd_image, f"winograd{m}_weight": winograd_weight}
