"""Averages of the weights over training: stochastic weight averaging, and the exponential moving average.

Izmailov et al., "Averaging weights leads to wider optima and better generalization" (2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any

from autograd import no_grad, tensor
from autograd.errors import fail
from nn import Module
from nn.norm import _BatchNorm

from .lr_scheduler.base import LRScheduler, Rates, for_groups
from .optimizer import Optimizer

__all__ = ["SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn",
           "get_swa_multi_avg_fn", "update_bn"]

Average = Callable[[Any, Any, Any], Any]
MultiAverage = Callable[[Sequence[Any], Sequence[Any], Any], None]


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    r"""The exponential moving average of lists of tensors, in place.

    .. math:: \bar w \leftarrow d\, \bar w + (1 - d)\, w

    Args:
        decay: :math:`d`, from 0 to 1.

    Raises:
        ValueError: the decay is out of range.

    >>> import autograd
    >>> average = [autograd.tensor([1., 2.])]
    >>> get_ema_multi_avg_fn(0.9)(average, [autograd.tensor([3., 2.])], 1)
    >>> average
    [tensor([1.2000, 2.0000])]
    """
    one = get_ema_avg_fn(decay)

    def ema_update(ema_param_list: Sequence[Any], current_param_list: Sequence[Any], num_averaged: Any) -> None:
        _update_all(ema_param_list, current_param_list, 1 - decay, one, num_averaged)

    return ema_update


def get_swa_multi_avg_fn() -> MultiAverage:
    """The mean of all lists of tensors so far, in place.

    >>> import autograd
    >>> average = [autograd.tensor([1., 2.])]
    >>> get_swa_multi_avg_fn()(average, [autograd.tensor([3., 2.])], 1)
    >>> average
    [tensor([2., 2.])]
    """
    one = get_swa_avg_fn()

    def swa_update(averaged_param_list: Sequence[Any], current_param_list: Sequence[Any], num_averaged: Any) -> None:
        _update_all(averaged_param_list, current_param_list, 1 / (int(num_averaged) + 1), one, num_averaged)

    return swa_update


def _update_all(averages: Sequence[Any], currents: Sequence[Any], weight: float, one: Average,
                num_averaged: Any) -> None:
    """Move each average by ``weight`` of the way; integers, which have no ``lerp``, by ``one``."""
    with no_grad():
        for average, current in zip(averages, currents, strict=True):
            if average.is_floating_point() or average.is_complex():
                average.lerp_(current, weight)
            else:
                average.copy_(one(average, current, num_averaged))


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The exponential moving average of one tensor; see `get_ema_multi_avg_fn`.

    >>> import autograd
    >>> get_ema_avg_fn(0.9)(autograd.tensor([1., 2.]), autograd.tensor([3., 2.]), 1)
    tensor([1.2000, 2.0000])
    """
    if not 0.0 <= decay <= 1.0:
        fail(ValueError, f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")

    def ema_update(ema_param: Any, current_param: Any, num_averaged: Any) -> Any:
        with no_grad():
            return ema_param * decay + current_param * (1 - decay)

    return ema_update


def get_swa_avg_fn() -> Average:
    """The mean of all tensors so far, from the mean and the next one.

    >>> import autograd
    >>> get_swa_avg_fn()(autograd.tensor([1., 2.]), autograd.tensor([3., 2.]), 1)
    tensor([2., 2.])
    """
    def swa_update(averaged_param: Any, current_param: Any, num_averaged: Any) -> Any:
        with no_grad():
            return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


class AveragedModel(Module):
    """A copy of a model whose parameters are an average of the model's over the calls of `update_parameters`.

    The first update copies the parameters. The averaging functions are not part of the ``state_dict``.

    Args:
        model: the model; it is copied.
        device: where to keep the copy.
        avg_fn: the new average from the average, the parameter and how many were averaged. Default: their mean.
        multi_avg_fn: the same in place, for lists of averages and parameters of one dtype; instead of ``avg_fn``.
        use_buffers: average the buffers, too; otherwise they are copied from the model.

    Raises:
        AssertionError: both functions are given.

    >>> import autograd, nn
    >>> from optim.swa_utils import AveragedModel
    >>> model = nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model)
    >>> for weight in [1., 2., 6.]:
    ...     _ = nn.init.constant_(model.weight, weight)
    ...     averaged.update_parameters(model)
    >>> averaged(autograd.ones(1)).item()
    3.0
    """

    n_averaged: Any

    def __init__(self, model: Module, device: Any = None, avg_fn: Average | None = None,
                 multi_avg_fn: MultiAverage | None = None, use_buffers: bool = False) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            fail(AssertionError, "Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, device=device))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model gives."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the parameters of ``model`` into the average.

        Raises:
            ValueError: ``model`` has another number of parameters than the one that was copied.
        """
        with no_grad():
            self._update(model)

    def _update(self, model: Module) -> None:
        averages, currents = _tensors(self.module, self.use_buffers), _tensors(model, self.use_buffers)
        if len(averages) != len(currents):
            fail(ValueError, f"AveragedModel: the model has {len(currents)} parameters, but the one that was "
                             f"copied had {len(averages)}. Average a model of the same structure")
        pairs = list(zip(averages, currents, strict=True))
        if not self.n_averaged.item():
            for average, current in pairs:
                average.copy_(current)
        elif self.avg_fn is not None:
            for average, current in pairs:
                average.copy_(self.avg_fn(average, current, self.n_averaged))
        else:
            update = self.multi_avg_fn or get_swa_multi_avg_fn()
            for dtype in dict.fromkeys(average.dtype for average, _ in pairs):
                alike = [pair for pair in pairs if pair[0].dtype == dtype]
                update([average for average, _ in alike], [current for _, current in alike], self.n_averaged)
        if not self.use_buffers:
            for average, current in zip(self.module.buffers(), model.buffers(), strict=True):
                average.copy_(current)
        self.n_averaged += 1


def _tensors(module: Module, buffers: bool) -> list[Any]:
    found = chain(module.parameters(), module.buffers()) if buffers else module.parameters()
    return [t.detach() for t in found]


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Set the running statistics of a model's batch normalizations to the means over one pass through data.

    Averaged weights change what the layers see, so the statistics that were gathered in training no longer fit.

    Args:
        loader: batches; of a list or tuple the first entry is given to the model.
        model: the model.
        device: where to move the batches.

    >>> import autograd, nn
    >>> from optim.swa_utils import update_bn
    >>> model = nn.BatchNorm1d(1)
    >>> update_bn([autograd.tensor([[1.], [3.]]), autograd.tensor([[2.], [6.]])], model)
    >>> model.running_mean, model.running_var
    (tensor([3.]), tensor([5.]))
    """
    momenta: dict[Any, float | None] = {
        module: module.momentum for module in model.modules() if isinstance(module, _BatchNorm)}
    if not momenta:
        return
    was_training = model.training
    model.train()
    for module in momenta:
        module.reset_running_stats()
        module.momentum = None  # the plain mean over the batches
    try:
        with no_grad():
            for batch in loader:
                batch = batch[0] if isinstance(batch, (list, tuple)) else batch
                model(batch if device is None else batch.to(device))
    finally:
        for module, momentum in momenta.items():
            module.momentum = momentum
        model.train(was_training)


class SWALR(LRScheduler):
    """Goes from the present learning rate to ``swa_lr``, and stays there.

    Args:
        optimizer: whose learning rates to change.
        swa_lr: the final learning rate; a number, or one for each group.
        anneal_epochs: in how many steps.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        last_epoch: the count from which to resume; -1 to start.

    Raises:
        ValueError: an option is out of range.

    >>> import autograd, nn, optim
    >>> optimizer = optim.SGD([nn.Parameter(autograd.zeros(1))], lr=1.)
    >>> scheduler = optim.swa_utils.SWALR(optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear")
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     print(scheduler.get_last_lr())
    [0.75]
    [0.5]
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, swa_lr: Any, anneal_epochs: int = 10, anneal_strategy: str = "cos",
                 last_epoch: int = -1) -> None:
        for rate, group in zip(for_groups("swa_lr", optimizer, swa_lr), optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            fail(ValueError, f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            fail(ValueError, f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self._anneal_strategy, self.anneal_epochs = anneal_strategy, anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """How much of the way is gone after ``step`` steps."""
        done = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return done if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * done)) / 2

    def get_lr(self) -> Rates:
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group in self.optimizer.param_groups:
            lr, final = group["lr"], group["swa_lr"]
            # The rate it started from, as the present one would have it: other schedules may have changed it.
            start = final if before == 1 else (lr - before * final) / (1 - before)
            rates.append(final * now + start * (1 - now))
        return rates
