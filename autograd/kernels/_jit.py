"""Where compiled code is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def cached(make: Callable[[bool], Any]) -> Any:
    """``make(True)``, which keeps what it compiles, or ``make(False)`` where there is no place to keep it."""
    try:
        return make(True)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return make(False)
