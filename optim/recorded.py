"""Steps that are recorded, for ``differentiable=True``: the rule for arrays runs on Tensors.

A rule writes with NumPy's ``out=`` into arrays that it is given. Here it is given cells that hold Tensors: what is
written into a cell takes the place of the Tensor in it, and nothing that was saved for backward is overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
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


class Cell(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array in a rule, and holds a Tensor (or nothing yet, as scratch)."""

    __slots__ = ("value",)

    def __init__(self, value: Any = None) -> None:
        self.value = value

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Cell:
        return _call(getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Cell:
        return _call(function, args, kwargs)

    def __setitem__(self, where: Any, value: Any) -> None:
        assert where is Ellipsis
        value = _held(value)
        self.value = value.clone() if isinstance(value, Tensor) else value  # a copy, as into an array


def _held(value: Any) -> Any:
    return value.value if isinstance(value, Cell) else value


def _call(function: Callable[..., Any], args: Any, kwargs: Any) -> Cell:
    out = kwargs.pop("out", None)
    result = function(*map(_held, args), **kwargs)
    if out is None:
        return Cell(result)
    cell: Cell = out[0] if isinstance(out, tuple) else out
    cell.value = result
    return cell


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
    here = Cell(_real(p))
    arrays = {}
    for name, start in starts.items():
        old = state.get(name)
        arrays[name] = Cell(_real(old) if old is not None else _started(here.value, start))
    constants = optimizer._constants(group, scalars)
    work = [Cell() for _ in range(optimizer._n_work)]
    optimizer._rule(group, here, Cell(_real(g)), list(arrays.values()), constants, work, fresh)  # type: ignore[arg-type]
    for name, value in scalars.items():
        state[name] = value if isinstance(value, Tensor) else wrap_node(np.asarray(value, scalar_type()), None)
    for name, cell in arrays.items():
        state[name] = _back(p, cell.value)
    _replace(p, _back(p, here.value))


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
