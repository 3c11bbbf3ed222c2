"""Compiled products of matrices: C = A B, or A B + bias, for operands of any strides.

The result is computed in tiles that stay in registers (see `tiles`). Where both operands run along k, tiles of inner
products read them as they are; elsewhere the lanes are columns of B, whose rows are read as they are if contiguous, or
copied, block by block, into a panel that fits the cache. This module imports Numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from . import tiles
from .compiled_cache import entry_point, jit
from .vector_ir import Target, host

Array = np.ndarray[Any, Any]

#: Terms summed up before a tile goes back to memory: a panel of so many rows, of 192 bytes in AVX-512, stays in L2.
BLOCK = 1024
#: The same where the left operand does not run along k: each of these terms is a line of L1.
TRANSPOSED_BLOCK = 256
#: Rows and columns of a product from which such an operand is copied: into strips of a tile's rows, one behind another.
#: What is copied leaves no trace in the result, unlike the blocks: so it may depend on what part of a product is asked
#: for.
STRIP_ROWS, STRIP_COLUMNS = 64, 192
#: The panel pays from so many rows of A on, if rows of B lie so many bytes apart; from fewer, if each row of B is on
#: a page of memory of its own.
PACK_ROWS, PACK_STRIDE = 64, 512
PACK_ROWS_OF_PAGES, PAGE = 16, 4096


def compiled(dtype: Any, target: Target | None = None) -> Any:
    """`products` of one element type for one target, by default this processor: compiled, or found on disk."""
    dtype = np.dtype(dtype)
    target = target or host()
    t = types.float32 if dtype.itemsize == 4 else types.float64
    key = f"{target} {dtype}"
    signature = types.void(*[types.Array(t, 2, "A")] * 3, types.Array(t, 1, "A"), types.Array(types.int64, 1, "C"))
    return entry_point(_build(target, dtype.itemsize, key), "products", key, signature)


def _strip_rows(target: Target, size: int) -> int:
    return max(target.width // size, tiles.tile_rows(target))


def loops_over_tiles(target: Target, size: int, kernel: Any) -> tuple[Any, Any]:
    """The functions ``inner_products`` and ``panel``, made by the decorator ``kernel`` and not yet compiled."""
    rows = tiles.tile_rows(target)
    half = rows // 2
    strip_rows = _strip_rows(target, size)
    high3, high2, high1 = (tiles.outer_tile(target, size, rows, n, False) for n in (3, 2, 1))
    low3, low2, low1 = (tiles.outer_tile(target, size, half, n, True) for n in (3, 2, 1))
    inner = tiles.inner_tile(target, size)
    inner_rows, inner_columns = tiles.inner_shape(target, size)

    @kernel
    def inner_products(a, a_row, b, b_row, c, c_row, m, n, k, bias, accumulate):
        blocks = max(1, (k + BLOCK - 1) // BLOCK)
        length = (k + blocks - 1) // blocks
        for block in range(blocks):
            k0 = block * length
            terms = min(length, k - k0)
            for j in range(0, n, inner_columns):
                columns = min(inner_columns, n - j)
                for i in range(0, m, inner_rows):
                    at = c + i * c_row + j * size
                    addend, addend_row = bias + j * size if bias != 0 else 0, 0
                    if block + accumulate > 0:
                        addend, addend_row = at, c_row
                    inner(terms, a + i * a_row + k0 * size, a_row, b + j * b_row + k0 * size, b_row, at, c_row,
                          columns, addend, addend_row, min(inner_rows, m - i))

    @kernel
    def panel(a, a_row, a_k, strip, b, b_k, c, c_row, m, k, vectors, count, addend, addend_row):
        """All rows of up to three vectors of columns; A as it is, or in strips so many bytes apart."""
        strips = strip_rows if strip > 0 else m
        for i in range(0, m, rows):
            for part in range(0, min(rows, m - i), rows if m - i >= rows else half):
                x = a + (i + part) // strips * strip + (i + part) % strips * a_row
                y, z = c + (i + part) * c_row, 0
                if addend != 0:
                    z = addend + (i + part) * addend_row
                if m - i >= rows:
                    if vectors == 3:
                        high3(k, x, a_row, a_k, b, b_k, y, c_row, count, z, addend_row, rows)
                    elif vectors == 2:
                        high2(k, x, a_row, a_k, b, b_k, y, c_row, count, z, addend_row, rows)
                    else:
                        high1(k, x, a_row, a_k, b, b_k, y, c_row, count, z, addend_row, rows)
                else:
                    valid = min(half, m - i - part)
                    if vectors == 3:
                        low3(k, x, a_row, a_k, b, b_k, y, c_row, count, z, addend_row, valid)
                    elif vectors == 2:
                        low2(k, x, a_row, a_k, b, b_k, y, c_row, count, z, addend_row, valid)
                    else:
                        low1(k, x, a_row, a_k, b, b_k, y, c_row, count, z, addend_row, valid)

    return inner_products, panel


def _build(target: Target, size: int, key: str) -> Any:
    """`products`, not yet compiled."""
    kernel = jit(key)
    width, lanes = target.width, target.width // size
    strip_rows = _strip_rows(target, size)
    strip_vectors = strip_rows // lanes
    inner_products, panel = loops_over_tiles(target, size, kernel)
    pack_transposed, pack_rows = tiles.pack_transposed(target, size), tiles.pack_rows(target, size)
    masks = target.masks

    @kernel
    def outer_products(a, a_row, a_k, b, b_k, b_column, c, c_row, m, n, k, bias, scratch, strips):
        limit = BLOCK if a_k == size else TRANSPOSED_BLOCK
        blocks = max(1, (k + limit - 1) // limit)
        length = (k + blocks - 1) // blocks
        packs = (m >= PACK_ROWS and b_k >= PACK_STRIDE) or (m >= PACK_ROWS_OF_PAGES and b_k >= PAGE)
        direct = b_column == size and not packs
        for block in range(blocks):
            k0 = block * length
            terms = min(length, k - k0)
            left, left_k, strip = a + k0 * a_k, a_k, 0
            if strips != 0:
                left, left_k, strip = strips, strip_vectors * width, terms * strip_vectors * width
                for i in range(0, m, strip_rows):
                    vectors = (min(strip_rows, m - i) + lanes - 1) // lanes
                    pack_rows(strips + i // strip_rows * strip, left_k, a + k0 * a_k + i * size, a_k, terms, vectors,
                              min(strip_rows, m - i) - (vectors - 1) * lanes)
            j = 0
            while j < n:
                rest = n - j
                # Not three vectors and one: two and two, which keep more sums in flight.
                vectors = 3 if rest > 2 * lanes and not 3 * lanes < rest <= 4 * lanes else 2 if rest > lanes else 1
                columns = min(rest, vectors * lanes)
                count = columns - (vectors - 1) * lanes
                source, step = b + k0 * b_k + j * b_column, b_k
                if not direct or (count < lanes and not masks):
                    step = vectors * width
                    if b_column == size:
                        pack_rows(scratch, step, source, b_k, terms, vectors, count)
                    else:
                        for v in range(vectors):
                            pack_transposed(scratch + v * width, step, source + v * lanes * b_column, b_k, b_column,
                                            terms, lanes if v < vectors - 1 else count)
                    source = scratch
                at = c + j * size
                if block > 0:
                    panel(left, a_row, left_k, strip, source, step, at, c_row, m, terms, vectors, count, at, c_row)
                else:
                    panel(left, a_row, left_k, strip, source, step, at, c_row, m, terms, vectors, count,
                          bias + j * size if bias != 0 else 0, 0)
                j += columns

    @kernel
    def product(a, a_row, a_k, b, b_k, b_column, c, c_row, m, n, k, bias, scratch, strips):
        # Copying B costs what it saves for few rows of A.
        if a_k == size and b_k == size and b_column != size and m <= 12 and k >= 8 * lanes:
            inner_products(a, a_row, b, b_column, c, c_row, m, n, k, bias, 0)
        else:
            outer_products(a, a_row, a_k, b, b_k, b_column, c, c_row, m, n, k, bias, scratch, strips)

    @kernel
    def products(a, b, c, bias, batch):
        """c = a @ b (+ bias, if it is not empty), or so for each matrix of a batch.

        ``batch`` is empty, or holds two counts P and Q, and the strides of a, b and c from one p and from one q to the
        next; a, b and c are then the first matrices.
        """
        m, k = a.shape
        n = b.shape[1]
        panel = np.empty(min(k, BLOCK) * 3 * width + width, np.uint8)
        scratch = (panel.ctypes.data + width - 1) // width * width
        copies = (m >= STRIP_ROWS and n >= STRIP_COLUMNS and a.strides[0] == size and a.strides[1] != size
                  and batch.size == 0)
        whole = (m + strip_rows - 1) // strip_rows * strip_rows
        copied = np.empty(min(k, TRANSPOSED_BLOCK) * whole * size + width if copies else 0, np.uint8)
        strips = (copied.ctypes.data + width - 1) // width * width if copies else 0
        first, second, a_p, a_q, b_p, b_q, c_p, c_q = 1, 1, 0, 0, 0, 0, 0, 0
        if batch.size > 0:
            first, second = batch[0], batch[1]
            a_p, a_q, b_p, b_q, c_p, c_q = batch[2], batch[3], batch[4], batch[5], batch[6], batch[7]
        for p in range(first):
            for q in range(second):
                product(a.ctypes.data + p * a_p + q * a_q, a.strides[0], a.strides[1],
                        b.ctypes.data + p * b_p + q * b_q, b.strides[0], b.strides[1],
                        c.ctypes.data + p * c_p + q * c_q, c.strides[0], m, n, k,
                        bias.ctypes.data if bias.size > 0 else 0, scratch, strips)
        # Numba frees an array after its last use, and does not see through addresses.
        panel[0] = 0
        if copies:
            copied[0] = 0

    return products
