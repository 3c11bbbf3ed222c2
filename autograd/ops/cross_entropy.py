"""Losses of class scores: cross-entropy and negative log-likelihood."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..errors import NonDifferentiableError, fail
from ..kernels import softmax as kernel
from ..kernels.norm import wide as as_wide
from ..primitive import composite, primitive
from .before_loss import warn_of
from .linear import linear
from .reduction import check_tensors, chosen_reduction, reduce_loss
from .softmax import log_softmax

_TWICE = "and the loss applies log_softmax itself: give it the scores (logits), without softmax"
_LOGARITHMS = "and the loss takes log-probabilities: use log_softmax, or cross_entropy on the scores"

_INT64 = np.dtype("int64")
_UNSIGNED = {1: np.dtype(np.uint8), 8: np.dtype(np.uint64)}

# --- picking the score of the target class -----------------------------------------------------------------


def _check_target(target: Any, classes: int, ignore_index: int) -> Any:
    """Which elements of ``target`` count, or None for all; raises where one is no class."""
    if target.dtype is not _INT64 and (
            target.dtype.kind not in "iu" or target.dtype.itemsize not in (1, 8) or target.dtype == np.int8):
        fail(RuntimeError, f"expected target dtype to be Long or Byte, but got {target.dtype}; class indices are "
                           "integers, convert with .long() (class probabilities have the shape of the input)")
    if target.size == 0:
        return None
    if not 0 <= ignore_index < classes:
        # As an unsigned number a negative one is greater than any class: one pass finds both kinds of mistakes.
        if int(np.maximum.reduce(target.view(_UNSIGNED[target.itemsize]), None)) < classes:
            return None
    low, high = int(target.min()), int(target.max())
    if low >= 0 and high < classes and not low <= ignore_index <= high:
        return None
    counts = target != ignore_index
    wrong = target[counts & ((target < 0) | (target >= classes))]
    if wrong.size:
        fix = f"the scores need {high + 1} columns, one for each class"
        if low == 1 and high == classes:
            fix = "the labels seem to count from 1: subtract 1"
        elif low < 0:
            fix = f"give labels that do not count the value of ignore_index={ignore_index}"
        fail(IndexError, f"Target {wrong[0]} is out of bounds. Classes are 0 to {classes - 1}; {fix}")
    return counts


def _target_weights(input: Any, target: Any, weight: Any, ignore_index: int) -> tuple[Any, Any]:
    """(targets with ignored ones replaced by class 0, the weight of each: 0 where ignored, None where all are 1)."""
    classes = input.shape[1]
    counts = _check_target(target, classes, ignore_index)
    if weight is not None:
        if weight.shape != (classes,):
            fail(RuntimeError, f"weight tensor should be defined either for all {classes} classes or no classes but "
                               f"got weight tensor of shape: {list(weight.shape)}")
        if weight.dtype != input.dtype:
            fail(RuntimeError, f"expected weight of dtype {input.dtype} but found {weight.dtype}; convert one of them")
    if counts is None:
        return target, None if weight is None else weight[target]
    target = np.where(counts, target, 0)
    return target, counts.astype(input.dtype) if weight is None else weight[target] * counts


def _scaled(each: Any, target: Any, dtype: Any, reduction: str) -> tuple[Any, Any]:
    """(the weight of each target in the reduced loss, their total in a mean)."""
    if each is None:
        total = float(target.size) if reduction == "mean" else 1.0
        return _equal(target.shape, 1 / total if total else 0, dtype), total
    total = float(each.sum()) if reduction == "mean" else 1.0
    return each / total if total else each, total


@functools.lru_cache(8)
def _equal(shape: tuple[int, ...], value: float, dtype: Any) -> Any:
    """An array of equal elements: the same for each batch of a size."""
    made = np.full(shape, value, dtype)
    made.flags.writeable = False
    return made


@primitive(
    vjp={"input": lambda g, target, input_shape: scatter_class(g, target, input_shape[1])},
    inputs=("input", "target"), method=False,
)
def pick_class(input, target):
    """input[n, target[n, ...], ...] of (N, C, ...) scores at (N, ...) class indices."""
    if input.ndim == 2:
        return input[np.arange(len(target)), target]
    return np.take_along_axis(input, target[:, None].astype(np.int64), 1)[:, 0]


@primitive(vjp={"grad": lambda g, target: pick_class(g, target)}, inputs=("grad", "target"), method=False)
def scatter_class(grad, target, classes):
    """Zeros of (N, C, ...) with ``grad`` at the target class: the gradient of `pick_class`."""
    out = np.zeros((len(grad), classes, *grad.shape[1:]), grad.dtype)
    if grad.ndim == 1:
        out[np.arange(len(target)), target] = grad
    else:
        np.put_along_axis(out, target[:, None].astype(np.int64), grad[:, None], 1)
    return out


@primitive(
    vjp={"input": lambda g, input_shape, classes, scale: scatter_class(g * scale, classes, input_shape[1])},
    inputs=("input", "target", "weight"), aux=("classes", "scale"), method=False, node_name="NllLossBackward0",
)
def nll_loss_batch(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """`nll_loss` of (N, C, ...) scores and (N, ...) targets."""
    if input.dtype.kind != "f":
        fail(NotImplementedError, f"\"nll_loss\" not implemented for {input.dtype}; convert to a floating type")
    classes, each = _target_weights(input, target, weight, ignore_index)
    scale, total = _scaled(each, classes, input.dtype, reduction)
    losses = pick_class.op.forward(input, classes) * -scale
    if each is not None:  # an ignored element counts nothing even where it is infinite
        losses = np.where(each == 0, 0, losses)
    if reduction == "none":
        return losses, classes, -scale
    return losses.sum() if total else np.array(np.nan, input.dtype), classes, -scale


def _cross_entropy_rule(g, out_1, classes, scale, column, rest):
    g_loss, g_slope = g
    slope = out_1
    result = None if g_loss is None else g_loss.reshape(-1, 1) * slope
    if g_slope is not None:
        # The slope is (column * softmax) - (scale * onehot) - rest; so this is the softmax and its derivative.
        column = (scale if column is None else column).reshape(-1, 1)
        divisor = column + (column == 0)
        onehot = scatter_class(scale - scale + 1, classes, slope.shape[1])
        if rest is None:
            p = slope / divisor + onehot
        else:
            p = (slope + rest + onehot * scale.reshape(-1, 1)) / divisor
        q = p * (g_slope * column)
        second = q - p * q.sum(1).reshape(-1, 1)
        result = second if result is None else result + second
    return result


@primitive(
    vjp={"input": _cross_entropy_rule}, inputs=("input", "target", "weight"),
    aux=("classes", "scale", "column", "rest"), outputs=2, method=False, node_name="CrossEntropyLossBackward0",
)
def cross_entropy_batch(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """`cross_entropy` of (N, C) scores and (N) targets, and its derivative by the scores."""
    wide = as_wide(input)
    if input.dtype.kind != "f":
        fail(NotImplementedError, f"\"cross_entropy\" not implemented for {input.dtype}; convert to a floating type")
    classes, each = _target_weights(input, target, weight, ignore_index)
    scale, total = _scaled(each, classes, wide.dtype, reduction)
    column = rest = None
    if label_smoothing == 0:
        losses, slope = kernel.cross_entropy(wide, classes, scale)
    else:
        each = None if each is None else target != ignore_index
        shares = np.full(len(target), label_smoothing / max(1, wide.shape[1]), wide.dtype)
        if reduction == "mean" and total:
            shares /= wide.dtype.type(total)
        if each is not None:
            shares *= each
        weights = np.ones(wide.shape[1], wide.dtype) if weight is None else as_wide(weight)
        scale = (scale * wide.dtype.type(1 - label_smoothing)).astype(wide.dtype, copy=False)
        losses, slope = kernel.smoothed_cross_entropy(wide, classes, scale, shares, weights)
        column, rest = scale + shares * weights.sum(), shares.reshape(-1, 1) * weights
    if each is not None:
        losses = np.where(each == 0, 0, losses)
    if reduction != "none":
        losses = np.add.reduce(losses) if total else np.array(np.nan, losses.dtype)
    if wide is not input:
        losses, slope = losses.astype(input.dtype), slope.astype(input.dtype)
    return [losses, slope], classes, scale, column, rest


# --- what users call --------------------------------------------------------------------------------------


def _check_shapes(input: Any, target: Any) -> None:
    scores, classes = input._a, target._a
    if scores.ndim == 2 and classes.ndim == 1 and len(scores) == len(classes) and scores.dtype.kind == "f":
        return
    if not input.is_floating_point() and target.is_floating_point():
        fail(NotImplementedError, f"\"log_softmax\" not implemented for {input.dtype}: the scores are floating and the "
                                  "classes integers; are input and target in the wrong order?")
    if input.ndim == 0:
        fail(ValueError, "Expected 1 or more dimensions (got 0); scores are (C) or (N, C, ...)")
    if input.ndim == 1:
        if target.ndim == 1 and target.shape[0] != 1:
            fail(ValueError, f"For 1D input, 1D target must have size 1, but got target size: {target.shape[0]}")
        if target.ndim > 1:
            fail(RuntimeError, "0D or 1D target tensor expected, multi-target not supported")
        return
    n = target.shape[0] if target.ndim else 0
    if input.shape[0] != n:
        fail(ValueError, f"Expected input batch_size ({input.shape[0]}) to match target batch_size ({n}).")
    if input.ndim == 2 and target.ndim != 1:
        fix = "use target.squeeze(1)" if tuple(target.shape[1:]) == (1,) else (
            "targets are class indices (N), or class probabilities of the shape of the input")
        fail(RuntimeError, f"0D or 1D target tensor expected, multi-target not supported; {fix}")
    if tuple(target.shape[1:]) != tuple(input.shape[2:]):
        fail(RuntimeError, f"Expected target size {[input.shape[0], *input.shape[2:]]}, got {list(target.shape)}"
                           f"{_shape_hint(tuple(input.shape), tuple(target.shape))}")


def _shape_hint(input: tuple[int, ...], target: tuple[int, ...]) -> str:
    """The likely fix for scores of more than two dimensions, as the end of a message."""
    if target[1:2] == (1,) and (target[0], *target[2:]) == (input[0], *input[2:]):
        return "; use target.squeeze(1)"
    if target == input[:-1]:
        return (f"; the classes must be the second dimension: use input.movedim(-1, 1), or input.flatten(0, "
                f"{len(input) - 2}) and target.flatten()")
    return ""


def _check_weight(weight: Any, name: str) -> None:
    if weight is not None and weight.requires_grad:
        fail(NonDifferentiableError, f"The function {name!r} is not differentiable with respect to argument 'weight'. "
                                     "This input cannot have requires_grad True.")


@composite(method=False)
def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    """Negative log-likelihood ``-weight[target] * input[target]`` of log-probabilities.

    Args:
        input: log-probabilities (N, C, ...), or (C).
        target: class indices (N, ...), or ().
        weight: (C), of each class; the mean divides by the sum of the weights of the targets.
        ignore_index: targets of this value do not count.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        IndexError: a target is not a class.
        ValueError, RuntimeError: shapes or dtypes do not fit.

    >>> import autograd
    >>> from nn.functional import nll_loss
    >>> nll_loss(autograd.tensor([[-0.5, -1.], [-2., -0.1]]), autograd.tensor([0, 1]))
    tensor(0.3000)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_tensors("nll_loss", input=input, target=target)
    _check_shapes(input, target)
    warn_of("softmax", "nll_loss", input, min(1, input.ndim - 1), _LOGARITHMS)
    _check_weight(weight, "nll_loss")
    if input.ndim == 1:
        loss = nll_loss_batch(input.reshape(1, -1), target.reshape(1), weight, ignore_index, reduction)
        return loss.reshape(())
    return nll_loss_batch(input, target, weight, ignore_index, reduction)


