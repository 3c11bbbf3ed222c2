"""Tensors among other libraries: NumPy's protocols, DLPack, pickle, copy.

A NumPy function called on tensors is answered by the operation of the same meaning, so ``np.exp(t)`` and ``array +
t`` are recorded.
One that has no such operation is refused where it would cut the graph, and otherwise runs on the arrays.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from . import ops
from .dispatch import is_tensor
from .dtypes import native
from .errors import fail
from .primitive import COMPOSITES, REGISTRY
from .tape import new_leaf, wrap_node

if TYPE_CHECKING:
    pass

# NumPy's names where they differ from ours and the operation does not name its NumPy function itself.
_NAMES = {"power": "pow", "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt",
          "greater_equal": "ge", "conjugate": "conj_physical", "divide": "div", "multiply": "mul", "subtract": "sub",
          "negative": "neg", "absolute": "abs", "invert": "bitwise_not", "left_shift": "bitwise_left_shift",
          "right_shift": "bitwise_right_shift", "rint": "round", "degrees": "rad2deg", "radians": "deg2rad"}
_REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "amax", "minimum": "amin", "logical_and": "all",
               "logical_or": "any"}


def public(name: str) -> Callable[..., Any] | None:
    """The operation called ``name``."""
    if name not in REGISTRY and name not in COMPOSITES:
        ops.load_all()
    found = REGISTRY.get(name) or COMPOSITES.get(name)
    return None if found is None else found.function


@functools.cache
def _by_numpy() -> dict[Any, Callable[..., Any]]:
    """The operation that answers each NumPy function, where the operations say so."""
    ops.load_all()
    operations: list[Any] = [*COMPOSITES.values(), *REGISTRY.values()]
    return {f: op.function for op in operations for f in op.numpy}


def _answer(ufunc: np.ufunc) -> Callable[..., Any] | None:
    return _by_numpy().get(ufunc) or public(_NAMES.get(ufunc.__name__, ufunc.__name__))


def _op(name: str, *renames: str, **defaults: Any) -> Callable[..., Any]:
    """Our ``name`` with NumPy's ``axis``/``keepdims`` spelling."""
    spelled = {"axis": "dim", "keepdims": "keepdim", "dtype": "dtype"}
    spelled.update(dict(r.split("=") for r in renames))

    def call(*args: Any, **kwargs: Any) -> Any:
        function = public(name)
        assert function is not None, name
        kwargs = {spelled.get(k, k): v for k, v in {**defaults, **kwargs}.items() if v is not None and k != "out"}
        return function(*args, **kwargs)
    return call


def _variance(name: str) -> Callable[..., Any]:
    def call(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: bool = False,
             correction: int | None = None) -> Any:
        function = public(name)
        assert function is not None
        return function(a, axis, correction=ddof if correction is None else correction, keepdim=keepdims)
    return call


def _transpose(a: Any, axes: Any = None) -> Any:
    return a.permute(tuple(range(a.ndim))[::-1] if axes is None else tuple(axes))


def _concatenate(arrays: Any, axis: int | None = 0) -> Any:
    tensors = [x if is_tensor(x) else wrap_node(np.asarray(x), None) for x in arrays]
    if axis is None:
        tensors, axis = [t.reshape(-1) for t in tensors], 0
    return public("cat")(tensors, axis)  # type: ignore[misc]


def _where(condition: Any, *branches: Any) -> Any:
    condition = condition if is_tensor(condition) else wrap_node(np.asarray(condition, bool), None)
    return public("where")(condition, *branches)  # type: ignore[misc]


def _squeeze(a: Any, axis: Any = None) -> Any:
    return a.squeeze() if axis is None else a.squeeze(axis)


def _reshape(a: Any, /, shape: Any = None, order: str = "C", **kwargs: Any) -> Any:
    return a.reshape(kwargs.get("newshape", shape))


def _clip(a: Any, a_min: Any = None, a_max: Any = None, **kwargs: Any) -> Any:
    return a.clamp(kwargs.get("min", a_min), kwargs.get("max", a_max))


