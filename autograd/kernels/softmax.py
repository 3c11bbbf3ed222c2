"""Softmax and its relatives, shifted by the maximum so that nothing overflows."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_HALF = np.dtype(np.float16)


def softmax(x: Array, axis: int) -> Array:
    """exp(x) / sum(exp(x))."""
    if x.size == 0 or x.ndim == 0:
        return np.exp(x - x)
    if x.dtype == _HALF:
        return softmax(x.astype(np.float32), axis).astype(_HALF)
    e = x - x.max(axis, keepdims=True)
    np.exp(e, out=e)
    e /= e.sum(axis, keepdims=True)
    return e


def log_softmax(x: Array, axis: int) -> Array:
    """x - log(sum(exp(x)))."""
    if x.size == 0 or x.ndim == 0:
        return x - x
    if x.dtype == _HALF:
        return log_softmax(x.astype(np.float32), axis).astype(_HALF)
    shifted = x - x.max(axis, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis, keepdims=True))
    return shifted


def cross_entropy(x: Array, target: Array, weight: Array, keepdims: bool = False) -> tuple[Array, Array]:
    """The loss of each row, ``-weight * log_softmax(x)[target]``, and its derivative ``weight * (softmax(x) -
    onehot(target))``.

    Args:
        x: [N, C].
        target: [N] of indices.
        weight: [N].

    Returns:
        ([N], [N, C]).
    """
    rows = np.arange(len(x))
    e = x - x.max(1, keepdims=True)
    picked = e[rows, target]
    np.exp(e, out=e)
    total = e.sum(1, keepdims=True)
    losses = np.log(total[:, 0])
    losses -= picked
    losses *= weight
    e /= total
    e[rows, target] -= 1
    e *= weight[:, None]
    return losses, e
