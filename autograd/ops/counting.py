"""Counting: nonzeros, distinct elements, places in sorted sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..creation import finish
from ..dims import wrap_dim
from ..dispatch import is_tensor
from ..errors import fail
from ..kernels import counting as kernel
from ..kernels.reduce import axes
from ..primitive import composite, primitive
from .checks import not_differentiable, unsupported


@primitive(numpy=(np.count_nonzero,))
def count_nonzero(input, dim=None):
    """How many elements are not zero, of all or along ``dim`` (an int or several); int64.

    >>> import autograd
    >>> autograd.tensor([[1, 0], [2, 3]]).count_nonzero(0)
    tensor([2, 1])
    """
    return np.asarray(np.count_nonzero(input, axis=axes(dim, input.ndim)), np.int64)


@primitive(numpy=(np.argwhere,))
def argwhere(input):
    """The indices of the elements that are not zero, one row each; int64.

    >>> import autograd
    >>> autograd.tensor([[1, 0], [0, 3]]).argwhere()
    tensor([[0, 0],
            [1, 1]])
    """
    if input.ndim == 0:
        return np.zeros((int(input != 0), 0), np.int64)
    return np.argwhere(input)


@composite()
def nonzero(input, *, as_tuple=False):
    """The indices of the elements that are not zero.

    Args:
        input: any tensor.
        as_tuple: False gives one row for each such element; True a tuple with a 1-d tensor for each dimension, which
            indexes ``input``.

    >>> import autograd
    >>> autograd.tensor([0, 5, 0, 6]).nonzero()
    tensor([[1],
            [3]])
    >>> autograd.tensor([0, 5, 0, 6]).nonzero(as_tuple=True)
    (tensor([1, 3]),)
    """
    if not as_tuple:
        return argwhere(input)
    return (input.reshape(1) if input.ndim == 0 else input).argwhere().unbind(1)


@composite()
def nonzero_static(input, *, size, fill_value=-1):
    """`nonzero` with a fixed number of rows: cut off, or filled with ``fill_value``.

    >>> import autograd
    >>> autograd.tensor([0, 5, 0, 6]).nonzero_static(size=3)
    tensor([[ 1],
            [ 3],
            [-1]])
    """
    if size < 0:
        fail(RuntimeError, f"nonzero_static: 'size' must be an non-negative integer, got {size}")
    found = argwhere(input)._a[:size]
    rows = np.full((size, input.ndim), fill_value, np.int64)
    rows[:len(found)] = found
    return finish(rows, False)


# --- distinct elements ------------------------------------------------------------------------------------


@primitive(vjp={"input": lambda g: not_differentiable("unique")}, outputs=3, method=False,
           node_name="Unique2Backward0")
def unique_elements(input, dim):
    """The distinct elements, the number of each, and how often each occurs."""
    if input.dtype.kind == "c":
        unsupported("unique", input.dtype)
    return list(kernel.unique(input, dim))


@primitive(vjp={"input": lambda g: not_differentiable("unique_consecutive")}, outputs=3, method=False,
           node_name="UniqueConsecutiveBackward0")
def runs(input, dim):
    """The first element of every run of equal ones, the number of each element's run, and the lengths."""
    if input.dtype.kind == "c":
        unsupported("unique", input.dtype)
    return list(kernel.unique_consecutive(input, dim))


def _chosen(found: Any, return_inverse: bool, return_counts: bool) -> Any:
    values, inverse, counts = found
    chosen = (values, *((inverse,) if return_inverse else ()), *((counts,) if return_counts else ()))
    return chosen if len(chosen) > 1 else values


@composite()
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The distinct elements, in order; along ``dim`` the distinct slices.

    Args:
        input: a real tensor.
        sorted: they come in order in either case.
        return_inverse: also return, for each element, the index of its value in the result.
        return_counts: also return how often each occurs.
        dim: compare slices along this dimension; None for elements.

    Raises:
        NonDifferentiableError: in backward.

    >>> import autograd
    >>> autograd.unique(autograd.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    found = unique_elements(input, None if dim is None else wrap_dim(dim, input.ndim))
    return _chosen(found, return_inverse, return_counts)


@composite()
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """The first element of every run of equal ones; the arguments of `unique`.

    >>> import autograd
    >>> autograd.unique_consecutive(autograd.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    found = runs(input, None if dim is None else wrap_dim(dim, input.ndim))
    return _chosen(found, return_inverse, return_counts)


# --- places in sorted sequences ---------------------------------------------------------------------------


@primitive(inputs=("sorted_sequence", "input", "sorter"), method=False)
def search_places(sorted_sequence, input, sorter=None, right=False, out_int32=False):
    """Where each element would have to go in a sorted sequence."""
    return kernel.search(sorted_sequence, input, right, sorter).astype(np.int32 if out_int32 else np.int64)


@composite(method=False, numpy=(np.searchsorted,))
def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None):
    """The index in the sorted last dimension of ``sorted_sequence`` before which each element would go.

    Args:
        sorted_sequence: 1-d, or with the leading dimensions of ``input``; in rising order along the last.
        input: a tensor, or a number where the sequence is 1-d.
        out_int32: give int32 rather than int64.
        right: go behind equal elements rather than before them.
        side: "left" or "right", another way to say it.
        sorter: the indices that sort ``sorted_sequence``, where it is not in order.

    Raises:
        RuntimeError: shapes or options do not fit.

    >>> import autograd
    >>> autograd.searchsorted(autograd.tensor([1, 3, 5]), autograd.tensor([0, 3, 6]))
    tensor([0, 1, 3])
    """
    if side not in (None, "left", "right"):
        fail(RuntimeError, f"searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        fail(RuntimeError, "searchsorted(): side and right can't be set to opposites, got side of left while right was "
                           "True")
    if not is_tensor(input):
        if sorted_sequence.ndim != 1:
            fail(RuntimeError, "searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1")
        input = finish(np.asarray(input))
    shape, wanted = tuple(sorted_sequence.shape), tuple(input.shape)
    if not shape:
        fail(RuntimeError, "searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension")
    if len(shape) > 1 and shape[:-1] != wanted[:-1]:
        fail(RuntimeError, "searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of "
                           f"boundaries tensor and input value tensor must match, but we got boundaries tensor "
                           f"{list(shape)} and input value tensor {list(wanted)}")
    if sorter is not None and (sorter._a.dtype != np.int64 or tuple(sorter.shape) != shape):
        fail(RuntimeError, "searchsorted(): sorter must be a tensor of int64 of the shape of the boundaries, got "
                           f"{sorter._a.dtype} {list(sorter.shape)}")
    return search_places(sorted_sequence, input, sorter, right or side == "right", out_int32)


@composite(method=False)
def bucketize(input, boundaries, *, out_int32=False, right=False):
    """The index of the interval between ``boundaries`` that each element lies in; `searchsorted` the other way round.

    Args:
        input: a tensor or a number.
        boundaries: 1-d, in rising order.
        out_int32: give int32 rather than int64.
        right: whether intervals are closed on the left rather than on the right.

    >>> import autograd
    >>> autograd.bucketize(autograd.tensor([0, 3, 6]), autograd.tensor([1, 3, 5]))
    tensor([0, 1, 3])
    """
    if boundaries.ndim != 1:
        fail(RuntimeError, f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
