"""The modules whose forward is running, by name."""

from __future__ import annotations

import sys
from typing import Any

from ..where import MODULE_CALLS


class ModulePaths:
    """Finds the path of the running module; remembers names, because looking them up takes longer than an operation."""

    def __init__(self) -> None:
        self._names: dict[tuple[int, int], str] = {}
        self._keep: list[Any] = []  # so that no other module gets the identity of one of these

    def running(self) -> tuple[str, ...]:
        """Names of the modules that run, outermost first: ``("Net", "layers", "0")``."""
        modules: list[Any] = []
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code in MODULE_CALLS:
                modules.append(frame.f_locals["self"])
            frame = frame.f_back  # type: ignore[assignment]
        modules.reverse()
        return tuple([self._name(modules[i - 1] if i else None, m) for i, m in enumerate(modules)])

    def _name(self, outer: Any, module: Any) -> str:
        key = id(outer), id(module)
        if key not in self._names:
            self._keep.append((outer, module))
            name = None if outer is None else next((k for k, m in outer.named_modules() if m is module), None)
            self._names[key] = name or type(module).__name__
        return self._names[key]

    def clear(self) -> None:
        """Forget all names."""
        self._names.clear()
        self._keep.clear()
