"""What nonlinearities that can write into their input share."""

from __future__ import annotations

from typing import Any

from ..common import named
from ..module import Module


class InPlace(Module):
    """A nonlinearity whose only option is to write into its input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


def with_inplace(module: Any, *names: str) -> str:
    """As `named`, and ``inplace=True`` where it is set."""
    return named(module, *names) + (", inplace=True" if module.inplace else "")
