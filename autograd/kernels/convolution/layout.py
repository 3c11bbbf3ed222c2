"""What compiled convolutions share: images to and from the layout with channels last, and products over tables.

This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import types

from ..compiled.cache import entry_point, jit
from ..vectors import tiles
from ..vectors.ir import Target
from . import tiles as conv_tiles
from .tiles import put_index

#: Kernels that let what is not finite spread, and then return False.
SPREADING = ("winograd", "planes_weight")


def compiled(build: Any, name: str, dtype: Any, target: Target, arrays: int, integers: int) -> Any:
    """A compiled function of so many arrays of one element type, a tuple of so many integers, scratch memory, and the
    part to do: its first sample, the one after its last, and likewise vectors of channels (see `plans.Plan`).

    ``build(common, kernel, target, itemsize)`` gives the functions of a family by name; ``kernel`` is the decorator of
    what it compiles.
    """
    dtype = np.dtype(dtype)
    t = types.float32 if dtype.itemsize == 4 else types.float64
    key = f"{target} {dtype}"
    dispatcher = build(common(target, dtype.itemsize), jit(key), target, dtype.itemsize)[name]
    result = types.boolean if name.startswith(SPREADING) else types.void
    signature = result(*[types.Array(t, 1, "C")] * arrays, types.UniTuple(types.int64, integers),
                       types.Array(types.uint8, 1, "C"), types.UniTuple(types.int64, 4))
    return entry_point(dispatcher, name, key, signature)


_common: dict[tuple[Target, int], SimpleNamespace] = {}


def common(target: Target, size: int) -> SimpleNamespace:
    """The functions that all convolutions of an element type call."""
    if (target, size) not in _common:
        _common[target, size] = _build(target, size)
    return _common[target, size]


def _build(target: Target, size: int) -> SimpleNamespace:
    kernel = jit(f"{target} {size}")
    lanes, width = target.width // size, target.width
    rows = tiles.tile_rows(target)
    block, far_block = conv_tiles.transpose(target, size), conv_tiles.transpose(target, size, far=True)
    fill = conv_tiles.fill(target, size)
    intrinsic3, intrinsic2, intrinsic1 = (conv_tiles.gathered_tile(target, size, rows, n) for n in (3, 2, 1))
    lanewise1 = conv_tiles.gathered_tile(target, size, rows, 1, lanewise=True)
    pack_rows, split = tiles.pack_rows(target, size), conv_tiles.split(target, size)
    copy_one = conv_tiles.copy_one(size)

    @kernel
    def transpose(to, to_row, source, source_row, m, n):
        """m rows of n elements to n rows of m, along the rows that lie further apart: a page each, they are prefetched
        only if few at a time."""
        if source_row >= to_row:
            for i in range(0, m, lanes):
                for j in range(0, n, lanes):
                    block(to + j * to_row + i * size, to_row, source + i * source_row + j * size, source_row,
                          min(lanes, m - i), min(lanes, n - j))
        else:
            for j in range(0, n, lanes):
                for i in range(0, m, lanes):
                    far_block(to + j * to_row + i * size, to_row, source + i * source_row + j * size, source_row,
                              min(lanes, m - i), min(lanes, n - j))

    @kernel
    def tile3(outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate):
        intrinsic3(outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate, 0)

    @kernel
    def tile2(outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate):
        intrinsic2(outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate, 0)

    @kernel
    def tile1(outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate):
        intrinsic1(outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate, 0)

    @kernel
    def panel(vectors, m, outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate):
        """`tiles.gathered_tile` for m rows, a multiple of a tile's."""
        for i in range(0, 8 * m, 8 * rows):
            if vectors == 3:
                tile3(outer, a_offsets, inner, a, a_rows + i, a_step, b, b_step, c, c_rows + i, bias, accumulate)
            elif vectors == 2:
                tile2(outer, a_offsets, inner, a, a_rows + i, a_step, b, b_step, c, c_rows + i, bias, accumulate)
            else:
                tile1(outer, a_offsets, inner, a, a_rows + i, a_step, b, b_step, c, c_rows + i, bias, accumulate)

    @kernel
    def lanewise(m, outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate):
        """Likewise with vectors of A, each multiplied by its vector of B."""
        for i in range(0, 8 * m, 8 * rows):
            lanewise1(outer, a_offsets, inner, a, a_rows + i, a_step, b, b_step, c, c_rows + i, bias, accumulate, 0)

    @kernel
    def vectors_of(left):
        """How many of the ``left`` vectors the next panel takes: not three and one, but two and two."""
        return 3 if left == 3 or left > 4 else min(left, 2)

    @kernel
    def channels_last(to, pixel, source, channel, channels, h, w, padded_h, padded_w, above, before):
        """An image [channels][h][w] to the inside of [padded_h][padded_w][channels], as far as it reaches.

        ``pixel`` and ``channel`` are the bytes from one to the next in the result and in the image.
        """
        down, across = min(h, padded_h - above), min(w, padded_w - before)
        if down <= 0 or across <= 0:
            return
        at = to + (above * padded_w + before) * pixel
        if pixel == size:
            vectors = (across + lanes - 1) // lanes
            # Zeros after a row fall on its padding and on the next one, which is written later.
            pack_rows(at, padded_w * size, source, w * size, down, vectors, across - (vectors - 1) * lanes)
        elif padded_w == w and across == w:
            transpose(at, pixel, source, channel, channels, down * w)
        else:
            for i in range(down):
                transpose(at + i * padded_w * pixel, pixel, source + i * w * size, channel, channels, across)

    @kernel
    def volume_last(to, pixel, source, channel, channels, d, h, w, padded_d, padded_h, padded_w, front, above, before):
        """Likewise a volume [channels][d][h][w]."""
        for i in range(min(d, padded_d - front)):
            channels_last(to + (front + i) * padded_h * padded_w * pixel, pixel, source + i * h * w * size, channel,
                          channels, h, w, padded_h, padded_w, above, before)

    @kernel
    def channels_first(to, row, source, channels, d, h, w, padded_d, padded_h, padded_w, front, above, before, stride):
        """A volume [channels][d][h][w] to the inside of [padded_d][padded_h][stride][row] for each channel.

        Of each row the columns 0, stride, ... come first, then the columns 1, stride + 1, ..., and so on. Where stride
        is 1, ``row`` is padded_w; otherwise what follows a vector beyond it is left over.
        """
        down, across = min(h, padded_h - above), min(w, padded_w - before)
        if down <= 0 or across <= 0:
            return
        vectors = (across + lanes - 1) // lanes
        line = stride * row * size
        for c in range(channels):
            for k in range(min(d, padded_d - front)):
                at = to + ((c * padded_d + front + k) * padded_h + above) * line
                start = source + (c * d + k) * h * w * size
                if stride == 1:
                    # Zeros after a row fall on its padding and on the next one, which is written later.
                    pack_rows(at + before * size, line, start, w * size, down, vectors, across - (vectors - 1) * lanes)
                elif stride == 2:
                    even = (before % 2 * row + before // 2) * size
                    odd = ((before + 1) % 2 * row + (before + 1) // 2) * size
                    for i in range(down):
                        split(at + i * line + even, at + i * line + odd, start + i * w * size, across)
                else:
                    for i in range(down):
                        for j in range(before, before + across):
                            copy_one(at + i * line + (j % stride * row + j // stride) * size,
                                     start + (i * w + j - before) * size)

    @kernel
    def put_windows(table, count, OD, OH, OW, PD, PH, PW, sd, sh, sw, pixel):
        """Where the windows of so many padded images start."""
        m = 0
        for n in range(count):
            for d in range(OD):
                for i in range(OH):
                    for j in range(OW):
                        put_index(table, m, (((n * PD + d * sd) * PH + i * sh) * PW + j * sw) * pixel)
                        m += 1

    @kernel
    def put_results(images, results, count, OD, OH, OW, PD, PH, PW, sd, sh, sw, pixel_in, pixel_out):
        """The start of each window, and the pixel of its result, filled up to whole tiles."""
        put_windows(images, count, OD, OH, OW, PD, PH, PW, sd, sh, sw, pixel_in)
        end = count * OD * OH * OW + rows
        for p in range(end - rows, end):
            put_index(images, p, 0)
        for p in range(end):
            put_index(results, p, p * pixel_out)

    @kernel
    def put_weights(images, results, K, C, KD, KH, KW, dd, dh, dw, PH, PW, element, row):
        """Where the window's elements [KD][KH][KW][C] lie, and the rows of their gradients: K, in whole tiles."""
        for k in range(K):
            tap, c = min(k, KD * KH * KW * C - 1) // C, min(k, KD * KH * KW * C - 1) % C
            row_of_taps = tap // KW
            put_index(images, k, (((row_of_taps // KH * dd * PH + row_of_taps % KH * dh) * PW + tap % KW * dw) * C + c)
                      * element)
            put_index(results, k, k * row)

    @kernel
    def put_pairs(results, pixel_out, images, pixel_in, count, OD, OH, OW, sd, sh, sw, D, H, W, start, top, left,
                  spare):
        """Each result, and the pixel that one tap of its window meets; how many pairs, filled up to whole tiles.

        The tap of the first window is at plane ``start``, row ``top``, column ``left``. What fills up goes to
        ``spare``.
        """
        m = 0
        for n in range(count):
            for o in range(OD):
                plane = o * sd + start
                if 0 <= plane < D:
                    for p in range(OH):
                        row = p * sh + top
                        if 0 <= row < H:
                            for q in range(OW):
                                column = q * sw + left
                                if 0 <= column < W:
                                    put_index(results, m, (((n * OD + o) * OH + p) * OW + q) * pixel_out)
                                    put_index(images, m, (((n * D + plane) * H + row) * W + column) * pixel_in)
                                    m += 1
        while m % rows != 0:
            put_index(results, m, 0)
            put_index(images, m, spare)
            m += 1
        return m

    @kernel
    def pack_weights(to, source, k, n, k_step, n_step, window, v_first, v_last, mirrored):
        """Panels [panel][window][k][columns] of weights: element (k, n) has its window at k * k_step + n * n_step.

        Only those of the given vectors of columns. Where ``mirrored``, the last of the window comes first.
        """
        v = v_first
        while v < v_last:
            count = vectors_of(v_last - v)
            row = count * width
            for u in range(count):
                first = (v + u) * lanes
                at, start = to + v * width * window * k + u * width, source + first * n_step
                some = min(lanes, n - first)
                if window == 1 and k_step == size:
                    transpose(at, row, start, n_step, some, k)
                elif window == 1 and n_step == size:
                    pack_rows(at, row, start, k_step, k, 1, some)
                else:
                    step = k * row
                    if mirrored:
                        at, step = at + (window - 1) * step, -step
                    for i in range(k):
                        transpose(at + i * row, step, start + i * k_step, n_step, some, window)
            v += count

    @kernel
    def put_offsets(table, C, KD, KH, KW, PD, PH, dd, dh, dw, stride, row):
        """Where the elements [C][KD][KH][KW] of a window lie in an image that `channels_first` wrote."""
        line, k = stride * row * size, 0
        for c in range(C):
            for d in range(KD):
                for i in range(KH):
                    for j in range(0, KW * dw, dw):
                        put_index(table, k, ((c * PD + d * dd) * PH + i * dh) * line
                                  + (j % stride * row + j // stride) * size)
                        k += 1

    @kernel
    def mirror(to, source, k, n, window, first, some):
        """Weights [k][n][window] of a group to [some][k][window], from column ``first`` on, windows backwards."""
        if window == 1:
            transpose(to, k * size, source + first * size, n * size, k, some)
            return
        for o in range(some):
            for c in range(k):
                start = source + ((c * n + first + o) * window + window - 1) * size
                for i in range(window):
                    copy_one(to + ((o * k + c) * window + i) * size, start - i * size)

    return SimpleNamespace(
        lanes=lanes, rows=rows, transpose=transpose, fill=fill, panel=panel, vectors_of=vectors_of,
        channels_last=channels_last, volume_last=volume_last, channels_first=channels_first,
        pack_rows=pack_rows, put_windows=put_windows, put_results=put_results,
        put_weights=put_weights, put_pairs=put_pairs, put_offsets=put_offsets, pack_weights=pack_weights,
        mirror=mirror, lanewise=lanewise)
