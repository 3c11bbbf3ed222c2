"""Distances between the rows of two matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .matmul import matmul

Array = np.ndarray[Any, Any]

#: The most differences held at once, in elements.
_BLOCK = 1 << 20


def cdist(x1: Array, x2: Array, p: float, by_product: bool) -> Any:
    """``out[.., i, j] = |x1[.., i] - x2[.., j]|_p``.

    Args:
        x1: (..., P, M).
        x2: (..., R, M).
        p: which norm.
        by_product: for ``p=2``, use ``|x|^2 + |y|^2 - 2 x.y``, which is faster and less accurate for close rows.
    """
    if p == 2 and by_product:
        square = (x1 * x1).sum(-1)[..., None] + (x2 * x2).sum(-1)[..., None, :] - 2 * matmul(x1, x2.mT)
        return np.sqrt(np.maximum(square, 0))
    batch = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    rows, columns, m = x1.shape[-2], x2.shape[-2], x1.shape[-1]
    out = np.empty((*batch, rows, columns), x1.dtype)
    step = max(1, _BLOCK // max(1, math.prod(batch) * columns * m))
    for start in range(0, rows, step):
        difference = x1[..., start:start + step, None, :] - x2[..., None, :, :]
        out[..., start:start + step, :] = _norm(difference, p)
    return out


def _norm(x: Array, p: float) -> Any:
    if p == 0:
        return np.count_nonzero(x, -1)
    if p == 2:
        return np.sqrt((x * x).sum(-1))
    size = np.abs(x)
    if p == 1:
        return size.sum(-1)
    if math.isinf(p):
        return size.max(-1, initial=0)
    return (size**p).sum(-1) ** (1 / p)
