"""Numbers of 8 significant bits in NumPy, which has no such type: float32 with the lower half of the bits zero."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def round_to_bfloat16(x: Any) -> Array:
    """``x`` in float32, each element the nearest number that bfloat16 has; of two equally near the even one.

    Args:
        x: real numbers; those in float64 are rounded to float32 first, as PyTorch does.
    """
    x = np.asarray(x, np.float32)
    bits = x.view(np.uint32)
    # Adding just under half of a unit, and the last bit kept, carries into the kept bits where it rounds up.
    kept = (bits >> np.uint32(16)) & np.uint32(1)
    result = ((bits + (kept + np.uint32(0x7FFF))) & np.uint32(0xFFFF0000)).view(np.float32)
    return np.where(np.isnan(x), x, result)
