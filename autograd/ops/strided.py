"""Views by geometry: diagonals, sliding windows, explicit strides; and tensors with a view of them replaced."""

from __future__ import annotations

from operator import index as as_index

import numpy as np

from ..dims import wrap_dim
from ..errors import fail
from ..primitive import composite, primitive
from .casting import converted
from .indexing import select, slice_view
from .shape import reshape, view_scatter
from .writing import become

# --- diagonals --------------------------------------------------------------------------------------------


@primitive(
    vjp={"input": lambda g, offset, dim1, dim2, input_shape: view_scatter(
        np.zeros(input_shape, g.dtype), g, [(diagonal.op, (offset, dim1, dim2))])},
    view=True,
)
def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonal of the matrices that dimensions ``dim1`` and ``dim2`` make, as the last dimension.

    Args:
        offset: which diagonal: 0 the main one, positive above it, negative below.

    >>> import autograd
    >>> autograd.diagonal(autograd.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    first, second = wrap_dim(dim1, input.ndim), wrap_dim(dim2, input.ndim)
    if first == second:
        fail(RuntimeError, f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    out = input.diagonal(offset, first, second)
    if input.flags.writeable:
        out.flags.writeable = True
    return out


@primitive(vjp={"input": lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2)})
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices in dimensions ``dim1`` and ``dim2`` with ``input``'s last dimension on a diagonal, zero elsewhere.

    >>> import autograd
    >>> autograd.diag_embed(autograd.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    ndim = input.ndim + 1
    first, second = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if first == second:
        fail(RuntimeError, f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    n = input.shape[-1] + abs(offset)
    shape = list(input.shape[:-1])
    for d in sorted((first, second)):
        shape.insert(d, n)
    out = np.zeros(shape, input.dtype)
    diagonal.op.forward(out, offset, first, second)[...] = input
    return out


_main = diagonal  # `diag` has a parameter of that name


@composite(numpy=(np.diag,))
def diag(input, diagonal=0):
    """The diagonal of a matrix, or the matrix with a vector on its diagonal.

    >>> import autograd
    >>> autograd.diag(autograd.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim != 2:
        fail(RuntimeError, f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    return _main(input, diagonal).clone()


@composite(numpy=(np.diagflat,))
def diagflat(input, offset=0):
    """The matrix with the elements of ``input``, flattened, on its diagonal.

    >>> import autograd
    >>> autograd.diagflat(autograd.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(reshape(input, (-1,)), offset)


# --- sliding windows --------------------------------------------------------------------------------------


@primitive(
    vjp={"input": lambda g, dimension, size, step, input_shape: unfold_grad(g, dimension, size, step, input_shape)},
    view=True,
)
def unfold(input, dimension, size, step):
    """The windows of ``size`` elements, ``step`` apart, along ``dimension``; their elements are the last dimension.

    >>> import autograd
    >>> autograd.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    dim = wrap_dim(dimension, input.ndim)
    length = input.shape[dim] if input.ndim else 1
    if size < 0 or size > length:
        fail(RuntimeError, f"maximum size for tensor at dimension {dim} is {length} but size is {size}")
    if step <= 0:
        fail(RuntimeError, f"step is {step} but must be > 0")
    if not input.ndim:
        return _view(input, (size,), (input.itemsize,), 0, False)
    shape, strides = list(input.shape), list(input.strides)
    shape[dim] = (length - size) // step + 1
    shape.append(size)
    strides.append(strides[dim])
    strides[dim] *= step
    return _view(input, shape, strides, 0, size > step)


def _memory(a):
    """The array that owns the memory of ``a``, as far as NumPy knows."""
    while isinstance(a.base, np.ndarray):
        a = a.base
    return a


def _address(a):
    return a.__array_interface__["data"][0]


def _view(input, shape, strides, offset, shared):
    """The elements of ``input``'s memory from ``offset`` bytes behind its first one, at ``strides`` in bytes.

    NumPy's as_strided puts an object between a view and its memory, so that dispatch would not know the view as one.
    ``shared``: several elements lie in one place, so nobody may write to them.
    """
    memory = _memory(input)
    try:
        view = np.ndarray(shape, input.dtype, memory, _address(input) - _address(memory) + offset, strides)
    except ValueError:  # memory that is not one block cannot be addressed this way
        return np.lib.stride_tricks.as_strided(input, shape, strides).copy()
    if shared or not input.flags.writeable:
        view.flags.writeable = False
    return view


@primitive(vjp={"g": lambda g, dimension, size, step: unfold(g, dimension, size, step)}, method=False)
def unfold_grad(g, dimension, size, step, shape):
    """Zeros of ``shape`` with every window of ``g`` added in its place."""
    out = np.zeros(shape, g.dtype)
    if not shape:
        out[...] = g.sum()
        return out
    dim = wrap_dim(dimension, len(shape))
    at = [slice(None)] * len(shape)
    stop = g.shape[dim] * step
    for k in range(size):
        at[dim] = slice(k, k + stop - step + 1, step)
        out[tuple(at)] += g[..., k]
    return out


# --- explicit strides -------------------------------------------------------------------------------------


def _places(shape, strides, offset):
    """Where the elements of a strided view lie, in elements from the start of the memory."""
    places = np.array(offset)
    for n, step in zip(shape, strides):
        places = places[..., None] + np.arange(n) * step
    return places


def _layout(a):
    """Strides, offset and extent of ``a`` in its memory, in elements."""
    memory = _memory(a)
    width = a.itemsize
    return tuple([s // width for s in a.strides]), (_address(a) - _address(memory)) // width, memory.nbytes // width


@primitive(
    vjp={"input": lambda g, size, stride, storage_offset, layout, input_shape: strided_grad(
        g, size, stride, storage_offset, layout, input_shape)},
    view=True, method=False, node_name="AsStridedBackward0",
)
def strided_view(input, size, stride, storage_offset, layout):
    """`as_strided` of an input whose elements lie as ``layout`` says."""
    if _layout(input) != layout:  # a gradient, or a changed copy: lay it out as the input was
        strides, offset, extent = layout
        storage = np.zeros(extent, input.dtype)
        storage[_places(input.shape, strides, offset)] = input
        if (strides, offset, extent) != _layout(np.empty(input.shape, input.dtype)):
            return storage[_places(size, stride, storage_offset)]
        input = input.reshape(-1)  # a view of it: its own layout is the usual one
    width = input.itemsize
    start = storage_offset - _layout(input)[1]
    places = _places(size, stride, 0)
    shared = places.size != np.unique(places).size
    return _view(input, size, tuple([s * width for s in stride]), start * width, shared)


@primitive(
    vjp={"g": lambda g, size, stride, storage_offset, layout: strided_view(g, size, stride, storage_offset, layout)},
    method=False,
)
def strided_grad(g, size, stride, storage_offset, layout, shape):
    """The gradient of the input of `strided_view`; where its own elements share places, they share the gradient."""
    strides, offset, extent = layout
    storage = np.zeros(extent, g.dtype)
    np.add.at(storage, _places(size, stride, storage_offset), g)
    places = _places(shape, strides, offset)
    counts = np.zeros(extent, g.dtype)
    np.add.at(counts, places, np.ones((), g.dtype))
    return storage[places] / counts[places]


def _geometry(input, size, stride, storage_offset):
    """The options of `strided_view`, checked."""
    size, stride = tuple(map(as_index, size)), tuple(map(as_index, stride))
    if len(size) != len(stride):
        fail(RuntimeError, f"mismatch in length of strides and shape: {list(stride)} and {list(size)}")
    if any(s < 0 for s in stride):
        fail(RuntimeError, "as_strided: Negative strides are not supported at the moment, got strides: "
                           f"{list(stride)}")
    layout = _layout(input._a)
    offset = layout[1] if storage_offset is None else as_index(storage_offset)
    last = offset + sum((n - 1) * s for n, s in zip(size, stride))
    if offset < 0 or (all(size) and last >= layout[2]):
        width = input._a.itemsize
        fail(RuntimeError, f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and "
                           f"itemsize {width} requiring a storage size of {(last + 1) * width} are out of bounds for "
                           f"storage of size {layout[2] * width}")
    return size, stride, offset, layout


@composite()
def as_strided(input, size, stride, storage_offset=None):
    """A view of ``input``'s memory with explicit geometry.

    Args:
        size: the shape.
        stride: how many elements to step in memory along each dimension.
        storage_offset: where in memory the first element lies. Default: at the first element of ``input``.

    Raises:
        RuntimeError: the view would reach beyond the memory.

    >>> import autograd
    >>> autograd.arange(6).as_strided((2, 2), (3, 1))
    tensor([[0, 1],
            [3, 4]])
    """
    return strided_view(input, *_geometry(input, size, stride, storage_offset))


@composite(public=False)
def as_strided_(self, size, stride, storage_offset=None):
    """In-place form of `as_strided`."""
    return become(self, strided_view.op, *_geometry(self, size, stride, storage_offset))


# --- a tensor with a view of it replaced ------------------------------------------------------------------


def _replaced(name, input, src, op, *options):
    """A copy of ``input`` in which the view ``op(input, *options)`` has the values ``src``."""
    wanted = op.forward(input._a, *options).shape
    if tuple(src.shape) != wanted:
        fail(RuntimeError, f"{name}(): expected src to have a size equal to the slice of self. src size = "
                           f"{list(src.shape)}, slice size = {list(wanted)}")
    if src._a.dtype != input._a.dtype:
        src = converted(src, input._a.dtype)
    return view_scatter(input, src, [(op, options)])


@composite()
def select_scatter(input, src, dim, index):
    """A copy of ``input`` with ``src`` as the slice at ``index`` of dimension ``dim``.

    >>> import autograd
    >>> autograd.zeros(2, 2).select_scatter(autograd.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    return _replaced("select_scatter", input, src, select.op, dim, index)


@composite()
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """A copy of ``input`` with ``src`` in place of ``input[start:end:step]`` along ``dim``.

    >>> import autograd
    >>> autograd.zeros(4).slice_scatter(autograd.ones(2), start=1, end=3)
    tensor([0., 1., 1., 0.])
    """
    if step < 1:
        fail(RuntimeError, f"slice step must be positive, got {step}")
    index = (slice(None),) * wrap_dim(dim, input.ndim) + (slice(start, end, step),)
    return _replaced("slice_scatter", input, src, slice_view.op, index)


@composite()
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """A copy of ``input`` with ``src`` on its diagonal; the arguments are those of `diagonal`.

    >>> import autograd
    >>> autograd.zeros(2, 2).diagonal_scatter(autograd.ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return _replaced("diagonal_scatter", input, src, diagonal.op, offset, dim1, dim2)


@composite()
def as_strided_scatter(input, src, size, stride, storage_offset=None):
    """A copy of ``input``, contiguous, with ``src`` in place of the view `as_strided` takes of it.

    >>> import autograd
    >>> autograd.zeros(4).as_strided_scatter(autograd.ones(2), (2,), (3,))
    tensor([1., 0., 0., 1.])
    """
    input = input.contiguous()
    if _memory(input._a).nbytes != input._a.nbytes:
        input = input.clone()
    view = as_strided(input, size, stride, storage_offset)
    if not view._a.flags.writeable:
        fail(RuntimeError, "as_strided_scatter: elements of the view share places in memory")
    layout = _layout(input._a)
    return _replaced("as_strided_scatter", input, src, strided_view.op, tuple(size), tuple(stride),
                     layout[1] if storage_offset is None else storage_offset, layout)
