"""Softmax and its relatives, shifted by the maximum so that nothing overflows. Results lie in row-major order."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_HALF = np.dtype(np.float16)
_ONE = np.ones((), np.float32)  # half the time of a Python number
_SHORT = 32


def softmax(x: Array, axis: int) -> Array:
    """exp(x) / sum(exp(x))."""
    if x.size == 0 or x.ndim == 0:
        return np.exp(x - x)
    if x.dtype == _HALF:
        return softmax(x.astype(np.float32), axis).astype(_HALF)
    e = np.subtract(x, x.max(axis, keepdims=True), order="C")
    np.exp(e, out=e)
    e /= e.sum(axis, keepdims=True)
    return e


def log_softmax(x: Array, axis: int) -> Array:
    """x - log(sum(exp(x)))."""
    if x.size == 0 or x.ndim == 0:
        return x - x
    if x.dtype == _HALF:
        return log_softmax(x.astype(np.float32), axis).astype(_HALF)
    shifted = np.subtract(x, x.max(axis, keepdims=True), order="C")
    shifted -= np.log(np.exp(shifted).sum(axis, keepdims=True))
    return shifted


def _row_maximum(x: Array) -> Array:
    """The greatest element of each row, [N, 1]. NumPy takes several times longer to reduce short rows than columns."""
    if 0 < x.shape[1] <= _SHORT:
        return np.maximum.reduce(np.ascontiguousarray(x.T), 0).reshape(-1, 1)  # type: ignore[no-any-return]
    return np.maximum.reduce(x, 1, None, None, True)  # type: ignore[no-any-return]


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
    at = np.arange(len(x))
    at *= x.shape[1]
    at += target
    e = np.subtract(x, _row_maximum(x), order="C")
    flat = e.reshape(-1)
    picked = flat[at]
    np.exp(e, e)
    total = np.add.reduce(e, 1, None, None, True)
    losses = np.log(total.reshape(-1))
    losses -= picked
    losses *= weight
    e /= total
    flat[at] -= _ONE
    e *= weight.reshape(-1, 1)
    return losses, e
