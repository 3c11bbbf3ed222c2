"""Softmax, its logarithm and relatives."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..dims import wrap_dim
from ..dtypes import numpy_dtype
from ..errors import fail
from ..filled import empty, zeros
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
    if g.__class__ is np.ndarray:
        found = kernel.softmax_grad(g, out, wrap_dim(dim, out.ndim))
        if found is not None:
            return cast_back(found, dtype, input_dtype)
    p = g * out
    return cast_back(p - out * _sum_kept(p, dim), dtype, input_dtype)


@primitive(vjp={"input": _softmax_rule})
def softmax(input, dim, *, dtype=None):
    """Softmax ``exp(x) / sum(exp(x))`` along ``dim``: positive, and summing to 1.

    The greatest element is subtracted first, so that nothing overflows.

    Args:
        input: a floating tensor.
        dim: an int.
        dtype: convert to this type first; integers need it.

    Returns:
        A tensor of the input's shape. A row that is minus infinity throughout gives NaN.

    Raises:
        NotImplementedError: the elements are integers and no ``dtype`` is given.
        IndexError: there is no dimension ``dim``.

    >>> import autograd
    >>> autograd.softmax(autograd.tensor([0., 0., 0., 0.]), 0)
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """
    return kernel.softmax(_floating(input, dtype, "softmax"), wrap_dim(dim, input.ndim))


def _log_softmax_rule(g: Any, out: Any, dim: int, dtype: Any, input_dtype: Any) -> Any:
    if g.__class__ is np.ndarray:
        found = kernel.log_softmax_grad(g, out, wrap_dim(dim, out.ndim))
        if found is not None:
            return cast_back(found, dtype, input_dtype)
    return cast_back(g - np.exp(out) * _sum_kept(g, dim), dtype, input_dtype)


@primitive(vjp={"input": _log_softmax_rule})
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


@composite(method=False)
def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """A random vector near a corner: ``softmax((logits + gumbel noise) / tau)`` (Jang et al., Categorical
    reparameterization with Gumbel-softmax, 2017).

    Args:
        logits: unnormalized log-probabilities.
        tau: temperature; the smaller, the nearer to a corner.
        hard: return the corner itself, with the gradient of the soft vector.
        eps: without effect.

    >>> import autograd
    >>> from nn.functional import gumbel_softmax
    >>> gumbel_softmax(autograd.tensor([0., 1000.]), hard=True)
    tensor([0., 1.])
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = empty(tuple(logits.shape), dtype=logits.dtype).exponential_().log()
    soft = softmax((logits - noise) / tau, dim)
    if not hard:
        return soft
    index = soft.detach().argmax(dim, keepdim=True)
    corner = zeros(tuple(logits.shape), dtype=logits.dtype).scatter(dim, index, 1.0)
    return corner - soft.detach() + soft
