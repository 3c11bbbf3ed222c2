"""`profile`: how long each operation and each module takes, forward and backward."""

from __future__ import annotations

import json
import threading
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import fail
from ..modes import MODE
from ..node import Node, Output, extra_of
from ..on_first_call import become
from ..ops import load_all
from ..primitive import REGISTRY
from .flame import flame_page
from .module_paths import ModulePaths
from .recording import SECONDS, SPENT
from .table import Table
from .work import flops_of_node

#: The key of the modules a node was recorded in, in its metadata.
_KEY = "profile.path"


class Event(NamedTuple):
    """One operation.

    Attributes:
        phase: ``"forward"`` or ``"backward"``.
        op: its name.
        path: the modules it ran in, outermost first: ``("Net", "layers", "0")``.
        start: in seconds since the profile began.
        seconds: how long it took.
        shape: of its output (forward) or of the gradient that came in (backward).
        bytes: of that.
        flops: of matrix products and convolutions (see `flops`).
    """

    phase: str
    op: str
    path: tuple[str, ...]
    start: float
    seconds: float
    shape: Any
    bytes: int
    flops: int


class Total:
    """Calls, seconds and FLOPs of a group of events, by phase."""

    def __init__(self) -> None:
        self.calls = {"forward": 0, "backward": 0}
        self.seconds = {"forward": 0.0, "backward": 0.0}
        self.flops = 0

    def add(self, e: Event) -> None:
        self.calls[e.phase] += 1
        self.seconds[e.phase] += e.seconds
        self.flops += e.flops

    @property
    def total(self) -> float:
        """Seconds of both phases."""
        return self.seconds["forward"] + self.seconds["backward"]


