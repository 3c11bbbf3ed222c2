"""Joining tensors."""

from __future__ import annotations

import numpy as np

from ..dims import wrap_dim
from ..errors import fail, value_error
from ..on_first_call import RUNTIME
from ..primitive import composite, primitive
from .shape import reshape, unsqueeze


def _cat_vjp(g, dim, tensors_shape):
    """The part of ``g`` that each tensor contributed."""
    before = (slice(None),) * wrap_dim(dim, g.ndim)
    parts, start, axis = [], 0, len(before)
    for shape in tensors_shape:
        if _left_out(shape, g.ndim):
            parts.append(np.zeros(shape, g.dtype))
            continue
        stop = start + shape[axis]
        parts.append(g[(*before, slice(start, stop))])
        start = stop
    return parts


def _left_out(shape, ndim):
    """Whether ``cat`` passes over a tensor of this shape among tensors of ``ndim`` dimensions."""
    return len(shape) == 1 and shape[0] == 0 and ndim != 1


@primitive(vjp=_cat_vjp, inputs=("tensors",), variadic=True, promote="common", method=False, numpy=(np.concatenate,))
def cat(tensors, dim=0):
    """The tensors one after the other along ``dim``. Empty 1-d tensors are passed over.

    Args:
        tensors: a sequence of tensors, of one shape but for dimension ``dim``; dtypes are promoted to a common one.
        dim: an existing dimension.

    Raises:
        RuntimeError: the other dimensions differ.
        IndexError: there is no dimension ``dim``.
        ValueError: no tensors are given.

    >>> import autograd
    >>> autograd.cat([autograd.zeros(1, 2), autograd.ones(2, 2)])
    tensor([[0., 0.],
            [1., 1.],
            [1., 1.]])
    """
    try:
        return np.concatenate(tensors, dim)
    except (ValueError, IndexError):
        pass
    if not tensors:
        raise value_error("cat(): expected a non-empty list of Tensors")
    joined = [a for a in tensors if not (a.ndim == 1 and a.size == 0)] or tensors
    first = joined[0]
    for i, a in enumerate(tensors):
        if a.ndim == 0:
            fail(RuntimeError, f"zero-dimensional tensor (at position {i}) cannot be concatenated; use stack")
    axis = wrap_dim(dim, first.ndim)
    for i, a in enumerate(tensors):
        if _left_out(a.shape, first.ndim):
            continue
        if a.ndim != first.ndim:
            fail(RuntimeError, f"Tensors must have same number of dimensions: got {first.ndim} and {a.ndim}")
        for d in range(a.ndim):
            if d != axis and a.shape[d] != first.shape[d]:
                fail(RuntimeError, f"Sizes of tensors must match except in dimension {axis}. Expected size "
                                   f"{first.shape[d]} but got size {a.shape[d]} for tensor number {i} in the list.")
    return np.concatenate(joined, axis)


@composite(method=False)
def concat(tensors, dim=0):
    """`cat`.

    >>> import autograd
    >>> autograd.concat([autograd.tensor([1]), autograd.tensor([2, 3])])
    tensor([1, 2, 3])
    """
    return cat(tensors, dim)


@composite(method=False)
def concatenate(tensors, dim=0):
    """`cat`.

    >>> import autograd
    >>> autograd.concatenate([autograd.tensor([1]), autograd.tensor([2, 3])])
    tensor([1, 2, 3])
    """
    return cat(tensors, dim)


def _stack_vjp(g, dim, tensors_shape):
    before = (slice(None),) * wrap_dim(dim, g.ndim)
    return [g[(*before, i, Ellipsis)] for i in range(len(tensors_shape))]


