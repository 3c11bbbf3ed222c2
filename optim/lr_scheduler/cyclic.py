"""Schedules that go up and down."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd.errors import fail

from ..optimizer import Optimizer
from .base import LRScheduler, Rates, assign, for_groups, need_optimizer, restore_functions, saved_functions


class _WithMomentum(LRScheduler):
    """A schedule that moves the momentum (or the first of ``betas``) against the learning rate."""

    def _init_momentum(self, optimizer: Optimizer, base: Any, largest: Any, start: bool) -> tuple[Rates, Rates]:
        """Take up the bounds of the momentum, and give them as one for each group."""
        self.use_beta1 = "betas" in optimizer.defaults
        if "momentum" not in optimizer.defaults and not self.use_beta1:
            fail(ValueError, "optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
        lows = for_groups("base_momentum", optimizer, base)
        highs = for_groups("max_momentum", optimizer, largest)
        if start:
            for low, high, group in zip(lows, highs, optimizer.param_groups, strict=True):
                self._set_momentum(group, high)
                group["max_momentum"], group["base_momentum"] = high, low
        return lows, highs

    def _set_momentum(self, group: dict[str, Any], value: float) -> None:
        if self.use_beta1:
            group["betas"] = (value, *group["betas"][1:])
        else:
            group["momentum"] = value


class CyclicLR(_WithMomentum):
    """Between ``base_lr`` and ``max_lr``, up and down in straight lines.

    Smith, "Cyclical learning rates for training neural networks" (2017).

    Args:
        optimizer: whose learning rates to change.
        base_lr, max_lr: the bounds; a number, or one for each group.
        step_size_up, step_size_down: how many steps up, and down (default: as many).
        mode: ``"triangular"``; ``"triangular2"``, where each cycle is half as high; ``"exp_range"``, where the height
            falls by ``gamma`` with every step.
        gamma: for ``"exp_range"``.
        scale_fn: the height as a function of the cycle, or the count, in place of ``mode``.
        scale_mode: ``"cycle"`` or ``"iterations"``, what ``scale_fn`` takes.
        cycle_momentum: move the momentum the other way, between ``base_momentum`` and ``max_momentum``.
        last_epoch: the count from which to resume; -1 to start.

    >>> import autograd, nn, optim
    >>> optimizer = optim.SGD([nn.Parameter(autograd.zeros(1))], lr=1.)
    >>> scheduler = optim.lr_scheduler.CyclicLR(optimizer, 0., 1., step_size_up=2, cycle_momentum=False)
    >>> for _ in range(4):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     print(scheduler.get_last_lr())
    [0.5]
    [1.0]
    [0.5]
    [0.0]
    """

    def __init__(
        self, optimizer: Optimizer, base_lr: Any, max_lr: Any, step_size_up: int = 2000,
        step_size_down: int | None = None, mode: str = "triangular", gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None, scale_mode: str = "cycle", cycle_momentum: bool = True,
        base_momentum: Any = 0.8, max_momentum: Any = 0.9, last_epoch: int = -1,
    ) -> None:
        need_optimizer(optimizer)
        base_lrs = for_groups("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for lr, group in zip(base_lrs, optimizer.param_groups, strict=True):
                assign(group, lr)
        self.max_lrs = for_groups("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            fail(ValueError, f"mode is invalid and scale_fn is None: {mode!r} is neither 'triangular', 'triangular2' "
                             "nor 'exp_range'")
        self.mode, self.gamma, self._scale_fn_custom = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.base_momentums, self.max_momentums = self._init_momentum(optimizer, base_momentum, max_momentum,
                                                                          last_epoch == -1)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The height of the triangle at cycle (or count) ``x``."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return 1 / 2.0 ** (x - 1) if self.mode == "triangular2" else self.gamma ** x

    def get_lr(self) -> Rates:
        self._warn_outside_step()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for low, high, group in zip(self.base_momentums, self.max_momentums, self.optimizer.param_groups,
                                        strict=True):
                self._set_momentum(group, high - (high - low) * height)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer and a plain ``scale_fn``, which cannot be saved; a callable object can."""
        state = super().state_dict()
        if self._scale_fn_custom is not None:
            state["_scale_fn_custom"], = saved_functions([self._scale_fn_custom])
        return state

    def _take_state(self, state: dict[str, Any]) -> None:
        if self._scale_fn_custom is not None:
            restore_functions([self._scale_fn_custom], [state["_scale_fn_custom"]])
        super()._take_state({k: v for k, v in state.items() if k != "_scale_fn_custom"})


