"""Whole slices along a dimension, named by a 1-d index: selecting, adding, copying, filling."""

from __future__ import annotations

import numpy as np

from ..dims import wrap_dim
from ..dtypes import scalar_type
from ..errors import fail
from ..inplace import check_writable, write_result
from ..kernels import scatter as kernel
from ..primitive import composite, primitive
from ..tape import wrap_node
from .assigning import put_at
from .comparison import choose
from .indexing import gather_index
from .scattering import check_bounds, gather, reduce_into
from .shape import broadcast_shapes, expand, reshape
from .writing import in_place, number


def _checked(name, shape, dim, index):
    """``dim`` and the 1-d ``index`` of an operation on a tensor of ``shape``."""
    dim = wrap_dim(dim, len(shape))
    if index.ndim > 1:
        fail(RuntimeError if name == "index_fill_" else IndexError,
             f"{name}(): Index is supposed to be a vector, got shape {list(index.shape)}")
    if index.dtype.kind != "i" or index.dtype.itemsize < 4:
        fail(IndexError if name == "index_fill_" else RuntimeError,
             f"{name}(): Expected dtype int32 or int64 for index, got {index.dtype}; convert with .long()")
    if not shape and index.size > 1:
        fail(RuntimeError, f"{name}(): Index to scalar can have only 1 value, got {index.size} value(s)")
    return dim, index.reshape(-1).astype(np.int64, copy=False)


def _at(dim, index):
    return (slice(None),) * dim + (index,)


# --- select and add, each the transpose of the other ------------------------------------------------------


