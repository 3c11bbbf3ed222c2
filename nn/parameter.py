"""Tensors that a module owns: `Parameter`, which is trained, and `Buffer`, which is not."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.dtypes import DEFAULT
from autograd.errors import fail
from autograd.tape import new_leaf


class Parameter(Tensor):
    """A tensor that becomes a parameter of the module it is assigned to.

    Args:
        data: the values; the parameter shares their memory.
        requires_grad: whether it is trained.

    >>> import autograd, nn
    >>> nn.Parameter(autograd.tensor([1., 2.]))
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        _share(self, data)
        if requires_grad:
            if self._a.dtype.kind not in "fc":
                fail(RuntimeError, "Only Tensors of floating point and complex dtype can require gradients, and this "
                                   f"one is {self._a.dtype}; give requires_grad=False, or a buffer")
            self._node = new_leaf(self._a)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that becomes a buffer of the module it is assigned to: state that is not trained.

    Args:
        data: the values; the buffer shares their memory.
        persistent: whether it is part of the module's ``state_dict``.
    """

    __slots__ = ()

    persistent: bool

    def __init__(self, data: Any = None, *, persistent: bool = True) -> None:
        _share(self, data)
        self.persistent = persistent


def _share(t: Any, data: Any) -> None:
    """Let ``t`` be the values of ``data``, with no history."""
    if data is None:
        t._a, t._vc = np.empty(0, DEFAULT.float), [0, 0]
    elif isinstance(data, Tensor):
        t._a, t._vc = data._a, data._vc
    else:
        fail(TypeError, f"{type(t).__name__}() takes a Tensor, not {type(data).__name__}; "
                        "make one with autograd.tensor(...)")
    t._node = t._meta = None
