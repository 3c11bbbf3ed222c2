"""Resampling along one dimension: each output position is a weighted sum of a few input positions ("taps").

Resizing an image by any method, and averaging over uneven windows, are such sums, one dimension after the other. The
transpose of one, which is its gradient, is again one.
"""

from __future__ import annotations

import math
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from .matmul import matmul

Array = np.ndarray[Any, Any]
ALL = slice(None)


class Taps:
    """The sum ``out[p] = sum_t weight[t, p] * x[index[t, p]]`` for p < out, x of size n.

    Args:
        n, out: sizes of input and output.
        position, index, weight: for each term, the output position, the input position and the weight (None: all are
            1).
    """

    def __init__(self, n: int, out: int, position: Array, index: Array, weight: Array | None) -> None:
        self.n, self.out = n, out
        order = np.lexsort((index, position))
        self.position, self.index = position[order], index[order]
        self.weight = None if weight is None else weight[order]

    @cached_property
    def transposed(self) -> Taps:
        """The gradient: output and input change places."""
        return Taps(self.out, self.n, self.index, self.position, self.weight)

    @cached_property
    def rounds(self) -> list[tuple[Any, Array, Array | None]]:
        """(output positions, input positions, weights) of the first term of each output, of the second, ..."""
        first = np.searchsorted(self.position, self.position)
        number = np.arange(len(self.position)) - first
        found = []
        for t in range(int(number.max(initial=-1)) + 1):
            now = number == t
            position = self.position[now]
            found.append((ALL if len(position) == self.out else position, self.index[now],
                          None if self.weight is None else self.weight[now]))
        return found

    @cached_property
    def matrix(self) -> Array:
        """The sum as a matrix [out, n]."""
        dense = np.zeros((self.out, self.n))
        np.add.at(dense, (self.position, self.index), 1.0 if self.weight is None else self.weight)
        return dense

    def __repr__(self) -> str:
        return f"Taps({self.n} -> {self.out})"


#: Up to this size of input a product with the matrix, mostly zeros, is faster than gathering the terms.
_DENSE = 256


def resample(x: Array, taps: Taps, axis: int) -> Array:
    """``x`` resampled along an axis."""
    # In a product zeros times infinity would spread NaN over the whole line.
    if taps.weight is not None and taps.n <= _DENSE and x.dtype.kind == "f" and np.isfinite(x.sum()):
        matrix = taps.matrix.astype(x.dtype, copy=False)
        if axis == x.ndim - 1:
            return matmul(x, matrix.T)
        shape = x.shape
        flat = x.reshape(*shape[:axis + 1], math.prod(shape[axis + 1:]))
        return matmul(matrix, flat).reshape(*shape[:axis], taps.out, *shape[axis + 1:])
    lead = (ALL,) * axis
    column = (-1,) + (1,) * (x.ndim - axis - 1)
    out = None
    for position, index, weight in taps.rounds:
        term = x[lead + (index,)]
        if weight is not None:
            term *= weight.astype(x.dtype, copy=False).reshape(column)
        if out is None:
            if position is ALL:
                out = term
                continue
            out = np.zeros((*x.shape[:axis], taps.out, *x.shape[axis + 1:]), x.dtype)
        out[lead + (position,)] += term
    return np.zeros((*x.shape[:axis], taps.out, *x.shape[axis + 1:]), x.dtype) if out is None else out


