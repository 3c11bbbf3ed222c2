"""Powers and roots."""

from __future__ import annotations

import math

import numpy as np

from ..dispatch import cast
from ..dtypes import DEFAULT
from ..errors import fail
from ..kernels import maps
from ..kernels.compiled.fused import fused
from ..primitive import alias, composite, primitive
from .checks import common_type, is_number, refuse, unsupported, zero_gradient


@primitive(
    vjp={"input": fused(lambda g, input: g * (input + input))},
    holomorphic=True, inplace=True, numpy=(np.square,), node_name="PowBackward0",
)
def square(input):
    """``input * input``.

    >>> import autograd
    >>> autograd.square(autograd.tensor([1., -3.]))
    tensor([1., 9.])
    """
    return np.square(input) if input.dtype.kind != "b" else input.astype(np.int64)


@primitive(
    vjp={"input": fused(lambda g, out: g / (out + out))},
    promote="float", ufunc=np.sqrt, holomorphic=True, inplace=True, numpy=(np.sqrt,),
)
def sqrt(input):
    """Square root; nan where ``input`` is negative, with derivative inf at 0.

    >>> import autograd
    >>> autograd.sqrt(autograd.tensor([4., 9.]))
    tensor([2., 3.])
    """
    return np.sqrt(input)


@primitive(
    vjp={"input": fused(lambda g, out: g * (-0.5 * (out * out * out)))},
    promote="float", holomorphic=True, inplace=True,
)
def rsqrt(input):
    """``1 / sqrt(input)``.

    >>> import autograd
    >>> autograd.rsqrt(autograd.tensor([4., 16.]))
    tensor([0.5000, 0.2500])
    """
    return np.reciprocal(np.sqrt(input))


@primitive(
    vjp={"input": fused(lambda g, out: -g * (out * out))},
    promote="float", ufunc=np.reciprocal, holomorphic=True, inplace=True, numpy=(np.reciprocal,),
)
def reciprocal(input):
    """``1 / input``; integers give the default float type.

    >>> import autograd
    >>> autograd.reciprocal(autograd.tensor([4, -2]))
    tensor([ 0.2500, -0.5000])
    """
    return np.reciprocal(input)


#: Up to this many elements NumPy's two calls take no longer than a compiled one.
_FEW = 4096


# --- pow --------------------------------------------------------------------------------------------------


def _pow_number_gradient(g, input, exponent):
    if exponent == 2:
        return g * (input + input)
    if exponent == 0:
        return zero_gradient(g)
    return g * (exponent * input ** (exponent - 1))


def _cube(x):
    found = maps.apply(maps.cube, x) if x.size > _FEW else None
    return x * x * x if found is None else found


# The exponents worth a computation of their own: a product or a root takes a tenth of the time of a general power.
_POWERS = {
    2: np.square,
    3: _cube,
    0.5: np.sqrt,
    -0.5: lambda x: np.reciprocal(np.sqrt(x)),
    -1: np.reciprocal,
    -2: lambda x: np.reciprocal(x * x),
}


@primitive(vjp={"input": _pow_number_gradient}, holomorphic=True, method=False, node_name="PowBackward0")
def pow_number(input, exponent):
    """`pow` of a tensor to a Python number."""
    kind = input.dtype.kind
    if kind not in "fc":
        input = _operand_of_power(input, exponent)
        kind = input.dtype.kind
        if kind == "b":
            return input | (not exponent)
        if kind not in "fc":
            return np.power(input, np.array(exponent).astype(input.dtype))
    special = _POWERS.get(exponent)
    if special is not None:
        return special(input)
    return np.power(input, float(exponent) if kind == "f" else complex(exponent))


def _operand_of_power(input, exponent):
    """An integer or bool base, in the type of the result."""
    if isinstance(exponent, float):
        return input.astype(DEFAULT.float)
    if input.dtype.kind == "b" and not isinstance(exponent, bool):
        input = input.astype(np.int64)
    if exponent < 0:
        fail(RuntimeError, "Integers to negative integer powers are not allowed.")
    return input


def _pow_base_gradient(g, input, exponent):
    slope = exponent * input ** (exponent - 1)
    return np.where(exponent == 0, 0, g * slope)


def _pow_exponent_gradient(g, input, exponent, out):
    # 0 ** exponent is flat for exponents above 0, where out * log(0) would be nan.
    flat = (input == 0) & (np.real(exponent) >= 0)
    return np.where(flat, 0, g * (out * np.log(input)))


@primitive(
    vjp={"input": _pow_base_gradient, "exponent": _pow_exponent_gradient},
    broadcasts=True, promote="common", holomorphic=True, method=False, node_name="PowBackward1",
)
def pow_tensor(input, exponent):
    """`pow` with a tensor as exponent."""
    kind = input.dtype.kind
    if kind in "iu":
        return _integer_power(input, exponent)
    if kind == "b":
        unsupported("pow", input.dtype)
    if kind == "c":
        # NumPy gives nan for 0 ** z where the real part of z is positive and the imaginary part is not zero.
        return np.where((input == 0) & (exponent.real > 0), input.dtype.type(0), np.power(input, exponent))
    return np.power(input, exponent)