@composite(method=False)
def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean",
                  label_smoothing=0.0):
    """Cross-entropy ``-sum_c q[c] * log_softmax(input)[c]`` between scores and a target distribution ``q``.

    Args:
        input: scores (logits) (N, C, ...), or (C).
        target: class indices (N, ...), or (): ``q`` is 1 at the target; or probabilities of the shape of ``input``.
        weight: (C), multiplies the terms of each class; for indices the mean divides by the weights of the targets.
        ignore_index: targets of this index do not count.
        reduction: ``"mean"`` (over targets), ``"sum"`` or ``"none"``.
        label_smoothing: mix ``q`` with this much of the uniform distribution (Szegedy et al., Rethinking the Inception
            architecture, 2016).

    Raises:
        IndexError: a target is not a class.
        ValueError, RuntimeError: shapes or dtypes do not fit.

    >>> import autograd
    >>> from nn.functional import cross_entropy
    >>> cross_entropy(autograd.tensor([[2., 0.], [0., 2.]]), autograd.tensor([0, 0]))
    tensor(1.1269)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_tensors("cross_entropy_loss", input=input, target=target)
    if not 0 <= label_smoothing <= 1:
        fail(RuntimeError, f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    warn_of("softmax", "cross_entropy", input, 0 if input._a.ndim < 2 else 1, _TWICE)
    if input._a.shape == target._a.shape:
        return _cross_entropy_of_distributions(input, target, weight, ignore_index, reduction, label_smoothing)
    _check_shapes(input, target)
    _check_weight(weight, "cross_entropy")
    if input._a.ndim == 2:
        return cross_entropy_batch(input, target, weight, ignore_index, reduction, label_smoothing)[0]
    scores = log_softmax(input, 0 if input.ndim == 1 else 1)
    loss = nll_loss(scores, target, weight, ignore_index=ignore_index, reduction=reduction)
    if label_smoothing == 0:
        return loss
    uniform = _uniform_loss(scores, target, weight, ignore_index, reduction)
    return (1 - label_smoothing) * loss + label_smoothing * uniform


def _uniform_loss(scores: Any, target: Any, weight: Any, ignore_index: int, reduction: str) -> Any:
    """The loss against the uniform distribution, where the target counts."""
    classes = 0 if scores.ndim == 1 else 1
    total = max(1, scores.shape[classes])
    if weight is not None:
        scores = scores * _along(weight, classes, scores.ndim)
    loss = -scores.sum(classes) / total
    counts = target != ignore_index
    loss = loss.where(counts.reshape(loss.shape), 0.0)
    if reduction == "mean":
        each = counts.to(loss.dtype) if weight is None else weight[target.where(counts, 0).long()] * counts
        return loss.sum() / each.sum()
    return reduce_loss(loss, reduction)


def _along(weight: Any, dim: int, ndim: int) -> Any:
    return weight.reshape((-1,) + (1,) * (ndim - 1 - dim))


def _cross_entropy_of_distributions(input: Any, target: Any, weight: Any, ignore_index: int, reduction: str,
                                    label_smoothing: float) -> Any:
    if not target.is_floating_point():
        fail(RuntimeError, f"Expected floating point type for target with class probabilities, got {target.dtype}; "
                           "convert a one-hot target with .float(), or take the class indices with .argmax(1)")
    if ignore_index >= 0:
        fail(RuntimeError, "ignore_index is not supported for floating point target")
    dim = 0 if input.ndim == 1 else 1
    classes = max(1, input.shape[dim])
    if weight is not None and tuple(weight.shape) != (input.shape[dim],):
        fail(RuntimeError, f"cross_entropy: weight tensor should be defined either for all {classes} classes or no "
                           f"classes but got weight tensor of shape: {list(weight.shape)}")
    if label_smoothing > 0:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    products = log_softmax(input, dim) * target
    if weight is not None:
        products = products * _along(weight, dim, input.ndim)
    if reduction == "none":
        return -products.sum(dim)
    total = -products.sum()
    return total / (input.numel() // classes) if reduction == "mean" else total


@composite(method=False)
def linear_cross_entropy(input, linear_weight, target, *, linear_bias=None, weight=None, reduction="mean",
                         ignore_index=None, label_smoothing=0.0, options=None):
    """`cross_entropy` of the scores ``input @ linear_weight.T + linear_bias``.

    Args:
        input: (N, K), or (K).
        linear_weight: (C, K), or (C, ..., K) for several predictions for each sample.
        target, weight, reduction, ignore_index, label_smoothing: as in `cross_entropy`.
        linear_bias: (C), or (C, ...).
        options: accepted; in PyTorch they choose how the computation is cut into pieces.

    Raises:
        RuntimeError: shapes do not fit.

    >>> import autograd
    >>> from nn.functional import linear_cross_entropy
    >>> linear_cross_entropy(autograd.tensor([[1.]]), autograd.tensor([[2.], [0.]]), autograd.tensor([0]))
    tensor(0.1269)
    """
    if input.ndim not in (1, 2):
        fail(RuntimeError, f"expected input with dimensionality 1 or 2, got {input.ndim}")
    if linear_weight.ndim < 2:
        fail(RuntimeError, f"expected linear_weight with dimensionality at least 2, got {linear_weight.ndim}")
    *classes, features = linear_weight.shape
    if input.shape[-1] != features:
        fail(RuntimeError, "expected equal input and linear_weight last dimensions (in_features), got "
                           f"{input.shape[-1]} and {features}, respectively")
    if len(classes) > 1 and input.ndim == 1:
        fail(RuntimeError, f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} requires "
                           f"batched input, (N, {features}), got unbatched input with shape {tuple(input.shape)}")
    if linear_bias is not None:
        if list(linear_bias.shape) != classes:
            fail(RuntimeError, f"expected linear_bias shape {tuple(classes)}, got {tuple(linear_bias.shape)}")
        linear_bias = linear_bias.reshape(-1)
    scores = linear(input, linear_weight.reshape(-1, features), linear_bias).reshape(*input.shape[:-1], *classes)
    if target.shape == scores.shape and ignore_index is not None:
        fail(RuntimeError, "ignore_index cannot be specified when target contains probabilities")
    return cross_entropy(scores, target, weight, ignore_index=-100 if ignore_index is None else ignore_index,
                         reduction=reduction, label_smoothing=label_smoothing)
