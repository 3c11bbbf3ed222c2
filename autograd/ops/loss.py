"""Losses of numbers and distributions: squared, absolute, Huber, divergence, likelihoods.

A loss is a function of each element and one reduction. The common ones are single operations: their rule is the
derivative of the element's loss, times the share of the gradient that the reduction gives each element.
"""

from __future__ import annotations

from math import log, pi
from typing import Any

import numpy as np

from ..dispatch import is_tensor
from ..errors import fail, warn
from ..filled import ones
from ..kernels import losses as compiled
from ..kernels.norm import wide
from ..primitive import composite, primitive
from .before_loss import column_hint, warn_of
from .reduction import (
    check_floating,
    check_reduction,
    check_tensors,
    chosen_reduction,
    computed_losses,
    computed_slopes,
    reduce_loss,
    reduced,
    share,
)
from .shape import broadcast_tensors


def _mse_slope(g, input, target, reduction):
    found = computed_slopes(compiled.squared_slope, g * 2, input, target, reduction)
    if found is not None:
        return found
    return (input - target) * share(g * 2, reduction, input.shape)


@primitive(
    vjp={"input": lambda g, input, target, reduction: _mse_slope(g, input, target, reduction),
         "target": lambda g, input, target, reduction: _mse_slope(g, target, input, reduction)},
    promote="common", method=False, node_name="MseLossBackward0",
)
def squared_error(input, target, reduction):
    """(input - target) ** 2, reduced."""
    check_floating("mse_loss", input)
    x, t = wide(input), wide(target)
    d = computed_losses(compiled.squared, x, t)
    if d is None:
        d = x - t
        d *= d
    return reduced(d, reduction, input.dtype)


def _huber_slope(g, input, target, reduction, delta):
    found = computed_slopes(compiled.huber_slope, g, input, target, reduction, delta)
    if found is not None:
        return found
    return np.clip(input - target, -delta, delta) * share(g, reduction, input.shape)


@primitive(
    vjp={"input": lambda g, input, target, reduction, delta: _huber_slope(g, input, target, reduction, delta),
         "target": lambda g, input, target, reduction, delta: _huber_slope(g, target, input, reduction, delta)},
    promote="common", method=False, node_name="HuberLossBackward0",
)
def huber_error(input, target, reduction, delta):
    """d ** 2 / 2 where |d| < delta, else delta * (|d| - delta / 2), for d = input - target; reduced."""
    check_floating("huber_loss", input)
    x, t = wide(input), wide(target)
    losses = computed_losses(compiled.huber, x, t, delta)
    if losses is None:
        d = x - t
        inside = np.clip(d, -delta, delta)
        losses = inside * (d - 0.5 * inside)
    return reduced(losses, reduction, input.dtype)


# --- what users call --------------------------------------------------------------------------------------


