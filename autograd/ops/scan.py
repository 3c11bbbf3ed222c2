"""Scans along a dimension: running sums, products and extrema; differences and the trapezoidal rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import return_types
from ..dims import wrap_dim
from ..dtypes import numpy_dtype
from ..errors import fail
from ..kernels import scan as kernel
from ..primitive import composite, primitive
from .along import put_along
from .casting import clone, to_dtype
from .comparison import ne
from .indexing import narrow, select
from .joining import cat
from .reductions import cast_back, sum


def _accumulated_type(input: Any, dtype: Any) -> np.dtype[Any]:
    if dtype is not None:
        return numpy_dtype(dtype)
    return np.dtype(np.int64) if input.dtype.kind in "biu" else input.dtype


@primitive(
    vjp={"input": lambda g, input_dtype, dim, dtype: cumsum_from_end(cast_back(g, dtype, input_dtype), dim)},
    inplace=True, numpy=(np.cumsum, np.add.accumulate),
)
def cumsum(input, dim, *, dtype=None):
    """Sum of the elements up to each place along ``dim``; integers add up in int64.

    >>> import autograd
    >>> autograd.tensor([1., 2., 3.]).cumsum(0)
    tensor([1., 3., 6.])
    """
    return kernel.accumulate(np.add, input, wrap_dim(dim, input.ndim), _accumulated_type(input, dtype))


@primitive(vjp={"input": lambda g, dim: cumsum(g, dim)}, method=False)
def cumsum_from_end(input, dim):
    """Sum of the elements from each place on: the transpose of `cumsum`."""
    return kernel.sum_from_end(input, wrap_dim(dim, input.ndim))


@primitive(vjp={"input": lambda g, dim, back: shift_along(g, dim, not back)}, method=False)
def shift_along(input, dim, back, fill=0.0):
    """The elements moved on by one place along ``dim``, or ``back`` by one; ``fill`` in the place left empty."""
    return kernel.shift(input, wrap_dim(dim, input.ndim), back, fill)


def _recurrence_rule(g: Any, a: Any, out: Any, dim: int, backwards: bool) -> tuple[Any, Any]:
    back = linear_recurrence(shift_along(a, dim, not backwards), g, dim, not backwards)
    return back * shift_along(out, dim, backwards), back


@primitive(vjp=_recurrence_rule, inputs=("a", "b"), holomorphic=True, method=False)
def linear_recurrence(a, b, dim, backwards=False):
    """``h[k] = a[k] * h[k-1] + b[k]`` along ``dim``; from the end where ``backwards``. Its gradient is one itself."""
    return kernel.linear_recurrence(a, b, wrap_dim(dim, b.ndim), backwards)


def _cumprod_rule(g: Any, input: Any, input_dtype: Any, out: Any, dim: int, dtype: Any) -> Any:
    # The gradient at k is the product before k times s[k] = g[k] + input[k+1] * s[k+1]: no division, zeros are right.
    if dtype is not None:
        input = to_dtype(input, numpy_dtype(dtype))
    s = linear_recurrence(shift_along(input, dim, True), g, dim, True)
    return cast_back(shift_along(out, dim, False, 1.0) * s, dtype, input_dtype)


@primitive(vjp={"input": _cumprod_rule}, holomorphic=True, inplace=True, numpy=(np.cumprod, np.multiply.accumulate))
def cumprod(input, dim, *, dtype=None):
    """Product of the elements up to each place along ``dim``; integers multiply in int64.

    >>> import autograd
    >>> autograd.tensor([1., 2., 3.]).cumprod(0)
    tensor([1., 2., 6.])
    """
    return kernel.accumulate(np.multiply, input, wrap_dim(dim, input.ndim), _accumulated_type(input, dtype))


def _logcumsumexp_rule(g: Any, input: Any, out: Any, dim: int) -> Any:
    # exp(input[k]) * sum of g[i] * exp(-out[i]) over i >= k, scaled by exp(out[k]) so that every exponent is at most 0.
    decay = np.exp(out - shift_along(out, dim, True, np.inf))
    return np.exp(input - out) * linear_recurrence(decay, g, dim, True)


@primitive(vjp={"input": _logcumsumexp_rule}, holomorphic=True)
def logcumsumexp(input, dim):
    """``log(cumsum(exp(input)))`` along ``dim``, computed without overflow.

    >>> import autograd
    >>> autograd.tensor([1000., 1000.]).logcumsumexp(0)
    tensor([1000.0000, 1000.6932])
    """
    if input.dtype.kind not in "fc":
        fail(NotImplementedError, f"\"logcumsumexp_out_cpu\" not implemented for {input.dtype}; convert with .float()")
    return kernel.log_cumulative_sum(input, wrap_dim(dim, input.ndim))


# --- running extrema --------------------------------------------------------------------------------------


def _running_rule(g: Any, input_shape: tuple[int, ...], at: Any, dim: int) -> Any:
    return None if g[0] is None else put_along(g[0], at, dim, input_shape, True)


def _running(input: Any, dim: int, largest: bool, name: str) -> tuple[list[Any], Any]:
    if input.dtype.kind == "c":
        fail(NotImplementedError, f"\"{name}_cpu\" not implemented for complex numbers, which have no order")
    values, at = kernel.running_extremum(input, dim, largest)
    return [values, at], at


@primitive(vjp={"input": _running_rule}, aux=("at",), outputs=2, method=False, node_name="CummaxBackward0")
def running_max(input, dim):
    """The greatest element up to each place, and its index."""
    return _running(input, dim, True, "cummax")


@primitive(vjp={"input": _running_rule}, aux=("at",), outputs=2, method=False, node_name="CumminBackward0")
def running_min(input, dim):
    """The least element up to each place, and its index."""
    return _running(input, dim, False, "cummin")


@composite()
def cummax(input, dim):
    """Greatest element up to each place along ``dim`` and its index (the last of several), as ``(values, indices)``.

    >>> import autograd
    >>> autograd.tensor([1., 3., 2.]).cummax(0).values
    tensor([1., 3., 3.])
    """
    return return_types.cummax(running_max(input, wrap_dim(dim, input.ndim)))


@composite()
def cummin(input, dim):
    """Least element up to each place along ``dim`` and its index (the last of several), as ``(values, indices)``.

    >>> import autograd
    >>> autograd.tensor([3., 1., 2.]).cummin(0).indices
    tensor([0, 1, 1])
    """
    return return_types.cummin(running_min(input, wrap_dim(dim, input.ndim)))


# --- differences and areas --------------------------------------------------------------------------------


@composite(numpy=(np.diff,))
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """Differences of neighbours along ``dim``, taken ``n`` times; for booleans, whether neighbours differ.

    Args:
        input: at least 1-d.
        n: how many times.
        dim: along which dimension.
        prepend, append: what to put before and after ``input`` along ``dim`` first.

    Raises:
        RuntimeError: ``n`` is negative, or ``input`` is 0-d.

    >>> import autograd
    >>> autograd.diff(autograd.tensor([1, 4, 9, 16]))
    tensor([3, 5, 7])
    """
    if n < 0:
        fail(RuntimeError, f"order must be non-negative but got {n}")
    if input.ndim == 0:
        fail(RuntimeError, "diff expects input to be at least one-dimensional")
    dim = wrap_dim(dim, input.ndim)
    if n == 0:
        return clone(input)
    parts = [t for t in (prepend, input, append) if t is not None]
    out = cat(parts, dim) if len(parts) > 1 else input
    for _ in range(min(n, out.shape[dim])):
        size = out.shape[dim] - 1
        after, before = narrow(out, dim, 1, size), narrow(out, dim, 0, size)
        out = ne(after, before) if out._a.dtype.kind == "b" else after - before
    return out


def _areas(y: Any, x: Any, dx: Any, dim: int, name: str) -> Any:
    """Twice the areas of the trapezoids between neighbours along ``dim``."""
    size = max(y.shape[dim] - 1, 0)
    pairs = narrow(y, dim, min(1, y.shape[dim]), size) + narrow(y, dim, 0, size)
    if x is None:
        return pairs * dx
    if x.ndim < y.ndim and x.ndim != 1:
        x = x.reshape((1,) * (y.ndim - x.ndim) + tuple(x.shape))
    if x.ndim == 1:
        if len(x) != y.shape[dim]:
            fail(RuntimeError, f"{name}: There must be one `x` value for each sample point: {len(x)} values for "
                               f"{y.shape[dim]} points")
        return pairs * diff(x).reshape([-1 if i == dim else 1 for i in range(y.ndim)])
    return pairs * diff(x, dim=dim)


def _check_points(y: Any, x: Any, dim: int, name: str) -> int:
    if "b" in (y._a.dtype.kind, "" if x is None else x._a.dtype.kind):
        fail(RuntimeError, f"{name}: received a bool input for `x` or `y`, but bool is not supported")
    if y.ndim == 0:
        fail(IndexError, f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, y.ndim)


@composite(method=False)
def trapezoid(y, x=None, *, dx=1, dim=-1):
    """Integral of samples ``y`` along ``dim`` by the trapezoidal rule: ``sum((y[i] + y[i+1]) / 2 * (x[i+1] - x[i]))``.

    Args:
        y: the samples.
        x: where they were taken: one value for each, or a tensor that broadcasts with ``y``.
        dx: the distance between samples, where ``x`` is not given.
        dim: along which dimension.

    Raises:
        RuntimeError: ``x`` does not fit ``y``.

    >>> import autograd
    >>> autograd.trapezoid(autograd.tensor([1., 5., 10.]))
    tensor(10.5000)
    """
    dim = _check_points(y, x, dim, "trapezoid")
    if x is None:
        ends = (select(y, dim, 0) + select(y, dim, -1)) * 0.5 if y.shape[dim] else 0.0
        return (sum(y, dim) - ends) * dx
    return sum(_areas(y, x, dx, dim, "trapezoid"), dim) / 2.0


@composite(method=False)
def trapz(y, x=None, *, dx=1, dim=-1):
    """`trapezoid`.

    >>> import autograd
    >>> autograd.trapz(autograd.tensor([1., 5., 10.]))
    tensor(10.5000)
    """
    return trapezoid(y, x, dx=dx, dim=dim)


@composite(method=False)
def cumulative_trapezoid(y, x=None, *, dx=1, dim=-1):
    """Integral up to each sample, by the trapezoidal rule; the arguments of `trapezoid`.

    >>> import autograd
    >>> autograd.cumulative_trapezoid(autograd.tensor([1., 5., 10.]))
    tensor([ 3.0000, 10.5000])
    """
    dim = _check_points(y, x, dim, "cumulative_trapezoid")
    return cumsum(_areas(y, x, dx, dim, "cumulative_trapezoid"), dim) / 2.0
