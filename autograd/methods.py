"""The table of Tensor's methods, from the registry of operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import creation, filled, ops, ranges  # noqa: F401 (fill the registry)
from .dispatch import constant
from .forms import method_form
from .inplace import check_writable, inplace, write_result
from .primitive import COMPOSITES, REGISTRY, Composite, Primitive

# Python's operators, by the operation that answers them.
OPERATORS = {
    "__add__": "add", "__radd__": "add", "__sub__": "sub", "__mul__": "mul", "__rmul__": "mul",
    "__truediv__": "true_divide", "__floordiv__": "floor_divide", "__mod__": "remainder", "__pow__": "pow",
    "__matmul__": "matmul", "__neg__": "neg", "__pos__": "positive", "__abs__": "abs", "__invert__": "bitwise_not",
    "__and__": "bitwise_and", "__rand__": "bitwise_and", "__or__": "bitwise_or", "__ror__": "bitwise_or",
    "__xor__": "bitwise_xor", "__rxor__": "bitwise_xor",
    "__lshift__": "bitwise_left_shift", "__rshift__": "bitwise_right_shift",
    "__eq__": "eq", "__ne__": "ne", "__lt__": "lt", "__le__": "le", "__gt__": "gt", "__ge__": "ge",
    "__getitem__": "slice_view", "__setitem__": "setitem",
}
COMPARISONS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
REFLECTED = {
    "__rsub__": "sub", "__rtruediv__": "true_divide", "__rdiv__": "true_divide",
    "__rfloordiv__": "floor_divide", "__rmod__": "remainder",
    "__rpow__": "pow", "__rmatmul__": "matmul", "__rlshift__": "bitwise_left_shift",
    "__rrshift__": "bitwise_right_shift",
}
IN_PLACE = {
    "__iadd__": "add_", "__isub__": "sub_", "__imul__": "mul_", "__itruediv__": "true_divide_",
    "__ifloordiv__": "floor_divide_", "__imod__": "remainder_", "__ipow__": "pow_", "__iand__": "bitwise_and_",
    "__ior__": "bitwise_or_", "__ixor__": "bitwise_xor_",
    "__ilshift__": "bitwise_left_shift_", "__irshift__": "bitwise_right_shift_",
}
# Attributes of Tensor, by the operation that gives them.
PROPERTIES = {"T": "reverse_dims", "mT": "matrix_transpose", "H": "hermitian", "mH": "adjoint", "real": "real",
              "imag": "imag"}


def _reflect(function: Callable[..., Any]) -> Callable[..., Any]:
    def reflected(self, other):  # type: ignore[no-untyped-def]
        if other.__class__ is float or other.__class__ is int:
            other = constant(other, self)
        return function(other, self)

    return reflected


def _comparison(function: Callable[..., Any]) -> Callable[..., Any]:
    """An operator that leaves objects it does not know to them, so that ``x == None`` is False."""
    def compare(self, other):  # type: ignore[no-untyped-def]
        try:
            return function(self, other)
        except TypeError:
            return NotImplemented

    return compare


def _where(self, condition, other):  # type: ignore[no-untyped-def]
    """``self`` where ``condition`` holds, ``other`` elsewhere; see `autograd.where`."""
    return COMPOSITES["where"].function(condition, self, other)


def _polygamma(self, n):  # type: ignore[no-untyped-def]
    """Derivative number ``n`` of `digamma`; see `autograd.polygamma`."""
    return COMPOSITES["polygamma"].function(n, self)


def _inplace_composite(c: Composite) -> Callable[..., Any]:
    name = c.name + "_"
    function = method_form(c.function)

    def method(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        check_writable(self, name)
        # On a copy: what the inner operations save must outlive the write.
        return write_result(self, function(REGISTRY["clone"].function(self), *args, **kwargs), name)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In-place form of `{c.name}`: writes the result into ``self`` and returns it."
    method.__wrapped__ = c.function  # type: ignore[attr-defined]
    return method


def _method(name: str) -> Callable[..., Any]:
    """The method of this name, from operations that are imported."""
    found: Any = REGISTRY.get(name) or COMPOSITES.get(name)
    if found is not None:
        return method_form(found.function)  # type: ignore[no-any-return]
    name = name.removesuffix("_")
    return _inplace(REGISTRY[name]) if name in REGISTRY else _inplace_composite(COMPOSITES[name])


def _inplace(op: Primitive) -> Callable[..., Any]:
    return inplace(op, method_form(op.function))


class Deferred:
    """Stands in a class for a method of a family of `ops.DEFERRED`: looked up, it imports the family and gives way."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = owner

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        family = ops.METHODS[self.name]
        ops.load(family)
        for name, value in list(vars(self.owner).items()):  # all of the family at once: each change of a class costs
            if isinstance(value, Deferred) and ops.METHODS[name] == family:
                setattr(self.owner, name, _method(name))
        return _method(self.name).__get__(instance, owner)


def table() -> dict[str, Any]:
    """Every bound method of Tensor by name."""
    found: dict[str, Any] = {name: Deferred(name) for name in ops.METHODS}
    for op in REGISTRY.values():
        if op.method:
            found[op.name] = method_form(op.function)
        if op.inplace:
            found[op.name + "_"] = _inplace(op)
    for c in COMPOSITES.values():
        if c.method:
            found[c.name] = method_form(c.function) if c.public else c.function
        if c.inplace:
            found[c.name + "_"] = _inplace_composite(c)
    public = {**{n: op.function for n, op in REGISTRY.items()}, **{n: c.function for n, c in COMPOSITES.items()}}
    for dunder, name in OPERATORS.items():
        if name in public:
            found[dunder] = _comparison(public[name]) if dunder in COMPARISONS else public[name]
    found["where"], found["polygamma"] = _where, _polygamma
    found["polygamma_"] = found.pop("polygamma_order_")
    for dunder, name in REFLECTED.items():
        if name in public:
            found[dunder] = _reflect(public[name])
    for dunder, name in IN_PLACE.items():
        if name in found:
            found[dunder] = found[name]
    for attribute, name in PROPERTIES.items():
        if name in public:
            found[attribute] = property(public[name], found.get(f"set_{attribute}"), doc=public[name].__doc__)
    return found
