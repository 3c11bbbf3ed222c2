"""Stopping when training no longer helps."""

from __future__ import annotations

import math
import os
from copy import deepcopy
from typing import Any

import autograd
from autograd.errors import fail


class EarlyStopping:
    """Says when a measured quantity has not improved for a while, and brings back the weights of its best value.

    Args:
        model: a module, or anything with ``state_dict`` and ``load_state_dict``; None to keep no weights.
        patience: at how many values in a row without improvement to stop.
        min_delta: how much better than the best a value must be to count.
        mode: ``"min"`` if lower is better, ``"max"`` if higher.
        restore_best: load the best weights into ``model`` when it stops. A loop that ends before can call `restore`.
        path: a file to which the weights are saved with each improvement; see `autograd.io.save`.

    Raises:
        ValueError: an option is out of range.
        TypeError: ``model`` has no ``state_dict``.

    Attributes:
        best: the best value so far.
        best_epoch: at which call of `step` it was, from 0; -1 before the first improvement.
        stopped: whether it is time to stop.

    >>> import autograd, nn, optim
    >>> model = nn.Linear(1, 1, bias=False)
    >>> stopping = optim.EarlyStopping(model, patience=2)
    >>> for epoch, loss in enumerate([3., 1., 2., 2., 0.]):
    ...     _ = nn.init.constant_(model.weight, epoch)  # in place of training
    ...     if stopping.step(loss):
    ...         break
    >>> epoch, stopping.best, stopping.best_epoch, model.weight.item()
    (3, 1.0, 1, 1.0)
    """

    def __init__(self, model: Any = None, patience: int = 10, min_delta: float = 0.0, mode: str = "min",
                 restore_best: bool = True, path: str | os.PathLike[str] | None = None) -> None:
        if model is not None and not (hasattr(model, "state_dict") and hasattr(model, "load_state_dict")):
            fail(TypeError, f"EarlyStopping: model should have state_dict and load_state_dict, but got "
                            f"{type(model).__name__}")
        if path is not None and model is None:
            fail(ValueError, "EarlyStopping: path is given, but no model to save")
        if not isinstance(patience, int) or patience < 1:
            fail(ValueError, f"Expected positive integer patience, but got {patience}")
        if not min_delta >= 0:
            fail(ValueError, f"Invalid min_delta: {min_delta}; it is how much better a value must be, so not negative")
        if mode not in ("min", "max"):
            fail(ValueError, f"mode {mode} is unknown! It is 'min' or 'max'")
        self.model, self.patience, self.min_delta, self.mode = model, patience, min_delta, mode
        self.restore_best, self.path = restore_best, path
        self.best = math.inf if mode == "min" else -math.inf
        self.best_epoch, self.epoch, self.num_bad_epochs = -1, -1, 0
        self.stopped = False
        self._weights: Any = None

    def __repr__(self) -> str:
        return (f"{type(self).__name__}(patience={self.patience}, min_delta={self.min_delta}, mode={self.mode!r}, "
                f"best={self.best}, best_epoch={self.best_epoch}, num_bad_epochs={self.num_bad_epochs})")

    def step(self, metric: Any) -> bool:
        """Take in the next value.

        Args:
            metric: a number, or a Tensor of one element. NaN is no improvement.

        Returns:
            Whether to stop.
        """
        value = float(metric)
        self.epoch += 1
        gain = self.best - value if self.mode == "min" else value - self.best
        if gain > self.min_delta:
            self.best, self.best_epoch, self.num_bad_epochs = value, self.epoch, 0
            self._keep()
        else:
            self.num_bad_epochs += 1
        self.stopped = self.num_bad_epochs >= self.patience
        if self.stopped and self.restore_best:
            self.restore()
        return self.stopped

    def _keep(self) -> None:
        if self.model is None or not (self.restore_best or self.path is not None):
            return
        weights = deepcopy(self.model.state_dict())
        if self.restore_best:
            self._weights = weights
        if self.path is not None:
            autograd.save(weights, self.path)

    def restore(self) -> None:
        """Load the best weights into the model; where there are none yet, nothing changes."""
        if self.model is not None and self._weights is not None:
            self.model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the model and the path; with the best weights, so that a resumed run can restore them."""
        return {name: value for name, value in vars(self).items() if name not in ("model", "path")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back what `state_dict` gave.

        Raises:
            KeyError: an entry is missing or unknown; nothing has changed then.
        """
        wrong = state_dict.keys() ^ self.state_dict().keys()
        if wrong:
            fail(KeyError, f"the state of an EarlyStopping has the entries {list(self.state_dict())}; missing or "
                           f"unknown are {sorted(wrong)}")
        vars(self).update(deepcopy(state_dict))