def _ranges(starts: Array, stops: Array) -> tuple[Array, Array]:
    """(position, index) of every index in range(starts[p], stops[p]), for every p."""
    lengths = stops - starts
    position = np.repeat(np.arange(len(starts)), lengths)
    index = np.arange(len(position)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(starts, lengths)
    return position, index


@lru_cache(maxsize=128)
def adaptive_taps(n: int, out: int) -> Taps:
    """The mean over the windows from floor(i * n / out) to ceil((i + 1) * n / out)."""
    i = np.arange(out)
    starts, stops = i * n // max(out, 1), -(-(i + 1) * n // max(out, 1))
    position, index = _ranges(starts, stops)
    return Taps(n, out, position, index, 1 / (stops - starts)[position])


# --- resizing ---------------------------------------------------------------------------------------------
# A scale is input distance per output distance. The arithmetic below is done in the precision of the elements, as in
# PyTorch: where rounding moves a position over an integer, another element is taken.


@lru_cache(maxsize=128)
def nearest_taps(n: int, out: int, scale: float, exact: bool) -> Taps:
    """The element at floor(i * scale), or (``exact``) at floor((i + 0.5) * scale)."""
    i = np.arange(out).astype(np.float32)
    place = np.floor((i + np.float32(0.5 if exact else 0)) * np.float32(scale)).astype(np.int64)
    return Taps(n, out, np.arange(out), np.minimum(place, n - 1), None)


def _places(n: int, out: int, scale: float, align_corners: bool, kind: type[np.floating[Any]]) -> Array:
    """Where each output position lies in the input."""
    i = np.arange(out).astype(kind)
    return i * kind(scale) if align_corners else kind(scale) * (i + kind(0.5)) - kind(0.5)


@lru_cache(maxsize=128)
def linear_taps(n: int, out: int, scale: float, align_corners: bool, kind: type[np.floating[Any]]) -> Taps:
    """Linear interpolation between the two neighbours; where the size stays, so do the elements, whatever the scale."""
    if n == out:
        return Taps(n, out, np.arange(out), np.arange(out), None)
    place = np.maximum(_places(n, out, scale, align_corners, kind), kind(0))
    low = np.minimum(np.floor(place).astype(np.int64), n - 1)
    high = np.minimum(low + 1, n - 1)
    part = np.clip(place - low.astype(kind), 0, 1)
    i = np.arange(out)
    return Taps(n, out, np.concatenate([i, i]), np.concatenate([low, high]), np.concatenate([1 - part, part]))


def cubic(x: Array, a: float) -> Array:
    """Cubic convolution kernel (Keys, Cubic convolution interpolation for digital image processing, 1981)."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


@lru_cache(maxsize=128)
def cubic_taps(n: int, out: int, scale: float, align_corners: bool, kind: type[np.floating[Any]]) -> Taps:
    """Cubic convolution of the four neighbours, with the border repeated."""
    place = _places(n, out, scale, align_corners, kind)
    low = np.floor(place).astype(np.int64)
    part = place - low.astype(kind)
    position = np.tile(np.arange(out), 4)
    index = np.concatenate([np.clip(low + k, 0, n - 1) for k in (-1, 0, 1, 2)])
    return Taps(n, out, position, index, np.concatenate([cubic(part - kind(k), -0.75) for k in (-1, 0, 1,
                                                                                                2)]).astype(kind))


#: Half width and shape of each smoothing kernel.
_SMOOTH: dict[str, tuple[float, Any]] = {
    "bilinear": (1.0, lambda x: np.maximum(1 - np.abs(x), 0)),
    "bicubic": (2.0, lambda x: cubic(x, -0.5)),
    "lanczos": (3.0, lambda x: np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)),
}


@lru_cache(maxsize=128)
def smooth_taps(n: int, out: int, scale: float, mode: str) -> Taps:
    """A kernel widened by the scale, so that shrinking does not alias (as in the Python Imaging Library)."""
    half_width, shape = _SMOOTH[mode]
    stretch = max(scale, 1.0)
    center = scale * (np.arange(out) + 0.5)
    starts = np.maximum((center - half_width * stretch + 0.5).astype(np.int64), 0)
    stops = np.minimum((center + half_width * stretch + 0.5).astype(np.int64), n)
    position, index = _ranges(starts, stops)
    weight = shape((index - center[position] + 0.5) / stretch)
    return Taps(n, out, position, index, weight / np.bincount(position, weight, out)[position])


def scale_of(n: int, out: int, align_corners: bool, given: float | None) -> float:
    """Input distance per output distance; ``given`` is the caller's scale factor, out / n."""
    if align_corners:
        return (n - 1) / (out - 1) if out > 1 else 0.0
    return 1.0 / given if given else n / out

