"""The path of a call that is not plain: other types, mixed dtypes, special modes.

The functions written by `codegen` handle the common call themselves and come here for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import codegen, tape
from .dtypes import DEFAULT, combine
from .errors import describe, explain, fail
from .kernels.large import LARGE, elementwise
from .kernels.reduce import add_up, over_rows
from .modes import MODE, recording
from .on_first_call import RUNTIME
from .tape import INFERENCE, UNWRITTEN, Node, output_node, wrap_node
from .views import meta_of, recipe_of

if TYPE_CHECKING:
    from .primitive import Primitive

FLOAT32, FLOAT64 = np.dtype("float32"), np.dtype("float64")

def is_tensor(value: Any) -> bool:
    return hasattr(value, "_vc")


def general(op: Primitive, args: tuple[Any, ...]) -> Any:
    """Run ``op`` on arguments of any kind, all parameters by position."""
    if op.promote is not None and len(op.inputs) == 2:
        at = op.params.index(op.inputs[1])
        value = args[at]
        if value.__class__ is float or value.__class__ is int:
            number = constant(value, args[op.params.index(op.inputs[0])], op.promote == "float")
            if number is not value:
                return op.core(*args[:at], number, *args[at + 1:])
    named = dict(zip(op.params, args, strict=True))
    tensors = list(named[op.inputs[0]]) if op.variadic else [named[p] for p in op.inputs]
    if not any(map(is_tensor, tensors)):
        for value in tensors:
            custom = getattr(type(value), "__autograd_function__", None)
            if custom is not None:
                return custom(value, op, named)
        if any(isinstance(t, (np.ndarray, np.generic)) for t in tensors):
            return _on_arrays(op, named)
        if not (op.numbers_alone and all(isinstance(t, (int, float, complex)) for t in tensors)):
            fail(TypeError, _not_tensor_message(op, named, tensors))
        tensors[0] = wrap_node(_number(tensors[0], result_type(tensors[:1])), None)
    tensors = [_as_operand(op, named, v) for v in tensors]
    if op.promote is not None:
        tensors = promote(op, tensors)
    if op.variadic:
        named[op.inputs[0]] = tensors
    else:
        named.update(zip(op.inputs, tensors, strict=True))
    return op.core(*named.values())


def _on_arrays(op: Primitive, named: dict[str, Any]) -> Any:
    code = op.forward.__code__
    # NumPy makes scalars of 0-d results; a forward that writes into a copy of its input needs an array.
    values = [np.asarray(v) if isinstance(v, np.generic) and p in op.inputs else v for p, v in named.items()]
    out = op.forward(*values[:code.co_argcount], **dict(zip(op.params[code.co_argcount:],
                                                            values[code.co_argcount:], strict=True)))
    return out[0] if op.aux else out


def _not_tensor_message(op: Primitive, named: dict[str, Any], tensors: list[Any]) -> str:
    name = op.inputs[0]
    for p, v in zip(op.inputs, tensors, strict=False):
        if not isinstance(v, (int, float, complex)):
            name = p
            break
    value = named[name]
    return (f"{op.name}(): argument {name!r} must be Tensor, not {type(value).__name__} ({describe(value)}); "
            f"make one with autograd.tensor(...)")


def _as_operand(op: Primitive, named: dict[str, Any], value: Any) -> Any:
    """``value`` as a Tensor, a Python number for ops that promote, or None where the input is optional."""
    if is_tensor(value):
        return value
    if value is None and not op.variadic:
        defaults = codegen.defaults_of(op.forward)
        if all(p in defaults for p in op.inputs if named[p] is None):
            return None
    number = op.promote is not None and not op.variadic
    if number and isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (np.ndarray, np.generic)):
        return wrap_node(np.asarray(value), None)
    if number and isinstance(value, (int, float, complex)):
        return value
    name = next((p for p in op.inputs if named[p] is value), op.inputs[0])
    fail(TypeError, f"{op.name}(): argument {name!r} must be Tensor, not {type(value).__name__} "
                    f"({describe(value)}); make one with autograd.tensor(...)")


def promote(op: Primitive, values: Sequence[Any]) -> list[Any]:
    """The operands as Tensors of the operation's common type."""
    target = result_type(values)
    if op.promote == "float" and target.kind in "biu":
        target = DEFAULT.float
    return [v if v is None else cast(v, target) if is_tensor(v) else wrap_node(_number(v, target), None)
            for v in values]


