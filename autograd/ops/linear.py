"""Affine and bilinear maps of the last dimension: fully connected layers."""

from __future__ import annotations

from math import prod

from ..codegen import inline
from ..errors import fail
from ..kernels.affine import affine, affine_gradients
from ..kernels.matmul import matmul as product
from ..primitive import composite, primitive


def _rows(x):
    """``x`` with all dimensions before the last merged."""
    return x if x.ndim == 2 else x.reshape(prod(x.shape[:-1]), x.shape[-1])


@primitive(
    vjp={"left": lambda g, right: matrix_product(g, right.T), "right": lambda g, left: matrix_product(left.T, g)},
    holomorphic=True, method=False, node_name="MmBackward0",
)
def matrix_product(left, right):
    """``left @ right`` of two matrices; on arrays it costs half of what the operator costs."""
    return product(left, right)


def _linear_input(g, weight, input_shape):
    if weight.ndim == 1:
        return g.reshape(*g.shape, 1) * weight
    if g.ndim == 2:
        return matrix_product(g, weight)
    return matrix_product(_rows(g), weight).reshape(input_shape)


def _linear_weight(g, input, weight_shape):
    if len(weight_shape) == 1:
        return matrix_product(g.reshape(1, prod(g.shape)), _rows(input)).reshape(weight_shape) if g.ndim else input * g
    return matrix_product(_rows(g).T, _rows(input))


def _linear_gradients(g, input, weight, shapes):
    by_input, by_weight, by_bias = shapes
    if g.ndim != 2 or not g.size or (by_bias is not None and by_bias != g.shape[1:]):
        return None
    x, w = None if by_weight is None else input, None if by_input is None else weight
    for array in (x, w):
        if array is not None and (array.ndim != 2 or array.dtype is not g.dtype):
            return None
    return affine_gradients(g, x, w, by_bias is not None)


@primitive(
    vjp={"input": _linear_input, "weight": _linear_weight, "bias": lambda g: g}, at_once=_linear_gradients,
    fast=inline("None if bias is None else affine(input, weight, bias)", affine=affine),
    broadcasts=True, holomorphic=True, method=False, node_name="AddmmBackward0",
)
def linear(input, weight, bias=None):
    """Affine map ``input @ weight.T + bias`` of the last dimension.

    Args:
        input: (..., K).
        weight: (M, K), or (K) for one output, without a dimension for it.
        bias: (M), or None.

    Returns:
        (..., M), or (...) where the weight is (K).

    Raises:
        RuntimeError: shapes or dtypes do not fit.

    >>> import autograd
    >>> from nn.functional import linear
    >>> linear(autograd.tensor([1., 2.]), autograd.tensor([[3., 4.]]), autograd.tensor([0.5]))
    tensor([11.5000])
    """
    if bias is not None:
        out = affine(input, weight, bias)
        if out is not None:
            return out
    out = product(input, weight.T)
    if bias is not None:
        if bias.dtype != input.dtype:
            fail(RuntimeError, f"expected bias to have the same dtype as input, but got: {bias.dtype} != "
                               f"{input.dtype}; convert one of them")
        out += bias
    return out


@composite(method=False)
def bilinear(input1, input2, weight, bias=None):
    """Bilinear map ``out[.., o] = sum_ij input1[.., i] * weight[o, i, j] * input2[.., j] + bias[o]``.

    Args:
        input1: (..., I).
        input2: (..., J).
        weight: (O, I, J).
        bias: (O), or None.

    Raises:
        RuntimeError: shapes do not fit.

    >>> import autograd
    >>> autograd.bilinear(autograd.tensor([[1., 2.]]), autograd.tensor([[3.]]), autograd.ones(1, 2, 1))
    tensor([[9.]])
    """
    if input1.shape[:-1] != input2.shape[:-1]:
        fail(RuntimeError, "bilinear(): input batch dimensions do not match: got "
                           f"{list(input1.shape[:-1])} and {list(input2.shape[:-1])}")
    o, i, j = weight.shape
    for name, x, n in (("input1", input1, i), ("input2", input2, j)):
        if x.shape[-1] != n:
            fail(RuntimeError, f"bilinear(): {name} size does not match weight size: got {x.shape[-1]} but expected "
                               f"{n}")
    rows = prod(input1.shape[:-1])
    half = input1.reshape(rows, i) @ weight.permute(1, 0, 2).reshape(i, o * j)
    out = (half.reshape(rows, o, j) @ input2.reshape(rows, j, 1)).reshape(*input1.shape[:-1], o)
    return out if bias is None else out + bias
