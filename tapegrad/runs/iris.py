"""Species of irises from four lengths."""

from __future__ import annotations

import nn
import optim
from autograd.data.datasets import load_iris

from ..run import Run, Split, right_class
from .sources import standardised


def data(root: str | None) -> Split:
    """Fisher's irises, standardised."""
    iris = load_iris()
    return standardised(iris.data, iris.targets, "Fisher's irises, from scikit-learn")


def model() -> nn.Module:
    """Dense layers 4-16-3."""
    return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))


IRIS = Run(
    name="iris", title="a 4-16-3 network tells three species of irises apart", data=data, model=model,
    loss=nn.functional.cross_entropy, metric=right_class, optimizer=lambda p, lr: optim.Adam(p, lr=lr),
    epochs=60, batch_size=16, lr=1e-2)
