"""Variance, standard deviation, covariance; means that pass over nan."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..dtypes import numpy_dtype
from ..errors import fail
from ..kernels import reduce as kernel
from ..primitive import composite, primitive
from .axes import transpose
from .complex_numbers import conj, real
from .extremes import clamp
from .matrix import matmul
from .powers import sqrt
from .reductions import cast_back, kept, mean, restore, sum
from .shape import squeeze
from .strided import diagonal


def _check(input: Any, dim: Any, correction: float, name: str) -> None:
    if input.dtype.kind not in "fc":
        fail(RuntimeError, "std and var only support floating point and complex dtypes; convert with .float()")
    if kernel.count(input.shape, dim) <= correction and 0 not in kernel.kept_shape(input.shape, dim):
        warnings.warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
            "(input numel divided by output numel).", UserWarning, stacklevel=2)


def _rule(g: Any, input: Any, dim: Any, correction: float, keepdim: bool) -> Any:
    shape = input.shape
    scale = kept(g, shape, dim, keepdim) * 2 / (kernel.count(shape, dim) - correction)
    return scale * (input - mean(input, dim, True))


def _root_rule(g: Any, input: Any, out: Any, dim: Any, correction: float, keepdim: bool) -> Any:
    # Zero where the deviation is zero: a subgradient, where the formula would give 0/0.
    return _rule(g * (out != 0) / (out * 2 + (out == 0)), input, dim, correction, keepdim)


def _mean_rule(g: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    return restore(g / kernel.count(input.shape, dim), input.shape, dim, keepdim)


def _pair_rule(rule: Any, g: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    spread, middle = g
    total = None if spread is None else rule(spread)
    if middle is None:
        return total
    from_mean = _mean_rule(middle, input, dim, keepdim)
    return from_mean if total is None else total + from_mean


@primitive(vjp={"input": _rule}, method=False, node_name="VarBackward0")
def var_over(input, dim, correction, keepdim):
    """The variance over ``dim``."""
    _check(input, dim, correction, "var")
    return kernel.variance(input, dim, correction, keepdim)[0]


@primitive(vjp={"input": _root_rule}, method=False, node_name="StdBackward0")
def std_over(input, dim, correction, keepdim):
    """The standard deviation over ``dim``."""
    _check(input, dim, correction, "std")
    return np.sqrt(kernel.variance(input, dim, correction, keepdim)[0])


@primitive(
    vjp={"input": lambda g, input, dim, correction, keepdim:
         _pair_rule(lambda s: _rule(s, input, dim, correction, keepdim), g, input, dim, keepdim)},
    outputs=2, method=False, node_name="VarMeanBackward0",
)
def var_mean_over(input, dim, correction, keepdim):
    """The variance and the mean over ``dim``."""
    _check(input, dim, correction, "var_mean")
    return list(kernel.variance(input, dim, correction, keepdim))


@primitive(
    vjp={"input": lambda g, input, out_0, dim, correction, keepdim:
         _pair_rule(lambda s: _root_rule(s, input, out_0, dim, correction, keepdim), g, input, dim, keepdim)},
    outputs=2, method=False, node_name="StdMeanBackward0",
)
def std_mean_over(input, dim, correction, keepdim):
    """The standard deviation and the mean over ``dim``."""
    _check(input, dim, correction, "std_mean")
    v, m = kernel.variance(input, dim, correction, keepdim)
    return [np.sqrt(v), m]


def _options(name: str, dim: Any, unbiased: Any, correction: Any) -> tuple[Any, float]:
    """``(dim, correction)`` of the forms ``f(x, unbiased)``, ``f(x, dim, unbiased)``, ``f(x, dim, correction=c)``."""
    if isinstance(dim, bool):
        if unbiased is not None:
            fail(TypeError, f"{name}(): argument 'dim' must be int or tuple of ints, not bool")
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        fail(TypeError, f"{name}(): give either 'unbiased' or 'correction', not both")
    if correction is None:
        correction = 0 if unbiased is False else 1
    return dim, correction


@composite(numpy=(np.var,))
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Variance ``sum(|input - mean|**2) / (n - correction)``, over all dimensions or over ``dim``.

    Args:
        input: floating or complex; the variance of complex numbers is real.
        dim: an int or several; None for all.
        unbiased: True and False are ``correction=1`` and ``correction=0``.
        keepdim: keep reduced dimensions with size 1.
        correction: what is taken from n, 1 unless given (Bessel's correction).

    >>> import autograd
    >>> x = autograd.tensor([1., 2., 3., 4.])
    >>> x.var(), x.var(correction=0)
    (tensor(1.6667), tensor(1.2500))
    """
    dim, correction = _options("var", dim, unbiased, correction)
    return var_over(input, dim, correction, keepdim)


