"""The order in which the dimensions of an array lie in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def stride_order(a: Array) -> list[int]:
    """The dimensions of ``a`` from the narrowest stride to the widest, in PyTorch's order where that is not clear.

    A stride of zero, as `expand` makes it, says nothing; such a dimension goes by its neighbours.
    """
    order = list(range(a.ndim))[::-1]
    for i in range(1, a.ndim):
        at = i
        for before in range(i - 1, -1, -1):
            s, t = a.strides[order[before]], a.strides[order[at]]
            if s == 0 or t == 0:
                continue
            if s < t:
                break
            if s > t or a.shape[order[before]] > a.shape[order[at]]:
                order[before], order[at] = order[at], order[before]
                at = before
    return order


def like(make: Any, a: Array, dtype: np.dtype[Any]) -> Array:
    """``make(shape, dtype)`` of the shape of ``a``, dense, with the dimensions in the order of its strides."""
    if a.flags.c_contiguous:
        return make(a.shape, dtype)
    order = stride_order(a)[::-1]
    made = make(tuple([a.shape[d] for d in order]), dtype)
    return made.transpose(np.argsort(order))
