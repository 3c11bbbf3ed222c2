"""Steps that are recorded, for ``differentiable=True``: the formula of an element runs on Tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Tensor, enable_grad, full_like, view_as_complex, view_as_real
from autograd.errors import fail
from autograd.inplace import check_writable, rebase
from autograd.tape import tick, wrap_node
from autograd.views import base_of

from .optimizer import kept, scalar_type
from .options import number

if TYPE_CHECKING:
    from .rule import RuleOptimizer


def step_recorded(optimizer: RuleOptimizer, group: dict[str, Any]) -> None:
    """Update the parameters of a group that have a gradient, as a differentiable function of all that enters."""
    options = {name: value.squeeze() if isinstance(value, Tensor) else value for name, value in group.items()}
    with enable_grad():
        for p in group["params"]:
            g = p.grad
            if g is not None:
                check_writable(p, f"{type(optimizer).__name__}.step with differentiable=True")
                _update(optimizer, options, p, g)


def _update(optimizer: RuleOptimizer, group: dict[str, Any], p: Any, g: Any) -> None:
    state, starts = optimizer.state[p], optimizer._arrays(group)
    scalars = {name: _scalar(name, state.get(name, start)) for name, start in optimizer._scalars(group).items()}
    fresh = not any(state.get(name) is not None for name in starts)
    here, gradient = _real(p), _real(g)
    old = [_real(state[name]) if state.get(name) is not None else _started(here, start)
           for name, start in starts.items()]
    constants = optimizer._constants(group, scalars)
    choices = tuple(map(bool, optimizer._choices(group, constants, fresh)))
    new, *arrays = optimizer._formula(choices, here, gradient, old, list(constants))
    for name, value in scalars.items():
        state[name] = value if isinstance(value, Tensor) else wrap_node(np.asarray(value, scalar_type()), None)
    for name, value in zip(starts, arrays, strict=True):
        state[name] = _back(p, value.clone() if value is gradient else value)
    _replace(p, _back(p, new))


def _scalar(name: str, value: Any) -> Any:
    """State that is one number; a Tensor only where it is part of the record."""
    if not getattr(value, "requires_grad", False):
        return kept(number(value))
    if name == "step":
        fail(RuntimeError, "`requires_grad` is not supported for `step` in differentiable mode")
    return value


def _started(like: Any, start: Any) -> Any:
    zeros = full_like(like.detach(), 0)
    return zeros if start is None else zeros + start


def _real(t: Any) -> Any:
    return view_as_real(t) if t.is_complex() else t


def _back(p: Any, value: Any) -> Any:
    return view_as_complex(value) if p.is_complex() else value


def _replace(p: Any, value: Any) -> None:
    """Give ``p`` the values and the history of ``value``, in memory of its own: what saved the old values keeps them.

    A view is written in place, so that its base has the values, too.
    """
    if base_of(p) is not None:
        p.copy_(value)
        return
    p._a = value._a
    p._vc = [p._vc[0] + 1, tick()]
    rebase(p, value._node)
