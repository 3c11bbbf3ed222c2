"""Small or large digit: a binary classifier."""

from __future__ import annotations

from typing import Any

import nn
import optim

from ..run import Run, Split, right_side
from .sources import digit_images, relabelled


def data(root: str | None) -> Split:
    """Digit images with target 1.0 for 5 ... 9 and 0.0 for 0 ... 4, as [N, 1]."""
    return relabelled(digit_images(root), lambda digits: (digits >= 5).float().unsqueeze(1))


def model() -> nn.Module:
    """Dense layers 784-10-8-1 that end in a probability."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.ReLU(), nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 1),
                         nn.Sigmoid())


def optimizer(parameters: Any, lr: float) -> optim.Optimizer:
    return optim.Adam(parameters, lr=lr)


MLP = Run(
    name="mlp", title="a 784-10-8-1 network tells digits 0-4 from 5-9", data=data, model=model,
    loss=nn.functional.binary_cross_entropy, metric=right_side, optimizer=optimizer, epochs=100, batch_size=32, lr=2e-3,
    reads_folder=True)
