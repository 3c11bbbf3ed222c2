"""The tree of module calls, with runs of equal blocks folded into one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .recording import Call


class Modules:
    """Collects the calls that nodes ran in, and makes the tree of them."""

    def __init__(self) -> None:
        self.list: list[dict[str, Any]] = []
        self._ids: dict[Call, int] = {}

    def id_of(self, call: Call) -> int:
        if call not in self._ids:
            parent = None if call.parent is None else self.id_of(call.parent)
            name = call.path
            if parent is not None:
                above = self.list[parent]["path"]
                if self.list[parent]["parent"] is not None and name.startswith(above + "."):
                    name = name[len(above) + 1:]
            self._ids[call] = len(self.list)
            self.list.append({
                "id": len(self.list), "parent": parent, "path": call.path, "type": call.kind, "text": call.text,
                "name": name + (f" (call {call.count})" if call.count > 1 else ""), "repeat": 0})
        return self._ids[call]

    def ancestors(self, module: int | None) -> list[int]:
        """The modules around a place, outermost first, itself last."""
        found = []
        while module is not None:
            found.append(module)
            module = self.list[module]["parent"]
        return found[::-1]

    def common(self, places: Iterable[int | None]) -> int | None:
        """The innermost module that contains all places."""
        chains = [self.ancestors(place) for place in places]
        shared = None
        for level in zip(*chains, strict=False):
            if len(set(level)) > 1:
                break
            shared = level[0]
        return shared

    def tree(self, nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """All calls; runs of siblings that compute the same, in sequence, get a parent that stands for the run."""
        forms = self._forms(nodes, edges)
        # What stands directly in each module, in order of time: its operations as None, its children by id.
        inside: dict[int | None, list[int | None]] = {}
        seen: set[int] = set()
        for node in nodes:
            if node["kind"] in ("op", "part"):
                chain: list[int | None] = [None, *self.ancestors(node["module"])]
                for around, child in zip(chain, [*chain[1:], None], strict=True):
                    row = inside.setdefault(around, [])
                    if child is None:
                        row.append(None)
                    elif child not in seen:
                        row.append(child)
                        seen.add(child)
        for row in inside.values():
            for run in _runs(row, lambda child: (self.list[child]["type"], forms.get(child))):
                self._fold(run)
        return self.list

    def _fold(self, run: list[int]) -> None:
        first, end = (self.list[i] for i in (run[0], run[-1]))
        made = {"id": len(self.list), "parent": first["parent"], "path": f"{first['path']} ... {end['path']}",
                "name": f"{first['name']} ... {end['name']}", "type": first["type"], "text": first["text"],
                "repeat": len(run)}
        self.list.append(made)
        for i in run:
            self.list[i]["parent"] = made["id"]

    def _forms(self, nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> dict[int, int]:
        """A number for each module, equal for modules that contain the same operations connected in the same way."""
        local: dict[int, list[Any]] = {}
        position: dict[tuple[int, int], int] = {}
        arriving: dict[int, list[int]] = {}
        for edge in edges:
            arriving.setdefault(edge["to"], []).append(edge["from"])
        for node in nodes:
            if node["kind"] == "constant":  # the data is one in the first of some equal layers, and none in the others
                continue
            for module in self.ancestors(node["module"]):
                rows = local.setdefault(module, [])
                position[module, node["id"]] = len(rows)
                inputs = tuple(position.get((module, source), -1) for source in arriving.get(node["id"], ()))
                rows.append((node["kind"], node["op"], str(node["shape"]), inputs))
        known: dict[Any, int] = {}
        return {module: known.setdefault(tuple(rows), len(known)) for module, rows in local.items()}


def _runs(row: list[int | None], form: Any) -> list[list[int]]:
    """Stretches of at least two neighbours with the same form."""
    found: list[list[int]] = []
    current: list[int] = []
    for child in [*row, None]:
        if child is not None and current and form(child) == form(current[0]):
            current.append(child)
            continue
        if len(current) > 1:
            found.append(current)
        current = [] if child is None else [child]
    return found
