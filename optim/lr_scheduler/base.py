"""What all schedulers share."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from typing import Any

from autograd import Tensor
from autograd.errors import fail

from ..optimizer import Optimizer

Rates = list[Any]


def current(optimizer: Optimizer, key: str = "lr") -> Rates:
    """The value of an option in each group."""
    values = [group[key] for group in optimizer.param_groups]
    return [v.clone() if isinstance(v, Tensor) else v for v in values]


def assign(group: dict[str, Any], value: Any, key: str = "lr") -> None:
    """Set an option of a group; a Tensor stays the same Tensor."""
    if isinstance(group[key], Tensor):
        group[key].fill_(float(value))
    else:
        group[key] = value


def for_groups(name: str, optimizer: Optimizer, value: Any) -> Rates:
    """One value for each group: ``value`` itself where it is a list of them."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        fail(ValueError, f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, "
                         f"param_groups has {count}.")
    return list(value)


def need_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        fail(TypeError, f"{type(optimizer).__name__} is not an Optimizer")


class LRScheduler:
    """Changes the learning rate of an optimizer's groups with every ``step()``.

    A subclass defines ``get_lr``: the new learning rates from ``last_epoch``, the count of steps, and the present ones.

    Args:
        optimizer: whose learning rates to change.
        last_epoch: the count from which to resume; -1 to start.

    >>> import autograd, nn, optim
    >>> class Halving(optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self): return [base * 0.5 ** self.last_epoch for base in self.base_lrs]
    >>> optimizer = optim.SGD([nn.Parameter(autograd.zeros(1))], lr=1.)
    >>> scheduler = Halving(optimizer)
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     print(scheduler.get_last_lr())
    [0.5]
    [0.25]
    """

    _is_initial = False
    _get_lr_called_within_step = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        need_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                lr = group["lr"]
                group.setdefault("initial_lr", lr.clone() if isinstance(lr, Tensor) else lr)
            elif "initial_lr" not in group:
                fail(KeyError, f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with "
                               "last_epoch >= 0. Load the optimizer's state_dict first, or start with last_epoch=-1")
        self.base_lrs = current(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        if not optimizer._scheduled:
            optimizer._scheduled, optimizer._opt_called = True, False
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {k: v for k, v in vars(self).items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back what `state_dict` gave; where it does not fit, nothing changes."""
        before = self.state_dict()
        try:
            self._take_state(dict(state_dict))
        except BaseException:
            self._take_state(before)
            raise

    def _take_state(self, state: dict[str, Any]) -> None:
        """What `load_state_dict` does, and may leave half done."""
        vars(self).update(state)

    def get_last_lr(self) -> Rates:
        """The learning rates set last, one for each group."""
        return self._last_lr

    def get_lr(self) -> Rates:
        """The learning rates for the count ``last_epoch``; subclasses define it, `step` calls it."""
        fail(NotImplementedError, f"{type(self).__name__} does not define get_lr")

    def _warn_outside_step(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn("To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                          stacklevel=3)

    def _scaled(self, factor: float) -> Rates:
        """The present learning rates times ``factor``."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def step(self, epoch: int | None = None) -> None:
        """Go on by one (or to ``epoch``, which is deprecated) and set the learning rates."""
        optimizer = self.optimizer
        if self._step_count == 1 and not optimizer._opt_called and "step" not in vars(optimizer):
            warnings.warn("Detected call of `lr_scheduler.step()` before `optimizer.step()`. You should call them in "
                          "the opposite order: `optimizer.step()` before `lr_scheduler.step()`. Failure to do this "
                          "will result in skipping the first value of the learning rate schedule.", stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warn_epoch()
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self._get_lr_called_within_step = True
        try:
            if epoch is None:
                self.last_epoch += 1
                rates = self.get_lr()
            else:
                self.last_epoch = epoch
                rates = getattr(self, "_get_closed_form_lr", self.get_lr)()
        finally:
            self._get_lr_called_within_step = False
        self._set(rates)

    def _set(self, rates: Rates) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            assign(group, lr)
        self._last_lr = current(self.optimizer)


def warn_epoch() -> None:
    warnings.warn("The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. "
                  "Please use `scheduler.step()` to step the scheduler.", stacklevel=3)


def saved_functions(functions: list[Callable[..., Any]]) -> list[Any]:
    """What can be saved of functions: the attributes of callable objects, nothing of plain functions."""
    return [None if isinstance(f, types.FunctionType) else dict(vars(f)) for f in functions]


def restore_functions(functions: list[Callable[..., Any]], saved: list[Any]) -> None:
    for f, attributes in zip(functions, saved, strict=True):
        if attributes is not None:
            vars(f).update(attributes)
