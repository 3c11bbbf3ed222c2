"""What a training run is, as data; `tapegrad.training` does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from autograd import Tensor
from autograd.data import Dataset
from nn import Module
from optim import Optimizer

Loss = Callable[[Any, Any], Tensor]


@dataclass(frozen=True)
class Split:
    """The data of a run: a training set, a test set that training never sees, and where they are from."""

    train: Dataset[Any]
    test: Dataset[Any]
    source: str


@dataclass(frozen=True)
class Run:
    """A training run: data, model, loss, metric, and how it is trained unless asked otherwise.

    Args:
        name: what it is called on the command line.
        title: what it does, in one line.
        data: makes the data, from the folder named with ``--data`` or None.
        model: makes the model, with the weights that the global random state gives.
        loss: mean loss of a batch, from outputs and targets.
        metric: number of right answers of a batch, from outputs and targets; None where there is no right or wrong.
        optimizer: makes the optimizer from the parameters and the learning rate.
        epochs, batch_size, lr: the defaults; a batch size of None is the whole training set.
        augment: changes the inputs of each training batch at random, from the global random state.
        kernels: when compiled kernels come in (`autograd.kernels.compiled.late.choose`). A run decides at its start,
            and so ends with the same weights wherever it was interrupted; what takes a second does without them.
        closing: what to print in the end, from the trained model and the data.
        reads_folder: whether ``data`` reads the folder named with ``--data``; other runs have only their own data.
    """

    name: str
    title: str
    data: Callable[[str | None], Split]
    model: Callable[[], Module]
    loss: Loss
    metric: Callable[[Any, Any], int] | None
    optimizer: Callable[[Iterable[Any], float], Optimizer]
    epochs: int
    batch_size: int | None
    lr: float
    augment: Callable[[Any], Any] = lambda input: input
    kernels: str = "0"
    closing: Callable[[Module, Split], list[str]] = lambda model, split: []
    reads_folder: bool = False


def right_class(output: Any, target: Any) -> int:
    """How many rows of scores [N, classes] are largest at the target [N]."""
    return int((output.argmax(1) == target).sum())


def right_side(output: Any, target: Any) -> int:
    """How many probabilities lie on the target's side of one half."""
    return int(((output > 0.5) == (target > 0.5)).sum())
