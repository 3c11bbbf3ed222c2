"""Joining tensors, and taking them apart."""

from __future__ import annotations

from operator import index

import numpy as np

from ..codegen import RUNTIME
from ..dims import wrap_dim
from ..errors import fail
from ..modes import recording
from ..primitive import composite, primitive
from ..views import node_of
from .checks import zero_gradient
from .indexing import narrow, select
from .shape import expand, reshape, unsqueeze


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

    Raises:
        RuntimeError: the other dimensions differ.
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
        error = ValueError("cat(): expected a non-empty list of Tensors")
        error._ours = True
        raise error
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
    """`cat`."""
    return cat(tensors, dim)


@composite(method=False)
def concatenate(tensors, dim=0):
    """`cat`."""
    return cat(tensors, dim)


def _stack_vjp(g, dim, tensors_shape):
    before = (slice(None),) * wrap_dim(dim, g.ndim)
    return [g[(*before, i, Ellipsis)] for i in range(len(tensors_shape))]


@primitive(vjp=_stack_vjp, inputs=("tensors",), variadic=True, promote="common", method=False, numpy=(np.stack,))
def stack(tensors, dim=0):
    """The tensors, of one shape, along a new dimension ``dim``.

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
    """Each tensor with at least one dimension."""
    return _each(tensors, 1)


@composite(method=False, numpy=(np.atleast_2d,))
def atleast_2d(*tensors):
    """Each tensor with at least two dimensions; new ones come first."""
    return _each(tensors, 2)


@composite(method=False, numpy=(np.atleast_3d,))
def atleast_3d(*tensors):
    """Each tensor with at least three dimensions; a vector lies along the middle one."""
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
    """The tensors one above the other; 1-d ones are rows."""
    return cat([_atleast(t, 2) for t in _nonempty("vstack", tensors)], 0)


@composite(method=False)
def row_stack(tensors):
    """`vstack`."""
    return vstack(tensors)


@composite(method=False, numpy=(np.dstack,))
def dstack(tensors):
    """The tensors one behind the other, along dimension 2."""
    return cat([_atleast(t, 3) for t in _nonempty("dstack", tensors)], 2)


@composite(method=False, numpy=(np.column_stack,))
def column_stack(tensors):
    """The tensors side by side; 1-d ones are columns."""
    return cat([t if t.ndim > 1 else reshape(t, (-1, 1)) for t in _nonempty("column_stack", tensors)], 1)


# --- taking apart -----------------------------------------------------------------------------------------


def _complete(g, shapes):
    """The gradients of several outputs, with zeros where none arrived."""
    zero = zero_gradient(next(p for p in g if p is not None)).sum()
    return [expand(zero, shape) if p is None else p for p, shape in zip(g, shapes)]


def _pieces_vjp(g, dim, sizes, input_shape):
    shapes = [(*input_shape[:dim], n, *input_shape[dim + 1:]) for n in sizes]
    return (cat(_complete(g, shapes), dim),)


def _slices_vjp(g, dim, input_shape):
    shape = (*input_shape[:dim], *input_shape[dim + 1:])
    return (stack(_complete(g, [shape] * len(g)), dim),)


@primitive(vjp=_pieces_vjp, inputs=("input",), outputs="many", method=False, node_name="SplitBackward0")
def pieces(input, dim, sizes):
    """The parts of ``sizes`` along ``dim``, one node for all, so that backward joins them once."""
    before = (slice(None),) * dim
    parts, start = [], 0
    for n in sizes:
        parts.append(input[(*before, slice(start, start + n))])
        start += n
    return parts


@primitive(vjp=_slices_vjp, inputs=("input",), outputs="many", method=False, node_name="UnbindBackward0")
def slices(input, dim):
    """The slices along ``dim``, one node for all."""
    before = (slice(None),) * dim
    return [input[(*before, i, Ellipsis)] for i in range(input.shape[dim])]


def _as_views(input, parts, op, options):
    """Make ``parts``, which came from one node, views of ``input``: part i is ``op(input, *options[i])``."""
    for part, option in zip(parts, options):
        part._vc = input._vc
        part._meta = (input, op, option, input._vc[1])
    return parts


def _recorded(input):
    return (input._node if input._meta is None else node_of(input)) is not None and recording()


def _split(input, dim, sizes):
    starts, start = [], 0
    for n in sizes:
        starts.append(start)
        start += n
    options = [(dim, start, n) for start, n in zip(starts, sizes)]
    if not _recorded(input):
        return tuple([narrow(input, *option) for option in options])
    return _as_views(input, pieces(input, dim, sizes), narrow.op, options)


@composite()
def split(tensor, split_size_or_sections, dim=0):
    """Views of the parts along ``dim``.

    Args:
        split_size_or_sections: the size of each part but perhaps the last, or the list of all sizes.

    Raises:
        RuntimeError: the sizes do not add up to the size of ``dim``.

    >>> import autograd
    >>> autograd.arange(5).split(2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if tensor.ndim == 0:
        fail(RuntimeError, "split expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, tensor.ndim)
    total = tensor.shape[dim]
    if hasattr(split_size_or_sections, "__index__"):
        size = index(split_size_or_sections)
        if size < 0:
            fail(RuntimeError, f"split expects split_size be non-negative, but got split_size={size}")
        if size == 0 and total:
            fail(RuntimeError, f"split_size can only be 0 if dimension size is 0, but got dimension size of {total}")
        sizes = [min(size, total - start) for start in range(0, total, size or 1)] or [0]
        return _split(tensor, dim, tuple(sizes))
    return split_with_sizes(tensor, split_size_or_sections, dim)


@composite()
def split_with_sizes(self, split_sizes, dim=0):
    """`split` by a list of sizes."""
    dim = wrap_dim(dim, self.ndim)
    sizes = tuple([index(n) for n in split_sizes])
    if any(n < 0 for n in sizes):
        fail(RuntimeError, "split_with_sizes expects split_sizes have only non-negative entries, but got "
                           f"{list(sizes)}")
    if sum(sizes) != self.shape[dim]:
        fail(RuntimeError, f"split_with_sizes expects split_sizes to sum exactly to {self.shape[dim]} (input tensor's "
                           f"size at dimension {dim}), but got split_sizes={list(sizes)}")
    return _split(self, dim, sizes)


@composite()
def chunk(input, chunks, dim=0):
    """At most ``chunks`` views of equal size along ``dim``; the last may be smaller.

    >>> import autograd
    >>> autograd.arange(5).chunk(2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    if input.ndim == 0:
        fail(RuntimeError, "chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        fail(RuntimeError, f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = wrap_dim(dim, input.ndim)
    total = input.shape[dim]
    if not total:
        return _split(input, dim, (0,) * chunks)
    return split(input, -(-total // chunks), dim)


@composite()
def tensor_split(input, indices_or_sections, dim=0):
    """Views of the parts along ``dim``: ``indices_or_sections`` parts of near-equal size, or cut at the indices.

    >>> import autograd
    >>> autograd.arange(5).tensor_split((1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    if input.ndim == 0:
        fail(RuntimeError, "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = wrap_dim(dim, input.ndim)
    total = input.shape[dim]
    if hasattr(indices_or_sections, "_a"):
        indices_or_sections = indices_or_sections.tolist()
    if hasattr(indices_or_sections, "__index__"):
        sections = index(indices_or_sections)
        if sections <= 0:
            fail(RuntimeError, f"number of sections must be larger than 0, got {sections}")
        small, larger = divmod(total, sections)
        return _split(input, dim, (small + 1,) * larger + (small,) * (sections - larger))
    bounds = [slice(i, j).indices(total) for i, j in
              zip([0, *indices_or_sections], [*indices_or_sections, total])]
    return tuple([narrow(input, dim, start, max(stop - start, 0)) for start, stop, _ in bounds])


def _split_along(name, input, indices_or_sections, dim, least):
    if input.ndim < least:
        fail(RuntimeError, f"{name} requires a tensor with at least {least} dimension{'s' * (least > 1)}, but got a "
                           f"tensor with {input.ndim} dimensions!")
    if hasattr(indices_or_sections, "__index__") and (
            index(indices_or_sections) <= 0 or input.shape[dim] % index(indices_or_sections)):
        fail(RuntimeError, f"{name} attempted to split along dimension {dim}, but the size of the dimension "
                           f"{input.shape[dim]} is not divisible by the split_size {indices_or_sections}!")
    return tensor_split(input, indices_or_sections, dim)


@composite()
def hsplit(input, indices_or_sections):
    """`tensor_split` along dimension 1, or 0 where the tensor is 1-d."""
    return _split_along("torch.hsplit", input, indices_or_sections, 0 if input.ndim == 1 else 1, 1)


@composite()
def vsplit(input, indices_or_sections):
    """`tensor_split` along dimension 0 of a tensor of two dimensions or more."""
    return _split_along("torch.vsplit", input, indices_or_sections, 0, 2)


@composite()
def dsplit(input, indices_or_sections):
    """`tensor_split` along dimension 2."""
    return _split_along("torch.dsplit", input, indices_or_sections, 2, 3)


@composite()
def unbind(input, dim=0):
    """Views of the slices along ``dim``, without that dimension.

    >>> import autograd
    >>> autograd.unbind(autograd.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    if input.ndim == 0:
        fail(IndexError, "Dimension specified as 0 but tensor has no dimensions")
    dim = wrap_dim(dim, input.ndim)
    options = [(dim, i) for i in range(input.shape[dim])]
    if not _recorded(input) or not options:
        return tuple([select(input, *option) for option in options])
    return _as_views(input, slices(input, dim), select.op, options)


RUNTIME.update(stack=stack)
