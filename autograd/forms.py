"""The forms in which callers may write an operation.

PyTorch's functions take more than their own parameters: ``out=``, a tensor to write the result into (functions, not
methods), and NumPy's names for some parameters, ``axis`` for ``dim``. And they refuse what merely happens to work, such
as a number where a tensor belongs. None of this concerns the operations, nor what they call each other with, so it
stands here, once: each public function, and each method it matters to, is a *form* of its operation, written on first
use like the operation itself (``print(autograd.forms.text(autograd.sum))``). A call in the plain spelling pays for a
test or two.
"""

from __future__ import annotations

import functools
import types
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from . import codegen
from .dispatch import general, is_tensor
from .dtypes import from_numpy, numpy_dtype, scalar_type
from .errors import describe, fail
from .inplace import check_writable, write_result
from .modes import recording
from .on_first_call import lazy
from .out_names import WITH_OUT
from .primitive import Composite, Primitive
from .return_types import ReturnType
from .tape import wrap_node

#: The other names that PyTorch's parser takes for a parameter.
ALIASES = {"input": ("x", "a"), "other": ("x2",), "dim": ("axis",), "keepdim": ("keepdims",)}

_VARARGS, _VARKEYWORDS = 0x04, 0x08


class _Missing:
    """Stands for an argument that was not given."""

    def __repr__(self) -> str:
        return "<missing>"


MISSING = _Missing()


class Form:
    """A function as callers may write it.

    Attributes:
        name: of the function.
        inner: the function that it is a form of, in the plain spelling.
        params: the parameters of ``inner``: ``positional`` ones, then ``named`` ones.
        aliases: other names, by the parameter each means.
        extras: the parameters that ``inner`` does not have, in order.
        out: None where it takes no ``out=``; otherwise the mark of its name in `WITH_OUT`.
    """

    def __init__(self, found: Primitive | Composite, out: str | None, method: bool) -> None:
        self.found, self.name, self.inner, self.out, self.method = found, found.name, found.function, out, method
        self.op = found if isinstance(found, Primitive) else None

    def __getattr__(self, name: str) -> Any:
        """Its parameters, read when the first of them is asked for: an import makes hundreds of forms."""
        if name not in _PARTS:
            raise AttributeError(name)
        function = self.inner if self.op is None else self.op.forward
        code = function.__code__
        count, last = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
        self.positional, self.named = code.co_varnames[:count], code.co_varnames[count:last]
        self.spread = code.co_varnames[last] if code.co_flags & _VARARGS else ""
        self.rest = code.co_varnames[last + bool(self.spread)] if code.co_flags & _VARKEYWORDS else ""
        self.params = tuple(p for p in (*self.positional, self.spread, *self.named, self.rest) if p)
        self.defaults = codegen.defaults_of(function)
        self.required = tuple(p for p in (*self.positional, *self.named) if p not in self.defaults)
        taken = {*self.params, "out"}
        self.aliases = {a: p for p in (*self.positional[self.method:], *self.named) for a in ALIASES.get(p, ())
                        if a not in taken}
        self.optional = {p for p in self.aliases.values() if p in self.required}
        extras = [*self.aliases, *(["out"] if self.out is not None else [])]
        if extras[:1] == ["out"] and not self.spread:
            extras.insert(0, "excess_")  # what is given by position beyond the parameters ends up here
        self.extras = tuple(extras)
        return self.__dict__[name]

    # --- its text -----------------------------------------------------------------------------------------

    @property
    def signature(self) -> str:
        """The parameters; those of ours beyond the inner function's come by position where that is cheaper to call."""
        parts, missing = [], False
        for p in self.positional:
            missing = missing or p in self.optional
            default = f"default_{p}" if p in self.defaults else "missing" if missing else ""
            parts.append(f"{p}={default}" if default else p)
        extras = [f"{p}=None" for p in self.extras]
        parts += [f"*{self.spread}", *extras] if self.spread else extras
        if self.named and not self.spread:
            parts.append("*")
        parts += [f"{p}=default_{p}" if p in self.defaults else p for p in self.named]
        return ", ".join([*parts, *([f"**{self.rest}"] if self.rest else [])])

    @property
    def guard(self) -> list[str]:
        """The lines that send every call but the plain one to `respell`."""
        first = next((i for i, p in enumerate(self.positional) if p in self.optional), len(self.positional))
        absent = [p for p in self.positional[first:] if p in self.required]
        tensors = ("input", "other") if self.op is None else self.op.inputs
        absent = [p for p in absent if p not in tensors]  # those are missed where their arrays are asked for
        tests = [f"{p} is not None" for p in self.extras] + [f"{p} is missing" for p in absent]
        if not tests:
            return []
        return [f"    if {' or '.join(tests)}:",
                f"        return respell(form, {_tuple(self.params)}, {_tuple(self.extras)})"]

    @property
    def text(self) -> str:
        if self.op is not None:
            return codegen.function_text(self.op, self)
        call = [*self.positional, *([f"*{self.spread}"] if self.spread else []), *[f"{p}={p}" for p in self.named],
                *([f"**{self.rest}"] if self.rest else [])]
        return "\n".join([
            f"def {self.name}({self.signature}):", *self.guard,
            "    try:", f"        return inner({', '.join(call)})",
            "    except Exception as error:", f"        unsuited(form, error, {_tuple(self.params)})"])

    def names(self) -> dict[str, Any]:
        return {**(codegen.names_of(self.op) if self.op is not None else {}),
                **{f"default_{p}": value for p, value in self.defaults.items()},
                "form": self, "inner": self.inner, "missing": MISSING,
                "respell": respell, "foreign": foreign, "unsuited": unsuited}

    def call(self, given: dict[str, Any]) -> Any:
        """The inner function, of arguments by name."""
        return self.inner(*[given[p] for p in self.positional], *given.get(self.spread, ()),
                          **{p: given[p] for p in self.named}, **given.get(self.rest, {}))


