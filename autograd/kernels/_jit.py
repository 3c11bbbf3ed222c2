"""The one decorator for compiled kernels."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

#: Set AUTOGRAD_JIT=0 to compute everything with NumPy.
ENABLED = os.environ.get("AUTOGRAD_JIT", "1") != "0"


class Readiness:
    """When the larger compiled kernels come into use: after so much work that a short program never waits for them.

    Loading Numba and a kernel takes a few tenths of a second, compiling it in a user's first program a few seconds.
    Until then NumPy does the work. Only the program's own work is counted, not time and not what lies in a cache, so
    that equal programs compute equal numbers.

    Args:
        work: the multiplications to wait for.
    """

    def __init__(self, work: float) -> None:
        self._left = work if ENABLED else float("inf")
        self._ready = False

    def reached(self, work: float = 0) -> bool:
        """Whether compiled kernels are to be used, after counting ``work`` that one of them would have done faster."""
        if self._ready:
            return True
        self._left -= work
        if self._left > 0:
            return False
        try:
            import numba  # noqa: F401
        except ImportError:  # or it does not fit this NumPy: the answer is no for good
            self._left = float("inf")
            return False
        self._ready = True
        return True


#: Twenty steps of a small network on a batch of pictures.
READINESS = Readiness(2**28)


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
