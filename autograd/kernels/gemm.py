"""Compiled products of matrices: C = A B, or A B + bias, for operands of any strides.

The result is computed in tiles that stay in registers (see `tiles`). Where both operands run along k, tiles of inner
products read them as they are; elsewhere the lanes are columns of B, whose rows are read as they are if contiguous, or
copied, block by block, into a panel that fits the cache. This module imports Numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from .compiled.cache import entry_point, jit
from .vectors import tiles
from .vectors.ir import Target, host

Array = np.ndarray[Any, Any]

#: Terms summed up before a tile goes back to memory: a panel of so many rows, of 256 bytes in AVX-512, stays in L2.
BLOCK = 1024
#: Bytes of the right operand that are copied at once, and rows of the left one: both fit the second-level cache.
GROUP, ROWS = 3 << 17, 96
#: Terms up to which writing the result takes longest: it is written in whole rows, a tile high.
THIN = 8
#: Rows and columns of a product from which a left operand that does not run along k is copied so that it does.
TURN_ROWS, TURN_COLUMNS = 64, 192
#: Rows and columns of a product up to which it is computed as inner products, if both operands run along k.
FEW_ROWS, FEW_COLUMNS = 12, 12
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


def loops_over_tiles(target: Target, size: int, kernel: Any, most: int = 3) -> tuple[Any, Any]:
    """The functions ``inner_products`` and ``panel``, made by the decorator ``kernel`` and not yet compiled.

    Panels have up to ``most`` vectors, 3 or 4.
    """
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

    def of(vectors: int) -> Any:
        """All rows of so many vectors of columns."""
        high, low = tiles.outer_shape(target, vectors)
        whole = tiles.outer_tile(target, size, high, vectors, False)
        part = tiles.outer_tile(target, size, low, vectors, True)

        def rows_of(a, a_row, a_k, b, b_k, c, c_row, m, k, count, addend, addend_row):
            i = 0
            while i < m:
                rest = m - i
                x, y, z = a + i * a_row, c + i * c_row, addend + i * addend_row if addend != 0 else 0
                if rest >= high and (rest == high or rest > 2 * low or rest == high + low):
                    whole(k, x, a_row, a_k, b, b_k, y, c_row, count, z, addend_row, high)
                    i += high
                else:
                    part(k, x, a_row, a_k, b, b_k, y, c_row, count, z, addend_row, min(low, rest))
                    i += low
        rows_of.__name__ += f"_{vectors}"  # symbols are named after functions
        return kernel(rows_of)

    of1, of2, of3 = of(1), of(2), of(3)
    of4 = of(4) if most == 4 else of3

    @kernel
    def panel(a, a_row, a_k, b, b_k, c, c_row, m, k, vectors, count, addend, addend_row):
        """All rows of up to ``most`` vectors of columns."""
        if vectors == 4:
            of4(a, a_row, a_k, b, b_k, c, c_row, m, k, count, addend, addend_row)
        elif vectors == 3:
            of3(a, a_row, a_k, b, b_k, c, c_row, m, k, count, addend, addend_row)
        elif vectors == 2:
            of2(a, a_row, a_k, b, b_k, c, c_row, m, k, count, addend, addend_row)
        else:
            of1(a, a_row, a_k, b, b_k, c, c_row, m, k, count, addend, addend_row)

    return inner_products, panel


def _build(target: Target, size: int, key: str) -> Any:
    """`products`, not yet compiled."""
    kernel = jit(key)
    width, lanes = target.width, target.width // size
    most = tiles.outer_vectors(target)
    inner_products, panel = loops_over_tiles(target, size, kernel, most)
    pack_transposed, pack_rows = tiles.pack_transposed(target, size), tiles.pack_rows(target, size, ahead=True)
    masks, thin_rows = target.masks, tiles.outer_shape(target, most)[0]

    @kernel
    def vectors_of(columns):
        """How many vectors wide the next panel is of so many columns that are left."""
        # Never one vector after wide ones: its few sums wait for one another.
        left = (columns + lanes - 1) // lanes
        if most == 3:
            return 3 if left == 3 or left > 4 else min(left, 2)
        return 3 if left == 3 or left == 5 or left == 6 or left == 9 else min(left, 4)

    @kernel
    def copied_whole(direct, columns):
        """Whether a panel of B is copied."""
        return not direct or (columns % lanes > 0 and not masks)

    @kernel
    def copy(to, source, b_k, b_column, terms, columns):
        """A panel of B."""
        vectors = (columns + lanes - 1) // lanes
        count = columns - (vectors - 1) * lanes
        if b_column == size:
            pack_rows(to, vectors * width, source, b_k, terms, vectors, count)
        else:
            for v in range(vectors):
                pack_transposed(to + v * width, vectors * width, source + v * lanes * b_column, b_k, b_column, terms,
                                lanes if v < vectors - 1 else count)

    @kernel
    def outer_products(a, a_row, a_k, b, b_k, b_column, c, c_row, m, n, k, bias, scratch, turned):
        blocks = max(1, (k + BLOCK - 1) // BLOCK)
        length = (k + blocks - 1) // blocks
        packs = (m >= PACK_ROWS and b_k >= PACK_STRIDE) or (m >= PACK_ROWS_OF_PAGES and b_k >= PAGE)
        direct = b_column == size and not packs
        height = ROWS if k > THIN else thin_rows
        for block in range(blocks):
            k0 = block * length
            terms = min(length, k - k0)
            left, left_row, left_k = a + k0 * a_k, a_row, a_k
            if turned != 0:
                left, left_row, left_k = turned, (terms + lanes - 1) // lanes * width, size
                for i in range(0, terms, lanes):
                    pack_transposed(turned + i * size, left_row, a + (k0 + i) * a_k, a_row, a_k, m,
                                    min(lanes, terms - i))
            first = 0
            while first < n:
                # The columns of B that are copied and some rows of A stay in the second-level cache together.
                last, packed = first, 0
                while last < n and (last == first or packed < GROUP):
                    vectors = vectors_of(n - last)
                    columns = min(n - last, vectors * lanes)
                    if copied_whole(direct, columns):
                        copy(scratch + packed, b + k0 * b_k + last * b_column, b_k, b_column, terms, columns)
                    packed += terms * vectors * width
                    last += columns
                for i in range(0, m, height):
                    j, packed = first, 0
                    while j < last:
                        vectors = vectors_of(n - j)
                        columns = min(n - j, vectors * lanes)
                        source, step = b + k0 * b_k + j * b_column, b_k
                        if copied_whole(direct, columns):
                            source, step = scratch + packed, vectors * width
                        at = c + i * c_row + j * size
                        addend, addend_row = (at, c_row) if block > 0 else (bias + j * size if bias != 0 else 0, 0)
                        panel(left + i * left_row, left_row, left_k, source, step, at, c_row, min(height, m - i), terms,
                              vectors, columns - (vectors - 1) * lanes, addend, addend_row)
                        packed += terms * vectors * width
                        j += columns
                first = last

    @kernel
    def product(a, a_row, a_k, b, b_k, b_column, c, c_row, m, n, k, bias, scratch, turned):
        # Copying B costs what it saves for few rows of A, and vectors of few columns are half empty.
        few = m <= FEW_ROWS or (n <= FEW_COLUMNS and n % lanes > 0)
        if a_k == size and b_k == size and b_column != size and few and k >= 8 * lanes:
            inner_products(a, a_row, b, b_column, c, c_row, m, n, k, bias, 0)
        else:
            outer_products(a, a_row, a_k, b, b_k, b_column, c, c_row, m, n, k, bias, scratch, turned)

    @kernel
    def products(a, b, c, bias, batch):
        """c = a @ b (+ bias, if it is not empty), or so for each matrix of a batch.

        ``batch`` is empty, or holds two counts P and Q, and the strides of a, b and c from one p and from one q to the
        next; a, b and c are then the first matrices.
        """
        m, k = a.shape
        n = b.shape[1]
        terms = min(k, BLOCK)
        panel = np.empty(min(GROUP + terms * most * width, terms * (n + most * lanes) * size) + width, np.uint8)
        scratch = (panel.ctypes.data + width - 1) // width * width
        turns = (m >= TURN_ROWS and n >= TURN_COLUMNS and a.strides[0] == size and a.strides[1] != size
                 and batch.size == 0)
        copied = np.empty((min(k, BLOCK) + lanes) * m * size + width if turns else 0, np.uint8)
        turned = (copied.ctypes.data + width - 1) // width * width if turns else 0
        first, second, a_p, a_q, b_p, b_q, c_p, c_q = 1, 1, 0, 0, 0, 0, 0, 0
        if batch.size > 0:
            first, second = batch[0], batch[1]
            a_p, a_q, b_p, b_q, c_p, c_q = batch[2], batch[3], batch[4], batch[5], batch[6], batch[7]
        for p in range(first):
            for q in range(second):
                product(a.ctypes.data + p * a_p + q * a_q, a.strides[0], a.strides[1],
                        b.ctypes.data + p * b_p + q * b_q, b.strides[0], b.strides[1],
                        c.ctypes.data + p * c_p + q * c_q, c.strides[0], m, n, k,
                        bias.ctypes.data if bias.size > 0 else 0, scratch, turned)
        # Numba frees an array after its last use, and does not see through addresses.
        panel[0] = 0
        if turns:
            copied[0] = 0

    return products
