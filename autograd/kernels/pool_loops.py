"""Pooling over windows of one or two dimensions as compiled loops. Planes are [M, H, W]; one dimension is H = 1.

A row of results at a time: for each place in the window the loop goes along the row, so that it vectorises, with the
strides that matter most written out.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .compiled.loops import loop, wide

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

_INT64 = np.dtype(np.int64)


def _larger(v, b, p):  # type: ignore[no-untyped-def]
    """Whether an element v takes the place p of the greatest so far, b; of several NaNs the last stays."""
    return (v > b) | (v != v) | (p < 0)


@loop("*F3 *F3 *I3 I I I I I I I I I I", saves=3e-9)
def _max_pool(x, out, indices, k_h, k_w, s_h, s_w, p_h, p_w, d_h, d_w, height, width):  # type: ignore[no-untyped-def]
    wide()
    place = np.empty(width, np.int32)
    for m in range(x.shape[0]):
        for o in range(height):
            best = out[m, o]
            for j in range(width):
                best[j] = 0.0
                place[j] = -1
            for a in range(k_h):
                i = o * s_h - p_h + a * d_h
                if i < 0 or i >= x.shape[1]:
                    continue
                for c in range(k_w):
                    start = c * d_w - p_w
                    low = max(0, -(start // s_w))
                    high = min(width, (x.shape[2] - 1 - start) // s_w + 1)
                    if low >= high:
                        continue
                    r, b, p = x[m, i, low * s_w + start:], best[low:high], place[low:high]
                    at = np.int32(i * x.shape[2] + low * s_w + start)
                    if s_w == 1:
                        for j in range(b.size):
                            take = _larger(r[j], b[j], p[j])
                            b[j] = r[j] if take else b[j]
                            p[j] = np.int32(at + j) if take else p[j]
                    elif s_w == 2:
                        for j in range(b.size):
                            v = r[2 * j]
                            take = _larger(v, b[j], p[j])
                            b[j] = v if take else b[j]
                            p[j] = np.int32(at + 2 * j) if take else p[j]
                    else:
                        for j in range(b.size):
                            v = r[s_w * j]
                            take = _larger(v, b[j], p[j])
                            b[j] = v if take else b[j]
                            p[j] = np.int32(at + s_w * j) if take else p[j]
            found = indices[m, o]
            for j in range(width):
                found[j] = place[j]


# Windows of 2 x 2, side by side: all four elements at once, which short rows need.


@loop("*F3 *F3 *I3", saves=1e-8)
def _max_pool_2x2(x, out, indices):  # type: ignore[no-untyped-def]
    wide()
    for m in range(x.shape[0]):
        for o in range(out.shape[1]):
            r, t, best, found = x[m, 2 * o], x[m, 2 * o + 1], out[m, o], indices[m, o]
            at = 2 * o * x.shape[2]
            for j in range(best.size):
                v, w, place = r[2 * j], r[2 * j + 1], 0
                take = (w > v) | (w != w)
                v, place = w if take else v, 1 if take else place
                w = t[2 * j]
                take = (w > v) | (w != w)
                v, place = w if take else v, x.shape[2] if take else place
                w = t[2 * j + 1]
                take = (w > v) | (w != w)
                v, place = w if take else v, x.shape[2] + 1 if take else place
                best[j] = v
                found[j] = at + 2 * j + place


@loop("*F3 *F3", saves=3e-9)
def _sums_2x2(x, out):  # type: ignore[no-untyped-def]
    wide()
    for m in range(x.shape[0]):
        for o in range(out.shape[1]):
            r, t, total = x[m, 2 * o], x[m, 2 * o + 1], out[m, o]
            for j in range(total.size):
                total[j] = (r[2 * j] + r[2 * j + 1]) + (t[2 * j] + t[2 * j + 1])


@loop("*F3 *F3", saves=3e-9)
def _spread_2x2(g, out):  # type: ignore[no-untyped-def]
    """The planes have even sizes, so that nothing is left out."""
    wide()
    for m in range(g.shape[0]):
        for o in range(g.shape[1]):
            r, t, h = out[m, 2 * o], out[m, 2 * o + 1], g[m, o]
            for j in range(h.size):
                v = h[j]
                r[2 * j] = v
                r[2 * j + 1] = v
            for j in range(r.size):
                t[j] = r[j]


@loop("*F1 *F2", saves=1e-9)
def _spread_planes(g, out):  # type: ignore[no-untyped-def]
    for m in range(out.shape[0]):
        r, v = out[m], g[m]
        for j in range(r.size):
            r[j] = v


@loop("*F2 *I2 *F2 I1", saves=3e-9)
def _scatter(g, indices, out, outside):  # type: ignore[no-untyped-def]
    plane = out.shape[1]
    for m in range(g.shape[0]):
        h, p, o = g[m], indices[m], out[m]
        for j in range(plane):
            o[j] = 0.0
        for j in range(h.size):
            if 0 <= p[j] < plane:
                o[p[j]] += h[j]
            else:
                outside[0] += 1


@loop("*F3 *F3 I I I I I I", saves=1e-9)
def _window_sums(x, out, k_h, k_w, s_h, s_w, p_h, p_w):  # type: ignore[no-untyped-def]
    wide()
    height, width = out.shape[1], out.shape[2]
    for m in range(x.shape[0]):
        for o in range(height):
            total = out[m, o]
            for j in range(width):
                total[j] = 0.0
            for i in range(max(0, o * s_h - p_h), min(x.shape[1], o * s_h - p_h + k_h)):
                for c in range(k_w):
                    start = c - p_w
                    low = max(0, -(start // s_w))
                    high = min(width, (x.shape[2] - 1 - start) // s_w + 1)
                    if low >= high:
                        continue
                    r, t = x[m, i, low * s_w + start:], total[low:high]
                    if s_w == 1:
                        for j in range(t.size):
                            t[j] += r[j]
                    elif s_w == 2:
                        for j in range(t.size):
                            t[j] += r[2 * j]
                    else:
                        for j in range(t.size):
                            t[j] += r[s_w * j]


@loop("*F2 *F1", saves=2e-9, reassociate=True)
def _plane_sums(x, out):  # type: ignore[no-untyped-def]
    for m in range(x.shape[0]):
        r = x[m]
        total = 0.0
        for j in range(r.size):
            total += r[j]
        out[m] = total


@loop("*F3 *F3 I I I I I I", saves=1e-9)
def _spread_windows(g, out, k_h, k_w, s_h, s_w, p_h, p_w):  # type: ignore[no-untyped-def]
    wide()
    height, width = g.shape[1], g.shape[2]
    for m in range(g.shape[0]):
        for i in range(out.shape[1]):
            r = out[m, i]
            for j in range(r.size):
                r[j] = 0.0
        for o in range(height):
            for i in range(max(0, o * s_h - p_h), min(out.shape[1], o * s_h - p_h + k_h)):
                for c in range(k_w):
                    start = c - p_w
                    low = max(0, -(start // s_w))
                    high = min(width, (out.shape[2] - 1 - start) // s_w + 1)
                    if low >= high:
                        continue
                    r, h = out[m, i, low * s_w + start:], g[m, o, low:high]
                    if s_w == 1:
                        for j in range(h.size):
                            r[j] += h[j]
                    elif s_w == 2:
                        for j in range(h.size):
                            r[2 * j] += h[j]
                    else:
                        for j in range(h.size):
                            r[s_w * j] += h[j]


def _pair(values: Ints, one: int) -> Ints:
    return (one, *values) if len(values) == 1 else values


def _halves(kernel: Ints, stride: Ints, padding: Ints) -> bool:
    """Whether the windows are 2 x 2, side by side."""
    return kernel == (2, 2) and stride == (2, 2) and padding == (0, 0)


def max_pool(x: Array, out: Ints, kernel: Ints, stride: Ints, padding: Ints,
             dilation: Ints) -> tuple[Array, Array] | None:
    """The greatest elements and their indices; None where NumPy shall do it. Each window meets the input."""
    if len(out) > 2 or math.prod(x.shape[1:]) >= 2**31:
        return None
    # A last window that reaches beyond the input has no four elements.
    halves = _halves(kernel, stride, padding) and dilation == (1, 1) and 2 * out[0] <= x.shape[1] and (
        2 * out[1] <= x.shape[2])
    compiled = (_max_pool_2x2.on(x.dtype, len(x) * math.prod(out)) if halves else
                _max_pool.on(x.dtype, len(x) * math.prod(out) * math.prod(kernel)))
    if compiled is None:
        return None
    best, indices = np.empty((len(x), *out), x.dtype), np.empty((len(x), *out), np.int64)
    if halves:
        compiled(np.ascontiguousarray(x), best, indices)
        return best, indices
    rows = (len(x), *_pair(out, 1))
    compiled(np.ascontiguousarray(x).reshape(len(x), *_pair(x.shape[1:], 1)), best.reshape(rows), indices.reshape(rows),
             *_pair(kernel, 1), *_pair(stride, 1), *_pair(padding, 0), *_pair(dilation, 1), *_pair(out, 1))
    return best, indices


def scatter(g: Array, indices: Array, plane: int) -> Array | None:
    """Zeros [M, plane] with g [M, K] added at indices [M, K]; None where NumPy shall do it, or raise."""
    compiled = _scatter.on(g.dtype, g.size) if indices.dtype is _INT64 and indices.shape == g.shape else None
    if compiled is None:
        return None
    out, outside = np.empty((len(g), plane), g.dtype), np.zeros(1, np.int64)
    compiled(np.ascontiguousarray(g), np.ascontiguousarray(indices), out, outside)
    return None if outside[0] else out


def window_sums(x: Array, out: Ints, kernel: Ints, stride: Ints, padding: Ints) -> Array | None:
    """The sum of each window; None where NumPy shall do it."""
    whole = math.prod(out) == 1 and kernel == x.shape[1:] and not any(padding)
    if len(out) > 2 and not whole:
        return None
    halves = _halves(kernel, stride, padding) and 2 * out[0] <= x.shape[1] and 2 * out[1] <= x.shape[2]
    form = _plane_sums if whole else _sums_2x2 if halves else _window_sums
    compiled = form.on(x.dtype, len(x) * math.prod(out) * math.prod(kernel))
    if compiled is None:
        return None
    found = np.empty((len(x), *out), x.dtype)
    x = np.ascontiguousarray(x)
    if whole:
        compiled(x.reshape(len(x), math.prod(kernel)), found.reshape(-1))
    elif halves:
        compiled(x, found)
    else:
        compiled(x.reshape(len(x), *_pair(x.shape[1:], 1)), found.reshape(len(x), *_pair(out, 1)), *_pair(kernel, 1),
                 *_pair(stride, 1), *_pair(padding, 0))
    return found


def spread_windows(g: Array, size: Ints, kernel: Ints, stride: Ints, padding: Ints) -> Array | None:
    """Each element added to all positions of its window; None where NumPy shall do it."""
    whole = math.prod(g.shape[1:]) == 1 and kernel == size and not any(padding)
    if len(size) > 2 and not whole:
        return None
    halves = _halves(kernel, stride, padding) and size == (2 * g.shape[1], 2 * g.shape[2])
    form = _spread_planes if whole else _spread_2x2 if halves else _spread_windows
    compiled = form.on(g.dtype, g.size * math.prod(kernel))
    if compiled is None:
        return None
    out = np.empty((len(g), *size), g.dtype)
    if whole:
        compiled(np.ascontiguousarray(g).reshape(-1), out.reshape(len(g), math.prod(size)))
    elif halves:
        compiled(np.ascontiguousarray(g), out)
    else:
        compiled(np.ascontiguousarray(g).reshape(len(g), *_pair(g.shape[1:], 1)), out.reshape(len(g), *_pair(size, 1)),
                 *_pair(kernel, 1), *_pair(stride, 1), *_pair(padding, 0))
    return out

