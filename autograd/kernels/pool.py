"""Pooling over windows, as loops over the offsets in a window ("taps", numbered in row-major order).

Arrays are [M, *size]: batch and channels are merged, and each of the M is called a plane.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from typing import Any

import numpy as np

from . import pool_loops
from .windows import Array, Ints, axis_taps, taps

ALL = slice(None)
Ranges = list[list[range]]


def lowest(dtype: np.dtype[Any]) -> Any:
    """The identity of max."""
    return -math.inf if dtype.kind == "f" else np.iinfo(dtype).min


# --- maxima -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _plan(size: Ints, out: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> tuple[Any, Array, Array,
                                                                                                     Array | None]:
    """What does not depend on the elements.

    Returns:
        (number of the tap, output slices, input slices) of each tap; the place in the plane of tap 0 of each window;
        the distance of each tap from it; the first tap of each window that lies inside (None where that is tap 0
        everywhere).
    """
    where = [(int(np.ravel_multi_index(offset, kernel)), (ALL, *o), (ALL, *i))
             for offset, o, i in taps(size, out, kernel, stride, padding, dilation)]
    corner, distance = np.zeros((), np.int64), np.zeros((), np.int64)
    for n, o, k, s, p, d in zip(size, out, kernel, stride, padding, dilation, strict=True):
        corner = corner[..., None] * n + (np.arange(o) * s - p)
        distance = distance[..., None] * n + np.arange(k) * d
    first = np.full(out, -1)
    for number, o, _ in reversed(where):
        first[o[1:]] = number
    if (first < 0).any():
        raise RuntimeError(f"a window of size {list(kernel)} and dilation {list(dilation)} lies altogether in the "
                           f"padding of {list(size)}; take less padding or dilation")
    return where, corner, distance.ravel(), first if first.any() else None


def max_pool(x: Array, out_size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> tuple[Array,
                                                                                                           Array]:
    """The largest element of each sliding window, and its index in the plane.

    Where several are equal the first counts, and where there are NaNs the last of them.

    Returns:
        ([M, *out], int64 [M, *out]).
    """
    if math.prod(out_size) < math.prod(kernel):  # few large windows: go through the windows rather than the taps
        ranges = [[range(o * s - p, o * s - p + d * (k - 1) + 1, d) for o in range(m)]
                  for m, k, s, p, d in zip(out_size, kernel, stride, padding, dilation, strict=True)]
        return max_of_ranges(x, [[_inside(r, n) for r in axis] for n, axis in zip(x.shape[1:], ranges, strict=True)])
    where, corner, distance, first = _plan(x.shape[1:], out_size, kernel, stride, padding, dilation)
    found = pool_loops.max_pool(x, out_size, kernel, stride, padding, dilation)
    if found is not None:
        return found
    tap = np.zeros((len(x), *out_size), np.uint8 if len(distance) < 256 else np.int32)
    if first is None:
        best, rest = x[where[0][2]].copy(), where[1:]
    else:
        best, rest = np.full(tap.shape, lowest(x.dtype), x.dtype), where
        tap += first.astype(tap.dtype)
    for number, o, i in rest:
        v, b, t = np.ascontiguousarray(x[i]), best[o], tap[o]
        t += (number - t) * (v > b)  # several times faster than assigning through a mask
        np.maximum(b, v, out=b)
    if x.dtype.kind == "f" and np.isnan(best).any():  # comparisons do not see NaNs
        for number, o, i in where:
            np.copyto(tap[o], number, where=np.isnan(x[i]))
    indices = distance[tap]
    indices += corner
    return best, indices


def _inside(r: range, n: int) -> range:
    """The part of a range that lies in range(n)."""
    skipped = max(0, -(r.start // r.step))
    return range(r.start + skipped * r.step, min(r.stop, n), r.step)


def max_of_ranges(x: Array, ranges: Ranges) -> tuple[Array, Array]:
    """The largest element of each window, and its index in the plane.

    Args:
        x: [M, *size].
        ranges: for each dimension, the positions in each window along it.

    Returns:
        ([M, *out], int64 [M, *out]).
    """
    out, size = tuple(map(len, ranges)), x.shape[1:]
    best, indices = np.empty((len(x), *out), x.dtype), np.empty((len(x), *out), np.int64)
    rows = np.arange(len(x))
    for o in itertools.product(*map(range, out)):
        window = [axis[i] for axis, i in zip(ranges, o, strict=True)]
        lengths = tuple(map(len, window))
        if 0 in lengths:
            raise RuntimeError(f"a pooling window lies altogether in the padding of {list(size)}; take less padding")
        part = x[(ALL, *[slice(r.start, r.stop, r.step) for r in window])].reshape(len(x), math.prod(lengths))
        place = part.argmax(1)
        values = part[rows, place]
        if x.dtype.kind == "f" and np.isnan(values).any():
            last = part.shape[1] - 1 - np.isnan(part[:, ::-1]).argmax(1)
            place = np.where(np.isnan(values), last, place)
        best[(ALL, *o)] = values
        index = np.zeros_like(place)
        for i, r, n in zip(np.unravel_index(place, lengths), window, size, strict=True):
            index = index * n + (r.start + i * r.step)
        indices[(ALL, *o)] = index
    return best, indices


def adaptive_ranges(size: Ints, out: Ints) -> Ranges:
    """Windows that cover each dimension evenly: from floor(i * n / out) to ceil((i + 1) * n / out)."""
    return [[range(i * n // m, -(-(i + 1) * n // m)) for i in range(m)] for n, m in zip(size, out, strict=True)]


def max_at_starts(x: Array, starts: list[Array], kernel: Ints) -> tuple[Array, Array]:
    """Likewise for windows of one size at places that differ from plane to plane.

    Args:
        x: [M, *size].
        starts: for each dimension, [M, out] of where each window starts.
    """
    n, size = len(starts), x.shape[1:]
    best = indices = None
    for offset in np.ndindex(*kernel):
        index = np.zeros((len(x),) + (1,) * n, np.int64)
        for d, (start, k) in enumerate(zip(starts, offset, strict=True)):
            place = (start + k).reshape(len(x), *[start.shape[1] if e == d else 1 for e in range(n)])
            index = index * size[d] + place
        v = gather_planes(x.reshape(len(x), math.prod(size)), index.reshape(len(x), math.prod(index.shape[1:])))
        v = v.reshape(index.shape)
        if best is None or indices is None:
            best, indices = v, index
        else:
            better = (v > best) | (v != v)
            best, indices = np.where(better, v, best), np.where(better, index, indices)
    assert best is not None and indices is not None
    return best, indices


# --- elements of planes -----------------------------------------------------------------------------------


def _flat(indices: Array, plane: int) -> Array:
    """Indices in planes [M, K] as indices into all planes laid end to end."""
    flat = indices + (np.arange(len(indices)) * plane)[:, None]
    return flat.ravel()


def gather_planes(x: Array, indices: Array) -> Array:
    """x [M, P] at indices [M, K] of each plane."""
    return x.ravel()[_flat(indices, x.shape[1])].reshape(indices.shape)


def scatter_planes(g: Array, indices: Array, plane: int) -> Array:
    """Zeros of [M, plane] with g [M, K] added at indices [M, K]."""
    found = pool_loops.scatter(g, indices, plane)
    if found is not None:
        return found
    wide = g.astype(np.float32) if g.dtype == np.float16 else g
    x = np.zeros(len(g) * plane, wide.dtype)
    np.add.at(x, _flat(indices, plane), wide.ravel())
    return x.astype(g.dtype, copy=False).reshape(len(g), plane)


def place_planes(x: Array, indices: Array, plane: int) -> Array:
    """Zeros of [M, plane] with x [M, K] written at indices [M, K]."""
    out = np.zeros(len(x) * plane, x.dtype)
    out[_flat(indices, plane)] = x.ravel()
    return out.reshape(len(x), plane)


# --- means ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def divisors(size: Ints, out: Ints, kernel: Ints, stride: Ints, padding: Ints, include_pad: bool) -> Any:
    """Number of elements in each window, an array [*out] or one number where all are equal.

    Args:
        include_pad: count positions in the padding (but never those beyond it).
    """
    total: Array = np.ones((), np.int64)
    for n, m, k, s, p in zip(size, out, kernel, stride, padding, strict=True):
        start = np.arange(m) * s - p
        stop = np.minimum(start + k, n + p)
        if not include_pad:
            start, stop = np.maximum(start, 0), np.minimum(stop, n)
        total = total[..., None] * (stop - start)
    return int(total.flat[0]) if total.size and (total == total.flat[0]).all() else total


def window_sums(x: Array, out: Ints, kernel: Ints, stride: Ints, padding: Ints) -> Array:
    """The sum of each window, one dimension after the other."""
    found = pool_loops.window_sums(x, out, kernel, stride, padding)
    if found is not None:
        return found
    for d in range(len(out), 0, -1):
        x = _sums_along(x, d, out[d - 1], kernel[d - 1], stride[d - 1], padding[d - 1])
    return x


def _sums_along(x: Array, axis: int, out: int, kernel: int, stride: int, padding: int) -> Array:
    n = x.shape[axis]
    if kernel == stride and padding == 0 and n == out * kernel and (kernel > 8 or out == 1):
        return np.add.reduce(x.reshape(*x.shape[:axis], out, kernel, *x.shape[axis + 1:]), axis=axis + 1)
    lead = (ALL,) * axis
    total = np.zeros((*x.shape[:axis], out, *x.shape[axis + 1:]), x.dtype)
    for _, o, i in axis_taps(n, out, kernel, stride, padding, 1):
        part = total[lead + (o,)]
        part += x[lead + (i,)]
    return total


def spread_windows(g: Array, size: Ints, kernel: Ints, stride: Ints, padding: Ints) -> Array:
    """Each element of ``g`` added to all positions of its window: the transpose of `window_sums`."""
    found = pool_loops.spread_windows(g, size, kernel, stride, padding)
    if found is not None:
        return found
    for d in range(1, len(size) + 1):
        lead, n = (ALL,) * d, size[d - 1]
        x = np.zeros((*g.shape[:d], n, *g.shape[d + 1:]), g.dtype)
        for _, o, i in axis_taps(n, g.shape[d], kernel[d - 1], stride[d - 1], padding[d - 1], 1):
            part = x[lead + (i,)]
            part += g[lead + (o,)]
        g = x
    return g