def _tuple(names: Sequence[str]) -> str:
    return f"({', '.join(names)}{',' if names else ''})"


def text(function: Callable[..., Any]) -> str:
    """The text of a public function."""
    form: Form | None = getattr(function, "form", None)
    return form.text if form is not None else codegen.function_text(function.op)  # type: ignore[attr-defined]


# --- making them ------------------------------------------------------------------------------------------

_PARTS = frozenset(("positional", "named", "spread", "rest", "params", "defaults", "required", "aliases", "optional",
                    "extras"))
_SPELLED = frozenset(ALIASES) - {"input"}
_made: dict[tuple[Any, str | None, bool], Any] = {}


def _form(function: Any, out: str | None, method: bool) -> Any:
    """``function`` as callers may write it; the same one each time, and itself where nothing is to be added."""
    found = getattr(function, "op", None) or getattr(function, "composite", None)
    if found is None or (isinstance(found, Primitive) and (found.varargs or (
            method and _SPELLED.isdisjoint(found.params) and not (found.promote and len(found.inputs) > 1)))):
        return function
    key = (function, out, method)
    if key not in _made:
        made = _made[key] = lazy(found.name, form := Form(found, out, method), _text_of, Form.names)
        made.__doc__, made.__module__, made.__qualname__ = function.__doc__, function.__module__, function.__qualname__
        made.__wrapped__, made.form = function, form
        if isinstance(found, Primitive):
            made.op = found
    return _made[key]


def _text_of(form: Form) -> str:
    return form.text


def method_form(function: Callable[..., Any]) -> Any:
    """A method of Tensor, from the operation's function."""
    return _form(function, None, True)


@functools.cache
def _with_out(module: str) -> dict[str, str]:
    """The names with ``out`` in a public module, and their marks."""
    return {name.rstrip("=~"): name[-1] if name[-1] in "=~" else "" for name in WITH_OUT.get(module, "").split()}


