"""Which objects are kept in files, and how the others are refused."""

from __future__ import annotations

import importlib
from typing import Any, NoReturn

from ..errors import fail
from ..on_first_call import RUNTIME

KINDS = ("dict, OrderedDict, Counter, list, tuple, set, Size, int, float, complex, bool, str, bytes, bytearray, None, "
         "dtype, device, Tensor, Parameter")


def join(path: str, key: Any) -> str:
    """The place of an item in the container at ``path``."""
    return f"{path}/{key}" if path else str(key)


def place(path: str) -> str:
    return f"(at {path or 'the top'})"


def refuse(value: Any, path: str, kinds: str = KINDS) -> NoReturn:
    """Raise for an object of a kind that is not kept."""
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        fail(TypeError, f"cannot save a {name} {place(path)}, because its class would be lost: make it a plain dict, "
                        f"list or tuple first. Supported: {kinds}")
    fail(TypeError, f"cannot save a {name} {place(path)}: files hold data only, and never objects with code. "
                    f"Supported: {kinds}. Of a module or an optimizer save its state_dict()")


def refuse_cycle(path: str) -> NoReturn:
    fail(ValueError, f"cannot save a container that contains itself {place(path)}")


def is_parameter(value: Any) -> bool:
    """Whether it is an ``nn.Parameter``. Where nn was not imported there are none."""
    return isinstance(value, RUNTIME.get("Parameter", ()))


def parameter_class() -> Any:
    """``nn.Parameter``, found by its name as pickle does: this floor of the house knows nothing of the one above."""
    if "Parameter" not in RUNTIME:
        importlib.import_module("nn")
    return RUNTIME["Parameter"]


def set_attributes(target: Any, attributes: Any) -> None:
    """Set attributes from a file; never one that the class of ``target`` has, such as a method."""
    kind = type(target)
    if type(attributes) is not dict:
        raise ValueError(f"it has a {type(attributes).__name__} for the attributes of a {kind.__name__}")
    for name, value in attributes.items():
        if type(name) is not str or hasattr(kind, name):
            raise ValueError(f"it replaces {kind.__name__}.{name}")
        setattr(target, name, value)
