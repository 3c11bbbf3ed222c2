"""Sliding windows over the spatial dimensions: the geometry that convolution and pooling share.

An output position ``o`` sees, at offset ``k`` of its window, the input position ``o * stride + k * dilation -
padding``. For one offset these are slices of input and output, so a computation on windows is a loop over offsets
(there are few) of operations on slices (which are long). Positions in the padding fall out of the slices, so nothing is
ever padded.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
Slices = tuple[slice, ...]


def output_size(size: Ints, kernel: Ints, stride: Ints, padding: Pairs, dilation: Ints) -> Ints:
    """Number of window positions along each spatial dimension (0 or less where the window does not fit)."""
    return tuple([(n + lo + hi - d * (k - 1) - 1) // s + 1
                  for n, k, s, (lo, hi), d in zip(size, kernel, stride, padding, dilation, strict=True)])


@lru_cache(maxsize=512)
def pooled_size(size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil: bool) -> Ints:
    """Likewise; with ``ceil`` the last window may reach beyond the padding, but not start there."""
    found = []
    for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True):
        count = (n + 2 * p - d * (k - 1) - 1 + (s - 1 if ceil else 0)) // s + 1
        found.append(count - 1 if ceil and (count - 1) * s >= n + p else count)
    return tuple(found)


@lru_cache(maxsize=1024)
def axis_taps(n: int, out: int, kernel: int, stride: int, before: int, dilation: int) -> list[tuple[int, slice, slice]]:
    """(offset in the window, slice of the output, slice of the input) along one dimension.

    Args:
        n, out: sizes of input and output.
        before: padding in front.
    """
    found = []
    for k in range(kernel):
        start = k * dilation - before
        first = max(0, -(start // stride))
        last = min(out - 1, (n - 1 - start) // stride)
        if first <= last:
            found.append((k, slice(first, last + 1),
                          slice(start + first * stride, start + last * stride + 1, stride)))
    return found


@lru_cache(maxsize=256)
def taps(size: Ints, out: Ints, kernel: Ints, stride: Ints, before: Ints,
         dilation: Ints) -> list[tuple[Ints, Slices, Slices]]:
    """(offset, slices of the output, slices of the input) for each offset that meets the input, in row-major order."""
    axes = [axis_taps(*one) for one in zip(size, out, kernel, stride, before, dilation, strict=True)]
    return [tuple(zip(*combination, strict=True)) for combination in itertools.product(*axes)]  # type: ignore[misc]
