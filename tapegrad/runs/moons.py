"""Two half moons, which no straight line parts."""

from __future__ import annotations

import nn
import optim
from autograd.data.datasets import make_moons

from ..run import Run, Split, right_class
from .sources import standardised


def data(root: str | None) -> Split:
    """1,000 noisy points, standardised."""
    moons = make_moons(1000, noise=0.15)
    return standardised(moons.data, moons.targets, "two half moons, made by scikit-learn")


def model() -> nn.Module:
    """Dense layers 2-16-16-2."""
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 2))


MOONS = Run(
    name="moons", title="a 2-16-16-2 network parts two half moons", data=data, model=model,
    loss=nn.functional.cross_entropy, metric=right_class, optimizer=lambda p, lr: optim.Adam(p, lr=lr),
    epochs=60, batch_size=32, lr=1e-2)
