"""The graph as plain data: everything the viewer draws is drawn from this."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

from ..backward import _root_gradients
from ..errors import describe, fail
from ..node import Node
from ..views import node_of
from .builder import Builder
from .naming import Names
from .pass_trace import trace
from .recording import note_of, record

if TYPE_CHECKING:
    from graphviz import Digraph

    from .html import Page

#: From so many nodes on, large arrays get statistics but no pictures, which would make the page slow to open.
_PLAIN_FROM = 3000


class Graph:
    """A recorded computation as data: lists of dictionaries that JSON can hold.

    Attributes:
        nodes: in forward order. Each has ``id``, ``kind`` ("parameter", "leaf", "constant", "op", or "part": one of
            several outputs), ``op``, ``label`` (what users call that), ``name`` (or None), ``short`` (the name that
            `autograd.tape` gives it), ``text`` (what was computed of what, in those names), ``output`` (whether it is a
            root), ``module`` (the id of its module call, or None), ``source`` (``file``, ``line``, ``text``, or None),
            ``shape``, ``dtype``, ``value`` and ``grad`` (summaries, or None where not known), ``saved`` (name, shape,
            dtype, bytes of each saved array), ``options``, ``flops`` (of the forward, see `flops`), ``forward_ms``
            (where the forward ran inside `profile`), ``backward_ms`` and ``marks`` (what is worth a look: ``kind``,
            ``text``).
        edges: from the node that made an input to the one that uses it: ``from``, ``to``, ``input``; with a backward
            pass also ``local`` (the local derivative, where there are few elements), ``formula`` (``text`` of the rule,
            ``mathml`` in the names of the tape, and ``where``, what its letters stand for; or None), ``contribution``,
            and ``total``, the gradient of the input after this contribution was added.
        modules: the tree of module calls: ``id``, ``parent``, ``path``, ``name``, ``type``, ``text``, ``repeat`` (how
            many equal blocks a folded one stands for, else 0).
        backward: the steps of the backward pass in order: ``node`` and ``edges``, the numbers of the edges along which
            it sends contributions.
        about: ``title``, ``saved_bytes``, ``notes`` (sentences on what is not there, and why), ``fault`` (where the
            first NaN or infinity arose: ``phase``, ``node``, ``text``, ``advice``, and ``edges``, the path it took, by
            number; or None).

    >>> import autograd
    >>> from autograd import viz
    >>> x = autograd.tensor(3., requires_grad=True)
    >>> g = viz.graph(x.exp())
    >>> [(edge["from"], edge["to"], edge["formula"]["text"]) for edge in g.edges]
    [(0, 1, 'g * out')]
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
            fail(TypeError, f"to draw {title}, say what to call it with: inputs=x, a tuple or a dictionary")
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
        fail(RuntimeError, "there is no graph to draw: nothing that the tensor was computed from has "
                           "requires_grad=True (or it was computed under no_grad, or detached)")
    order = _reachable(nodes)
    names = Names()
    names.add_params(params)
    names.add_roots(order)
    names.add_variables(caller)
    for t, n in zip(roots, nodes):
        names.values.setdefault(n, t._a)
    detail = len(order) < _PLAIN_FROM
    traced = trace(nodes, seeds, order, detail) if seeds else None
    if traced is not None and traced.error is not None:
        notes.append("No gradients: backward() has run already and released what it needs. Draw the loss before "
                     "backward(), or call that with retain_graph=True." if "second time" in traced.error else
                     f"No gradients beyond what is shown: {traced.error}")
    if not any(note_of(n) for n in order):
        notes.append("Modules, source lines and values that the tape does not need were not recorded: run the forward "
                     "inside 'with autograd.viz.record():' to see them.")
    title = title or names.nodes.get(nodes[0]) or nodes[0].op.name
    return Graph(Builder(order, nodes, names, traced, notes, title, detail).data())


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
