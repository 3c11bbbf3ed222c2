"""Elements in another order, repeated, or cut to a triangle: rolling, flipping, rotating, tiling."""

from __future__ import annotations

import itertools
from operator import index as as_index

import numpy as np

from ..dims import wrap_dim, wrap_dims
from ..errors import fail
from ..primitive import composite, primitive
from ..tape import wrap_node
from .axes import transpose
from .index_select import index_select
from .shape import expand, reshape, sum_to_size, unsqueeze

# --- rolling and flipping ---------------------------------------------------------------------------------


_ALL, _BACKWARDS = slice(None), slice(None, None, -1)


def _tuple(value):
    return tuple(value) if hasattr(value, "__iter__") else (value,)


@primitive(vjp={"input": lambda g, shifts, dims: roll(g, tuple([-s for s in _tuple(shifts)]), dims)}, numpy=(np.roll,))
def roll(input, shifts, dims=None):
    """Elements moved on by ``shifts`` along ``dims``; what leaves at the end comes in at the front.

    Without ``dims`` the flattened tensor rolls.

    >>> import autograd
    >>> autograd.roll(autograd.arange(4), 1)
    tensor([3, 0, 1, 2])
    """
    shifts = _tuple(shifts)
    if dims is None or dims == ():
        if len(shifts) != 1:
            fail(RuntimeError, f"shifts and dimensions must align. shifts: {len(shifts)}, dims:0")
        return _rolled(input.reshape(-1), shifts[0], 0).reshape(input.shape)
    dims = _tuple(dims)
    if len(shifts) != len(dims):
        fail(RuntimeError, f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    if not input.ndim:
        fail(IndexError, "Dimension specified as 0 but tensor has no dimensions")
    for shift, dim in zip(shifts, dims):
        input = _rolled(input, shift, wrap_dim(dim, input.ndim))
    return input


def _rolled(input, shift, dim):
    """`np.roll` along one dimension, in a third of its time."""
    cut = (input.shape[dim] - shift % input.shape[dim]) if input.shape[dim] else 0
    before = (slice(None),) * dim
    return np.concatenate([input[(*before, slice(cut, None))], input[(*before, slice(cut))]], dim)


@primitive(vjp={"input": lambda g, dims: flip(g, dims)}, varargs="dims", numpy=(np.flip,))
def flip(input, dims):
    """The order along ``dims`` reversed, in new memory.

    >>> import autograd
    >>> autograd.flip(autograd.arange(3), (0,))
    tensor([2, 1, 0])
    """
    turned = wrap_dims(dims, input.ndim)
    if not input.ndim:
        return input.copy()
    return input[tuple([_BACKWARDS if d in turned else _ALL for d in range(input.ndim)])].copy()


@composite(numpy=(np.fliplr,))
def fliplr(input):
    """Columns in reverse order: dimension 1 flipped.

    >>> import autograd
    >>> autograd.tensor([[1, 2], [3, 4]]).fliplr()
    tensor([[2, 1],
            [4, 3]])
    """
    if input.ndim < 2:
        fail(RuntimeError, "Input must be >= 2-d.")
    return flip(input, (1,))


@composite(numpy=(np.flipud,))
def flipud(input):
    """Rows in reverse order: dimension 0 flipped.

    >>> import autograd
    >>> autograd.tensor([[1, 2], [3, 4]]).flipud()
    tensor([[3, 4],
            [1, 2]])
    """
    if input.ndim < 1:
        fail(RuntimeError, "Input must be >= 1-d.")
    return flip(input, (0,))


@composite(numpy=(np.rot90,))
def rot90(input, k=1, dims=(0, 1)):
    """Turned by ``k`` quarters in the plane of ``dims``, from the first towards the second.

    >>> import autograd
    >>> autograd.rot90(autograd.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    if len(dims) != 2:
        fail(RuntimeError, f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        fail(RuntimeError, f"expected total dims >= 2, but got total dims = {input.ndim}")
    first, second = wrap_dim(dims[0], input.ndim), wrap_dim(dims[1], input.ndim)
    if first == second:
        fail(RuntimeError, f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    quarter = k % 4
    if quarter == 0:
        return input.clone()
    if quarter == 2:
        return flip(input, (first, second))
    return transpose(flip(input, (second if quarter == 1 else first,)), first, second).contiguous()


# --- repeating --------------------------------------------------------------------------------------------


def _repeat_grad(g, repeats, shape):
    """Each repetition of ``shape`` in ``g`` added up."""
    full = (1,) * (len(repeats) - len(shape)) + tuple(shape)
    paired = tuple(itertools.chain.from_iterable(zip(repeats, full)))
    single = tuple(itertools.chain.from_iterable((1, n) for n in full))
    return sum_to_size(g.reshape(paired), single).reshape(shape)


@primitive(vjp={"input": lambda g, repeats, input_shape: _repeat_grad(g, repeats, input_shape)}, varargs="repeats",
           numpy=(np.tile,))
def repeat(input, repeats):
    """The tensor laid out ``repeats[d]`` times along dimension d; more repeats than dimensions add dimensions in front.

    >>> import autograd
    >>> autograd.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    if len(repeats) < input.ndim:
        fail(RuntimeError, "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
                           f"tensor: {list(repeats)} for {input.ndim} dimensions; tile() puts ones in front")
    if any(n < 0 for n in repeats):
        fail(RuntimeError, f"Trying to create tensor with negative dimension: repeats are {list(repeats)}")
    return np.tile(input, repeats)


@composite()
def tile(input, *dims):
    """`repeat` with ones put in front of ``dims`` where they are fewer than the dimensions.

    >>> import autograd
    >>> autograd.tensor([1, 2]).tile(2)
    tensor([1, 2, 1, 2])
    """
    dims = tuple(dims[0]) if len(dims) == 1 and hasattr(dims[0], "__iter__") else dims
    return repeat(input, (1,) * (input.ndim - len(dims)) + tuple(dims))


@composite(numpy=(np.repeat,))
def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """Each element repeated in place: along ``dim``, or of the flattened tensor.

    Args:
        repeats: a number, or an int tensor with one for each element of ``dim``. Without it: ``input`` holds the
            repeats, and the indices they stand for are returned.
        output_size: the size of the result along ``dim``, to be checked.

    >>> import autograd
    >>> autograd.repeat_interleave(autograd.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    """
    if repeats is None:
        counts = _counts(input)
        return wrap_node(np.repeat(np.arange(counts.size), counts), None)
    if dim is None:
        input, dim = reshape(input, (-1,)), 0
    if not input.ndim:
        input = reshape(input, (1,))
    dim = wrap_dim(dim, input.ndim)
    n = input.shape[dim]
    counts = _counts(repeats) if hasattr(repeats, "_a") else None
    if counts is not None and counts.size == 1:
        repeats, counts = int(counts.reshape(())), None
    total = n * as_index(repeats) if counts is None else int(counts.sum())
    if output_size is not None and output_size != total:
        fail(RuntimeError, f"allocated size does not match required size: output_size is {output_size}, the repeats "
                           f"add up to {total}")
    if counts is None:
        if repeats < 0:
            fail(RuntimeError, f"Repeats must be non-negative, got {repeats}")
        shape = tuple(input.shape)
        wide = expand(unsqueeze(input, dim + 1), (*shape[:dim + 1], repeats, *shape[dim + 1:]))
        return reshape(wide, (*shape[:dim], total, *shape[dim + 1:]))
    if counts.size != n:
        fail(RuntimeError, "repeats must have the same size as input along dim, but got repeats.size(0) = "
                           f"{counts.size} and input.size({dim}) = {n}")
    return index_select(input, dim, wrap_node(np.repeat(np.arange(n), counts), None))


def _counts(repeats):
    counts = repeats._a
    if counts.ndim > 1:
        fail(RuntimeError, "repeat_interleave only accept 0D or 1D vector as repeat")
    if counts.dtype.kind not in "iu":
        fail(RuntimeError, f"repeats has to be Long or Int tensor, got {counts.dtype}")
    if counts.size and counts.min() < 0:
        fail(RuntimeError, f"repeats can not be negative, got {int(counts.min())}")
    return counts


# --- triangles --------------------------------------------------------------------------------------------


def _check_matrix(name, input):
    if input.ndim < 2:
        fail(RuntimeError, f"{name}: input tensor must have at least 2 dimensions, got {input.ndim}")


@primitive(vjp={"input": lambda g, diagonal: tril(g, diagonal)}, inplace=True, numpy=(np.tril,))
def tril(input, diagonal=0):
    """The elements on and below a diagonal (0 the main one, positive above it), zero elsewhere.

    >>> import autograd
    >>> autograd.tril(autograd.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    _check_matrix("tril", input)
    return np.tril(input, diagonal)


@primitive(vjp={"input": lambda g, diagonal: triu(g, diagonal)}, inplace=True, numpy=(np.triu,))
def triu(input, diagonal=0):
    """The elements on and above a diagonal (0 the main one, positive above it), zero elsewhere.

    >>> import autograd
    >>> autograd.triu(autograd.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    _check_matrix("triu", input)
    return np.triu(input, diagonal)
