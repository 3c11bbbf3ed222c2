"""Writing in place: checks, memory, and history.

The in-place form of an operation computes the result as the operation does, writes it into the first input, and gives
that tensor the result's history.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .dispatch import cast, constant, is_tensor
from .dtypes import castable, scalar_type
from .errors import describe, explain, fail
from .modes import MODE, recording
from .node import INFERENCE, UNWRITTEN, Leaf, Node, tick, wrap_node, written
from .on_first_call import RUNTIME
from .views import Meta, base_of, chain_of, node_of, refuse_write, shares_memory, untraced

if TYPE_CHECKING:
    from .primitive import Primitive


def inplace(op: Primitive, function: Callable[..., Any]) -> Callable[..., Any]:
    """The in-place form ``name_`` of an operation, which writes the result of ``function`` into the first input."""
    name = op.name + "_"

    def method(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        check_writable(self, name)
        if op.ufunc is not None and not kwargs and len(args) == len(op.inputs) - 1 and _write_directly(op, self, args):
            return self
        return write_result(self, function(self, *args, **kwargs), name)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In-place form of `{op.name}`: writes the result into ``self`` and returns it."
    method.__wrapped__ = op.forward  # type: ignore[attr-defined]
    return method


def _write_directly(op: Primitive, self: Any, args: tuple[Any, ...]) -> bool:
    """Let NumPy write into ``self`` where nothing is recorded and no type changes."""
    a = self._a
    arrays = [a]
    for x in args:
        if is_tensor(x):
            if (x._node if x._meta is None else node_of(x)) is not None and recording():
                return False
            arrays.append(x._a)
        elif x.__class__ is float or x.__class__ is int:
            c = constant(x, self)
            if c is x:
                return False
            arrays.append(c._a)
        else:
            return False
    recorded = (self._node if self._meta is None else node_of(self)) is not None and recording()
    if recorded or any(b.dtype is not a.dtype for b in arrays):
        return False
    if a.dtype.kind not in "fc" and op.promote == "float":
        return False
    assert op.ufunc is not None
    try:
        op.ufunc(*arrays, out=a)
    except (ValueError, TypeError):
        return False  # the recorded path says what is wrong
    written(self._vc)
    return True


def check_writable(t: Any, name: str) -> None:
    """Raise where autograd's bookkeeping forbids writing to ``t``."""
    if t._vc is INFERENCE and not (not MODE.plain and MODE.state.inference):
        fail(RuntimeError, f"{name}: Inplace update to inference tensor outside InferenceMode is not allowed. "
                           "You can make a clone to get a normal tensor before doing inplace update")
    if not recording():
        return
    node = t._node
    if node.__class__ is Leaf:
        fail(RuntimeError, f"{name}: a leaf Variable that requires grad is being used in an in-place operation "
                           f"({describe(t)}). Write it under no_grad(), or use the out-of-place form")
    base = base_of(t)
    if base is not None:
        if base._node.__class__ is Leaf:
            fail(RuntimeError, f"{name}: a view of a leaf Variable that requires grad is being used in an in-place "
                               "operation. Write it under no_grad(), or use the out-of-place form")
        if node is not None or base._node is not None:
            _check_traced(t, name)


def _check_traced(t: Any, name: str) -> None:
    """Raise where ``t`` is a view through which no history can be written."""
    made = untraced(t)
    if made:
        refuse_write(t, made, "is being", f"{name}: ")


def write_result(self: Any, result: Any, name: str) -> Any:
    """Write ``result`` into ``self``, memory and graph; returns ``self``."""
    a, z = self._a, result._a
    if z.shape != a.shape:
        fail(RuntimeError, f"{name}: output with shape {list(a.shape)} doesn't match the broadcast shape "
                           f"{list(z.shape)}; the in-place form cannot grow a tensor, use the out-of-place form")
    if z.dtype != a.dtype:
        if not castable(z.dtype, a.dtype):
            fail(RuntimeError, f"{name}: result type {scalar_type(z.dtype)} can't be cast to the desired output type "
                               f"{scalar_type(a.dtype)}; convert the tensor first, or use the out-of-place form")
        result = cast(result, a.dtype)
        z = result._a
    node = result._node
    if node is not None:
        if self._meta is not None:
            _check_traced(self, name)
        _protect_saved(node, a, z, self._vc)
    if z is not a:
        try:
            a[...] = z
        except ValueError:
            raise explain(name, RuntimeError(
                "unsupported operation: more than one element of the written-to tensor refers to a single memory "
                "location, or the memory is read-only. Please clone() the tensor before"), {"self": self}) from None
    written(self._vc)
    if recording():
        rebase(self, node)
    return self


def _protect_saved(node: Node, a: np.ndarray[Any, Any], z: np.ndarray[Any, Any], version: list[int]) -> None:
    """Before ``a`` is overwritten by ``z``: what the node saved of the old contents is copied."""
    if not node.saved or not node.op.saves_tensors:
        return
    names = node.op.saved_names
    saved = list(node.saved)
    for i, name in enumerate(node.op.kept):
        value = saved[i]
        if not node.op.is_array_name(name) or not isinstance(value, np.ndarray):
            continue
        if value is z:
            saved[i] = a
            saved[names.index(f"v_{name}")] = version
        elif shares_memory(value, a):
            saved[i] = value.copy()
            saved[names.index(f"v_{name}")] = UNWRITTEN
    node.saved = tuple(saved)


def rebase(self: Any, node: Node | None) -> None:
    """Give ``self`` the history ``node`` after a write; a view passes it on to its base."""
    if node is not None:
        node.seq = tick()
    retains = isinstance(self._meta, Meta) and self._meta.retains
    if retains and self._node is not None and self._node.extra is not None:
        self._node.extra.retain = None  # the gradient kept is that of the tensor's last value
    base = base_of(self)
    if base is not None:
        base_node = base._node if base._meta is None else node_of(base)
        if node is not None or base_node is not None:
            value = wrap_node(self._a, node)
            scatter = RUNTIME["view_scatter"].op
            base._node = scatter.core(wrap_node(base._a, base_node), value, chain_of(self), True)._node
        node_of(self)
    else:
        self._node = node
    if retains and self._node is not None:
        RUNTIME["retain_grad"](self)


