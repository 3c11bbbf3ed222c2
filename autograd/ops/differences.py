"""The derivative of a sampled function."""

from __future__ import annotations

from typing import Any

from ..dims import wrap_dim
from ..errors import fail
from ..primitive import composite
from .indexing import narrow
from .joining import cat


def _slope(f: Any, dim: int, h: Any, edge_order: int) -> Any:
    """The derivative along ``dim`` from the values and their distance."""
    n = f.shape[dim]

    def at(i: int, size: int = 1) -> Any:
        return narrow(f, dim, i, size)

    inner = (at(2, n - 2) - at(0, n - 2)) / (2 * h)
    if edge_order == 1:
        first, last = (at(1) - at(0)) / h, (at(n - 1) - at(n - 2)) / h
    else:
        first = (4 * at(1) - 3 * at(0) - at(2)) / (2 * h)
        last = (3 * at(n - 1) - 4 * at(n - 2) + at(n - 3)) / (2 * h)
    return cat([first, inner, last], dim)


def _uneven_slope(f: Any, dim: int, x: Any, edge_order: int) -> Any:
    """The derivative along ``dim`` from the values and their coordinates."""
    n = f.shape[dim]
    shape = [1] * f.ndim
    shape[dim] = n - 1
    h = (narrow(x, 0, 1, n - 1) - narrow(x, 0, 0, n - 1)).reshape(shape)

    def at(i: int, size: int = 1) -> Any:
        return narrow(f, dim, i, size)

    def step(i: int, size: int = 1) -> Any:
        return narrow(h, dim, i, size)

    left, right = step(0, n - 2), step(1, n - 2)
    inner = (at(0, n - 2) * (-right / (left * (left + right))) + at(1, n - 2) * ((right - left) / (left * right))
             + at(2, n - 2) * (left / (right * (left + right))))
    if edge_order == 1:
        first, last = (at(1) - at(0)) / step(0), (at(n - 1) - at(n - 2)) / step(n - 2)
    else:
        a, b = step(0), step(1)
        first = (at(0) * (-(2 * a + b) / (a * (a + b))) + at(1) * ((a + b) / (a * b)) + at(2) * (-a / (b * (a + b))))
        a, b = step(n - 3), step(n - 2)
        last = (at(n - 3) * (b / (a * (a + b))) + at(n - 2) * (-(a + b) / (a * b))
                + at(n - 1) * ((2 * b + a) / (b * (a + b))))
    return cat([first, inner, last], dim)


@composite(method=False)
def gradient(input: Any, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Any, ...]:
    """The derivative of a function given by its values, by central differences; at the ends, one-sided ones.

    Second-order accurate inside (Fornberg, 1988, "Generation of finite difference formulas on arbitrarily spaced
    grids").

    Args:
        input: the values on a grid.
        spacing: the distance of neighbours: one number, or one for each dimension, or a 1-d tensor of coordinates for
            each.
        dim: an int or several; default: all.
        edge_order: the order of accuracy at the ends, 1 or 2.

    Returns:
        A tuple with the derivative along each dimension.

    Raises:
        RuntimeError: a dimension has too few elements, or the options do not fit.

    >>> import autograd
    >>> autograd.gradient(autograd.tensor([1., 4., 9., 16.]))
    (tensor([3., 4., 6., 7.]),)
    >>> autograd.gradient(autograd.tensor([1., 4., 9., 16.]), edge_order=2)
    (tensor([2., 4., 6., 8.]),)
    """
    if dim is None:
        dims = list(range(input.ndim))
    else:
        dims = [wrap_dim(d, input.ndim) for d in (dim if isinstance(dim, (tuple, list)) else (dim,))]
    for d in dims:
        if dims.count(d) > 1:
            fail(RuntimeError, f"dim {d} appears multiple times in the list of dims")
    if edge_order not in (1, 2):
        fail(RuntimeError, "gradient only supports edge_order=1 and edge_order=2.")
    spacing = 1 if spacing is None else spacing
    several = isinstance(spacing, (tuple, list))
    if several and len(spacing) != len(dims):
        fail(RuntimeError, f"gradient expected spacing to be unspecified, a scalar, or a list of length equal to the "
                           f"number of dimensions, {len(dims)}, but got a list of length {len(spacing)}")
    found = []
    for d, h in zip(dims, spacing if several else [spacing] * len(dims), strict=True):
        if input.shape[d] < edge_order + 1:
            fail(RuntimeError, "gradient expected each dimension size to be at least edge_order+1, but dimension "
                               f"{d} has size {input.shape[d]}")
        if hasattr(h, "_a") and h.ndim:
            if tuple(h.shape) != (input.shape[d],):
                fail(RuntimeError, f"gradient expected the coordinates of dimension {d} to be {input.shape[d]} numbers,"
                                   f" but got {list(h.shape)}")
            found.append(_uneven_slope(input, d, h, edge_order))
        else:
            found.append(_slope(input, d, h, edge_order))
    return tuple(found)
