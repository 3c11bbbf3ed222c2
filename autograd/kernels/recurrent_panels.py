"""How the weights of recurrent layers lie in memory for the compiled kernels: in panels of a few vectors of units."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: Vectors of a panel, the widest first.
PANELS = (4, 3, 2, 1)


def vectors_of_panel(units: int, lanes: int) -> int:
    """Of how many vectors panels are best made: with few idle ones, then of many."""
    count = -(-units // lanes)
    return 1 if count == 1 else min(PANELS[:-1], key=lambda v: (-(-count // v) * v, -v))


def _padded(w: Array, columns: int) -> Array:
    """``w`` with zeros after its rows' ends."""
    if w.shape[-1] == columns:
        return w
    found = np.zeros((*w.shape[:-1], columns), w.dtype)
    found[..., :w.shape[-1]] = w
    return found


def _aligned(a: Array) -> Array:
    """A contiguous copy that begins at a line of the cache."""
    memory = np.empty(a.nbytes + 64, np.uint8)
    start = -memory.ctypes.data % 64
    found = memory[start:start + a.nbytes].view(a.dtype).reshape(a.shape)
    found[...] = a
    return found


def forward_panels(w: Array, gates: int, units: int, of_panel: int) -> Array:
    """The transpose of the weights of a step, (gates * units, K), for panels [K, gates, units of a panel]."""
    k = w.shape[1]
    count = -(-units // of_panel)
    w = _padded(w.reshape(gates, units, k).transpose(0, 2, 1), count * of_panel)
    return _aligned(w.reshape(gates, k, count, of_panel).transpose(2, 1, 0, 3)).reshape(count * k, gates * of_panel)


def backward_panels(w: Array, of_panel: int) -> Array:
    """The same weights for panels [gates * units, units of a panel]."""
    count = -(-w.shape[1] // of_panel)
    w = _padded(w, count * of_panel)
    return _aligned(w.reshape(len(w), count, of_panel).transpose(1, 0, 2)).reshape(-1, of_panel)
