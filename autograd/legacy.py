"""Names from before tensors and variables were one: ``FloatTensor``, ``LongTensor``, ``Variable`` and their like."""

from __future__ import annotations

from typing import Any

from .creation import tensor
from .dtypes import as_dtype, set_default_dtype
from .errors import fail
from .filled import empty
from .tensor import Size, Tensor

__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor",
    "ShortTensor", "Variable", "set_default_tensor_type",
]


class _Typed(type):
    """The type of the old classes: each stands for the tensors of one element type."""

    #: The element type.
    dtype: Any

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype == cls.dtype

    def __call__(cls, *data: Any) -> Any:
        if not data:
            return empty(0, dtype=cls.dtype)
        values = data[0]
        if isinstance(values, (int, Size)):
            return empty(*data, dtype=cls.dtype)
        if not isinstance(values, Tensor):
            if not hasattr(values, "__len__"):
                fail(TypeError, f"{cls.__name__}: data must be a sequence (got {type(values).__name__})")
            return tensor(values, dtype=cls.dtype)
        if values.dtype != cls.dtype:
            fail(TypeError, f"{cls.__name__} expected a tensor of type {cls.dtype.name}, but got {values.dtype.name}; "
                            f"convert it with .to(autograd.{cls.dtype.name})")
        return values.detach()


def _typed(name: str, element: str) -> Any:
    return _Typed(name, (), {
        "dtype": as_dtype(element), "__module__": __name__,
        "__doc__": f"""``{name}(values)`` is a tensor of {element} values, ``{name}(2, 3)`` an uninitialised one.

        ``tensor(values, dtype=autograd.{element})`` is the newer way to write it.

        >>> import autograd
        >>> autograd.{name}([0, 1]).dtype
        autograd.{element}
        """})


FloatTensor, DoubleTensor, HalfTensor = (
    _typed("FloatTensor", "float32"), _typed("DoubleTensor", "float64"), _typed("HalfTensor", "float16"))
LongTensor, IntTensor, ShortTensor = (
    _typed("LongTensor", "int64"), _typed("IntTensor", "int32"), _typed("ShortTensor", "int16"))
CharTensor, ByteTensor, BoolTensor = (
    _typed("CharTensor", "int8"), _typed("ByteTensor", "uint8"), _typed("BoolTensor", "bool"))


class _VariableType(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_VariableType):
    """``Variable(t)`` is a tensor on the memory of ``t``, off its graph; every tensor is an instance.

    >>> import autograd
    >>> autograd.Variable(autograd.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Any = None, requires_grad: bool = False, volatile: bool | None = None) -> Any:
        if data is None:
            data = empty(0)
        if not isinstance(data, Tensor):
            fail(TypeError, f"Variable data has to be a tensor, but got {type(data).__name__}; use autograd.tensor")
        return data.detach().requires_grad_(requires_grad)


def set_default_tensor_type(t: Any) -> None:
    """Set the default float type by one of the old classes or its name; `set_default_dtype` is the newer way.

    Raises:
        TypeError: it is not the class of a floating type on the CPU.

    >>> import autograd
    >>> autograd.set_default_tensor_type("torch.DoubleTensor")
    >>> autograd.get_default_dtype()
    autograd.float64
    >>> autograd.set_default_tensor_type(autograd.FloatTensor)
    """
    if isinstance(t, str):
        place, _, name = t.rpartition(".")
        t = globals().get(name) if place in ("torch", "autograd") else None
    if not isinstance(t, _Typed):
        fail(TypeError, "set_default_tensor_type takes one of autograd's own types of tensors on the CPU, such as "
                        "autograd.FloatTensor, or its name")
    set_default_dtype(t.dtype)
