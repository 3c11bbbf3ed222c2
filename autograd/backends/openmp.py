"""Whether OpenMP does the work of PyTorch's CPU operations: not here, where NumPy and Numba do it."""

from __future__ import annotations


def is_available() -> bool:
    """Whether operations run on OpenMP by PyTorch's code: never.

    >>> import autograd
    >>> autograd.backends.openmp.is_available()
    False
    """
    return False
