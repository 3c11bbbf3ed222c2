"""Exceptions and how their words are put together.

The types are PyTorch's: ``RuntimeError`` for shapes and graphs, ``TypeError`` for arguments of the wrong
kind, ``IndexError`` for dimensions and indices out of range, ``ValueError`` for values out of range.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, NoReturn

import numpy as np


class DeviceError(RuntimeError, AssertionError):
    """A device other than the CPU was asked for. PyTorch without CUDA raises an AssertionError, so it is one, too."""


class LinAlgError(RuntimeError):
    """A matrix the algorithm cannot take: singular, or not positive definite.

    >>> import autograd
    >>> autograd.linalg.inv(autograd.zeros(1, 1))
    Traceback (most recent call last):
    autograd.errors.LinAlgError: linalg.inv: The diagonal element 1 is zero, the inversion could not be completed ...
    """


class NonDifferentiableError(NotImplementedError):
    """A gradient was asked of an operation whose derivative is not defined.

    >>> import autograd
    >>> x = autograd.tensor([1.5], requires_grad=True)
    >>> try:
    ...     (x // 1.).backward()
    ... except autograd.NonDifferentiableError:
    ...     print("no derivative")
    no derivative
    """


#: The public functions that are made of operations, with their names, by their code: what goes wrong inside one names
#: its call.
CALLS: dict[CodeType, tuple[str, Callable[..., Any]]] = {}



def fail(kind: type[Exception], message: str) -> NoReturn:
    """Raise an error. Another one that this library is handling is left out of the traceback: the message says in our
    words what NumPy said in its own. One that the program handles while it calls us stays."""
    # No variable holds it: its traceback holds this frame, and such a cycle would keep what the program frees.
    raise _made(kind, message + _outer_call())


def _made(kind: type[Exception], message: str) -> Exception:
    error = kind(message)
    error._said = True  # type: ignore[attr-defined]
    handled = sys.exc_info()[2]
    if handled is not None and _is_ours(handled.tb_frame):
        error.__cause__ = None  # as "from None" does
    return error


def _is_ours(frame: FrameType) -> bool:
    return (str(frame.f_globals.get("__name__")).partition(".")[0] in _PACKAGES
            or frame.f_code.co_filename.startswith("<autograd "))  # written functions


def no_attribute(module: str, name: str, hint: str = "") -> AttributeError:
    """The error for a name that a module does not have; it tells the name that was probably meant, or the ``hint``."""
    if not hint and not name.startswith("_"):
        from difflib import get_close_matches  # loaded where something went wrong

        near = get_close_matches(name, [n for n in dir(sys.modules[module]) if not n.startswith("_")], 1)
        hint = f"; did you mean {near[0]}?" if near else ""
    # An object without attributes: the interpreter would add its own guess to tracebacks, which notebooks do not show.
    return AttributeError(f"module {module!r} has no attribute {name!r}{hint}", name=name, obj=None)


_PACKAGES = ("autograd", "nn", "optim")


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line outside this library that the call came from, so that each such line warns once."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _is_ours(frame):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _outer_call() -> str:
    """The call of the outermost function of `CALLS` that is running, to end a message with.

    The stack is read only when something went wrong, so naming the call costs nothing where all is well.
    """
    frame, outer = sys._getframe(2), None
    while frame is not None:
        if frame.f_code in CALLS:
            outer = frame
        frame = frame.f_back  # type: ignore[assignment]
    if outer is None:
        return ""
    code = outer.f_code
    names = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
    name, function = CALLS[code]
    return f"\n  in {_call_text(name, {n: outer.f_locals.get(n) for n in names}, function)}"


_SHOWN = 8


def describe(value: Any) -> str:
    """A short description of an argument: ``float32 [2, 3]`` for a tensor, the value otherwise."""
    array = getattr(value, "_a", value)
    if isinstance(array, (np.ndarray, np.generic)):
        return f"{array.dtype} {list(array.shape)}"
    if isinstance(value, (list, tuple)) and any(hasattr(v, "_a") for v in value):
        shown = [describe(v) for v in value[:_SHOWN]] + ([f"... ({len(value)} in all)"] if len(value) > _SHOWN else [])
        return "[" + ", ".join(shown) + "]"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _call_text(name: str, named: dict[str, Any], function: Callable[..., Any] | None) -> str:
    """A call with its arguments, without the options that ``function`` has by default."""
    defaults: dict[str, Any] = {}
    if function is not None:
        code, values = function.__code__, function.__defaults__ or ()
        defaults = dict(zip(code.co_varnames[code.co_argcount - len(values):code.co_argcount], values, strict=True))
        defaults.update(function.__kwdefaults__ or {})
    shown = [f"{k}: {describe(v)}" for k, v in named.items() if k not in defaults or not _same(v, defaults[k])]
    return f"{name}({', '.join(shown)})"


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and isinstance(value, (int, float, str, tuple))
                                and bool(value == default))


def _broadcast_message(shapes: list[tuple[int, ...]]) -> str | None:
    """PyTorch's sentence for two shapes that do not broadcast, or None where all do."""
    first: tuple[int, ...] = shapes[0]
    for second in shapes[1:]:
        ndim = max(len(first), len(second))
        a = (1,) * (ndim - len(first)) + tuple(first)
        b = (1,) * (ndim - len(second)) + tuple(second)
        for d in range(ndim - 1, -1, -1):
            if a[d] != b[d] and a[d] != 1 and b[d] != 1:
                return (f"The size of tensor a ({a[d]}) must match the size of tensor b ({b[d]}) "
                        f"at non-singleton dimension {d}; sizes must be equal or 1, "
                        f"use unsqueeze or reshape to line dimensions up")
        first = tuple(max(m, n) if m and n else 0 for m, n in zip(a, b, strict=True))
    return None


# What PyTorch says where NumPy refuses the minus sign for bools.
_BOOLEAN = (
    "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or "
    "`logical_not()` operator instead.",
    "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator "
    "instead.",
)


def explain(op: Any, error: Exception, named: dict[str, Any]) -> Exception:
    """``error`` from inside an operation, as an exception of PyTorch's type that names the call.

    Args:
        op: the operation, or its name.
        error: what its computation raised.
        named: the arguments by name.
    """
    if getattr(error, "_explained", False):
        return error
    op_name, broadcasts = getattr(op, "name", op), getattr(op, "broadcasts", False)
    message = str(error)
    kind: type[Exception] = type(error)
    if isinstance(error, np.exceptions.AxisError):
        kind = IndexError
        ndim = error.ndim if error.ndim is not None else 0
        limit = max(ndim, 1)
        message = (f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], "
                   f"but got {error.axis})")
    elif isinstance(error, np.linalg.LinAlgError):
        kind = LinAlgError
    elif kind is ValueError and broadcasts:
        shapes = [np.shape(getattr(v, "_a", v)) for v in named.values() if hasattr(v, "_a")]
        found = _broadcast_message(shapes) if len(shapes) > 1 else None
        if found is not None:
            kind, message = RuntimeError, found
    elif kind is ValueError and not getattr(error, "_ours", False):
        kind = RuntimeError
    elif "umpy boolean" in message:
        kind, message = RuntimeError, _BOOLEAN[op_name in ("sub", "rsub")]
    elif kind.__module__ == "numpy.exceptions" or kind.__name__.startswith("_UFunc"):
        kind = TypeError
    elif kind is TypeError and message.startswith("ufunc") and "not supported for the input types" in message:
        types = ", ".join(str(v._a.dtype) for v in named.values() if hasattr(v, "_a"))
        kind, message = NotImplementedError, f'"{op_name}" not implemented for {types}'
    try:
        message, found, rest = message.partition("\n  in ")
        outer = found + rest if found else _outer_call()
        explained = kind(f"{message}\n  in {_call_text(op_name, named, getattr(op, 'forward', None))}{outer}")
    except Exception:  # an exception class with another constructor: keep it as it is
        return error
    explained._explained = True  # type: ignore[attr-defined]
    # What the first error adds is where it was raised, of use where this library did not foresee it.
    foreseen = getattr(error, "_said", False) or kind is LinAlgError or str(error) != message
    explained.__cause__ = None if foreseen else error
    return explained


def value_error(message: str) -> ValueError:
    """A ValueError of PyTorch's, kept as such (NumPy's own become RuntimeErrors)."""
    error = ValueError(message)
    error._ours = error._said = True  # type: ignore[attr-defined]
    return error
