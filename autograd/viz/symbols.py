"""Symbols: values that remember how they were computed.

A derivative rule is operators, ``np.*`` functions and primitives (see `autograd.primitive`). Run on `Symbol`s it
computes what it always computes and leaves, as a tree of `Expr`, the formula it computed it by. Conditions in a rule
see the values, so the formula is the one of the branch that ran.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tape import as_tensor

Array = np.ndarray[Any, Any]

#: NumPy's names of the functions that have a sign or a shape of their own in print, and ours.
NAMES = {
    "multiply": "mul", "subtract": "sub", "divide": "div", "true_divide": "div", "negative": "neg", "power": "pow",
    "absolute": "abs", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge", "equal": "eq",
    "not_equal": "ne", "bitwise_and": "and", "bitwise_or": "or", "logical_and": "and", "logical_or": "or",
    "invert": "not", "logical_not": "not", "conjugate": "conj", "conj_physical": "conj", "maximum": "maximum",
    "choose": "where", "sgn": "sign", "logical_xor": "xor", "bitwise_xor": "xor",
    "matrix_product": "matmul",
}


class Expr:
    """A formula: ``head`` of ``args`` and ``kwargs``.

    Attributes:
        head: ``"name"`` (args: the name), ``"value"`` (args: an array that is no variable of the rule), ``"item"`` (one
            of several results), ``"method"`` (args: the method's name, the object, arguments), ``"index"``, ``"numpy"``
            or ``"primitive"`` (args: the function's name, arguments), or the name of an elementwise function or sign.
    """

    __slots__ = ("args", "head", "kwargs")

    def __init__(self, head: str, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> None:
        self.head, self.args, self.kwargs = head, args, kwargs or {}

    def parts(self) -> list[Expr]:
        """The formulas it is made of, also inside lists and options."""
        return find_exprs((self.args, tuple(self.kwargs.values())))

    def __repr__(self) -> str:
        return f"Expr({self.head!r}, {self.args!r})"


def find_exprs(value: Any) -> list[Expr]:
    if isinstance(value, Expr):
        return [value]
    if isinstance(value, (list, tuple)):
        return [e for v in value for e in find_exprs(v)]
    return []


def _strip(value: Any, part: Callable[[Symbol], Any]) -> Any:
    """``value`` with ``part`` of the symbols in it, also inside sequences and slices."""
    if isinstance(value, Symbol):
        return part(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[_strip(v, part) for v in value])
    if isinstance(value, (list, tuple)):
        return type(value)([_strip(v, part) for v in value])
    if isinstance(value, dict):
        return {k: _strip(v, part) for k, v in value.items()}
    return value


def value_of(value: Any) -> Any:
    """``value`` with arrays in place of symbols."""
    return _strip(value, lambda s: s.value)


def expr_of(value: Any, numbers: bool = False) -> Any:
    """``value`` with formulas in place of symbols and arrays; with ``numbers``, numbers in place of 0-d arrays."""
    if isinstance(value, Symbol):
        return value.expr
    if hasattr(value, "_a"):
        value = value._a
    if isinstance(value, np.ndarray):
        return value.item() if numbers and value.ndim == 0 else Expr("value", (value,))
    if isinstance(value, np.generic):
        return value.item()
    if type(value) in (list, tuple):
        return type(value)([expr_of(v) for v in value])
    return value


def symbolic(value: Any, expr: Expr) -> Any:
    """The result ``value`` of ``expr`` as symbols: an array, a sequence of arrays, or a plain value as it is."""
    if hasattr(value, "_a"):
        value = value._a
    if isinstance(value, (np.ndarray, np.generic)):
        return Symbol(np.asarray(value), expr)
    if isinstance(value, (tuple, list)) and any(isinstance(v, (np.ndarray, np.generic)) for v in value):
        parts = [symbolic(v, Expr("item", (expr, i))) for i, v in enumerate(value)]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def apply(head: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None = None,
          name: str | None = None) -> Any:
    """``function`` of symbols, recorded under ``head`` (and ``name``, where the head is a kind of function)."""
    kwargs = kwargs or {}
    value = function(*value_of(args), **value_of(kwargs))
    before = () if name is None else (name,)
    return symbolic(value, Expr(head, (*before, *[expr_of(a, name is None) for a in args]),
                                {k: expr_of(v) for k, v in kwargs.items()}))


#: What is written as a function or a sign whatever computes it, and is computed element by element.
ELEMENTWISE = frozenset((
    "add", "sub", "mul", "div", "neg", "pow", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "xor", "where",
    "abs", "sign", "conj", "real", "imag", "exp", "exp2", "log", "log2", "log10", "log1p", "expm1", "sin", "cos", "tan",
    "sinh", "cosh", "tanh", "sqrt", "square", "reciprocal", "sigmoid", "erf", "digamma", "maximum", "minimum",
    "softplus", "floor", "trunc", "isnan", "isfinite", "isinf", "clip", "rsqrt", "hypot", "logaddexp"))

# Functions that answer NumPy's name and ours with the same arguments.
_SAME = frozenset(("matmul",))


class Symbol:
    """An array and the formula that made it."""

    __slots__ = ("expr", "value")
    __array_priority__ = 1000
    __hash__ = object.__hash__

    def __init__(self, value: Array, expr: Expr) -> None:
        self.value, self.expr = value, expr

    @classmethod
    def named(cls, name: str, value: Any) -> Symbol:
        """The variable ``name`` of a rule."""
        return cls(np.asarray(value), Expr("name", (name,)))

    # --- what rules ask of an array ----------------------------------------------------------------------

    shape = property(lambda self: self.value.shape)
    dtype = property(lambda self: self.value.dtype)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    base = property(lambda self: None)
    flags = property(lambda self: self.value.flags)
    nbytes = property(lambda self: self.value.nbytes)
    strides = property(lambda self: self.value.strides)

    def __len__(self) -> int:
        return len(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __index__(self) -> int:
        return int(self.value.__index__())

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def item(self) -> Any:
        return self.value.item()

    def tolist(self) -> Any:
        return self.value.tolist()

    def __getitem__(self, index: Any) -> Any:
        return symbolic(self.value[value_of(index)], Expr("index", (self.expr, expr_of(index))))

    @property
    def T(self) -> Any:
        return symbolic(self.value.T, Expr("transpose", (self.expr,)))

    @property
    def mT(self) -> Any:
        return symbolic(self.value.mT, Expr("mtranspose", (self.expr,)))

    @property
    def real(self) -> Any:
        return np.real(self)

    @property
    def imag(self) -> Any:
        return np.imag(self)

    # --- the ways in -------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if any(k in kwargs for k in ("out", "where")):
            return NotImplemented
        name = NAMES.get(ufunc.__name__, ufunc.__name__)
        if method == "__call__":
            if name in ELEMENTWISE or name in _SAME:
                return apply(name, ufunc, args, kwargs)
            return apply("numpy", ufunc, args, kwargs, ufunc.__name__)
        return apply("numpy", getattr(ufunc, method), args, kwargs, f"{ufunc.__name__}.{method}")

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = NAMES.get(function.__name__, function.__name__)
        if name in ELEMENTWISE:
            return apply(name, function, args, kwargs)
        module = getattr(function, "__module__", "numpy") or "numpy"
        prefix = "linalg." if module.endswith("linalg") else "fft." if "fft" in module else ""
        return apply("numpy", function, args, kwargs, prefix + function.__name__)

    def __autograd_function__(self, op: Any, named: dict[str, Any]) -> Any:
        """A primitive on symbols: computed on arrays, and written by its name."""
        positional = op.forward.__code__.co_argcount
        args = tuple([named[p] for p in op.params[:positional]])
        kwargs = {p: named[p] for p in op.params[positional:]}
        name = NAMES.get(op.name, op.name)

        def run(*args: Any, **kwargs: Any) -> Any:
            named = dict(zip(op.params, (*args, *kwargs.values()), strict=True))
            for p in op.inputs:  # arrays come out as arrays where every tensor is one
                v = named[p]
                if isinstance(v, (int, float, complex, np.generic)) or hasattr(v, "_a"):
                    named[p] = np.asarray(getattr(v, "_a", v))
                elif isinstance(v, (list, tuple)):
                    named[p] = [getattr(a, "_a", a) for a in v]
            return unwrapped(op.function(*[named[p] for p in op.params[:positional]],
                                         **{p: named[p] for p in op.params[positional:]}))

        if name in ELEMENTWISE and all(p in op.inputs for p in op.params):
            return apply(name, run, (*args, *kwargs.values()))
        if name == "matmul":
            return apply(name, run, args)
        return apply("primitive", run, args, kwargs, op.name)


def unwrapped(value: Any) -> Any:
    """Arrays in place of tensors."""
    if hasattr(value, "_a"):
        return value._a
    return type(value)([unwrapped(v) for v in value]) if type(value) in (list, tuple) else value


def _operator(name: str, function: Callable[..., Any], reverse: bool = False) -> Callable[..., Any]:
    def method(self: Symbol, other: Any) -> Any:
        if hasattr(other, "_a"):
            other = other._a
        return apply(name, function, (other, self) if reverse else (self, other))
    return method


def _array_method(name: str) -> Callable[..., Any]:
    def method(self: Symbol, *args: Any, **kwargs: Any) -> Any:
        return symbolic(getattr(self.value, name)(*value_of(args), **value_of(kwargs)),
                        Expr("method", (name, self.expr, *map(expr_of, args)),
                             {k: expr_of(v) for k, v in kwargs.items()}))
    return method


def _tensor_method(name: str) -> Callable[..., Any]:
    """A method that tensors have and arrays have not."""
    def method(self: Symbol, *args: Any, **kwargs: Any) -> Any:
        def run(value: Any, *args: Any, **kwargs: Any) -> Any:
            return unwrapped(getattr(as_tensor(value), name)(*args, **kwargs))
        return apply("primitive", run, (self, *args), kwargs, name)
    return method


for _name, _ufunc in {
        "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "pow": np.power,
        "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "matmul": np.matmul}.items():
    _head = {"truediv": "div"}.get(_name, _name)
    setattr(Symbol, f"__{_name}__", _operator(_head, _ufunc))
    setattr(Symbol, f"__r{_name}__", _operator(_head, _ufunc, reverse=True))
for _name, _ufunc in {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal,
                      "ne": np.not_equal}.items():
    setattr(Symbol, f"__{_name}__", _operator(_name, _ufunc))
for _name, _ufunc in {"floordiv": np.floor_divide, "mod": np.remainder}.items():
    setattr(Symbol, f"__{_name}__", lambda self, other, f=_ufunc: apply("numpy", f, (self, other), None, f.__name__))
Symbol.__neg__ = lambda self: apply("neg", np.negative, (self,))  # type: ignore[operator]
Symbol.__invert__ = lambda self: apply("not", np.invert, (self,))  # type: ignore[operator]
Symbol.__abs__ = lambda self: apply("abs", np.absolute, (self,))  # type: ignore[attr-defined]
for _name in ("sum", "mean", "prod", "any", "all", "max", "min", "reshape", "swapaxes", "transpose", "squeeze",
              "astype", "copy", "take", "ravel", "cumsum", "repeat", "diagonal", "conj", "conjugate", "argmax",
              "argsort", "flatten", "view", "clip", "nonzero"):
    setattr(Symbol, _name, _array_method(_name))
for _name in ("unsqueeze", "expand", "permute", "movedim", "narrow", "flip"):
    setattr(Symbol, _name, _tensor_method(_name))
