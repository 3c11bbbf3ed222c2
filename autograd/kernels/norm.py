"""Normalization to mean 0 and variance 1 over some axes, with a scale and shift: forward and backward.

``x`` is [d0, d1, ...]; ``mean`` and ``var`` have 1 in place of the ``axes`` they were taken over; ``weight`` and
``bias`` broadcast against ``x`` in a shape of their own (1 where they are repeated).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

_HALF = np.dtype(np.float16)


def wide(x: Array) -> Array:
    """Half precision is computed in single."""
    return x.astype(np.float32) if x.dtype == _HALF else x


def _mean(x: Array, axes: Ints) -> Array:
    total = np.add.reduce(x, axis=axes, keepdims=True)
    total /= math.prod([x.shape[a] for a in axes])
    return total


def normalize(x: Array, weight: Array | None, bias: Array | None, axes: Ints, eps: float,
              centered: bool) -> tuple[Array, Array, Array]:
    """((x - mean) / sqrt(var + eps) * weight + bias, mean, var), where the mean is 0 unless ``centered``."""
    if centered:
        mean = _mean(x, axes)
        out = x - mean
        var = _mean(out * out, axes)
        out *= _inverse_deviation(var, eps)
    else:
        mean = np.zeros((), x.dtype)
        var = _mean(x * x, axes)
        out = x * _inverse_deviation(var, eps)
    if weight is not None:
        out *= weight
    if bias is not None:
        out += bias
    return out, mean, var


def _inverse_deviation(var: Array, eps: float) -> Array:
    r = var + eps
    np.sqrt(r, out=r)
    return np.reciprocal(r, out=r)


def normalize_grad(g: Array, x: Array, mean: Array, var: Array, weight: Array | None, axes: Ints, eps: float,
                   centered: bool) -> tuple[Array, Array]:
    """The gradient by x, and ``g`` times the normalized x, whose sums are the gradient by the weight."""
    r = _inverse_deviation(var, eps)
    normal = x - mean if centered else x.copy()
    normal *= r
    product = g * normal
    scaled, along = (g, product) if weight is None else (g * weight, product * weight)
    normal *= _mean(along, axes)
    if centered:
        normal += _mean(scaled, axes)
    np.subtract(scaled, normal, out=normal)
    normal *= r
    return normal, product
