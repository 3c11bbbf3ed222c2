"""Rows of a table: adding to them, and reducing them in bags."""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiled.loops import loop

Array = np.ndarray[Any, Any]


_INT64 = np.dtype(np.int64)


@loop("F2 I1 F2 I1", saves=2e-9)
def _scatter_rows(g, indices, out, outside):  # type: ignore[no-untyped-def]
    for r in range(out.shape[0]):
        o = out[r]
        for j in range(o.size):
            o[j] = 0.0
    for i in range(indices.size):
        k = indices[i]
        if 0 <= k < out.shape[0]:
            h, o = g[i], out[k]
            for j in range(h.size):
                o[j] += h[j]
        else:
            outside[0] += 1


def scatter_rows(g: Array, indices: Array, rows: int) -> Array:
    """Zeros [rows, D] with each row of g [N, D] added at its index [N]."""
    compiled = _scatter_rows.on(g.dtype, g.size) if indices.dtype is _INT64 else None
    if compiled is not None:
        out, outside = np.empty((rows, g.shape[1]), g.dtype), np.zeros(1, np.int64)
        compiled(np.ascontiguousarray(g), np.ascontiguousarray(indices), out, outside)
        if not outside[0]:
            return out
    wide = g.astype(np.float32) if g.dtype == np.float16 else g
    d = g.shape[1]
    out = np.zeros(rows * d, wide.dtype)
    # One index for each element: several times faster than one for each row.
    np.add.at(out, (indices[:, None] * d + np.arange(d)).ravel(), wide.ravel())
    return out.reshape(rows, d).astype(g.dtype, copy=False)


def bag_argmax(x: Array, bags: Array, count: int) -> Array:
    """For each bag and column of x [N, D] the first row with the maximum: int64 [count, D], -1 for empty bags.

    Args:
        bags: [N], the bag of each row, not falling.
    """
    found = np.full((count, x.shape[1]), -1)
    starts = np.searchsorted(bags, np.arange(count + 1))
    for bag in np.unique(bags):
        first, last = starts[bag], starts[bag + 1]
        found[bag] = first + x[first:last].argmax(0)
    return found
