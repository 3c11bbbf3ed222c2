"""Distinct elements, histograms, and places in sorted sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import fail

Array = np.ndarray[Any, Any]


def unique(x: Array, dim: int | None) -> tuple[Array, Array, Array]:
    """The distinct elements or slices, in order, the index of each element's, and how often each occurs."""
    if dim is None:
        values, inverse, counts = np.unique(x.ravel(), return_inverse=True, return_counts=True, equal_nan=False)
        return values, inverse.reshape(x.shape), counts
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
    return values, inverse.reshape(-1), counts


def unique_consecutive(x: Array, dim: int | None) -> tuple[Array, Array, Array]:
    """The first element or slice of every run of equal ones, the index of each element's run, and the lengths."""
    rows = x.reshape(-1, 1) if dim is None else np.moveaxis(x, dim, 0)
    n = len(rows)
    starts = np.ones(n, bool)
    starts[1:] = (rows[1:] != rows[:-1]).reshape(n - 1, -1).any(1) if n > 1 else True
    inverse = np.cumsum(starts) - 1
    counts = np.diff(np.append(np.flatnonzero(starts), n))
    if dim is None:
        return rows[starts, 0], inverse.reshape(x.shape), counts
    return np.moveaxis(rows[starts], 0, dim), inverse, counts


def limits(x: Array, low: float, high: float, name: str) -> tuple[Any, Any]:
    """The ends of a histogram: those given, or the extremes of ``x`` where both are equal."""
    if low > high:
        fail(RuntimeError, f"{name}: max must be larger than min, got {low} and {high}")
    if low == high and x.size:
        low, high = x.min(), x.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        fail(RuntimeError, f"{name}: range of [{low}, {high}] is not finite")
    if low == high:
        low, high = low - 1, high + 1
    return low, high


def histogram_of_equal_bins(x: Array, bins: int, low: float, high: float) -> Array:
    """How many elements fall into each of ``bins`` equal intervals of [low, high]; others are left out."""
    x = x.ravel()
    x = x[(x >= low) & (x <= high)]
    scale = x.dtype.type
    places = ((x - scale(low)) * scale(bins) / (scale(high) - scale(low))).astype(np.int64)
    return np.bincount(np.minimum(places, bins - 1), minlength=bins).astype(x.dtype)


def histogram(x: Array, edges: Sequence[Any], weight: Array | None, density: bool) -> Array:
    """The (weighted) number of rows of ``x`` in each cell between neighbouring ``edges``, the last intervals closed."""
    edges = [np.asarray(e, x.dtype) for e in edges]
    shape = tuple([len(e) - 1 for e in edges])
    inside = np.ones(len(x), bool)
    for column, e in zip(x.T, edges, strict=True):
        inside &= (column >= e[0]) & (column <= e[-1])
    places = [np.minimum(np.searchsorted(e, column[inside], "right") - 1, len(e) - 2)
              for column, e in zip(x.T, edges, strict=True)]
    weights = None if weight is None else weight.ravel()[inside]
    counts = np.bincount(np.ravel_multi_index(places, shape), weights, int(np.prod(shape))).reshape(shape)
    if density:
        counts = counts / counts.sum()
        for i, e in enumerate(edges):
            counts = counts / np.diff(e).reshape([-1 if i == d else 1 for d in range(len(edges))])
    return counts.astype(x.dtype)


def search(sequence: Array, x: Array, right: bool, sorter: Array | None) -> Array:
    """Where each element of ``x`` would have to go in the sorted last dimension of ``sequence``."""
    side: Any = "right" if right else "left"
    if sorter is not None:
        sequence = np.take_along_axis(sequence, sorter, -1)
    if sequence.ndim == 1:
        return np.asarray(np.searchsorted(sequence, x, side))
    if not x.size:
        return np.zeros(x.shape, np.int64)
    lanes, wanted = sequence.reshape(-1, sequence.shape[-1]), x.reshape(-1, x.shape[-1])
    found = [np.searchsorted(lane, w, side) for lane, w in zip(lanes, wanted, strict=True)]
    return np.array(found, np.int64).reshape(x.shape)
