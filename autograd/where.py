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
    """A line of a program, as in `traceback.FrameSummary`, at a third of the cost."""

    __slots__ = ("filename", "lineno", "name")

    def __init__(self, filename: str, lineno: int, name: str) -> None:
        self.filename, self.lineno, self.name = filename, lineno, name

    @property
    def line(self) -> str:
        """Its text; "" where there is no such file."""
        return linecache.getline(self.filename, self.lineno).strip()

    def __str__(self) -> str:
        text = f'  File "{self.filename}", line {self.lineno}, in {self.name}\n'
        return text + (f"    {self.line}\n" if self.line else "")


#: Lines of the user's program that are noted for an operation, innermost last.
_LINES = 3


def note_forward(node: Node, inside: tuple[str, ...]) -> None:
    """Note the lines of the running call, without the files that begin with ``inside``, and the modules in it.

    Nothing is read from files and no name is looked up here: that waits until somebody asks.
    """
    metadata = extra_of(node).metadata
    if "traceback" in metadata:
        return
    lines: list[Line] = []
    modules: list[Any] = []
    words = None
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        found = MODULE_CALLS.get(code)
        if found is not None:
            words = found
            modules.append(frame.f_locals["self"])
        if len(lines) < _LINES:
            name = code.co_filename
            if not name.startswith(inside) and name != "<string>":
                lines.append(Line(name, frame.f_lineno, code.co_name))
        frame = frame.f_back  # type: ignore[assignment]
    metadata["traceback"] = lines[::-1]
    metadata["modules"] = words, modules[::-1]


def module_of(node: Node) -> str:
    """The module whose forward recorded ``node``, in words; "" where that was outside of any, or was not noted."""
    words, modules = (None, ()) if node.extra is None else node.extra.metadata.get("modules", (None, ()))
    return "" if words is None else words(modules)


def modules_of(node: Node) -> list[Any]:
    """The modules whose forwards were running, outermost first; empty where that was not noted."""
    return [] if node.extra is None else node.extra.metadata.get("modules", (None, []))[1]


def forward_lines(node: Node) -> str:
    """Where the forward of ``node`` was called, innermost line last, and in which module."""
    metadata = {} if node.extra is None else node.extra.metadata
    if not metadata.get("traceback"):
        return "  (not recorded: the forward ran outside detect_anomaly)\n"
    module = module_of(node)
    return "".join(map(str, metadata["traceback"])) + (f"  in module {module}\n" if module else "")


def note_backward(error: Exception, node: Node) -> None:
    """Say in ``error`` that it came up in the backward of ``node``."""
    text = f"in the backward of {node.op.name}, whose output has the shape {_shape(node)}"
    if node.extra is not None and "traceback" in node.extra.metadata:
        text += f", called forward at:\n{forward_lines(node)}"
    else:
        text += "; run the forward inside detect_anomaly() to see the line and the module that it was called in"
    if text not in getattr(error, "__notes__", ()):
        error.add_note(text)


def _shape(node: Node) -> str:
    return " and ".join(str(list(s)) for s in node.shape) if isinstance(node.shape, list) else str(list(node.shape))


def line_of(node: Node) -> str:
    """The ``file:line`` that called the operation; "" where that was not noted."""
    stack = None if node.extra is None else node.extra.metadata.get("traceback")
    return f"{os.path.basename(stack[-1].filename)}:{stack[-1].lineno}" if stack else ""
