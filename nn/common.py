"""Small things that layers share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd import empty

from .parameter import Parameter


def new_parameter(shape: Any, device: Any = None, dtype: Any = None) -> Parameter:
    """A parameter of this shape, to be filled."""
    return Parameter(empty(shape, device=device, dtype=dtype))


def ntuple(value: Any, n: int) -> tuple[Any, ...]:
    """``value`` as a tuple: itself where it is one, else ``n`` times the value."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * n


def named(module: Any, *names: str) -> str:
    """``name=value, ...`` of attributes, for a repr."""
    return ", ".join(f"{name}={getattr(module, name)}" for name in names)
