"""From the tape to plain data: what `autograd.viz.model` presents."""

from __future__ import annotations

import linecache
import re
from typing import Any

import numpy as np

from ..errors import describe
from ..node import LEAF, OUTPUT, Node
from ..where import is_noted, lines_of
from . import findings
from .formula import Formula, formulas
from .modules import Modules
from .naming import Names, expression, function_name, numbered
from .pass_trace import Trace
from .recording import forward_ms, note_of
from .summaries import SMALL, Summary, dtype_name, summarise
from .work import flops

#: Names longer than this are replaced by letters in formulas.
_LONG = 8


class Builder:
    """Puts the data of a graph together from the tape.

    Args:
        order: all nodes, oldest first.
        roots: those that were asked for.
        names: what tensors are called.
        traced: the backward pass, or None.
        notes: sentences on what is not there.
        title: what the picture is of.
        detail: whether large arrays get pictures.
    """

    def __init__(self, order: list[Node], roots: list[Node], names: Names, traced: Trace | None, notes: list[str],
                 title: str, detail: bool) -> None:
        self.order, self.roots, self.names, self.traced = order, set(roots), names, traced
        self.about = {"title": title, "saved_bytes": 0, "notes": notes}
        self.detail = detail
        self.modules = Modules()
        self.nodes: list[dict[str, Any]] = []
        self.edges: list[dict[str, Any]] = []
        self.ids: dict[Node, int] = {}
        self.edge_ids: dict[tuple[Node, int], int] = {}
        self.constants: dict[Any, int] = {}
        self.saved_values: dict[Node, Any] = {}
        self.memory: set[int] = set()
        # Of an operation with several outputs of which one is used, operation and output are one node.
        parts: dict[Node, list[Node]] = {}
        for node in order:
            if node.op is OUTPUT:
                parts.setdefault(node.edges[0], []).append(node)
        self.sole = {base: found[0] for base, found in parts.items() if len(found) == 1}
        # Those of the tape in text, so that the picture and the list speak of the same things.
        self.short = numbered(order, names.nodes)

    def data(self) -> dict[str, Any]:
        for node in self.order:
            self._note_saved_values(node)
        for node in self.order:
            self._add(node)
        backward = self._backward() if self.traced is not None else []
        place_leaves(self.nodes, self.edges, self.modules)
        data = {"about": self.about, "nodes": self.nodes, "edges": self.edges, "backward": backward,
                "modules": self.modules.tree(self.nodes, self.edges)}
        findings.mark(data)
        return data

    def _note_saved_values(self, node: Node) -> None:
        """Values that a node saved are known of its inputs, and of itself."""
        by_name = _saved(node)
        for name, edge in zip(_inputs(node), node.edges):
            if edge is not None and isinstance(by_name.get(name), np.ndarray):
                self.saved_values.setdefault(edge, by_name[name])
        if isinstance(by_name.get("out"), np.ndarray):
            self.saved_values.setdefault(node, by_name["out"])

    def _add(self, node: Node) -> None:
        if node.op is OUTPUT and node.edges[0] in self.sole:
            self.ids[node] = self.ids[node.edges[0]]
            return
        before = [self._constant(node, i, name) for i, name in enumerate(_inputs(node))] if node.edges else []
        made = self.sole.get(node, node)  # what holds the output's name, value and shape
        note, name = note_of(made), self.names.nodes.get(made)
        at = self.ids[node] = len(self.nodes)
        leaf, part = node.op is LEAF, node.op is OUTPUT
        kind = "op"
        if leaf:
            kind = "parameter" if node in self.names.parameters else "leaf"
        elif part:
            kind = "part"
        value = note.value if note is not None else self._value(made)
        if not isinstance(made.shape, tuple):
            value = None  # its outputs have nodes of their own
        shape = list(made.shape) if isinstance(made.shape, tuple) else [list(s) for s in made.shape]
        self.nodes.append({
            "id": at, "kind": kind, "op": "" if leaf else f"output {node.index}" if part else node.op.name,  # type: ignore[attr-defined]
            "label": (name or "leaf") if leaf else f"[{node.index}]" if part else function_name(node.op),  # type: ignore[attr-defined]
            "name": name, "short": self.short[made], "output": made in self.roots,
            "module": None if note is None or note.call is None else self.modules.id_of(note.call),
            "source": self._source(node), "shape": shape,
            "dtype": value["dtype"] if value is not None else None, "value": value, "grad": None,
            "saved": self._saved_arrays(node), "options": _options(node), "forward_ms": forward_ms(node),
            "backward_ms": None, "marks": [], "flops": flops(node).forward, "text": None})
        for i, (edge, input_name) in enumerate(zip(node.edges, _edge_names(node))):
            source = before[i] if i < len(before) and before[i] is not None else self.ids.get(edge)
            if source is not None:
                self.edge_ids[node, i] = len(self.edges)
                self.edges.append({"id": len(self.edges), "from": source, "to": at, "input": input_name, "local": None,
                                   "contribution": None, "total": None, "formula": None})
        if not leaf:
            self._write(node, at)

    def _write(self, node: Node, at: int) -> None:
        """What the node computed, of what, in the names of the tape."""
        into: dict[str, str] = {}
        for edge in self.edges[-len(node.edges):] if node.edges else ():
            if edge["to"] == at:
                source = self.nodes[edge["from"]]
                into[edge["input"]] = source["short"] or source["label"]
        if node.op is OUTPUT:
            text = f"{next(iter(into.values()), '')}[{node.index}]"  # type: ignore[attr-defined]
        else:
            inputs = [into.get(name, "…") for name in _edge_names(node) if name in into or len(node.edges) == 2]
            if len(inputs) > 6:
                inputs = [*inputs[:2], f"… {len(inputs) - 3} more …", inputs[-1]]
            text = expression(node.op, inputs, self.nodes[at]["options"])
        self.nodes[at]["text"] = text

    def _value(self, node: Node) -> Summary | None:
        array = self.names.values.get(node)
        if array is None:
            array = self.saved_values.get(node)
        if array is None:
            array = self.saved_values[node] = self._computed_again(node)
        return None if array is None or array.shape != node.shape else summarise(array, self.detail)

    def _computed_again(self, node: Node) -> Any:
        """The value of a small operation from those of its inputs, where the tape knows all its arguments."""
        op, saved, inputs = node.op, _saved(node), _inputs(node)
        if not inputs or op.aux or op.outputs != 1 or not isinstance(node.shape, tuple) or np.prod(node.shape) > SMALL:
            return None
        arguments = {}
        for name, edge in zip(inputs, node.edges):
            known = [saved.get(name), self.names.values.get(edge), self.saved_values.get(edge)]
            arguments[name] = next((v for v in known if isinstance(v, np.ndarray)), None)
        arguments.update({p: saved.get(p) for p in op.params if p not in inputs})
        if any(arguments.get(p) is None for p in op.params):
            return None
        with np.errstate(all="ignore"):
            return np.asarray(op.forward(**arguments))

    def _constant(self, node: Node, i: int, name: str) -> int | None:
        """A node for an input without gradient, where its value was saved."""
        edge = node.edges[i] if i < len(node.edges) else None
        array = _saved(node).get(name)
        note = note_of(node)
        if array is None and note is not None:
            array = note.constants.get(name)
        if edge is not None or i >= len(node.edges) or not isinstance(array, np.ndarray):
            return None
        # Numbers stand beside each of their uses; a variable is one node.
        key = (id(array), node if array.ndim == 0 and id(array) not in self.names.arrays else None)
        if key not in self.constants:
            value = summarise(array, self.detail)
            named = self.names.arrays.get(id(array))
            label = named or (f"{array.item():.6g}" if array.size == 1 and array.dtype.kind in "iuf" else "constant")
            self.constants[key] = len(self.nodes)
            self.nodes.append({
                "id": len(self.nodes), "kind": "constant", "op": "", "label": label, "name": named, "short": named,
                "output": False, "text": None, "module": None, "source": None, "shape": list(array.shape),
                "dtype": str(array.dtype), "value": value, "grad": None, "flops": 0, "forward_ms": None,
                "saved": [], "options": {}, "backward_ms": None, "marks": []})
        return self.constants[key]

    def _source(self, node: Node) -> dict[str, Any] | None:
        note = note_of(node)
        where = None if note is None else note.source
        if where is None and is_noted(node):  # anomaly mode notes the line too
            where = next(((line.filename, line.lineno) for line in reversed(lines_of(node))), None)
        if where is None:
            return None
        return {"file": where[0], "line": where[1], "text": linecache.getline(*where).strip()}

    def _saved_arrays(self, node: Node) -> list[dict[str, Any]]:
        found = []
        for name, value in _saved(node).items():
            for array in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(array, np.ndarray):
                    base = array if array.base is None else array.base
                    if id(base) not in self.memory:
                        self.memory.add(id(base))
                        self.about["saved_bytes"] += int(array.nbytes)  # type: ignore[operator]
                    found.append({"name": name, "shape": list(array.shape), "dtype": dtype_name(array.dtype),
                                  "bytes": int(array.nbytes)})
        return found

    def _backward(self) -> list[dict[str, Any]]:
        assert self.traced is not None
        steps = []
        for step in self.traced.steps:
            node = self.nodes[self.ids[step.node]]
            if step.upstream is not None:
                node["grad"] = step.upstream
            if step.node.op is OUTPUT and step.node.edges[0] in self.sole:
                continue
            node["backward_ms"] = round(step.milliseconds, 4)
            rules = formulas(step.node) if self.detail and step.node.saved is not None else []
            sent = []
            for i, contribution in step.contributions.items():
                edge = self.edges[self.edge_ids[step.node, i]]
                edge.update(contribution=contribution, total=step.totals[i], local=step.local.get(i))
                rule = rules[i] if i < len(rules) else None
                if rule is not None:
                    edge["formula"] = self._formula(rule, step.node, node)
                sent.append(edge["id"])
            steps.append({"node": node["id"], "edges": sent})
        for leaf, grad in self.traced.leaves.items():
            self.nodes[self.ids[leaf]]["grad"] = grad
        return steps

    def _formula(self, rule: Formula, node: Node, row: dict[str, Any]) -> dict[str, str]:
        """A rule in the names of the tape; those that are long have a letter, which ``where`` explains."""
        long = {"input": "x", "other": "y", "weight": "w", "bias": "b", "target": "t"}
        names = {"g": rf"\nabla {row['short']}", "out": row["short"]}
        where = []
        for i, name in enumerate(_edge_names(node)):
            if (node, i) in self.edge_ids:
                source = self.nodes[self.edges[self.edge_ids[node, i]]["from"]]
                names[name] = source["short"] or source["label"]
                if len(names[name]) > _LONG and name in long:
                    where.append((name, f"{long[name]} = {names[name]}"))
                    names[name] = long[name]
        text = rule.text()
        said = ", ".join(what for name, what in where if re.search(rf"\b{name}\b", text))
        return {"text": text, "mathml": rule.mathml(names), "where": said}


