"""Scans: each output depends on the elements up to its place along one dimension."""

from __future__ import annotations

from typing import Any

import numpy as np

from .scan_loops import running_sum

Array = np.ndarray[Any, Any]

_WIDE: dict[Any, Any] = {np.dtype("float16"): np.dtype("float32"), np.dtype("float32"): np.dtype("float64"),
         np.dtype("complex64"): np.dtype("complex128")}


def accumulate(ufunc: np.ufunc, x: Array, dim: int, dtype: np.dtype[Any]) -> Array:
    """``ufunc`` of all elements up to each place, carried in the next wider type and rounded to ``dtype``."""
    if not x.ndim:
        return x.astype(dtype)
    if dtype.kind == "b":
        return ufunc.accumulate(x.astype(dtype), axis=dim).astype(dtype)
    if ufunc is np.add and dtype is x.dtype:
        found = running_sum(x, dim, False)
        if found is not None:
            return found
    wide = _WIDE.get(dtype, dtype)
    return ufunc.accumulate(x, axis=dim, dtype=wide).astype(dtype, copy=False)


def sum_from_end(x: Array, dim: int) -> Array:
    """The sum of all elements from each place on."""
    found = running_sum(x, dim, True) if x.ndim else None
    return reverse(accumulate(np.add, reverse(x, dim), dim, x.dtype), dim) if found is None else found


def reverse(x: Array, dim: int) -> Array:
    """A view of ``x`` with the elements along ``dim`` in the opposite order."""
    return np.flip(x, dim) if x.ndim else x


def shift(x: Array, dim: int, back: bool, fill: float) -> Array:
    """The elements moved on by one place along ``dim``, or ``back`` by one; ``fill`` in the place left empty."""
    out = np.empty_like(x)
    if not x.ndim or not x.shape[dim]:
        out.fill(fill)
        return out
    source, target = np.moveaxis(x, dim, 0), np.moveaxis(out, dim, 0)
    if back:
        target[:-1], target[-1] = source[1:], fill
    else:
        target[1:], target[0] = source[:-1], fill
    return out


def linear_recurrence(a: Array, b: Array, dim: int, backwards: bool) -> Array:
    """``h`` with ``h[k] = a[k] * h[k-1] + b[k]`` along ``dim``, or from the end, ``h[k] = a[k] * h[k+1] + b[k]``."""
    h = np.array(b)
    if not h.ndim:
        return h
    steps, factors = np.moveaxis(h, dim, 0), np.moveaxis(a, dim, 0)
    if backwards:
        steps, factors = steps[::-1], factors[::-1]
    for k in range(1, len(steps)):
        steps[k] += factors[k] * steps[k - 1]
    return h


def running_extremum(x: Array, dim: int, largest: bool) -> tuple[Array, Array]:
    """The greatest (least) element up to each place and its index, the last of several; nan from the first nan on."""
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    ufunc = np.maximum if largest else np.minimum
    values = ufunc.accumulate(x, axis=dim)
    shape = [1] * x.ndim
    shape[dim] = x.shape[dim]
    places = np.arange(x.shape[dim]).reshape(shape)
    new = (x == values) | (x != x)
    return values, np.maximum.accumulate(np.where(new, places, 0), axis=dim)


def log_cumulative_sum(x: Array, dim: int) -> Array:
    """``log(cumsum(exp(x)))`` along ``dim`` without overflow."""
    if not x.ndim:
        return x.copy()
    if x.dtype.kind == "f":
        wide = _WIDE.get(x.dtype, x.dtype)
        return np.logaddexp.accumulate(x, axis=dim, dtype=wide).astype(x.dtype, copy=False)
    out = x.copy()
    steps = np.moveaxis(out, dim, 0)
    for k in range(1, len(steps)):
        a, b = steps[k - 1], steps[k]
        swap = a.real < b.real
        high, low = np.where(swap, b, a), np.where(swap, a, b)
        low_is_zero = low.real == -np.inf
        steps[k] = np.where(low_is_zero, high, high + np.log1p(np.exp(np.where(low_is_zero, 0, low - high))))
    return out
