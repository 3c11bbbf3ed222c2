"""One backward pass, watched: what comes in at each node, what its rule sends on, and how it adds up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..modes import MODE
from ..node import OUTPUT, Node, Parts
from ..primitive import Primitive
from ..tape import sweep
from .summaries import SMALL, Summary, summarise

#: How many rows of Jacobians a trace works out at most: with one number each that is 20,000 operations.
_ROWS = 20_000


@dataclass
class Step:
    """One node's turn: by input, the local derivative, the contribution, and the gradient there so far."""

    node: Node
    upstream: Summary | None
    milliseconds: float
    local: dict[int, Summary] = field(default_factory=dict)
    contributions: dict[int, Summary] = field(default_factory=dict)
    totals: dict[int, Summary] = field(default_factory=dict)


@dataclass
class Trace:
    """A whole backward pass: its steps in order, and the gradient at the end of each path."""

    steps: list[Step] = field(default_factory=list)
    leaves: dict[Node, Summary] = field(default_factory=dict)
    error: str | None = None


def trace(roots: Sequence[Node], seeds: Sequence[Any], nodes: Sequence[Node], detail: bool) -> Trace:
    """Run the backward pass from ``roots`` without adding to any ``grad``, keeping what the nodes saved.

    Args:
        roots, seeds: the nodes to start from and the gradient at each.
        nodes: all nodes below the roots.
        detail: whether summaries of large arrays have pictures.
    """
    made = Trace()
    # retain_grad() would put this pass's gradients in the place of the user's.
    kept = [(n.extra, n.extra.retain) for n in nodes if n.extra is not None and n.extra.retain is not None]
    for extra, _ in kept:
        extra.retain = None
    before = MODE.set(observers=(*MODE.state.observers, _Watch(made, detail)), grad_enabled=True)
    try:
        found = sweep(roots, seeds, retain_graph=True, create_graph=False)
        made.leaves = {node: summarise(g, detail) for node, g in found.items()}
    except (RuntimeError, NotImplementedError) as error:  # shown where the gradients would be
        made.error = str(error)
    finally:
        MODE.set(**before)
        for extra, retain in kept:
            extra.retain = retain
    return made


class _Watch:
    """The observer of the pass."""

    def __init__(self, made: Trace, detail: bool) -> None:
        self.made, self.detail = made, detail
        self.totals: dict[Node, Any] = {}
        self.rows = _ROWS
        self.seen: dict[int, tuple[Any, Summary]] = {}

    def after_forward(self, node: Node, made: Any) -> None:
        pass

    def around_backward(self, node: Node, g: Any, run: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        contributions = run()
        elapsed = (time.perf_counter() - start) * 1e3
        step = Step(node, None if isinstance(g, Parts) else self._summary(g), elapsed)
        self.made.steps.append(step)
        self.totals.pop(node, None)
        for i, (edge, c) in enumerate(zip(node.edges, contributions)):
            if edge is None or c is None or isinstance(c, Parts):
                continue
            c = getattr(c, "_a", c)
            step.contributions[i] = self._summary(c)
            total = self.totals.get(edge)
            # The engine adds in this order too, so the numbers are the same to the bit.
            self.totals[edge] = total = c if total is None else total + c
            step.totals[i] = self._summary(total)
        if not isinstance(g, Parts):
            self._local(step, node, g)
        return contributions

    def _summary(self, array: Any) -> Summary:
        # An operation often hands on the array it was given; the array is kept so that its id stays its own.
        known = self.seen.get(id(array))
        if known is None or known[0] is not array:
            if len(self.seen) > 4:
                del self.seen[next(iter(self.seen))]
            known = self.seen[id(array)] = array, summarise(array, self.detail)
        return known[1]

    def _local(self, step: Step, node: Node, g: Any) -> None:
        """The local derivatives of a node with few elements, by its own rule run on each unit vector."""
        op, saved = node.op, node.saved
        out = np.asarray(g)
        if not isinstance(op, Primitive) or op is OUTPUT or op.name == "module_boundary" or saved is None:
            return
        if out.size > 16 or out.dtype.kind != "f" or self.rows < out.size or (node.extra and node.extra.packed):
            return
        edges = tuple(e if e is not None and i in step.contributions and _shown(_size(e), out.size) else None
                      for i, e in enumerate(node.edges))
        if not any(edges):
            return
        self.rows -= out.size
        rows: dict[int, list[Any]] = {i: [] for i, e in enumerate(edges) if e is not None}
        for k in range(out.size):
            unit = np.zeros(out.shape, out.dtype)
            unit.flat[k] = 1
            for i, c in enumerate(op.vjp(unit, saved, edges, node.seq)):
                if i in rows:
                    rows[i].append(np.zeros(_size(edges[i])) if c is None else np.ravel(c))
        for i, found in rows.items():
            jacobian = np.stack(found)
            diagonal = np.diagonal(jacobian) if jacobian.shape[0] == jacobian.shape[1] else None
            if diagonal is not None and not jacobian[~np.eye(len(jacobian), dtype=bool)].any():
                step.local[i] = summarise(diagonal.reshape(edges[i].shape))  # type: ignore[union-attr]
            elif jacobian.size <= SMALL:
                step.local[i] = {**summarise(jacobian), "jacobian": True}


def _shown(inputs: int, outputs: int) -> bool:
    """Whether a Jacobian can be shown: a small one, or one that may turn out to be diagonal."""
    return inputs * outputs <= SMALL or inputs == outputs


def _size(node: Any) -> int:
    return int(np.prod(node.shape)) if isinstance(node.shape, tuple) else SMALL + 1