@primitive(vjp=_stack_vjp, inputs=("tensors",), variadic=True, promote="common", method=False, numpy=(np.stack,))
def stack(tensors, dim=0):
    """The tensors, of one shape, along a new dimension ``dim``.

    Raises:
        RuntimeError: the shapes differ, or no tensors are given.
        IndexError: ``dim`` is beyond the number of dimensions.

    >>> import autograd
    >>> autograd.stack([autograd.zeros(2), autograd.ones(2)], 1)
    tensor([[0., 1.],
            [0., 1.]])
    """
    if not tensors:
        fail(RuntimeError, "stack expects a non-empty TensorList")
    first = tensors[0]
    for i, a in enumerate(tensors):
        if a.shape != first.shape:
            fail(RuntimeError, f"stack expects each tensor to be equal size, but got {list(first.shape)} at entry 0 "
                               f"and {list(a.shape)} at entry {i}")
    if dim == 0 and first.ndim:
        return np.concatenate(tensors).reshape(len(tensors), *first.shape)
    new = (slice(None),) * wrap_dim(dim, first.ndim + 1) + (None,)
    return np.concatenate([a[new] for a in tensors], len(new) - 1)


def _atleast(t, ndim):
    """``t`` with at least ``ndim`` dimensions, where NumPy's ``atleast_*d`` puts them."""
    have = t.ndim
    if have >= ndim:
        return t
    if have == 0:
        return reshape(t, (1,) * ndim)
    if have == 1:
        t = unsqueeze(t, 0)
    return t if ndim == 2 else unsqueeze(t, -1)


def _each(tensors, ndim):
    if len(tensors) == 1:
        if isinstance(tensors[0], (list, tuple)):
            return tuple([_atleast(t, ndim) for t in tensors[0]])
        return _atleast(tensors[0], ndim)
    return tuple([_atleast(t, ndim) for t in tensors])


@composite(method=False, numpy=(np.atleast_1d,))
def atleast_1d(*tensors):
    """Each tensor with at least one dimension.

    >>> import autograd
    >>> autograd.atleast_1d(autograd.tensor(1), autograd.tensor([2, 3]))
    (tensor([1]), tensor([2, 3]))
    """
    return _each(tensors, 1)


@composite(method=False, numpy=(np.atleast_2d,))
def atleast_2d(*tensors):
    """Each tensor with at least two dimensions; new ones come first.

    >>> import autograd
    >>> autograd.atleast_2d(autograd.tensor([1, 2]))
    tensor([[1, 2]])
    """
    return _each(tensors, 2)


@composite(method=False, numpy=(np.atleast_3d,))
def atleast_3d(*tensors):
    """Each tensor with at least three dimensions; a vector lies along the middle one.

    >>> import autograd
    >>> autograd.atleast_3d(autograd.zeros(4)).shape
    Size([1, 4, 1])
    """
    return _each(tensors, 3)


def _nonempty(name, tensors):
    tensors = list(tensors)
    if not tensors:
        fail(RuntimeError, f"{name} expects a non-empty TensorList")
    return tensors


@composite(method=False, numpy=(np.hstack,))
def hstack(tensors):
    """The tensors side by side: along dimension 1, or 0 where they are 1-d.

    >>> import autograd
    >>> autograd.hstack([autograd.zeros(2), autograd.ones(1)])
    tensor([0., 0., 1.])
    """
    tensors = [_atleast(t, 1) for t in _nonempty("hstack", tensors)]
    return cat(tensors, 0 if tensors[0].ndim == 1 else 1)


@composite(method=False, numpy=(np.vstack,))
def vstack(tensors):
    """The tensors one above the other; 1-d ones are rows.

    >>> import autograd
    >>> autograd.vstack([autograd.tensor([1, 2]), autograd.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([_atleast(t, 2) for t in _nonempty("vstack", tensors)], 0)


@composite(method=False)
def row_stack(tensors):
    """`vstack`.

    >>> import autograd
    >>> autograd.row_stack([autograd.tensor([1, 2]), autograd.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return vstack(tensors)


@composite(method=False, numpy=(np.dstack,))
def dstack(tensors):
    """The tensors one behind the other, along dimension 2.

    >>> import autograd
    >>> autograd.dstack([autograd.tensor([1, 2]), autograd.tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat([_atleast(t, 3) for t in _nonempty("dstack", tensors)], 2)


@composite(method=False, numpy=(np.column_stack,))
def column_stack(tensors):
    """The tensors side by side; 1-d ones are columns.

    >>> import autograd
    >>> autograd.column_stack([autograd.tensor([1, 2]), autograd.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    return cat([t if t.ndim > 1 else reshape(t, (-1, 1)) for t in _nonempty("column_stack", tensors)], 1)


RUNTIME.update(stack=stack)
