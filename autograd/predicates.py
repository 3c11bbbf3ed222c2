"""Questions about tensors, as functions."""

from __future__ import annotations

from typing import Any

from . import dispatch, ops
from .dtypes import dtype, from_numpy, scalar_type
from .errors import describe, fail
from .tensor import Tensor


def is_tensor(obj: Any) -> bool:
    """Whether ``obj`` is a Tensor.

    >>> import autograd
    >>> autograd.is_tensor(autograd.zeros(2)), autograd.is_tensor([0., 0.])
    (True, False)
    """
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether the elements are floating-point numbers.

    >>> import autograd
    >>> autograd.is_floating_point(autograd.zeros(2))
    True
    """
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Whether the elements are complex numbers.

    >>> import autograd
    >>> autograd.is_complex(autograd.zeros(2))
    False
    """
    return input.is_complex()


def is_signed(input: Tensor) -> bool:
    """Whether the elements can be negative.

    >>> import autograd
    >>> autograd.is_signed(autograd.zeros(2, dtype=autograd.uint8))
    False
    """
    return input.is_signed()


def is_storage(obj: Any) -> bool:
    """Whether ``obj`` is the memory of a tensor.

    >>> import autograd
    >>> autograd.is_storage(autograd.zeros(2).untyped_storage())
    True
    """
    return isinstance(obj, ops.memory.Storage)


def typename(obj: Any) -> str:
    """The name of the type of ``obj``; of a tensor, one that says the type of its elements.

    >>> import autograd
    >>> autograd.typename(autograd.zeros(2)), autograd.typename(3)
    ('autograd.FloatTensor', 'int')
    """
    if isinstance(obj, Tensor):
        return f"autograd.{scalar_type(obj._a.dtype)}Tensor"
    name = getattr(obj, "__qualname__", None) or getattr(obj, "__name__", None) or type(obj).__qualname__
    module = getattr(obj, "__module__", None) or ("" if hasattr(obj, "__name__") else type(obj).__module__)
    return name if module in ("", "builtins") else f"{module}.{name}"


def to_dlpack(tensor: Tensor) -> Any:
    """A DLPack capsule with the memory of the tensor, for another library to take.

    >>> import autograd
    >>> type(autograd.to_dlpack(autograd.zeros(2))).__name__
    'PyCapsule'
    """
    return tensor.__dlpack__()


def is_inference(input: Tensor) -> bool:
    """Whether the tensor was made in `inference_mode`.

    >>> import autograd
    >>> autograd.is_inference(autograd.zeros(2))
    False
    """
    return input.is_inference()


def is_nonzero(input: Tensor) -> bool:
    """Whether the single element is not zero.

    Raises:
        RuntimeError: there is not exactly one element.

    >>> import autograd
    >>> autograd.is_nonzero(autograd.tensor([0.5]))
    True
    """
    if input.numel() != 1:
        fail(RuntimeError, f"is_nonzero: Boolean value of Tensor with {input.numel()} values is ambiguous "
                           f"({describe(input)}); use .any() or .all()")
    return bool(input.item())


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether the shapes are equal.

    >>> import autograd
    >>> autograd.is_same_size(autograd.zeros(2, 3), autograd.zeros(3, 2))
    False
    """
    return input.shape == other.shape


def numel(input: Tensor) -> int:
    """The number of elements.

    >>> import autograd
    >>> autograd.numel(autograd.zeros(2, 3))
    6
    """
    return input.numel()


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """The dtype of an arithmetic operation on two tensors or numbers.

    >>> import autograd
    >>> autograd.result_type(autograd.tensor([1, 2]), 1.0)
    autograd.float32
    """
    return from_numpy(dispatch.result_type((tensor1, tensor2)))