def public_form(module: str, name: str, function: Any) -> Any:
    """What stands under ``name`` in a public module, where an operation's function was imported."""
    made = _form(function, _with_out(module).get(name), False)
    if made is not function and made.__module__ == function.__module__:  # not published before
        made.__module__, made.__qualname__ = module, name
    return made


def publish(namespace: dict[str, Any]) -> None:
    """Replace the operations in the namespace of a public module by their public forms."""
    module = namespace["__name__"]
    for name, value in namespace.items():
        if value.__class__ is types.FunctionType:
            namespace[name] = public_form(module, name, value)


# --- calls that are not plain -----------------------------------------------------------------------------


def respell(form: Form, values: tuple[Any, ...], extras: tuple[Any, ...]) -> Any:
    """Run a call that gave arguments by other names, too few of them, or ``out``."""
    named, given = dict(zip(form.params, values, strict=True)), dict(zip(form.extras, extras, strict=True))
    out = given.pop("out", None)
    for name, value in given.items():
        if value is None:
            continue
        p = form.aliases.get(name, "")
        if not p or named[p] is not form.defaults.get(p, MISSING):
            if name == form.extras[0]:
                most = len(form.positional)
                fail(TypeError, f"{form.name}() takes {most} positional argument{'s'[:most != 1]} but more were given"
                                + (f", or both {p!r} and {name!r}" if p else ""))
            fail(TypeError, f"{form.name}() got both {p!r} and {name!r}, which mean the same")
        named[p] = value
    _check_given(form, named)
    return form.call(named) if out is None else _into(form, out, named)


def _check_given(form: Form, named: dict[str, Any]) -> None:
    absent = [f'"{p}"' for p in form.required if named[p] is MISSING]
    if absent:
        fail(TypeError, f"{form.name}() missing {len(absent)} required positional arguments: {', '.join(absent)}")


def foreign(form: Form, values: tuple[Any, ...]) -> Any:
    """Run a call of an operation on arguments that are not all Tensors."""
    op = form.op
    assert op is not None
    named = dict(zip(op.params, values, strict=True))
    _check_given(form, named)
    if op.promote is not None and not op.variadic:
        numbers = [p for p in op.inputs if isinstance(named[p], (int, float, complex))]
        for p in numbers:
            if p not in op.numbers or (len(numbers) == len(op.inputs) and not op.numbers_alone):
                fail(TypeError, _must_be_tensor(form, p, named[p]))
    return general(op, values)


def _must_be_tensor(form: Form, p: str, value: Any) -> str:
    place = f" (position {form.positional.index(p) + 1})" if p in form.positional else ""
    wanted = "tuple of Tensors" if isinstance(value, (list, tuple)) else "Tensor"
    return (f"{form.name}(): argument {p!r}{place} must be {wanted}, not {type(value).__name__} ({describe(value)}); "
            f"make one with autograd.tensor(...)")


def unsuited(form: Form, error: Exception, values: tuple[Any, ...]) -> NoReturn:
    """Raise ``error``, or say which argument is no Tensor where that is what went wrong."""
    if isinstance(error, TypeError):
        raise error
    named = dict(zip(form.params, values, strict=True))
    _check_given(form, named)
    if isinstance(error, AttributeError):
        for p, value in named.items():
            if not is_tensor(value) and value is not form.defaults.get(p, MISSING) and _holds(value, error.obj):
                raise TypeError(_must_be_tensor(form, p, value)) from error
    first = form.params[0]
    number = isinstance(named[first], (int, float, complex))
    if first in _TENSORS and not (_has_tensor(named[first]) or named[first] in ((), [])
                                  or (number and form.name in _NUMBER_FIRST)):
        raise TypeError(_must_be_tensor(form, first, named[first])) from error
    raise error


