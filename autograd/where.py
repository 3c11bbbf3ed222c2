"""Where a node of the graph came from: the line that called its operation, and the module it ran in.

Both are known for what ran inside `detect_anomaly`: noting them for every node would cost more than a small operation.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from types import CodeType
from typing import Any

from .node import Node, extra_of

#: The code of the calls that are modules' calls (their first argument is the module), and what puts the modules that
#: are running, outermost first, into words. Filled by the package of modules.
MODULE_CALLS: dict[CodeType, Callable[[list[Any]], str]] = {}


def note_forward(node: Node, inside: tuple[str, ...]) -> None:
    """Note the stack of the running call, without the files that begin with ``inside``, and the modules in it."""
    metadata = extra_of(node).metadata
    if "traceback" in metadata:
        return
    metadata["traceback"] = [f for f in traceback.extract_stack()
                             if not f.filename.startswith(inside) and f.filename != "<string>"]
    metadata["module"] = running_module()


def running_module() -> str | None:
    """The modules whose forward is running, in words; None outside of any."""
    modules: list[Any] = []
    words = None
    frame = sys._getframe(1)
    while frame is not None:
        found = MODULE_CALLS.get(frame.f_code)
        if found is not None:
            words = found
            modules.insert(0, frame.f_locals["self"])
        frame = frame.f_back  # type: ignore[assignment]
    return None if words is None else words(modules)


def forward_lines(node: Node) -> str:
    """Where the forward of ``node`` was called, innermost line last, and in which module."""
    metadata = {} if node.extra is None else node.extra.metadata
    if not metadata.get("traceback"):
        return "  (not recorded: the forward ran outside detect_anomaly)\n"
    module = metadata.get("module")
    return "".join(traceback.format_list(metadata["traceback"][-3:])) + (f"  in module {module}\n" if module else "")


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


def line_of(node: Node) -> tuple[str, str]:
    """The module and the ``file:line`` that a node came from; empty where that was not recorded."""
    metadata = {} if node.extra is None else node.extra.metadata
    stack = metadata.get("traceback")
    line = f"{os.path.basename(stack[-1].filename)}:{stack[-1].lineno}" if stack else ""
    return metadata.get("module") or "", line
