"""Losses of elements, and their derivatives times a number, each in one compiled pass.

What calls `maps.apply` with them has the same formulas in NumPy.
"""

from __future__ import annotations

from .elementary import exp_of_negative, log1p_of_fraction, sigmoid as sigmoid_of
from .loops import loop, wide


@loop("*F1 *F1 *F1", saves=3e-10)
def squared(x, t, out):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        d = x[i] - t[i]
        out[i] = d * d


@loop("*F1 *F1 *F1 F", saves=3e-10)
def squared_slope(x, t, out, share):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = (x[i] - t[i]) * share


@loop("*F1 *F1 *F1 F", saves=1e-9)
def huber(x, t, out, delta):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        d = x[i] - t[i]
        inside = -delta if d < -delta else d  # NaN stays
        inside = delta if inside > delta else inside
        out[i] = inside * (d - 0.5 * inside)


@loop("*F1 *F1 *F1 F F", saves=1e-9)
def huber_slope(x, t, out, delta, share):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        d = x[i] - t[i]
        inside = -delta if d < -delta else d
        inside = delta if inside > delta else inside
        out[i] = inside * share


@loop("*F1 *F1 *F1", saves=2e-9)
def logistic(x, t, out):  # type: ignore[no-untyped-def]
    """log(1 + exp(-x)) + (1 - t) * x, which cancels nowhere for t from 0 to 1."""
    wide()
    for i in range(x.size):
        v = x[i]
        negative = -v if v < 0.0 else 0.0
        out[i] = (1.0 - t[i]) * v + negative + log1p_of_fraction(exp_of_negative(-abs(v)))


@loop("*F1 *F1 *F1 F", saves=1e-9)
def logistic_slope(x, t, out, share):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = (sigmoid_of(x[i]) - t[i]) * share