def place_leaves(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], modules: Modules) -> None:
    """Put parameters and constants into the innermost module call that contains all their users.

    What a variable of the caller holds stays outside.
    """
    users: dict[int, list[int | None]] = {}
    for edge in edges:
        users.setdefault(edge["from"], []).append(nodes[edge["to"]]["module"])
    for node in nodes:
        if node["kind"] == "parameter" or (node["kind"] in ("leaf", "constant") and node["name"] is None):
            node["module"] = modules.common(users.get(node["id"], [None]))


def _saved(node: Node) -> dict[str, Any]:
    """What the node saved, by name, without version counters."""
    names = getattr(node.op, "saved_names", None)
    if names is None:  # a Function: what its context keeps
        context = node.saved[0] if node.saved else None
        kept = getattr(context, "_saved", ())
        return {f"saved {i}": getattr(k[0], "_a", k[0]) for i, k in enumerate(kept)}
    return {} if node.saved is None else {n: v for n, v in zip(names, node.saved) if not n.startswith("v_")}


def _inputs(node: Node) -> tuple[str, ...]:
    """The names of the inputs with which saved values can be found; none where the input is a sequence."""
    return () if getattr(node.op, "variadic", True) else tuple(node.op.inputs)


def _edge_names(node: Node) -> list[str]:
    names = _inputs(node)
    return list(names) if len(names) == len(node.edges) else [f"input {i}" for i in range(len(node.edges))]


def _options(node: Node) -> dict[str, str]:
    """The options the rules know, as text."""
    if getattr(node.op, "saved_names", None) is None:
        return {}
    return {name: describe(value) for name, value in _saved(node).items()
            if name in node.op.params and name not in node.op.inputs and not isinstance(value, np.ndarray)}
