"""Linear regression by gradient descent, which must find what least squares finds."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
import optim
from autograd.data.datasets import load_diabetes

from ..run import Run, Split
from .sources import standardised, whole


def data(root: str | None) -> Split:
    """Diabetes progression after a year, from ten measures; all in standard deviations, in double precision."""
    diabetes = load_diabetes()
    targets = diabetes.targets.double().unsqueeze(1)
    return standardised(diabetes.data.double(), (targets - targets.mean()) / targets.std(),
                        "diabetes progression, from scikit-learn")


def difference(model: Any, split: Split) -> list[str]:
    """The largest difference of a weight or the bias from least squares on the same training samples."""
    features, targets = (t.numpy() for t in whole(split.train))
    with_ones = np.hstack([features, np.ones((len(features), 1))])
    exact = np.linalg.lstsq(with_ones, targets, rcond=None)[0][:, 0]
    found = np.append(model.weight.detach().numpy(), model.bias.detach().numpy())
    return [f"largest difference from least squares {np.abs(found - exact).max():.1e}"]


LINEAR = Run(
    name="linear", title="gradient descent finds the least squares solution", data=data,
    model=lambda: nn.Linear(10, 1).double(), loss=nn.functional.mse_loss, metric=None,
    optimizer=lambda p, lr: optim.SGD(p, lr=lr, momentum=0.9), epochs=1500, batch_size=None, lr=0.1, closing=difference)
