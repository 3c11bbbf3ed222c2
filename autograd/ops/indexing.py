"""Indexing with ``x[...]``, reading and writing.

An index is brought to a basic part (integers, slices, None, ...), which gives a view, followed by an advanced part
(arrays of integers or booleans), which gathers. This is PyTorch's order; NumPy's differs where integers stand between
arrays.
"""

from __future__ import annotations

from operator import index as as_index

import numpy as np

from ..codegen import inline
from ..dims import wrap_dim
from ..errors import fail
from ..kernels.scatter import add_at
from ..primitive import composite, primitive

_ALL = slice(None)
_BOOL, _INT64 = np.dtype("bool"), np.dtype("int64")
_MASKS = frozenset((_BOOL, np.dtype("uint8")))


def index_error(error, input):
    """PyTorch's words for NumPy's complaint about an index."""
    message = str(error)
    if "too many indices" in message:
        fail(IndexError, f"too many indices for tensor of dimension {input.ndim}")
    if "only integers" in message:
        fail(IndexError, "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
                         "indices")
    fail(IndexError, message.replace("axis", "dimension").replace("indexing arrays", "indexing tensors"))


# --- basic: views -----------------------------------------------------------------------------------------


@primitive(
    vjp={"input": lambda g, index, input_shape: slice_grad(g, index, input_shape)}, view=True, method=False,
    fast=inline("out if (out := input[index]).__class__ is ndarray else None"),
    common=inline("(kind := index.__class__) is slice and index.step is None or kind is int"),
    node_name="SliceBackward0",
)
def slice_view(input, index):
    """``input[index]`` for an index of integers, slices, None and Ellipsis."""
    try:
        out = input[index]
        if out.__class__ is np.ndarray:
            return out
        return input[(*index, Ellipsis)] if index.__class__ is tuple else input[index, ...]
    except IndexError as error:
        index_error(error, input)


@primitive(vjp={"g": lambda g, index: g[index]}, method=False)
def slice_grad(g, index, shape):
    """Zeros of ``shape`` with ``g`` at ``index``, which names no element twice."""
    out = np.zeros(shape, g.dtype)
    out[index] = g
    return out


@primitive(
    vjp={"input": lambda g, dim, index, input_shape: slice_grad(g, (_ALL,) * wrap_dim(dim, len(input_shape)) + (index,),
                                                                input_shape)},
    view=True,
)
def select(input, dim, index):
    """The slice at ``index`` of dimension ``dim``, without that dimension.

    Raises:
        IndexError: the index is out of range.

    >>> import autograd
    >>> autograd.tensor([[1, 2], [3, 4]]).select(1, 0)
    tensor([1, 3])
    """
    if not input.ndim:
        fail(IndexError, "select() cannot be applied to a 0-dim tensor.")
    dim, index = wrap_dim(dim, input.ndim), as_index(index)
    size = input.shape[dim]
    if not -size <= index < size:
        fail(IndexError, f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension "
                         f"{dim}")
    return input[(*(_ALL,) * dim, index, Ellipsis)]


@primitive(
    vjp={"input": lambda g, dim, start, length, input_shape: slice_grad(
        g, _narrow_index(input_shape, dim, start, length), input_shape)},
    view=True,
)
def narrow(input, dim, start, length):
    """The part of ``length`` from ``start`` along ``dim``.

    Raises:
        RuntimeError, IndexError: the part exceeds the dimension.

    >>> import autograd
    >>> autograd.arange(5).narrow(0, 1, 3)
    tensor([1, 2, 3])
    """
    return input[_narrow_index(input.shape, dim, start, length)]


@composite()
def narrow_copy(input, dim, start, length):
    """`narrow` in new memory.

    >>> import autograd
    >>> autograd.arange(5).narrow_copy(0, 1, 3)
    tensor([1, 2, 3])
    """
    return narrow(input, dim, start, length).clone()


