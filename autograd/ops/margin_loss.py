"""Losses of scores and distances that ask for a margin: ranking, hinge, triplet, multi-class."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import fail
from ..kernels.norm import wide
from ..primitive import composite, primitive
from .activation import logsigmoid
from .extremes import minimum
from .pair_loss import alike, hinge_error, soft_margin_error
from .reduction import check_reduction, check_tensors, chosen_reduction, reduce_loss
from .similarity import pairwise_distance

_INT64 = np.dtype(np.int64)


@composite(method=False)
def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """``max(0, -target * (input1 - input2) + margin)``: input1 should rank higher where target is 1, lower where it is
    -1.

    >>> import autograd
    >>> from nn.functional import margin_ranking_loss
    >>> margin_ranking_loss(autograd.tensor([1., 1.]), autograd.tensor([0., 3.]), autograd.tensor([1., 1.]))
    tensor(1.)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if not input1.ndim == input2.ndim == target.ndim:
        fail(RuntimeError, "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
                           f"{input1.shape}, input2: {input2.shape}, target: {target.shape} ")
    return reduce_loss((-target * (input1 - input2) + float(margin)).clamp_min(0), reduction)


@composite(method=False)
def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    """``input`` where target is 1, ``max(0, margin - input)`` where it is -1.

    >>> import autograd
    >>> from nn.functional import hinge_embedding_loss
    >>> hinge_embedding_loss(autograd.tensor([0.2, 0.2]), autograd.tensor([1., -1.]), reduction="none")
    tensor([0.2000, 0.8000])
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if alike(input, target) and not target.requires_grad:
        return hinge_error(input, target, reduction, margin)
    unlike = (margin - input).clamp_min(0).where(target != 1, 0.0)
    return reduce_loss(unlike + input.where(target != -1, 0.0), reduction)


@composite(method=False)
def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """``log(1 + exp(-target * input))``, for targets 1 and -1.

    >>> import autograd
    >>> from nn.functional import soft_margin_loss
    >>> soft_margin_loss(autograd.tensor([0., 0.]), autograd.tensor([1., -1.]))
    tensor(0.6931)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if alike(input, target):
        return soft_margin_error(input, target, reduction)
    return reduce_loss(-logsigmoid(target * input), reduction)


@composite(method=False)
def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Binary cross-entropy of ``sigmoid(input)``, averaged over the classes (last dimension).

    Args:
        input: scores (..., C).
        target: 0 or 1, likewise.
        weight: of each class, (C).

    >>> import autograd
    >>> from nn.functional import multilabel_soft_margin_loss
    >>> multilabel_soft_margin_loss(autograd.zeros(1, 2), autograd.tensor([[1., 0.]]))
    tensor(0.6931)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    return reduce_loss(losses.sum(-1) / input.shape[-1], reduction)


def _over_rows(x, y):
    return np.einsum("...i,...i->...", wide(x), wide(y)).astype(x.dtype, copy=False)


@primitive(
    vjp={"x": lambda g, y: g.reshape(*g.shape, 1) * y, "y": lambda g, x: g.reshape(*g.shape, 1) * x}, method=False,
    node_name="SumBackward1",
)
def row_products(x, y):
    """The sums of x * y along the last dimension."""
    return _over_rows(x, y)


@primitive(vjp={"x": lambda g, x: (g * 2).reshape(*g.shape, 1) * x}, method=False, node_name="SumBackward1")
def row_squares(x):
    """The sums of x * x along the last dimension."""
    return _over_rows(x, x)