def _number(value: Any, target: np.dtype[Any]) -> np.ndarray[Any, Any]:
    if target.kind in "iu" and not isinstance(value, bool):
        return np.array(value).astype(target)  # wraps around, as a cast does
    with np.errstate(over="ignore"):
        return np.array(value, target)


def result_type(values: Sequence[Any]) -> np.dtype[Any]:
    """PyTorch's result type of Tensors and Python numbers."""
    dimensioned: list[Any] = []
    zero_dim: list[Any] = []
    scalars: list[Any] = []
    for v in values:
        if is_tensor(v):
            (dimensioned if v._a.ndim else zero_dim).append(v._a.dtype)
        elif v is not None:
            scalars.append(v)
    return combine(dimensioned, zero_dim, scalars)


def cast(t: Any, target: np.dtype[Any]) -> Any:
    """``t`` converted to a NumPy dtype, recorded; ``t`` itself where it has that type."""
    return t if t._a.dtype == target else RUNTIME["to_dtype"](t, target)


#: 0-d Tensors of numbers that were asked for, but zeros: 0.0 and -0.0 are equal as keys.
_constants: dict[np.dtype[Any], dict[Any, Any]] = {FLOAT32: {}, FLOAT64: {}}
#: The same of types that not every number fits.
_other_constants: dict[np.dtype[Any], dict[Any, Any]] = {}
_MOST = 4096


def constant(value: Any, other: Any, to_float: bool = False) -> Any:
    """A Python number as a 0-d Tensor of ``other``'s dtype, or the number itself where the dtype would change."""
    array = getattr(other, "_a", None)
    if array is None:
        return value
    d = array.dtype
    known = _constants.get(d)
    if known is None:
        if d.kind != "f" and (d.kind != "i" or value.__class__ is not int or to_float):
            return value
        known = _other_constants.setdefault(d, {})
    found = known.get(value)
    if found is not None:
        return found
    try:
        made = wrap_node(_number(value, d), None)
    except OverflowError:
        return value
    if len(known) < _MOST and value != 0 and not math.isnan(value):
        known[value] = made
    return made


def mixed(arrays: list[np.ndarray[Any, Any]], to_float: bool) -> bool:
    """Whether the arrays of a variadic op need promotion."""
    first = arrays[0].dtype if arrays else FLOAT32
    return any(a.dtype is not first for a in arrays) or (to_float and first.kind in "biu")


def spread(op: Primitive, values: tuple[Any, ...], named: Any) -> Any:
    """The option that callers may spread: ``f(x, 2, 3)``, ``f(x, (2, 3))`` or ``f(x, shape=(2, 3))``."""
    if named is not None:
        if values:
            fail(TypeError, f"{op.name}() got {op.varargs!r} both by position and by name")
        return tuple(named) if isinstance(named, (list, tuple)) else (named,)
    if len(values) == 1 and isinstance(values[0], (tuple, list)):
        return tuple(values[0])
    return values


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """The sum of ``g`` over the dimensions along which ``shape`` was broadcast to it."""
    extra = g.ndim - len(shape)
    if extra == 1 and g.ndim == 2 and g.__class__ is np.ndarray and g.shape[1] == shape[0] and g.size:
        return over_rows(g)  # a bias
    if extra < 0 or g.size == 0:
        return RUNTIME["sum_to_size"](g, shape)
    axes = tuple(range(extra)) + tuple(
        [i + extra for i, n in enumerate(shape) if n == 1 and g.shape[i + extra] != 1])
    if g.__class__ is np.ndarray:
        if axes == (0,) and g.ndim == 2:
            g = over_rows(g)
        elif axes:
            g = add_up(g, axes, False)
        return g if g.shape == shape else np.reshape(g, shape)
    return RUNTIME["sum_to_size"](g, shape)


