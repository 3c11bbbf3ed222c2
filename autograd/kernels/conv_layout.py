"""What compiled convolutions share: images to and from the layout with channels last, and products over tables.

This module imports Numba.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import njit, types

from . import conv_tiles, tiles
from .compiled_cache import CompiledCache, tagged
from .vector_ir import Target

OPTIONS = {"error_model": "numpy", "nogil": True}


def compiled(build: Any, name: str, dtype: Any, target: Target, arrays: int, integers: int) -> Any:
    """A compiled function of so many arrays of one element type, a tuple of so many integers, and scratch memory.

    ``build(common, tag, target, itemsize)`` gives the functions of a family by name.
    """
    dtype = np.dtype(dtype)
    t = types.float32 if dtype.itemsize == 4 else types.float64
    key = f"{target} {dtype}"
    dispatcher = build(common(target, dtype.itemsize), tagged(key), target, dtype.itemsize)[name]
    dispatcher._cache = CompiledCache(name, key)
    result = types.void if name.startswith("conv") else types.boolean
    signature = result(*[types.Array(t, 1, "C")] * arrays, types.UniTuple(types.int64, integers),
                           types.Array(types.uint8, 1, "C"))
    dispatcher.compile(signature)
    # The entry point checks nothing, and takes half of the dispatcher's time.
    return dispatcher.overloads[signature.args].entry_point


_common: dict[tuple[Target, int], SimpleNamespace] = {}


def common(target: Target, size: int) -> SimpleNamespace:
    """The functions that all convolutions of an element type call."""
    if (target, size) not in _common:
        _common[target, size] = _build(target, size)
    return _common[target, size]


def _build(target: Target, size: int) -> SimpleNamespace:
    tag = tagged(f"{target} {size}")
    lanes, width = target.width // size, target.width
    rows = tiles.tile_rows(target)
    block, fill = conv_tiles.transpose(target, size), conv_tiles.fill(target, size)
    intrinsic3, intrinsic2, intrinsic1 = (conv_tiles.gathered_tile(target, size, rows, n) for n in (3, 2, 1))
    pack_rows = tiles.pack_rows(target, size)

    @njit(**OPTIONS)
    @tag
    def transpose(to, to_row, source, source_row, m, n):
        """m rows of n elements to n rows of m."""
        for i in range(0, m, lanes):
            for j in range(0, n, lanes):
                block(to + j * to_row + i * size, to_row, source + i * source_row + j * size, source_row,
                      min(lanes, m - i), min(lanes, n - j))

    @njit(**OPTIONS)
    @tag
    def tile3(outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate):
        intrinsic3(outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate)

    @njit(**OPTIONS)
    @tag
    def tile2(outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate):
        intrinsic2(outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate)

    @njit(**OPTIONS)
    @tag
    def tile1(outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate):
        intrinsic1(outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate)

    @njit(**OPTIONS)
    @tag
    def panel(vectors, m, outer, a_offsets, inner, a, a_rows, a_step, b, b_step, c, c_rows, bias, accumulate):
        """`conv_tiles.gathered_tile` for m rows, a multiple of a tile's."""
        for i in range(0, 8 * m, 8 * rows):
            if vectors == 3:
                tile3(outer, a_offsets, inner, a, a_rows + i, a_step, b, b_step, c, c_rows + i, bias, accumulate)
            elif vectors == 2:
                tile2(outer, a_offsets, inner, a, a_rows + i, a_step, b, b_step, c, c_rows + i, bias, accumulate)
            else:
                tile1(outer, a_offsets, inner, a, a_rows + i, a_step, b, b_step, c, c_rows + i, bias, accumulate)

    @njit(**OPTIONS)
    @tag
    def vectors_of(left):
        """How many of the ``left`` vectors the next panel takes: not three and one, but two and two."""
        return 3 if left == 3 or left > 4 else min(left, 2)

    @njit(**OPTIONS)
    @tag
    def channels_last(to, source, channels, h, w, padded_h, padded_w, above, before, channel_step):
        """One image [C][H][W] to the inside of [padded_h][padded_w][C], as far as it reaches."""
        down, across = min(h, padded_h - above), min(w, padded_w - before)
        if down <= 0 or across <= 0:
            return
        at = to + (above * padded_w + before) * channels * size
        if channels == 1:
            vectors = (across + lanes - 1) // lanes
            # Zeros after a row fall on its padding and on the next one, which is written later.
            pack_rows(at, padded_w * size, source, w * size, down, vectors, across - (vectors - 1) * lanes)
        elif padded_w == w and across == w:
            transpose(at, channels * size, source, channel_step, channels, down * w)
        else:
            for i in range(down):
                transpose(at + i * padded_w * channels * size, channels * size, source + i * w * size, channel_step,
                          channels, across)

    @njit(**OPTIONS)
    @tag
    def pack_weights(to, source, k, n, k_step, n_step, window, padded):
        """Panels [panel][window][k][columns] of weights: element (k, n) has its window at k * k_step + n * n_step."""
        vectors = padded // lanes
        v = 0
        while v < vectors:
            count = vectors_of(vectors - v)
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
                    for i in range(k):
                        transpose(at + i * row, k * row, start + i * k_step, n_step, some, window)
            v += count

    return SimpleNamespace(
        lanes=lanes, rows=rows, transpose=transpose, fill=fill, panel=panel, vectors_of=vectors_of,
        channels_last=channels_last, pack_weights=pack_weights)
