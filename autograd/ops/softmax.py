"""Softmax, its logarithm and relatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dims import wrap_dim
from ..dtypes import numpy_dtype
from ..errors import fail
from ..kernels import softmax as kernel
from ..kernels.reduce import kept_shape
from ..primitive import composite, primitive
from .reductions import cast_back


def _sum_kept(x: Any, dim: int) -> Any:
    """The sum over ``dim``, with the dimension kept as 1."""
    return x.sum(dim).reshape(kept_shape(x.shape, dim)) if x.ndim else x


def _floating(x: Any, dtype: Any, name: str) -> Any:
    if dtype is not None:
        x = x.astype(numpy_dtype(dtype))
    if x.dtype.kind != "f":
        fail(NotImplementedError, f"\"{name}\" not implemented for {x.dtype}; convert to a floating type, "
                                  "or give a floating dtype")
    return x


def _softmax_rule(g: Any, out: Any, dim: int, dtype: Any, input_dtype: Any) -> Any:
    p = g * out
    return cast_back(p - out * _sum_kept(p, dim), dtype, input_dtype)


@primitive(vjp={"input": _softmax_rule})
def softmax(input, dim, *, dtype=None):
    """Softmax ``exp(x) / sum(exp(x))`` along ``dim``: positive, and summing to 1.

    Args:
        dim: an int.
        dtype: convert to this type first.

    >>> import autograd
    >>> autograd.softmax(autograd.tensor([0., 0., 0., 0.]), 0)
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """
    return kernel.softmax(_floating(input, dtype, "softmax"), wrap_dim(dim, input.ndim))


@primitive(
    vjp={"input": lambda g, out, dim, dtype, input_dtype:
         cast_back(g - np.exp(out) * _sum_kept(g, dim), dtype, input_dtype)},
)
def log_softmax(input, dim, *, dtype=None):
    """Logarithm of softmax, ``x - log(sum(exp(x)))`` along ``dim``, without overflow or cancellation.

    Args:
        dim: an int.
        dtype: convert to this type first.

    >>> import autograd
    >>> autograd.log_softmax(autograd.tensor([0., 1000.]), 0)
    tensor([-1000.,     0.])
    """
    return kernel.log_softmax(_floating(input, dtype, "log_softmax"), wrap_dim(dim, input.ndim))


@composite(method=False)
def softmin(input, dim, *, dtype=None):
    """Softmax of ``-input``.

    >>> import autograd
    >>> from nn.functional import softmin
    >>> softmin(autograd.tensor([0., 1000.]), 0)
    tensor([1., 0.])
    """
    return softmax(-input, dim, dtype=dtype)
