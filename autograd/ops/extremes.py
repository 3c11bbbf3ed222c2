"""The larger and the smaller of two, and clamping."""

from __future__ import annotations

import math

import numpy as np

from ..codegen import inline
from ..dispatch import cast, constant, is_tensor
from ..errors import fail
from ..kernels import maps
from ..primitive import alias, composite, primitive
from ..tape import as_tensor
from .checks import common_type, is_number, unsupported

#: Up to this many elements NumPy's calls take no longer than a compiled one.
_FEW = 256
#: Python's numbers up to this size are none too large for any floating type here, and integers have all their digits.
_EXACT = 2 ** 53
_FLOAT32, _FLOAT64 = np.dtype("float32"), np.dtype("float64")


def _refuse_complex(name, array):
    if array.dtype.kind == "c":
        fail(RuntimeError, f"{name} not implemented for complex tensors.")


# Written as "where the operand lost", so that a nan, which neither wins nor loses, passes the gradient on to both.
@primitive(
    vjp={"input": lambda g, input, other: np.where(input < other, 0, np.where(input == other, g / 2, g)),
         "other": lambda g, input, other: np.where(input > other, 0, np.where(input == other, g / 2, g))},
    broadcasts=True, promote="common", numpy=(np.maximum,),
    fast=inline("maximum(input, other) if input.dtype is float32 else None", maximum=np.maximum, float32=_FLOAT32),
)
def maximum(input, other):
    """The larger of two, element by element; nan where either is. At ties each gets half of the gradient.

    >>> import autograd
    >>> autograd.maximum(autograd.tensor([1., 5.]), autograd.tensor([3., 4.]))
    tensor([3., 5.])
    """
    _refuse_complex("maximum", input)
    return np.maximum(input, other)


@primitive(
    vjp={"input": lambda g, input, other: np.where(input > other, 0, np.where(input == other, g / 2, g)),
         "other": lambda g, input, other: np.where(input < other, 0, np.where(input == other, g / 2, g))},
    broadcasts=True, promote="common", numpy=(np.minimum,),
    fast=inline("minimum(input, other) if input.dtype is float32 else None", minimum=np.minimum, float32=_FLOAT32),
)
def minimum(input, other):
    """The smaller of two, element by element; nan where either is. At ties each gets half of the gradient.

    >>> import autograd
    >>> autograd.minimum(autograd.tensor([1., 5.]), autograd.tensor([3., 4.]))
    tensor([1., 4.])
    """
    _refuse_complex("minimum", input)
    return np.minimum(input, other)


@primitive(
    vjp={"input": lambda g, input, other: np.where((input >= other) | (other != other), g, 0),
         "other": lambda g, input, other: np.where((input >= other) | (other != other), 0, g)},
    broadcasts=True, promote="common", numpy=(np.fmax,),
)
def fmax(input, other):
    """The larger of two, element by element, ignoring a nan beside a number. At ties ``input`` gets the gradient.

    >>> import autograd
    >>> autograd.fmax(autograd.tensor([1., float("nan")]), autograd.tensor([3., 4.]))
    tensor([3., 4.])
    """
    _refuse_complex("fmax", input)
    return np.fmax(input, other)


@primitive(
    vjp={"input": lambda g, input, other: np.where((input <= other) | (other != other), g, 0),
         "other": lambda g, input, other: np.where((input <= other) | (other != other), 0, g)},
    broadcasts=True, promote="common", numpy=(np.fmin,),
)
def fmin(input, other):
    """The smaller of two, element by element, ignoring a nan beside a number. At ties ``input`` gets the gradient.

    >>> import autograd
    >>> autograd.fmin(autograd.tensor([1., float("nan")]), autograd.tensor([3., 4.]))
    tensor([1., 4.])
    """
    _refuse_complex("fmin", input)
    return np.fmin(input, other)


# --- clamping ---------------------------------------------------------------------------------------------


def _inside(input, min, max):
    if min is None:
        return input <= max
    return input >= min if max is None else (input >= min) & (input <= max)


def _clamped(input, min, max):
    if input.dtype.kind == "c":
        fail(NotImplementedError, "clamp is not supported for complex types")
    if min is None:
        return np.minimum(input, max)
    return np.maximum(input, min) if max is None else input.clip(min, max)


