"""Shapes: views of the same elements in another arrangement."""

from __future__ import annotations

from math import prod
from operator import index

import numpy as np

from ..codegen import inline
from ..dims import wrap_dim, wrap_dims
from ..dtypes import numpy_dtype
from ..errors import fail
from ..kernels.reduce import add_up
from ..on_first_call import RUNTIME
from ..primitive import composite, primitive
from ..views import apply_chain


def _sizes(sizes):
    """The sizes that a caller spread or gave as one sequence, as ints."""
    if len(sizes) == 1 and not hasattr(sizes[0], "__index__"):
        sizes = sizes[0]
    return tuple([index(n) for n in sizes])


def _checked_shape(shape, input):
    """Raise for what NumPy would take otherwise or explain otherwise; return ``shape`` as it is."""
    shape = [index(n) for n in shape]
    for i, n in enumerate(shape):
        if n < -1:
            fail(RuntimeError, f"invalid shape dimension {n} at index {i} of shape {shape}")
    if shape.count(-1) > 1:
        fail(RuntimeError, "only one dimension can be inferred")
    count = prod(n for n in shape if n >= 0)
    if -1 in shape and count == 0 and input.size == 0:
        fail(RuntimeError, f"cannot reshape tensor of 0 elements into shape {shape} because the unspecified dimension "
                           "size -1 can be any value and is ambiguous")
    if (input.size % count if -1 in shape and count else count != input.size):
        fail(RuntimeError, f"shape '{shape}' is invalid for input of size {input.size}")
    return shape


@primitive(vjp={"input": lambda g, input_shape: g.reshape(input_shape)}, view=True, varargs="shape",
           # A size below -1, which NumPy would take as -1, shows in the shape.
           fast=inline("out if (out := input.reshape(shape)).shape == shape else None"), numpy=(np.reshape,))
