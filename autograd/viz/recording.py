"""`record`: note the value, the module and the source line of every operation while the forward runs."""

from __future__ import annotations

import os
import sys
import time
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

from ..modes import MODE
from ..node import Node, extra_of
from ..where import MODULE_CALLS
from .summaries import Summary, summarise

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
# Frames of the library are not where the user's program called an operation.
_LIBRARY = (_PACKAGE, os.path.join(os.path.dirname(_PACKAGE[:-1]), "nn") + os.sep, "<autograd")

#: The key of a node's `Note` in its metadata.
NOTE = "viz.note"

#: The key of the seconds that a node's forward took, in its metadata: `profile` puts them there.
SECONDS = "profile.seconds"

#: Seconds that taking notes took so far, which `profile` takes off.
SPENT = [0.0]


class Call:
    """One call of a module.

    Attributes:
        path: the module's name below the outermost one, as in ``named_modules``; for the outermost, its type.
        kind: the module's type.
        text: its hyperparameters, as its repr says them.
        parent: the call it ran in, or None.
        count: 1 for the first call of this module in this parent, 2 for the second, ...
        root: the outermost module, weakly.
    """

    __slots__ = ("calls", "count", "kind", "parent", "path", "root", "text")

    def __init__(self, module: Any, path: str, parent: Call | None, root: Any) -> None:
        self.path, self.parent, self.kind = path, parent, type(module).__name__
        self.root = root
        self.calls: dict[str, int] = {}
        siblings = parent.calls if parent is not None else {}
        self.count = siblings[path] = siblings.get(path, 0) + 1
        try:
            self.text = str(module.extra_repr())
        except Exception:  # a user's method; a picture does without it
            self.text = ""


class Note:
    """What was noted of one operation: a summary of its output, the module call it ran in, the (file, line), and the
    numbers among its inputs that want no gradient.
    """

    __slots__ = ("call", "constants", "source", "value")

    def __init__(self, value: Summary, call: Call | None, source: tuple[str, int] | None,
                 constants: dict[str, Any] | None = None) -> None:
        self.value, self.call, self.source, self.constants = value, call, source, constants or {}


class _Recorder:
    """The observer behind `record`."""

    def __init__(self) -> None:
        # The module calls that were running at the last operation, outermost first. Holding the frames means that a
        # later frame cannot take the place of one of them in memory, so that "the same frame" is "the same call".
        self.running: list[tuple[FrameType, Call]] = []
        self.names: dict[int, tuple[Any, dict[int, str]]] = {}

    def after_forward(self, node: Node, made: Any) -> None:
        began = time.perf_counter()
        frames, source = _stack(sys._getframe(1))
        call = self._call(frames)
        outputs = made if isinstance(made, tuple) else (made,)
        extra_of(node).metadata[NOTE] = Note(
            summarise(outputs[0]._a), call, source, _numbers(node, sys._getframe(1)))
        for t in outputs:
            if t._node is not None and t._node is not node:  # one of several outputs has a node of its own
                extra_of(t._node).metadata[NOTE] = Note(summarise(t._a), call, source)
        SPENT[0] += time.perf_counter() - began

    def around_backward(self, node: Node, g: Any, run: Callable[[], Any]) -> Any:
        return run()

    def _call(self, frames: list[FrameType]) -> Call | None:
        same = 0
        for (known, _), frame in zip(self.running, frames, strict=False):
            if known is not frame:
                break
            same += 1
        del self.running[same:]
        for frame in frames[same:]:
            module = frame.f_locals["self"]
            parent = self.running[-1][1] if self.running else None
            root = frames[0].f_locals["self"]
            path = type(module).__name__ if parent is None else self._names(root).get(id(module), "")
            self.running.append((frame, Call(module, path or type(module).__name__, parent, weakref.ref(root))))
        return self.running[-1][1] if self.running else None

    def _names(self, root: Any) -> dict[int, str]:
        if id(root) not in self.names:
            self.names[id(root)] = root, {id(m): name for name, m in root.named_modules()}
        return self.names[id(root)][1]


def _numbers(node: Node, frame: FrameType | None) -> dict[str, Any]:
    """The inputs without gradient that are single numbers, from the call of the operation: rules may not need them."""
    inputs = getattr(node.op, "inputs", ())
    wanted = [name for name, e in zip(inputs, node.edges, strict=False) if e is None]
    for _ in range(4 if wanted and len(inputs) == len(node.edges) else 0):
        if frame is None:
            break
        if frame.f_code.co_filename.startswith("<autograd"):
            found = {name: getattr(frame.f_locals.get(name), "_a", None) for name in wanted}
            return {name: a.copy() for name, a in found.items() if a is not None and a.size == 1}
        frame = frame.f_back
    return {}


def _stack(frame: FrameType | None) -> tuple[list[FrameType], tuple[str, int] | None]:
    """The frames of running module calls, outermost first, and the innermost line outside of the library."""
    frames: list[FrameType] = []
    source = None
    while frame is not None:
        code = frame.f_code
        if code in MODULE_CALLS:
            frames.append(frame)
        elif source is None and not code.co_filename.startswith(_LIBRARY) and code.co_filename != "<string>":
            source = code.co_filename, frame.f_lineno
        frame = frame.f_back
    return frames[::-1], source


class record:
    """Inside the block, every recorded operation notes its output's values, its module and its source line.

    `graph` and `explore` show what was noted. Outside of such a block nothing is noted, and nothing costs time. What is
    noted lives as long as the graph: summaries of the values, and copies of small ones.

    >>> import autograd
    >>> from autograd import viz
    >>> x = autograd.tensor(2., requires_grad=True)
    >>> with viz.record():
    ...     y = (x * 3).relu()
    >>> [node["value"]["values"] for node in viz.graph(y).nodes if node["kind"] == "op"]
    [[6.0], [6.0]]
    """

    def __init__(self) -> None:
        self._entered: list[tuple[_Recorder, dict[str, Any]]] = []

    def __enter__(self) -> record:
        recorder = _Recorder()
        self._entered.append((recorder, MODE.set(observers=(*MODE.state.observers, recorder))))
        return self

    def __exit__(self, *exc: object) -> None:
        recorder, before = self._entered.pop()
        MODE.set(**before)
        recorder.running.clear()
        recorder.names.clear()


def note_of(node: Node) -> Note | None:
    """What `record` noted of ``node``."""
    return None if node.extra is None else node.extra.metadata.get(NOTE)


def forward_ms(node: Node) -> float | None:
    """How long its forward took, where that was profiled."""
    found = None if node.extra is None else node.extra.metadata.get(SECONDS)
    return None if found is None else round(found * 1e3, 4)
