"""NumPy's elementwise functions on large arrays: compiled where loops are faster."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from . import maps
from .compiled.loops import Loop, loop, wide

Array = np.ndarray[Any, Any]

#: From this many elements on generated code comes here.
LARGE = 8192

_MAPS = {np.exp: maps.exp, np.log: maps.log, np.sqrt: maps.root}
_KINDS = {np.add: 0, np.subtract: 1, np.multiply: 2}
#: NumPy's functions that loops compute faster, or faster where arrays broadcast.
COMPILED = frozenset((*_MAPS, *_KINDS))


@loop("*F2 F1 *F2 I I", saves=1e-10)
def with_row(x, y, out, kind, swapped):  # type: ignore[no-untyped-def]
    """x + y, x - y or x * y of rows and a row, or y - x."""
    wide()
    for i in range(x.shape[0]):
        r, o = x[i], out[i]
        if kind == 0:
            for j in range(r.size):
                o[j] = r[j] + y[j]
        elif kind == 2:
            for j in range(r.size):
                o[j] = r[j] * y[j]
        elif swapped:
            for j in range(r.size):
                o[j] = y[j] - r[j]
        else:
            for j in range(r.size):
                o[j] = r[j] - y[j]


@loop("*F3 F1 *F3 I I", saves=2e-10)
def with_column(x, y, out, kind, swapped):  # type: ignore[no-untyped-def]
    """The same of [A, B, C] and [B]."""
    wide()
    for a in range(x.shape[0]):
        for i in range(x.shape[1]):
            r, o, v = x[a, i], out[a, i], y[i]
            if kind == 0:
                for j in range(r.size):
                    o[j] = r[j] + v
            elif kind == 2:
                for j in range(r.size):
                    o[j] = r[j] * v
            elif swapped:
                for j in range(r.size):
                    o[j] = v - r[j]
            else:
                for j in range(r.size):
                    o[j] = r[j] - v


def elementwise(function: np.ufunc, x: Array, y: Array | None = None) -> Any:
    """``function(x)`` or ``function(x, y)``, for a function of `COMPILED` and arrays of one type."""
    if y is None:
        found = maps.apply(_MAPS[function], x)
        return function(x) if found is None else found
    found = None if x.shape == y.shape else _broadcast(_KINDS[function], x, y)
    return function(x, y) if found is None else found


@functools.lru_cache(maxsize=256)
def _shapes(shape: tuple[int, ...], other: tuple[int, ...]) -> tuple[Loop, tuple[int, ...]] | None:
    """The loop for an array and one that lacks some of its dimensions, and the shape in which the loop sees the first;
    None where the dimensions that the other has do not lie side by side."""
    if len(other) > len(shape):
        return None
    full = (1,) * (len(shape) - len(other)) + other
    there = [i for i, n in enumerate(full) if n != 1]
    if not there or 0 in shape:
        return None
    first, last = there[0], there[-1]
    if full[first:last + 1] != shape[first:last + 1]:
        return None
    inner, length = math.prod(shape[last + 1:]), math.prod(other)
    if inner == 1:
        return with_row, (-1, length)
    return (with_column, (-1, length, inner)) if inner >= 16 else None


def _broadcast(kind: int, x: Array, y: Array) -> Array | None:
    """A sum, difference or product where one array lacks a dimension of the other, or several side by side."""
    swapped = y.size > x.size
    if swapped:
        x, y = y, x
    found = _shapes(x.shape, y.shape) if x.flags.c_contiguous and y.flags.c_contiguous else None
    if found is None:
        return None
    form, seen = found
    compiled = form.on(x.dtype, x.size)
    if compiled is None:
        return None
    out = np.empty(x.shape, x.dtype)
    if y.ndim != 1:
        y = y.reshape(-1)
    if len(seen) == x.ndim == 2:
        compiled(x, y, out, kind, swapped)
    else:
        compiled(x.reshape(seen), y, out.reshape(seen), kind, swapped)
    return out
