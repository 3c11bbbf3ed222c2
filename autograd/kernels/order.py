"""Order along a dimension: sorting, selecting, most frequent elements. nan counts as greatest."""

from __future__ import annotations

from typing import Any

import numpy as np

from .reduce import check_not_empty

Array = np.ndarray[Any, Any]


def sort_indices(x: Array, dim: int, descending: bool) -> Array:
    """The indices that sort ``x`` along ``dim``; equal elements keep their order."""
    if not x.ndim:
        return np.zeros((), np.int64)
    found = _by_keys(x, dim, descending)
    if found is not None:
        return found
    if not descending:
        return np.argsort(x, axis=dim, kind="stable")
    # The stable ascending order of the reversed elements, read backwards, is the stable descending order.
    return x.shape[dim] - 1 - np.flip(np.argsort(np.flip(x, dim), axis=dim, kind="stable"), dim)  # type: ignore[no-any-return]


def _by_keys(x: Array, dim: int, descending: bool) -> Array | None:
    """`sort_indices` of elements of at most 32 bits, several times faster: by sorting integers made of an element in
    the high bits, mapped so that they are ordered as the elements are, and its index in the low bits.
    """
    n = x.shape[dim]
    kind = x.dtype.kind
    if x.itemsize + (kind == "u") > 4 or kind not in "fbiu" or not 16 <= n < 1 << 31 or not x.dtype.isnative:
        return None
    x = x if dim == x.ndim - 1 else np.moveaxis(x, dim, -1)
    if kind == "f":
        bits = np.add(x, np.float32(0), dtype=np.float32).view(np.int32)  # of -0 that of 0
        keys = np.where(x == x, bits ^ ((bits >> 31) & 0x7FFFFFFF), 0x7FFFFFFF)
    else:
        keys = x
    keys = keys.astype(np.int64, order="C")
    if descending:
        np.invert(keys, keys)
    keys <<= 32
    keys += np.arange(n)
    keys.sort()
    keys &= 0xFFFFFFFF
    return keys if dim == x.ndim - 1 else np.moveaxis(keys, -1, dim)


def top_indices(x: Array, k: int, dim: int, largest: bool) -> Array:
    """The indices of the ``k`` greatest (least) elements along ``dim``, in order."""
    if not x.ndim:
        return np.zeros((), np.int64)
    x = np.moveaxis(x, dim, -1)
    n = x.shape[-1]
    if n > 64 and 0 < 8 * k <= n:  # few of many: sort only those
        candidates = (np.argpartition(x, n - k)[..., n - k:] if largest else np.argpartition(x, k - 1)[..., :k])
        candidates.sort()
        order = sort_indices(np.take_along_axis(x, candidates, -1), candidates.ndim - 1, largest)
        found = np.take_along_axis(candidates, order, -1)
    else:
        found = sort_indices(x, x.ndim - 1, largest)[..., :k]
    return np.moveaxis(found, -1, dim)


def kth_indices(x: Array, k: int, dim: int) -> Array:
    """The index of the ``k``-th smallest element along ``dim`` (counting from 1), with ``dim`` kept."""
    return np.take(sort_indices(x, dim, False), [k - 1], axis=dim) if x.ndim else np.zeros((), np.int64)


def median_indices(x: Array, dim: int, ignore_nan: bool) -> Array:
    """The index of the lower median along ``dim``, with ``dim`` kept; of the first nan where nan is not ignored."""
    if not x.ndim:
        return np.zeros((), np.int64)
    order = sort_indices(x, dim, False)
    missing = x != x
    rank = (x.shape[dim] - np.count_nonzero(missing, axis=dim, keepdims=True) * ignore_nan - 1) // 2
    found = np.take_along_axis(order, np.maximum(rank, 0), axis=dim)
    if not ignore_nan and missing.any():
        found = np.where(missing.any(axis=dim, keepdims=True), np.argmax(missing, axis=dim, keepdims=True), found)
    return found


def mode_indices(x: Array, dim: int) -> Array:
    """The index of the last occurrence of the most frequent element (the least of several), with ``dim`` kept."""
    if not x.ndim:
        return np.zeros((), np.int64)
    check_not_empty(x, dim, "mode")
    order = sort_indices(x, dim, False)
    ordered = np.moveaxis(np.take_along_axis(x, order, axis=dim), dim, -1)
    places = np.arange(ordered.shape[-1])
    starts = np.zeros(ordered.shape, np.int64)
    starts[..., 1:] = np.where(ordered[..., 1:] != ordered[..., :-1], places[1:], 0)
    seen = places - np.maximum.accumulate(starts, axis=-1)  # how many equal elements stand before
    last = np.moveaxis(np.argmax(seen, axis=-1, keepdims=True), -1, dim)
    return np.take_along_axis(order, last, axis=dim)
