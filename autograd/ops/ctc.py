"""Connectionist temporal classification."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..creation import tensor
from ..dispatch import is_tensor
from ..errors import NonDifferentiableError, fail
from ..kernels import ctc as kernel
from ..primitive import composite, primitive
from .before_loss import warn_of
from .reduction import check_reduction, reduce_loss


def _second_order(g):
    fail(NonDifferentiableError, "the derivative of the gradient of ctc_loss is not implemented")


@primitive(
    vjp={"log_probs": lambda g, log_probs, targets, input_lengths, target_lengths, blank:
         ctc_gradient(g, log_probs, targets, input_lengths, target_lengths, blank)},
    inputs=("log_probs", "targets", "input_lengths", "target_lengths"), method=False, node_name="CtcLossBackward0",
)
def ctc_losses(log_probs, targets, input_lengths, target_lengths, blank):
    """The loss of each sequence: log_probs (T, N, C), padded targets (N, S), lengths (N)."""
    labels, skips = kernel.extended_labels(targets, blank)
    alpha = kernel.forward(log_probs, labels, skips)
    return kernel.likelihoods(alpha, input_lengths, target_lengths).astype(log_probs.dtype, copy=False)


@primitive(
    vjp={"grad": _second_order, "log_probs": _second_order},
    inputs=("grad", "log_probs", "targets", "input_lengths", "target_lengths"), method=False,
)
def ctc_gradient(grad, log_probs, targets, input_lengths, target_lengths, blank):
    """The gradient of `ctc_losses` by the log-probabilities."""
    labels, skips = kernel.extended_labels(targets, blank)
    alpha = kernel.forward(log_probs, labels, skips)
    losses = kernel.likelihoods(alpha, input_lengths, target_lengths)
    found = kernel.gradient(log_probs, labels, skips, alpha, losses, input_lengths, target_lengths)
    return found * grad[:, None]


def _lengths(value: Any, n: int, name: str) -> Any:
    if is_tensor(value) and value.dtype.kind not in "iu":
        fail(RuntimeError, f"{name} must be integral, but is {value.dtype}")
    values = value.tolist() if is_tensor(value) else value
    lengths = np.asarray(values, np.int64).reshape(-1)
    if len(lengths) != n:
        fail(RuntimeError, f"{name} must be of size batch_size: expected {n}, but got {len(lengths)}")
    return lengths


def _padded(targets: Any, lengths: Any) -> Any:
    """Targets, one after the other or padded, as (N, S)."""
    longest = int(lengths.max(initial=0))
    values = np.asarray(targets.tolist(), np.int64)
    if targets.ndim == 2:
        if values.shape[1] < longest:
            fail(RuntimeError, f"Expected tensor to have size at least {longest} at dimension 1, but got size "
                               f"{list(targets.shape)} for argument #2 'targets'")
        values = values[:, :longest]
        inside = np.arange(longest) < lengths[:, None]
        return np.where(inside, values, 0)
    if values.size < lengths.sum():
        fail(RuntimeError, f"Expected tensor to have size at least {lengths.sum()} at dimension 0, but got size "
                           f"{values.size} for argument #2 'targets'")
    out = np.zeros((len(lengths), longest), np.int64)
    start = 0
    for row, length in enumerate(lengths):
        out[row, :length] = values[start:start + length]
        start += length
    return out


@composite(method=False)
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """The negative log-likelihood of label sequences, summed over all alignments with the inputs (Graves et al.,
    Connectionist temporal classification, 2006).

    Args:
        log_probs: (T, N, C), or (T, C): at each time, the log-probabilities of the labels and the blank (from
            `log_softmax`).
        targets: labels (N, S), padded; or of all sequences one after the other.
        input_lengths, target_lengths: of each sequence; tensors or tuples.
        blank: the index of the blank label.
        reduction: ``"mean"`` divides each loss by the length of its target first.
        zero_infinity: take infinite losses, of targets too long to align, and their gradients as zero.

    Returns:
        The gradient by ``log_probs`` is that of the loss as a function of them; behind `log_softmax` it gives what
        other conventions give.

    Raises:
        RuntimeError: lengths, labels or shapes do not fit.

    >>> import autograd
    >>> from nn.functional import ctc_loss
    >>> scores = autograd.zeros(2, 1, 2).log_softmax(2)
    >>> ctc_loss(scores, autograd.tensor([[1]]), (2,), (1,))
    tensor(0.2877)
    """
    check_reduction(reduction)
    if log_probs.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        fail(NotImplementedError, f"\"ctc_loss\" not implemented for {log_probs.dtype}; convert to float32")
    warn_of("softmax", "ctc_loss", log_probs, log_probs.ndim - 1,
            "and the loss takes log-probabilities: use log_softmax")
    single = log_probs.ndim == 2
    scores = log_probs.unsqueeze(1) if single else log_probs
    if scores.ndim != 3:
        fail(RuntimeError, f"Expected 2-dimensional or 3-dimensional log_probs, but got {log_probs.ndim}-dimensional "
                           "tensor")
    t, n, classes = scores.shape
    if not 0 <= blank < classes:
        fail(RuntimeError, f"blank must be in label range: 0 to {classes - 1}, but is {blank}")
    before, after = _lengths(input_lengths, n, "input_lengths"), _lengths(target_lengths, n, "target_lengths")
    if n and (before.max() > t or before.min() < 0):
        fail(RuntimeError, f"Expected input_lengths to have value at most {t}, but got value {before.max()}")
    if n and after.min() < 0:
        fail(RuntimeError, f"Expected target_lengths to have value at least 0, but got value {after.min()}")
    labels = _padded(targets, after)
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        fail(RuntimeError, f"Expected all labels to be in [0, {classes - 1}], but found {labels.min()} to "
                           f"{labels.max()}")
    losses = ctc_losses(scores, tensor(labels), tensor(before), tensor(after), blank)
    if zero_infinity:
        losses = losses.where(losses.isfinite(), 0.0)
    if reduction == "mean":
        return (losses / tensor(np.maximum(after, 1)).to(losses.dtype)).mean()
    return losses.squeeze(0) if single and reduction == "none" else reduce_loss(losses, reduction)
