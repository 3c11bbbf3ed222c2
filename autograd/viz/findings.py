"""What in a graph is worth a look: NaN and infinity, dead units, vanishing and exploding gradients."""

from __future__ import annotations

import math
from typing import Any

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
            if size * RATIO < start:
                marks.append(_mark("vanishing", f"the gradient's norm is {size:.1e}, that of the result {start:.1e}"))
            elif size > start * RATIO:
                marks.append(_mark("exploding", f"the gradient's norm is {size:.1e}, that of the result {start:.1e}"))


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
