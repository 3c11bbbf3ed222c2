"""Small things that layers share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd import empty
from autograd.errors import fail

from .parameter import Parameter


def new_parameter(shape: Any, device: Any = None, dtype: Any = None) -> Parameter:
    """A parameter of this shape, to be filled.

    Raises:
        TypeError: a size is no whole number.
        RuntimeError: a size is negative.
    """
    sizes = shape if isinstance(shape, (tuple, list)) else (shape,)
    for size in sizes:
        if isinstance(size, (float, str)) or size is None:
            fail(TypeError, f"a parameter of shape {tuple(sizes)} cannot be: sizes must be ints, and {size!r} is a "
                            f"{type(size).__name__}" + ("; // divides to an int" if isinstance(size, float) else ""))
        if size < 0:
            fail(RuntimeError, f"a parameter of shape {tuple(sizes)} cannot be: Trying to create tensor with negative "
                               f"dimension {size}")
    return Parameter(empty(shape, device=device, dtype=dtype))


def ntuple(value: Any, n: int) -> tuple[Any, ...]:
    """``value`` as a tuple: itself where it is one, else ``n`` times the value."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * n


def named(module: Any, *names: str) -> str:
    """``name=value, ...`` of attributes, for a repr."""
    return ", ".join(f"{name}={getattr(module, name)}" for name in names)
