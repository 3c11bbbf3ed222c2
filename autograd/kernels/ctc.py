"""Connectionist temporal classification: the likelihood of a label sequence, summed over its alignments.

Graves et al., Connectionist temporal classification, 2006. A label sequence of length S is extended by blanks to
2 S + 1 states; an alignment moves through the states by steps of 0, 1, or, between different labels, 2.
All is in logarithms. The recursions run over time, with batch and states as array dimensions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def extended_labels(targets: Array, blank: int) -> tuple[Array, Array]:
    """(labels with blanks in between [N, 2 S + 1], whether a state can be entered from two before it).

    Args:
        targets: [N, S].
    """
    n, s = targets.shape
    labels = np.full((n, 2 * s + 1), blank)
    labels[:, 1::2] = targets
    skips = np.zeros(labels.shape, bool)
    skips[:, 3::2] = targets[:, 1:] != targets[:, :-1]
    return labels, skips


def _shifted(x: Array, by: int) -> Array:
    """x [N, K] moved to higher states, with minus infinity moving in."""
    out = np.full_like(x, -np.inf)
    out[:, by:] = x[:, :x.shape[1] - by]
    return out


def forward(log_probs: Array, labels: Array, skips: Array) -> Array:
    """alpha [T, N, K]: the log-probability of all beginnings of alignments that are in state k at time t.

    Args:
        log_probs: [T, N, C].
    """
    t_max = len(log_probs)
    emitted = np.take_along_axis(log_probs, np.broadcast_to(labels, (t_max, *labels.shape)), 2)
    alpha = np.full(emitted.shape, -np.inf, log_probs.dtype)
    alpha[0, :, :2] = emitted[0, :, :2]
    for t in range(1, t_max):
        before = alpha[t - 1]
        total = np.logaddexp(before, _shifted(before, 1))
        total = np.logaddexp(total, np.where(skips, _shifted(before, 2), -np.inf))
        alpha[t] = total + emitted[t]
    return alpha


def likelihoods(alpha: Array, input_lengths: Array, target_lengths: Array) -> Array:
    """[N]: the negative log-likelihood of each sequence, infinite where no alignment exists."""
    rows = np.arange(alpha.shape[1])
    last = alpha[np.maximum(input_lengths, 1) - 1, rows]
    ends = last[rows, 2 * target_lengths]
    before = np.where(target_lengths > 0, last[rows, np.maximum(2 * target_lengths - 1, 0)], -np.inf)
    losses = -np.logaddexp(ends, before)
    return np.where(input_lengths > 0, losses, np.where(target_lengths > 0, np.inf, 0))


def gradient(log_probs: Array, labels: Array, skips: Array, alpha: Array, losses: Array, input_lengths: Array,
             target_lengths: Array) -> Array:
    """[T, N, C]: the derivative of each sequence's loss by its log-probabilities: minus the probability that the label
    is emitted at that time, given the sequence.
    """
    t_max, n, _ = log_probs.shape
    emitted = np.take_along_axis(log_probs, np.broadcast_to(labels, (t_max, *labels.shape)), 2)
    rows, states = np.arange(n), np.arange(labels.shape[1])
    ends = (states == 2 * target_lengths[:, None]) | (states == 2 * target_lengths[:, None] - 1)
    out = np.zeros_like(log_probs)
    # beta: the log-probability of all ends of alignments after time t, from state k. Shifts run towards lower states.
    beta = np.full(labels.shape, -np.inf, log_probs.dtype)
    for t in range(t_max - 1, -1, -1):
        if t + 1 < t_max:
            after = beta + emitted[t + 1]
            down = after[:, ::-1]
            total = np.logaddexp(after, _shifted(down, 1)[:, ::-1])
            jumps = np.where(skips, after, -np.inf)[:, ::-1]
            beta = np.logaddexp(total, _shifted(jumps, 2)[:, ::-1])
        final = (input_lengths == t + 1)[:, None]
        beta = np.where(final, np.where(ends, 0, -np.inf), beta)
        beta = np.where((input_lengths > t)[:, None], beta, -np.inf)
        share = np.exp(alpha[t] + beta + losses[:, None])
        share[~np.isfinite(losses)] = 0
        for k in range(labels.shape[1]):
            out[t, rows, labels[:, k]] -= share[:, k]
    return out
