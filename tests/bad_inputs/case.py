"""What a bad call is, and small things that the tables share.

Each call takes ``L``, a library with the attributes ``t`` (the package of tensors), ``F`` (nn.functional), ``nn``,
``optim``, ``data`` and ``Function``, so that the types can be compared with PyTorch's where it is installed. The words
are for ours: the operation's name, shapes and dtypes of the arguments, the module's path, what is wrong, and the fix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Call = Callable[[Any], Any]


@dataclass(frozen=True)
class Case:
    """One bad call.

    Attributes:
        name: what is wrong.
        call: makes the mistake.
        kind: the exception, or warning, that it must give.
        words: what its message, or its notes, must hold.
        theirs: what PyTorch gives; None where it takes the call.
    """

    name: str
    call: Call
    kind: type[BaseException]
    words: tuple[str, ...]
    theirs: type[BaseException] | tuple[type[BaseException], ...] | None


#: What must raise, and what must warn.
CASES: list[Case] = []
WARNINGS: list[Case] = []

_SAME: Any = object()


def _add(table: list[Case], name: str, call: Call, kind: type[BaseException], words: tuple[str, ...],
         theirs: Any) -> None:
    assert all(c.name != name for c in table), name
    assert words, name
    table.append(Case(name, call, kind, words, kind if theirs is _SAME else theirs))


def bad(name: str, call: Call, kind: type[BaseException], *words: str, theirs: Any = _SAME) -> None:
    """Add a call that must raise; ``theirs`` is PyTorch's exception where it is another, None where there is none."""
    _add(CASES, name, call, kind, words, theirs)


def doubtful(name: str, call: Call, *words: str, theirs: Any = UserWarning) -> None:
    """Add a call that works and must warn; ``theirs`` is None where PyTorch says nothing."""
    _add(WARNINGS, name, call, UserWarning, words, theirs)


def ones(L: Any, *shape: int, grad: bool = False) -> Any:
    return L.t.ones(*shape).requires_grad_(grad)


def numbers(L: Any, n: int, grad: bool = False) -> Any:
    return L.t.arange(1.0, n + 1).requires_grad_(grad)


def ints(L: Any, *values: int) -> Any:
    return L.t.tensor(list(values))


def seq(L: Any, *modules: Any) -> Any:
    return L.nn.Sequential(*modules)


def module(L: Any, forward: Callable[[Any, Any], Any], **attributes: Any) -> Any:
    """A model ``outer.inner`` whose inner module, of class ``Inner``, runs ``forward(self, x)``."""
    def run(self: Any, x: Any) -> Any:
        return forward(self, x)

    inner = type("Inner", (L.nn.Module,), {"forward": run})()
    for name, value in attributes.items():
        setattr(inner, name, value)
    outer = type("Outer", (L.nn.Module,), {"forward": lambda self, x: self.inner(x)})()
    outer.inner = inner
    return outer
