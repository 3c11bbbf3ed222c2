"""The same values as another type, in other memory, or off the tape: casts, copies, detaching, NumPy arrays."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..dtypes import numpy_dtype
from ..errors import describe, fail
from ..kernels.reduce_loops import row_major
from ..on_first_call import RUNTIME
from ..primitive import composite, primitive
from ..tape import wrap_node
from ..views import base_of, node_of

_NARROW = frozenset(map(np.dtype, ("uint8", "int8", "int16")))


@primitive(vjp={"input": lambda g, input_dtype: to_dtype(g, input_dtype)}, method=False, node_name="ToCopyBackward0")
def to_dtype(input, dtype):
    """``input`` converted to ``dtype``; from complex to real numbers the imaginary part is dropped."""
    dtype = numpy_dtype(dtype)
    if input.dtype.kind == "c" and dtype.kind not in "cb":
        input = input.real
    if dtype in _NARROW and input.dtype.kind == "f":
        input = input.astype(np.int64)  # wraps around where a direct cast of floats is undefined
    return input.astype(dtype)


@primitive(method=False)
def to_discrete(input, dtype):
    """`to_dtype` for integers and booleans, through which no gradient flows."""
    return to_dtype.op.forward(input, dtype)


def converted(input, dtype):
    """The Tensor ``input`` as the NumPy ``dtype``."""
    return (to_dtype if dtype.kind in "fc" else to_discrete)(input, dtype)


@composite(public=False)
def to(self, *args, dtype=None, device=None, other=None, non_blocking=False, copy=False, memory_format=None):
    """This tensor with another dtype; itself where nothing changes.

    Called as ``to(dtype)``, ``to(device, dtype)`` or ``to(other)``, each followed by ``non_blocking`` and ``copy``.

    Args:
        dtype: the new element type.
        device: ``"cpu"``, the only one.
        other: take the dtype of this tensor.
        copy: make a copy even where nothing changes.

    Raises:
        RuntimeError: a device other than the CPU.

    >>> import autograd
    >>> autograd.tensor([1, 2]).to(autograd.float64)
    tensor([1., 2.], dtype=autograd.float64)
    """
    rest = args[1:]
    if args:
        first = args[0]
        if hasattr(first, "_vc"):
            other = first
        elif first is None or isinstance(first, dtypes.device) or (isinstance(first, str) and first not in _NAMES):
            device = first
            if rest and not isinstance(rest[0], bool):
                dtype, rest = rest[0], rest[1:]
        else:
            dtype = first
    dtypes.on_cpu(device)
    if other is not None:
        dtype = other._a.dtype
    target = None if dtype is None else numpy_dtype(dtype)
    if len(rest) > 1:
        copy = rest[1]
    if target is None or target == self._a.dtype:
        return clone(self) if copy else self
    return converted(self, target)


_TYPE_NAMES = {
    "float16": "HalfTensor", "float32": "FloatTensor", "float64": "DoubleTensor", "int8": "CharTensor",
    "int16": "ShortTensor", "int32": "IntTensor", "int64": "LongTensor", "uint8": "ByteTensor", "bool": "BoolTensor",
    "complex64": "ComplexFloatTensor", "complex128": "ComplexDoubleTensor",
}
_NAMED_TYPES = {v: k for k, v in _TYPE_NAMES.items()}
_NAMES = frozenset(_TYPE_NAMES)


@composite(public=False, name="type")
def type_(self, dtype=None, non_blocking=False):
    """The name of this tensor's type, or the tensor converted to ``dtype``.

    >>> import autograd
    >>> autograd.tensor([1.]).type()
    'autograd.FloatTensor'
    """
    if dtype is None:
        return f"autograd.{_TYPE_NAMES[self._a.dtype.name]}"
    if isinstance(dtype, str):
        dtype = _NAMED_TYPES.get(dtype.rpartition(".")[2], dtype)
    return to(self, getattr(dtype, "dtype", dtype))  # autograd.LongTensor has its element type there


@composite(public=False)
def type_as(self, other):
    """This tensor with the dtype of ``other``."""
    return to(self, other)


def _cast_method(name, target):
    """The method ``name``, such as ``double``, that converts to the dtype ``target``."""
    def method(self, memory_format=None):
        return self if self._a.dtype is target.dtype else converted(self, target.dtype)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Converted to {target.name}; itself where it has that type."
    return composite(public=False)(method)


for _name, _target in {
    "float": dtypes.float32, "double": dtypes.float64, "half": dtypes.float16, "int": dtypes.int32,
    "long": dtypes.int64, "short": dtypes.int16, "char": dtypes.int8, "byte": dtypes.uint8, "bool": dtypes.bool,
    "cfloat": dtypes.complex64, "cdouble": dtypes.complex128,
}.items():
    _cast_method(_name, _target)


@composite(public=False)
def cpu(self, memory_format=None):
    """This tensor, which lies on the CPU already."""
    return self


@primitive(vjp={"input": lambda g: g})
def clone(input, *, memory_format=None):
    """A copy in new memory; gradients pass through it.

    >>> import autograd
    >>> x = autograd.tensor([1., 2.], requires_grad=True)
    >>> x.clone().sum().backward()
    >>> x.grad
    tensor([1., 1.])
    """
    return input.copy("K")


@composite(public=False)
def contiguous(self, memory_format=None):
    """This tensor where its elements lie in order of their indices, else a copy that does."""
    return self if self._a.flags.c_contiguous else to_contiguous(self)


@primitive(vjp={"input": lambda g: g}, method=False, node_name="CloneBackward0")
def to_contiguous(input):
    """A copy with the elements in order of their indices."""
    return row_major(input)


@composite()
def detach(input):
    """A tensor on the same memory that is not recorded: no gradient flows through it.

    A write to it counts as a write to this tensor: backward raises where it needed the old value.

    >>> import autograd
    >>> x = autograd.ones(2, requires_grad=True)
    >>> x.detach().requires_grad
    False
    """
    t = wrap_node(input._a, None)
    t._vc = input._vc
    return t


@composite()
def detach_(input):
    """Take this tensor off the tape, in place: it becomes a leaf that requires no gradient.

    Raises:
        RuntimeError: it is a view, whose base stays recorded.

    >>> import autograd
    >>> y = autograd.ones(2, requires_grad=True) * 2
    >>> y.detach_().requires_grad
    False
    """
    node = input._node if input._meta is None else node_of(input)
    if base_of(input) is not None and node is not None:
        fail(RuntimeError, "Can't detach views in-place. Use detach() instead. If you are using "
                           "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as True, "
                           "gradients are views of DDP buckets, and hence detach_() cannot be called on these "
                           "gradients.")
    input._node = None
    return input


@composite(public=False)
def numpy(self, *, force=False):
    """The values as a NumPy array on the same memory.

    Args:
        force: detach first where this tensor requires a gradient.

    Raises:
        RuntimeError: it requires a gradient.

    >>> import autograd
    >>> autograd.tensor([1., 2.]).numpy()
    array([1., 2.], dtype=float32)
    """
    if not force and (self._node if self._meta is None else node_of(self)) is not None:
        fail(RuntimeError, "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
                           f" ({describe(self)})")
    return self._a


RUNTIME.update(to_dtype=to_dtype)
