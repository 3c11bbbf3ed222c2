"""Optimizers that are a formula of one element: it is given once, and runs on all parameters at a time.

The same formula runs on Tensors where a step is to be recorded; see `optim.recorded`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from operator import is_
from typing import Any

from autograd import Tensor, enable_grad, zeros
from autograd.errors import describe, fail
from autograd.kernels import steps
from autograd.tape import Leaf, tick, written

from .batch import Array, Batch
from .optimizer import Optimizer, scalar_type
from .options import numbers
from .recorded import step_recorded


def ascent(p: Any, g: Any, maximize: bool, decays: bool, decay: Any) -> Any:
    """The gradient to go down along: negated under ``maximize``, plus ``decay * p``."""
    g = -g if maximize else g
    return g + p * decay if decays else g


def evaluate(closure: Callable[[], Any] | None) -> Any:
    """What the closure of a step gives, computed with gradients on."""
    if closure is None:
        return None
    with enable_grad():
        return closure()


class SingleOptimizer(Optimizer):
    """An optimizer that updates one parameter after the other, by a rule that looks at the whole of it."""

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients anew, and returns the loss. Optional.

        Returns:
            What ``closure`` returned, or None.
        """
        loss = evaluate(closure)
        for group in self.param_groups:
            options = numbers(group)
            for p, g in zip(*gather(group["params"]), strict=True):
                state = self.state[p]
                self._update(options, p, g, state)
                written(p._vc)
                for value in state.values():
                    if isinstance(value, Tensor):
                        written(value._vc)
        return loss

    def _update(self, group: dict[str, Any], p: Any, g: Array, state: dict[str, Any]) -> None:
        """Update the array of ``p`` in place, and ``state``, which is empty the first time."""
        raise NotImplementedError