@primitive(
    vjp={"input": lambda g, dim, index, input_shape: index_add(np.zeros(input_shape, g.dtype), dim, index, g)},
    inputs=("input", "index"),
)
def index_select(input, dim, index):
    """The slices of ``input`` at ``index`` along ``dim``.

    Args:
        index: a 1-d tensor of int32 or int64.

    >>> import autograd
    >>> x = autograd.tensor([[1, 2], [3, 4]])
    >>> autograd.index_select(x, 1, autograd.tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    dim, index = _checked("index_select", input.shape, dim, index)
    size = input.shape[dim] if input.ndim else 1
    if index.size:
        low, high = kernel.extremes(index)
        if low < 0 or high >= size:
            fail(IndexError, f"index out of range in self: index_select(): indices must be in [0, {size})")
    return input.take(index, dim) if input.ndim else input.repeat(index.size).reshape(())


def _check_source(out, dim, index, source, what="source"):
    sizes = [s.shape[:dim] + s.shape[dim + 1:] for s in (out, source)]
    if sizes[0] != sizes[1] or (source.shape[dim] if source.ndim else 1) != index.size:
        fail(RuntimeError, f"{what} tensor shape must match self tensor shape, excluding the specified dimension. Got "
                           f"self.shape = {list(out.shape)} source.shape = {list(source.shape)}, with {index.size} "
                           "indices")


def _add_into(out, dim, index, source, *, alpha=1):
    dim, index = _checked("index_add_", out.shape, dim, index)
    if source.dtype != out.dtype:
        fail(RuntimeError, "index_add_(): self and source expected to have the same dtype, but got (self) "
                           f"{scalar_type(out.dtype)} and (source) {scalar_type(source.dtype)}")
    _check_source(out, dim, index, source)
    check_bounds(index, out.shape[dim] if out.ndim else 1, dim)
    if alpha != 1:
        source = source * number(alpha, out.dtype)
    if out.ndim:
        kernel.add_at(np.moveaxis(out, dim, 0), (index,), np.moveaxis(source, dim, 0))
    else:
        out += source


@primitive(
    vjp={"input": lambda g: g,
         "source": lambda g, dim, index, alpha, source_shape: _scaled(index_select(g, dim, index), alpha).reshape(
             source_shape)},
    inputs=("input", "index", "source"),
)
def index_add(input, dim, index, source, *, alpha=1):
    """A copy of ``input`` with ``alpha`` times the slices of ``source`` added at ``index`` along ``dim``.

    >>> import autograd
    >>> autograd.zeros(3).index_add(0, autograd.tensor([0, 0, 2]), autograd.ones(3))
    tensor([2., 0., 1.])
    """
    out = input.copy()
    _add_into(out, dim, index, source, alpha=alpha)
    return out


def _scaled(g, alpha):
    return g if alpha == 1 else g * alpha


# --- copy and fill ----------------------------------------------------------------------------------------


def _copy_into(out, dim, index, source):
    dim, index = _checked("index_copy_", out.shape, dim, index)
    if source.dtype != out.dtype:
        fail(RuntimeError, "index_copy_(): self and source expected to have the same dtype, but got (self) "
                           f"{scalar_type(out.dtype)} and (source) {scalar_type(source.dtype)}")
    size = source.shape[dim] if source.ndim else 1
    if size != index.size:
        fail(IndexError, f"index_copy_(): Number of indices ({index.size}) should be equal to source.size(dim) "
                         f"({size})")
    _check_source(out, dim, index, source)
    check_bounds(index, out.shape[dim] if out.ndim else 1, dim, IndexError)
    out[_at(dim, index) if out.ndim else ...] = source


@primitive(
    vjp={"input": lambda g, dim, index: index_fill_with(g, dim, index, np.zeros((), g.dtype)),
         "source": lambda g, dim, index, source_shape: index_select(g, dim, index).reshape(source_shape)},
    inputs=("input", "index", "source"),
)
def index_copy(input, dim, index, source):
    """A copy of ``input`` with the slices of ``source`` at ``index`` along ``dim``.

    >>> import autograd
    >>> autograd.zeros(3).index_copy(0, autograd.tensor([2, 0]), autograd.tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    out = input.copy()
    _copy_into(out, dim, index, source)
    return out


def _fill_into(out, dim, index, value):
    dim, index = _checked("index_fill_", out.shape, dim, index)
    size = out.shape[dim] if out.ndim else 1
    if index.size and (index.min() < -size or index.max() >= size):
        fail(IndexError, f"index {index.max()} is out of bounds for dimension {dim} with size {size}")
    if not isinstance(value, np.ndarray):
        value = number(value, out.dtype)
    out[_at(dim, index) if out.ndim else ...] = value


@primitive(
    vjp={"input": lambda g, dim, index: index_fill_with(g, dim, index, np.zeros((), g.dtype)),
         "value": lambda g, dim, index: _filled_part(g, dim, index)},
    inputs=("input", "index", "value"), method=False, node_name="IndexFillBackward0",
)
def index_fill_with(input, dim, index, value):
    """`index_fill` by a 0-d tensor."""
    out = input.copy()
    _fill_into(out, dim, index, value)
    return out


def _filled_part(g, dim, index):
    """The sum of ``g`` over the filled slices, each once however often it was named."""
    filled = index_fill_with(np.zeros(g.shape, np.bool_), dim, index, np.ones((), np.bool_))
    return choose(filled, g, np.zeros((), g.dtype)).sum()


@composite()
def index_fill(input, dim, index, value):
    """A copy of ``input`` with ``value``, a number or a 0-d tensor, in the slices at ``index`` along ``dim``.

    >>> import autograd
    >>> autograd.zeros(3).index_fill(0, autograd.tensor([0, 2]), 5.)
    tensor([5., 0., 5.])
    """
    if not hasattr(value, "_vc"):
        value = wrap_node(number(value, input._a.dtype), None)
    elif value._a.ndim:
        fail(RuntimeError, "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                           f"{value._a.ndim} dimension(s).")
    return index_fill_with(input, dim, index, value.to(input.dtype))


in_place(index_add, _add_into, "index_add")
in_place(index_copy, _copy_into, "index_copy")
in_place(index_fill, _fill_into)


@composite()
def index_reduce(input, dim, index, source, reduce, *, include_self=True):
    """A copy of ``input`` in which each slice along ``dim`` is combined with all slices of ``source`` sent to it.

    Args:
        index: a 1-d int64 tensor; slice i of ``source`` goes to slice ``index[i]``.
        reduce: ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.
        include_self: whether the elements of ``input`` take part.

    >>> import autograd
    >>> index, source = autograd.tensor([0, 1, 0]), autograd.tensor([5., 1., 7.])
    >>> autograd.full((2,), 6.).index_reduce(0, index, source, "amax")
    tensor([7., 6.])
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        fail(RuntimeError, f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    dim = wrap_dim(dim, input.ndim)
    _check_source(input._a, dim, index._a, source._a)
    shape = [1] * input.ndim
    if shape:
        shape[dim] = -1
    along = expand(reshape(index, tuple(shape)), tuple(source.shape))
    return reduce_into(input, dim, along, source, reduce, include_self)


@composite(public=False)
def index_reduce_(self, dim, index, source, reduce, *, include_self=True):
    """In-place form of `index_reduce`."""
    check_writable(self, "index_reduce_")
    return write_result(self, index_reduce(self, dim, index, source, reduce, include_self=include_self),
                        "index_reduce_")


# --- by position in the flattened tensor ------------------------------------------------------------------


def _flat_index(name, size, index):
    if index.dtype != np.int64:
        fail(RuntimeError, f"{name}(): Expected a long tensor for index, but got {scalar_type(index.dtype)}")
    if index.size and not size:
        fail(IndexError, f"{name}(): tried to take from an empty tensor")
    if index.size and (index.min() < -size or index.max() >= size):
        bad = int(index.max() if index.max() >= size else index.min())
        fail(IndexError, f"out of range: tried to access index {bad} on a tensor of {size} elements.")
    return (index.copy(),)


@composite()
def take(input, index):
    """The elements of the flattened ``input`` at ``index``, in its shape.

    >>> import autograd
    >>> autograd.take(autograd.tensor([[4, 3], [2, 1]]), autograd.tensor([0, -1]))
    tensor([4, 1])
    """
    return gather_index(reshape(input, (-1,)), _flat_index("take", input.numel(), index._a))


@composite()
def put(input, index, source, accumulate=False):
    """A copy of ``input`` with ``source`` at ``index`` of its flattened form.

    Args:
        accumulate: add instead of overwriting, as often as an element is named.

    >>> import autograd
    >>> autograd.zeros(2, 2).put(autograd.tensor([1, 2]), autograd.tensor([5., 6.]))
    tensor([[0., 5.],
            [6., 0.]])
    """
    where = _flat_index("put_", input.numel(), index._a)
    if source.numel() != index.numel():
        fail(IndexError, "put_(): Expected source and index to have the same number of elements, but got "
                         f"source.numel() = {source.numel()}, index.numel() = {index.numel()}")
    if source._a.dtype != input._a.dtype:
        fail(RuntimeError, "put_(): self and source expected to have the same dtype, but got self.dtype = "
                           f"{scalar_type(input._a.dtype)} and source.dtype = {scalar_type(source._a.dtype)}")
    flat = put_at(reshape(input, (-1,)), reshape(source, (-1,)), (where[0].reshape(-1),), bool(accumulate))
    return reshape(flat, tuple(input.shape))


@composite(public=False)
def put_(self, index, source, accumulate=False):
    """In-place form of `put`."""
    check_writable(self, "put_")
    return write_result(self, put(self, index, source, accumulate), "put_")


@composite()
def take_along_dim(input, indices, dim=None):
    """`gather` by an index that broadcasts against ``input``; without ``dim``, from the flattened tensor.

    >>> import autograd
    >>> x = autograd.tensor([[3, 1], [2, 4]])
    >>> autograd.take_along_dim(x, x.argmax(1, keepdim=True), 1)
    tensor([[3],
            [4]])
    """
    if indices._a.dtype != np.int64:
        fail(RuntimeError, "torch.take_along_dim(): dtype of indices should be Long but got "
                           f"{scalar_type(indices._a.dtype)}")
    if dim is None:
        return gather(reshape(input, (-1,)), 0, reshape(indices, (-1,)))
    if input.ndim != indices.ndim:
        fail(RuntimeError, "torch.take_along_dim(): input and indices should have the same number of dimensions, but "
                           f"got {input.ndim} dimensions for input, and {indices.ndim} dimensions for indices")
    dim = wrap_dim(dim, input.ndim)
    shape, wanted = list(input.shape), list(indices.shape)
    mine, theirs = shape[dim], wanted[dim]
    shape[dim] = wanted[dim] = 1
    common = list(broadcast_shapes(shape, wanted))
    size = input.shape[dim]
    index = wrap_node(np.where(indices._a < 0, indices._a + size, indices._a), None)
    return gather(expand(input, (*common[:dim], mine, *common[dim + 1:])), dim,
                  expand(index, (*common[:dim], theirs, *common[dim + 1:])))
