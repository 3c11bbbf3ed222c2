"""Losses do not warn about code that is right."""

from __future__ import annotations

import pytest

import autograd
import nn
from nn import functional as F

LABELS = autograd.tensor([0, 1])


def scores(*shape: int) -> autograd.Tensor:
    return autograd.randn(*(shape or (2, 3)), requires_grad=True)


@pytest.mark.parametrize("compute", [
    lambda: F.cross_entropy(scores(), LABELS),
    lambda: F.cross_entropy(scores().log_softmax(1), LABELS),
    lambda: F.cross_entropy(nn.Linear(3, 3)(scores().softmax(1)), LABELS),  # attention, say
    lambda: F.cross_entropy(scores(2, 3, 4).softmax(2), LABELS[:, None].expand(2, 4)),  # not over the classes
    lambda: F.cross_entropy(scores(2, 5, 3).softmax(1).transpose(1, 2), autograd.zeros(2, 5, dtype=autograd.int64)),
    lambda: F.cross_entropy(scores().softmax(1).log(), LABELS),
    lambda: F.cross_entropy(scores().sigmoid(), LABELS),
    lambda: F.nll_loss(scores().log_softmax(1), LABELS),
    lambda: F.nll_loss(scores().softmax(1).log(), LABELS),
    lambda: F.kl_div(scores().log_softmax(1), scores().softmax(1), reduction="batchmean"),
    lambda: F.binary_cross_entropy(scores().sigmoid(), autograd.ones(2, 3)),
    lambda: F.binary_cross_entropy_with_logits(scores() * scores().sigmoid(), autograd.ones(2, 3)),
    lambda: F.mse_loss(scores().softmax(1), autograd.ones(2, 3)),
    lambda: F.mse_loss(scores(4, 1), autograd.ones(4, 1)),
])
def test_no_false_alarm(compute) -> None:
    compute().backward()  # a warning would be an error


def test_nothing_is_known_of_what_was_not_recorded() -> None:
    with autograd.no_grad():
        F.cross_entropy(scores().softmax(1), LABELS)
