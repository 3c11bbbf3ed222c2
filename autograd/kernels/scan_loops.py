"""Running sums of C-contiguous arrays as compiled loops, in double precision: shapes are those of `reduce_loops`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiled.loops import loop, wide
from .reduce_loops import LARGE, blocks

Array = np.ndarray[Any, Any]


@loop("*F2 *F2 I", saves=2e-9)
def running_sum_rows(x, out, back):  # type: ignore[no-untyped-def]
    """Eight rows at a time, because each addition waits for the one before it."""
    n = x.shape[1]
    first, step = (n - 1, -1) if back else (0, 1)
    whole = x.shape[0] - x.shape[0] % 8
    for i in range(0, whole, 8):
        zero = np.float64(0)
        s, t, u, v, w, y, z, q = zero, zero, zero, zero, zero, zero, zero, zero
        j = first
        for _ in range(n):
            s += x[i, j]
            t += x[i + 1, j]
            u += x[i + 2, j]
            v += x[i + 3, j]
            w += x[i + 4, j]
            y += x[i + 5, j]
            z += x[i + 6, j]
            q += x[i + 7, j]
            out[i, j] = s
            out[i + 1, j] = t
            out[i + 2, j] = u
            out[i + 3, j] = v
            out[i + 4, j] = w
            out[i + 5, j] = y
            out[i + 6, j] = z
            out[i + 7, j] = q
            j += step
    for i in range(whole, x.shape[0]):
        s = np.float64(0)
        j = first
        for _ in range(n):
            s += x[i, j]
            out[i, j] = s
            j += step


@loop("*F3 *F3 I", saves=2e-9)
def running_sum_columns(x, out, back):  # type: ignore[no-untyped-def]
    wide()
    n = x.shape[1]
    total = np.empty(x.shape[2], np.float64)
    for a in range(x.shape[0]):
        for j in range(total.size):
            total[j] = 0.0
        for k in range(n):
            i = n - 1 - k if back else k
            r, o = x[a, i], out[a, i]
            for j in range(total.size):
                total[j] += r[j]
                o[j] = total[j]


def running_sum(x: Array, dim: int, back: bool) -> Array | None:
    """The sums of the elements up to each place along ``dim``, or from each place on."""
    if x.size < LARGE or not x.flags.c_contiguous:
        return None
    a, b, c = blocks(x.shape, dim, dim)
    compiled = (running_sum_rows if c == 1 else running_sum_columns).on(x.dtype, x.size)
    if compiled is None:
        return None
    out = np.empty(x.shape, x.dtype)
    shape = (a, b) if c == 1 else (a, b, c)
    compiled(x.reshape(shape), out.reshape(shape), back)
    return out
