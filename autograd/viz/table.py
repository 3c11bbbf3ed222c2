"""Tables of text, aligned for a terminal and as HTML, and numbers in few characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

#: Shapes of so many outputs are written out.
_OUTPUTS = 3


class Table:
    """Rows of cells under headings.

    Args:
        headings: the columns; those that begin with ``>`` are aligned to the right.
        title: the line above.
    """

    def __init__(self, headings: Sequence[str], title: str = "") -> None:
        self.right = [h.startswith(">") for h in headings]
        self.headings = [h.lstrip(">") for h in headings]
        self.title = title
        self.rows: list[list[str]] = []

    def add(self, *cells: str) -> None:
        self.rows.append([" ".join(c.split("\n")) for c in cells])

    def without_empty(self) -> Table:
        """The table without the columns that are empty in every row."""
        keep = [i for i in range(len(self.headings)) if any(r[i] for r in self.rows)]
        table = Table([(">" if self.right[i] else "") + self.headings[i] for i in keep], self.title)
        table.rows = [[r[i] for i in keep] for r in self.rows]
        return table

    def text(self, limit: int | None = None) -> str:
        """The table as lines; of more than ``limit`` rows the first and the last."""
        rows = self.rows
        left_out = 0
        if limit is not None and len(rows) > limit:
            half = limit // 2
            left_out = len(rows) - 2 * half
            rows = rows[:half] + rows[-half:]
        widths = [max(map(width, column)) for column in zip(self.headings, *rows, strict=True)]

        def line(cells: Sequence[str]) -> str:
            return "  ".join(
                " " * (w - width(c)) + c if right else c + " " * (w - width(c))
                for c, w, right in zip(cells, widths, self.right, strict=True)).rstrip()

        lines = [line(self.headings), "─" * (sum(widths) + 2 * len(widths) - 2), *map(line, rows)]
        if left_out:
            lines.insert(2 + limit // 2, f"… {left_out} more rows …")  # type: ignore[operator]
        return "\n".join(([self.title] if self.title else []) + lines)

    def html(self) -> str:
        """The table as an HTML element."""
        style = [' style="text-align:right"' if right else ' style="text-align:left"' for right in self.right]
        head = "".join(f"<th{s}>{escape(h)}</th>" for h, s in zip(self.headings, style, strict=True))
        body = "".join("<tr>" + "".join(f"<td{s}><code>{escape(c)}</code></td>" for c, s in zip(
            row, style, strict=True)) + "</tr>" for row in self.rows)
        caption = f"<caption>{escape(self.title)}</caption>" if self.title else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def number(value: Any) -> str:
    """A number in at most about eight characters."""
    if isinstance(value, (complex, np.complexfloating)):
        return f"{value:.4g}"
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return str(value)
    text = f"{value:.4g}"
    return text if any(c in text for c in ".en") else f"{text}.0"


def summary(array: Any, most: int = 4) -> str:
    """An array in a few words: its numbers if they are few, otherwise their range and mean."""
    if array is None:
        return "–"
    array = np.asarray(array)
    if array.ndim == 0:
        return number(array.item())
    if array.size <= most:
        return "[" + " ".join(map(number, array.ravel().tolist())) + "]"
    if array.dtype.kind not in "fiub":
        return f"{array.size} numbers"
    bad = int(array.size - np.isfinite(array).sum())
    if bad:
        return f"{bad} of {array.size} not finite"
    with np.errstate(all="ignore"):
        return f"{number(array.min())} … {number(array.max())}, mean {number(array.mean(dtype=np.float64))}"


def shape_text(shape: Any) -> str:
    if isinstance(shape, list):
        texts = list(map(shape_text, shape))
        if len(texts) > 2 and len(set(texts)) == 1:
            return f"{texts[0]} × {len(texts)}"
        return " ".join(texts if len(texts) <= _OUTPUTS else [*texts[:_OUTPUTS - 1], "…", texts[-1]])
    return "[" + ", ".join(map(str, shape)) + "]"
