"""Updates of parameters in place, each in one compiled pass where that pays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .loops import loop, wide

Array = np.ndarray[Any, Any]

#: From this many elements on, one compiled pass beats NumPy's dozen.
FUSED = 16384


def compiled(form: Any, p: Array, g: Array) -> Any:
    """A loop for flat arrays of parameters and gradients; None where NumPy shall do it, or say what is wrong."""
    # The loop believes what it is given: it writes to any memory, and reads as many gradients as there are parameters.
    if g.dtype is not p.dtype or g.size != p.size or not p.flags.writeable:
        return None
    return form.on(p.dtype, p.size) if g.flags.c_contiguous and p.flags.c_contiguous else None


# --- loops ------------------------------------------------------------------------------------------------
# ``sign`` is -1 to go up. A decay of 0 leaves out its product, which would make NaN of an infinite parameter.


@loop("*F1 *F1 F F F", saves=3e-10)
def descend(p, g, rate, sign, decay):  # type: ignore[no-untyped-def]
    for i in range(p.size):
        d = g[i] * sign
        d = d + p[i] * decay if decay != 0.0 else d
        p[i] -= d * rate


@loop("*F1 *F1 *F1 F F F F F I I", saves=6e-10)
def momentum(p, g, b, rate, sign, decay, kept, share, nesterov, fresh):  # type: ignore[no-untyped-def]
    for i in range(p.size):
        d = g[i] * sign
        d = d + p[i] * decay if decay != 0.0 else d
        m = d if fresh else b[i] * kept + d * share
        b[i] = m
        p[i] -= (d + m * kept if nesterov else m) * rate


@loop("*F1 *F1 *F1 *F1 F1 F F F", saves=2e-9)
def adam_pass(p, g, m, v, c, sign, decay, shrink):  # type: ignore[no-untyped-def]
    wide()
    for i in range(p.size):
        d = g[i] * sign
        d = d + p[i] * decay if decay != 0.0 else d
        mi = m[i] * c[0] + d * c[1]
        vi = v[i] * c[2] + d * d * c[3]
        m[i] = mi
        v[i] = vi
        p[i] = p[i] * shrink - c[4] * (mi / (np.sqrt(vi) + c[5]))


@loop("*F1 *F1 *F1 *F1 *F1 F1 F F F", saves=3e-9)
def amsgrad_pass(p, g, m, v, largest, c, sign, decay, shrink):  # type: ignore[no-untyped-def]
    wide()
    for i in range(p.size):
        d = g[i] * sign
        d = d + p[i] * decay if decay != 0.0 else d
        mi = m[i] * c[0] + d * c[1]
        vi = v[i] * c[2] + d * d * c[3]
        m[i] = mi
        v[i] = vi
        most = vi if (vi > largest[i]) | (vi != vi) else largest[i]
        largest[i] = most
        p[i] = p[i] * shrink - c[4] * (mi / (np.sqrt(most) + c[5]))


@loop("*F1 *F1 *F1 F F F F F F", saves=1.5e-9)
def rmsprop_pass(p, g, v, kept, rest, eps, rate, sign, decay):  # type: ignore[no-untyped-def]
    wide()
    for i in range(p.size):
        d = g[i] * sign
        d = d + p[i] * decay if decay != 0.0 else d
        vi = v[i] * kept + d * d * rest
        v[i] = vi
        p[i] -= d / (np.sqrt(vi) + eps) * rate


# --- in NumPy ---------------------------------------------------------------------------------------------


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
