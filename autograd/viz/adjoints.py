"""The backward pass as a list of adjoints, one node at a time, forward and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backward import _root_gradients
from ..errors import fail
from ..node import LEAF, Node, Output, Parts, unpack_saved
from ..tape import _run_post_hooks
from .formula import Formula, formulas
from .table import Table, summary
from .values import constant_name

if TYPE_CHECKING:
    from .wengert import Tape

#: Formulas longer than this are cut in print.
_LONG = 60


@dataclass(frozen=True, eq=False)
class Contribution:
    """What one step adds to one adjoint.

    Attributes:
        to: the node whose adjoint grows.
        input: which input of the step's operation that is.
        value: what is added, as an array: the upstream gradient times the local derivative.
        total: the adjoint after it.
        formula: the rule, with the names of the tape; "" for the gradient that the pass starts from.

    >>> import autograd
    >>> x = autograd.tensor(3., requires_grad=True)
    >>> first, second = autograd.tape(x * x).step().contributions
    >>> float(second.value), float(second.total)
    (3.0, 6.0)
    """

    to: Node
    input: str
    value: Any
    total: Any
    formula: str


class Step:
    """The backward pass through one node.

    Attributes:
        number: 1 for the first.
        node: the node.
        upstream: its adjoint, complete: everything that was computed from it has contributed.
        contributions: what flows on, one for each edge that wants a gradient.
        flows: the same as (index of the edge, node, value, total), without the formulas.

    >>> import autograd
    >>> x = autograd.tensor(3., requires_grad=True)
    >>> step = autograd.tape(x.exp()).step()
    >>> step.node.op.name, float(step.upstream)
    ('exp', 1.0)
    """

    def __init__(self, adjoints: Adjoints, number: int, node: Node, upstream: Any, flows: list[Any]) -> None:
        self.number, self.node, self.upstream = number, node, upstream
        self._adjoints, self.flows = adjoints, flows

    @cached_property
    def formulas(self) -> list[Formula | None]:
        """The formulas by edge."""
        if isinstance(self.node, Output):
            return [None]
        return formulas(self.node, self.upstream)

    @cached_property
    def contributions(self) -> list[Contribution]:
        names = self._adjoints.names_in(self.node)
        found = []
        for index, edge, value, total in self.flows:
            formula = self.formulas[index]
            text = names["g"] if formula is None else formula.text(names) if formula.expr is not None else ""
            found.append(Contribution(edge, formula.input if formula else "", value, total, text))
        return found

    def __repr__(self) -> str:
        return self._adjoints.table([self]).text()


class Adjoints:
    """The backward pass over a `Tape`, as far as it was taken.

    It uses the rules, hooks and order of the engine's own sweep, so the sums are those of ``backward()`` to the bit. It
    adds to no ``grad`` and releases nothing.

    >>> import autograd
    >>> x = autograd.tensor(3., requires_grad=True)
    >>> adjoints = autograd.tape(x * x).backward()
    >>> float(adjoints["x"]), len(adjoints.steps), adjoints.rewind().steps
    (6.0, 1, [])
    """

    def __init__(self, tape: Tape, gradient: Any = None) -> None:
        self.tape = tape
        self.steps: list[Step] = []
        self._gradient = gradient
        self._states: list[dict[Node, Any]] = []
        self._done: list[Node] = []
        self._seeds: dict[Node, Any] = {}

    # --- moving ------------------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._states:
            return
        given = self._gradient
        gradients = given if isinstance(given, (tuple, list)) else (given,) * len(self.tape.outputs)
        roots, seeds = _root_gradients(self.tape.outputs, tuple(gradients), False)
        pending: dict[Node, Any] = {}
        for node, seed in zip(roots, seeds, strict=True):
            pending[node] = pending[node] + seed if node in pending else seed
        self._states.append(pending)
        self._seeds = dict(pending)

    def step(self) -> Step | None:
        """Run the rules of the next node, newest first; None where nothing is left to do."""
        self._start()
        while True:
            pending = self._states[-1]
            ready = [n for n in pending if n.op is not LEAF and n not in self._done]
            if not ready:
                return None
            node = min(ready, key=lambda n: n.seq)
            if not isinstance(node, Output):
                break
            # The place of an output among several: its gradient is passed on as it is.
            self._states[-1] = self._passed_on(node, pending)
        flows, after, upstream = self._run(node, pending)
        step = Step(self, len(self.steps) + 1, node, upstream, flows)
        self.steps.append(step)
        self._states.append(after)
        self._done.append(node)
        return step

    def _passed_on(self, node: Output, pending: dict[Node, Any]) -> dict[Node, Any]:
        after = dict(pending)
        g = after.pop(node)
        if node.extra is not None:
            g = node.extra.replace(g, False)
        owner, part = node.edges[0], Parts({node.index: g})
        after[owner] = after[owner] + part if owner in after else part
        self.outputs_seen[node] = g
        return after

    @cached_property
    def outputs_seen(self) -> dict[Node, Any]:
        """The adjoints of single outputs of operations with several."""
        return {}

    def _run(self, node: Node, pending: dict[Node, Any]) -> tuple[list[Any], dict[Node, Any], Any]:
        g, extra = pending[node], node.extra
        if extra is not None:
            retain, extra.retain = extra.retain, None  # looking is not running: no grad is kept
            try:
                g = extra.replace(g, False)
            finally:
                extra.retain = retain
        if node.saved is None:
            fail(RuntimeError, f"the values saved by {node.op.name} were released: make the tape before backward(), or "
                               "call it with retain_graph=True")
        saved = unpack_saved(node.saved) if extra is not None and extra.packed else node.saved
        found = node.op.vjp(g, saved, node.edges, node.seq)
        if extra is not None and extra.post:
            found = _run_post_hooks(extra, g, found, False)
        after, flows = dict(pending), []
        for i, (e, ge) in enumerate(zip(node.edges, found)):
            if e is not None and ge is not None:
                after[e] = after[e] + ge if e in after else ge
                flows.append((i, e, ge, after[e]))
        return flows, after, g

    def rewind(self, steps: int | None = None) -> Adjoints:
        """Take back so many steps, by default all."""
        count = len(self.steps) if steps is None else min(steps, len(self.steps))
        for _ in range(count):
            self.steps.pop()
            self._states.pop()
            self._done.pop()
        return self

    def run(self) -> Adjoints:
        """Go to the end."""
        while self.step() is not None:
            pass
        return self

    def __iter__(self) -> Iterator[Step]:
        """The steps, from where the pass stands."""
        while (step := self.step()) is not None:
            yield step

    # --- reading -----------------------------------------------------------------------------------------

    def adjoint(self, of: Any) -> Any:
        """What a tensor, a name or a node has gathered so far, as an array; None where nothing has arrived yet."""
        self._start()
        node = self.tape.find(of)
        found = self._states[-1].get(node, self.outputs_seen.get(node))
        if found is None or isinstance(found, Parts):
            return found
        extra = node.extra
        if node.op is LEAF and extra is not None and (extra.tensor or extra.pre):
            found = extra.replace(found, False)
        return np.asarray(found)

    __getitem__ = adjoint

    def names_in(self, node: Node) -> dict[str, str]:
        """What the variables of the rules of ``node`` are called on this tape."""
        names = self.tape.names
        found = {"g": f"∇{names[node]}", "out": names[node]}
        params = getattr(node.op, "inputs", ())
        if len(params) == len(node.edges) and not getattr(node.op, "variadic", False):
            found |= {p: names[e] for p, e in zip(params, node.edges, strict=True) if e is not None}
            constants = {p: constant_name(node, i) for i, p in enumerate(params) if p not in found}
            found |= {p: name for p, name in constants.items() if name != "const"}
        return found

    def table(self, steps: list[Step] | None = None) -> Table:
        """The steps so far as a table."""
        self._start()
        names = self.tape.names
        shown = self.steps if steps is None else steps
        total = sum(n.op is not LEAF and not isinstance(n, Output) for n in self.tape.nodes)
        roots = ", ".join(names[r] for r in self.tape.roots)
        derivative = f"∇v is d {roots} / d v" if len(self.tape.roots) == 1 else "∇v is the derivative by v"
        table = Table([">step", "through", "adds", ">contribution", ">sum"],
                      f"adjoints of {roots} ({derivative}): {len(self.steps)} of {total} steps")
        if steps is None:
            for root, seed in self._seeds.items():
                text = summary(seed)
                table.add("0", "", f"∇{names[root]} = {'1' if text == '1.0' else 'gradient'}", text, text)
        for step in shown:
            through = f"{names[step.node]} = {self.tape.operation(step.node)}"
            first = True
            for c in step.contributions:
                rule = c.formula if len(c.formula) <= _LONG else f"{c.formula[:_LONG - 1]}…"
                rule = rule or "the backward of a custom Function"
                table.add(str(step.number) if first else "", through if first else "", f"∇{names[c.to]} += {rule}",
                          _shown(c.value), _shown(c.total))
                first = False
            if first:
                table.add(str(step.number), through, "nothing", "", "")
        return table

    def __repr__(self) -> str:
        return self.table().text(120)

    def _repr_html_(self) -> str:
        return self.table().html()


def _shown(value: Any) -> str:
    return "" if isinstance(value, Parts) else summary(value)
