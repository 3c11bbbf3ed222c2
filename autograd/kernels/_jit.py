"""The one decorator for compiled kernels."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop over arrays with Numba, on its first call: importing this module does not import Numba.

    Division follows NumPy (Numba's default checks for zero and so cannot be vectorised); multiplications and
    additions may be contracted, but NaN, infinity and the order of sums keep their meaning.
    """
    compiled: list[Callable[..., Any]] = []

    @functools.wraps(function)
    def call(*args: Any) -> Any:
        if not compiled:
            compiled.append(_compile(function))
        return compiled[0](*args)
    return call


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    import numba

    options = {"error_model": "numpy", "fastmath": {"contract", "nsz"}, "nogil": True}
    return cached(lambda cache: numba.njit(cache=cache, **options)(function))  # type: ignore[no-any-return]


def cached(make: Callable[[bool], Any]) -> Any:
    """``make(True)``, which keeps what it compiles, or ``make(False)`` where there is no place to keep it."""
    try:
        return make(True)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return make(False)
