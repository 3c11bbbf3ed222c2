"""Writing to tensors in place: copying, filling, and the in-place changes of shape."""

from __future__ import annotations

import math

import numpy as np

from ..dtypes import scalar_type
from ..errors import describe, fail
from ..from_data import check_integer
from ..inplace import check_writable, rebase, write_result
from ..modes import recording
from ..primitive import composite, primitive
from ..tape import wrap_node, written
from ..views import Meta, base_of, node_of, recipe_of
from .axes import t, transpose
from .casting import converted, to_dtype
from .checks import zero_gradient
from .shape import expand, squeeze, unsqueeze


def node(x):
    """The node of a Tensor, or None; also for what is no Tensor."""
    meta = getattr(x, "_meta", x)
    return None if meta is x else x._node if meta is None else node_of(x)


def recorded(*values):
    """Whether an operation on these values is recorded."""
    return recording() and any(node(v) is not None for v in values)


def note_write(self):
    """After all of a tensor was overwritten by constants: count it, and let no gradient flow to the old contents."""
    written(self._vc)
    if (self._node is not None or self._meta is not None) and recording():
        rebase(self, None if self._node is None or base_of(self) is not None else overwritten(self)._node)
    return self


@primitive(vjp={"input": lambda g: zero_gradient(g)}, method=False, node_name="FillBackward0")
def overwritten(input):
    """The new contents of a tensor that was overwritten: constants, but recorded still."""
    return input


def number(value, dtype):
    """A Python number as a 0-d array of ``dtype``; raises where the type cannot hold it."""
    kind = dtype.kind
    if isinstance(value, complex) and kind != "c":
        fail(RuntimeError, f"value cannot be converted to type {scalar_type(dtype).lower()} without overflow")
    if kind in "iu":
        check_integer(value, dtype)
        return np.array(int(value)).astype(dtype)
    return np.array(value, dtype)


def writable_memory(self, name):
    if not self._a.flags.writeable:
        fail(RuntimeError, f"{name}: unsupported operation: more than one element of the written-to tensor refers to a "
                           "single memory location, or the memory is read-only. Please clone() the tensor before "
                           "performing the operation.")


def operand(self, value):
    """The value of an assignment as a Tensor."""
    if hasattr(value, "_vc"):
        return value
    if isinstance(value, (bool, int, float, complex)):
        return wrap_node(number(value, self._a.dtype), None)
    if isinstance(value, (np.ndarray, np.generic)):
        return wrap_node(np.asarray(value), None)
    fail(TypeError, f"can't assign a {value.__class__.__name__} to a autograd.{scalar_type(self._a.dtype)}Tensor")


# --- copying ----------------------------------------------------------------------------------------------


@primitive(vjp={"input": lambda g: g}, method=False, node_name="CopyBackwards")
def copied(input):
    """The values as they stand, as a node of their own in the graph."""
    return input


@composite(public=False)
def copy_(self, src, non_blocking=False):
    """Write ``src``, broadcast and converted to this tensor's dtype, into this tensor.

    >>> import autograd
    >>> autograd.zeros(2).copy_(autograd.tensor([1, 2]))
    tensor([1., 2.])
    """
    if not hasattr(src, "_vc"):
        fail(TypeError, f"copy_(): argument 'other' (position 1) must be Tensor, not {src.__class__.__name__}")
    check_writable(self, "copy_")
    return copy_into(self, src)


def copy_into(self, src):
    a, b = self._a, src._a
    writable_memory(self, "copy_")
    if a.dtype.kind in "fc" and recorded(src):
        src = copied(src)
        if b.dtype != a.dtype:
            src = to_dtype(src, a.dtype)
        if b.shape != a.shape:
            src = expand(src, a.shape)
        return write_result(self, src, "copy_")
    if b.dtype != a.dtype:
        b = to_dtype.op.forward(b, a.dtype)
    if b.shape != a.shape:
        b = expand.op.forward(b, a.shape)
    a[...] = b
    return note_write(self)


@composite(public=False)
def fill_(self, value):
    """Write ``value``, a number or a 0-d tensor, to every element."""
    check_writable(self, "fill_")
    if hasattr(value, "_vc") and value._a.ndim:
        fail(RuntimeError, f"fill_ only supports 0-dimension value tensor but got tensor with {value._a.ndim} "
                           "dimensions.")
    if hasattr(value, "_vc") or isinstance(value, np.ndarray):
        return copy_into(self, operand(self, value))
    writable_memory(self, "fill_")
    self._a.fill(number(value, self._a.dtype))
    return note_write(self)


