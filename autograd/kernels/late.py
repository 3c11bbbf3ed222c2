"""Kernels that run in NumPy first and are compiled once that pays.

Importing Numba takes a third of a second and each kernel some hundredths more from its cache, or tenths to compile.
A script that ends before it would have won that back should not pay it. So these kernels run their NumPy twin first
and note what the compiled form would have saved; once that equals the price, they compile. Whatever the length of the
run, it then takes at most about twice the better of the two choices (the ski rental rule).

A twin gives the same bits as the compiled form, so that a run which begins with one and ends with the other gives
what either would.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from ._jit import ENABLED

_IMPORT = 0.4  # seconds, to import Numba
_KERNEL = 0.05  # seconds, to load a kernel: its share of what compiling it once took

#: Late kernels by the function they were declared with.
LATE: dict[Callable[..., Any], Late] = {}

_compiling = threading.Lock()
_missed = 0.0


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
        self.current: Callable[..., Any] = self._interpreted if ENABLED else twin
        self._saves, self._saves_each, self._missed = saves, saves_each, 0.0
        self._users: list[tuple[dict[str, Any], str]] = []
        LATE[function] = self

    def build(self) -> Callable[..., Any]:
        """The compiled form; raises ImportError without Numba."""
        raise NotImplementedError

    def bind(self, namespace: dict[str, Any], name: str) -> None:
        """Let ``name`` in ``namespace`` stand for the best form there is, now and later."""
        self._users.append((namespace, name))
        namespace[name] = self.current

    def _interpreted(self, *args: Any) -> Any:
        global _missed
        saved = self._saves + self._saves_each * args[0].size
        self._missed += saved
        _missed += saved
        # A thread that finds another compiling goes on with the twin.
        if (self._missed > _KERNEL and (_missed > _IMPORT or "numba" in sys.modules)
                and _compiling.acquire(blocking=False)):
            try:
                self.compile()
            finally:
                _compiling.release()
        return self.twin(*args)

    def compile(self) -> None:
        """Compile now; without Numba, or where compiling is switched off, the twin stays."""
        if self.current != self._interpreted:
            return
        try:
            self.current = self.build()
        except ImportError:
            self.current = self.twin
        for namespace, name in self._users:
            namespace[name] = self.current


def compile_all() -> None:
    """Compile every kernel now, not when it has proved to pay."""
    for kernel in LATE.values():
        kernel.compile()
