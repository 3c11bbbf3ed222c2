"""Schedules made of schedules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from autograd.errors import fail

from ..optimizer import Optimizer
from .base import LRScheduler, assign, current
from .plateau import ReduceLROnPlateau


class _Combined(LRScheduler):
    """What both share: the schedules they are made of."""

    _schedulers: list[Any]

    def _check(self, schedulers: Sequence[Any], optimizer: Optimizer) -> None:
        name = type(self).__name__
        for i, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                fail(TypeError, f"{name} at index {i} should have `optimizer` as its attribute.")
            if isinstance(scheduler, ReduceLROnPlateau):
                fail(ValueError, f"{name} does not support `ReduceLROnPlateau` scheduler as it requires additional "
                                 f"kwargs to be specified when calling `step`, but got one at index {i} in the given "
                                 "schedulers sequence.")
            if scheduler.optimizer is not optimizer:
                fail(ValueError, f"{name} expects all schedulers to belong to the same optimizer, but got scheduler "
                                 f"{type(scheduler).__name__} at index {i} with another optimizer.")

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer; the schedules as their own state."""
        return {**super().state_dict(), "_schedulers": [s.state_dict() for s in self._schedulers]}

    def _take_state(self, state: dict[str, Any]) -> None:
        for scheduler, own in zip(self._schedulers, state["_schedulers"], strict=True):
            scheduler.load_state_dict(own)
        super()._take_state({k: v for k, v in state.items() if k != "_schedulers"})


class SequentialLR(_Combined):
    """One schedule after the other.

    Args:
        optimizer: whose learning rates to change.
        schedulers: the schedules.
        milestones: at which count each but the first begins.
        last_epoch: the count from which to resume; -1 to start.

    >>> import autograd, nn, optim
    >>> optimizer = optim.SGD([nn.Parameter(autograd.zeros(1))], lr=1.)
    >>> from optim.lr_scheduler import ConstantLR, ExponentialLR, SequentialLR
    >>> parts = [ConstantLR(optimizer, factor=0.5, total_iters=9), ExponentialLR(optimizer, gamma=0.5)]
    >>> scheduler = SequentialLR(optimizer, parts, milestones=[2])
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     print(scheduler.get_last_lr())
    [0.5]
    [1.0]
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int],
                 last_epoch: int = -1) -> None:
        if not schedulers:
            fail(ValueError, "SequentialLR expects at least one scheduler, but got no scheduler.")
        self._check(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            fail(ValueError, "Sequential Schedulers expects number of schedulers provided to be one more than the "
                             f"number of milestone points, but got number of schedulers {len(schedulers)} and the "
                             f"number of milestones to be equal to {len(milestones)}")
        self._schedulers, self._milestones = schedulers, milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        # Each schedule has set its first learning rate when it was made; only the first may.
        for group in optimizer.param_groups:
            assign(group, group["initial_lr"])
        _undo_first_step(self)
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Go on by one."""
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


def _undo_first_step(scheduler: Any) -> None:
    inner = getattr(scheduler, "_schedulers", None)
    if inner is None:
        scheduler.last_epoch -= 1
    else:
        for one in inner:
            _undo_first_step(one)


class ChainedScheduler(_Combined):
    """Several schedules at once: each changes the learning rate the others left.

    Args:
        schedulers: the schedules.
        optimizer: whose learning rates they change. Default: that of the first.

    >>> import autograd, nn, optim
    >>> optimizer = optim.SGD([nn.Parameter(autograd.zeros(1))], lr=1.)
    >>> from optim.lr_scheduler import ChainedScheduler, ExponentialLR, StepLR
    >>> scheduler = ChainedScheduler([ExponentialLR(optimizer, gamma=0.5), StepLR(optimizer, step_size=2, gamma=0.5)])
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     print(scheduler.get_last_lr())
    [0.5]
    [0.125]
    [0.0625]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if not schedulers:
            fail(ValueError, "ChainedScheduler expects at least one scheduler to be chained, but got no scheduler.")
        optimizer = optimizer or schedulers[0].optimizer
        self._check(schedulers, optimizer)
        self._schedulers, self.optimizer = list(schedulers), optimizer
        self._last_lr = current(optimizer)

    def step(self) -> None:  # type: ignore[override]
        """Step each schedule."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = current(self.optimizer)
