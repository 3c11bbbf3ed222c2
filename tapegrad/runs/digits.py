"""Handwritten digits, by a convolutional network."""

from __future__ import annotations

import nn
import optim

from ..run import Run, right_class
from .sources import digit_images


def model() -> nn.Module:
    """Three convolutions (valid padding), two poolings, two dense layers: 93,322 parameters; takes [N, 1, 28, 28]."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10))


DIGITS = Run(
    name="digits", title="a convolutional network reads handwritten digits", data=digit_images, model=model,
    loss=nn.functional.cross_entropy, metric=right_class, optimizer=lambda p, lr: optim.Adam(p, lr=lr),
    epochs=15, batch_size=64, lr=1e-3)
