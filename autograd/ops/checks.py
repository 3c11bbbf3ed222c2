"""What the element-by-element operations check about their arguments, and small constants they share."""

from __future__ import annotations

from numbers import Number
from typing import Any, NoReturn

import numpy as np

from ..dispatch import result_type
from ..dtypes import scalar_type
from ..errors import NonDifferentiableError, describe, fail
from ..primitive import primitive

#: A 0-d zero and one of each floating type: NumPy takes them in half the time of a Python number.
ZERO = {d: np.zeros((), d) for d in map(np.dtype, ("float16", "float32", "float64"))}
ONE = {d: np.ones((), d) for d in map(np.dtype, ("float16", "float32", "float64"))}


def is_number(value: Any) -> bool:
    """Whether ``value`` is a Python or NumPy number, not an array."""
    return isinstance(value, (int, float, complex, np.generic))


def checked(name: str, value: Any) -> Any:
    """``value``, a Tensor or an array: for operations that may return it as it is.

    Raises:
        TypeError: it is something else.
    """
    if not hasattr(value, "_vc") and not isinstance(value, np.ndarray):
        fail(TypeError, f"{name}(): argument 'input' must be Tensor, not {type(value).__name__} ({describe(value)})")
    return value


def unsupported(name: str, dtype: Any) -> NoReturn:
    """Raise as PyTorch does where an operation has no meaning, or no code, for an element type."""
    fail(NotImplementedError, f"\"{name}_cpu\" not implemented for '{scalar_type(np.dtype(dtype))}'")


def refuse(name: str, array: Any, kinds: str) -> None:
    """Raise where the elements of ``array`` are of one of these ``kinds`` (NumPy's letters)."""
    if array.dtype.kind in kinds:
        unsupported(name, array.dtype)


def number_option(op_name: str, name: str, value: Any, dtype: np.dtype[Any]) -> Any:
    """A scalar factor such as ``alpha``, as an array of the operands' ``dtype``."""
    if not isinstance(value, (Number, np.generic)):
        fail(TypeError, f"{op_name}(): argument '{name}' must be Number, not {type(value).__name__}")
    kind = np.asarray(value).dtype.kind
    if kind == "b" and dtype.kind != "b":
        fail(RuntimeError, f"Boolean {name} only supported for Boolean results.")
    if kind == "f" and dtype.kind in "biu":
        fail(RuntimeError, f"For integral input tensors, argument {name} must not be a floating point number.")
    if kind == "c" and dtype.kind != "c":
        fail(RuntimeError, f"For non-complex input tensors, argument {name} must not be a complex number.")
    return np.asarray(value).astype(dtype)


def not_differentiable(name: str) -> NoReturn:
    """The rule of an operation whose derivative is not defined."""
    fail(NonDifferentiableError, f"the derivative of {name} is not implemented; compute it under no_grad(), or from a "
                                 "detached tensor")


def common_type(*values: Any) -> np.dtype[Any]:
    """PyTorch's result type of Tensors, arrays and Python numbers."""
    return result_type([v for v in values if v is not None])


@primitive(method=False)
def zero_gradient(g):
    """Zeros like ``g``: the derivative of a step function."""
    return np.zeros_like(g)
