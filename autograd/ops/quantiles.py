"""Medians, quantiles and modes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import return_types
from ..dims import wrap_dim
from ..dispatch import is_tensor
from ..errors import fail
from ..kernels import order as kernel
from ..kernels.reduce import check_not_empty, check_ordered, pick
from ..primitive import composite, primitive
from ..tape import wrap_node
from .along import pick_along
from .arithmetic import lerp
from .axes import movedim
from .comparison import where
from .reductions import select_along, selected, split_among_all
from .shape import reshape
from .sorting import sort


def _median_of_all(input: Any, ignore_nan: bool) -> Any:
    flat = input.reshape(-1)
    if not flat.size:
        return np.array(np.nan if input.dtype.kind == "f" else 0, input.dtype)
    return pick(flat, kernel.median_indices(flat, 0, ignore_nan), 0).reshape(())


def _median_along(name: str, input: Any, dim: int, keepdim: bool) -> Any:
    check_ordered(input, name)
    check_not_empty(input, dim, name)
    return select_along(lambda x, d: kernel.median_indices(x, d, name == "nanmedian"), input, dim, keepdim)


@primitive(vjp={"input": split_among_all}, method=False, node_name="MedianBackward0")
def median_of_all(input):
    """The lower median of all elements."""
    check_ordered(input, "median")
    return _median_of_all(input, False)


@primitive(vjp={"input": split_among_all}, method=False, node_name="NanmedianBackward0")
def nanmedian_of_all(input):
    """The lower median of all elements but nans."""
    check_ordered(input, "nanmedian")
    return _median_of_all(input, True)


@primitive(vjp={"input": selected}, aux=("at",), outputs=2, method=False, node_name="MedianBackward1")
def median_along(input, dim, keepdim):
    """The lower median along ``dim``, and its index."""
    return _median_along("median", input, dim, keepdim)


@primitive(vjp={"input": selected}, aux=("at",), outputs=2, method=False, node_name="NanmedianBackward1")
def nanmedian_along(input, dim, keepdim):
    """The lower median along ``dim`` of all elements but nans, and its index."""
    return _median_along("nanmedian", input, dim, keepdim)


@primitive(vjp={"input": selected}, aux=("at",), outputs=2, method=False, node_name="ModeBackward0")
def mode_along(input, dim, keepdim):
    """The most frequent element along ``dim``, and its index."""
    check_ordered(input, "mode")
    return select_along(kernel.mode_indices, input, dim, keepdim)


@composite()
def median(input, dim=None, keepdim=False):
    """The median: of all elements, or along ``dim`` with its index, as a named pair ``(values, indices)``.

    Of an even number of elements it is the lower of the two in the middle. It is nan where an element is nan.

    >>> import autograd
    >>> autograd.tensor([4., 1., 3., 2.]).median()
    tensor(2.)
    """
    if dim is None:
        return median_of_all(input)
    return return_types.median(median_along(input, wrap_dim(dim, input.ndim), keepdim))


@composite()
def nanmedian(input, dim=None, keepdim=False):
    """`median` of the elements that are not nan; nan where all are.

    >>> import autograd
    >>> autograd.tensor([4., float("nan"), 3., 2.]).nanmedian()
    tensor(3.)
    """
    if dim is None:
        return nanmedian_of_all(input)
    return return_types.nanmedian(nanmedian_along(input, wrap_dim(dim, input.ndim), keepdim))


@composite()
def mode(input, dim=-1, keepdim=False):
    """The most frequent element along ``dim`` (the least of several) and the index of its last occurrence.

    >>> import autograd
    >>> values, indices = autograd.tensor([2, 3, 3, 1, 2]).mode()
    >>> values.item(), indices.item()
    (2, 4)
    """
    return return_types.mode(mode_along(input, wrap_dim(dim, input.ndim), keepdim))


# --- quantiles --------------------------------------------------------------------------------------------

_INTERPOLATIONS = {"linear": np.floor, "midpoint": np.floor, "lower": np.floor, "higher": np.ceil, "nearest": np.rint}


def _checked_q(input: Any, q: Any, name: str) -> Any:
    """``q`` as a Tensor of the input's dtype, 0-d or 1-d."""
    if input._a.dtype.kind != "f" or input._a.itemsize < 4:
        fail(RuntimeError, f"{name}() input tensor must be either float or double dtype")
    if input._a.size == 0:
        fail(RuntimeError, f"{name}() input tensor must be non-empty")
    if not is_tensor(q):
        if not 0 <= q <= 1:
            fail(RuntimeError, f"{name}() q must be in the range [0, 1] but got {q}")
        return wrap_node(np.array(q, input._a.dtype), None)
    if q._a.ndim > 1:
        fail(RuntimeError, f"{name}() q must be a scalar or 1D tensor")
    if q._a.dtype != input._a.dtype:
        fail(RuntimeError, f"{name}() q tensor must be same dtype as the input tensor")
    if not ((q._a >= 0) & (q._a <= 1)).all():
        fail(RuntimeError, f"{name}() q values must be in the range [0, 1]")
    return q


