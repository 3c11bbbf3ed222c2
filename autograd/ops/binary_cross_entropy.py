"""Binary cross-entropy, of probabilities and of scores."""

from __future__ import annotations

import numpy as np

from ..errors import fail
from ..kernels import losses as compiled
from ..primitive import composite, primitive
from .activation import logsigmoid, sigmoid
from .before_loss import column_hint, warn_of
from .elementwise import logistic_denominator
from .pair_loss import lossed, sloped
from .reduction import check_floating, check_tensors, chosen_reduction, reduce_loss, share

_ZERO = np.zeros((), np.float32)  # half the time of a Python number


def _bce_input(g, input, target, reduction):
    return sloped(compiled.bernoulli, lambda x, t: (x - t) / np.maximum((1 - x) * x, 1e-12), g, input, target,
                  reduction)


@primitive(
    vjp={"input": _bce_input,
         "target": lambda g, input, reduction: (np.log(1 - input) - np.log(input)) * share(g, reduction, input.shape)},
    inputs=("input", "target"), method=False, node_name="BinaryCrossEntropyBackward0",
)
def bernoulli_error(input, target, reduction):
    """-(target * log(input) + (1 - target) * log(1 - input)), with logarithms of at least -100; reduced."""
    check_floating("binary_cross_entropy", input)
    if input.size and not (input.min() >= 0 and input.max() <= 1):
        fail(RuntimeError, "all elements of input should be between 0 and 1; put a sigmoid before, or use "
                           "binary_cross_entropy_with_logits")
    if target.dtype != input.dtype:
        fail(RuntimeError, f"Found dtype {target.dtype} but expected {input.dtype}; convert the target, with "
                           "target.to(input.dtype)")
    if target.size and not (target.min() >= 0 and target.max() <= 1):
        fail(RuntimeError, "all elements of target should be between 0 and 1")
    return lossed(compiled.bernoulli, _bernoulli_losses, input, target, reduction)


def _bernoulli_losses(x, t):
    yes, no = np.maximum(np.log(x), -100), np.maximum(np.log1p(-x), -100)
    return (t - 1) * no - t * yes


def _logistic_curvature(g, input):
    p = sigmoid(input)
    return g * ((1 - p) * p)


@primitive(vjp={"input": _logistic_curvature, "target": lambda g: -g}, method=False)
def logistic_slope(input, target):
    """The derivative of `logistic_error` by each score: ``sigmoid(input) - target``."""
    out = logistic_denominator(input)
    np.reciprocal(out, out)
    return np.subtract(out, target, out)


def _logistic_rule(g, input, target, reduction):
    return sloped(compiled.logistic, logistic_slope, g, input, target, reduction)


@primitive(
    vjp={"input": _logistic_rule,
         "target": lambda g, input, reduction: -input * share(g, reduction, input.shape)},
    promote="common", method=False, node_name="BinaryCrossEntropyWithLogitsBackward0",
)
def logistic_error(input, target, reduction):
    """log(1 + exp(-input)) + (1 - target) * input, reduced."""
    check_floating("binary_cross_entropy_with_logits", input)
    return lossed(compiled.logistic, _logistic_losses, input, target, reduction)


def _logistic_losses(x, t):
    losses = np.maximum(np.negative(x), _ZERO)  # what cancels comes first, what may be small last
    losses += (1 - t) * x
    losses += np.log1p(np.exp(np.negative(np.abs(x))))
    return losses


# --- what users call --------------------------------------------------------------------------------------


@composite(method=False)
def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """``-(target * log(input) + (1 - target) * log(1 - input))`` of probabilities; the logarithms are at least -100.

    Args:
        input, target: in [0, 1], of the same shape.
        weight: multiplies the losses, with broadcasting.

    Raises:
        RuntimeError: an input is no probability.
        ValueError: the shapes differ.

    >>> import autograd
    >>> from nn.functional import binary_cross_entropy
    >>> binary_cross_entropy(autograd.tensor([0.5, 0.25]), autograd.tensor([1., 0.]), reduction="none")
    tensor([0.6931, 0.2877])
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_tensors("binary_cross_entropy", input=input, target=target)
    if input.shape != target.shape:
        fail(ValueError, f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is "
                         f"deprecated. Please ensure they have the same size.{column_hint(input, target)}")
    if weight is not None:
        return reduce_loss(bernoulli_error(input, target, "none") * weight, reduction)
    return bernoulli_error(input, target, reduction)


@composite(method=False)
def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None, reduction="mean",
                                     pos_weight=None):
    """Binary cross-entropy of ``sigmoid(input)``, without overflow or cancellation.

    Args:
        input: scores.
        target: in [0, 1], of the same shape.
        weight: multiplies the losses, with broadcasting.
        pos_weight: multiplies the part of the positive class, with broadcasting.

    Raises:
        ValueError: the shapes differ.

    The losses are of the target's dtype.

    >>> import autograd
    >>> from nn.functional import binary_cross_entropy_with_logits
    >>> binary_cross_entropy_with_logits(autograd.tensor([0., 1000.]), autograd.tensor([1., 1.]), reduction="none")
    tensor([0.6931, 0.0000])
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_tensors("binary_cross_entropy_with_logits", input=input, target=target)
    if input._a.shape != target._a.shape:
        fail(ValueError, f"Target size ({target.shape}) must be the same as input size ({input.shape})."
                         f"{column_hint(input, target)}")
    warn_of("sigmoid", "binary_cross_entropy_with_logits", input, None, "and the loss applies sigmoid itself: give it "
            "the scores, or use binary_cross_entropy")
    if not target.is_floating_point():
        fail(RuntimeError, f"result type {input.dtype} can't be cast to the desired output type {target.dtype}: the "
                           "target must be of a floating type; convert it with .float()")
    same = input._a.dtype == target._a.dtype
    if weight is None and pos_weight is None and same:
        return logistic_error(input, target, reduction)
    if pos_weight is None:
        losses = logistic_error(input, target, "none")
    else:
        losses = (1 - target) * input - ((pos_weight - 1) * target + 1) * logsigmoid(input)
    if weight is not None:
        losses = losses * weight
    # PyTorch starts from (1 - target) and goes on in place.
    return reduce_loss(losses if same else losses.to(target.dtype), reduction)
