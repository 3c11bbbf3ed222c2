"""The graph as plain data: everything the viewer draws is drawn from this."""

from __future__ import annotations

import json
import linecache
import os
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backward import _root_gradients
from ..errors import describe, fail
from ..node import LEAF, OUTPUT, Node
from ..views import node_of
from . import findings
from .modules import Modules
from .naming import Names
from .pass_trace import Trace, trace
from .recording import note_of, record
from .summaries import SMALL, Summary, summarise

if TYPE_CHECKING:
    from graphviz import Digraph

    from .html import Page

#: From so many nodes on, large arrays get statistics but no pictures, which would make the page slow to open.
_PLAIN_FROM = 3000


class Graph:
    """A recorded computation as data: lists of dictionaries that JSON can hold.

    Attributes:
        nodes: in forward order. Each has ``id``, ``kind`` ("parameter", "leaf", "constant", "op", or "part": one of
            several outputs), ``op``, ``label``, ``name`` (or None), ``output`` (whether it is a root), ``module`` (the
            id of its module call, or None), ``source`` (``file``, ``line``, ``text``, or None), ``shape``, ``dtype``,
            ``value`` and ``grad`` (summaries, or None where not known), ``saved`` (name, shape, dtype, bytes of each
            saved array), ``options``, ``backward_ms`` and ``marks`` (what is worth a look: ``kind``, ``text``).
        edges: from the node that made an input to the one that uses it: ``from``, ``to``, ``input``; with a backward
            pass also ``local`` (the local derivative, where there are few elements), ``contribution``, and ``total``,
            the gradient of the input after this contribution was added.
        modules: the tree of module calls: ``id``, ``parent``, ``path``, ``name``, ``type``, ``text``, ``repeat`` (how
            many equal blocks a folded one stands for, else 0).
        backward: the steps of the backward pass in order: ``node`` and ``edges``, the numbers of the edges along which
            it sends contributions.
        about: ``title``, ``saved_bytes``, ``notes`` (sentences on what is not there, and why).
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.nodes: list[dict[str, Any]] = data["nodes"]
        self.edges: list[dict[str, Any]] = data["edges"]
        self.modules: list[dict[str, Any]] = data["modules"]
        self.backward: list[dict[str, Any]] = data["backward"]
        self.about: dict[str, Any] = data["about"]

    def as_dict(self) -> dict[str, Any]:
        """All of it as one dictionary, for ``json``."""
        return {"about": self.about, "modules": self.modules, "nodes": self.nodes, "edges": self.edges,
                "backward": self.backward}

    def to_json(self) -> str:
        """All of it as JSON text."""
        return json.dumps(self.as_dict(), allow_nan=False)

    def to_dot(self, view: str = "forward", depth: int | None = None, values: bool = True) -> Digraph:
        """The picture as a ``graphviz.Digraph``; see `autograd.viz.dot.to_dot`."""
        from .dot import to_dot
        return to_dot(self, view, depth, values)

    def explore(self) -> Page:
        """The interactive page of this graph."""
        from .html import Page
        return Page(self)

    def save(self, path: str | os.PathLike[str], view: str = "forward", depth: int | None = None) -> None:
        """Write a picture, by suffix: ``.html`` (the interactive page), ``.json``, ``.dot``, or ``.svg``, ``.png``,
        ``.pdf`` and what else Graphviz's program writes.

        Raises:
            RuntimeError: the ``dot`` program is needed and not installed.
        """
        path = os.fspath(path)
        if path.endswith((".html", ".htm")):
            self.explore().save(path)
        elif path.endswith(".json"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.to_json())
        else:
            from .dot import save
            save(self, path, view, depth)

    def __repr__(self) -> str:
        return f"<Graph of {self.about['title']}: {len(self.nodes)} nodes, {len(self.edges)} edges>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """For notebooks: the picture where Graphviz can draw it, and the page otherwise."""
        from .dot import svg_or_none
        picture = svg_or_none(self)
        if picture is not None:
            return {"image/svg+xml": picture, "text/plain": repr(self)}
        return {"text/html": self.explore()._repr_html_(), "text/plain": repr(self)}


def graph(target: Any, inputs: Any = None, params: Any = None, *, gradient: Any = None, backward: bool = True) -> Graph:
    """The computation behind a tensor, or of one call of a module, as data that can be drawn.

    The backward pass is run once to show it; no ``grad`` changes, and the graph can be used afterwards. Values are
    known where the tape saved them or a variable holds them, and everywhere if the forward ran inside `record`.

    Args:
        target: a tensor, a sequence of tensors, or a module.
        inputs: for a module: what to call it with, an argument or a tuple of them, or a dictionary by name.
        params: names of tensors: a module (its parameters), a dictionary by name, or a sequence. The parameters of
            recorded modules, and the caller's variables, are named anyway.
        gradient: the gradient to start the backward pass from, where the target is no single number.
        backward: whether to run the backward pass.

    Raises:
        TypeError: ``target`` is something else, or a module without ``inputs``.
        RuntimeError: ``target`` has no graph: nothing it was computed from requires grad.

    >>> import autograd
    >>> from autograd import viz
    >>> a = autograd.tensor(2., requires_grad=True)
    >>> b = a * a + 1
    >>> g = viz.graph(b)
    >>> [(node["label"], node["grad"]["values"]) for node in g.nodes if node["kind"] != "constant"]
    [('a', [4.0]), ('mul', [1.0]), ('add', [1.0])]
    """
    return build(target, inputs, params, gradient, backward, sys._getframe(1))


def build(target: Any, inputs: Any, params: Any, gradient: Any, backward: bool, caller: FrameType | None) -> Graph:
    """`graph`, for a caller whose variables are in ``caller``."""
    if hasattr(target, "named_parameters") and callable(target):
        title = type(target).__name__
        if inputs is None:
            fail(TypeError, f"to draw {title}, say what to call it with: inputs=x, a tuple of arguments, or a dictionary")
        with record():
            target = _call(target, inputs)
    else:
        title = ""
    tensors = _tensors(target)
    if not tensors:
        fail(TypeError, f"expected a tensor or a module to draw, got {describe(target)} ({type(target).__name__})")
    roots = [t for t in tensors if t._node is not None or t._meta is not None]
    gradients = (None,) * len(roots) if gradient is None else _tensors(gradient)
    notes = []
    if backward and all(t._a.size == 1 or g is not None for t, g in zip(roots, gradients)) and roots:
        nodes, seeds = _root_gradients(tuple(roots), tuple(gradients), False)
    else:
        if backward and roots:
            notes.append("No gradients: the result is not a single number. Draw the loss, or pass gradient=.")
        nodes, seeds = [n for n in (_node(t) for t in roots) if n is not None], []
    if not nodes:
        fail(RuntimeError, "there is no graph to draw: nothing that the tensor was computed from has requires_grad=True "
                           "(or it was computed under no_grad, or detached)")
    order = _reachable(nodes)
    names = Names()
    names.add_params(params)
    names.add_roots(order)
    names.add_variables(caller)
    for t, n in zip(roots, nodes):
        names.values.setdefault(n, t._a)
    traced = trace(nodes, seeds, order, len(order) < _PLAIN_FROM) if seeds else None
    if traced is not None and traced.error is not None:
        notes.append(f"No gradients beyond what is shown: {traced.error}")
    if not any(note_of(n) for n in order):
        notes.append("Modules, source lines and values that the tape does not need were not recorded: run the forward "
                     "inside `with autograd.viz.record():` to see them.")
    title = title or names.nodes.get(nodes[0]) or nodes[0].op.name
    return _Builder(order, nodes, names, traced, notes, title).graph()


def _call(module: Any, inputs: Any) -> Any:
    if isinstance(inputs, dict):
        return module(**inputs)
    return module(*inputs) if isinstance(inputs, (tuple, list)) else module(inputs)


def _tensors(value: Any) -> list[Any]:
    """The tensors in a structure of sequences and dictionaries."""
    if hasattr(value, "_vc"):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [t for v in value for t in _tensors(v)] if isinstance(value, (tuple, list)) else []


def _node(t: Any) -> Node | None:
    return t._node if t._meta is None else node_of(t)


def _reachable(roots: Sequence[Node]) -> list[Node]:
    """All nodes the roots were computed from, oldest first."""
    found: set[Node] = set()
    stack = list(roots)
    while stack:
        n = stack.pop()
        if n not in found:
            found.add(n)
            stack.extend(e for e in n.edges if e is not None and e not in found)
    return sorted(found, key=lambda n: -n.seq)


class _Builder:
    """Puts a `Graph` together from the tape."""

    def __init__(self, order: list[Node], roots: list[Node], names: Names, traced: Trace | None, notes: list[str],
                 title: str) -> None:
        self.order, self.roots, self.names, self.traced = order, set(roots), names, traced
        self.about = {"title": title, "saved_bytes": 0, "notes": notes}
        self.detail = len(order) < _PLAIN_FROM
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

    def graph(self) -> Graph:
        for node in self.order:
            self._note_saved_values(node)
        for node in self.order:
            self._add(node)
        backward = self._backward() if self.traced is not None else []
        place_leaves(self.nodes, self.edges, self.modules)
        data = {"about": self.about, "nodes": self.nodes, "edges": self.edges, "backward": backward,
                "modules": self.modules.tree(self.nodes, self.edges)}
        findings.mark(data)
        return Graph(data)

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
        shape = list(made.shape) if isinstance(made.shape, tuple) else [list(s) for s in made.shape]
        self.nodes.append({
            "id": at, "kind": kind, "op": "" if leaf else f"output {node.index}" if part else node.op.name,  # type: ignore[attr-defined]
            "label": (name or "leaf") if leaf else f"[{node.index}]" if part else node.op.name,  # type: ignore[attr-defined]
            "name": name, "output": made in self.roots,
            "module": None if note is None or note.call is None else self.modules.id_of(note.call),
            "source": self._source(node), "shape": shape,
            "dtype": value["dtype"] if value is not None else None, "value": value, "grad": None,
            "saved": self._saved_arrays(node), "options": _options(node), "backward_ms": None, "marks": []})
        for i, (edge, input_name) in enumerate(zip(node.edges, _edge_names(node))):
            source = before[i] if i < len(before) and before[i] is not None else self.ids.get(edge)
            if source is not None:
                self.edge_ids[node, i] = len(self.edges)
                self.edges.append({"id": len(self.edges), "from": source, "to": at, "input": input_name, "local": None,
                                   "contribution": None, "total": None})

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
                "id": len(self.nodes), "kind": "constant", "op": "", "label": label, "name": named, "output": False,
                "module": None, "source": None, "shape": list(array.shape), "dtype": str(array.dtype), "value": value,
                "grad": None, "saved": [], "options": {}, "backward_ms": None, "marks": []})
        return self.constants[key]

    def _source(self, node: Node) -> dict[str, Any] | None:
        note = note_of(node)
        where = None if note is None else note.source
        if where is None and node.extra is not None and node.extra.metadata.get("traceback"):
            frame = node.extra.metadata["traceback"][-1]  # anomaly mode notes the line too
            where = frame.filename, frame.lineno
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
                    found.append({"name": name, "shape": list(array.shape), "dtype": str(array.dtype),
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
            sent = []
            for i, contribution in step.contributions.items():
                edge = self.edges[self.edge_ids[step.node, i]]
                edge.update(contribution=contribution, total=step.totals[i], local=step.local.get(i))
                sent.append(edge["id"])
            steps.append({"node": node["id"], "edges": sent})
        for leaf, grad in self.traced.leaves.items():
            self.nodes[self.ids[leaf]]["grad"] = grad
        return steps


def place_leaves(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], modules: Modules) -> None:
    """Put parameters and constants into the innermost module call that contains all their users."""
    users: dict[int, list[int | None]] = {}
    for edge in edges:
        users.setdefault(edge["from"], []).append(nodes[edge["to"]]["module"])
    for node in nodes:
        if node["kind"] in ("parameter", "constant") or (node["kind"] == "leaf" and node["name"] is None):
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
