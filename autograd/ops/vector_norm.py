"""Norms of vectors, and log-sum-exp, the smooth relative of the greatest element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..dtypes import numpy_dtype
from ..errors import fail
from ..kernels import reduce as kernel
from ..kernels.reduce_loops import log_sum_exp_grad
from ..primitive import primitive
from .casting import to_dtype
from .reductions import cast_back, kept, sum
from .rounding import sgn


def _logsumexp_rule(g: Any, input: Any, out: Any, dim: Any, keepdim: bool) -> Any:
    g, out = kept(g, input.shape, dim, keepdim), kept(out, input.shape, dim, keepdim)
    found = log_sum_exp_grad(g, input, out) if g.__class__ is np.ndarray else None
    return g * np.exp(input - out) if found is None else found


@primitive(vjp={"input": _logsumexp_rule}, promote="float", holomorphic=True)
def logsumexp(input, dim, keepdim=False):
    """``log(sum(exp(input)))`` over ``dim`` (an int or several), computed without overflow.

    >>> import autograd
    >>> autograd.tensor([1000., 1000.]).logsumexp(0)
    tensor(1000.6932)
    """
    return kernel.log_sum_exp(input, dim, keepdim)


def _norm_rule(g: Any, input: Any, out: Any, ord: float, dim: Any, keepdim: bool, dtype: Any, input_dtype: Any) -> Any:
    if ord == 0:
        return None  # a count of nonzeros: constant wherever it is smooth
    if dtype is not None:
        input = to_dtype(input, numpy_dtype(dtype))
    g, out = kept(g, input.shape, dim, keepdim), kept(out, input.shape, dim, keepdim)
    return cast_back(_norm_gradient(g, input, out, ord, dim), dtype, input_dtype)


def _norm_gradient(g: Any, input: Any, out: Any, ord: float, dim: Any) -> Any:
    # Zero where the norm is zero: a subgradient, where the formula would give 0/0.
    nonzero, divisor = out != 0, out + (out == 0)
    if ord == 2:
        return input * (g * nonzero / divisor)
    sign = sgn(input)
    if ord == 1:
        return g * sign
    size = abs(input)
    if math.isinf(ord):
        mask = (size == out) | ((size != size) & (out != out))
        return sign * (g * mask / sum(mask, dim, True, dtype=g.dtype))
    filled = size + (size == 0)
    return sign * filled ** (ord - 1) * (g * nonzero * divisor ** (1 - ord))


@primitive(vjp={"input": _norm_rule}, method=False)
def linalg_vector_norm(input, ord=2, dim=None, keepdim=False, *, dtype=None):
    """``sum(|input|**ord) ** (1/ord)`` over all dimensions or over ``dim``; real, also for complex ``input``.

    ``ord`` may be inf (the greatest absolute value), -inf (the least) and 0 (the number of nonzeros). The gradient is
    zero where the norm is zero.

    >>> import autograd
    >>> autograd.linalg.vector_norm(autograd.tensor([3., -4.]))
    tensor(5.)
    """
    if input.dtype.kind not in "fc":
        fail(RuntimeError, f"linalg.vector_norm: Expected a floating point or complex tensor as input. "
                           f"Got {input.dtype}; convert with .float()")
    if dtype is not None:
        target = numpy_dtype(dtype)
        if target.kind != input.dtype.kind:
            kind = "complex for complex" if input.dtype.kind == "c" else "real for real"
            fail(RuntimeError, f"linalg.vector_norm: dtype should be {kind} inputs, but got {target}")
        input = input.astype(target)
    return kernel.vector_norm(input, ord, dim, keepdim)
