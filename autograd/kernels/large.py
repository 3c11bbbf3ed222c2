"""NumPy's elementwise functions on large arrays: compiled where loops are faster."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import maps
from .loops import loop, wide

Array = np.ndarray[Any, Any]

#: From this many elements on generated code comes here.
LARGE = 8192

_MAPS = {np.exp: maps.exp, np.log: maps.log}
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


def elementwise(function: np.ufunc, *arrays: Array) -> Any:
    """``function(*arrays)``, for a function of `COMPILED` and arrays of one type."""
    if len(arrays) == 1:
        found = maps.apply(_MAPS[function], *arrays)
    else:
        x, y = arrays
        found = None if x.shape == y.shape else _broadcast(_KINDS[function], x, y)
    return function(*arrays) if found is None else found


def _broadcast(kind: int, x: Array, y: Array) -> Array | None:
    """A sum, difference or product where one array lacks a dimension of the other, or several side by side."""
    swapped = y.size > x.size
    if swapped:
        x, y = y, x
    if not y.size or not x.flags.c_contiguous or not y.flags.c_contiguous or y.ndim > x.ndim:
        return None
    shape = x.shape
    full = [y.shape[i - x.ndim] if i >= x.ndim - y.ndim else 1 for i in range(x.ndim)]
    there = [i for i in range(x.ndim) if full[i] != 1]
    if not there:
        return None
    first, last = there[0], there[-1]
    if full[first:last + 1] != list(shape[first:last + 1]):
        return None
    inner = math.prod(shape[last + 1:])
    form = with_row if inner == 1 else with_column if inner >= 16 else None
    compiled = None if form is None else form.on(x.dtype, x.size)
    if compiled is None:
        return None
    out = np.empty(shape, x.dtype)
    blocks = (-1, y.size) if inner == 1 else (-1, y.size, inner)
    compiled(x.reshape(blocks), y.reshape(-1), out.reshape(blocks), kind, swapped)
    return out
