"""What the viewer says of an array: all numbers of a small one, statistics and pictures of a large one; JSON-able."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

#: Arrays of at most so many elements are shown with every number.
SMALL = 64

#: Rows and columns of the heat-map of a larger array, and bars of its histogram.
GRID, BARS = 12, 16

Summary = dict[str, Any]


#: NumPy takes as long to say the name of a type as to add up a small array.
dtype_name = functools.cache(str)


def number(value: Any) -> Any:
    """A number that JSON can hold: what is not finite, or is complex, as text."""
    if isinstance(value, (complex, np.complexfloating)):
        return f"{value:.6g}"
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    return value


def summarise(array: Any, detail: bool = True) -> Summary:
    """The summary of an array (or a number).

    Args:
        array: the values.
        detail: whether a large array gets a heat-map and a histogram.

    Returns:
        ``shape``, ``dtype``, ``bytes``, ``nan``, ``inf`` and ``low`` (how many are NaN,
        infinite, and minus infinity), and either ``values`` (flat, row by row) or,
        from 65 elements on, ``min``, ``max``, ``mean``, ``std``, ``norm`` of the finite elements, ``zeros`` (how many),
        ``grid`` (a heat-map: means of blocks, rows by columns) and ``bars`` (a histogram between min and max).

    >>> import numpy as np
    >>> from autograd.viz.summaries import summarise
    >>> summarise(np.array([1., np.inf]))["values"]
    [1.0, 'inf']
    """
    a = np.asarray(array)
    made: Summary = {
        "shape": list(a.shape), "dtype": dtype_name(a.dtype), "bytes": int(a.nbytes), "nan": 0, "inf": 0, "low": 0}
    if a.dtype.kind in "fc":
        made["nan"] = int(np.isnan(a).sum())
        made["inf"] = int(np.isinf(a).sum())
        made["low"] = int(np.isneginf(a).sum()) if a.dtype.kind == "f" else 0
    if a.size <= SMALL:
        made["values"] = [number(v) for v in a.ravel().tolist()]
        return made
    real = np.abs(a) if a.dtype.kind == "c" else a
    wide = real.astype(np.float64)
    finite = wide[np.isfinite(wide)] if made["nan"] or made["inf"] else wide.ravel()
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
        with np.errstate(over="ignore"):
            made.update(min=low, max=high, mean=number(finite.mean()), std=number(finite.std()),
                        norm=number(np.linalg.norm(finite)), zeros=int((finite == 0).sum()))
            if detail and math.isfinite(high - low):
                made["bars"] = np.histogram(finite, BARS, (low, high))[0].tolist() if high > low else [finite.size]
    if detail:
        made["grid"] = _grid(wide)
    return made


def _grid(a: np.ndarray[Any, Any]) -> list[list[Any]]:
    """Means of blocks of the array seen as a matrix: the last dimension across, all others down."""
    matrix = a.reshape(-1, a.shape[-1]) if a.ndim > 1 else a.reshape(1, -1)
    if matrix.shape[0] == 1 and matrix.shape[1] > GRID * GRID:  # a long vector is easier to see as a square
        side = math.isqrt(matrix.shape[1])
        matrix = matrix[0, :side * side].reshape(side, side)
    rows, columns = (np.unique(np.linspace(0, n, min(n, GRID) + 1).astype(int)) for n in matrix.shape)
    with np.errstate(all="ignore"):
        sums = np.add.reduceat(np.add.reduceat(matrix, rows[:-1], axis=0), columns[:-1], axis=1)
        means = sums / np.outer(np.diff(rows), np.diff(columns))
    return [[number(float(f"{v:.4g}")) for v in row] for row in means.tolist()]


def label_of(summary: Summary | None) -> str:
    """A number for what has one element, the shape otherwise."""
    if summary is None:
        return ""
    if len(summary.get("values", ())) == 1:
        value = summary["values"][0]
        return f"{value:.4g}" if isinstance(value, float) else str(value)
    return "[" + ", ".join(map(str, summary["shape"])) + "]"
