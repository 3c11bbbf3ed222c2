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


def factory_kwargs(kwargs: dict[str, Any] | None) -> dict[str, Any]:
    """The arguments for functions like ``empty``, from those of a constructor.

    Args:
        kwargs: ``device``, ``dtype``, ``memory_format``; and ``factory_kwargs``, a dictionary of more of them.

    Raises:
        TypeError: there are others, or one is given twice.

    >>> import nn
    >>> nn.factory_kwargs({"dtype": "float64", "factory_kwargs": {"device": "cpu"}})
    {'device': 'cpu', 'dtype': 'float64'}
    """
    if kwargs is None:
        return {}
    names = {"device", "dtype", "memory_format"}
    unexpected = set(kwargs) - names - {"factory_kwargs"}
    if unexpected:
        fail(TypeError, f"unexpected kwargs {unexpected}")
    found = dict(kwargs.get("factory_kwargs", {}))
    for name in sorted(names & set(kwargs)):
        if name in found:
            fail(TypeError, f"{name} specified twice, in **kwargs and in factory_kwargs")
        found[name] = kwargs[name]
    return found


def documented(cls: Any) -> Any:
    """Class decorator: what a base says behind its summary goes between the class's own text and its example.

    So ``help(nn.Conv2d)`` has the arguments, which all convolutions share.
    """
    base = next((doc for b in cls.__mro__[1:] if (doc := vars(b).get("__doc__")) and "\n\n" in doc), None)
    if cls.__doc__ and base:  # there are none under python -OO
        text, mark, example = cls.__doc__.partition("\n\n    >>>")
        shared = base.partition("\n\n")[2].partition("\n\n    >>>")[0]
        cls.__doc__ = f"{text.rstrip()}\n\n{shared.rstrip()}{mark}{example}"
    return cls


def ntuple(value: Any, n: int) -> tuple[Any, ...]:
    """``value`` as a tuple: itself where it is one, else ``n`` times the value."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * n


def named(module: Any, *names: str) -> str:
    """``name=value, ...`` of attributes, for a repr."""
    return ", ".join(f"{name}={getattr(module, name)}" for name in names)