def _dot(a: Any, b: Any) -> Any:
    if getattr(a, "ndim", 0) == 0 or getattr(b, "ndim", 0) == 0:
        return public("mul")(a, b)  # type: ignore[misc]
    return public("tensordot")(a, b, ([-1], [max(b.ndim - 2, 0)]))  # type: ignore[misc]


_FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sum: _op("sum"), np.prod: _op("prod"), np.mean: _op("mean"), np.max: _op("amax"), np.min: _op("amin"),
    np.amax: _op("amax"), np.amin: _op("amin"), np.any: _op("any"), np.all: _op("all"), np.argmax: _op("argmax"),
    np.argmin: _op("argmin"), np.var: _variance("var"), np.std: _variance("std"), np.cumsum: _op("cumsum"),
    np.cumprod: _op("cumprod"), np.concatenate: _concatenate, np.where: _where, np.transpose: _transpose,
    np.stack: _op("stack"), np.vstack: _op("vstack"), np.hstack: _op("hstack"), np.dstack: _op("dstack"),
    np.expand_dims: _op("unsqueeze"), np.squeeze: _squeeze, np.reshape: _reshape, np.clip: _clip,
    np.broadcast_to: _op("expand"), np.swapaxes: _op("transpose"), np.moveaxis: _op("movedim"), np.ravel: _op("ravel"),
    np.roll: lambda a, shift, axis=None: public("roll")(a, shift, axis),  # type: ignore[misc]
    np.flip: lambda m, axis=None: m.flip(tuple(range(m.ndim)) if axis is None else axis),
    np.tile: _op("tile"), np.dot: _dot, np.inner: _op("inner"), np.outer: _op("outer"), np.trace: _op("trace"),
    np.tensordot: _op("tensordot", "axes=dims"), np.einsum: _op("einsum"), np.kron: _op("kron"),
    np.diag: _op("diag"), np.diagonal: _op("diagonal"), np.tril: _op("tril"), np.triu: _op("triu"),
    np.copy: _op("clone"),
    np.zeros_like: _op("zeros_like"), np.ones_like: _op("ones_like"), np.full_like: _op("full_like"),
    np.empty_like: _op("empty_like"), np.allclose: _op("allclose"), np.isclose: _op("isclose"),
    np.array_equal: _op("equal"), np.nan_to_num: _op("nan_to_num"), np.round: _op("round"), np.real: _op("real"),
    np.imag: _op("imag"), np.shape: lambda a: tuple(a.shape), np.ndim: lambda a: a.ndim,
    np.size: lambda a, axis=None: a.numel() if axis is None else a.shape[axis],
    np.argsort: lambda a, axis=-1, kind=None, **_: public("argsort")(a, axis, stable=kind == "stable"),  # type: ignore[misc]
    np.sort: lambda a, axis=-1, **_: public("sort")(a, axis)[0],  # type: ignore[misc]
    np.take: lambda a, indices, axis=None: (a.reshape(-1)[indices] if axis is None
                                            else a[(slice(None),) * (axis % a.ndim) + (indices,)]),
    np.linalg.inv: _op("linalg_inv"), np.linalg.det: _op("linalg_det"), np.linalg.solve: _op("linalg_solve"),
    np.linalg.cholesky: _op("linalg_cholesky"), np.linalg.norm: _op("linalg_norm"),
}


def _unwrap(value: Any, grads: list[bool]) -> Any:
    if is_tensor(value):
        grads.append(value.requires_grad)
        return value._a
    if isinstance(value, (list, tuple)):
        return type(value)([_unwrap(v, grads) for v in value])
    return value


