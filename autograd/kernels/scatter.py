"""Picking array elements by index along one dimension, and writing or adding them back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


def positions(shape: Shape, dim: int, index: Array) -> Array:
    """Where the elements that ``index`` names along ``dim`` lie in a C-contiguous array of ``shape``."""
    found, step = index, 1
    for d in range(len(shape) - 1, -1, -1):
        if d == dim and step != 1:
            found = found + index * (step - 1)
        elif d != dim and index.shape[d] > 1:
            along = np.arange(0, index.shape[d] * step, step)
            found = found + along.reshape((-1,) + (1,) * (len(shape) - 1 - d))
        step *= shape[d]
    return found


def extremes(index: Array) -> tuple[int, int]:
    """The least and the greatest index; short ones are faster to compare in Python."""
    if index.size <= 32:
        values = index.reshape(-1).tolist()
        return min(values), max(values)
    return int(index.min()), int(index.max())


def pick(x: Array, dim: int, index: Array) -> Array:
    """``out[i, j] = x[index[i, j], j]`` for ``dim=0``; the index may be smaller than ``x`` in the other dimensions."""
    if not x.ndim:
        return np.broadcast_to(x, index.shape).copy()
    return x.reshape(-1).take(positions(x.shape, dim, index))


def _flat(out: Array, dim: int, index: Array, values: Array) -> tuple[Array, Array, Array]:
    """A flat array with the elements of ``out``, the places in it, and the values for them."""
    if out.ndim:
        index = positions(out.shape, dim, index)
    return out.reshape(-1), index.reshape(-1), np.broadcast_to(values, index.shape).reshape(-1)


def _settle(out: Array, flat: Array) -> None:
    """Bring ``flat`` back into ``out`` where reshaping made a copy."""
    if not out.flags.c_contiguous:
        out[...] = flat.reshape(out.shape)


def assign(out: Array, dim: int, index: Array, values: Array) -> None:
    """Write ``out[index[i, j], j] = values[i, j]`` for ``dim=0``; the last value wins."""
    if not index.size:
        return
    flat, places, values = _flat(out, dim, index, values)
    flat[places] = values
    _settle(out, flat)


def add(out: Array, dim: int, index: Array, values: Array) -> None:
    """Add ``values[i, j]`` to ``out[index[i, j], j]`` for ``dim=0``, as often as it is named."""
    if not index.size:
        return
    flat, places, values = _flat(out, dim, index, values)
    if out.dtype == np.float16:
        wide = flat.astype(np.float32)
        np.add.at(wide, places, values)
        flat[...] = wide
    else:
        np.add.at(flat, places, values)
    _settle(out, flat)


def combine(out: Array, dim: int, index: Array, values: Array, ufunc: np.ufunc) -> None:
    """Combine ``values`` into ``out`` by ``ufunc``, as often as an element is named."""
    if not index.size:
        return
    flat, places, values = _flat(out, dim, index, values)
    ufunc.at(flat, places, values)
    _settle(out, flat)


def add_at(out: Array, index: tuple[Any, ...], values: Array) -> None:
    """Add ``values`` to ``out[index]``, an index of full slices and arrays, as often as an element is named.

    Arrays that stand for the leading dimensions become one array of row numbers, which NumPy handles several times
    faster.
    """
    arrays = [i for i in index if i.__class__ is np.ndarray]
    if len(arrays) == 1 and arrays[0].dtype.kind == "b":
        out[index] += values  # a mask names nothing twice
        return
    n = len(arrays)
    if n > 1 and all(i.__class__ is np.ndarray and i.dtype.kind == "i" for i in index[:n]) and out.flags.c_contiguous:
        shape = out.shape[:n]
        rows = np.zeros((), np.int64)
        for i, size in zip(arrays, shape, strict=True):
            rows = rows * size + np.where(i < 0, i + size, i)
        np.add.at(out.reshape(math.prod(shape), *out.shape[n:]), rows, values)
    else:
        np.add.at(out, index, values)
