"""Histograms: how many elements fall into each interval."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from .. import return_types
from ..dispatch import is_tensor
from ..errors import fail
from ..kernels import counting as kernel
from ..primitive import composite, primitive
from ..ranges import linspace
from .checks import not_differentiable, unsupported


@primitive()
def histc(input, bins=100, min=0, max=0):
    """How many elements fall into each of ``bins`` equal intervals between ``min`` and ``max``.

    Args:
        input: floating.
        bins: how many intervals.
        min, max: the ends; where they are equal, the extremes of ``input``. Elements outside, and nan, are left out.

    Raises:
        RuntimeError: the ends are not finite, or in the wrong order.

    >>> import autograd
    >>> autograd.histc(autograd.tensor([1., 2., 1.]), 4, 0, 3)
    tensor([0., 2., 1., 0.])
    """
    if input.dtype.kind != "f":
        unsupported("histogram", input.dtype)
    if bins <= 0:
        fail(RuntimeError, f"histogram(): bins must be > 0, but got {bins} for dimension 0")
    low, high = kernel.limits(input, min, max, "histc")
    return kernel.histogram_of_equal_bins(input, bins, low, high)


@primitive(
    vjp={"input": lambda g: not_differentiable("histogram"), "weight": lambda g: not_differentiable("histogram")},
    inputs=("input", "weight"), method=False,
)
def histogram_counts(input, weight=None, *, edges, density):
    """How many rows of ``input``, or what weight of them, lie in each cell of the grid that the ``edges`` make."""
    return kernel.histogram(input, edges, weight, density)


def _check(name: str, input: Any, weight: Any, shape: tuple[int, ...]) -> None:
    if input._a.dtype.kind != "f" or input._a.itemsize < 4:
        unsupported("histogramdd", input._a.dtype)
    if weight is not None and weight._a.shape != shape:
        fail(RuntimeError, f"{name}(): weight should have shape {list(shape)}, as the input has points, but has "
                           f"{list(weight._a.shape)}")


def _edges(name: str, column: Any, bins: Any, ends: Any) -> Any:
    """The edges of the intervals along one coordinate: those given, or ``bins`` equal ones."""
    if is_tensor(bins):
        return bins
    if bins <= 0:
        fail(RuntimeError, f"{name}(): bins must be > 0, but got {bins}")
    if ends is not None:
        low, high = ends
        if low > high:
            fail(RuntimeError, f"{name}(): min should not exceed max, but got min {low} max {high}")
    else:
        low, high = (float(column.min()), float(column.max())) if column.size else (0.0, 1.0)
        if not (np.isfinite(low) and np.isfinite(high)):
            fail(RuntimeError, f"{name}(): range [{low}, {high}] is not finite")
    if low == high:
        low, high = low - 0.5, high + 0.5
    return linspace(low, high, bins + 1, dtype=column.dtype)


@composite()
def histogram(input, bins, *, range=None, weight=None, density=False):
    """How many elements fall between neighbouring edges, as a named pair ``(hist, bin_edges)``.

    Args:
        input: float32 or float64.
        bins: the number of equal intervals, or a 1-d tensor with their rising edges.
        range: the ends of equal intervals; None for the extremes of ``input``.
        weight: what each element counts, a tensor of the shape of ``input``.
        density: divide by the total and the widths, so that the integral is 1.

    >>> import autograd
    >>> autograd.histogram(autograd.tensor([1., 2., 1.]), 2, range=(0., 4.)).hist
    tensor([2., 1.])
    """
    _check("histogram", input, weight, input._a.shape)
    edges = _edges("histogram", input._a, bins, range)
    counts = histogram_counts(input.reshape(-1, 1), weight, edges=[edges._a], density=density)
    return return_types.histogram((counts, edges))


@composite(method=False)
def histogramdd(input, bins, *, range=None, weight=None, density=False):
    """How many points fall into each cell of a grid, as a named pair ``(hist, bin_edges)``.

    Args:
        input: float32 or float64, (..., n): points with n coordinates.
        bins: the number of equal intervals along every coordinate, or a sequence with the number of intervals, or with
            a 1-d tensor of rising edges, for each.
        range: the ends of equal intervals, 2 n numbers; None for the extremes of ``input``.
        weight: what each point counts, a tensor of shape (...).
        density: divide by the total and the volumes, so that the integral is 1.

    >>> import autograd
    >>> points = autograd.tensor([[0., 1.], [1., 0.], [1., 1.]])
    >>> autograd.histogramdd(points, 2).hist
    tensor([[0., 1.],
            [1., 1.]])
    """
    if input.ndim < 2:
        fail(RuntimeError, "histogramdd: input tensor should have at least 2 dimensions")
    *shape, n = input._a.shape
    _check("histogramdd", input, weight, tuple(shape))
    each = [bins] * n if isinstance(bins, int) else list(bins)
    if len(each) != n:
        fail(RuntimeError, "histogramdd: The size of bins must be equal to the innermost dimension of the input.")
    if range is not None and len(range) != 2 * n:
        fail(RuntimeError, f"histogramdd: for {n}-dimensional histogram range should have {2 * n} elements, but got "
                           f"{len(range)}")
    edges = [_edges("histogramdd", input._a[..., i], each[i], None if range is None else range[2 * i:2 * i + 2])
             for i in builtins.range(n)]
    counts = histogram_counts(input.reshape(-1, n), weight, edges=[e._a for e in edges], density=density)
    return return_types.histogramdd((counts, tuple(edges)))


@primitive(vjp={"weights": lambda g: not_differentiable("bincount")}, inputs=("input", "weights"), numpy=(np.bincount,))
def bincount(input, weights=None, minlength=0):
    """How often each non-negative integer occurs; with ``weights``, the sum of the weights of its occurrences.

    Args:
        input: 1-d, integers.
        weights: what each element counts, of the same shape.
        minlength: the least length of the result.

    Raises:
        RuntimeError: an element is negative, or shapes do not fit.

    >>> import autograd
    >>> autograd.bincount(autograd.tensor([1, 3, 1]))
    tensor([0, 2, 0, 1])
    """
    if input.dtype.kind not in "iu":
        unsupported("bincount", input.dtype)
    if input.ndim != 1 or (input.size and input.min() < 0):
        fail(RuntimeError, "bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        fail(RuntimeError, "minlength should be >= 0")
    if weights is not None and weights.shape != input.shape:
        fail(RuntimeError, "weights should be 1-d and have the same length as input")
    out = np.bincount(input.astype(np.int64), weights, minlength)
    return out.astype(np.float32) if weights is not None and weights.dtype == np.float32 else out