@composite(numpy=(np.std,))
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Standard deviation, the square root of `var`. The gradient is zero where the deviation is zero.

    >>> import autograd
    >>> autograd.tensor([[1., 3.], [2., 2.]]).std(1)
    tensor([1.4142, 0.0000])
    """
    dim, correction = _options("std", dim, unbiased, correction)
    return std_over(input, dim, correction, keepdim)


@composite(method=False)
def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Variance and mean as a pair; the arguments of `var`.

    >>> import autograd
    >>> autograd.var_mean(autograd.tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    dim, correction = _options("var_mean", dim, unbiased, correction)
    return var_mean_over(input, dim, correction, keepdim)


@composite(method=False)
def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Standard deviation and mean as a pair; the arguments of `var`.

    >>> import autograd
    >>> autograd.std_mean(autograd.tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    dim, correction = _options("std_mean", dim, unbiased, correction)
    return std_mean_over(input, dim, correction, keepdim)


# --- without nan ------------------------------------------------------------------------------------------


@primitive(
    vjp={"input": lambda g, input, input_dtype, dim, keepdim, dtype:
         restore(cast_back(g, dtype, input_dtype), input.shape, dim, keepdim) * (input == input)},
    numpy=(np.nansum,),
)
def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """`sum` of the elements that are not nan.

    >>> import autograd
    >>> autograd.tensor([1., float("nan"), 2.]).nansum()
    tensor(3.)
    """
    if input.dtype.kind == "c":
        fail(RuntimeError, "nansum on CPU does not support complex inputs")
    if input.dtype.kind == "f":
        input = np.where(input == input, input, np.zeros((), input.dtype))
    return kernel.sum(input, dim, keepdim, None if dtype is None else numpy_dtype(dtype))


@composite(numpy=(np.nanmean,))
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """`mean` of the elements that are not nan; nan where all are.

    >>> import autograd
    >>> autograd.tensor([1., float("nan"), 2.]).nanmean()
    tensor(1.5000)
    """
    if input._a.dtype.kind not in "fc":
        fail(RuntimeError, "nanmean(): expected input to have floating point or complex dtype but got "
                           f"{input._a.dtype}; convert with .float()")
    return nansum(input, dim, keepdim, dtype=dtype) / sum(input == input, dim, keepdim)


# --- covariance -------------------------------------------------------------------------------------------


def _weights(fweights: Any, aweights: Any, n: int) -> Any:
    """The product of both kinds of weights, or None."""
    for weights, what, kinds in ((fweights, "fweights", "iu"), (aweights, "aweights", "f")):
        if weights is None:
            continue
        if weights.ndim > 1:
            fail(RuntimeError, f"cov(): expected {what} to have one or fewer dimensions but got {what} with "
                               f"{weights.ndim} dimensions")
        if weights._a.dtype.kind not in kinds:
            fail(RuntimeError, f"cov(): expected {what} to have {'integral' if kinds == 'iu' else 'floating point'} "
                               f"dtype but got {what} with {weights._a.dtype} dtype")
        if weights.numel() != n:
            fail(RuntimeError, f"cov(): expected {what} to have the same numel as there are observations in the input "
                               f"but got {weights.numel()} != {n}")
        if (weights._a < 0).any():
            fail(RuntimeError, f"cov(): {what} cannot be negative")
    if fweights is None or aweights is None:
        return aweights if fweights is None else fweights
    return fweights * aweights


@composite(numpy=(np.cov,))
def cov(input, *, correction=1, fweights=None, aweights=None):
    """Covariance matrix of variables whose observations are the columns of ``input``.

    ``C[i, j] = sum(w * (x[i] - mean[i]) * conj(x[j] - mean[j])) / (sum(w) - correction)``, with ``correction``
    multiplied by ``sum(w * aweights) / sum(w)`` where there are ``aweights``.

    Args:
        input: a row for each variable, or 1-d with the observations of one.
        correction: 1 unless given (Bessel's correction).
        fweights: how often each observation was made, integers.
        aweights: how much each observation counts.

    Raises:
        RuntimeError: types or shapes do not fit, or a weight is negative.

    >>> import autograd
    >>> autograd.cov(autograd.tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input.ndim > 2:
        fail(RuntimeError, f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} "
                           "dimensions")
    if input._a.dtype.kind == "b":
        fail(RuntimeError, "cov(): bool dtype is not supported for input")
    rows = input.reshape(1, -1) if input.ndim < 2 else input
    n = rows.shape[1]
    weights = _weights(fweights, aweights, n)
    if weights is None:
        total, freedom = n, n - correction
        centred = weighted = rows - sum(rows, 1, True) / n if n else rows * 1.0
    else:
        weights = weights.reshape(-1)
        total = sum(weights)
        if not total.item():
            fail(RuntimeError, "cov(): weights sum to zero, can't be normalized")
        centred = rows - sum(rows * weights, 1, True) / total
        weighted = centred * weights
        share = 1 if aweights is None or not correction else sum(weights * aweights) / total
        freedom = total - share * correction
    if freedom <= 0:
        warnings.warn("cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of "
                      "observations.", UserWarning, stacklevel=2)
        freedom = freedom * 0
    found = matmul(weighted, conj(transpose(centred, 0, 1))) / freedom
    return found if input.ndim == 2 and rows.shape[0] != 1 else squeeze(found)


@composite(numpy=(np.corrcoef,))
def corrcoef(input):
    """Matrix of Pearson's correlation coefficients of variables whose observations are the columns of ``input``.

    >>> import autograd
    >>> autograd.corrcoef(autograd.tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input.ndim > 2:
        fail(RuntimeError, "corrcoef(): expected input to have two or fewer dimensions but got an input with "
                           f"{input.ndim} dimensions")
    c = cov(input)
    if c.ndim == 0:
        return c / c
    deviation = sqrt(real(diagonal(c)))
    c = c / deviation.reshape(-1, 1) / deviation.reshape(1, -1)
    return c if c._a.dtype.kind == "c" else clamp(c, -1.0, 1.0)
