"""Compiled 3 x 3 convolution of stride 1 by Winograd's F(2 x 2): 16 multiplications where 36 were.

Images are cut into squares of 4 x 4 that overlap by 2. After a transform, convolving one of them is a product for each
of the 16 elements, so that all squares together are 16 products of matrices. Channels are in the lanes, a whole number
of vectors of them. An infinity or NaN reaches all of its square, where it does not belong: then the functions return
False, and their result is to be computed otherwise. This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from numba import njit

from . import conv_tiles
from .conv_layout import OPTIONS
from .conv_tiles import get_index, put_index, regions
from .vector_ir import Target


def build(common: SimpleNamespace, tag: Any, target: Target, size: int) -> dict[str, Any]:
    """The kernels, not yet compiled; their integers are those of `conv_plans`."""
    lanes, width = common.lanes, target.width
    rows = common.rows
    transpose, fill, panel, vectors_of = common.transpose, common.fill, common.panel, common.vectors_of
    channels_last = common.channels_last
    of_input, of_result, of_weight, result_transposed, weight_transposed = (
        conv_tiles.transform(target, size, name)
        for name in ("input", "result", "weight", "result_transposed", "weight_transposed"))
    all_zero = conv_tiles.all_zero(target, size)

    @njit(**OPTIONS)
    @tag
    def to_squares(to, step, images, places, first, count, PW, C):
        for t in range(count):
            of_input(to + t * C * size, 4 * step, step, images + get_index(places, first + t), PW * C * size, C * size,
                     C // lanes, 0, 0)

    @njit(**OPTIONS)
    @tag
    def put_places(table, chunk, TH, TW, height, across, channels):
        """Where the squares of each image start in [height][across][channels]."""
        for n in range(chunk):
            for i in range(TH):
                for j in range(TW):
                    put_index(table, (n * TH + i) * TW + j, ((n * height + 2 * i) * across + 2 * j) * channels * size)

    @njit(**OPTIONS)
    @tag
    def winograd_image(x, w, bias, y, table, scratch):
        """`conv_direct`'s conv_forward, or with ``gradient`` its conv_input: then C is the channels of the result's
        gradient, and the padding what is to be added around it."""
        N, C, O, H, W, OH, OW, above, before, gradient = table[:10]
        TH, TW, chunk, block, step_in, step_out, step_w = table[10:17]
        (weights, taps, shift, images, results, squares, products, places_in, places_out, rows_in, rows_out, check,
         zero) = regions(scratch.ctypes.data, table[17:30])
        PH, PW, T = 2 * TH + 2, 2 * TW + 2, TH * TW
        fill(check, width, 1, 0)
        put_index(zero, 0, 0)
        put_places(places_in, chunk, TH, TW, PH, PW, C)
        put_places(places_out, chunk, TH, TW, 2 * TH, 2 * TW, O)
        for t in range(block):
            put_index(rows_in, t, t * C * size)
            put_index(rows_out, t, t * O * size)
        k_step, n_step, first, turn = 9 * size, C * 9 * size, taps, 1
        if gradient != 0:
            k_step, n_step, first, turn = O * 9 * size, 9 * size, taps + 8 * width, -1
        v = 0
        while v < O // lanes:
            vectors = vectors_of(O // lanes - v)
            for u in range(vectors):
                at, source = weights + (v * C + u) * width, w.ctypes.data + (v + u) * lanes * n_step
                for c in range(C):
                    transpose(taps, width, source + c * k_step, n_step, lanes, 9)
                    of_weight(at + c * vectors * width, 4 * step_w, step_w, first, turn * 3 * width, turn * width, 1, 0,
                              0)
            v += vectors
        if bias.size > 0:
            transpose(shift, size, bias.ctypes.data, size, O, 1)
        fill(images, width, chunk * PH * PW * C // lanes, 0)
        for n0 in range(0, N, chunk):
            count = min(chunk, N - n0)
            for n in range(count):
                channels_last(images + n * PH * PW * C * size, C * size, x.ctypes.data + (n0 + n) * C * H * W * size,
                              H * W * size, C, H, W, PH, PW, above, before)
            for t0 in range(0, count * T, block):
                some = min(block, count * T - t0)
                to_squares(squares, step_in, images, places_in, t0, some, PW, C)
                for f in range(16):
                    v = 0
                    while v < O // lanes:
                        vectors = vectors_of(O // lanes - v)
                        panel(vectors, (some + rows - 1) // rows * rows, 1, zero, C, squares + f * step_in, rows_in,
                              size, weights + f * step_w + v * C * width, vectors * width,
                              products + f * step_out + v * width, rows_out, 0, 0)
                        v += vectors
                for t in range(some):
                    of_result(results + get_index(places_out, t0 + t), 2 * TW * O * size, O * size,
                              products + t * O * size, 4 * step_out, step_out, O // lanes,
                              shift if bias.size > 0 else 0, check)
            for n in range(count):
                source, to = results + n * 4 * T * O * size, y.ctypes.data + (n0 + n) * O * OH * OW * size
                if OW == 2 * TW:
                    transpose(to, OH * OW * size, source, O * size, OH * OW, O)
                else:
                    for i in range(OH):
                        transpose(to + i * OW * size, OH * OW * size, source + i * 2 * TW * O * size, O * size, OW, O)
        return all_zero(check) != 0

    @njit(**OPTIONS)
    @tag
    def winograd_weight(g, x, w, table, scratch):
        N, C, O, H, W, OH, OW, above, before = table[:9]
        TH, TW, chunk, block, step_in, step_out, step_w = table[9:16]
        (weights, taps, images, grads, squares, products, places_in, places_out, rows_in, rows_out, check,
         zero) = regions(scratch.ctypes.data, table[16:28])
        PH, PW, T = 2 * TH + 2, 2 * TW + 2, TH * TW
        fill(check, width, 1, 0)
        put_index(zero, 0, 0)
        put_places(places_in, chunk, TH, TW, PH, PW, C)
        put_places(places_out, chunk, TH, TW, 2 * TH, 2 * TW, O)
        for o in range(O):
            put_index(rows_in, o, o * size)
            put_index(rows_out, o, o * C * size)
        fill(images, width, chunk * PH * PW * C // lanes, 0)
        fill(grads, width, chunk * 4 * T * O // lanes, 0)
        accumulate = 0
        for n0 in range(0, N, chunk):
            count = min(chunk, N - n0)
            for n in range(count):
                channels_last(images + n * PH * PW * C * size, C * size, x.ctypes.data + (n0 + n) * C * H * W * size,
                              H * W * size, C, H, W, PH, PW, above, before)
                channels_last(grads + n * 4 * T * O * size, O * size, g.ctypes.data + (n0 + n) * O * OH * OW * size,
                              OH * OW * size, O, OH, OW, 2 * TH, 2 * TW, 0, 0)
            for t0 in range(0, count * T, block):
                some = min(block, count * T - t0)
                to_squares(squares, step_in, images, places_in, t0, some, PW, C)
                for t in range(some):
                    result_transposed(products + t * O * size, 4 * step_out, step_out,
                                      grads + get_index(places_out, t0 + t), 2 * TW * O * size, O * size, O // lanes,
                                      0, 0)
                for f in range(16):
                    v = 0
                    while v < C // lanes:
                        vectors = vectors_of(C // lanes - v)
                        panel(vectors, O, 1, zero, some, products + f * step_out, rows_in, O * size,
                              squares + f * step_in + v * width, C * size, weights + f * step_w + v * width, rows_out,
                              0, accumulate)
                        v += vectors
                accumulate = 1
        for o in range(O):
            weight_transposed(taps, 3 * C * size, C * size, weights + o * C * size, 4 * step_w, step_w, C // lanes, 0,
                              check)
            transpose(w.ctypes.data + o * C * 9 * size, 9 * size, taps, C * size, 9, C)
        return all_zero(check) != 0

    return {"winograd_image": winograd_image, "winograd_weight": winograd_weight}
