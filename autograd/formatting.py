"""How tensors print."""

from __future__ import annotations

from typing import Any

from .codegen import RUNTIME


def format_tensor(t: Any) -> str:
    return f"tensor({t._a!r})"


RUNTIME["format_tensor"] = format_tensor