def _holds(value: Any, part: Any) -> bool:
    """Whether ``part`` is ``value``, or is among its elements and theirs."""
    return value is part or (isinstance(value, (list, tuple)) and any(_holds(v, part) for v in value))


#: Names of a first parameter that takes a tensor, or a sequence of them.
_TENSORS = frozenset((
    "input", "self", "tensor", "tensors", "matrices", "elements", "input1", "x", "x1", "y", "a", "b", "anchor",
    "condition", "indices", "logits", "log_probs", "query", "theta", "A", "B", "L", "LD", "LU", "LU_data"))
#: Composites that take a number there, too.
_NUMBER_FIRST = frozenset(("bucketize", "div", "float_power", "isin", "pow"))


# --- out= -------------------------------------------------------------------------------------------------


def _into(form: Form, out: Any, named: dict[str, Any]) -> Any:
    """Run a call and write what it gives into ``out``, a tensor or a tuple of them; returns ``out``."""
    outs = list(out) if isinstance(out, (tuple, list)) else [out]
    for t in outs:
        if not is_tensor(t):
            fail(TypeError, f"{form.name}(): argument 'out' must be Tensor or tuple of Tensors, not "
                            f"{type(t).__name__} ({describe(t)})")
    if recording() and any(map(_requires_grad, (*named.values(), outs))):
        fail(RuntimeError, f"{form.name}(): functions with out=... arguments don't support automatic differentiation, "
                           "but one of the arguments requires grad. Call it under no_grad(), or without out=")
    if "dtype" in named and outs[0] is out:
        if named["dtype"] is form.defaults.get("dtype"):
            if not form.out:  # the result is computed in the type of out
                named["dtype"] = from_numpy(out._a.dtype)
        elif numpy_dtype(named["dtype"]) != out._a.dtype:
            fail(RuntimeError, f"{form.name}(): dtype {scalar_type(named['dtype'])} does not match dtype of out "
                               f"parameter ({scalar_type(out._a.dtype)})")
    result = form.call(named)
    if not isinstance(result, (tuple, list)):
        if outs[0] is not out:
            fail(TypeError, f"{form.name}(): argument 'out' must be Tensor, not {type(out).__name__}")
        return _write(form, out, result, any(map(_has_tensor, named.values())))
    if outs[0] is out or len(outs) != len(result):
        fail(TypeError, f"{form.name}(): argument 'out' must be tuple of {len(result)} Tensors, not "
                        f"{'one Tensor' if outs[0] is out else len(outs)}")
    made = [_write(form, t, r, True) for t, r in zip(outs, result, strict=True)]
    return type(result)(made) if isinstance(result, ReturnType) else tuple(made)


def _requires_grad(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(_requires_grad, value))
    return is_tensor(value) and value.requires_grad


def _has_tensor(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(_has_tensor, value))
    return is_tensor(value) or isinstance(value, (np.ndarray, np.generic))


def _write(form: Form, out: Any, result: Any, warn: bool) -> Any:
    """Write one tensor into another, which takes on its shape; ``warn`` where that was another, and not empty."""
    if isinstance(result, np.ndarray):
        result = wrap_node(result, None)
    shape, wanted = out._a.shape, result._a.shape
    source, target = result._a.dtype, out._a.dtype
    if source != target and (form.out == "=" or (form.out == "~" and target.kind == "c")):
        fail(RuntimeError, f"{form.name}(): Expected out tensor to have dtype {scalar_type(source)}, but got "
                           f"{scalar_type(target)} instead")
    check_writable(out, form.name)
    if shape != wanted:
        if warn and out._a.size:
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(shape)}, which does not "
                f"match the required output shape {list(wanted)}. This behavior is deprecated: give {form.name}() an "
                "out of the right shape, or an empty one, which t.resize_(0) makes of any tensor t.", stacklevel=4)
        out.resize_(wanted)
    return write_result(out, result, form.name)