def _narrow_index(shape, dim, start, length):
    if not shape:
        fail(RuntimeError, "narrow() cannot be applied to a 0-dim tensor.")
    if hasattr(start, "_a") and (start._a.ndim or start._a.dtype.kind not in "iu"):
        fail(RuntimeError, "start must be an 0-dim integral Tensor.")
    dim, start, length = wrap_dim(dim, len(shape)), as_index(start), as_index(length)
    size = shape[dim]
    if length < 0:
        fail(RuntimeError, "narrow(): length must be non-negative.")
    if not -size <= start <= size:
        fail(IndexError, f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    if start < 0:
        start += size
    if start + length > size:
        fail(RuntimeError, f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return (*(_ALL,) * dim, slice(start, start + length))


# --- advanced: gathering ----------------------------------------------------------------------------------


@primitive(vjp={"input": lambda g, index, input_shape: gather_grad(g, index, input_shape)}, method=False,
           node_name="IndexBackward0")
def gather_index(input, index):
    """``input[index]`` for an index of full slices and arrays."""
    try:
        return input[index]
    except IndexError as error:
        index_error(error, input)


@primitive(vjp={"g": lambda g, index: gather_index(g, index)}, method=False)
def gather_grad(g, index, shape):
    """Zeros of ``shape`` with ``g`` added at ``index``, as often as each element is named."""
    out = np.zeros(shape, g.dtype)
    add_at(out, index, g)
    return out


# --- sorting an index out ---------------------------------------------------------------------------------


def _plain(item):
    """Whether ``item`` is basic as it stands."""
    kind = item.__class__
    if kind is slice:
        _check_step(item)
        return True
    return kind is int or item is None or item is Ellipsis


def _check_step(item):
    step = item.step
    if step is not None and as_index(step) <= 0:
        fail(ValueError, "slice step cannot be zero" if as_index(step) == 0 else "step must be greater than zero")


def _to_array(item):
    """A tensor, array or nested list in an index as an array, not shared with anybody who might write to it."""
    array = getattr(item, "_a", item)
    if not isinstance(array, np.ndarray):
        array = np.array([getattr(i, "_a", i) for i in array] if isinstance(array, (list, tuple)) else array)
        if array.size == 0 and array.dtype.kind == "f":
            array = array.astype(np.int64)
    if array.dtype.kind not in "biu":
        fail(IndexError, f"tensors used as indices must be long, int, byte or bool tensors, got {array.dtype}; "
                         "convert with .long()")
    return array.astype(np.bool_) if array.dtype in _MASKS else array.astype(np.int64)


def _means_tuple(index):
    """Whether a list stands for a tuple, as PyTorch still reads one that holds more than numbers."""
    return index.__class__ is list and len(index) < 32 and any(
        i is None or i is Ellipsis or isinstance(i, (slice, list, tuple, range, np.ndarray)) or hasattr(i, "_vc")
        for i in index)


def split_index(index, shape):
    """The basic part of ``index`` and its advanced part, or None where it has none."""
    items = list(index) if isinstance(index, tuple) or _means_tuple(index) else [index]
    consumed = 0
    for i, item in enumerate(items):
        if _plain(item):
            consumed += item is not None and item is not Ellipsis
            continue
        array = getattr(item, "_a", item)
        if isinstance(item, (bool, np.bool_)) or (isinstance(array, np.ndarray) and array.ndim == 0
                                                  and array.dtype in _MASKS):
            items[i] = np.ones(1, np.bool_) if bool(item) else np.zeros(1, np.bool_)
            items[i] = (items[i],)  # marks a mask over a new dimension
        elif isinstance(array, (np.ndarray, np.generic)) and array.ndim == 0 and array.dtype.kind in "iu":
            items[i] = int(array)
            consumed += 1
        elif isinstance(array, (np.ndarray, list, tuple, range)):
            items[i] = _to_array(item)
            consumed += items[i].ndim if items[i].dtype.kind == "b" else 1
        elif isinstance(item, float) or not hasattr(item, "__index__"):
            fail(TypeError if isinstance(item, str) else IndexError,
                 "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
                 f"(got {item.__class__.__name__})")
        else:
            items[i] = as_index(item)
            consumed += 1
    if consumed > len(shape):
        fail(IndexError, f"too many indices for tensor of dimension {len(shape)}")
    return _parts(items, shape, consumed)


def _parts(items, shape, consumed):
    basic, advanced, dim = [], [], 0
    for item in items:
        if item is Ellipsis:
            full = len(shape) - consumed
            consumed = len(shape)
            basic += [_ALL] * full
            advanced += [_ALL] * full
            dim += full
        elif item is None:
            basic.append(None)
            advanced.append(_ALL)
        elif item.__class__ is tuple:
            basic.append(None)
            advanced.append(item[0])
        elif item.__class__ is slice:
            basic.append(item)
            advanced.append(_ALL)
            dim += 1
        elif item.__class__ is int:
            basic.append(item)
            dim += 1
        else:
            covered = 1
            if item.dtype.kind == "b":
                covered = item.ndim
                _check_mask(item, shape, dim)
            basic += [_ALL] * covered
            advanced.append(item)
            dim += covered
    arrays = any(i.__class__ is np.ndarray for i in advanced)
    return tuple(basic), tuple(advanced) if arrays else None


def _check_mask(mask, shape, dim):
    """Raise where a mask does not have the sizes of the dimensions it stands for."""
    for d, n in enumerate(mask.shape):
        if n != shape[dim + d]:
            fail(IndexError, f"The shape of the mask {list(mask.shape)} at index {d} does not match the shape of the "
                             f"indexed tensor {list(shape)} at index {dim + d}")


_gather_index, _slice = gather_index.op.core, slice_view.op.core


@composite(method=False)
def getitem(input, index):
    """``input[index]``: a view for integers, slices, None and Ellipsis; a gathered copy where arrays take part."""
    kind = index.__class__
    if kind is int:
        return _slice(input, index)
    if kind is slice:
        if index.step is not None:
            _check_step(index)
        return _slice(input, index)
    if kind is tuple:
        for item in index:
            if not _plain(item):
                break
        else:
            if index.count(Ellipsis) < 2:
                return _slice(input, index)
    elif index is None or index is Ellipsis:
        return _slice(input, index)
    alone = lone_array(index, input._a.shape)
    if alone is not None:
        # Backward needs the index as it is now, whatever is written to it later.
        return _gather_index(input, alone if input._node is None and input._meta is None else (alone[0].copy(),))
    basic, advanced = split_index(index, input._a.shape)
    if any(i is not _ALL for i in basic) or advanced is None:
        input = _slice(input, basic)
    return input if advanced is None else _gather_index(input, advanced)


slice_view.op.rest = getitem


def lone_array(index, shape):
    """The commonest advanced index, one tensor of int64 or bool, as an index of arrays; None for any other."""
    array = getattr(index, "_a", None)
    if array is None or not array.ndim > 0:
        return None
    if array.dtype is _BOOL and array.ndim <= len(shape):
        _check_mask(array, shape, 0)
        return (array,)
    return (array,) if array.dtype is _INT64 and shape else None
