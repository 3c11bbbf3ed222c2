"""Sorting and selecting along a dimension. Gradients go to the elements that were picked."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from .. import return_types
from ..dims import wrap_dim
from ..errors import fail
from ..kernels import order as kernel
from ..kernels.reduce import check_not_empty, pick
from ..primitive import composite, primitive
from .along import put_along
from .reductions import select_along, selected


def _refuse_complex(input: Any, name: str) -> None:
    if input.dtype.kind == "c":
        fail(RuntimeError, f"{name} does not support complex dtypes on CPU: complex numbers have no order")


def _rearranged(g: Any, input_shape: tuple[int, ...], at: Any, dim: int) -> Any:
    """The gradient of the values, back in the places they came from."""
    return None if g[0] is None else put_along(g[0], at, dim, input_shape)


@primitive(vjp={"input": _rearranged}, aux=("at",), outputs=2, method=False, node_name="SortBackward0")
def sort_along(input, dim, descending):
    """The elements in order along ``dim``, and where they came from."""
    _refuse_complex(input, "Sort")
    at = kernel.sort_indices(input, dim, descending)
    return [pick(input, at, dim), at], at


@composite(numpy=(np.sort,))
def sort(input, dim=-1, descending=False, *, stable=False):
    """The elements in order along ``dim`` and their indices, as a named pair ``(values, indices)``.

    nan counts as greatest. Equal elements keep their order, whether ``stable`` is asked for or not.

    >>> import autograd
    >>> values, indices = autograd.tensor([3., 1., 2.]).sort()
    >>> values, indices
    (tensor([1., 2., 3.]), tensor([1, 2, 0]))
    """
    return return_types.sort(sort_along(input, wrap_dim(dim, input.ndim), descending))


@composite()
def msort(input):
    """The elements in order along the first dimension.

    >>> import autograd
    >>> autograd.msort(autograd.tensor([3., 1., 2.]))
    tensor([1., 2., 3.])
    """
    return sort(input, 0).values


@primitive(numpy=(np.argsort,))
def argsort(input, dim=-1, descending=False, *, stable=False):
    """The indices that put the elements in order along ``dim``.

    >>> import autograd
    >>> autograd.tensor([3., 1., 2.]).argsort(descending=True)
    tensor([0, 2, 1])
    """
    _refuse_complex(input, "Sort")
    return kernel.sort_indices(input, wrap_dim(dim, input.ndim), descending)


@primitive(vjp={"input": _rearranged}, aux=("at",), outputs=2, method=False, node_name="TopkBackward0")
def top_along(input, k, dim, largest):
    """The ``k`` greatest or least elements along ``dim``, in order, and where they came from."""
    _refuse_complex(input, "topk")
    if not 0 <= k <= (input.shape[dim] if input.ndim else 1):
        fail(RuntimeError, f"selected index k out of range: {k} of {input.shape[dim] if input.ndim else 1} elements")
    at = kernel.top_indices(input, k, dim, largest)
    return [pick(input, at, dim), at], at


@composite()
def topk(input, k, dim=-1, largest=True, sorted=True):
    """The ``k`` greatest elements along ``dim``, greatest first, as a named pair ``(values, indices)``.

    Args:
        input: a real tensor; nan counts as greatest.
        k: how many.
        dim: along which dimension.
        largest: False for the least, least first.
        sorted: they come in order in either case.

    Raises:
        RuntimeError: there are fewer than ``k`` elements.

    >>> import autograd
    >>> autograd.tensor([1., 4., 2., 3.]).topk(2).values
    tensor([4., 3.])
    """
    return return_types.topk(top_along(input, index(k), wrap_dim(dim, input.ndim), largest))


@primitive(vjp={"input": selected}, aux=("at",), outputs=2, method=False, node_name="KthvalueBackward0")
def kth_along(input, k, dim, keepdim):
    """The ``k``-th smallest element along ``dim``, and its index."""
    _refuse_complex(input, "kthvalue")
    check_not_empty(input, dim, "kthvalue")
    if not 1 <= k <= (input.shape[dim] if input.ndim else 1):
        fail(RuntimeError, f"kthvalue(): selected number k out of range for dimension {dim}: {k}")
    return select_along(lambda x, d: kernel.kth_indices(x, k, d), input, dim, keepdim)


@composite()
def kthvalue(input, k, dim=-1, keepdim=False):
    """The ``k``-th smallest element along ``dim`` (counting from 1) and its index, as ``(values, indices)``.

    Raises:
        RuntimeError: ``k`` is not between 1 and the number of elements.

    >>> import autograd
    >>> autograd.tensor([1., 4., 2., 3.]).kthvalue(2).values
    tensor(2.)
    """
    return return_types.kthvalue(kth_along(input, index(k), wrap_dim(dim, input.ndim), keepdim))
