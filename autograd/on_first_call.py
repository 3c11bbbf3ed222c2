"""Functions that are written when they are first called, so that an import which makes hundreds costs nothing."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from .kernels.compiled.late import LATE

#: Names the written functions may use. The modules that own these things put them here.
RUNTIME: dict[str, Any] = {}


def lazy(name: str, owner: Any, write: Callable[[Any], str], names: Callable[[Any], dict[str, Any]]) -> Any:
    """A function that, on its first call, takes on the code of the text ``write(owner)``, which uses ``names(owner)``.

    The function object stays the same, so every reference to it, taken before or after, gets the final code.
    An import makes hundreds of them, so each is a function and a dictionary, without closures.
    """
    namespace = {"__name__": __name__, "become": become, "owner": owner, "write": write, "names": names}
    namespace["function"] = function = types.FunctionType(_stub.__code__, namespace, name)
    return function


def _stub(*args, **kwargs):  # type: ignore[no-untyped-def]
    return become(function, owner, write, names)(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821


def become(function: Any, owner: Any, write: Callable[[Any], str], names: Callable[[Any], dict[str, Any]]) -> Any:
    """Give ``function``, made by `lazy`, the code it is to have."""
    name, namespace = function.__name__, function.__globals__
    # Threads may meet here. All write the same, so none has to wait; a lock might stay locked in a forked child.
    namespace.update({**RUNTIME, **names(owner)})
    for key, value in tuple(namespace.items()):
        if key.startswith(("fast_", "fused_")) and isinstance(value, types.FunctionType) and value in LATE:
            LATE[value].bind(namespace, key)
    made: dict[str, Any] = {}
    exec(compile(write(owner), f"<autograd {name}>", "exec"), namespace, made)
    written = made[name]
    # The code comes last: the stub does without the defaults, the code does not.
    function.__defaults__, function.__kwdefaults__ = written.__defaults__, written.__kwdefaults__
    function.__code__ = written.__code__
    return function