def reshape(input, shape):
    """The same elements in the same order with another ``shape``: a view where the memory allows, else a copy.

    Args:
        shape: the new sizes; one of them may be -1, which stands for what remains.

    Raises:
        RuntimeError: the number of elements would change.

    >>> import autograd
    >>> autograd.reshape(autograd.arange(6), (2, -1))
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    try:
        for n in shape:
            if n < -1:  # which NumPy would take as -1
                break
        else:
            return input.reshape(shape)
    except (ValueError, TypeError):
        pass
    return input.reshape(_checked_shape(shape, input))


_reshaped = reshape.op.forward


@primitive(vjp={"input": lambda g, input_shape: g.reshape(input_shape)}, view=True, varargs="shape", method=False,
           fast=inline("out if (out := input.reshape(shape)).shape == shape and ((base := out.base) is input or "
                       "(base is not None and base is input.base)) else None"), node_name="ViewBackward0")
def view_shape(input, shape):
    """`reshape` that never copies."""
    out = _reshaped(input, shape)
    base = out.base
    if base is not input and (base is None or base is not input.base) and out.size:
        fail(RuntimeError, "view size is not compatible with input tensor's size and stride (at least one dimension "
                           "spans across two contiguous subspaces). Use .reshape(...) instead.")
    return out


@primitive(view=True, method=False)
def view_dtype(input, dtype):
    """The same memory read as another element type."""
    if input.ndim == 0 and dtype.itemsize != input.itemsize:
        fail(RuntimeError, f"self.dim() cannot be 0 to view {input.dtype} as {dtype} (different element sizes)")
    try:
        return input.view(dtype)
    except ValueError:
        fail(RuntimeError, f"self.size(-1) and self.stride() must fit the element sizes to view {input.dtype} as "
                           f"{dtype}, but got shape {list(input.shape)}; use .contiguous() first")


_view = view_shape.op.core


@composite(public=False)
def view(self, *shape, dtype=None):
    """The same memory with another shape, or read as another dtype.

    Args:
        shape: the new sizes, one of which may be -1; or a dtype, to reinterpret the bytes.

    Raises:
        RuntimeError: the memory's layout does not allow it; `reshape` copies then.

    >>> import autograd
    >>> autograd.arange(4).view(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    if len(shape) == 1:
        first = shape[0]
        if isinstance(first, (tuple, list)):
            return _view(self, tuple(first))
        if first.__class__ is not int and not hasattr(first, "__index__"):
            dtype = first
    if dtype is not None:
        dtype = numpy_dtype(dtype)
        return alias(self) if dtype == self._a.dtype else view_dtype(self, dtype)
    return _view(self, shape)


@primitive(vjp={"input": lambda g: g}, view=True, method=False)
def alias(input):
    """Another tensor on the same memory."""
    return input.view()


@composite()
def view_as(self, other):
    """``self.view(other.shape)``."""
    return view_shape(self, tuple(other.shape))


@composite()
def reshape_as(self, other):
    """``self.reshape(other.shape)``."""
    return reshape(self, tuple(other.shape))


@composite()
def flatten(input, start_dim=0, end_dim=-1):
    """Dimensions ``start_dim`` to ``end_dim`` made one.

    Raises:
        RuntimeError: ``start_dim`` comes after ``end_dim``.

    >>> import autograd
    >>> autograd.zeros(2, 3, 4).flatten(1).shape
    Size([2, 12])
    """
    ndim = input.ndim
    if ndim > 1 and start_dim == 0 and end_dim == -1:
        return reshape(input, (-1,))
    start, end = wrap_dim(start_dim, ndim), wrap_dim(end_dim, ndim)
    if start > end:
        fail(RuntimeError, "flatten() has invalid args: start_dim cannot come after end_dim")
    if start == end:
        return input if ndim else reshape(input, (1,))
    shape = tuple(input.shape)
    return reshape(input, (*shape[:start], prod(shape[start:end + 1]), *shape[end + 1:]))


@composite(numpy=(np.ravel,))
def ravel(input):
    """All elements in one dimension, contiguous.

    >>> import autograd
    >>> autograd.tensor([[1, 2], [3, 4]]).ravel()
    tensor([1, 2, 3, 4])
    """
    return reshape(input, (-1,)) if input.ndim != 1 else input.contiguous()


@composite()
def unflatten(input, dim, sizes):
    """Dimension ``dim`` split into several of the given ``sizes``, one of which may be -1.

    >>> import autograd
    >>> autograd.zeros(2, 12).unflatten(1, (3, -1)).shape
    Size([2, 3, 4])
    """
    shape = tuple(input.shape)
    dim = wrap_dim(dim, len(shape))
    sizes = tuple(sizes) if hasattr(sizes, "__iter__") else (sizes,)
    if not sizes:
        fail(RuntimeError, "unflatten: sizes must be non-empty")
    count = prod(n for n in sizes if n != -1)
    inferred = sizes.count(-1) == 1
    if (shape[dim] % count if inferred and count else not inferred and count != shape[dim]):
        fail(RuntimeError, f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
                           f"({shape[dim]}) in the input tensor")
    return view_shape(input, (*shape[:dim], *sizes, *shape[dim + 1:]))


@primitive(vjp={"input": lambda g, input_shape: g.reshape(input_shape)}, view=True, numpy=(np.squeeze,))
def squeeze(input, dim=None):
    """A view without the dimensions of size 1, or without those among ``dim`` (an int or several) that have size 1.

    Raises:
        IndexError: there is no such dimension.

    >>> import autograd
    >>> autograd.zeros(1, 3, 1).squeeze().shape, autograd.zeros(1, 3, 1).squeeze(0).shape
    (Size([3]), Size([3, 1]))
    """
    if dim is None:
        return input.squeeze()
    return input.squeeze(tuple([d for d in wrap_dims(dim, input.ndim) if input.ndim and input.shape[d] == 1]))


@primitive(vjp={"input": lambda g, input_shape: g.reshape(input_shape)}, view=True)
def unsqueeze(input, dim):
    """A view with a new dimension of size 1 at ``dim``; -1 is behind the last.

    Raises:
        IndexError: ``dim`` is beyond the number of dimensions.

    >>> import autograd
    >>> autograd.zeros(3).unsqueeze(0).shape, autograd.zeros(3).unsqueeze(-1).shape
    (Size([1, 3]), Size([3, 1]))
    """
    dim = wrap_dim(dim, input.ndim + 1)
    return input[(slice(None),) * dim + (None,)]


# --- broadcasting -----------------------------------------------------------------------------------------


def _expanded(size, shape):
    """``size`` with every -1 replaced by the present size."""
    extra = len(size) - len(shape)
    if extra < 0:
        fail(RuntimeError, f"expand(tensor of shape {list(shape)}, size={list(size)}): the number of sizes provided "
                           f"({len(size)}) must be greater or equal to the number of dimensions in the tensor "
                           f"({len(shape)})")
    full = list(size)
    for d, n in enumerate(size):
        have = shape[d - extra] if d >= extra else None
        if n == -1 and have is not None:
            full[d] = have
        elif n < 0:
            fail(RuntimeError, f"The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing "
                               f"dimension {d}")
        elif have is not None and have != n and have != 1:
            fail(RuntimeError, f"The expanded size of the tensor ({n}) must match the existing size ({have}) at "
                               f"non-singleton dimension {d}.  Target sizes: {list(size)}.  "
                               f"Tensor sizes: {list(shape)}")
    return tuple(full)


@primitive(vjp={"input": lambda g, input_shape: sum_to_size(g, input_shape)}, view=True, varargs="size")
def expand(input, size):
    """A view in which dimensions of size 1 are repeated to ``size``, without copying; -1 keeps a size.

    >>> import autograd
    >>> autograd.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    shape = input.shape
    strides = [0] * len(size)
    d = len(size) - len(shape)
    for n, stride in zip(shape, input.strides):
        if d >= 0 and size[d] == n:
            strides[d] = stride
        elif d < 0 or n != 1 or size[d] < 0:
            return expand.op.forward(input, _expanded(size, shape))
        d += 1
    try:
        # np.broadcast_to does the same in five times the time.
        out = np.ndarray(size, input.dtype, input, 0, strides)
    except ValueError:  # not contiguous, or a size that is wrong
        out = np.broadcast_to(input, _expanded(size, shape))
    if out.size != input.size:
        out.setflags(False)  # several elements share one place in memory
    return out


@composite()
def expand_as(self, other):
    """``self.expand(other.shape)``."""
    return expand(self, tuple(other.shape))


@composite(numpy=(np.broadcast_to,))
def broadcast_to(input, size):
    """`expand`.

    >>> import autograd
    >>> autograd.tensor([1, 2]).broadcast_to((2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(input, tuple(size))


@composite(method=False, numpy=(np.broadcast_shapes,))
def broadcast_shapes(*shapes):
    """The shape that tensors of these shapes broadcast to.

    Raises:
        RuntimeError: they do not broadcast.

    >>> import autograd
    >>> autograd.broadcast_shapes((2, 1), (3,))
    Size([2, 3])
    """
    shapes = [(s,) if hasattr(s, "__index__") else tuple(s) for s in shapes]
    try:
        return RUNTIME["Size"](np.broadcast_shapes(*shapes))
    except ValueError:
        fail(RuntimeError, "Shape mismatch: objects cannot be broadcast to a single shape: "
                           + ", ".join(str(list(s)) for s in shapes))


@composite(method=False, numpy=(np.broadcast_arrays,))
def broadcast_tensors(*tensors):
    """The tensors, each expanded to their common shape.

    >>> import autograd
    >>> a, b = autograd.broadcast_tensors(autograd.zeros(2, 1), autograd.ones(3))
    >>> a.shape, b.shape
    (Size([2, 3]), Size([2, 3]))
    """
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tensors[0]
    shape = broadcast_shapes(*[t.shape for t in tensors])
    return tuple([expand(t, tuple(shape)) for t in tensors])


@primitive(vjp={"input": lambda g, input_shape: expand(g, input_shape)}, view=True, varargs="size")
def sum_to_size(input, size):
    """The sum over the dimensions along which a tensor of shape ``size`` would broadcast to this one.

    >>> import autograd
    >>> autograd.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    shape = input.shape
    extra = len(shape) - len(size)
    if extra < 0 or any(n != m and n != 1 for n, m in zip(size, shape[extra:])):
        fail(RuntimeError, f"size {{{list(size)}}} is not expandable to size {{{list(shape)}}}.")
    axes = tuple(range(extra)) + tuple([d + extra for d, n in enumerate(size) if n == 1 and shape[d + extra] != 1])
    if not axes and size:
        return input.reshape(size)
    if input.dtype.kind in "biu":
        return np.add.reduce(input, axis=axes, dtype=np.int64).reshape(size)
    return add_up(input, axes, False).reshape(size)


# --- writing through views --------------------------------------------------------------------------------


@primitive(
    vjp={"base": lambda g, chain: view_scatter(g, np.zeros((), g.dtype), chain),
         "value": lambda g, chain: apply_chain(g, chain)},
    method=False, node_name="CopySlices",
)
def view_scatter(base, value, chain, written=False):
    """``base`` with ``value`` in the place of the view of it that ``chain`` takes.

    Args:
        chain: the operations from the base to the view, with their options.
        written: ``base`` holds ``value`` already; only the graph is wanted.
    """
    if written:
        return base
    out = base.copy()
    apply_chain(out, chain)[...] = value
    return out


RUNTIME.update(view_scatter=view_scatter, view_shape=view_shape, sum_to_size=sum_to_size)
