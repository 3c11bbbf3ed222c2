"""Special functions on arrays, from SciPy, which is loaded at the first call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import fail

Array = np.ndarray[Any, Any]


@functools.cache
def function(name: str) -> Callable[..., Any]:
    """The function ``name`` of SciPy's special functions."""
    import scipy.special

    return getattr(scipy.special, name)  # type: ignore[no-any-return]


def apply(name: str, *arrays: Array) -> Array:
    """SciPy's function ``name`` on arrays of one floating type, in that type.

    Raises:
        NotImplementedError: the arrays are complex.
    """
    dtype = arrays[0].dtype
    if dtype.kind == "c":
        fail(NotImplementedError, f"\"{name}_cpu\" not implemented for '{dtype}'")
    out = function(name)(*arrays)
    return out if out.dtype == dtype else np.asarray(out).astype(dtype)
