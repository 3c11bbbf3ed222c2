"""Seeing: what is on the tape, in text, in formulas, in figures."""

from __future__ import annotations

import importlib
from typing import Any

_LAZY = {
    **dict.fromkeys(("Formula", "formulas"), "formula"),
    **dict.fromkeys(("Tape", "tape"), "wengert"),
    **dict.fromkeys(("Adjoints", "Contribution", "Step"), "adjoints"),
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
