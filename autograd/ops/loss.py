"""Losses of numbers and distributions: squared, absolute, Huber, divergence, likelihoods.

A loss is a function of each element and one reduction. The common ones are single operations (see `pair_loss`).
"""

from __future__ import annotations

from math import log, pi
from typing import Any

from ..dispatch import is_tensor
from ..errors import fail, warn
from ..filled import ones
from ..primitive import composite
from .before_loss import column_hint, warn_of
from .pair_loss import absolute_error, alike, divergence_error, huber_error, poisson_error, squared_error
from .reduction import check_reduction, check_tensors, chosen_reduction, reduce_loss
from .shape import broadcast_tensors

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
    shape = None if weight is None else getattr(input, "shape", None)
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
    shape = None if weight is None else getattr(input, "shape", None)
    input, target = _matched("l1_loss", input, target)
    if weight is None and alike(input, target):
        return absolute_error(input, target, reduction)
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
    return huber_error(input, target, reduction, beta, beta)


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
    shape = None if weight is None else getattr(input, "shape", None)
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
    if not log_target and reduction in ("batchmean", "sum", "mean", "none") and alike(input, target):
        found = divergence_error(input, target, "sum" if reduction == "batchmean" else reduction)
        return found / input.shape[0] if reduction == "batchmean" and input.ndim else found
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
    if log_input and not full and alike(input, target):
        return poisson_error(input, target, reduction)
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
