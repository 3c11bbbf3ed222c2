"""Kernels that run in NumPy first and are compiled once that pays.

Importing Numba takes a third of a second and each kernel some hundredths more from its cache, or seconds to compile.
A script that ends before it would have won that back should not pay it. So these kernels run their NumPy twin first
and note what the compiled form would have saved; once that equals the price, they compile. Whatever the length of the
run, it then takes at most about twice the better of the two choices (the ski rental rule). What they note depends on
the calls alone, never on a clock, so that equal programs compute equal numbers.

Twins of arithmetic formulas, of maxima, of random numbers and of optimizers' steps give the same bits as the compiled
form. Those of products of matrices, of long sums, of exponentials and of logarithms do not: a program that must give
the same last digits wherever it is cut in two decides at its start, by `choose` or by AUTOGRAD_JIT.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: When kernels are compiled: "0" never, "1" late, "now" at their first call.
CHOICES = ("0", "1", "now")

_IMPORT = 0.4  # seconds, to import Numba
_KERNEL = 0.05  # seconds, to load a kernel: its share of what compiling it once took

#: Late kernels by the function they were declared with.
LATE: dict[Callable[..., Any], Late] = {}

_choice = os.environ.get("AUTOGRAD_JIT", "1")
if _choice not in CHOICES:
    raise ImportError(f"AUTOGRAD_JIT in the environment is one of {', '.join(CHOICES)}, got {_choice!r}")
#: All kernels, to be told when the choice changes.
KERNELS: weakref.WeakSet[Any] = weakref.WeakSet()
_compiling = threading.Lock()
_missed = 0.0  # by all kernels
_stuck = False  # in a forked process: nothing more can be compiled


@contextmanager
def choose(choice: str) -> Iterator[None]:
    """Inside the block kernels are compiled as AUTOGRAD_JIT=choice would have it, in all threads.

    With "0" those that are compiled rest, and come back after the block.
    """
    if choice not in CHOICES:
        raise ValueError(f"AUTOGRAD_JIT is one of {', '.join(CHOICES)}, got {choice!r}")
    before = _choice
    _become(choice)
    try:
        yield
    finally:
        _become(before)


def _become(choice: str) -> None:
    global _choice
    changed, _choice = choice != _choice, choice
    if changed:
        for kernel in tuple(KERNELS):
            kernel.show()


class Account:
    """What a compiled kernel would have saved so far, and whether it has been bought.

    Args:
        price: seconds that it takes to load.
    """

    __slots__ = ("_missed", "bought", "price")

    def __init__(self, price: float = _KERNEL) -> None:
        self.price, self._missed, self.bought = price, 0.0, False

    def pays(self, saved: float) -> bool:
        """Whether to use the compiled kernel, after noting that it would save ``saved`` seconds in this call."""
        global _missed
        if _choice != "1":
            return _choice == "now" and _numba()
        if self.bought:
            return True
        self._missed += saved
        _missed += saved
        if self._missed < self.price or (_missed < _IMPORT and "numba" not in sys.modules) or not _numba():
            return False
        self.bought = True
        return True


def _numba() -> bool:
    """Whether Numba is there, fits this NumPy, was not told to leave functions as they are, and can compile."""
    if _stuck:
        return False
    try:
        import numba
    except ImportError:
        return False
    return not numba.config.DISABLE_JIT


def _after_fork() -> None:
    """A process forked while another thread compiled finds Numba's lock held by a thread that it has not, and LLVM as
    that thread left it. It runs the kernels that are compiled, and NumPy."""
    global _compiling, _stuck
    _compiling = threading.Lock()
    importing = getattr(getattr(sys.modules.get("numba"), "__spec__", None), "_initializing", False)
    locks = sys.modules.get("numba.core.compiler_lock")
    lock = getattr(getattr(locks, "global_compiler_lock", None), "_lock", None)
    if importing or (lock is not None and not lock.acquire(blocking=False)):
        _stuck = True
    elif lock is not None:
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def compiled(table: dict[Any, Callable[..., Any] | None], key: Any, name: str,
             build: Callable[[], Callable[..., Any]]) -> Callable[..., Any] | None:
    """``table[key]``, which ``build()`` gives, compiled or loaded, where it is not there yet.

    None where that fails, now and from then on: NumPy computes it, and the log says why. ``name`` is for the log, with
    places for the parts of the key: filled in only there, since the name of a dtype takes NumPy 5 us.
    """
    try:
        return table[key]
    except KeyError:
        if _stuck:
            return None
    try:
        found = build()
    except Exception:
        import logging  # a tenth of what importing this package takes

        name = name.format(*(key if isinstance(key, tuple) else (key,)))
        logging.getLogger("autograd").warning("%s could not be compiled; NumPy computes it", name, exc_info=True)
        found = None
    table[key] = found
    return found


class Late:
    """A kernel in its two forms.

    Generated code does not call this object but ``current``, whichever form that is: `bind` puts it into a namespace,
    and it is replaced there when the kernel is compiled.

    Args:
        function: what is compiled.
        twin: what runs until then.
        saves: seconds that one call of the compiled form saves.
        saves_each: seconds that it saves for each element of the first argument.
    """

    def __init__(self, function: Callable[..., Any], twin: Callable[..., Any], saves: float, saves_each: float) -> None:
        self.function, self.twin = function, twin
        #: The form that runs now.
        self.current: Callable[..., Any] = self._interpreted
        self._saves, self._saves_each, self._account = saves, saves_each, Account()
        self._forms: dict[str, Callable[..., Any] | None] = {}
        self._users: list[tuple[dict[str, Any], str]] = []
        LATE[function] = self
        KERNELS.add(self)

    def build(self) -> Callable[..., Any]:
        """The compiled form."""
        raise NotImplementedError

    def bind(self, namespace: dict[str, Any], name: str) -> None:
        """Let ``name`` in ``namespace`` stand for the form that runs, now and later."""
        self._users.append((namespace, name))
        namespace[name] = self.current

    def _interpreted(self, *args: Any) -> Any:
        # A thread that finds another compiling goes on with the twin.
        if (self._account.pays(self._saves + self._saves_each * args[0].size)
                and _compiling.acquire(blocking=False)):
            try:
                self.compile()
            finally:
                _compiling.release()
        return self.twin(*args)

    def compile(self) -> Callable[..., Any] | None:
        """Compile now, or load what was compiled before. Where that fails, the twin stays, and this is None."""
        found = compiled(self._forms, "compiled", f"a kernel of {self.function.__module__}", self.build)
        self.show()
        return found

    def show(self) -> None:
        """Let the form run that is chosen: the compiled one where it is there and wanted."""
        if "compiled" not in self._forms:
            return
        form = self._forms["compiled"]
        self.current = self.twin if form is None or _choice == "0" else form
        for namespace, name in self._users:
            namespace[name] = self.current
