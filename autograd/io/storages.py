"""Which tensors share memory, and that memory as storages to write."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..dtypes import float32, native
from ..errors import fail

Array = np.ndarray[Any, Any]

#: How bfloat16, which NumPy does not have, lies in memory.
BFLOAT16 = np.dtype("V2")


class Place(NamedTuple):
    """Where a tensor lies: the number of its storage, how many elements that has, the offset and the strides."""

    storage: int
    length: int
    offset: int
    strides: tuple[int, ...]


class _Extent(NamedTuple):
    """The memory from the first element of an array to its last."""

    start: int
    stop: int
    array: Array

    @property
    def elements(self) -> Array:
        width = self.array.itemsize
        return np.lib.stride_tricks.as_strided(self.array, ((self.stop - self.start) // width,), (width,))


class Storages:
    """The memory of arrays, in as few bytes as keep together what shares memory.

    A storage begins at the first element that one of the arrays has and ends behind the last: a small view of a large
    tensor does not bring all of it along.

    Attributes:
        parts: for each storage, arrays without gaps that are its elements one after the other.
    """

    def __init__(self, arrays: Iterable[Array]) -> None:
        self.parts: list[list[Array]] = []
        self._places: dict[int, Place] = {}
        # Ids are unique only while their objects live.
        self._arrays = list(arrays)
        extents = {id(a): _extent(a) for a in self._arrays}
        cluster: list[tuple[int, _Extent]] = []
        stop = 0
        # Those without elements come first, because an address does not say where they belong.
        for key, extent in sorted(extents.items(), key=lambda item: (item[1].array.size > 0, item[1].start)):
            if cluster and (extent.start >= stop or not cluster[0][1].array.size):
                self._add(cluster)
                cluster, stop = [], 0
            cluster.append((key, extent))
            stop = max(stop, extent.stop)
        if cluster:
            self._add(cluster)

    def __getitem__(self, array: Array) -> Place:
        return self._places[id(array)]

    def _add(self, cluster: list[tuple[int, _Extent]]) -> None:
        """Make a storage of arrays that overlap."""
        first = cluster[0][1]
        kind, start = first.array.dtype, first.start
        if any(e.array.dtype != kind or (e.start - start) % kind.itemsize for _, e in cluster):
            names = sorted({str(e.array.dtype) for _, e in cluster})
            fail(RuntimeError, "Cannot save multiple tensors that view the same data as different types "
                               f"({', '.join(names)}): clone all but one of them")
        parts, position = [], start
        for _, extent in cluster:
            if extent.stop > position:
                parts.append(extent.elements[(position - extent.start) // kind.itemsize:])
                position = extent.stop
        length = (position - start) // kind.itemsize
        for key, extent in cluster:
            self._places[key] = Place(len(self.parts), length, (extent.start - start) // kind.itemsize,
                                      _strides(extent.array))
        self.parts.append(parts)


def _extent(array: Array) -> _Extent:
    width = array.itemsize
    if array.size == 0 or any(s < 0 or s % width for s in array.strides):
        # There is nothing, or it cannot be said in elements forward: the values in memory of their own.
        array = np.array(array, order="C")
    start = array.__array_interface__["data"][0]
    if array.size == 0:
        return _Extent(start, start, array)
    last = sum((n - 1) * s for n, s in zip(array.shape, array.strides, strict=True))
    return _Extent(start, start + last + width, array)


def _strides(array: Array) -> tuple[int, ...]:
    """The strides in elements; of an array without elements, those that PyTorch gives it."""
    if array.size:
        return tuple([s // array.itemsize for s in array.strides])
    steps = [1]
    for n in array.shape[:0:-1]:
        steps.append(steps[-1] * max(n, 1))
    return tuple(steps[::-1][:array.ndim])


def overlaps(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether elements may share places. Never false where they do; judged by strides, so quick for any size."""
    reach = 1
    for step, n in sorted((s, n) for n, s in zip(shape, strides, strict=True) if n > 1):
        if step < reach:
            return True
        reach = step * (n - 1) + reach
    return False


def elements(content: Array, kind: np.dtype[Any], order: str = "little") -> Array:
    """Bytes from a file as elements of a type that tensors have, in the same memory where that can be.

    Args:
        content: the bytes.
        kind: the type in the file. bfloat16 becomes float32, of which it is the upper half.
        order: that of the bytes of an element, ``"little"`` or ``"big"``.
    """
    if content.size % kind.itemsize:
        raise ValueError(f"{content.size} bytes are no whole number of elements of {kind.itemsize} bytes")
    if kind.kind == "b":
        # Another byte than 0 or 1 would be a bool that is equal neither to True nor to False.
        return content.view(kind) if not content.size or content.max() <= 1 else content != 0
    found = content.view(np.uint16 if kind == BFLOAT16 else kind)
    if order != sys.byteorder:
        found = found.byteswap()
    if kind == BFLOAT16:
        found = (found.astype(np.uint32) << 16).view(float32.dtype)
    return native(found)