def unusual(t: Any, made: Any = None) -> Any:
    """Finish a new Tensor in a thread that may be in a special mode; ``made`` is the tuple it is part of, if any."""
    state = MODE.state
    if state.inference:
        t._vc = INFERENCE
    if not state.grad_enabled and recipe_of(t) is not None:
        meta_of(t).made = "no_grad"
    n = t._node
    if n is not None:
        _finish_node(n.edges[0] if n.__class__ is tape.Output else n, t if made is None else made)
    return t


def unusual_all(ts: tuple[Any, ...]) -> tuple[Any, ...]:
    for i, t in enumerate(ts):
        if i == 0 or MODE.state.inference:
            unusual(t, ts)
    return ts


def _finish_node(n: Node, t: Any) -> None:
    state = MODE.state
    if MODE.inferred and any(version is INFERENCE for _, _, version in n.op.saved_arrays(n)):
        fail(RuntimeError, f"Inference tensors cannot be saved for backward (by {n.op.name}). "
                           "To work around you can make a clone to get a normal tensor and use it in autograd")
    for observer in state.observers:
        observer.after_forward(n, t)
    if state.saved_hooks:
        pack_saved(n, *state.saved_hooks[-1])


def pack_saved(n: Node, pack: Callable[[Any], Any], unpack: Callable[[Any], Any]) -> None:
    """Hand each saved array of ``n`` to the saved-tensor hooks."""
    if not n.op.saves_tensors or not n.saved or not n.op.kept:
        return

    def packed(a: Any, version: list[int]) -> Any:
        return pack_array(a, version, pack, unpack) if isinstance(a, np.ndarray) else a

    by_name = dict(zip(n.op.saved_names, n.saved))
    for name in n.op.kept:
        if n.op.is_array_name(name):
            value, version = by_name[name], by_name[f"v_{name}"]
            many = isinstance(value, (list, tuple))
            by_name[name] = [packed(a, v) for a, v in zip(value, version)] if many else packed(value, version)
            # What the hooks keep is theirs: later writes to the tensor are none of the node's business.
            by_name[f"v_{name}"] = [UNWRITTEN] * len(value) if many else UNWRITTEN
    n.saved = tuple(by_name.values())
    tape.extra_of(n).packed = True


def pack_array(a: np.ndarray[Any, Any], version: list[int], pack: Callable[[Any], Any],
               unpack: Callable[[Any], Any]) -> tape.Packed:
    """An array that is saved, with this version counter, in the care of saved-tensor hooks."""
    t = wrap_node(a, None)
    t._vc, before = version, version[0]
    kept = pack(t)
    if version[0] != before:
        fail(RuntimeError, "A saved tensor pack hook is modifying its input in place. The tensor is still in use: let "
                           "the hook work on a clone()")
    return tape.Packed(kept, unpack)


def wrap_all(arrays: list[Any]) -> tuple[Any, ...]:
    return tuple([wrap_node(a, None) for a in arrays])


def attach_outputs(n: Node, ts: tuple[Any, ...]) -> None:
    """Give each floating output of a many-output node its place in the graph."""
    for i, t in enumerate(ts):
        if t._a.dtype.kind in "fc":
            t._node = output_node(n, i, t._a)


def conjugate(g: Any) -> Any:
    """The complex conjugate of an array or a Tensor."""
    return RUNTIME["conj_physical"](g) if is_tensor(g) else np.conjugate(g)


def conjugate_all(gs: Sequence[Any]) -> list[Any]:
    return [None if g is None else conjugate(g) for g in gs]


RUNTIME.update(
    ndarray=np.ndarray, asarray=np.asarray, Node=Node, MODE=MODE, recording=recording, UNWRITTEN=UNWRITTEN,
    float32=FLOAT32, float64=FLOAT64, general=general, constant=constant, mixed=mixed, spread=spread,
    explain=explain, unusual=unusual, unusual_all=unusual_all, wrap_all=wrap_all, Modified=tape.Modified,
    attach_outputs=attach_outputs, unbroadcast=unbroadcast, conjugate=conjugate, conjugate_all=conjugate_all,
    LARGE=LARGE, elementwise=elementwise,
)