class profile:
    """Inside the block, every operation of this thread is timed, in the forward and in the backward pass.

    Each operation costs some microseconds more than without. What a backward pass spends is given to the operations and
    modules of the forward whose derivatives it computes.

    Attributes:
        events: one `Event` for each operation, in order.
        seconds: how long the block took.

    >>> import autograd, nn
    >>> from autograd import viz
    >>> model = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    >>> with viz.profile() as p:
    ...     model(autograd.ones(2, 3)).sum().backward()
    >>> [(e.phase, e.op, ".".join(e.path)) for e in p.events][:3]
    [('forward', 'linear', 'Sequential.0'), ('forward', 'tanh', 'Sequential.1'), ('forward', 'sum', '')]
    >>> sorted(p.by_op())
    ['linear', 'sum', 'tanh']
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.seconds = 0.0
        self._began = 0.0
        self._depth = 0
        self._paths = ModulePaths()
        self._undo: list[Callable[[], None]] = []

    # --- measuring ---------------------------------------------------------------------------------------

    def __enter__(self) -> profile:
        if _RUNNING:
            fail(RuntimeError, "profile() is running already, and cannot run inside itself")
        _RUNNING.append(self)
        self._thread = threading.get_ident()
        load_all()
        for op in tuple(REGISTRY.values()):
            self._undo.append(_timed(op, self._forward))
        self._before = MODE.set(observers=(*MODE.state.observers, self))
        self._began = time.perf_counter() - self.seconds
        return self

    def __exit__(self, *exc: object) -> None:
        self.seconds = time.perf_counter() - self._began
        MODE.set(**self._before)
        for undo in self._undo:
            undo()
        self._undo.clear()
        self._paths.clear()
        _RUNNING.clear()

    def _forward(self, op: Any, run: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        if self._depth or threading.get_ident() != self._thread:
            return run(*args)
        self._depth += 1
        noting = SPENT[0]
        start = time.perf_counter()
        try:
            out = run(*args)
        finally:
            end = time.perf_counter() - (SPENT[0] - noting)
            self._depth -= 1
        first = out[0] if isinstance(out, (tuple, list)) else out
        path = self._paths.running()
        node = first._node.edges[0] if isinstance(first._node, Output) else first._node
        work = 0
        if node is not None and node.op is op:
            work = flops_of_node(node).forward
            extra_of(node).metadata.update({_KEY: path, SECONDS: end - start})
        self.events.append(Event("forward", op.name, path, start - self._began, end - start, list(first._a.shape),
                                 first._a.nbytes, work))
        return out

    def after_forward(self, node: Node, t: Any) -> None:
        if node.extra is None or _KEY not in node.extra.metadata:  # a custom Function
            extra_of(node).metadata.setdefault(_KEY, self._paths.running())

    def around_backward(self, node: Node, g: Any, run: Callable[[], Any]) -> Any:
        if isinstance(node, Output):
            return run()
        path = () if node.extra is None else node.extra.metadata.get(_KEY, ())
        work = flops_of_node(node).backward
        start = time.perf_counter()
        self._depth += 1
        try:
            found = run()
        finally:
            end = time.perf_counter()
            self._depth -= 1
        shape, size = (list(g.shape), g.dtype.itemsize * g.size) if hasattr(g, "dtype") and hasattr(g, "size") and not (
            callable(g.size)) else (node.shape, 0)
        self.events.append(Event("backward", node.op.name, path, start - self._began, end - start, shape, size, work))
        return found

    # --- reading -----------------------------------------------------------------------------------------

    def by_op(self) -> dict[str, Total]:
        """Totals by operation, the slowest first."""
        return self._grouped(lambda e: [e.op])

    def by_module(self) -> dict[str, Total]:
        """Totals by module with all that is inside of it, the slowest first; "" is what ran outside of any."""
        return self._grouped(lambda e: [".".join(e.path[:i + 1]) for i in range(len(e.path))] or [""])

    def _grouped(self, keys: Callable[[Event], list[str]]) -> dict[str, Total]:
        found: dict[str, Total] = {}
        for e in self.events:
            for key in keys(e):
                found.setdefault(key, Total()).add(e)
        return dict(sorted(found.items(), key=lambda item: -item[1].total))

    def table(self, by: str = "op") -> Table:
        """A table by ``"op"`` or by ``"module"``."""
        if by not in ("op", "module"):
            fail(ValueError, f"by must be 'op' or 'module', not {by!r}")
        groups = self.by_op() if by == "op" else self.by_module()
        whole = sum(e.seconds for e in self.events) or 1.0
        table = Table(["operation" if by == "op" else "module", ">calls", ">forward", ">backward", ">share",
                       ">GFLOP/s"])
        for name, t in groups.items():
            rate = t.flops / t.total / 1e9 if t.flops and t.total else 0
            table.add(name or "(outside of modules)", str(t.calls["forward"]), _time(t.seconds["forward"]),
                      _time(t.seconds["backward"]), f"{t.total / whole:.1%}", f"{rate:.1f}" if rate else "")
        return table

    def __repr__(self) -> str:
        inside = {phase: sum(e.seconds for e in self.events if e.phase == phase) for phase in ("forward", "backward")}
        rest = self.seconds - inside["forward"] - inside["backward"]
        return "\n\n".join([
            f"{_time(self.seconds)}: forward {_time(inside['forward'])}, backward {_time(inside['backward'])}, "
            f"outside of operations {_time(rest)}", self.table("op").text(40), self.table("module").text(60)])

    def _repr_html_(self) -> str:
        return self.table("op").html() + self.table("module").html()

    def _stacks(self) -> Iterator[tuple[tuple[str, ...], float]]:
        for e in self.events:
            yield (e.phase, *e.path, e.op), e.seconds

    def flame_graph(self) -> str:
        """A flame graph, forward beside backward, as one self-contained HTML page."""
        return flame_page(list(self._stacks()), f"profile: {_time(self.seconds)}")

    def chrome_trace(self) -> dict[str, Any]:
        """The events as Chrome's trace format, which chrome://tracing and https://ui.perfetto.dev open."""
        events: list[dict[str, Any]] = [
            {"name": "process_name", "ph": "M", "pid": 0, "tid": 0, "args": {"name": "tapegrad"}},
            {"name": "thread_name", "ph": "M", "pid": 0, "tid": 0, "args": {"name": "operations"}},
            {"name": "thread_name", "ph": "M", "pid": 0, "tid": 1, "args": {"name": "modules"}}]
        events += [{"name": e.op, "cat": e.phase, "ph": "X", "pid": 0, "tid": 0, "ts": e.start * 1e6,
                    "dur": e.seconds * 1e6, "args": {
                        "module": ".".join(e.path), "shape": str(e.shape), "bytes": e.bytes, "flops": e.flops}}
                   for e in self.events]
        events += [{"name": name, "cat": phase, "ph": "X", "pid": 0, "tid": 1, "ts": start * 1e6,
                    "dur": (end - start) * 1e6} for phase, name, start, end in self._spans()]
        return {"traceEvents": events, "displayTimeUnit": "ms"}

    def _spans(self) -> list[tuple[str, str, float, float]]:
        """From the first to the last of the operations that ran in a module without leaving it, outer ones first."""
        spans: list[tuple[str, str, float, float]] = []
        running: list[tuple[str, float]] = []
        before: Event | None = None

        def close(down_to: int, e: Event) -> None:
            while len(running) > down_to:
                name, start = running.pop()
                spans.append((e.phase, name, start, e.start + e.seconds))

        for e in self.events:
            same = 0
            if before is not None and before.phase == e.phase:
                for (name, _), wanted in zip(running, e.path, strict=False):
                    if name != wanted:
                        break
                    same += 1
            if before is not None:
                close(same, before)
            running += [(name, e.start) for name in e.path[len(running):]]
            before = e
        if before is not None:
            close(0, before)
        return sorted(spans, key=lambda s: (s[2], -s[3]))

    def save(self, path: Any) -> None:
        """Write a flame graph (``.html``) or a Chrome trace (``.json``).

        Raises:
            ValueError: the name ends in something else.
        """
        path = Path(path)
        if path.suffix == ".html":
            text = self.flame_graph()
        elif path.suffix == ".json":
            text = json.dumps(self.chrome_trace())
        else:
            fail(ValueError, f"save() writes .html, a flame graph, or .json, a Chrome trace, and not {path.suffix!r}")
        path.write_text(text, encoding="utf-8")


_RUNNING: list[profile] = []


def _timed(op: Any, around: Callable[..., Any]) -> Callable[[], None]:
    """Let ``around(op, run, args)`` run ``op`` on Tensors, until the returned function is called.

    Every caller holds the same function object, so it is its code that is exchanged.
    """
    core = op.core
    namespace = core.__globals__
    if "become" in namespace and core.__code__.co_name == "_stub":
        become(core, namespace["owner"], namespace["write"], namespace["names"])
    code = core.__code__
    namespace["run_"] = types.FunctionType(code, namespace, "core", core.__defaults__)
    namespace["around_"], namespace["op_"] = around, op
    core.__code__ = _AROUND

    def undo() -> None:
        core.__code__ = code
        for name in ("run_", "around_", "op_"):
            del namespace[name]

    return undo


def _around(*args):  # type: ignore[no-untyped-def]
    return around_(op_, run_, args)  # type: ignore[name-defined]  # noqa: F821


_AROUND = _around.__code__


def _time(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"
