"""Convolution of any number of spatial dimensions, and its two gradients, as matrix products.

Names: N batch, C input channels, O output channels, G groups, K = C/G * (window size), L output positions.
Each works through the batch in chunks whose unfolded windows (``columns``) stay in the cache.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .convolution import choice as conv_choice
from .matmul import matmul
from .windows import Array, Ints, Pairs, output_size, taps

#: Bytes of unfolded windows worked on at a time: about a core's share of the second-level cache.
_CHUNK = 1 << 20
_HALF = np.dtype(np.float16)


def _chunk(bytes_per_image: int, n: int) -> int:
    return max(1, min(n, _CHUNK // max(1, bytes_per_image)))


def _unfold(columns: Array, x: Array, where: list[Any]) -> None:
    """columns [G, C/G, *kernel, m, *out] from x [m, G, C/G, *size]; what lies in the padding is left as it is."""
    moved = np.moveaxis(x, 0, 2)
    rest = (slice(None),) * 3
    for offset, out, inside in where:
        columns[(slice(None), slice(None), *offset, slice(None), *out)] = moved[rest + inside]


def _fold(x: Array, columns: Array, where: list[Any]) -> None:
    """Add columns [G, C/G, *kernel, m, *out] to the places of x [m, G, C/G, *size] that they were unfolded from."""
    moved = np.moveaxis(x, 0, 2)
    rest = (slice(None),) * 3
    for offset, out, inside in where:
        part = moved[rest + inside]
        part += columns[(slice(None), slice(None), *offset, slice(None), *out)]


def convolve(x: Array, w: Array, bias: Array | None, stride: Ints, padding: Pairs, dilation: Ints,
             groups: int) -> Array:
    """y[n, o, p] = bias[o] + sum over c, k of w[o, c, k] x[n, c, p * stride + k * dilation - padding].

    Args:
        x: [N, C, *size].
        w: [O, C/G, *kernel].
        bias: [O] or None.

    Returns:
        [N, O, *out].
    """
    if x.dtype == _HALF:
        wide = None if bias is None else bias.astype(np.float32)
        return convolve(x.astype(np.float32), w.astype(np.float32), wide, stride, padding, dilation,
                        groups).astype(_HALF)
    found = conv_choice.forward(x, w, bias, stride, padding, dilation, groups)
    if found is not None:
        return found
    n, size, kernel = len(x), x.shape[2:], w.shape[2:]
    out = output_size(size, kernel, stride, padding, dilation)
    c, o = w.shape[1], len(w) // groups
    k, positions = c * math.prod(kernel), math.prod(out)
    y = np.empty((n, groups, o, positions), x.dtype)
    weights = w.reshape(groups, o, k)
    shift = None if bias is None else bias.reshape(groups, o, 1)
    where = taps(size, out, kernel, stride, tuple([lo for lo, _ in padding]), dilation)
    xs = x.reshape(n, groups, c, *size)
    step = _chunk(groups * k * positions * x.itemsize, n)
    columns = np.empty(0, x.dtype)
    for first in range(0, n, step):
        m = min(step, n - first)
        if columns.ndim == 1 or columns.size != groups * k * m * positions:
            columns = np.zeros((groups, c, *kernel, m, *out), x.dtype)
        _unfold(columns, xs[first:first + m], where)
        z = matmul(weights, columns.reshape(groups, k, m * positions))
        if shift is not None:
            z += shift
        y[first:first + m] = np.moveaxis(z.reshape(groups, o, m, positions), 2, 0)
    return y.reshape(n, groups * o, *out)


def input_gradient(g: Array, w: Array, bias: Array | None, size: Ints, stride: Ints, padding: Pairs, dilation: Ints,
                   groups: int) -> Array:
    """The gradient of `convolve` by its input, which is the transposed convolution of ``g``.

    Args:
        g: [N, O, *out].
        w: [O, C/G, *kernel].
        bias: [C], added to the result, or None.
        size: of the result.

    Returns:
        [N, C, *size].
    """
    if g.dtype == _HALF:
        wide = None if bias is None else bias.astype(np.float32)
        return input_gradient(g.astype(np.float32), w.astype(np.float32), wide, size, stride, padding, dilation,
                              groups).astype(_HALF)
    found = conv_choice.input_gradient(g, w, bias, size, stride, padding, dilation, groups)
    if found is not None:
        return found
    n, out, kernel = len(g), g.shape[2:], w.shape[2:]
    c, o = w.shape[1], len(w) // groups
    k, positions = c * math.prod(kernel), math.prod(out)
    if bias is None:
        x = np.zeros((n, groups, c, *size), g.dtype)
    else:
        x = np.empty((n, groups, c, *size), g.dtype)
        x[...] = bias.reshape(groups, c, *(1,) * len(size))
    weights = w.reshape(groups, o, k).swapaxes(1, 2)
    gs = g.reshape(n, groups, o, positions)
    where = taps(size, out, kernel, stride, tuple([lo for lo, _ in padding]), dilation)
    step = _chunk(groups * k * positions * g.itemsize, n)
    for first in range(0, n, step):
        part = np.moveaxis(gs[first:first + step], 0, 2)
        m = part.shape[2]
        part = part.reshape(groups, o, m * positions)
        # With one output channel in a group it is an outer product, which BLAS is slow at.
        columns = weights * part if o == 1 else matmul(weights, part)
        _fold(x[first:first + m], columns.reshape(groups, c, *kernel, m, *out), where)
    return x.reshape(n, groups * c, *size)


def weight_gradient(g: Array, x: Array, kernel: Ints, stride: Ints, padding: Pairs, dilation: Ints,
                    groups: int) -> Array:
    """The gradient of `convolve` by its weight.

    Args:
        g: [N, O, *out].
        x: [N, C, *size].

    Returns:
        [O, C/G, *kernel].
    """
    if g.dtype == _HALF:
        return weight_gradient(g.astype(np.float32), x.astype(np.float32), kernel, stride, padding, dilation,
                               groups).astype(_HALF)
    found = conv_choice.weight_gradient(g, x, kernel, stride, padding, dilation, groups)
    if found is not None:
        return found
    n, out, size = len(g), g.shape[2:], x.shape[2:]
    c, o = x.shape[1] // groups, g.shape[1] // groups
    k, positions = c * math.prod(kernel), math.prod(out)
    total = np.zeros((groups, o, k), g.dtype)
    gs, xs = g.reshape(n, groups, o, positions), x.reshape(n, groups, c, *size)
    where = taps(size, out, kernel, stride, tuple([lo for lo, _ in padding]), dilation)
    step = _chunk(groups * k * positions * g.itemsize, n)
    columns = np.empty(0, g.dtype)
    for first in range(0, n, step):
        part = np.moveaxis(gs[first:first + step], 0, 2)
        m = part.shape[2]
        if columns.ndim == 1 or columns.size != groups * k * m * positions:
            columns = np.zeros((groups, c, *kernel, m, *out), g.dtype)
        _unfold(columns, xs[first:first + m], where)
        total += matmul(part.reshape(groups, o, m * positions),
                        columns.reshape(groups, k, m * positions).swapaxes(1, 2))
    return total.reshape(groups * o, c, *kernel)
