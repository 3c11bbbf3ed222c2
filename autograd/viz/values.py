"""What can be known of a tape after the fact: its nodes in order, their options, and the values they computed."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..node import Node, unpack_saved
from ..primitive import Primitive
from ..tensor import Tensor
from ..views import node_of


def ordered(roots: Iterable[Node]) -> list[Node]:
    """The nodes that ``roots`` were computed by, oldest first."""
    found: set[Node] = set()
    stack = list(roots)
    while stack:
        n = stack.pop()
        if n not in found:
            found.add(n)
            stack.extend(e for e in n.edges if e is not None)
    return sorted(found, key=lambda n: -n.seq)


def values_of(nodes: list[Node], tensors: Iterable[Any]) -> dict[Node, Any]:
    """The value of each node's output that can be known: nodes themselves do not keep it."""
    on_tape = set(nodes)
    values: dict[Node, Any] = {}
    for t in (*tensors, *_alive()):
        node = node_of(t)
        if node in on_tape:
            values.setdefault(node, t._a)
    for n in nodes:
        if isinstance(n.op, Primitive) and n.saved is not None:
            _note_saved(n, values)
    for n in nodes:
        if n not in values and isinstance(n.op, Primitive) and n.op.outputs == 1:
            found = _computed_again(n, values)
            if found is not None:
                values[n] = found
    return values


def _alive() -> Iterator[Any]:
    """All tensors of the process."""
    # By the type: isinstance() would ask proxies, some of which raise or warn.
    return (t for t in gc.get_objects() if issubclass(type(t), Tensor) and hasattr(t, "_a"))


def saved_by_name(n: Node) -> dict[str, Any]:
    saved = unpack_saved(n.saved or ()) if n.extra is not None and n.extra.packed else n.saved
    return dict(zip(n.op.saved_names, saved or ()))


def _unwritten(n: Node, by_name: Mapping[str, Any], name: str) -> bool:
    versions = by_name.get(f"v_{name}")
    if not (isinstance(versions, (list, tuple)) and versions and isinstance(versions[0], list)):
        versions = [versions]
    return all(v is None or v[1] >= n.seq for v in versions)


def _note_saved(n: Node, values: dict[Node, Any]) -> None:
    by_name = saved_by_name(n)
    for name in n.op.kept:
        value = by_name.get(name)
        if value is None or not n.op.is_array_name(name) or not _unwritten(n, by_name, name):
            continue
        if name == "out" and n.op.outputs == 1:
            values.setdefault(n, value)
        elif name in n.op.inputs and not n.op.variadic:
            edge = n.edges[n.op.inputs.index(name)]
            if edge is not None and edge.shape == value.shape:
                values.setdefault(edge, value)
        elif name in n.op.inputs:
            for edge, v in zip(n.edges, value, strict=True):
                if edge is not None and edge.shape == v.shape:
                    values.setdefault(edge, v)


def constant_name(n: Node, index: int) -> str:
    """What an input that wants no gradient is called: its number, where it is one and the node kept it."""
    op = n.op
    if isinstance(op, Primitive) and not op.variadic and n.saved is not None and len(op.inputs) == len(n.edges):
        value = saved_by_name(n).get(op.inputs[index])
        if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "fiub":
            return f"{value.item():g}"
    return "const"


def known_options(n: Node) -> dict[str, Any]:
    """The options of the call that the node kept because a rule names them."""
    if n.saved is None:
        return {}
    by_name = saved_by_name(n)
    return {p: by_name[p] for p in n.op.params if p in by_name and p not in n.op.inputs}


def _computed_again(n: Node, values: Mapping[Node, Any]) -> Any:
    """The output of ``n`` from its inputs and options, where all of them are known; None otherwise."""
    op = n.op
    if n.saved is None or op.variadic or op.aux:
        return None
    named: dict[str, Any] = known_options(n)
    by_name = saved_by_name(n)
    for p, e in zip(op.inputs, n.edges, strict=True):
        if e is not None and e in values:
            named[p] = values[e]
        elif by_name.get(p) is not None and _unwritten(n, by_name, p):
            named[p] = by_name[p]
    if op.name in ("reshape", "view_shape"):
        named.setdefault("shape", n.shape)
    if set(named) != set(op.params):
        return None
    positional = op.forward.__code__.co_argcount
    try:
        with np.errstate(all="ignore"):
            out = np.asarray(op.forward(*[named[p] for p in op.params[:positional]],
                                        **{p: named[p] for p in op.params[positional:]}))
    except Exception:  # an option that only looks like the one of the call
        return None
    return out if out.shape == n.shape else None