class Protocols:
    """The protocols as methods, for `Tensor` to inherit."""

    __slots__ = ()

    # NumPy asks the operand of highest priority first.
    __array_priority__ = 1000

    if TYPE_CHECKING:
        _a: np.ndarray[Any, Any]
        _node: Any
        _vc: list[int]
        grad: Any

        @property
        def is_leaf(self) -> bool: ...

        @property
        def requires_grad(self) -> bool: ...

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """The values as an array: detached, sharing memory where the dtype allows."""
        if dtype is not None and np.dtype(dtype) != self._a.dtype:
            return self._a.astype(dtype)
        return self._a.copy() if copy else self._a

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        if out is not None:
            return _into(ufunc, method, inputs, out, kwargs)
        inputs = tuple([np.asarray(x) if isinstance(x, (list, tuple)) else x for x in inputs])
        if method == "reduce" and ufunc.__name__ in _REDUCTIONS and not kwargs.keys() - {"axis", "keepdims", "dtype"}:
            function = public(_REDUCTIONS[ufunc.__name__])
            axis = kwargs.get("axis", 0)
            if function is not None:
                x = inputs[0]
                axis = tuple(range(x.ndim)) if axis is None else axis
                return function(x, axis, keepdim=bool(kwargs.get("keepdims")))
        function = _answer(ufunc) if method == "__call__" and not kwargs else None
        if function is not None:
            return function(*inputs)
        return _on_arrays(getattr(ufunc, method), f"np.{ufunc.__name__}", inputs, kwargs)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        ours = _FUNCTIONS.get(function) or _by_numpy().get(function)
        if ours is not None:
            return ours(*[wrap_node(a, None) if isinstance(a, np.ndarray) else a for a in args], **kwargs)
        return _on_arrays(function, f"np.{function.__name__}", args, kwargs)

    def __dlpack__(self, **kwargs: Any) -> Any:
        if self.requires_grad:
            fail(BufferError, "Can't export tensors that require gradient, use tensor.detach()")
        return self._a.__dlpack__(**{k: v for k, v in kwargs.items() if v is not None})

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._a.__dlpack_device__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        attributes = dict(self.__dict__)
        array = np.ascontiguousarray(self._a).reshape(self._a.shape)
        return _rebuild, (type(self), array, self.requires_grad, attributes)

    def __copy__(self) -> Any:
        """Another tensor on the same memory, with the same history; a leaf's gradient is shared, its hooks are not."""
        t = _rebuild(type(self), self._a, self.is_leaf and self.requires_grad, dict(self.__dict__))
        t._vc = self._vc
        if self.is_leaf:
            t.grad = self.grad
        else:
            t._node = self._node
        return t

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.is_leaf:
            fail(RuntimeError, "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                               "protocol at the moment; use detach() first, or clone() to keep the graph")
        if id(self) in memo:
            return memo[id(self)]
        t = _rebuild(type(self), self._a.copy(), self.requires_grad, copy.deepcopy(self.__dict__, memo))
        memo[id(self)] = t
        if self.grad is not None:
            t.grad = copy.deepcopy(self.grad, memo)
        return t


def _rebuild(cls: type, array: np.ndarray[Any, Any], requires_grad: bool, attributes: dict[str, Any]) -> Any:
    t: Any = object.__new__(cls)
    array = native(array)
    t._a, t._vc, t._meta = array, [0, 0], None
    t._node = new_leaf(array) if requires_grad else None
    t.__dict__.update(attributes)
    return t


def _on_arrays(function: Callable[..., Any], name: str, args: Any, kwargs: Any) -> Any:
    grads: list[bool] = []
    args = [_unwrap(a, grads) for a in args]
    kwargs = {k: _unwrap(v, grads) for k, v in kwargs.items()}
    if any(grads):
        fail(TypeError, f"{name} has no differentiable counterpart here, and a tensor that requires grad would "
                        f"silently leave the graph. Call it on tensor.detach().numpy() if that is what you mean")
    return function(*args, **kwargs)


def _into(ufunc: np.ufunc, method: str, inputs: Any, out: Any, kwargs: Any) -> Any:
    """``np.add(x, y, out=array)``, which is also what ``array += tensor`` means."""
    if method != "__call__" or len(out) != 1:
        fail(TypeError, f"np.{ufunc.__name__} with out= on Tensors is not supported in this form")
    target = out[0]
    if is_tensor(target):
        result = getattr(ufunc, method)(*inputs, **kwargs)
        return target.copy_(result)
    return _on_arrays(ufunc, f"np.{ufunc.__name__} into an array", inputs, {**kwargs, "out": out})


def from_dlpack(ext_tensor: Any) -> Any:
    """A tensor on the memory of another library's array, through DLPack.

    >>> import autograd, numpy as np
    >>> autograd.from_dlpack(np.arange(3))
    tensor([0, 1, 2])
    """
    array = np.from_dlpack(ext_tensor)
    return wrap_node(array, None)
