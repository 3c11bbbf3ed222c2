"""Losses of pairs of numbers, and their derivatives by the first, each in one compiled pass.

A loss is given as two functions of a pair and of two parameters that it may use. From these follow three loops: the
losses, their sums in fixed parts, and the derivatives times the share that each has of the gradient. What asks for them
has the same formulas in NumPy.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

from .compiled.loops import Loop, wide
from .elementary import exp as exp_of, exp_of_negative, log as log_of, log1p_of_fraction, sigmoid as sigmoid_of

Array = np.ndarray[Any, Any]

#: Elements whose losses are added up one after the other (in as many sums as a vector has lanes), then their sums.
PART = 4096
#: Elements that take a loop as long as the calls of NumPy which it saves.
_CALLS = 4096


def _each(x, t, out, a, b):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = _of_pair(x[i], t[i], a, b)  # type: ignore[name-defined]  # noqa: F821


def _sums(x, t, out, a, b, start, stop):  # type: ignore[no-untyped-def]
    wide()
    for i in range(start, stop):
        u, v = x[i * PART:(i + 1) * PART], t[i * PART:(i + 1) * PART]
        s = 0.0
        for j in range(u.size):
            s += _of_pair(u[j], v[j], a, b)  # type: ignore[name-defined]  # noqa: F821
        out[i] = s


def _slopes(x, t, out, a, b, share):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = _of_pair(x[i], t[i], a, b) * share  # type: ignore[name-defined]  # noqa: F821


class PairLoss:
    """A loss of pairs.

    Args:
        loss, slope: functions of a pair and two parameters.
        saves: seconds that its compiled form saves for each element.
    """

    def __init__(self, loss: Callable[..., Any], slope: Callable[..., Any], saves: float) -> None:
        self._losses = _loop(_each, loss, "*F1 *F1 *F1 F F", saves)
        self._sums = _loop(_sums, loss, "F1 F1 F1 F F R", saves, reassociate=True)
        self._slopes = _loop(_slopes, slope, "*F1 *F1 *F1 F F F", saves)

    def losses(self, x: Array, t: Array, a: float = 0.0, b: float = 0.0) -> Array | None:
        """The loss of each pair; None where NumPy shall compute it."""
        return _over(self._losses, x, t, a, b)

    def slopes(self, x: Array, t: Array, share: float, a: float = 0.0, b: float = 0.0) -> Array | None:
        """The derivative of each loss by x, times ``share``; None where NumPy shall compute it."""
        return _over(self._slopes, x, t, a, b, share)

    def total(self, x: Array, t: Array, a: float = 0.0, b: float = 0.0) -> Any:
        """The sum of all losses; None where NumPy shall compute it."""
        compiled = _ready(self._sums, x, t)
        if compiled is None:
            return None
        count = -(-x.size // PART)
        sums = np.empty(count, x.dtype)
        compiled(x.reshape(-1), t.reshape(-1), sums, a, b, count)
        return sums[0] if count == 1 else np.add.reduce(sums)


def _loop(template: Callable[..., Any], function: Callable[..., Any], signature: str, saves: float,
          reassociate: bool = False) -> Loop:
    """The loop that a template makes of a function of pairs."""
    made = types.FunctionType(template.__code__, {**globals(), "_of_pair": function},
                              f"{function.__name__.strip('_')}{template.__name__}")
    return Loop(made, signature, saves, reassociate)


def _ready(form: Loop, x: Array, t: Array) -> Any:
    """The compiled loop where it can run over these arrays, otherwise None."""
    compiled = form.on(x.dtype, x.size + _CALLS) if x.size else None
    if compiled is None or t.dtype is not x.dtype or t.shape != x.shape:
        return None
    return compiled if x.flags.c_contiguous and t.flags.c_contiguous else None


def _over(form: Loop, x: Array, t: Array, *numbers: float) -> Array | None:
    compiled = _ready(form, x, t)
    if compiled is None:
        return None
    out = np.empty(x.shape, x.dtype)
    compiled(x.reshape(-1), t.reshape(-1), out.reshape(-1), *numbers)
    return out


# --- losses -----------------------------------------------------------------------------------------------


def _squared(x, t, a, b):  # type: ignore[no-untyped-def]
    return (x - t) * (x - t)


def _squared_slope(x, t, a, b):  # type: ignore[no-untyped-def]
    return (x - t) * 2.0


def _absolute(x, t, a, b):  # type: ignore[no-untyped-def]
    return abs(x - t)


def _absolute_slope(x, t, a, b):  # type: ignore[no-untyped-def]
    d = x - t
    return 1.0 if d > 0.0 else (-1.0 if d < 0.0 else 0.0)  # for NaN, too, as the sign of NaN is 0 in PyTorch


def _limited(d, limit):  # type: ignore[no-untyped-def]
    inside = -limit if d < -limit else d  # NaN stays
    return limit if inside > limit else inside


def _huber(x, t, delta, over):  # type: ignore[no-untyped-def]
    d = x - t
    inside = _limited(d, delta)
    return inside * (d - 0.5 * inside) / over


def _huber_slope(x, t, delta, over):  # type: ignore[no-untyped-def]
    return _limited(x - t, delta) / over


def _softplus(z):  # type: ignore[no-untyped-def]
    return (z if z > 0.0 else 0.0) + log1p_of_fraction(exp_of_negative(-abs(z)))


def _logistic(x, t, a, b):  # type: ignore[no-untyped-def]
    """log(1 + exp(-x)) + (1 - t) * x, which cancels nowhere for t from 0 to 1."""
    negative = -x if x < 0.0 else 0.0
    return (1.0 - t) * x + negative + log1p_of_fraction(exp_of_negative(-abs(x)))


def _logistic_slope(x, t, a, b):  # type: ignore[no-untyped-def]
    return sigmoid_of(x) - t


def _bernoulli(x, t, a, b):  # type: ignore[no-untyped-def]
    yes, no = log_of(x), log_of(1.0 - x) if x > 0.5 else _log_of_rest(x)
    yes = -100.0 if yes < -100.0 else yes
    no = -100.0 if no < -100.0 else no
    return (t - 1.0) * no - t * yes


def _log_of_rest(x):  # type: ignore[no-untyped-def]
    """log(1 - x) for x up to a half, where 1 - x would lose digits: -log(1 + x / (1 - x))."""
    return -log1p_of_fraction(x / (1.0 - x))


def _bernoulli_slope(x, t, a, b):  # type: ignore[no-untyped-def]
    spread = (1.0 - x) * x
    return (x - t) / (1e-12 if spread < 1e-12 else spread)


def _poisson(x, t, a, b):  # type: ignore[no-untyped-def]
    rate = exp_of(x)
    # The choice keeps the last product of exp apart: in one instruction with the difference it would not overflow.
    return (0.0 if rate < 0.0 else rate) - t * x


def _poisson_slope(x, t, a, b):  # type: ignore[no-untyped-def]
    rate = exp_of(x)
    return (0.0 if rate < 0.0 else rate) - t


def _soft_margin(x, t, a, b):  # type: ignore[no-untyped-def]
    return _softplus(-(t * x))


def _soft_margin_slope(x, t, a, b):  # type: ignore[no-untyped-def]
    return -t * sigmoid_of(-(t * x))


def _hinge(x, t, margin, b):  # type: ignore[no-untyped-def]
    rest = margin - x
    rest = 0.0 if rest < 0.0 else rest  # NaN stays
    return (0.0 if t == 1.0 else rest) + (0.0 if t == -1.0 else x)


def _hinge_slope(x, t, margin, b):  # type: ignore[no-untyped-def]
    against = -1.0 if (t != 1.0) & (margin - x >= 0.0) else 0.0
    return against + (0.0 if t == -1.0 else 1.0)


def _divergence(x, t, a, b):  # type: ignore[no-untyped-def]
    return (0.0 if t == 0.0 else t * log_of(t)) - t * x


def _divergence_slope(x, t, a, b):  # type: ignore[no-untyped-def]
    return -t


squared = PairLoss(_squared, _squared_slope, 3e-10)
absolute = PairLoss(_absolute, _absolute_slope, 5e-10)
huber = PairLoss(_huber, _huber_slope, 1e-9)
logistic = PairLoss(_logistic, _logistic_slope, 2e-9)
bernoulli = PairLoss(_bernoulli, _bernoulli_slope, 3e-9)
poisson = PairLoss(_poisson, _poisson_slope, 1e-9)
soft_margin = PairLoss(_soft_margin, _soft_margin_slope, 3e-9)
hinge = PairLoss(_hinge, _hinge_slope, 5e-9)
divergence = PairLoss(_divergence, _divergence_slope, 2e-9)
