"""Reductions and transposes of C-contiguous arrays as compiled loops.

An array is read as [A, B, C], where B is the dimension (or several that lie side by side) along which it is reduced;
where C is 1, as [A, B]. Every loop may be run on a part of A, or of C, with the same results.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .compiled.loops import InVectors, loop, wide
from .elementary import exp_of_negative, number_of_key, order_key

Array = np.ndarray[Any, Any]

#: From this many elements on a loop is asked for: below, NumPy's call takes most of the time.
LARGE = 16384
#: So many elements are added up at once, then their sums: no sum is longer than this or than their number.
BLOCK = 4096


# --- sums -------------------------------------------------------------------------------------------------


@loop("*F2 *F1", saves=1e-10, reassociate=True)
def sum_rows(x, out):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.shape[0]):
        total = 0.0
        for start in range(0, x.shape[1], BLOCK):
            r = x[i, start:start + BLOCK]
            s = 0.0
            for j in range(r.size):
                s += r[j]
            total += s
        out[i] = total


@loop("F1 F1", saves=1e-10, reassociate=True)
def sum_parts(x, out):  # type: ignore[no-untyped-def]
    """The sums of every `BLOCK` elements."""
    wide()
    for i in range(out.size):
        r = x[i * BLOCK:(i + 1) * BLOCK]
        s = 0.0
        for j in range(r.size):
            s += r[j]
        out[i] = s


@loop("*F2 *F1", saves=2e-10, reassociate=True)
def square_rows(x, out):  # type: ignore[no-untyped-def]
    """Sums of squares."""
    wide()
    for i in range(x.shape[0]):
        total = 0.0
        for start in range(0, x.shape[1], BLOCK):
            r = x[i, start:start + BLOCK]
            s = 0.0
            for j in range(r.size):
                s += r[j] * r[j]
            total += s
        out[i] = total


def _add_rows(x, out):  # type: ignore[no-untyped-def]
    """The sum of the rows of a matrix."""
    rows = x.shape[0]
    whole = rows - rows % 8
    for j in range(out.size):
        out[j] = 0.0
    for i in range(0, whole, 8):
        p, q, r, s = x[i], x[i + 1], x[i + 2], x[i + 3]
        t, u, v, w = x[i + 4], x[i + 5], x[i + 6], x[i + 7]
        for j in range(out.size):
            out[j] += ((p[j] + q[j]) + (r[j] + s[j])) + ((t[j] + u[j]) + (v[j] + w[j]))
    for i in range(whole, rows):
        p = x[i]
        for j in range(out.size):
            out[j] += p[j]


@loop("*F3 *F2", saves=5e-11)
def sum_columns(x, out):  # type: ignore[no-untyped-def]
    wide()
    part = np.empty(x.shape[2], x.dtype)
    for a in range(x.shape[0]):
        o = out[a]
        _add_rows(x[a, :BLOCK], o)
        for start in range(BLOCK, x.shape[1], BLOCK):
            _add_rows(x[a, start:start + BLOCK], part)
            for j in range(o.size):
                o[j] += part[j]


# --- extrema ----------------------------------------------------------------------------------------------
# ``sign`` is -1 for the least. A comparison with NaN is false, so NaN, once taken, stays.


def _greatest(r):  # type: ignore[no-untyped-def]
    """The greatest element of a row, NaN left out unless it is first."""
    best = order_key(r[0])
    for j in range(r.size):
        key = order_key(r[j])
        best = key if key > best else best
    return number_of_key(best)


def _missing(r):  # type: ignore[no-untyped-def]
    """How many elements of a row are NaN."""
    count = np.int32(0)
    for j in range(r.size):
        count = np.int32(count + np.int32(r[j] != r[j]))
    return count


_row_greatest, _row_least = InVectors("row_greatest"), InVectors("row_least")


@loop("*F2 *F1 I", saves=1e-10)
def extreme_rows(x, out, largest):  # type: ignore[no-untyped-def]
    wide()
    n = x.shape[1]
    for i in range(x.shape[0]):
        at = x[i].ctypes.data
        out[i] = _row_greatest(at, n) if largest else _row_least(at, n)


@loop("*F3 *F2 *I2 F", saves=1e-9)
def place_columns(x, out, places, sign):  # type: ignore[no-untyped-def]
    """The greatest elements and the places of the first of them."""
    wide()
    at = np.empty(x.shape[2], np.uint32)
    for a in range(x.shape[0]):
        o = out[a]
        for j in range(o.size):
            o[j] = x[a, 0, j] * sign
            at[j] = 0
        for i in range(1, x.shape[1]):
            r, place = x[a, i], np.uint32(i)
            for j in range(o.size):
                v = r[j] * sign
                better = (v > o[j]) | ((v != v) & (o[j] == o[j]))
                o[j] = v if better else o[j]
                at[j] = place if better else at[j]
        for j in range(o.size):
            o[j] *= sign
            places[a, j] = at[j]


# --- logarithms of sums of exponentials -------------------------------------------------------------------


@loop("*F2 *F1", saves=1e-9, reassociate=True)
def log_sum_exp_rows(x, out):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.shape[0]):
        r = x[i]
        greatest = _greatest(r)
        if abs(greatest) < np.inf:
            total = 0.0
            for j in range(r.size):
                total += exp_of_negative(r[j] - greatest)
            out[i] = np.log(total) + greatest
        else:
            out[i] = np.nan if _missing(r) else greatest


@loop("*F1 *F2 *F1 *F2", saves=1e-9)
def log_sum_exp_grad_rows(g, x, out, found):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.shape[0]):
        r, f, scale, shift = x[i], found[i], g[i], out[i]
        for j in range(r.size):
            f[j] = exp_of_negative(r[j] - shift) * scale


# --- transposes -------------------------------------------------------------------------------------------


@loop("F2 F2", saves=5e-10)
def transpose(x, out):  # type: ignore[no-untyped-def]
    """In tiles, so that the lines of memory that a tile touches stay in the cache."""
    m, n = x.shape
    for i in range(0, m, 16):
        for j in range(0, n, 16):
            for c in range(j, min(j + 16, n)):
                for r in range(i, min(i + 16, m)):
                    out[c, r] = x[r, c]


# --- calls ------------------------------------------------------------------------------------------------
# Each gives None where NumPy shall do it.


def blocks(shape: tuple[int, ...], first: int, last: int) -> tuple[int, int, int]:
    """[A, B, C] for the dimensions from ``first`` to ``last``."""
    return math.prod(shape[:first]), math.prod(shape[first:last + 1]), math.prod(shape[last + 1:])


def _side_by_side(over: tuple[int, ...]) -> bool:
    return bool(over) and max(over) - min(over) + 1 == len(over)


def parts_of_sum(x: Array) -> Array | None:
    """Sums whose sum is that of all elements."""
    n = x.size
    compiled = sum_parts.on(x.dtype, n) if n >= LARGE and x.flags.forc else None
    if compiled is None:
        return None
    out = np.empty(-(-n // BLOCK), x.dtype)
    compiled(x.ravel("K"), out)
    return out


def sum_along(x: Array, axis: int) -> Array | None:
    """The sum over one axis of a C-contiguous array, which disappears."""
    shape, last = x.shape, x.ndim - 1
    compiled = (sum_rows if axis == last else sum_columns).on(x.dtype, x.size)
    if compiled is None:
        return None
    out = np.empty(shape[:axis] + shape[axis + 1:], x.dtype)
    if axis < last:
        a, b, c = blocks(shape, axis, axis)
        compiled(x.reshape(a, b, c), out.reshape(a, c))
    elif last == 1:
        compiled(x, out)
    else:
        compiled(x.reshape(-1, shape[-1]), out.reshape(-1))
    return out


def sum_over(x: Array, over: tuple[int, ...], squares: bool = False) -> Array | None:
    """The sum of the elements, or of their squares, over axes, which disappear."""
    if x.size < LARGE or not over:
        return None
    if not x.flags.c_contiguous:
        if not x.flags.f_contiguous:
            return None
        found = sum_over(x.T, tuple([x.ndim - 1 - i for i in over]), squares)
        return None if found is None else found.T
    if len(over) == 1 and not squares:
        return sum_along(x, over[0])
    last = max(over)
    first = last
    while first - 1 in over:
        first -= 1
    a, b, c = blocks(x.shape, first, last)
    if c > 1 and squares:
        return None
    form = square_rows if squares else sum_rows if c == 1 else sum_columns
    compiled = form.on(x.dtype, x.size)
    if compiled is None:
        return None
    out = np.empty(a if c == 1 else (a, c), x.dtype)
    compiled(x.reshape(a, b) if c == 1 else x.reshape(a, b, c), out)
    out = out.reshape(x.shape[:first] + x.shape[last + 1:])
    rest = tuple([i for i in over if i < first])
    # The rest is added up row by row, of which there may be many.
    return np.asarray(np.add.reduce(out, axis=rest, dtype=np.float64), x.dtype) if rest else out


def extreme_over(x: Array, over: tuple[int, ...], largest: bool) -> Array | None:
    """The greatest or least elements over the last axes, which disappear; NaN where there is one."""
    if x.size < LARGE or not x.flags.c_contiguous or not _side_by_side(over) or max(over) != x.ndim - 1:
        return None
    compiled = extreme_rows.on(x.dtype, x.size)
    if compiled is None:
        return None
    kept = x.shape[:min(over)]
    out = np.empty(math.prod(kept), x.dtype)
    compiled(x.reshape(len(out), -1), out, largest)
    return out.reshape(kept)


def extreme_with_place(x: Array, dim: int, largest: bool) -> tuple[Array, Array] | None:
    """The greatest or least elements along ``dim``, and the places of the first of them; ``dim`` is kept."""
    if x.size < LARGE or not x.flags.c_contiguous:
        return None
    a, b, c = blocks(x.shape, dim, dim)
    compiled = place_columns.on(x.dtype, x.size) if c >= 16 else None
    if compiled is None:
        return None
    out, places = np.empty((a, c), x.dtype), np.empty((a, c), np.int64)
    compiled(x.reshape(a, b, c), out, places, 1.0 if largest else -1.0)
    shape = (*x.shape[:dim], 1, *x.shape[dim + 1:])
    return out.reshape(shape), places.reshape(shape)


def log_sum_exp_over(x: Array, over: tuple[int, ...]) -> Array | None:
    """``log(sum(exp(x)))`` over the last axes, which disappear."""
    if x.size < LARGE or not x.flags.c_contiguous or not _side_by_side(over) or max(over) != x.ndim - 1:
        return None
    compiled = log_sum_exp_rows.on(x.dtype, x.size)
    if compiled is None:
        return None
    kept = x.shape[:min(over)]
    out = np.empty(math.prod(kept), x.dtype)
    compiled(x.reshape(len(out), -1), out)
    return out.reshape(kept)


def log_sum_exp_grad(g: Array, x: Array, out: Array) -> Array | None:
    """``g * exp(x - out)`` where ``g`` and ``out`` have 1 for some of the last dimensions of ``x``."""
    if x.size < LARGE or not x.flags.c_contiguous or g.shape != out.shape or g.dtype is not x.dtype:
        return None
    kept = out.shape
    while kept[-1:] == (1,):
        kept = kept[:-1]
    compiled = log_sum_exp_grad_rows.on(x.dtype, x.size) if kept == x.shape[:len(kept)] else None
    if compiled is None:
        return None
    found = np.empty(x.shape, x.dtype)
    shape = (out.size, -1)
    compiled(np.ascontiguousarray(g).reshape(-1), x.reshape(shape), np.ascontiguousarray(out).reshape(-1),
             found.reshape(shape))
    return found


def row_major(x: Array) -> Array:
    """A C-contiguous copy."""
    if x.ndim == 2 and x.size >= LARGE and x.flags.f_contiguous and min(x.shape) >= 16:
        compiled = transpose.on(x.dtype, x.size)
        if compiled is not None:
            out = np.empty(x.shape, x.dtype)
            compiled(x.T, out)
            return out
    return np.array(x, order="C")
