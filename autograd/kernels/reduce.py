"""Sums."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_SMALL = 513
_FLOAT32, _FLOAT64 = np.dtype("float32"), np.dtype("float64")
_ONES32 = [np.ones(n, np.float32) for n in range(_SMALL)]
_ONES64 = [np.ones(n, np.float64) for n in range(_SMALL)]


def total(x: Array) -> Any:
    """The sum of all elements.

    NumPy's reduction takes half a microsecond before it adds anything; the dot product with ones takes half of that, and
    BLAS adds in as many partial sums as NumPy does, so short arrays go that way.
    """
    n = x.size
    if n < _SMALL:
        dtype = x.dtype
        if dtype is _FLOAT32:
            return x.ravel().dot(_ONES32[n])
        if dtype is _FLOAT64:
            return x.ravel().dot(_ONES64[n])
    return np.add.reduce(x, axis=None)
