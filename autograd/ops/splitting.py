"""Taking tensors apart along a dimension, as views."""

from __future__ import annotations

from operator import index

import numpy as np

from ..dims import wrap_dim
from ..errors import fail
from ..modes import recording
from ..primitive import composite, primitive
from ..views import node_of
from .checks import zero_gradient
from .indexing import narrow, select
from .joining import cat, stack
from .shape import expand


def _complete(g, shapes):
    """The gradients of several outputs, with zeros where none arrived."""
    zero = zero_gradient(next(p for p in g if p is not None)).sum()
    return [expand(zero, shape) if p is None else p for p, shape in zip(g, shapes)]


def _joined_already(parts, dim, shape):
    """The array of this shape whose parts along ``dim`` these are, one after the other; None if there is none."""
    base = getattr(parts[0], "base", None)
    if base.__class__ is not np.ndarray or base.shape != shape:
        return None
    at = base.__array_interface__["data"][0]
    for part in parts:
        if (part.__class__ is not np.ndarray or part.base is not base or part.strides != base.strides
                or part.__array_interface__["data"][0] != at):
            return None
        at += part.shape[dim] * base.strides[dim]
    return base


def _pieces_vjp(g, dim, sizes, input_shape):
    whole = _joined_already(g, dim, input_shape)
    if whole is not None:
        return (whole,)
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
    """`split` by a list of sizes.

    >>> import autograd
    >>> autograd.arange(5).split_with_sizes([1, 4])
    (tensor([0]), tensor([1, 2, 3, 4]))
    """
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
    """`tensor_split` along dimension 1, or 0 where the tensor is 1-d.

    >>> import autograd
    >>> autograd.arange(4).hsplit(2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    return _split_along("torch.hsplit", input, indices_or_sections, 0 if input.ndim == 1 else 1, 1)


@composite()
def vsplit(input, indices_or_sections):
    """`tensor_split` along dimension 0 of a tensor of two dimensions or more.

    >>> import autograd
    >>> autograd.tensor([[1, 2], [3, 4]]).vsplit(2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    return _split_along("torch.vsplit", input, indices_or_sections, 0, 2)


@composite()
def dsplit(input, indices_or_sections):
    """`tensor_split` along dimension 2.

    >>> import autograd
    >>> [part.shape for part in autograd.zeros(1, 2, 4).dsplit(2)]
    [Size([1, 2, 2]), Size([1, 2, 2])]
    """
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