def _cosine(start: float, end: float, part: float) -> float:
    return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)


def _line(start: float, end: float, part: float) -> float:
    return (end - start) * part + start


#: What is saved of a phase: the count at which it ends, and the options of a group between which it goes.
_PHASE = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")


class OneCycleLR(_WithMomentum):
    """Up from ``max_lr / div_factor`` to ``max_lr``, then down to ``1 / final_div_factor`` of the start.

    Smith and Topin, "Super-convergence" (2019).

    Args:
        optimizer: whose learning rates to change.
        max_lr: the top; a number, or one for each group.
        total_steps: how many steps, or
        epochs, steps_per_epoch: their number as a product.
        pct_start: the part of the steps that goes up.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        cycle_momentum: move the momentum the other way, between ``base_momentum`` and ``max_momentum``.
        div_factor: the start is the top divided by it.
        final_div_factor: the end is the start divided by it.
        three_phase: go back to the start before falling further.
        last_epoch: the count from which to resume; -1 to start.

    >>> import autograd, nn, optim
    >>> optimizer = optim.SGD([nn.Parameter(autograd.zeros(1))], lr=1.)
    >>> scheduler = optim.lr_scheduler.OneCycleLR(optimizer, 1., total_steps=5, cycle_momentum=False)
    >>> for _ in range(4):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     print(round(optimizer.param_groups[0]["lr"], 4))
    0.9505
    0.6113
    0.1883
    0.0
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: Any, total_steps: int | None = None, epochs: int | None = None,
        steps_per_epoch: int | None = None, pct_start: float = 0.3, anneal_strategy: str = "cos",
        cycle_momentum: bool = True, base_momentum: Any = 0.85, max_momentum: Any = 0.95, div_factor: float = 25.0,
        final_div_factor: float = 1e4, three_phase: bool = False, last_epoch: int = -1,
    ) -> None:
        need_optimizer(optimizer)
        self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or pct_start < 0 or pct_start > 1:
            fail(ValueError, f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            fail(ValueError, f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_func_type = anneal_strategy
        turn, last = float(pct_start * self.total_steps) - 1, self.total_steps - 1
        phases: list[tuple[Any, ...]] = [(turn, "initial_lr", "max_lr", "max_momentum", "base_momentum")]
        if three_phase:
            back = float(2 * pct_start * self.total_steps) - 2
            phases += [(back, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
                       (last, "initial_lr", "min_lr", "max_momentum", "max_momentum")]
        else:
            phases += [(last, "max_lr", "min_lr", "base_momentum", "max_momentum")]
        self._schedule_phases = [dict(zip(_PHASE, phase, strict=True)) for phase in phases]
        if last_epoch == -1:
            for top, group in zip(for_groups("max_lr", optimizer, max_lr), optimizer.param_groups, strict=True):
                group["initial_lr"], group["max_lr"] = top / div_factor, top
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._init_momentum(optimizer, base_momentum, max_momentum, last_epoch == -1)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        self._warn_outside_step()
        count = self.last_epoch
        if count > self.total_steps:
            fail(ValueError, f"Tried to step {count} times. The specified number of total steps is {self.total_steps}")
        anneal = _cosine if self._anneal_func_type == "cos" else _line
        phases = self._schedule_phases
        i = next((i for i, phase in enumerate(phases[:-1]) if count <= phase["end_step"]), len(phases) - 1)
        phase = phases[i]
        start = phases[i - 1]["end_step"] if i else 0.0
        part = (count - start) / (phase["end_step"] - start)
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                self._set_momentum(group, anneal(group[phase["start_momentum"]], group[phase["end_momentum"]], part))
        return [anneal(group[phase["start_lr"]], group[phase["end_lr"]], part) for group in groups]


def _total_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        fail(ValueError, "You must define either total_steps OR (epochs AND steps_per_epoch)")
    given = {"total_steps": total_steps} if total_steps is not None else {
        "epochs": epochs, "steps_per_epoch": steps_per_epoch}
    for name, value in given.items():
        if not isinstance(value, int) or value <= 0:
            fail(ValueError, f"Expected positive integer {name}, but got {value}")
    return math.prod(given.values())  # type: ignore[arg-type]