@composite(method=False)
def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """``1 - cos`` where target is 1, ``max(0, cos - margin)`` where it is -1, for the cosine of the vectors' angle.

    Args:
        input1, input2: (N, D), or (D).
        target: (N), or ().

    Raises:
        RuntimeError: the shapes do not fit.

    >>> import autograd
    >>> from nn.functional import cosine_embedding_loss
    >>> x, y = autograd.tensor([[1., 0.]]), autograd.tensor([[0., 1.]])
    >>> cosine_embedding_loss(x, y, autograd.tensor([1]))
    tensor(1.)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if target.ndim > 1:
        fail(RuntimeError, "0D or 1D target tensor expected, multi-target not supported")
    if input1.ndim != target.ndim + 1 or input2.ndim != target.ndim + 1:
        fail(RuntimeError, f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs "
                           f"with sizes {list(input1.shape)} and {list(input2.shape)}.")
    eps = 1e-12
    if alike(input1, input2):
        squares = (row_squares(input1) + eps) * (row_squares(input2) + eps)
        cosine = row_products(input1, input2) / squares.sqrt()
    else:
        squares = ((input1 * input1).sum(-1) + eps) * ((input2 * input2).sum(-1) + eps)
        cosine = (input1 * input2).sum(-1) / squares.sqrt()
    like = (1 - cosine).where(target == 1, 0.0)
    return reduce_loss(like + (cosine - margin).clamp_min(0).where(target == -1, 0.0), reduction)


def _check_scores(name: str, input: Any, target: Any) -> None:
    check_tensors(name, input=input, target=target)
    if input.ndim > 2 or 0 in input.shape[-1:]:
        fail(RuntimeError, "Expected non-empty vector or matrix with optional 0-dim batch size, but got: "
                           f"{list(input.shape)}")
    if target.dtype != _INT64:
        fail(RuntimeError, f"expected scalar type Long but found {target.dtype}; convert with .long()")


@composite(method=False)
def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    """``sum over classes j other than the target y of max(0, margin - input[y] + input[j]) ** p / C``.

    Args:
        input: scores (N, C), or (C).
        target: class indices (N), or ().
        p: 1 or 2.
        weight: (C), of the target's class.

    Raises:
        ValueError, RuntimeError: ``p``, a shape or a target is wrong.

    >>> import autograd
    >>> from nn.functional import multi_margin_loss
    >>> multi_margin_loss(autograd.tensor([[0.5, 1.]]), autograd.tensor([0]))
    tensor(0.7500)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if p not in (1, 2):
        fail(ValueError, "only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        fail(ValueError, "weight must be one-dimensional")
    _check_scores("multi_margin_loss", input, target)
    shape = target.shape
    if input.ndim <= 1:
        input, target = input.reshape(1, input.numel()), target.reshape(target.numel())
    n, classes = input.shape
    if tuple(target.shape) != (n,):
        fail(RuntimeError, "multi_margin_loss: target tensor should be 1-D with size equal to the number of input "
                           f"samples (batch size). Expected target size [{n}], but got {list(target.shape)}.")
    if weight is not None and weight.shape[0] != classes:
        fail(RuntimeError, f"inconsistent weight size, expected {classes} but got {list(weight.shape)}")
    if n and not 0 <= target.min().item() <= target.max().item() < classes:
        fail(RuntimeError, f"target out of range: classes are 0 to {classes - 1}")
    y = target.unsqueeze(1)
    terms = (margin - input.gather(1, y) + input).clamp_min(0)
    terms = (terms * terms if p == 2 else terms).scatter(1, y, 0.0)
    if weight is not None:
        terms = terms * weight[target].unsqueeze(1)
    losses = terms.sum(1) / classes
    return losses.reshape(shape) if reduction == "none" else reduce_loss(losses, reduction)


@primitive(method=False)
def label_table(target):
    """For lists of classes (N, C) that end at the first -1: (which entries count, which classes are targets)."""
    if target.size and not -1 <= target.min() <= target.max() < target.shape[1]:
        fail(RuntimeError, f"argument #2 'target' is out of range: classes are 0 to {target.shape[1] - 1}, and -1 "
                           "ends a list")
    counts = np.cumprod(target >= 0, axis=1).astype(bool)
    table = np.zeros(target.shape, bool)
    rows, places = np.nonzero(counts)
    table[rows, target[rows, places]] = True
    return np.stack([counts, table])


@composite(method=False)
def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """``sum over targets y and other classes j of max(0, 1 - (input[y] - input[j])) / C``.

    Args:
        input: scores (N, C), or (C).
        target: (N, C), or (C): classes, up to the first -1.

    Raises:
        RuntimeError: the shapes differ, or a target is no class.

    >>> import autograd
    >>> from nn.functional import multilabel_margin_loss
    >>> multilabel_margin_loss(autograd.tensor([0.1, 0.2, 0.4, 0.8]), autograd.tensor([3, 0, -1, 1]))
    tensor(0.8500)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    _check_scores("multilabel_margin_loss", input, target)
    if input.shape != target.shape:
        fail(RuntimeError, f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    single = input.ndim <= 1
    if single:
        input, target = input.reshape(1, input.numel()), target.reshape(1, target.numel())
    counts, table = label_table(target)
    scores = input.gather(1, target.clamp(0))
    terms = (1 - (scores.unsqueeze(2) - input.unsqueeze(1))).clamp_min(0)
    losses = terms.where(counts.unsqueeze(2) & ~table.unsqueeze(1), 0.0).sum((1, 2)) / input.shape[1]
    return losses.reshape(()) if single and reduction == "none" else reduce_loss(losses, reduction)


# --- triplets ---------------------------------------------------------------------------------------------


def _triplet(anchor: Any, positive: Any, negative: Any, distance: Any, margin: float, swap: bool,
             reduction: str) -> Any:
    check_reduction(reduction)
    if margin <= 0:
        fail(ValueError, f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        fail(RuntimeError, "The anchor, positive, and negative tensors are expected to have the same number of "
                           f"dimensions, but got: anchor {anchor.ndim}D, positive {positive.ndim}D, and negative "
                           f"{negative.ndim}D inputs")
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduce_loss((margin + near - far).clamp_min(0), reduction)


@composite(method=False)
def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-06, swap=False, size_average=None,
                        reduce=None, reduction="mean"):
    """``max(0, margin + d(anchor, positive) - d(anchor, negative))`` with the distance of `pairwise_distance` (Balntas
    et al., Learning shallow convolutional feature descriptors with triplet losses, 2016).

    Args:
        anchor, positive, negative: (N, D), or (D).
        swap: take the distance of positive and negative where it is smaller than that of anchor and negative.

    >>> import autograd
    >>> from nn.functional import triplet_margin_loss
    >>> a, b = autograd.tensor([[0., 0.]]), autograd.tensor([[3., 4.]])
    >>> triplet_margin_loss(a, b, a)
    tensor(6.0000)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    return _triplet(anchor, positive, negative, lambda x, y: pairwise_distance(x, y, p, eps), margin, swap, reduction)


@composite(method=False)
def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False,
                                      reduction="mean"):
    """`triplet_margin_loss` with any distance ``distance_function(x, y)``.

    >>> import autograd
    >>> from nn.functional import triplet_margin_with_distance_loss
    >>> a, b = autograd.tensor([[0., 0.]]), autograd.tensor([[3., 4.]])
    >>> triplet_margin_with_distance_loss(a, b, a, distance_function=lambda x, y: (x - y).abs().sum(-1))
    tensor(8.)
    """
    return _triplet(anchor, positive, negative, distance_function or pairwise_distance, margin, swap, reduction)
