"""Optimizers that are a rule on arrays: the rule is given once, and runs on many parameters at a time."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from operator import is_
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad
from autograd.dtypes import DEFAULT
from autograd.errors import fail
from autograd.kernels.optimizer import FUSED
from autograd.tape import Leaf, tick

from .batch import LARGE, Batch
from .optimizer import Optimizer

Array = np.ndarray[Any, Any]


def check(name: str, value: Any, low: float = 0.0, below: float | None = None, at_most: float | None = None) -> None:
    """Raise PyTorch's ``Invalid NAME: VALUE`` where an option is out of range."""
    try:
        fits = low <= value and (below is None or value < below) and (at_most is None or value <= at_most)
    except TypeError:
        fail(TypeError, f"Invalid {name}: {value!r} is no number but a {type(value).__name__}")
    if not fits:
        fail(ValueError, f"Invalid {name}: {value}")


def check_lr(lr: Any) -> None:
    if isinstance(lr, Tensor) and lr.numel() != 1:
        fail(ValueError, "Tensor lr must be 1-element")
    check("learning rate", lr)


def check_betas(betas: Any) -> None:
    for i, beta in enumerate(betas):
        check(f"beta parameter at index {i}", beta, below=1.0)


def scalar_type() -> np.dtype[Any]:
    """The type of state such as ``step``."""
    return DEFAULT.float if DEFAULT.float.itemsize == 8 else np.dtype("float32")


def gradient(group: dict[str, Any], p: Array, g: Array, decay: Any, out: Array, work: Array) -> Array:
    """The gradient to go down along: negated under ``maximize``, plus ``decay * p``; ``g`` itself or in ``out``."""
    if group["maximize"]:
        g = np.negative(g, out)
    if group["weight_decay"]:
        np.multiply(p, decay, work)
        g = np.add(g, work, out)
    return g


class RuleOptimizer(Optimizer):
    """An optimizer whose subclasses say what state they keep, which numbers a step needs, and the rule."""

    #: Scratch arrays that the rule needs.
    _n_work = 2

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
        """The numbers of this step for the rule; moves ``scalars`` on."""
        raise NotImplementedError

    def _rule(self, group: dict[str, Any], p: Array, g: Array, state: list[Array], constants: list[Array],
              work: list[Array], fresh: bool) -> None:
        """The update, in place on flat arrays.

        Args:
            group: the options.
            p, g: parameters, which it updates, and gradients, which it only reads.
            state: what `_arrays` names.
            constants: what `_constants` gave, as 0-d arrays.
            work: scratch arrays.
            fresh: whether this is the first step, so that the state has its initial value.
        """
        raise NotImplementedError

    def _compiled(self, group: dict[str, Any], p: Array, g: Array, state: list[Array], constants: Array) -> bool:
        """`_rule` as one compiled pass over everything, for groups that are large in all.

        The constants are one array here. False, and nothing done, where there is no such pass.
        """
        return False

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients anew, and returns the loss. Optional.

        Returns:
            What ``closure`` returned, or None.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        now = tick()
        for i, group in enumerate(self.param_groups):
            params, grads = gather(group["params"])
            if not params:
                continue
            plan = self._plans.get(i)
            if plan is None or not plan.fits(self, group, params):
                plan = self._plans[i] = Plan(self, group, params)
            if len(plan.batches) == 1:
                self._update(group, plan.batches[0], grads, now, plan.large)
            else:
                for batch, where in zip(plan.batches, plan.where, strict=True):
                    self._update(group, batch, [grads[k] for k in where], now, plan.large)
        return loss

    def _update(self, group: dict[str, Any], batch: Batch, grads: list[Array], now: int, large: bool) -> None:
        scalars = {name: column.item(0) for name, column in batch.scalars.items()}
        constants = batch.set_constants(self._constants(group, scalars))
        for name, column in batch.scalars.items():
            column.fill(scalars[name])
        batch.run(self._rule, self._compiled if large else None, group, grads, constants, now)

    def _load_value(self, param: Tensor, key: Any, value: Any) -> Any:
        if isinstance(value, Tensor) and value._a.ndim and value._a.shape != param._a.shape:
            fail(ValueError, f"loaded state dict has {key!r} of shape {list(value._a.shape)} for a parameter of shape "
                             f"{list(param._a.shape)}")
        return super()._load_value(param, key, value)


def gather(params: list[Any]) -> tuple[list[Any], list[Array]]:
    """The parameters that have a gradient, and the arrays of those gradients."""
    found, grads = [], []
    for p in params:
        node = p._node
        g = node.grad if node.__class__ is Leaf else p.grad
        if g is not None:
            found.append(p)
            grads.append(g if g.__class__ is np.ndarray else g._a)
    return found, grads


class Plan:
    """How the parameters of a group that had gradients are divided into batches."""

    def __init__(self, optimizer: RuleOptimizer, group: dict[str, Any], params: list[Any]) -> None:
        self.params, self.sources = params, [p._a for p in params]
        self.large = sum(a.size for a in self.sources) >= FUSED
        scalars, arrays = optimizer._scalars(group), optimizer._arrays(group)
        self.names = (*scalars, *arrays)
        self.states = [optimizer.state[p] for p in params] if self.names else [{} for _ in params]
        alike: dict[Any, list[int]] = {}
        for i, (p, state) in enumerate(zip(params, self.states, strict=True)):
            alike.setdefault(_kind(i, p, state, scalars, arrays), []).append(i)
        self.where = list(alike.values())
        kind = scalar_type()
        self.batches = [Batch([params[i] for i in where], scalars, arrays, optimizer._n_work,
                              [self.states[i] for i in where], kind) for where in self.where]
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


def _values(states: list[Any]) -> list[Any]:
    return list(chain.from_iterable([state.values() for state in states]))


def _kind(index: int, p: Any, state: dict[str, Any], scalars: dict[str, float], arrays: dict[str, Any]) -> Any:
    """What the parameters of one batch have in common."""
    if p._a.size > LARGE:
        return index
    values = tuple(float(state[name]) if name in state else start for name, start in scalars.items())
    return p._a.dtype, values, tuple(state.get(name) is None for name in arrays)