def _matched(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """The two in one shape; a warning where they differ, because it is nearly always a mistake."""
    check_tensors(name, input=input, target=target)
    if input._a.shape == target._a.shape:
        return input, target
    warn(f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will likely "
         "lead to incorrect results due to broadcasting. Please ensure they have the same size."
         + column_hint(input, target))
    return broadcast_tensors(input, target)


def _weighted(losses: Any, weight: Any, shape: Any, reduction: str, by_weight: bool) -> Any:
    """The reduction of losses times weights; the mean divides by the sum of the weights where ``by_weight``."""
    if tuple(weight.shape) != tuple(shape):
        fail(ValueError, "Weights and input must have the same size.")
    if reduction == "mean" and by_weight:
        return (losses * weight).sum() / weight.sum()
    return reduce_loss(losses * weight, reduction)


@composite(method=False)
def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Squared error ``(input - target) ** 2``.

    Args:
        input, target: of the same shape; others broadcast, with a warning.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        weight: of the input's shape; the mean then divides by its sum.

    >>> import autograd
    >>> from nn.functional import mse_loss
    >>> mse_loss(autograd.tensor([1., 2.]), autograd.tensor([1., 4.]))
    tensor(2.)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    shape = getattr(input, "shape", None)
    input, target = _matched("mse_loss", input, target)
    if weight is not None:
        return _weighted(squared_error(input, target, "none"), weight, shape, reduction, True)
    return squared_error(input, target, reduction)


@composite(method=False)
def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Absolute error ``|input - target|``; the arguments of `mse_loss`.

    >>> import autograd
    >>> from nn.functional import l1_loss
    >>> l1_loss(autograd.tensor([1., 2.]), autograd.tensor([1., 4.]))
    tensor(1.)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    shape = getattr(input, "shape", None)
    input, target = _matched("l1_loss", input, target)
    losses = (input - target).abs()
    return reduce_loss(losses, reduction) if weight is None else _weighted(losses, weight, shape, reduction, True)


@composite(method=False)
def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """``d ** 2 / (2 * beta)`` where ``|d| < beta``, else ``|d| - beta / 2``, for ``d = input - target`` (Girshick, Fast
    R-CNN, 2015).

    Raises:
        RuntimeError: ``beta`` is negative.

    >>> import autograd
    >>> from nn.functional import smooth_l1_loss
    >>> smooth_l1_loss(autograd.tensor([0., 3.]), autograd.tensor([1., 0.]), reduction="none")
    tensor([0.5000, 2.5000])
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if beta < 0:
        fail(RuntimeError, "smooth_l1_loss does not support negative values for beta.")
    input, target = _matched("smooth_l1_loss", input, target)
    if beta == 0:
        return reduce_loss((input - target).abs(), reduction)
    losses = huber_error(input, target, reduction, beta)
    return losses if beta == 1 else losses / beta


@composite(method=False)
def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """``d ** 2 / 2`` where ``|d| < delta``, else ``delta * (|d| - delta / 2)``, for ``d = input - target`` (Huber,
    1964).

    Raises:
        RuntimeError: ``delta`` is not positive.

    >>> import autograd
    >>> from nn.functional import huber_loss
    >>> huber_loss(autograd.tensor([0., 3.]), autograd.tensor([1., 0.]), reduction="none")
    tensor([0.5000, 2.5000])
    """
    check_reduction(reduction)
    if delta <= 0:
        fail(RuntimeError, "huber_loss does not support non-positive values for delta.")
    shape = getattr(input, "shape", None)
    input, target = _matched("huber_loss", input, target)
    if weight is not None:
        return _weighted(huber_error(input, target, "none", delta), weight, shape, reduction, False)
    return huber_error(input, target, reduction, delta)


@composite(method=False)
def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """Terms ``target * (log(target) - input)`` of the Kullback-Leibler divergence.

    Args:
        input: log-probabilities.
        target: probabilities; or log-probabilities, where ``log_target``.
        reduction: ``"batchmean"`` divides the sum by the batch size, which gives the divergence; ``"mean"`` divides by
            the number of elements.

    >>> import autograd
    >>> from nn.functional import kl_div
    >>> kl_div(autograd.tensor([[0.5, 0.5]]).log(), autograd.tensor([[1., 0.]]), reduction="batchmean")
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = chosen_reduction(size_average, reduce, reduction)
    elif reduction == "mean":
        warn("reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides "
             "only by the batch size, and aligns with the KL div math definition.")
    warn_of("softmax", "kl_div", input, None, "and the loss takes log-probabilities: use log_softmax")
    losses = target.exp() * (target - input) if log_target else target.xlogy(target) - target * input
    if reduction == "batchmean":
        return losses.sum() / input.shape[0] if input.ndim else losses.sum()
    return reduce_loss(losses, reduction)


@composite(method=False)
def poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-08, reduce=None,
                     reduction="mean"):
    """Negative log-likelihood of counts, ``exp(input) - target * input``.

    Args:
        input: logarithm of the rate; or the rate, where not ``log_input``.
        target: counts.
        full: add Stirling's approximation of ``log(target!)`` for counts above 1.
        eps: added to the rate inside its logarithm.

    >>> import autograd
    >>> from nn.functional import poisson_nll_loss
    >>> poisson_nll_loss(autograd.tensor([0., 0.]), autograd.tensor([1., 2.]))
    tensor(1.)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (target * (2 * pi)).log()
        losses = losses + stirling.where(target > 1, 0.0)
    return reduce_loss(losses, reduction)


@composite(method=False)
def gaussian_nll_loss(input, target, var, full=False, eps=1e-06, reduction="mean"):
    """Negative log-likelihood of normal variables, ``(log(var) + (input - target) ** 2 / var) / 2``.

    Args:
        input: means.
        target: values.
        var: variances: a number, or of the input's shape, where the last dimension may be 1 or missing.
        full: add the constant ``log(2 * pi) / 2``.
        eps: variances are at least this; the limit does not change the derivative.

    Raises:
        ValueError: a variance is negative, or the shapes do not fit.

    >>> import autograd
    >>> from nn.functional import gaussian_nll_loss
    >>> gaussian_nll_loss(autograd.tensor([1.]), autograd.tensor([3.]), 4.)
    tensor(1.1931)
    """
    if not is_tensor(var):
        var = ones(tuple(input.shape), dtype=input.dtype) * var
    if (var < 0).any():
        fail(ValueError, "var has negative entry/entries")
    if var.shape != input.shape:
        if tuple(input.shape[:-1]) == tuple(var.shape):
            var = var.unsqueeze(-1)
        elif input.ndim != var.ndim or sum(n for m, n in zip(input.shape, var.shape, strict=True) if m != n) != 1:
            fail(ValueError, "var is of incorrect size")
    check_reduction(reduction)
    fixed = var.detach()
    var = var + (fixed.clamp_min(eps) - fixed)
    losses = 0.5 * (var.log() + (input - target) ** 2 / var)
    return reduce_loss(losses + 0.5 * log(2 * pi) if full else losses, reduction)
