"""Where a node of the graph came from: the line that called its operation, and the module it ran in.

Both are known for what ran inside `detect_anomaly`: noting them for every node would cost more than a small operation.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from .node import Node, extra_of

#: The code of the calls that are modules' calls (their first argument is the module), and what puts the modules that
#: are running, outermost first, into words. Filled by the package of modules.
MODULE_CALLS: dict[CodeType, Callable[[list[Any]], str]] = {}


class Line:
    """A line of a program, as in `traceback.FrameSummary`, whose number is looked up when somebody asks."""

    __slots__ = ("_at", "_code")

    def __init__(self, code: CodeType, at: int) -> None:
        self._code, self._at = code, at

    @property
    def filename(self) -> str:
        """The file."""
        return self._code.co_filename

    @property
    def name(self) -> str:
        """The function."""
        return self._code.co_name

    @property
    def lineno(self) -> int:
        """Its number."""
        lines = (line for start, end, line in self._code.co_lines() if start <= self._at < end)
        return next(lines, None) or self._code.co_firstlineno

    @property
    def line(self) -> str:
        """Its text; "" where there is no such file."""
        return linecache.getline(self.filename, self.lineno).strip()

    def __str__(self) -> str:
        text = f'  File "{self.filename}", line {self.lineno}, in {self.name}\n'
        return text + (f"    {self.line}\n" if self.line else "")


_HERE = os.path.dirname(os.path.abspath(__file__))
# Calls from inside the library are not where a program called an operation.
_LIBRARY = (_HERE + os.sep, os.path.join(os.path.dirname(_HERE), "nn") + os.sep, "<autograd")
#: Lines of the user's program that are said of an operation.
_LINES = 3
#: The key of what was noted in a node's metadata: code and the place in it, of each call in turn, innermost first, and
#: the modules, innermost first.
_KEY = "where"


def note_forward(node: Node) -> None:
    """Note the lines of the running call, and the modules in it.

    Nothing is read from files and nothing is looked up here, not even which lines are the program's: that waits until
    somebody asks.
    """
    metadata = extra_of(node).metadata
    if _KEY in metadata:
        return
    trail: list[Any] = []
    modules: list[Any] = []
    note = trail.append
    call = _call_of_modules()
    frame = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if code is call:
            modules.append(frame.f_locals["self"])
        note(code)
        note(frame.f_lasti)
        frame = frame.f_back  # type: ignore[assignment]
    metadata[_KEY] = trail, modules


def _call_of_modules() -> Any:
    return next(iter(MODULE_CALLS), None)


def is_noted(node: Node) -> bool:
    """Whether `note_forward` has seen ``node``."""
    return node.extra is not None and _KEY in node.extra.metadata


def lines_of(node: Node) -> list[Line]:
    """The lines that called the operation, innermost last; empty where that was not noted."""
    trail = () if node.extra is None else node.extra.metadata.get(_KEY, ((), ()))[0]
    program = [Line(code, at) for code, at in zip(trail[::2], trail[1::2], strict=True)
               if not code.co_filename.startswith(_LIBRARY) and code.co_filename != "<string>"]
    return program[_LINES - 1::-1]


def module_of(node: Node) -> str:
    """The module whose forward recorded ``node``, in words; "" where that was outside of any, or was not noted."""
    modules = modules_of(node)
    return next(iter(MODULE_CALLS.values()))(modules) if modules else ""


def modules_of(node: Node) -> list[Any]:
    """The modules whose forwards were running, outermost first; empty where that was not noted."""
    return [] if node.extra is None else node.extra.metadata.get(_KEY, ((), ()))[1][::-1]


def forward_lines(node: Node) -> str:
    """Where the forward of ``node`` was called, innermost line last, and in which module."""
    lines = lines_of(node)
    if not lines:
        return "  (not recorded: the forward ran outside detect_anomaly)\n"
    module = module_of(node)
    return "".join(map(str, lines)) + (f"  in module {module}\n" if module else "")


def note_backward(error: Exception, node: Node) -> None:
    """Say in ``error`` that it came up in the backward of ``node``."""
    text = f"in the backward of {node.op.name}, whose output has the shape {_shape(node)}"
    if is_noted(node):
        text += f", called forward at:\n{forward_lines(node)}"
    else:
        text += "; run the forward inside detect_anomaly() to see the line and the module that it was called in"
    if text not in getattr(error, "__notes__", ()):
        error.add_note(text)


def _shape(node: Node) -> str:
    return " and ".join(str(list(s)) for s in node.shape) if isinstance(node.shape, list) else str(list(node.shape))


def line_of(node: Node) -> str:
    """The ``file:line`` that called the operation; "" where that was not noted."""
    lines = lines_of(node)
    return f"{os.path.basename(lines[-1].filename)}:{lines[-1].lineno}" if lines else ""
