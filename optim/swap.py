"""Lending an optimizer to other parameters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd import Tensor
from autograd.errors import fail

from .optimizer import Optimizer

_NAME = "swap_in_optimizer_params_and_state"


@contextmanager
def swap_in_optimizer_params_and_state(optimizer: Optimizer, swapin_parameters: dict[str, Tensor],
                                       swapin_optim_state: dict[str, Any]) -> Iterator[None]:
    """Within the context ``optimizer`` has other parameters, state and options; afterwards its own again.

    Tensors of the given state that steps update keep their new values where the optimizer updates them in place;
    entries that it adds or replaces are dropped.

    Args:
        optimizer: which has state of its own, so has made a step.
        swapin_parameters: the other parameters by name, in the order of the optimizer's own.
        swapin_optim_state: their state and options, in the form of ``optimizer.state_dict()``.

    Raises:
        RuntimeError: the optimizer has no state yet, or the state or parameters given do not fit it.

    >>> import autograd, nn, optim
    >>> p, q = nn.Parameter(autograd.ones(1)), nn.Parameter(autograd.zeros(1))
    >>> optimizer = optim.SGD([p], lr=0.1, momentum=0.9)
    >>> p.grad = q.grad = autograd.ones(1)
    >>> optimizer.step()
    >>> with optim.swap_in_optimizer_params_and_state(optimizer, {"q": q}, optimizer.state_dict()):
    ...     optimizer.step()
    >>> p, q
    (Parameter containing:
    tensor([0.9000], requires_grad=True), Parameter containing:
    tensor([-0.1900], requires_grad=True))
    """
    state, numbers = _checked(optimizer, swapin_optim_state)
    params = list(swapin_parameters.values())
    if len(params) < sum(map(len, numbers)):
        fail(RuntimeError, f"{_NAME} requires the explicit parameter state to match optimizer.param_groups ordering: "
                           f"{len(params)} parameters are given, and the optimizer has {sum(map(len, numbers))}")
    own_state, own_groups = optimizer.state, [dict(group) for group in optimizer.param_groups]
    try:
        optimizer.state = defaultdict(dict)
        remaining = iter(params)
        groups = zip(optimizer.param_groups, swapin_optim_state["param_groups"], numbers, strict=True)
        for group, given, ids in groups:
            group.update(given, params=[next(remaining) for _ in ids])
            for p, number in zip(group["params"], ids, strict=True):
                optimizer.state[p] = dict(state.get(number, {}))
        yield
    finally:
        for group, own in zip(optimizer.param_groups, own_groups, strict=True):
            group.clear()
            group.update(own)
        optimizer.state = own_state


def _checked(optimizer: Optimizer, given: Any) -> tuple[dict[Any, Any], list[list[int]]]:
    """The state by number of the parameter, and these numbers by group."""
    def need(holds: Any, rule: str) -> None:
        if not holds:
            fail(RuntimeError, f"{_NAME} requires {rule}")

    need(optimizer.state, "initialized optimizer state: call step() before")
    need(isinstance(given, dict), f"an optimizer's state_dict, got {type(given).__name__}")
    state, groups = given.get("state"), given.get("param_groups")
    need(isinstance(state, dict) and all(isinstance(v, dict) for k, v in state.items() if isinstance(k, int))
         and not any(isinstance(k, Tensor) for k in state),
         "swapin_optim_state['state'] to be a dict from numbers of parameters to their state")
    need(isinstance(groups, list) and all(isinstance(group, dict) for group in groups),
         f"swapin_optim_state['param_groups'] to be a list of dicts, got {type(groups).__name__}")
    need(len(groups) == len(optimizer.param_groups),
         f"as many groups as the optimizer has, {len(optimizer.param_groups)}, but got {len(groups)}")
    for i, (group, own) in enumerate(zip(groups, optimizer.param_groups, strict=True)):
        ids = group.get("params")
        need(isinstance(ids, list) and all(isinstance(n, int) for n in ids),
             f"numbers of parameters in swapin_optim_state['param_groups'][{i}]['params']")
        need(len(ids) == len(own["params"]),
             f"as many parameters in group {i} as the optimizer's, {len(own['params'])}, but got {len(ids)}")
        need(group.keys() == own.keys(), f"the options of the optimizer's group {i}; only one of both has "
                                         f"{sorted(group.keys() ^ own.keys())}")
    extra = [k for k in state if not any(k in group["params"] for group in groups)]
    need(not extra, f"state of the parameters in the groups only; got extra keys {extra}")
    return state, [group["params"] for group in groups]
