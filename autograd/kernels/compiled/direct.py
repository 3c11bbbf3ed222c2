"""Compiled functions for tiny arrays, called without Numba's dispatcher.

The dispatcher looks at the type of every argument, which takes longer than adding up 32 numbers. What a compiled
function does once its types are known is much shorter, and is what generated code calls here. It believes the caller:
an array of another dtype or number of dimensions is read wrongly, so the caller has to look first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .late import Late

F = TypeVar("F", bound=Callable[..., Any])


class Direct(Late):
    """A function of arrays whose element types and ranks are fixed, with any strides."""

    def __init__(self, function: Callable[..., Any], twin: Callable[..., Any], saves: float,
                 ranks: tuple[tuple[str, int], ...]) -> None:
        super().__init__(function, twin, saves, saves_each=0.0)
        self.ranks = ranks

    def build(self) -> Callable[..., Any]:
        import numba

        from .cache import entry_point, fingerprint, jit

        key = fingerprint(self.function)
        signature = numba.types.void(*[numba.types.Array(getattr(numba, element), rank, "A")
                                       for element, rank in self.ranks])
        return entry_point(jit(key)(self.function), "direct", key, signature)


def direct(*ranks: tuple[str, int], twin: Callable[..., Any], saves: float) -> Callable[[F], F]:
    """Declare such a function.

    Args:
        ranks: the element type and the number of dimensions of each argument.
        twin: what computes the same bits with NumPy.
        saves: seconds that one call of the compiled form saves.
    """
    def declare(function: F) -> F:
        Direct(function, twin, saves, ranks)
        return function
    return declare
