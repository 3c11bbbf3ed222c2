"""Data of the built-in runs: splits that hold samples out, and scaling that does not look at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd
from autograd.data import DataLoader, Dataset, TensorDataset, random_split
from autograd.data.datasets import MNIST, load_digits

from ..run import Split

#: The share of samples to train on. The split is the same for every seed, so that results compare.
SHARE = 0.8


def hold_out(dataset: Dataset[Any]) -> tuple[Any, Any]:
    """Split into samples to train on and samples to test on."""
    train, test = random_split(dataset, [SHARE, 1 - SHARE], autograd.Generator().manual_seed(0))
    return train, test


def digit_images(root: str | None) -> Split:
    """Digits as 28 x 28 images: scikit-learn's, or MNIST's files in the folder ``root``."""
    if root is not None:
        return Split(MNIST(root), MNIST(root, train=False), f"MNIST in {root}")
    train, test = hold_out(load_digits(size=28))
    return Split(train, test, "scikit-learn's digits, brought to 28 x 28")


def standardised(data: Any, targets: Any, source: str) -> Split:
    """Features [N, F] shifted and scaled by the mean and standard deviation of the training samples."""
    train, test = hold_out(TensorDataset(data, targets))
    seen = data[train.indices]
    data = (data - seen.mean(0)) / seen.std(0)
    train, test = (TensorDataset(data[part.indices], targets[part.indices]) for part in (train, test))
    return Split(train, test, source)


def relabelled(split: Split, label: Callable[[Any], Any]) -> Split:
    """The split with other targets, ``label`` of all targets at once."""
    train, test = (whole(part) for part in (split.train, split.test))
    return Split(TensorDataset(train[0], label(train[1])), TensorDataset(test[0], label(test[1])), split.source)


def whole(dataset: Any) -> Any:
    """All samples as one batch."""
    return next(iter(DataLoader(dataset, len(dataset), generator=autograd.Generator())))
