"""Making tensors from data."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .dtypes import DEFAULT, numpy_dtype
from .errors import fail
from .from_data import array_of, check_array
from .modes import MODE
from .primitive import composite
from .tape import INFERENCE, new_leaf, wrap_node

Array = np.ndarray[Any, Any]


def finish(array: Array, requires_grad: bool = False, device: Any = None) -> Any:
    """``array`` as a new leaf Tensor."""
    if device is not None:
        dtypes.on_cpu(device)
    array = dtypes.native(array)
    t = wrap_node(array, None)
    if not MODE.plain and MODE.state.inference:
        t._vc = INFERENCE
    if requires_grad:
        if array.dtype.kind not in "fc":
            fail(RuntimeError, "Only Tensors of floating point and complex dtype can require gradients, "
                               f"got {array.dtype}")
        t._node = new_leaf(array)
    return t


# --- from data --------------------------------------------------------------------------------------------


def target_dtype(dtype: Any) -> np.dtype[Any] | None:
    return None if dtype is None else numpy_dtype(dtype)


@composite(method=False)
def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
           pin_memory: bool = False) -> Any:
    """A new tensor with a copy of ``data``.

    Args:
        data: a number, nested lists or tuples of numbers, an array, or a tensor.
        dtype: the element type. Default: float32 for Python floats (see `set_default_dtype`), int64 for ints, bool
            for bools; an array's own.
        requires_grad: record operations on it.

    Raises:
        ValueError: the nested sequences are ragged.
        TypeError, RuntimeError: something that is not a number is among the data.

    >>> import autograd
    >>> autograd.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> autograd.tensor([1, 2], dtype=autograd.float64)
    tensor([1., 2.], dtype=autograd.float64)
    """
    return finish(array_of(data, target_dtype(dtype), True), requires_grad, device)


@composite(method=False)
def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """``data`` as a tensor, without a copy where it is an array or a tensor of the wanted type.

    >>> import autograd, numpy as np
    >>> a = np.zeros(2)
    >>> t = autograd.as_tensor(a)
    >>> a[0] = 1
    >>> t
    tensor([1., 0.], dtype=autograd.float64)
    """
    target = target_dtype(dtype)
    if hasattr(data, "_vc"):
        return data if target is None else data.to(target)
    return finish(array_of(data, target, False), False, device)


@composite(method=False)
def from_numpy(ndarray: Any) -> Any:
    """A tensor on the memory of a NumPy array: what is written to one is seen in the other.

    Raises:
        TypeError: it is not an ndarray, or its elements are of a type that tensors do not have.

    >>> import autograd, numpy as np
    >>> autograd.from_numpy(np.arange(3, dtype=np.int32))
    tensor([0, 1, 2], dtype=autograd.int32)
    """
    if not isinstance(ndarray, np.ndarray):
        fail(TypeError, f"expected np.ndarray (got {type(ndarray).__name__})")
    return finish(check_array(ndarray))


@composite(method=False)
def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Any:
    """A 1-d tensor on the memory of an object such as bytes or a bytearray.

    Args:
        dtype: of the elements.
        count: how many; -1 for all that fit.
        offset: bytes to skip first.

    Raises:
        ValueError: the buffer is too short.

    >>> import autograd
    >>> autograd.frombuffer(bytearray(b"ab"), dtype=autograd.uint8)
    tensor([97, 98], dtype=autograd.uint8)
    """
    return finish(np.frombuffer(buffer, numpy_dtype(dtype), count, offset), requires_grad)


@composite(method=False)
def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None,
            requires_grad: bool | None = None) -> Any:
    """``obj`` as a tensor.

    Args:
        copy: True always copies, False never (raises where it must), None copies where needed.
        requires_grad: of the result; False detaches a tensor that requires it, None leaves it.

    Raises:
        ValueError: ``copy=False`` and the data cannot be shared.

    >>> import autograd
    >>> autograd.asarray([1., 2.], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """
    target = target_dtype(dtype)
    is_tensor = hasattr(obj, "_vc")
    if copy is False:
        if not (is_tensor or isinstance(obj, np.ndarray)):
            fail(ValueError, "can't alias arbitrary sequence into a tensor.")
        have = obj._a.dtype if is_tensor else obj.dtype
        if target is not None and target != have:
            fail(ValueError, f"can't alias tensor with dtype '{have}' into dtype '{target}'.")
    if is_tensor:
        found = obj if target is None else obj.to(target)
        if copy and found is obj:
            found = obj.clone()
        if requires_grad is None or requires_grad == found.requires_grad:
            return found
        return found.detach().requires_grad_(requires_grad)
    return finish(array_of(obj, target, bool(copy)), bool(requires_grad), device)


@composite(method=False)
def scalar_tensor(s: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
                  pin_memory: bool = False) -> Any:
    """A 0-d tensor of the default float type, or of ``dtype``.

    >>> import autograd
    >>> autograd.scalar_tensor(3)
    tensor(3.)
    """
    if not isinstance(s, (bool, int, float, complex, np.generic)) and not hasattr(s, "_vc"):
        fail(TypeError, f"scalar_tensor(): argument 's' (position 1) must be Number, not {type(s).__name__}")
    return finish(array_of(s, target_dtype(dtype) or DEFAULT.float, True), requires_grad, device)


@composite(public=False)
def new_tensor(self: Any, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A new tensor with a copy of ``data``, of this tensor's dtype."""
    return finish(array_of(data, target_dtype(dtype) or self._a.dtype, True), requires_grad, device)
