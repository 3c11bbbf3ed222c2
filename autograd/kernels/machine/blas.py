"""Holding BLAS to one thread.

Libraries of linear algebra divide large problems among threads, and round differently for each number of them. What
this package computes is the same for any number: its own kernels share work (see `threads`), and BLAS and LAPACK work
in one thread while they work for it. Outside those calls they keep the threads that the program gave them.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

#: Multiplications from which OpenBLAS thinks of several threads, in products of matrices and of a matrix and a vector.
SINGLE, SINGLE_VECTOR = 2**18, 8192

#: How libraries call the functions that set and tell the number of threads.
_NAMES = [(f"{p}openblas_set_num_threads{s}", f"{p}openblas_get_num_threads{s}")
          for p in ("scipy_", "") for s in ("64_", "")]
_NAMES += [("MKL_Set_Num_Threads", "MKL_Get_Max_Threads"), ("bli_thread_set_num_threads", "bli_thread_get_num_threads")]


def _controls(module: str) -> tuple[Any, Any] | None:
    """The functions of the library that an extension module is linked to; None where it has none known."""
    loaded = sys.modules.get(module)
    if loaded is None or loaded.__file__ is None:
        return None
    files = [loaded.__file__]
    if sys.platform == "win32":  # elsewhere a module's symbols include those of its libraries
        folder = sys.modules[module.partition(".")[0]].__path__[0] + ".libs"
        files += [os.path.join(folder, name) for name in os.listdir(folder) if "openblas" in name]
    for file in files:
        library = ctypes.CDLL(file)
        for put, get in _NAMES:
            if hasattr(library, put) and hasattr(library, get):
                # What only reads a number keeps the interpreter's lock: letting go of it takes as long as the rest.
                return getattr(library, put), getattr(ctypes.PyDLL(file), get)
    return None


class _Outside:
    """What an `_Inside` becomes."""

    __slots__ = ("_hold",)


class _Inside:
    """Somebody in a hold, until it is called or dropped.

    Ctrl-C may interrupt a method before its first statement, ``__exit__`` too. But the interpreter drops what it was to
    call at the end of a ``with``, and then `__del__` leaves. Each statement that calls a function is the last that
    another one depends on, since interrupts come after calls.
    """

    __slots__ = ("_hold",)

    def __init__(self, hold: _Hold) -> None:
        with hold.lock:
            hold.inside += 1
            self._hold = hold
            # Not only whoever comes first: SciPy may have been loaded since.
            if hold.threads == 1 and hold.found is not None:
                put, get = hold.found
                hold.threads = get()
                if hold.threads > 1:
                    put(1)

    def __call__(self, kind: object = None, value: object = None, at: object = None) -> None:
        hold = self._hold
        with hold.lock:
            if hold.inside:  # not in a process that was forked inside
                hold.inside -= 1
            self.__class__ = _Outside  # type: ignore[assignment]  # has no `__del__`, where Ctrl-C would be lost
            if hold.inside == 0 and hold.found is not None and hold.threads > 1:
                threads, hold.threads = hold.threads, 1
                hold.found[0](threads)

    def __del__(self) -> None:
        if hasattr(self, "_hold"):
            self()


class _Hold:
    """A context in which one library has one thread."""

    #: All of them.
    every: ClassVar[list[_Hold]] = []

    def __init__(self, module: str) -> None:
        self._module = module
        self.found: tuple[Any, Any] | None = None
        self._asked = False
        self.inside = 0
        self.threads = 1  # that it gets back
        self.lock = threading.Lock()
        self.every.append(self)

    def __enter__(self) -> None:
        """Whoever looked up `__exit__`, as ``with`` does first, is inside."""

    @property
    def __exit__(self) -> _Inside:  # noqa: PLE0302 (not the method, but what gives it)
        if not self._asked:
            self.found = _controls(self._module)
            self._asked = self.found is not None or self._module in sys.modules
        return _Inside(self)

    def after_fork(self) -> None:
        """In the child of a fork nobody is inside, whatever other threads of the parent were doing."""
        self.lock = threading.Lock()
        if self.inside and self.found is not None:
            self.found[0](self.threads)
        self.inside, self.threads = 0, 1


one_thread = _Hold(f"numpy.{'_core' if hasattr(np, '_core') else 'core'}._multiarray_umath")
#: SciPy's wheels bring a library of their own.
one_thread_scipy = _Hold("scipy.linalg._fblas")

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: [hold.after_fork() for hold in _Hold.every])


def in_one_thread(function: F) -> F:
    """The function, with the libraries held."""
    @functools.wraps(function, [name for name in functools.WRAPPER_ASSIGNMENTS if hasattr(function, name)])
    def held(*args: Any, **kwargs: Any) -> Any:
        with one_thread, one_thread_scipy:
            return function(*args, **kwargs)
    return held  # type: ignore[return-value]
