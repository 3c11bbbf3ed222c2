"""What in a graph is worth a look: NaN and infinity, dead units, vanishing and exploding gradients."""

from __future__ import annotations

import math
from typing import Any

from .nan_origin import ADVICE
from .summaries import Summary

#: A gradient this many times smaller or larger than the one the pass started with counts as vanishing or exploding.
RATIO = 1e6

_RECTIFIERS = ("relu", "relu6", "threshold", "hardtanh")


# What puts -inf where nothing is to be seen, as attention masks do, does so on purpose.
_MASKING = ("add", "masked_fill", "masked_fill_with", "choose", "where")


def mark(data: dict[str, Any]) -> None:
    """Fill in ``marks`` of the nodes."""
    nodes = data["nodes"]
    start = max((norm(n["grad"]) for n in nodes if n["output"] and n["grad"] is not None), default=0.0)
    sources: dict[int, list[dict[str, Any]]] = {}
    for edge in data["edges"]:
        sources.setdefault(edge["to"], []).append(nodes[edge["from"]])
    infinite: set[int] = set()
    by_design = _cancelled(data, start)
    for node in nodes:
        marks = node["marks"]
        if _is_infinite(node, sources.get(node["id"], []), infinite):
            infinite.add(node["id"])
            marks.append(_mark("inf", f"the value has {_of(node['value'], 'inf')} infinite"))
        if node["grad"] is not None and node["grad"]["inf"]:
            marks.append(_mark("inf", f"the gradient has {_of(node['grad'], 'inf')} infinite"))
        for what, word in (("value", "value"), ("grad", "gradient")):
            if node[what] is not None and node[what]["nan"]:
                marks.append(_mark("nan", f"the {word} has {_of(node[what], 'nan')} NaN"))
        if node["op"] in _RECTIFIERS:
            zero = zeros(node["value"])
            if zero is not None and zero == math.prod(node["value"]["shape"]) > 0:
                marks.append(_mark("dead", "every output is zero, so no gradient passes"))
        size = norm(node["grad"])
        if start > 0 and size > 0 and math.isfinite(size):
            if size * RATIO < start and node["id"] not in by_design:
                marks.append(_mark("vanishing", f"the gradient's norm is {size:.1e}, that of the result {start:.1e}"))
            elif size > start * RATIO:
                marks.append(_mark("exploding", f"the gradient's norm is {size:.1e}, that of the result {start:.1e}"))


    data["about"]["fault"] = fault = _fault(data, infinite)
    if fault is not None:
        nodes[fault["node"]]["marks"].insert(0, _mark("origin", fault["text"]))


def _cancelled(data: dict[str, Any], start: float) -> set[int]:
    """Parameters with hardly a gradient beside one that has more: a bias, say, whose shift a normalisation undoes."""
    small, large = set(), set()
    users: dict[int, list[int]] = {}
    for edge in data["edges"]:
        node = data["nodes"][edge["from"]]
        if node["kind"] in ("parameter", "leaf"):
            users.setdefault(node["id"], []).append(edge["to"])
            if norm(node["grad"]) * RATIO < start:
                small.add(node["id"])
            else:
                large.add(edge["to"])
    return {i for i in small if large.intersection(users[i])}


def _fault(data: dict[str, Any], infinite: set[int]) -> dict[str, Any] | None:
    """Where the first NaN or infinity arose, and the path it took."""
    nodes, edges = data["nodes"], data["edges"]
    bad = {n["id"] for n in nodes if n["value"] is not None and n["value"]["nan"]} | infinite
    into: dict[int, list[int]] = {}
    for edge in edges:
        if edge["from"] in bad and edge["to"] in bad:
            into.setdefault(edge["to"], []).append(edge["from"])
    first = next((n for n in nodes if n["id"] in bad and n["value"]["nan"]), None)
    if first is None:
        first = next((n for n in nodes if n["id"] in bad), None)
    if first is not None:
        origin, stack, seen = first["id"], [first["id"]], set()
        while stack:  # an infinity before it that it came from
            at = stack.pop()
            origin = min(origin, at)
            seen.add(at)
            stack += [i for i in into.get(at, ()) if i not in seen]
        node, reached, path = nodes[origin], {origin}, []
        for edge in sorted(edges, key=lambda e: e["to"]):
            if edge["from"] in reached and edge["to"] in bad:
                reached.add(edge["to"])
                path.append(edge["id"])
        what = "NaN" if node["value"]["nan"] else "infinity"
        given = not node["op"]
        text = (f"the first {what}: it was given to the computation" if given else
                f"the first {what} of the forward pass arises here: all inputs are finite")
        return _described("forward", node, text, path)
    start, path = None, []
    for step in data["backward"]:
        flawed = [e for e in step["edges"] if _not_finite(edges[e]["contribution"])]
        path += flawed
        if flawed and start is None and not _not_finite(nodes[step["node"]]["grad"]):
            start = nodes[step["node"]]
            what = "NaN" if any(edges[e]["contribution"]["nan"] for e in flawed) else "infinity"
    if start is None:
        return None
    text = f"the first {what} of the backward pass arises here: what comes in is finite, what goes out is not"
    return _described("backward", start, text, path)


def _described(phase: str, node: dict[str, Any], text: str, path: list[int]) -> dict[str, Any]:
    return {"phase": phase, "node": node["id"], "text": text, "advice": ADVICE.get(node["op"], ""), "edges": path}


def _not_finite(summary: Summary | None) -> bool:
    return summary is not None and bool(summary["nan"] or summary["inf"])


def _is_infinite(node: dict[str, Any], sources: list[dict[str, Any]], infinite: set[int]) -> bool:
    """Whether a value has infinities that are not a mask's."""
    value = node["value"]
    if value is None or not value["inf"] or node["kind"] == "constant":
        return False
    if value["inf"] > value["low"] or any(s["id"] in infinite for s in sources):
        return True
    return node["op"] not in _MASKING and not any(s["value"] is not None and s["value"]["inf"] for s in sources)


def _mark(kind: str, text: str) -> dict[str, str]:
    return {"kind": kind, "text": text}


def _of(summary: Summary, what: str) -> str:
    size = math.prod(summary["shape"])
    return f"{summary[what]:,} of {size:,} elements" if size > 1 else "1 element"


def norm(summary: Summary | None) -> float:
    """The 2-norm of the finite elements; 0 where there is nothing."""
    if summary is None:
        return 0.0
    if "values" in summary:
        return math.hypot(*(v for v in summary["values"] if isinstance(v, (int, float))))
    found = summary.get("norm", 0.0)
    return found if isinstance(found, (int, float)) else math.inf


def zeros(summary: Summary | None) -> int | None:
    """How many elements are zero."""
    if summary is None:
        return None
    return summary["values"].count(0) if "values" in summary else summary.get("zeros", 0)
