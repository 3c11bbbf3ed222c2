"""Distances between the rows of matrices."""

from __future__ import annotations

import math

import numpy as np

from ..dispatch import is_tensor, unbroadcast
from ..dtypes import scalar_type
from ..errors import fail
from ..kernels import distance as kernel
from ..primitive import composite, primitive
from .checks import zero_gradient
from .shape import broadcast_shapes


def _slopes(g, x1, x2, out, p):
    """``g`` times the derivative of each distance by the difference of its rows: (..., P, R, M)."""
    rows, columns = x1.shape[-2], x2.shape[-2]
    difference = (x1.reshape(*x1.shape[:-2], rows, 1, x1.shape[-1])
                  - x2.reshape(*x2.shape[:-2], 1, columns, x2.shape[-1]))
    g, distance = g.reshape(*g.shape, 1), out.reshape(*out.shape, 1)
    nonzero, divisor = distance != 0, distance + (distance == 0)
    if p == 2:
        return difference * (g * nonzero / divisor)
    sign = np.sign(difference)
    if p == 1:
        return g * sign
    size = np.abs(difference)
    if math.isinf(p):
        return g * (sign * (size == distance))
    filled = size + (size == 0)
    return sign * filled ** (p - 1) * (g * nonzero * divisor ** (1 - p))


def _cdist_rule(g, x1, x2, x1_shape, x2_shape, out, p, by_product, needs):
    if p == 0:  # a count: constant wherever it is smooth
        return zero_gradient(x1), zero_gradient(x2)
    first = second = None
    if p == 2 and by_product:
        weight = g * (out != 0) / (out + (out == 0))
        if needs[0]:
            first = x1 * np.sum(weight, axis=-1, keepdims=True) - weight @ x2
        if needs[1]:
            second = x2 * np.sum(weight, axis=-2, keepdims=True).mT - weight.mT @ x1
    else:
        slopes = _slopes(g, x1, x2, out, p)
        if needs[0]:
            first = np.sum(slopes, axis=-2)
        if needs[1]:
            second = -np.sum(slopes, axis=-3)
    return (None if first is None else unbroadcast(first, x1_shape),
            None if second is None else unbroadcast(second, x2_shape))


@primitive(vjp=_cdist_rule, inputs=("x1", "x2"), blas=True, method=False, node_name="CdistBackward0")
def distances(x1, x2, p, by_product):
    """``out[.., i, j] = |x1[.., i] - x2[.., j]|_p``; the gradient is zero where the distance is."""
    return kernel.cdist(x1, x2, p, by_product)


_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


@composite(method=False)
def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """Distances ``|x1[i] - x2[j]|_p`` between all rows of two batches of matrices.

    Args:
        x1: (..., P, M).
        x2: (..., R, M).
        p: which norm: 0 (the number of unequal elements) to inf.
        compute_mode: when to compute Euclidean distances from a matrix product, which is faster and less accurate for
            close rows: ``"use_mm_for_euclid_dist_if_necessary"`` (if P or R is above 25), ``"use_mm_for_euclid_dist"``,
            ``"donot_use_mm_for_euclid_dist"``.

    Returns:
        A tensor of shape (..., P, R). Its gradient is zero where a distance is zero.

    >>> import autograd
    >>> autograd.cdist(autograd.tensor([[0., 0.]]), autograd.tensor([[3., 4.], [0., 1.]]))
    tensor([[5., 1.]])
    """
    if compute_mode not in _MODES:
        fail(ValueError, f"{compute_mode} is not a valid value for compute_mode")
    for name, x in (("X1", x1), ("X2", x2)):
        if not is_tensor(x):
            fail(TypeError, f"cdist(): argument {name.lower()!r} must be Tensor, not {type(x).__name__}")
        if x.ndim < 2:
            fail(RuntimeError, f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D")
        if x.dtype.kind != "f":
            fail(RuntimeError, f"cdist only supports floating-point dtypes, {name} got: {scalar_type(x.dtype)}")
        if x.dtype.itemsize == 2:
            fail(NotImplementedError, "\"cdist\" not implemented for 'Half'")
    if x1.dtype != x2.dtype:
        fail(RuntimeError, f"expected scalar type {scalar_type(x1.dtype)} but found {scalar_type(x2.dtype)}")
    if x1.shape[-1] != x2.shape[-1]:
        fail(RuntimeError, f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}")
    if p < 0:
        fail(RuntimeError, "cdist only supports non-negative p values")
    broadcast_shapes(x1.shape[:-2], x2.shape[:-2])  # which says what is wrong
    large = max(x1.shape[-2], x2.shape[-2]) > 25
    by_product = compute_mode == _MODES[1] or (compute_mode == _MODES[0] and large)
    return distances(x1, x2, float(p), p == 2 and by_product)


@composite(method=False)
def pdist(input, p=2.0):
    """Distances between all pairs of different rows, ``|input[i] - input[j]|_p`` for ``i < j``, as one vector.

    >>> import autograd
    >>> autograd.pdist(autograd.tensor([[0., 0.], [3., 4.], [0., 1.]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    if input.ndim != 2:
        fail(RuntimeError, f"pdist only supports 2D tensors, got: {input.ndim}D")
    if input.dtype.kind != "f":
        fail(RuntimeError, f"pdist only supports floating-point dtypes, got: {scalar_type(input.dtype)}")
    if p < 0:
        fail(RuntimeError, "pdist only supports non-negative p values")
    first, second = np.triu_indices(input.shape[0], 1)
    return distances(input, input, float(p), False)[first, second]
