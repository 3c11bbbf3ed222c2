"""Updates of parameters in place, fused into one pass where that pays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._jit import jit
from .late import Account

Array = np.ndarray[Any, Any]

#: From this many elements on, one compiled pass beats NumPy's dozen.
FUSED = 16384
_SAVED_EACH = 2e-9  # seconds
_ACCOUNT = Account()


@jit
def _adam(p, g, m, v, c):  # type: ignore[no-untyped-def]
    for i in range(p.size):
        mi = m[i] * c[0] + g[i] * c[1]
        vi = v[i] * c[2] + g[i] * g[i] * c[3]
        m[i] = mi
        v[i] = vi
        p[i] -= c[4] * (mi / (np.sqrt(vi) + c[5]))


def compiles(p: Array, g: Array) -> bool:
    """Whether the compiled pass takes these arrays."""
    return p.dtype.itemsize >= 4 and g.flags.c_contiguous and _ACCOUNT.pays(p.size * _SAVED_EACH)


def adam_compiled(p: Array, g: Array, m: Array, v: Array, constants: Array) -> None:
    """`adam` in one compiled pass, for arrays that `compiles`; the constants are one array, of the same type."""
    _adam(p, g, m, v, constants)


def adam(p: Array, g: Array, m: Array, v: Array, constants: Any, w: Array) -> None:
    """One step of Adam on flat arrays of one type.

    Args:
        p, m, v: parameters and the two running averages, updated in place.
        g: the gradient.
        constants: beta1, 1 - beta1, beta2, 1 - beta2, the corrected learning rate, the corrected epsilon.
        w: scratch of the same size.
    """
    np.multiply(m, constants[0], m)
    np.add(m, np.multiply(g, constants[1], w), m)
    np.multiply(v, constants[2], v)
    np.multiply(g, g, w)
    np.add(v, np.multiply(w, constants[3], w), v)
    np.add(np.sqrt(v, w), constants[5], w)
    np.divide(m, w, w)
    np.subtract(p, np.multiply(w, constants[4], w), p)
