"""What marks code for PyTorch's compiler of a part of Python, TorchScript. The code runs as the Python that it is.

``trace``, ``save`` and ``load`` are not there: they would have to make a program that runs without Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final as Final, TypeVar

T = TypeVar("T")

__all__ = ["Final", "annotate", "export", "ignore", "is_scripting", "is_tracing", "script", "unused"]


def script(obj: T) -> T:
    """The function or module itself.

    >>> import autograd
    >>> @autograd.jit.script
    ... def double(x: autograd.Tensor) -> autograd.Tensor:
    ...     return x * 2
    >>> double(autograd.ones(2))
    tensor([2., 2.])
    """
    return obj


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The method itself; PyTorch's compiler leaves it to Python.

    >>> import autograd
    >>> autograd.jit.ignore(len) is len, autograd.jit.ignore(drop=True)(len) is len
    (True, True)
    """
    return drop if callable(drop) else lambda function: function


def unused(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The method itself; PyTorch's compiler makes it raise.

    >>> import autograd
    >>> autograd.jit.unused(len) is len
    True
    """
    return fn


export = unused


def annotate(the_type: Any, the_value: T) -> T:
    """The value, of which PyTorch's compiler is told the type.

    >>> import autograd
    >>> autograd.jit.annotate(list[int], [])
    []
    """
    return the_value


def is_scripting() -> bool:
    """Whether TorchScript runs this code: never.

    >>> import autograd
    >>> autograd.jit.is_scripting()
    False
    """
    return False


is_tracing = is_scripting
