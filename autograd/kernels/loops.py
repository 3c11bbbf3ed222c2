"""Compiled loops over arrays of single or double precision.

`loop` marks a function that is nothing but a loop, written for any floating type: compiled for one, its constants are
of this type, and the functions that it calls (see `elementary`) are the ones made for it. What calls it asks first
whether it is there, and computes with NumPy until then.

A compiled loop believes its caller: arrays have the element type and the rank declared and are C-contiguous, or it
reads them wrongly.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from .late import Account

_FLOAT32, _FLOAT64 = np.dtype("float32"), np.dtype("float64")
_SCALARS = {_FLOAT32: np.float32, _FLOAT64: np.float64}

#: Every loop by name, with that of its module.
LOOPS: dict[str, Loop] = {}


class Elementary:
    """A function of numbers that loops call, in two forms: for single and for double precision."""

    def __init__(self, single: Callable[..., Any], double: Callable[..., Any]) -> None:
        self.forms = {np.float32: single, np.float64: double}


class Loop:
    """A loop, as declared by `loop`."""

    def __init__(self, function: Callable[..., Any], signature: str, saves: float, reassociate: bool) -> None:
        self.function, self.signature, self.reassociate = function, signature, reassociate
        self._saves = saves
        self._accounts = {d: Account() for d in _SCALARS}
        self._compiled: dict[np.dtype[Any], Callable[..., Any]] = {}
        LOOPS[f"{function.__module__.rpartition('.')[2]}.{function.__name__}"] = self

    def on(self, dtype: np.dtype[Any], size: int) -> Any:
        """The compiled loop for this element type and about ``size`` steps; None where NumPy shall do it.

        The type must be one of NumPy's own objects for single and double precision; those that were unpickled or have
        another byte order are not.
        """
        if dtype is not _FLOAT32 and dtype is not _FLOAT64:
            return None
        if not self._accounts[dtype].pays(size * self._saves):
            return None
        found = self._compiled.get(dtype)
        return found if found is not None else self.compile(dtype)

    def compile(self, dtype: np.dtype[Any]) -> Callable[..., Any]:
        """Compile now, or load what was compiled before."""
        import numba

        from .compiled_cache import CompiledCache

        scalar = _SCALARS[dtype]
        name = f"{self.function.__module__}.{self.function.__name__}"
        dispatcher = _typed(self.function, scalar, self.reassociate, False)
        dispatcher._cache = CompiledCache("loop", f"{name} {dtype}", announce=False)
        signature = numba.types.void(*[_parameter(numba.types, code, dtype.name) for code in self.signature.split()])
        dispatcher.compile(signature)
        found: Callable[..., Any] = dispatcher.overloads[signature.args].entry_point
        self._compiled[dtype] = found
        return found


def loop(signature: str, saves: float, reassociate: bool = False) -> Callable[[Callable[..., Any]], Loop]:
    """Declare a loop.

    Args:
        signature: a word for each parameter: F for the floating type, I for int64, W for 32-bit words, B for bool;
            and the rank of the array, or nothing for a number.
        saves: seconds that one step of the compiled loop saves.
        reassociate: let sums be computed in any order, as vectors need.
    """
    return lambda function: Loop(function, signature, saves, reassociate)


def _parameter(numba_types: Any, code: str, floating: str) -> Any:
    element = getattr(numba_types, {"F": floating, "I": "int64", "W": "uint32", "B": "boolean"}[code[0]])
    return numba_types.Array(element, int(code[1:]), "C") if code[1:] else element


def wide() -> None:
    """The first statement of a loop that computes more than it reads: it then runs in the widest vectors there are.

    LLVM takes narrower ones by default, on processors whose clock wide ones once slowed.
    """


@functools.cache
def _wide() -> Any:
    from numba import types as numba_types
    from numba.extending import intrinsic

    @intrinsic  # type: ignore[untyped-decorator]
    def ask(typing):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            set.add(builder.function.attributes, '"prefer-vector-width"="512"')  # llvmlite's own list lacks it
            return context.get_dummy_value()
        return numba_types.void(), emit
    return ask


@functools.cache
def _typed(function: Callable[..., Any], scalar: type, reassociate: bool, inline: bool) -> Any:
    """The function made for one type: with its constants, and with what it calls."""
    import numba

    from .compiled_cache import tagged

    def typed(value: Any) -> Any:
        if type(value) is float:
            return scalar(value)
        if isinstance(value, Elementary):
            value = value.forms[scalar]  # type: ignore[index]
        if value is wide:
            return _wide()
        if type(value) is types.FunctionType and value.__module__.startswith(__package__):
            return _typed(value, scalar, False, True)
        return value

    code = function.__code__
    names = {name: typed(function.__globals__[name]) for name in code.co_names if name in function.__globals__}
    made = types.FunctionType(code.replace(co_consts=tuple(map(typed, code.co_consts))),
                              names | {"__name__": function.__module__}, function.__name__)
    flags = {"contract", "nsz", "reassoc"} if reassociate else {"contract", "nsz"}
    made = tagged(f"{function.__module__} {function.__name__} {scalar.__name__}")(made)
    return numba.njit(error_model="numpy", nogil=True, fastmath=flags, forceinline=inline)(made)