def _by_loop(form, arrays, low, high):
    """The compiled form; None where there is none, or where the bounds are not numbers of the arrays' type."""
    x = arrays[0]
    if x.__class__ is not np.ndarray or x.size <= _FEW or x.dtype.kind != "f":
        return None
    low, high = -math.inf if low is None else float(low), math.inf if high is None else float(high)
    return maps.apply(form, *arrays, numbers=(low, high)) if low <= high else None


def _clamp_numbers_rule(g, input, min, max):
    found = _by_loop(maps.clamp_grad, (g, input), min, max)
    return np.where(_inside(input, min, max), g, 0) if found is None else found


@primitive(vjp={"input": _clamp_numbers_rule}, method=False, node_name="ClampBackward1")
def clamp_numbers(input, min=None, max=None):
    """`clamp` between Python numbers."""
    found = _by_loop(maps.clamp, (input,), min, max)
    return _clamped(input, min, max) if found is None else found


@primitive(
    vjp={"input": lambda g, input, min, max: np.where(_inside(input, min, max), g, 0),
         "min": lambda g, input, min, max: np.where(
             input < min if max is None else (input < min) & (min < max), g, 0),
         "max": lambda g, input, min, max: np.where(
             input > max if min is None else (input > max) | (max < min), g, 0)},
    broadcasts=True, method=False, node_name="ClampBackward0",
)
def clamp_tensors(input, min=None, max=None):
    """`clamp` between tensors of the same type."""
    return _clamped(input, min, max)


def _limit(value, input):
    """A number that leaves the type of ``input`` as it is, or an array of it, or None; False for anything else."""
    if value.__class__ is float or value.__class__ is int:
        array = getattr(input, "_a", None)
        if array is not None and (array.dtype is _FLOAT32 or array.dtype is _FLOAT64) and -_EXACT <= value <= _EXACT:
            return float(value)  # NumPy takes it in the type of the array
        found = constant(value, input)
        if found is not value:
            return found._a
    return None if value is None else False


def _clamp(name, input, min, max):
    if min is None and max is None:
        fail(RuntimeError, f"{name}(): At least one of 'min' or 'max' must not be None")
    low, high = _limit(min, input), _limit(max, input)
    if low is not False and high is not False:
        return clamp_numbers(input, low, high)
    if is_number(input):
        fail(TypeError, f"{name}(): argument 'input' must be Tensor, not {type(input).__name__}")
    target = common_type(input, min, max)
    if target.kind == "b" and name == "clamp":
        unsupported("clamp", target)
    input = cast(input, target)
    if all(limit is None or is_number(limit) for limit in (min, max)):
        min, max = (None if limit is None else np.array(limit).astype(target) for limit in (min, max))
        return clamp_numbers(input, min, max)
    min, max = (None if limit is None else cast(as_tensor(limit), target) if is_tensor(limit)
                else as_tensor(np.array(limit).astype(target)) for limit in (min, max))
    return clamp_tensors(input, min, max)


@composite(inplace=True, numpy=(np.clip,))
def clamp(input, min=None, max=None):
    """``input``, but no smaller than ``min`` and no larger than ``max`` (``max`` wins where they cross).

    The gradient passes where ``min <= input <= max``.

    Args:
        input: a real tensor.
        min, max: numbers, or tensors that broadcast with ``input``; one may be None.

    >>> import autograd
    >>> autograd.clamp(autograd.tensor([-2., 0.5, 2.]), -1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    return _clamp("clamp", input, min, max)


clip = alias("clip", clamp, inplace=True)


@composite(inplace=True)
def clamp_min(input, min):
    """``input``, but no smaller than ``min``.

    >>> import autograd
    >>> autograd.clamp_min(autograd.tensor([-1., 2.]), 0)
    tensor([0., 2.])
    """
    return _clamp("clamp_min", input, min, None)


@composite(inplace=True)
def clamp_max(input, max):
    """``input``, but no larger than ``max``.

    >>> import autograd
    >>> autograd.clamp_max(autograd.tensor([-1., 2.]), 0)
    tensor([-1.,  0.])
    """
    return _clamp("clamp_max", input, None, max)
