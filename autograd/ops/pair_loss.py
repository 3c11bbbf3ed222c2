"""Losses of pairs of numbers that are one operation: each is a function of a pair, reduced.

Their rules give the derivative of the loss of each pair, times the share of the gradient that the reduction gives it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..kernels import losses as kernel
from ..kernels.norm import wide
from ..primitive import primitive
from .activation import sigmoid
from .reduction import check_floating, reduced, share
from .rounding import sign


def alike(input: Any, target: Any) -> bool:
    """Whether the two are of one floating type and shape, so that their loss is one operation."""
    return input.dtype == target.dtype and input.shape == target.shape and input.is_floating_point()


def lossed(form: kernel.PairLoss, in_numpy: Callable[[Any, Any], Any], input: Any, target: Any, reduction: str,
           *numbers: float) -> Any:
    """The losses, reduced: compiled where that can be, otherwise of what ``in_numpy`` gives."""
    x, t = wide(input), wide(target)
    dtype = input.dtype
    if reduction != "none":
        total = form.total(x, t, *numbers)
        if total is not None:
            return np.asarray(total / x.size if reduction == "mean" else total, dtype)
    losses = form.losses(x, t, *numbers)
    return reduced(in_numpy(x, t) if losses is None else losses, reduction, dtype)


def sloped(form: kernel.PairLoss, formula: Callable[[Any, Any], Any], g: Any, input: Any, target: Any, reduction: str,
           *numbers: float) -> Any:
    """The gradient of reduced losses by the input: compiled where that can be, otherwise by the formula."""
    found = _compiled_slopes(form, g, input, target, reduction, *numbers)
    return formula(input, target) * share(g, reduction, input.shape) if found is None else found


def _compiled_slopes(form: kernel.PairLoss, g: Any, input: Any, target: Any, reduction: str, *numbers: float) -> Any:
    if not isinstance(g, (np.ndarray, np.generic)) or g.ndim or not input.size:
        return None
    each = float(g)
    return form.slopes(input, target, each / input.size if reduction == "mean" else each, *numbers)


# --- of the difference, which is as steep by the one as by the other --------------------------------------


def _differences(g, input, target, reduction, needs, form, formula, *numbers):
    slope = sloped(form, formula, g, input, target, reduction, *numbers)
    return slope if needs[0] else None, -slope if needs[1] else None


def _squared_rule(g, input, target, reduction, needs):
    return _differences(g, input, target, reduction, needs, kernel.squared, lambda x, t: (x - t) * 2)


@primitive(_squared_rule, inputs=("input", "target"), promote="common", method=False, node_name="MseLossBackward0")
def squared_error(input, target, reduction):
    """(input - target) ** 2, reduced."""
    check_floating("mse_loss", input)
    return lossed(kernel.squared, lambda x, t: np.square(x - t), input, target, reduction)


def _absolute_rule(g, input, target, reduction, needs):
    return _differences(g, input, target, reduction, needs, kernel.absolute, lambda x, t: sign(x - t))  # 0 at nan, too


@primitive(_absolute_rule, inputs=("input", "target"), promote="common", method=False, node_name="L1LossBackward0")
def absolute_error(input, target, reduction):
    """abs(input - target), reduced."""
    return lossed(kernel.absolute, lambda x, t: np.abs(x - t), input, target, reduction)


def _huber_rule(g, input, target, reduction, delta, over, needs):
    return _differences(g, input, target, reduction, needs, kernel.huber,
                        lambda x, t: np.clip(x - t, -delta, delta) / over, delta, over)


@primitive(_huber_rule, inputs=("input", "target"), promote="common", method=False, node_name="HuberLossBackward0")
def huber_error(input, target, reduction, delta, over=1.0):
    """(d ** 2 / 2 where |d| < delta, else delta * (|d| - delta / 2)) / over, for d = input - target; reduced."""
    check_floating("huber_loss", input)

    def in_numpy(x, t):
        d = x - t
        inside = np.clip(d, -delta, delta)
        return inside * (d - 0.5 * inside) / over
    return lossed(kernel.huber, in_numpy, input, target, reduction, delta, over)


# --- likelihoods ------------------------------------------------------------------------------------------


@primitive(
    vjp={"input": lambda g, input, target, reduction: sloped(
            kernel.poisson, lambda x, t: np.exp(x) - t, g, input, target, reduction),
         "target": lambda g, input, reduction: -input * share(g, reduction, input.shape)},
    promote="common", method=False, node_name="PoissonNllLossBackward0",
)
def poisson_error(input, target, reduction):
    """exp(input) - target * input, reduced."""
    return lossed(kernel.poisson, lambda x, t: np.exp(x) - t * x, input, target, reduction)


@primitive(
    vjp={"input": lambda g, input, target, reduction: sloped(
            kernel.divergence, lambda x, t: -t, g, input, target, reduction),
         # t / t is 1, and NaN at 0, where the derivative of t * log(t) is none.
         "target": lambda g, input, target, reduction: (
             np.log(np.where(target == 0, 1, target)) + target / target - input) * share(g, reduction, input.shape)},
    promote="common", method=False, node_name="KlDivBackward0",
)
def divergence_error(input, target, reduction):
    """target * (log(target) - input), where 0 * log(0) is 0; reduced."""
    return lossed(kernel.divergence, lambda x, t: np.where(t == 0, 0, t * np.log(np.where(t == 0, 1, t))) - t * x,
                  input, target, reduction)


# --- margins ----------------------------------------------------------------------------------------------


def _soft_margin_slope(x, t):
    return -t * sigmoid(-(t * x))


@primitive(
    vjp={"input": lambda g, input, target, reduction: sloped(
            kernel.soft_margin, _soft_margin_slope, g, input, target, reduction),
         "target": lambda g, input, target, reduction: _soft_margin_slope(target, input) * share(
             g, reduction, input.shape)},
    promote="common", method=False, node_name="SoftMarginLossBackward0",
)
def soft_margin_error(input, target, reduction):
    """log(1 + exp(-target * input)), reduced."""
    return lossed(kernel.soft_margin, lambda x, t: np.logaddexp(0, -t * x), input, target, reduction)


def _hinge_rule(g, input, target, reduction, margin):
    found = _compiled_slopes(kernel.hinge, g, input, target, reduction, margin)
    if found is not None:
        return found
    each = share(g, reduction, input.shape)
    return each * (target != -1) - each * ((target != 1) & (margin - input >= 0))


@primitive(
    vjp={"input": _hinge_rule},
    inputs=("input", "target"), promote="common", method=False, node_name="HingeEmbeddingLossBackward0",
)
def hinge_error(input, target, reduction, margin):
    """(max(0, margin - input) where target is not 1) + (input where target is not -1), reduced."""
    return lossed(kernel.hinge, lambda x, t: np.where(t != 1, np.maximum(margin - x, 0), 0) + np.where(t != -1, x, 0),
                  input, target, reduction, margin)
