"""Tensors that a module owns: `Parameter`, which is trained, and `Buffer`, which is not."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor, empty
from autograd.dtypes import DEFAULT
from autograd.errors import fail
from autograd.on_first_call import RUNTIME
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


# For files, which tell parameters from other tensors.
RUNTIME["Parameter"] = Parameter

class Buffer(Tensor):
    """A tensor that becomes a buffer of the module it is assigned to: state that is not trained.

    Args:
        data: the values; the buffer shares their memory.
        persistent: whether it is part of the module's ``state_dict``.

    >>> import autograd, nn
    >>> module = nn.Module()
    >>> module.scale = nn.Buffer(autograd.ones(2))
    >>> dict(module.named_buffers()), list(module.parameters())
    ({'scale': tensor([1., 1.])}, [])
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


class Uninitialized:
    """A parameter or buffer that waits for its shape; using it before says so."""

    __slots__ = ()

    _becomes: type

    def _wait(self: Any, like: Tensor, requires_grad: bool) -> None:
        self._node = self._meta = None
        self._vc = [0, 0]
        self._like, self._wanted = like, requires_grad

    @property
    def _a(self) -> Any:
        fail(ValueError, "Attempted to use an uninitialized parameter. It belongs to a lazy module: call the module "
                         "with an input first, so that the parameter gets its shape")

    @property
    def shape(self) -> Any:
        """Raises: there is none yet."""
        fail(RuntimeError, "Can't access the shape of an uninitialized parameter or buffer. Call the module with an "
                           "input first, so that it gets its shape")

    @property
    def dtype(self: Any) -> Any:
        """The element type it will have."""
        return self._like.dtype

    @property
    def requires_grad(self: Any) -> bool:
        """Whether it will be trained."""
        return bool(self._wanted)

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        """Set whether it will be trained."""
        self._wanted = requires_grad
        return self

    def convert(self: Any, fn: Any) -> None:
        """Take the element type that ``fn`` gives a tensor."""
        self._like = fn(self._like)

    def materialize(self: Any, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Take on a shape; the values are not set."""
        wanted, like = self._wanted, self._like
        del self._wanted, self._like
        self.__class__ = self._becomes
        self._a = empty(tuple(shape), dtype=like.dtype if dtype is None else dtype)._a
        if wanted:
            self._node = new_leaf(self._a)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        return type(self), (self._wanted, None, self._like.dtype)

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self._wanted, None, self._like.dtype)
        return memo[id(self)]


#: The name that PyTorch has for it.
UninitializedTensorMixin = Uninitialized


def is_lazy(param: Any) -> bool:
    """Whether a parameter or buffer waits for its shape.

    >>> from nn.parameter import UninitializedParameter, is_lazy
    >>> is_lazy(UninitializedParameter())
    True
    """
    return isinstance(param, Uninitialized)


class UninitializedParameter(Uninitialized, Parameter):  # type: ignore[misc, override]
    """A parameter whose shape is not known yet; ``materialize(shape)`` makes it a `Parameter`.

    >>> import nn
    >>> p = nn.UninitializedParameter()
    >>> p.materialize((2, 3))
    >>> type(p).__name__, p.shape
    ('Parameter', Size([2, 3]))
    """

    __slots__ = ()

    _becomes = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        self._wait(empty(0, device=device, dtype=dtype), requires_grad)


class UninitializedBuffer(Uninitialized, Buffer):  # type: ignore[misc, override]
    """A buffer whose shape is not known yet; ``materialize(shape)`` makes it a `Buffer`.

    >>> import autograd, nn
    >>> buffer = nn.UninitializedBuffer()
    >>> buffer.materialize((2, 3))
    >>> buffer.shape
    Size([2, 3])
    """

    __slots__ = ()

    _becomes = Buffer

    def __init__(self, requires_grad: bool = False, device: Any = None, dtype: Any = None,
                 persistent: bool = True) -> None:
        self._wait(empty(0, device=device, dtype=dtype), requires_grad)
        self.persistent = persistent