@primitive(
    vjp={"input": lambda g: zero_gradient(g), "value": lambda g: g.sum()},
    method=False, node_name="FillBackward0",
)
def filled_with(input, value):
    """`fill` by a 0-d tensor."""
    return np.full_like(input, value)


@composite(method=False)
def fill(input, value):
    """A tensor of the shape and dtype of ``input`` with ``value``, a number or a 0-d tensor, everywhere.

    >>> import autograd
    >>> autograd.fill(autograd.zeros(2), 3)
    tensor([3., 3.])
    """
    if hasattr(value, "_vc") and value._a.ndim:
        fail(RuntimeError, f"fill only supports 0-dimension value tensor but got tensor with {value._a.ndim} "
                           "dimensions.")
    return filled_with(input, converted(operand(input, value), input._a.dtype))


@composite(public=False)
def zero_(self):
    """Write zero to every element."""
    check_writable(self, "zero_")
    writable_memory(self, "zero_")
    self._a.fill(0)
    return note_write(self)


# --- the in-place form of an operation that copies and then writes ----------------------------------------


def in_place(function, into, name=None):
    """Make the method ``NAME_`` of ``function``.

    It writes with ``into(array, ...)`` straight into memory where nothing is recorded, and records ``function``
    otherwise.
    """
    name = (name or function.__name__) + "_"

    def method(self, *args, **kwargs):
        check_writable(self, name)
        writable_memory(self, name)
        if recorded(self, *args, *kwargs.values()):
            return write_result(self, function(self, *args, **kwargs), name)
        into(self._a, *[getattr(v, "_a", v) for v in args], **{k: getattr(v, "_a", v) for k, v in kwargs.items()})
        return note_write(self)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In-place form of `{name[:-1]}`: writes into ``self`` and returns it."
    return composite(public=False)(method)


# --- in-place changes of shape ----------------------------------------------------------------------------


def become(self, op, *options):
    """Make ``self`` what the view ``op`` gives of it."""
    check_writable(self, op.name + "_")
    old = wrap_node(self._a, self._node)
    old._vc, old._meta = self._vc, self._meta
    new = op.core(old, *options)
    written(self._vc)
    was_view = recipe_of(self) is not None
    self._a, self._node = new._a, new._node
    recipe = (*recipe_of(new)[:3], self._vc[1]) if was_view else None
    if isinstance(self._meta, Meta):
        self._meta.recipe = recipe
    else:
        self._meta = recipe
    return self


@composite(public=False)
def t_(self):
    """In-place form of `t`."""
    return become(self, t.op)


@composite(public=False)
def transpose_(self, dim0, dim1):
    """In-place form of `transpose`."""
    return become(self, transpose.op, dim0, dim1)


@composite(public=False)
def swapaxes_(self, axis0, axis1):
    """In-place form of `swapaxes`."""
    return transpose_(self, axis0, axis1)


@composite(public=False)
def swapdims_(self, dim0, dim1):
    """In-place form of `swapdims`."""
    return transpose_(self, dim0, dim1)


@composite(public=False)
def squeeze_(self, dim=None):
    """In-place form of `squeeze`."""
    return become(self, squeeze.op, dim)


@composite(public=False)
def unsqueeze_(self, dim):
    """In-place form of `unsqueeze`."""
    return become(self, unsqueeze.op, dim)


@composite(public=False)
def resize_(self, *sizes, memory_format=None):
    """Change the shape in place, keeping the elements in order; what is added beyond them is not initialised.

    Raises:
        RuntimeError: it requires a gradient.
    """
    if node(self) is not None:
        fail(RuntimeError, f"cannot resize variables that require grad ({describe(self)})")
    shape = tuple(sizes[0]) if len(sizes) == 1 and not hasattr(sizes[0], "__index__") else sizes
    count = math.prod(shape)
    old = self._a.reshape(-1)
    if count <= old.size:
        self._a = old[:count].reshape(shape)
    else:
        memory = np.empty(count, self._a.dtype)
        memory[:old.size] = old
        self._a = memory.reshape(shape)
    return self


@composite(public=False)
def resize_as_(self, the_template, memory_format=None):
    """`resize_` to the shape of another tensor."""
    return resize_(self, tuple(the_template.shape))
