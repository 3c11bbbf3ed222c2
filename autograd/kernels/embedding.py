"""Rows of a table: adding to them, and reducing them in bags."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def scatter_rows(g: Array, indices: Array, rows: int) -> Array:
    """Zeros [rows, D] with each row of g [N, D] added at its index [N]."""
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
