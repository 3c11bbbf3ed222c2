"""Compiled attention: softmax(scale q k' + mask) v and its gradients, a block of scores at a time.

The scores of a block of queries and a block of keys are a product by the tiles of `gemm`; they stay in the cache, with
the queries in the lanes of vectors, so that nothing is summed across lanes. Only the logarithm of each query's sum of
exponentials is kept for the backward pass, which computes the block again (Dao et al., FlashAttention, 2022; the
running maximum and sum are those of Milakov and Gimelshein, Online normalizer calculation for softmax, 2018). Blocks
beyond the diagonal are left out where attention is causal. This module imports Numba.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types

from .compiled.cache import entry_point, jit
from .gemm import loops_over_tiles
from .vectors import rows as vector_rows, tiles
from .vectors.ir import Target

#: Vectors of queries in a block of scores [keys, queries], and how large it is: it stays in L1.
VECTORS, BLOCK_BYTES = 3, 2**14
#: Up to so many queries, fewer than fill a vector, have their keys in the lanes: a block is [queries, keys].
FEW = 4


def compiled(dtype: Any, backward: bool, target: Target) -> Any:
    """`forward` or `backward` of one element type for one target."""
    dtype = np.dtype(dtype)
    t = types.float32 if dtype.itemsize == 4 else types.float64
    key = f"attention {target} {dtype}"
    rows, sums = types.Array(t, 4, "A"), types.Array(t, 3, "C")
    arrays = [*[rows] * 5, sums, *[rows] * 3] if backward else [*[rows] * 4, sums]
    signature = types.void(*arrays, rows, t, *[types.int64] * 3)
    name = "attention-grad" if backward else "attention"
    return entry_point(_build(target, dtype.itemsize, key)[backward], name, key, signature)


def whole_vectors(target: Target) -> int:
    """Rows must be a multiple of so many bytes, or vectors would be read beyond their ends."""
    return 1 if target.masks else target.width


def _build(target: Target, size: int, key: str) -> tuple[Any, Any]:
    """`forward` and `backward`, not yet compiled."""
    kernel = jit(key)
    width, lanes = target.width, target.width // size
    QUERIES, KEYS, row_step = VECTORS * lanes, BLOCK_BYTES // (VECTORS * width), VECTORS * width
    number = np.float32 if size == 4 else np.float64
    inner_products, panel = loops_over_tiles(target, size, kernel)
    pack_transposed = tiles.pack_transposed(target, size)
    row_scaled, row_inner = vector_rows.row_scaled(target, size), vector_rows.row_inner(target, size)
    column_softmax, column_slopes = vector_rows.column_softmax(target, size), vector_rows.column_slopes(target, size)
    column_causal, column_added = vector_rows.column_causal(target, size), vector_rows.column_added(target, size)
    column_raised = vector_rows.column_raised(target, size)
    ABREAST = min(8, lanes)
    one_row, one_wide = tiles.inner_tile(target, size, (1, ABREAST)), tiles.outer_tile(target, size, 1, 4, False)
    row_maximum, row_exponentials = vector_rows.row_maximum(target, size), vector_rows.row_exponentials(target, size)
    MOST_KEYS, number_row = BLOCK_BYTES // (FEW * size), BLOCK_BYTES // FEW
    infinite, zero, one = number(np.inf), number(0), number(1)

    @kernel
    def product(a, a_row, a_k, b, b_k, c, c_row, m, n, k, addend):
        """C = A B, or C += A B; rows of B and C are contiguous."""
        j = 0
        while j < n:
            left = n - j
            vectors = 3 if left > 2 * lanes and not 3 * lanes < left <= 4 * lanes else 2 if left > lanes else 1
            columns = min(left, vectors * lanes)
            at = c + j * size
            panel(a, a_row, a_k, b + j * size, b_k, at, c_row, m, k, vectors, columns - (vectors - 1) * lanes,
                  at if addend else 0, c_row)
            j += columns

    @kernel
    def transposed(to, source, row, column, count, length):
        """Write ``count`` rows of ``length`` numbers as columns, in whole vectors that repeat the last row."""
        for i in range(0, count, lanes):
            pack_transposed(to + i * size, row_step, source + i * row, column, row, length, min(lanes, count - i))

    @kernel
    def masked(s, biases, i0, j0, m, n, causal, added):
        """Scores [keys, queries] after the mask."""
        if biases.size > 0:
            source = biases.ctypes.data + i0 * biases.strides[0] + j0 * biases.strides[1]
            if biases.strides[0] == 0:  # the same for all queries
                for i in range(0, m, lanes):
                    column_raised(s + i * size, row_step, n, source, biases.strides[1])
            else:
                to = added.ctypes.data
                transposed(to, source, biases.strides[0], biases.strides[1], m, n)
                for i in range(0, m, lanes):
                    column_added(s + i * size, row_step, n, to + i * size, row_step)
        if causal:
            for i in range(0, m, lanes):
                column_causal(s + i * size, row_step, max(0, i0 + i - j0), n, i0 + i - j0)

    @kernel
    def normalized(o, values, total, high):
        """Divide a row of the result by the sum of exponentials; gives the logarithm of this, the maximum included."""
        if total == zero:
            row_scaled(o, o, values, zero)
            return infinite  # so that the weights are zero
        row_scaled(o, o, values, one / total)
        return high + math.log(total)

    @kernel
    def forward_few(q, k, v, out, sums, biases, scale, causal, part, scores, state):
        """`forward_head` of a few queries."""
        queries, keys, length, values = q.shape[0], k.shape[0], q.shape[1], v.shape[1]
        x, s, o, x_row, o_row = part.ctypes.data, scores.ctypes.data, out.ctypes.data, length * size, out.strides[0]
        high, total = state[0], state[1]
        shift = state[2]
        for i in range(queries):
            row_scaled(q.ctypes.data + i * q.strides[0], x + i * x_row, length, scale)
            high[i], total[i] = -infinite, zero
        seen = min(queries, keys) if causal else keys
        for j0 in range(0, seen, MOST_KEYS):
            n = min(MOST_KEYS, seen - j0)
            k_at, k_row = k.ctypes.data + j0 * k.strides[0], k.strides[0]
            if queries == 1:
                for j in range(0, n, ABREAST):
                    one_row(length, x, 0, k_at + j * k_row, k_row, s + j * size, 0, min(ABREAST, n - j), 0, 0, 1)
            else:
                inner_products(x, x_row, k_at, k_row, s, number_row, queries, n, length, 0, 0)
            for i in range(queries):
                row, before = scores[i], high[i]
                if biases.size > 0:
                    for j in range(n):
                        row[j] += biases[i, j0 + j]
                if causal:
                    row[max(0, i + 1 - j0):n] = -infinite
                high[i] = max(before, row_maximum(row.ctypes.data, n))
                shift[0] = high[i] if high[i] > -infinite else zero  # any makes exponentials of zero
                sum_of = row_exponentials(row.ctypes.data, row.ctypes.data, n, shift[0])
                if j0 > 0:
                    shift[1] = before
                    factor = row_exponentials(shift.ctypes.data + size, shift.ctypes.data + size, 1, shift[0])
                    row_scaled(o + i * o_row, o + i * o_row, values, factor)
                    sum_of += total[i] * factor
                total[i] = sum_of
            v_at, v_row, j = v.ctypes.data + j0 * v.strides[0], v.strides[0], 0
            if queries == 1:
                while values - j >= 4 * lanes:
                    to = o + j * size
                    one_wide(n, s, 0, size, v_at + j * size, v_row, to, 0, lanes, to if j0 > 0 else 0, 0, 1)
                    j += 4 * lanes
            product(s, number_row, size, v_at + j * size, v_row, o + j * size, o_row, queries, values - j, n, j0 > 0)
        for i in range(queries):
            sums[i] = normalized(o + i * o_row, values, total[i], high[i])

    @kernel
    def forward_head(q, k, v, out, sums, biases, scale, causal, part, columns, scores, added, state):
        queries, keys, length, values = q.shape[0], k.shape[0], q.shape[1], v.shape[1]
        x, y, s = part.ctypes.data, columns.ctypes.data, scores.ctypes.data
        x_row, k_row, v_row, o_row = length * size, k.strides[0], v.strides[0], out.strides[0]
        high, total, factor = state[0], state[1], state[2]
        for i0 in range(0, queries, QUERIES):
            m = min(QUERIES, queries - i0)
            wide = (m + lanes - 1) // lanes * lanes
            seen = min(i0 + m, keys) if causal else keys
            o = out.ctypes.data + i0 * o_row
            for i in range(m):
                row_scaled(q.ctypes.data + (i0 + i) * q.strides[0], x + i * x_row, length, scale)
            transposed(y, x, x_row, size, m, length)
            for i in range(QUERIES):
                high[i], total[i] = -infinite, zero
            for j0 in range(0, seen, KEYS):
                n = min(KEYS, seen - j0)
                product(k.ctypes.data + j0 * k_row, k_row, size, y, row_step, s, row_step, n, wide, length, False)
                masked(s, biases, i0, j0, m, n, causal, added)
                for i in range(0, m, lanes):
                    column_softmax(s + i * size, row_step, n, high.ctypes.data + i * size,
                                   total.ctypes.data + i * size, factor.ctypes.data + i * size)
                if j0 > 0:
                    for i in range(m):
                        if factor[i] != one:
                            row_scaled(o + i * o_row, o + i * o_row, values, factor[i])
                product(s, size, row_step, v.ctypes.data + j0 * v_row, v_row, o, o_row, m, values, n, j0 > 0)
            for i in range(m):
                sums[i0 + i] = normalized(o + i * o_row, values, total[i], high[i])

    @kernel
    def backward_head(g, q, k, v, out, sums, g_q, g_k, g_v, more, biases, scale, causal, part, columns, g_columns,
                      found, scores, slopes, added, state):
        """Where there are ``more`` heads before this one, g_k and g_v are added to."""
        queries, keys, length, values = q.shape[0], k.shape[0], q.shape[1], v.shape[1]
        x, y, h, p, d = (part.ctypes.data, columns.ctypes.data, g_columns.ctypes.data, scores.ctypes.data,
                         slopes.ctypes.data)
        x_row, k_row, v_row, g_row = length * size, k.strides[0], v.strides[0], g.strides[0]
        high, middle = state[0], state[1]
        last = (queries - 1) // QUERIES * QUERIES
        if not more:
            for j in range(min(queries, keys) if causal else keys, keys):  # that no query sees
                g_k[j] = zero
                g_v[j] = zero
        for i0 in range(last, -1, -QUERIES):  # the last see all keys that any does, and come first
            m = min(QUERIES, queries - i0)
            wide = (m + lanes - 1) // lanes * lanes
            seen = min(i0 + m, keys) if causal else keys
            at = g.ctypes.data + i0 * g_row
            for i in range(m):
                row_scaled(q.ctypes.data + (i0 + i) * q.strides[0], x + i * x_row, length, scale)
                high[i] = sums[i0 + i]
                middle[i] = row_inner(at + i * g_row, out.ctypes.data + (i0 + i) * out.strides[0], values)
            transposed(y, x, x_row, size, m, length)
            transposed(h, at, g_row, size, m, values)
            for j0 in range(0, seen, KEYS):
                n = min(KEYS, seen - j0)
                k_at = k.ctypes.data + j0 * k_row
                product(k_at, k_row, size, y, row_step, p, row_step, n, wide, length, False)
                masked(p, biases, i0, j0, m, n, causal, added)
                product(v.ctypes.data + j0 * v_row, v_row, size, h, row_step, d, row_step, n, wide, values, False)
                for i in range(0, m, lanes):
                    column_slopes(p + i * size, d + i * size, row_step, n, high.ctypes.data + i * size,
                                  middle.ctypes.data + i * size)
                product(p, row_step, size, at, g_row, g_v.ctypes.data + j0 * g_v.strides[0], g_v.strides[0],
                        n, values, m, more or i0 < last)
                product(d, row_step, size, x, x_row, g_k.ctypes.data + j0 * g_k.strides[0], g_k.strides[0],
                        n, length, m, more or i0 < last)
                product(d, size, row_step, k_at, k_row, found.ctypes.data, x_row, m, length, n, j0 > 0)
            for i in range(m):
                row_scaled(found.ctypes.data + i * x_row, g_q.ctypes.data + (i0 + i) * g_q.strides[0], length, scale)

    @kernel
    def forward(q, k, v, out, sums, biases, scale, causal, start, stop):
        """Attention of the heads ``start`` to ``stop`` of key and value, counted through the batch.

        q, k, v, out are [N, H, L, E], [N, G, S, E], [N, G, S, V] and [N, H, L, V], where H / G heads of queries share
        one of keys; each row is contiguous. ``biases`` are [N, H, L, S], or empty. ``sums`` [N, H, L] get the
        logarithm of each query's sum of exponentials; infinity where it sees no key.
        """
        heads, length = k.shape[1], k.shape[3]
        shared = q.shape[1] // heads
        part, columns = np.empty((QUERIES, length), number), np.empty((length, QUERIES), number)
        scores, state = np.empty((KEYS, QUERIES), number), np.empty((3, QUERIES), number)
        added = np.empty((KEYS if biases.size > 0 else 0, QUERIES), number)
        few = np.empty((FEW, MOST_KEYS if q.shape[2] <= FEW else 0), number)
        for head in range(start, stop):
            b, h = head // heads, head % heads
            for a in range(h * shared, (h + 1) * shared):
                if q.shape[2] <= FEW:
                    forward_few(q[b, a], k[b, h], v[b, h], out[b, a], sums[b, a], biases[b, a], scale,
                                causal, part, few, state)
                else:
                    forward_head(q[b, a], k[b, h], v[b, h], out[b, a], sums[b, a], biases[b, a], scale,
                                 causal, part, columns, scores, added, state)

    @kernel
    def backward(g, q, k, v, out, sums, g_q, g_k, g_v, biases, scale, causal, start, stop):
        """The gradients by q, k and v of those heads, where ``g`` is that by ``out``."""
        heads, length, values = k.shape[1], k.shape[3], v.shape[3]
        shared = q.shape[1] // heads
        part, columns = np.empty((QUERIES, length), number), np.empty((length, QUERIES), number)
        found, g_columns = np.empty((QUERIES, length), number), np.empty((values, QUERIES), number)
        scores, slopes = np.empty((KEYS, QUERIES), number), np.empty((KEYS, QUERIES), number)
        state = np.zeros((2, QUERIES), number)
        added = np.empty((KEYS if biases.size > 0 else 0, QUERIES), number)
        for head in range(start, stop):
            b, h = head // heads, head % heads
            for a in range(h * shared, (h + 1) * shared):
                backward_head(g[b, a], q[b, a], k[b, h], v[b, h], out[b, a], sums[b, a], g_q[b, a], g_k[b, h],
                              g_v[b, h], a > h * shared, biases[b, a], scale, causal, part, columns, g_columns, found,
                              scores, slopes, added, state)

    return forward, backward
