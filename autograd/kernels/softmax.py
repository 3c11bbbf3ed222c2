"""Softmax and its relatives, shifted by the maximum so that nothing overflows. Results lie in row-major order."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._jit import READINESS, jit

Array = np.ndarray[Any, Any]

_HALF = np.dtype(np.float16)
_ONE = np.ones((), np.float32)  # half the time of a Python number
_SHORT = 32
#: Up to this size and so many classes the calls of NumPy cost more than the arithmetic, which it does in vectors.
_SMALL, _FEW = 4096, 32
#: What one such call saves, counted in multiplications.
_SAVED = 2**20
_INT64 = np.dtype(np.int64)


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


@jit
def _cross_entropy(x, target, weight, losses, slope):  # type: ignore[no-untyped-def]
    rows, columns = x.shape
    for i in range(rows):
        highest = x[i, 0]
        for j in range(1, columns):
            if not x[i, j] <= highest:  # NaN too
                highest = x[i, j]
        total = 0.0
        for j in range(columns):
            e = np.exp(x[i, j] - highest)
            slope[i, j] = e
            total += e
        picked = target[i]
        losses[i] = (np.log(total) - (x[i, picked] - highest)) * weight[i]
        for j in range(columns):
            p = slope[i, j] / total
            slope[i, j] = (p - 1 if j == picked else p) * weight[i]


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
    if (x.size <= _SMALL and 0 < x.shape[1] <= _FEW and target.dtype is _INT64 and x.dtype is weight.dtype
            and x.flags.carray and target.flags.carray and weight.flags.carray and READINESS.reached(_SAVED)):
        losses, slope = np.empty(len(x), x.dtype), np.empty(x.shape, x.dtype)
        _cross_entropy(x, target, weight, losses, slope)
        return losses, slope
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
