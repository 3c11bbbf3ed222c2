"""The data of a graph for the page: in columns, with what is said often said once, and so a fifth as long."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

#: From so many nodes on, what the page can put together by itself is left out.
_PLAIN_FROM = 3000

_POOLED = {"nodes": ("value", "grad"), "edges": ("contribution", "local", "total")}
_CODED = {"nodes": ("kind", "op", "label", "source", "shape", "dtype", "saved", "options"),
          "edges": ("input", "formula")}
_SPARSE = {"nodes": ("name", "marks", "flops", "forward_ms", "backward_ms", "output"), "edges": ()}
_FULL = {"nodes": ("short", "module", "text"), "edges": ("from", "to")}


class Codes:
    """Values, each with a number: the same for equal ones."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[str, int] = {}

    def __call__(self, value: Any) -> int:
        key = json.dumps(value)
        if key not in self._numbers:
            self._numbers[key] = len(self.values)
            self.values.append(value)
        return self._numbers[key]


class Pool:
    """Summaries: the form of each (shape, dtype, bytes) by number, the numbers of all small ones in a row, and the rest
    of the few that have more to say.
    """

    def __init__(self) -> None:
        self.forms = Codes()
        self.form: list[int] = []
        self.values: list[Any] = []
        self.more: dict[int, Any] = {}
        self._known: dict[Any, int] = {}
        self._by_id: dict[int, int] = {}

    def __call__(self, summary: Any) -> int:
        if summary is None:
            return -1
        found = self._by_id.get(id(summary))
        if found is None:
            found = self._by_id[id(summary)] = self._number(summary)
        return found

    def _number(self, summary: dict[str, Any]) -> int:
        values = summary.get("values")
        form = self.forms({"shape": summary["shape"], "dtype": summary["dtype"], "bytes": summary["bytes"],
                           "size": -1 if values is None else len(values)})
        more = {k: v for k, v in summary.items() if k not in ("shape", "dtype", "bytes", "values") and (
            v or k not in ("nan", "inf", "low"))}
        if values is not None and summary["dtype"] == "float32":  # nine digits say which float32 it is
            values = [float(f"{v:.9g}") if isinstance(v, float) else v for v in values]
        key = (form, json.dumps([values, more]))
        if key not in self._known:
            at = self._known[key] = len(self.form)
            self.form.append(form)
            self.values += values or ()
            if more:
                self.more[at] = more
        return self._known[key]

    def packed(self) -> dict[str, Any]:
        return {"forms": self.forms.values, "form": self.form, "values": self.values, "more": self.more}


def packed(data: dict[str, Any]) -> dict[str, Any]:
    """What the page reads; ``data.js`` is the other side."""
    pool = Pool()
    made: dict[str, Any] = {"about": data["about"], "modules": data["modules"]}
    for part in ("nodes", "edges"):
        rows = data[part]
        columns: dict[str, Any] = {"count": len(rows)}
        for field in _POOLED[part]:
            columns[field] = _or_none([pool(row[field]) for row in rows], lambda v: v >= 0)
        for field in _CODED[part]:
            codes = Codes()
            columns[field] = {"codes": [codes(row[field]) for row in rows], "values": codes.values}
        for field in _SPARSE[part]:
            columns[field] = {i: row[field] for i, row in enumerate(rows) if row[field]}
        for field in _FULL[part]:
            columns[field] = [row[field] for row in rows]
        made[part] = columns
    if len(data["nodes"]) >= _PLAIN_FROM:
        made["nodes"]["text"] = None
    made["backward"] = {"node": [step["node"] for step in data["backward"]],
                        "count": [len(step["edges"]) for step in data["backward"]],
                        "edges": [e for step in data["backward"] for e in step["edges"]]}
    return {**made, "pool": pool.packed()}


def _or_none(column: Sequence[int], said: Callable[[int], bool]) -> Sequence[int] | None:
    return column if any(map(said, column)) else None


def embedded(data: Any) -> str:
    """JSON that can stand inside a script element: nothing in it can end the element."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
