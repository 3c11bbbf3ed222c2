"""Reductions: sums, means, products, extrema, truth over dimensions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import return_types
from ..codegen import inline
from ..dispatch import is_tensor
from ..dtypes import numpy_dtype
from ..errors import describe, fail
from ..kernels import reduce as kernel
from ..kernels.reduce import kept_shape
from ..primitive import composite, primitive
from .along import put_along
from .casting import to_dtype
from .extremes import maximum, minimum
from .joining import cat, stack
from .shape import expand

_DENSE = 4096
_FLOAT32 = np.dtype("float32")


def restore(g: Any, shape: tuple[int, ...], dim: Any, keepdim: bool = False) -> Any:
    """``g`` of a reduction over ``dim``, repeated over the dimensions of ``shape`` that were reduced.

    Short arrays are written out, because that is quicker than making a view (and ``g - 0``, unlike ``g + 0``,
    keeps the sign of a zero).
    """
    if not keepdim and dim is not None:
        g = g.reshape(kept_shape(shape, dim))
    return g - np.zeros(shape, g.dtype) if math.prod(shape) <= _DENSE else expand(g, shape)


def kept(x: Any, shape: tuple[int, ...], dim: Any, keepdim: bool) -> Any:
    """The result ``x`` of a reduction with the reduced dimensions as 1, to broadcast against its input."""
    return x if keepdim or dim is None else x.reshape(kept_shape(shape, dim))


def cast_back(g: Any, dtype: Any, input_dtype: Any) -> Any:
    """The gradient in the type of the input, where the operation was asked to compute in ``dtype``."""
    return g if dtype is None else to_dtype(g, input_dtype)


@primitive(
    vjp={"input": lambda g, input_shape, input_dtype, dim, keepdim, dtype:
         restore(cast_back(g, dtype, input_dtype), input_shape, dim, keepdim)},
    fast=inline("sum_into(input, out := empty((), float32)) or out if input.dtype is float32 and input.ndim == 1 "
                "and input.size <= 128 else total(input)",
                sum_into=kernel.sum_into, total=kernel.total, empty=np.empty),
    numpy=(np.sum, np.add.reduce),
)
def sum(input, dim=None, keepdim=False, *, dtype=None):
    """Sum of the elements, over all dimensions or over ``dim`` (an int or several).

    Integers and booleans add up in int64, half precision in single.

    Args:
        dim: an int or several, negative ones from the end; None for all.
        keepdim: keep reduced dimensions with size 1.
        dtype: convert to this type first; also the result's.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: a dimension is named twice.

    >>> import autograd
    >>> autograd.tensor([[1., 2.], [3., 4.]]).sum(0)
    tensor([4., 6.])
    """
    return kernel.sum(input, dim, keepdim, None if dtype is None else numpy_dtype(dtype))


@primitive(
    vjp={"input": lambda g, input_shape, input_dtype, dim, keepdim, dtype:
         restore(cast_back(g, dtype, input_dtype) / kernel.count(input_shape, dim), input_shape, dim, keepdim)},
    numpy=(np.mean,),
)
def mean(input, dim=None, keepdim=False, *, dtype=None):
    """Arithmetic mean ``sum(input) / n``, over all dimensions or over ``dim``; the arguments of `sum`.

    Raises:
        RuntimeError: the elements are integers and no floating ``dtype`` is given.
        IndexError: there is no such dimension.

    >>> import autograd
    >>> autograd.tensor([[1., 2.], [3., 4.]]).mean(1, keepdim=True)
    tensor([[1.5000],
            [3.5000]])
    """
    target = input.dtype if dtype is None else numpy_dtype(dtype)
    if target is not _FLOAT32 and target.kind not in "fc":
        fail(RuntimeError, f"mean(): could not infer output dtype. {'Input' if dtype is None else 'Optional'} dtype "
                           f"must be either a floating point or complex dtype. Got: {target}; convert with .float()")
    return kernel.mean(input if dtype is None else input.astype(target), dim, keepdim)


def product_of_others(x: Any) -> Any:
    """For each element the product of the other elements along the last dimension.

    Halves the problem: the product of all but one element is its neighbour's value times the product of all other
    pairs. No division, so it and all its derivatives are right where elements are zero.
    """
    n = x.shape[-1]
    if n == 1:
        return np.ones(x.shape, x.dtype)
    even, odd = x[..., 0:n - 1:2], x[..., 1:n:2]
    if n % 2:
        last = x[..., n - 1:]
        others = product_of_others(cat([even * odd, last], -1))
        pairs, rest = others[..., :-1], others[..., -1:]
    else:
        pairs = product_of_others(even * odd)
    found = stack([odd * pairs, even * pairs], -1).reshape((*x.shape[:-1], n - n % 2))
    return cat([found, rest], -1) if n % 2 else found


def _prod_rule(g: Any, input: Any, input_dtype: Any, out: Any, dim: Any, keepdim: bool, dtype: Any) -> Any:
    shape = input.shape
    if dtype is not None:
        input = to_dtype(input, numpy_dtype(dtype))
    g, out = kept(g, shape, dim, keepdim), kept(out, shape, dim, keepdim)
    if not (input == 0).any():
        return cast_back(g * out / input, dtype, input_dtype)
    if dim is None:
        others = product_of_others(input.reshape(-1)).reshape(shape)
    elif shape:
        others = product_of_others(input.swapaxes(dim, -1)).swapaxes(dim, -1)
    else:
        others = np.ones((), input.dtype)
    return cast_back(g * others, dtype, input_dtype)


@primitive(vjp={"input": _prod_rule}, holomorphic=True, numpy=(np.prod, np.multiply.reduce))
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """Product of the elements, over all dimensions or over the dimension ``dim``.

    The derivative with respect to an element is the product of the others, also where elements are zero.

    >>> import autograd
    >>> x = autograd.tensor([2., 0., 5.], requires_grad=True)
    >>> x.prod().backward()
    >>> x.grad
    tensor([ 0., 10.,  0.])
    """
    if dim is not None:
        dim = kernel.axis(dim, input.ndim)
    return kernel.prod(input, dim, keepdim, None if dtype is None else numpy_dtype(dtype))


# --- extrema ----------------------------------------------------------------------------------------------


def _share(g: Any, mask: Any, dim: Any) -> Any:
    """``g`` split evenly among the elements of ``mask``."""
    return g * mask / sum(mask, dim, True, dtype=g.dtype)


def _split_evenly(g: Any, input: Any, out: Any, dim: Any, keepdim: bool) -> Any:
    shape = input.shape
    return _share(kept(g, shape, dim, keepdim), input == kept(out, shape, dim, keepdim), dim)


def split_among_all(g: Any, input: Any, out: Any) -> Any:
    return _share(g, (input == out) | ((input != input) & (out != out)), None)


@primitive(vjp={"input": _split_evenly}, numpy=(np.max, np.amax, np.maximum.reduce))
def amax(input, dim=(), keepdim=False):
    """Greatest element, over all dimensions or over ``dim`` (an int or several).

    Where several elements are greatest the gradient is split evenly among them; `max` over a dimension gives it to one.

    Raises:
        IndexError, RuntimeError: there is nothing to compare along a reduced dimension.

    >>> import autograd
    >>> x = autograd.tensor([1., 3., 3.], requires_grad=True)
    >>> x.amax().backward()
    >>> x.grad
    tensor([0.0000, 0.5000, 0.5000])
    """
    return kernel.extremum(np.maximum, input, dim, keepdim, "amax")


@primitive(vjp={"input": _split_evenly}, numpy=(np.min, np.amin, np.minimum.reduce))
def amin(input, dim=(), keepdim=False):
    """Least element, over all dimensions or over ``dim``; like `amax`.

    >>> import autograd
    >>> autograd.tensor([[1., 2.], [0., 4.]]).amin(1)
    tensor([1., 0.])
    """
    return kernel.extremum(np.minimum, input, dim, keepdim, "amin")


@primitive(
    vjp={"input": lambda g, input, out, dim, keepdim:
         (0 if g[0] is None else _split_evenly(g[0], input, out[0], dim, keepdim))
         + (0 if g[1] is None else _split_evenly(g[1], input, out[1], dim, keepdim))},
    outputs=2, method=False, node_name="AminmaxBackward0",
)
def both_extrema(input, dim, keepdim):
    """The least and the greatest element."""
    return [kernel.extremum(f, input, dim, keepdim, "aminmax") for f in (np.minimum, np.maximum)]


@composite()
def aminmax(input, *, dim=None, keepdim=False):
    """Least and greatest element, over all dimensions or over the dimension ``dim``, as a named pair ``(min, max)``.

    >>> import autograd
    >>> low, high = autograd.tensor([3., 1., 2.]).aminmax()
    >>> low.item(), high.item()
    (1.0, 3.0)
    """
    return return_types.aminmax(both_extrema(input, dim, keepdim))


@primitive(vjp={"input": split_among_all}, method=False, node_name="MaxBackward1")
def max_of_all(input):
    """The greatest element of all."""
    return kernel.extremum(np.maximum, input, None, False, "max")


@primitive(vjp={"input": split_among_all}, method=False, node_name="MinBackward1")
def min_of_all(input):
    """The least element of all."""
    return kernel.extremum(np.minimum, input, None, False, "min")


def selected(g: Any, input_shape: tuple[int, ...], at: Any, dim: int, keepdim: bool) -> Any:
    """``g`` of the picked values, each at its place among zeros."""
    return None if g[0] is None else put_along(kept(g[0], input_shape, dim, keepdim), at, dim, input_shape)


def select_along(find: Any, input: Any, dim: int, keepdim: bool) -> tuple[list[Any], Any]:
    """The outputs of an operation that picks one element along ``dim``, and the picked places for its rule."""
    at = find(input, dim)
    return picked(kernel.pick(input, at, dim), at, dim, keepdim)


def picked(values: Any, at: Any, dim: int, keepdim: bool) -> tuple[list[Any], Any]:
    """``values`` and indices as outputs, and the indices with ``dim`` kept for `selected`."""
    if not keepdim and at.ndim:
        return [values.squeeze(dim), at.squeeze(dim)], at
    return [values, at], at


@primitive(vjp={"input": selected}, aux=("at",), outputs=2, method=False, node_name="MaxBackward0")
def max_along(input, dim, keepdim):
    """The greatest element along ``dim`` and its index."""
    return picked(*kernel.extremum_with_index(True, input, dim), dim, keepdim)


@primitive(vjp={"input": selected}, aux=("at",), outputs=2, method=False, node_name="MinBackward0")
def min_along(input, dim, keepdim):
    """The least element along ``dim`` and its index."""
    return picked(*kernel.extremum_with_index(False, input, dim), dim, keepdim)


@composite()
def max(input, dim=None, keepdim=False, *, other=None):
    """Greatest elements, in one of three forms.

    - ``max(x)``: of all elements; the gradient is split evenly where several are greatest.
    - ``max(x, dim, keepdim=False)``: along one dimension, as a named pair ``(values, indices)``; the gradient goes to
      the element that was picked.
    - ``max(x, other)``: of two tensors, element by element, as `maximum`.

    >>> import autograd
    >>> x = autograd.tensor([[1., 5.], [7., 2.]])
    >>> x.max()
    tensor(7.)
    >>> x.max(1).indices
    tensor([1, 0])
    """
    return _extreme(input, dim, keepdim, other, max_of_all, max_along, maximum, return_types.max)


@composite()
def min(input, dim=None, keepdim=False, *, other=None):
    """Least elements, in the three forms of `max`.

    >>> import autograd
    >>> autograd.tensor([3., 1., 2.]).min()
    tensor(1.)
    """
    return _extreme(input, dim, keepdim, other, min_of_all, min_along, minimum, return_types.min)


def _extreme(input: Any, dim: Any, keepdim: bool, other: Any, of_all: Any, along: Any, of_two: Any, pair: Any) -> Any:
    if is_tensor(dim):
        dim, other = None, dim
    if not is_tensor(input) or not (other is None or is_tensor(other)):
        fail(TypeError, f"expected a Tensor and a dimension, or two Tensors; got {describe(input)} and "
                        f"{describe(dim if other is None else other)}")
    if other is not None:
        return of_two(input, other)
    if dim is None:
        return of_all(input)
    return pair(along(input, kernel.axis(dim, input.ndim), keepdim))


@primitive(numpy=(np.argmax,))
def argmax(input, dim=None, keepdim=False):
    """Index of the greatest element (the first of several), counting over all elements or along ``dim``; int64.

    >>> import autograd
    >>> autograd.tensor([[1., 5.], [7., 2.]]).argmax(), autograd.tensor([[1., 5.], [7., 2.]]).argmax(1)
    (tensor(2), tensor([1, 0]))
    """
    return kernel.arg_extremum(True, input, dim, keepdim, "argmax")


@primitive(numpy=(np.argmin,))
def argmin(input, dim=None, keepdim=False):
    """Index of the least element (the first of several), counting over all elements or along ``dim``; int64.

    >>> import autograd
    >>> autograd.tensor([3., 1., 2.]).argmin()
    tensor(1)
    """
    return kernel.arg_extremum(False, input, dim, keepdim, "argmin")


# --- truth ------------------------------------------------------------------------------------------------


def _truth(ufunc: np.ufunc, input: Any, dim: Any, keepdim: bool) -> Any:
    if dim == ():  # here an empty tuple means no dimension
        out = input.astype(bool)
    else:
        out = ufunc.reduce(input, axis=kernel.axes(dim, input.ndim), keepdims=keepdim)
    return np.asarray(out, np.uint8) if input.dtype == np.uint8 else out


@primitive(numpy=(np.all, np.logical_and.reduce))
def all(input, dim=None, keepdim=False):
    """Whether every element is nonzero, over all dimensions or over ``dim``; bool (uint8 for uint8).

    >>> import autograd
    >>> autograd.tensor([[1, 0], [1, 1]]).all(1)
    tensor([False,  True])
    """
    return _truth(np.logical_and, input, dim, keepdim)


@primitive(numpy=(np.any, np.logical_or.reduce))
def any(input, dim=None, keepdim=False):
    """Whether some element is nonzero, over all dimensions or over ``dim``; bool (uint8 for uint8).

    >>> import autograd
    >>> autograd.tensor([[1, 0], [0, 0]]).any(1)
    tensor([ True, False])
    """
    return _truth(np.logical_or, input, dim, keepdim)
