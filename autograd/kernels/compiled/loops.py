"""Compiled loops over arrays of single or double precision.

`loop` marks a function that is nothing but a loop, written for any floating type: compiled for one, its constants are
of this type, and the functions that it calls (see `elementary`) are the ones made for it. What calls it asks first
whether it is there, and computes with NumPy until then.

A compiled loop believes its caller: arrays have the element type and the rank declared and are C-contiguous, or it
reads them wrongly.

Where a loop computes each row of its arrays by itself, its signature says which arrays it goes through row by row, and
threads share the rows of large ones (see `threads`).
"""

from __future__ import annotations

import functools
import importlib
import types
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..machine.threads import count, share
from .late import KERNELS, Account, compiled

_KERNELS = __package__.rpartition(".")[0]
_FLOAT32, _FLOAT64 = np.dtype("float32"), np.dtype("float64")
_SCALARS = {_FLOAT32: np.float32, _FLOAT64: np.float64}

#: Steps from which threads may share a loop, and seconds that a step takes.
_SHARED, _STEP = 2**17, 5e-10
#: Ranges of numbers begin at multiples of so many: what vectors hold falls into the same vectors, and the rest stays
#: the rest.
_NUMBERS = 64

#: What the compiler may do to numbers: a product and a sum in one, and a zero of either sign.
_CONTRACT = frozenset({"contract", "nsz"})

#: Every loop by name, with that of its module.
LOOPS: dict[str, Loop] = {}


class Elementary:
    """A function of numbers that loops call, in two forms: for single and for double precision."""

    def __init__(self, single: Callable[..., Any], double: Callable[..., Any]) -> None:
        self.forms = {np.float32: single, np.float64: double}


class InVectors:
    """A function that loops call, spelled out in vectors: made for the element type and processor of the loop.

    Args:
        name: of the function that makes it.
        module: the one of `vectors` where it is.
    """

    def __init__(self, name: str, module: str = "rows") -> None:
        self.name, self.module = name, module

    def form(self, scalar: type) -> Any:
        """What a loop over numbers of this type calls."""
        from ..vectors.ir import host

        module = importlib.import_module(f"{_KERNELS}.vectors.{self.module}")
        return getattr(module, self.name)(host(), np.dtype(scalar).itemsize)


class Loop:
    """A loop, as declared by `loop`; with ``exact`` it rounds each operation by itself, as NumPy does."""

    def __init__(self, function: Callable[..., Any], signature: str, saves: float, reassociate: bool,
                 only: np.dtype[Any] | None = None, exact: bool = False) -> None:
        self.function, self.signature, self.only = function, signature, only
        self._freedom = frozenset() if exact else _CONTRACT | {"reassoc"} if reassociate else _CONTRACT
        self._saves = saves
        # What `on` gives for single and double precision without a look at accounts.
        self._single: Callable[..., Any] | None = None
        self._double: Callable[..., Any] | None = None
        self._accounts = {d: Account() for d in _SCALARS}
        self._compiled: dict[np.dtype[Any], Callable[..., Any] | None] = {}
        words = signature.split()
        self._ranged = words[-1] == "R"
        self._by_rows = tuple([word.startswith("*") for word in words])
        numbers = all(word.endswith("1") for word in words if word.startswith("*"))
        self._multiple = _NUMBERS if numbers and not self._ranged else 1
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        LOOPS[self.name] = self
        KERNELS.add(self)

    def on(self, dtype: np.dtype[Any], size: int) -> Any:
        """The compiled loop for this element type and about ``size`` steps; None where NumPy shall do it.

        The type must be one of NumPy's own objects for single and double precision; those that were unpickled or have
        another byte order are not.
        """
        found = self._single if dtype is _FLOAT32 else self._double if dtype is _FLOAT64 else None
        return found if found is not None and size < _SHARED else self._choice(dtype, size)

    def _choice(self, dtype: np.dtype[Any], size: int) -> Any:
        if (dtype is not _FLOAT32 and dtype is not _FLOAT64) or not self._accounts[dtype].pays(size * self._saves):
            return None
        found = self._compiled.get(dtype)
        if found is None:
            found = self.compile(dtype)
        if self._ranged or (size >= _SHARED and count() > 1 and any(self._by_rows)):
            return found and partial(self._in_ranges, found, size * _STEP)
        if dtype is _FLOAT32:
            self._single = found
        else:
            self._double = found
        return found

    def show(self) -> None:
        """Ask anew whether to use what is compiled."""
        self._single = self._double = None

    def _in_ranges(self, compiled: Callable[..., Any], seconds: float, *args: Any) -> None:
        if self._ranged:
            *rest, rows = args
            share(lambda start, stop: compiled(*rest, start, stop), rows, seconds)
            return

        def run(start: int, stop: int) -> None:
            compiled(*[a[start:stop] if rows else a for a, rows in zip(args, self._by_rows, strict=True)])
        share(run, len(args[self._by_rows.index(True)]), seconds, self._multiple)

    def compile(self, dtype: np.dtype[Any]) -> Callable[..., Any] | None:
        """Compile now, or load what was compiled before; None where that fails."""
        return compiled(self._compiled, dtype, f"the loop {self.name} for {{}}", lambda: self._build(dtype))

    def _build(self, dtype: np.dtype[Any]) -> Callable[..., Any]:
        import numba

        from .cache import entry_point, fingerprint

        key = f"{fingerprint(self.function)} {dtype} {sorted(self._freedom)}"
        words = self.signature.replace("R", "I I").split()
        signature = numba.types.void(*[_parameter(numba.types, word, dtype.name) for word in words])
        dispatcher = _typed(self.function, _SCALARS[dtype], self._freedom, False)
        return entry_point(dispatcher, f"loop-{self.function.__name__}", key, signature)


