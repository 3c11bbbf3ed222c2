"""Numbers of 8 significant bits in NumPy, which has no such type: float32 with the lower half of the bits zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiled.loops import Loop, wide

Array = np.ndarray[Any, Any]

_SINGLE = np.dtype(np.float32)


def round_to_bfloat16(x: Any) -> Array:
    """``x`` in float32, each element the nearest number that bfloat16 has; of two equally near the even one.

    Args:
        x: real numbers; those in float64 are rounded to float32 first, as PyTorch does.
    """
    x = np.asarray(x, np.float32)
    compiled = _round.on(x.dtype, x.size)
    if compiled is not None:
        out = np.empty(x.shape, np.float32)
        compiled(np.ascontiguousarray(x).reshape(-1), out.reshape(-1))
        return out
    bits = x.view(np.uint32)
    # Adding just under half of a unit, and the last bit kept, carries into the kept bits where it rounds up.
    kept = (bits >> np.uint32(16)) & np.uint32(1)
    result = ((bits + (kept + np.uint32(0x7FFF))) & np.uint32(0xFFFF0000)).view(np.float32)
    return np.where(np.isnan(x), x, result)


def combination(a: float, x: Array, b: float, y: Array) -> Array:
    """``a * x + b * y`` of arrays in float32, computed in double precision and rounded to float32 and to bfloat16.

    Args:
        a, b: numbers that float32 has.
    """
    compiled = _combine.on(x.dtype, x.size) if y.dtype is x.dtype and y.shape == x.shape else None
    if compiled is None:
        return round_to_bfloat16(np.float64(a) * x + np.float64(b) * y)
    out = np.empty(x.shape, np.float32)
    compiled(np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(y).reshape(-1), out.reshape(-1), a, b)
    return out


# --- loops ------------------------------------------------------------------------------------------------


def _rounded(v):  # type: ignore[no-untyped-def]
    bits = np.float32(v).view(np.uint32)
    kept = np.uint32(np.uint32(bits >> np.uint32(16)) & np.uint32(1))
    up = np.uint32(bits + np.uint32(kept + np.uint32(0x7FFF)))
    return v if v != v else np.uint32(up & np.uint32(0xFFFF0000)).view(np.float32)


def _round_all(x, out):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = _rounded(x[i])


def _combine_all(x, y, out, a, b):  # type: ignore[no-untyped-def]
    wide()
    u, v = np.float64(a), np.float64(b)
    for i in range(x.size):
        out[i] = _rounded(np.float32(u * np.float64(x[i]) + v * np.float64(y[i])))


_round = Loop(_round_all, "*F1 *F1", 1.5e-9, False, _SINGLE, exact=True)
_combine = Loop(_combine_all, "*F1 *F1 *F1 F F", 4e-9, False, _SINGLE, exact=True)