class RuleOptimizer(Optimizer):
    """An optimizer whose subclasses say what state they keep, which numbers a step needs, and the formula."""

    #: Options with which it is often used: their steps are compiled ahead of use, where that is asked for.
    _usual: tuple[dict[str, Any], ...] = ({}, {"weight_decay": 0.1})

    def _init_hidden(self) -> None:
        super()._init_hidden()
        self._plans: dict[int, Plan] = {}

    def _scalars(self, group: dict[str, Any]) -> dict[str, float]:
        """State that is one number for each parameter, with its initial value."""
        return {"step": 0.0}

    def _arrays(self, group: dict[str, Any]) -> dict[str, Any]:
        """State of the parameter's shape, with its initial value; None where the first step sets it."""
        raise NotImplementedError

    def _constants(self, group: dict[str, Any], scalars: dict[str, float]) -> tuple[float, ...]:
        """The numbers of this step for the formula; moves ``scalars`` on."""
        raise NotImplementedError

    def _choices(self, group: dict[str, Any], constants: tuple[float, ...], fresh: bool) -> tuple[Any, ...]:
        """What the formula chooses by, each of them true or false.

        Args:
            group: the options.
            constants: what `_constants` gave.
            fresh: whether this is the first step, so that the state has its initial value.
        """
        return group["maximize"], group["weight_decay"]

    @staticmethod
    def _formula(choices: tuple[bool, ...], p: Any, g: Any, state: list[Any], constants: list[Any]) -> tuple[Any, ...]:
        """The step of one element: the new parameter and the new state, in the order of `_arrays`.

        It runs on Tensors, and on symbols from which NumPy's calls and the compiled loop are made: so it is written
        with operators, ``np.where`` and those functions of NumPy that `kernels.steps` knows.
        """
        raise NotImplementedError

    def _pass(self, group: dict[str, Any], choices: tuple[Any, ...], constants: tuple[float, ...]) -> steps.Pass:
        """The formula for these options, as it runs on arrays."""
        return steps.step(self._formula, tuple(map(bool, choices)), len(self._arrays(group)), len(constants))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients anew, and returns the loss. Optional.

        Returns:
            What ``closure`` returned, or None.
        """
        loss = evaluate(closure)
        now = tick()
        for i, group in enumerate(self.param_groups):
            if self.defaults.get("differentiable"):
                step_recorded(self, group)
                continue
            params, grads = gather(group["params"])
            if not params:
                continue
            group = numbers(group)
            plan = self._plans.get(i)
            if plan is None or not plan.fits(self, group, params):
                plan = self._plans[i] = Plan(self, group, params)
            if len(plan.batches) == 1:
                self._update(group, plan.batches[0], grads, now)
            else:
                for batch, where in zip(plan.batches, plan.where, strict=True):
                    self._update(group, batch, [grads[k] for k in where], now)
        return loss

    def _update(self, group: dict[str, Any], batch: Batch, grads: list[Array], now: int) -> None:
        scalars = {name: column.item(0) for name, column in batch.scalars.items()}
        constants = self._constants(group, scalars)
        for name, column in batch.scalars.items():
            column.fill(scalars[name])
        choices = self._choices(group, constants, batch.fresh)
        if batch.step is None or choices != batch.choices:
            batch.choices, batch.step = choices, self._pass(group, choices, constants)
        batch.run(batch.step, constants, grads, now)

    def _load_value(self, param: Tensor, key: Any, value: Any) -> Any:
        if isinstance(value, Tensor) and value._a.ndim and value._a.shape != param._a.shape:
            fail(ValueError, f"loaded state dict has {key!r} of shape {list(value._a.shape)} for a parameter of shape "
                             f"{list(param._a.shape)}")
        return super()._load_value(param, key, value)


def _declare() -> None:
    """Make known the steps that are usual, so that they can be compiled ahead of use."""
    for kind in RuleOptimizer.__subclasses__():
        if kind.__module__.startswith(f"{__package__}."):
            for options in kind._usual:
                optimizer: Any = kind([zeros(1)], **options)
                group, scalars = optimizer.param_groups[0], optimizer._scalars(optimizer.param_groups[0])
                for step in range(_STEPS):
                    constants = optimizer._constants(group, scalars)
                    optimizer._pass(group, optimizer._choices(group, constants, step == 0), constants)


#: After so many steps all optimizers take the same at every further one.
_STEPS = 10

steps.DECLARING.append(_declare)


_NONE = type(None)


def gather(params: list[Any]) -> tuple[list[Any], list[Array]]:
    """The parameters that have a gradient, and the arrays of those gradients."""
    nodes = [p._node for p in params]
    grads = [n.grad if n.__class__ is Leaf else p.grad for n, p in zip(nodes, params)]
    if _NONE in set(map(type, grads)):
        params = [p for p, g in zip(params, grads, strict=True) if g is not None]
        grads = [g for g in grads if g is not None]
    return params, [g if g.__class__ is Array else g._a for g in grads]


class Plan:
    """How the parameters of a group that had gradients are divided into batches."""

    def __init__(self, optimizer: RuleOptimizer, group: dict[str, Any], params: list[Any]) -> None:
        if group.get("fused"):
            _check_fused(params)
        self.params, self.sources = params, [p._a for p in params]
        scalars, arrays = optimizer._scalars(group), optimizer._arrays(group)
        self.names = (*scalars, *arrays)
        self.states = [optimizer.state[p] for p in params] if self.names else [{} for _ in params]
        alike: dict[Any, list[int]] = {}
        for i, (p, state) in enumerate(zip(params, self.states, strict=True)):
            alike.setdefault(_kind(p, state, scalars, arrays), []).append(i)
        self.where = list(alike.values())
        kind = scalar_type()
        self.batches = [Batch([params[i] for i in where], scalars, arrays, [self.states[i] for i in where], kind)
                        for where in self.where]
        self.tensors = _values(self.states)

    def fits(self, optimizer: RuleOptimizer, group: dict[str, Any], params: list[Any]) -> bool:
        """Whether the same parameters have gradients, and nobody put other arrays or other state in place."""
        tensors = _values(self.states)
        return (
            len(params) == len(self.params) and all(map(is_, params, self.params))
            and all(map(is_, [p._a for p in params], self.sources))
            and (not self.names or all(map(is_, map(optimizer.state.get, params), self.states)))
            and len(tensors) == len(self.tensors) and all(map(is_, tensors, self.tensors))
            and self.names == (*optimizer._scalars(group), *optimizer._arrays(group))
        )


def _check_fused(params: list[Any]) -> None:
    for p in params:
        if p._a.dtype.kind != "f":
            fail(RuntimeError, "`fused=True` requires all the params to be floating point Tensors, but one is "
                               f"{describe(p)}; leave fused out")


def _values(states: list[Any]) -> list[Any]:
    return list(chain.from_iterable([state.values() for state in states]))


def _kind(p: Any, state: dict[str, Any], scalars: dict[str, float], arrays: dict[str, Any]) -> Any:
    """What the parameters of one batch have in common."""
    values = tuple(float(state[name]) if name in state else start for name, start in scalars.items())
    return p._a.dtype, values, tuple(state.get(name) is None for name in arrays)