def _single(x):  # type: ignore[no-untyped-def]
    return np.float32(x)


def _double(x):  # type: ignore[no-untyped-def]
    return np.float64(x)


#: A number in the loop's floating type: what was summed up in double precision.
narrow = Elementary(_single, _double)


def loop(signature: str, saves: float, reassociate: bool = False,
         only: np.dtype[Any] | None = None) -> Callable[[Callable[..., Any]], Loop]:
    """Declare a loop.

    Args:
        signature: a word for each parameter: F for the floating type, I for int64, W for 32-bit words, B for bool;
            and the rank of the array, or nothing for a number. In front, a star where the loop computes each element
            along the first dimension by itself: all such arrays have as many. Where it does so along another one, the
            last word is R, for two parameters: where to start and stop; callers give how many there are.
        saves: seconds that one step of the compiled loop saves.
        reassociate: let sums be computed in any order, as vectors need.
        only: the only type it is called for, if it is one.
    """
    return lambda function: Loop(function, signature, saves, reassociate, only)


def _parameter(numba_types: Any, code: str, floating: str) -> Any:
    kind, rank = code.lstrip("*")[0], code.lstrip("*")[1:]
    element = getattr(numba_types, {"F": floating, "I": "int64", "W": "uint32", "B": "boolean"}[kind])
    return numba_types.Array(element, int(rank), "C") if rank else element


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
def _typed(function: Callable[..., Any], scalar: type, freedom: frozenset[str], inline: bool) -> Any:
    """The function made for one type: with its constants, and with what it calls."""
    from .cache import fingerprint, jit

    def typed(value: Any) -> Any:
        if type(value) is float:
            return scalar(value)
        if isinstance(value, Elementary):
            value = value.forms[scalar]  # type: ignore[index]
        if isinstance(value, InVectors):
            # Numba lets all instructions be reassociated, those written by hand too: (x + magic) - magic became x.
            assert "reassoc" not in freedom, f"{function.__name__} is spelled out in vectors, not to be reassociated"
            return value.form(scalar)
        if value is wide:
            return _wide()
        if type(value) is types.FunctionType and value.__module__.startswith(_KERNELS):
            return _typed(value, scalar, freedom - {"reassoc"}, True)
        return value

    code = function.__code__
    names = {name: typed(function.__globals__[name]) for name in code.co_names if name in function.__globals__}
    made = types.FunctionType(code.replace(co_consts=tuple(map(typed, code.co_consts))),
                              names | {"__name__": function.__module__}, function.__name__)
    return jit(f"{fingerprint(function)} {scalar.__name__} {sorted(freedom)}", fastmath=set(freedom),
               forceinline=inline)(made)