def _quantile(input: Any, q: Any, dim: Any, keepdim: bool, interpolation: str, name: str) -> Any:
    q = _checked_q(input, q, name)
    if interpolation not in _INTERPOLATIONS:
        fail(RuntimeError, f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, "
                           f"but got {interpolation}")
    if dim is None:
        kept = (1,) * input.ndim
        ordered = sort(reshape(input, (-1,))).values
    else:
        axis = wrap_dim(dim, input.ndim)
        kept = tuple([1 if i == axis else n for i, n in enumerate(input.shape)])
        ordered = sort(movedim(input, axis, -1) if input.ndim else reshape(input, (1,)), -1).values
    last, has_nan = _last_ranks(ordered._a, name == "nanquantile")
    ranks = where(has_nan, last, reshape(q, (-1,)) * last)
    values = _at_ranks(ordered, ranks, interpolation)
    # One value for each q in the last dimension; it goes in front.
    lanes = kept if keepdim else tuple(values.shape[:-1])
    if q.ndim == 0:
        return reshape(values, lanes)
    return reshape(movedim(values, -1, 0), (values.shape[-1], *lanes))


def _last_ranks(ordered: Any, ignore_nan: bool) -> tuple[Any, Any]:
    """The rank of the greatest element of each sorted lane, and whether a nan decides the lane's result."""
    missing = np.count_nonzero(ordered != ordered, axis=-1, keepdims=True)
    last = ordered.shape[-1] - 1 - (missing if ignore_nan else missing * 0)
    return (wrap_node(np.maximum(last, 0).astype(ordered.dtype), None),
            wrap_node((missing > 0) & (not ignore_nan), None))


def _at_ranks(ordered: Any, ranks: Any, interpolation: str) -> Any:
    """The elements of sorted lanes at fractional ranks."""
    def at(rounded: Any) -> Any:
        return pick_along(ordered, rounded.astype(np.int64), -1)

    below = at(_INTERPOLATIONS[interpolation](ranks._a))
    if interpolation in ("lower", "higher", "nearest"):
        return below
    weights = ranks - wrap_node(np.floor(ranks._a), None) if interpolation == "linear" else 0.5
    return lerp(below, at(np.ceil(ranks._a)), weights)


@composite(numpy=(np.quantile,))
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """The ``q``-th quantiles of the elements, or of the lanes along ``dim``: element ``q * (n - 1)`` in sorted order.

    Args:
        input: float32 or float64, not empty. Where it has a nan the result is nan.
        q: a number in [0, 1], or a 1-d tensor of them, whose dimension comes first in the result.
        dim: along which dimension; None for all elements.
        keepdim: keep ``dim`` with size 1.
        interpolation: between two elements: "linear", "lower", "higher", "midpoint" or "nearest".

    Raises:
        RuntimeError: ``q`` is out of range, or types or shapes do not fit.

    >>> import autograd
    >>> autograd.tensor([1., 2., 3., 4.]).quantile(0.5)
    tensor(2.5000)
    """
    return _quantile(input, q, dim, keepdim, interpolation, "quantile")


@composite(numpy=(np.nanquantile,))
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """`quantile` of the elements that are not nan; nan where all are.

    >>> import autograd
    >>> autograd.tensor([1., float("nan"), 3.]).nanquantile(0.5)
    tensor(2.)
    """
    return _quantile(input, q, dim, keepdim, interpolation, "nanquantile")
