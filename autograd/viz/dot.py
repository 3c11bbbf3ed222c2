"""The graph as a Graphviz picture: clusters by module, equal blocks drawn once, forward or backward."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import graphviz

from ..errors import fail
from .summaries import label_of

if TYPE_CHECKING:
    from .model import Graph

#: From so many boxes on, modules are drawn closed, the innermost first.
READABLE = 45

_STYLES = {
    "parameter": {"shape": "box", "style": "filled,rounded", "fillcolor": "#d7efd9", "color": "#2e7d32"},
    "leaf": {"shape": "box", "style": "filled,rounded", "fillcolor": "#d7efd9", "color": "#2e7d32"},
    "constant": {"shape": "box", "style": "filled", "fillcolor": "#eeeeee", "color": "#757575"},
    "op": {"shape": "box", "style": "filled,rounded", "fillcolor": "#dbe9fb", "color": "#1f5fa8"},
    "part": {"shape": "box", "style": "filled,rounded", "fillcolor": "#f3f7fd", "color": "#1f5fa8"},
    "output": {"shape": "box", "style": "filled,rounded,bold", "fillcolor": "#ffe3c2", "color": "#b45309"},
    "module": {"shape": "box3d", "style": "filled", "fillcolor": "#efe6fa", "color": "#6a3fa0"},
}
_MARKED = {"color": "#c62828", "penwidth": "2.5"}


class Picture(graphviz.Digraph):  # type: ignore[misc]
    """A ``Digraph`` whose display in notebooks falls back to the interactive page where Graphviz is not installed."""

    of: Graph | None = None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **kwargs: Any) -> dict[str, str]:
        svg = _svg(self)
        if svg is None and self.of is not None:
            return {"text/html": self.of.explore()._repr_html_(), "text/plain": repr(self.of)}
        return {"text/plain": self.source} if svg is None else {"image/svg+xml": svg, "text/plain": self.source}


def to_dot(graph: Graph, view: str = "forward", depth: int | None = None, values: bool = True) -> Picture:
    """A ``graphviz.Digraph`` of the graph.

    Args:
        graph: what `autograd.viz.graph` returned.
        view: "forward", or "backward": arrows turn round, and nodes show gradients.
        depth: how many levels of modules to open; default: as many as leave it readable.
        values: whether nodes show values (gradients in the backward view).

    Raises:
        ValueError: ``view`` is something else.
    """
    if view not in ("forward", "backward"):
        fail(ValueError, f"view must be 'forward' or 'backward', got {view!r}")
    shown = _Shown(graph, depth)
    made = Picture(name=graph.about["title"] or "graph", graph_attr={
        "rankdir": "TB" if view == "forward" else "BT", "fontname": "Helvetica", "compound": "true", "nodesep": "0.25",
        "ranksep": "0.35"}, node_attr={"fontname": "Helvetica", "fontsize": "11", "margin": "0.12,0.06"},
        edge_attr={"fontname": "Helvetica", "fontsize": "9", "arrowsize": "0.7", "color": "#555555"})
    made.of = graph
    boxes: dict[int | None, list[str]] = {}
    for key in shown.order:
        boxes.setdefault(shown.place[key], []).append(key)
    _fill(made, None, shown, boxes, view, values)
    for source, target, names in shown.edges():
        label = names[0] if len(names) == 1 and not names[0].startswith("input") else ""
        attributes = {"label": " " + graphviz.escape(label)} if label and shown.is_node(target) else {}
        if view == "backward":
            attributes["style"] = "dashed" if shown.stops(source) else "solid"
        if (source, target) in shown.fault and shown.fault_phase == view:
            attributes |= _MARKED
        made.edge(*((target, source) if view == "backward" else (source, target)), **attributes)
    return made


class _Shown:
    """What of the graph is drawn: equal blocks once, modules beyond a depth as one box."""

    def __init__(self, graph: Graph, depth: int | None) -> None:
        self.graph = graph
        self.modules = {m["id"]: m for m in graph.modules}
        self.alias = self._aliases()
        deepest = max((len(self._around(n["module"])) for n in graph.nodes), default=0)
        for level in range(deepest, -1, -1) if depth is None else (depth,):
            self.box = {n["id"]: self._box(n, level) for n in graph.nodes}
            self.order = list(dict.fromkeys(self.box.values()))
            if len(self.order) <= READABLE:
                break
        fault = graph.about["fault"] or {"edges": [], "phase": ""}
        #: The path of the first NaN or infinity.
        self.fault = {(self.box[e["from"]], self.box[e["to"]]) for e in map(graph.edges.__getitem__, fault["edges"])}
        self.fault_phase = fault["phase"]
        self.place: dict[str, int | None] = {}
        for n in graph.nodes:
            key = self.box[n["id"]]
            if self.alias.get(n["id"], n["id"]) == n["id"] or key not in self.place:
                self.place[key] = n["module"] if key[0] == "n" else self.modules[int(key[1:])]["parent"]
        for key in self.order:
            if key[0] == "n":
                self.place[key] = graph.nodes[int(key[1:])]["module"]

    def _around(self, module: int | None) -> list[int]:
        found = []
        while module is not None:
            found.append(module)
            module = self.modules[module]["parent"]
        return found[::-1]

    def _aliases(self) -> dict[int, int]:
        """For a node in a repeated block, the node that stands in its place in the first block of the run."""
        inside: dict[int, list[int]] = {}
        for n in self.graph.nodes:
            for module in self._around(n["module"]):
                inside.setdefault(module, []).append(n["id"])
        children: dict[int, list[int]] = {}
        for m in self.modules.values():
            if m["parent"] is not None and self.modules[m["parent"]]["repeat"]:
                children.setdefault(m["parent"], []).append(m["id"])
        alias: dict[int, int] = {}
        for row in children.values():
            for other in row[1:]:
                for mine, first in zip(inside.get(other, ()), inside.get(row[0], ()), strict=False):
                    alias[mine] = first
        for node in alias:
            end = node
            while end in alias:
                end = alias[end]
            alias[node] = end
        return alias

    def _box(self, node: dict[str, Any], depth: int) -> str:
        stands = self.graph.nodes[self.alias.get(node["id"], node["id"])]
        around = [m for m in self._around(stands["module"]) if not self.modules[m]["repeat"]]
        return f"n{stands['id']}" if len(around) <= depth else f"m{around[depth]}"

    def is_node(self, key: str) -> bool:
        return key[0] == "n"

    def stops(self, key: str) -> bool:
        """Whether no gradient goes there."""
        return key[0] == "n" and self.graph.nodes[int(key[1:])]["kind"] == "constant"

    def edges(self) -> list[tuple[str, str, list[str]]]:
        found: dict[tuple[str, str], list[str]] = {}
        for e in self.graph.edges:
            pair = self.box[e["from"]], self.box[e["to"]]
            if pair[0] != pair[1] and not self._between_repeats(e["from"], e["to"]):
                names = found.setdefault(pair, [])
                if e["input"] not in names:
                    names.append(e["input"])
        return [(source, target, names) for (source, target), names in found.items()]

    def _between_repeats(self, source: int, target: int) -> bool:
        """Whether an edge leads from one of the equal blocks to the next."""
        a, b = (self._around(self.graph.nodes[i]["module"]) for i in (source, target))
        for i, (x, y) in enumerate(zip(a, b, strict=False)):
            if x != y:
                return i > 0 and bool(self.modules[a[i - 1]]["repeat"])
        return False


def _fill(into: Any, module: int | None, shown: _Shown, boxes: Mapping[int | None, Sequence[str]], view: str,
          values: bool) -> None:
    """Draw what stands directly in ``module``, then the modules below it as clusters."""
    for key in boxes.get(module, ()):
        if key[0] == "m":
            into.node(key, _module_label(shown.modules[int(key[1:])]), **_STYLES["module"])
        else:
            node = shown.graph.nodes[int(key[1:])]
            style = _STYLES["output" if node["output"] else node["kind"]] | (_MARKED if node["marks"] else {})
            if any(mark["kind"] == "origin" for mark in node["marks"]):
                style = {**style, "fillcolor": "#f8c4dc"}
            into.node(key, _label(node, view, values), tooltip=graphviz.escape(_tooltip(node)), **style)
    used = {m for key in boxes for m in shown._around(key)}
    for child in shown.modules.values():
        if child["parent"] == module and child["id"] in used:
            with into.subgraph(name=f"cluster_{child['id']}") as cluster:
                repeated = child["repeat"] > 0
                cluster.attr(label=graphviz.escape(_title(child)), color="#6a3fa0" if repeated else "#9e9e9e",
                             style="rounded,bold" if repeated else "rounded", fontsize="11", fontcolor="#444444")
                _fill(cluster, child["id"], shown, boxes, view, values)


def _title(module: dict[str, Any]) -> str:
    if module["repeat"]:
        return f"{module['type']} × {module['repeat']}"
    return module["name"] if module["name"] == module["type"] else f"{module['name']}: {module['type']}"


def _module_label(module: dict[str, Any]) -> str:
    text = f"\n{module['text']}" if 0 < len(module["text"]) <= 40 and "\n" not in module["text"] else ""
    return graphviz.escape(_title(module) + text)


def _label(node: dict[str, Any], view: str, values: bool) -> str:
    title = node["label"]
    if node["kind"] in ("op", "part") and node["name"]:
        title = f"{node['name']} = {title}"
    summary = node["value"] if view == "forward" else node["grad"]
    lines = [title]
    bare = node["kind"] == "constant" and node["name"] is None and not node["shape"]  # its title is its value
    if values and summary is not None and not bare:
        sign = "∂ " if view == "backward" else ""
        lines.append(sign + label_of(summary))
    elif node["shape"] and node["kind"] != "constant":
        many = isinstance(node["shape"][0], list)
        lines.append(f"{len(node['shape'])} outputs" if many else str(node["shape"]))
    return graphviz.escape("\n".join(lines))


def _tooltip(node: dict[str, Any]) -> str:
    source = node["source"]
    parts = [f"{node['op'] or node['kind']} {node['shape']} {node['dtype'] or ''}".strip()]
    if source is not None:
        parts.append(f"{os.path.basename(source['file'])}:{source['line']}: {source['text']}")
    return "\n".join([*parts, *(m["text"] for m in node["marks"])])


def svg_or_none(graph: Graph) -> str | None:
    """The picture as SVG, or None where Graphviz is not installed or would take long."""
    picture = to_dot(graph)
    return _svg(picture) if len(_Shown(graph, None).order) <= 3 * READABLE else None


def _svg(picture: graphviz.Digraph) -> str | None:
    try:
        return str(picture.pipe(format="svg", encoding="utf-8"))
    except (graphviz.ExecutableNotFound, graphviz.CalledProcessError):
        return None


def save(graph: Graph, path: str, view: str = "forward", depth: int | None = None) -> None:
    """Write the picture in the format of the suffix."""
    suffix = os.path.splitext(path)[1][1:].lower()
    if not suffix:
        fail(ValueError, f"the suffix of the file says what to write (.svg, .png, .pdf, .html, .json, .dot), and "
                         f"{path!r} has none")
    picture = to_dot(graph, view, depth)
    if suffix in ("dot", "gv"):
        with open(path, "w", encoding="utf-8") as file:
            file.write(picture.source)
        return
    if suffix not in graphviz.FORMATS:
        fail(ValueError, f"Graphviz does not write .{suffix} files; .svg, .png and .pdf are some that it does")
    try:
        data = picture.pipe(format=suffix)
    except graphviz.ExecutableNotFound as error:
        raise RuntimeError(
            f"to write {suffix.upper()} files, install Graphviz, whose program `dot` was not found: `apt install "
            "graphviz`, `brew install graphviz`, `conda install graphviz` or `winget install graphviz`. "
            "A page (.html) and Graphviz's own text (.dot) need no program") from error
    with open(path, "wb") as out:
        out.write(data)
