"""Checks of dimension numbers, in PyTorch's words."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any

from .errors import fail


def wrap_dim(dim: Any, ndim: int) -> int:
    """``dim`` counted from the front; a 0-d tensor takes 0 and -1, as a tensor of one dimension does.

    Raises:
        IndexError: ``dim`` is out of range.
        TypeError: it is not an integer.
    """
    limit = ndim or 1
    wrapped: int = index(dim)
    if not -limit <= wrapped < limit:
        fail(IndexError, f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], but got {dim})")
    return wrapped + limit if wrapped < 0 else wrapped


def wrap_dims(dims: Any, ndim: int) -> tuple[int, ...]:
    """One dimension or several, counted from the front, each at most once."""
    wrapped = tuple([wrap_dim(d, ndim) for d in (dims if isinstance(dims, Iterable) else (dims,))])
    if len(set(wrapped)) != len(wrapped):
        twice = next(d for d in wrapped if wrapped.count(d) > 1)
        fail(RuntimeError, f"dim {twice} appears multiple times in the list of dims")
    return wrapped


def inverse_order(dims: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes ``dims``."""
    inverse = [0] * len(dims)
    for position, d in enumerate(dims):
        inverse[d] = position
    return tuple(inverse)
