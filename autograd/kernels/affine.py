"""The affine map of a fully connected layer, and its gradients.

The products are those of `matmul`. In small layers the calls between an operation and its product take as long as the
product: here one function computes all that is asked for, and looks once at how large it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .machine.blas import SINGLE, SINGLE_VECTOR
from .matmul import affine as in_kernel, matmul
from .products import NARROW
from .reduce import over_rows

Array = np.ndarray[Any, Any]

#: Multiplications from which compiled products are asked for; smaller ones are left to NumPy's own call.
_MANY = 80_000
_FLOATS = frozenset((np.dtype("float32"), np.dtype("float64")))


def affine(x: Array, weight: Array, bias: Array) -> Array | None:
    """``x @ weight.T + bias``, or None where the parts shall be computed one by one.

    Args:
        x: (..., K).
        weight: (M, K).
        bias: (M).
    """
    if x.ndim != 2 or weight.ndim != 2:
        return in_kernel(x, weight, bias)
    found = in_kernel(x, weight, bias) if len(weight) >= NARROW else None
    if found is not None:
        return found
    d = x.dtype
    if d not in _FLOATS or weight.dtype is not d or bias.dtype is not d or x.shape[1] != weight.shape[1]:
        return None
    if x.size * len(weight) >= (SINGLE_VECTOR if len(weight) == 1 or len(x) == 1 else SINGLE):
        return None
    out: Array = x.dot(weight.T)
    out += bias
    return out


def affine_gradients(g: Array, x: Array | None, weight: Array | None, bias: bool) -> tuple[Any, Any, Any]:
    """The gradients of `affine` by ``x``, ``weight`` and ``bias``; None for each that is not wanted.

    Args:
        g: the gradient of the result, (N, M).
        x: (N, K), or None where the gradient by ``weight`` is not wanted.
        weight: (M, K), or None where that by ``x`` is not wanted.
        bias: whether that by the bias is wanted.
    """
    rows, outputs = g.shape
    terms = 1 if x is None and weight is None else (x if weight is None else weight).shape[1]  # type: ignore[union-attr]
    if rows * outputs * terms < (_MANY if rows > 1 and outputs > 1 and terms > 1 else SINGLE_VECTOR):
        return (None if weight is None else g.dot(weight), None if x is None else g.T.dot(x),
                over_rows(g) if bias else None)
    return (None if weight is None else matmul(g, weight), None if x is None else matmul(g.T, x),
            over_rows(g) if bias else None)