def _integer_power(base, exponent):
    """Powers of integers; a negative exponent gives the quotient rounded to zero, as in C."""
    result = np.power(base, np.maximum(exponent, 0))
    if not np.any(exponent < 0):
        return result
    sign = np.where(exponent % 2 == 0, 1, -1).astype(base.dtype)
    rounded = np.where(base == 1, base.dtype.type(1), np.where(base == -1, sign, base.dtype.type(0)))
    return np.where(exponent < 0, rounded, result)


@composite(inplace=True, numpy=(np.power,))
def pow(input, exponent):
    """``input`` to the power ``exponent``, with broadcasting.

    Args:
        input, exponent: tensors or numbers, at least one a tensor. Integers with an integer exponent give integers.

    Raises:
        RuntimeError: integers to a negative integer number.

    >>> import autograd
    >>> autograd.pow(autograd.tensor([1., 2., 3.]), 2)
    tensor([1., 4., 9.])
    >>> 2 ** autograd.tensor([1, 2, 3])
    tensor([2, 4, 8])
    """
    kind = exponent.__class__
    if (kind is int or kind is float) and not is_number(input):
        return pow_number(input, exponent)
    if is_number(exponent) and not is_number(input):
        exponent = np.asarray(exponent).item()  # no subclass of float, which would give gradients in double precision
        return pow_number(cast(input, common_type(input, exponent)), exponent)
    return pow_tensor(input, exponent)


@composite(inplace=True, numpy=(np.float_power,))
def float_power(input, exponent):
    """`pow` in double precision: float64, or complex128 where an operand is complex.

    >>> import autograd
    >>> autograd.float_power(autograd.tensor([2, 3]), -1)
    tensor([0.5000, 0.3333], dtype=autograd.float64)
    """
    target = np.dtype("complex128" if common_type(input, exponent).kind == "c" else "float64")
    input, exponent = (x if is_number(x) else cast(x, target) for x in (input, exponent))
    if is_number(input):
        input = target.type(input).item()
    elif is_number(exponent):
        exponent = target.type(exponent).item()
    return pow(input, exponent)


# --- of two numbers ---------------------------------------------------------------------------------------


@primitive(
    vjp={"input": lambda g, input, out: g * (input / out),
         "other": lambda g, other, out: g * (other / out)},
    broadcasts=True, promote="common", inplace=True, numpy=(np.hypot,),
)
def hypot(input, other):
    """``sqrt(input ** 2 + other ** 2)`` without overflow.

    >>> import autograd
    >>> autograd.hypot(autograd.tensor([3.]), autograd.tensor([4.]))
    tensor([5.])
    """
    if input.dtype.kind != "f":
        unsupported("hypot", input.dtype)
    return np.hypot(input, other)


@primitive(
    vjp={"input": lambda g, input, other: g / (1 + np.exp(other - input)),
         "other": lambda g, input, other: g / (1 + np.exp(input - other))},
    broadcasts=True, promote="common", holomorphic=True, numpy=(np.logaddexp,),
)
def logaddexp(input, other):
    """``log(exp(input) + exp(other))`` without overflow.

    >>> import autograd
    >>> autograd.logaddexp(autograd.tensor([100.]), autograd.tensor([100.]))
    tensor([100.6931])
    """
    if input.dtype.kind in "biu":
        unsupported("logaddexp", input.dtype)
    if input.dtype.kind == "c":
        high = np.where(input.real >= other.real, input, other)
        return high + np.log1p(np.exp(np.where(input.real >= other.real, other, input) - high))
    return np.logaddexp(input, other)


@primitive(
    vjp={"input": lambda g, input, other: g / (1 + np.exp2(other - input)),
         "other": lambda g, input, other: g / (1 + np.exp2(input - other))},
    broadcasts=True, promote="common", numpy=(np.logaddexp2,),
)
def logaddexp2(input, other):
    """``log2(2 ** input + 2 ** other)`` without overflow.

    >>> import autograd
    >>> autograd.logaddexp2(autograd.tensor([3.]), autograd.tensor([3.]))
    tensor([4.])
    """
    if input.dtype.kind != "f":
        unsupported("logaddexp2", input.dtype)
    return np.logaddexp2(input, other)


_ln2 = math.log(2)


@primitive(
    vjp={"input": lambda g, other: g * np.exp2(other),
         "other": lambda g, out: g * (out * _ln2)},
    broadcasts=True, promote="float", holomorphic=True, inplace=True, numpy=(np.ldexp,),
)
def ldexp(input, other):
    """``input * 2 ** other``.

    >>> import autograd
    >>> autograd.ldexp(autograd.tensor([1.]), autograd.tensor([1, 2, 3]))
    tensor([2., 4., 8.])
    """
    return input * np.exp2(other)


def _per_square(g, part, input, other):
    """``g * part / (input ** 2 + other ** 2)``, and 0 at the origin."""
    size = input * input + other * other
    return np.where(size == 0, 0, g * (part / size))


@primitive(
    vjp={"input": lambda g, input, other: _per_square(g, other, input, other),
         "other": lambda g, input, other: _per_square(g, -input, input, other)},
    broadcasts=True, promote="float", inplace=True, numpy=(np.arctan2,),
)
def atan2(input, other):
    """The angle of the point ``(other, input)`` in (-pi, pi].

    >>> import autograd
    >>> autograd.atan2(autograd.tensor([1., -1.]), autograd.tensor([0., -1.]))
    tensor([ 1.5708, -2.3562])
    """
    refuse("atan2", input, "c")
    return np.arctan2(input, other)


arctan2 = alias("arctan2", atan2, inplace=True)
