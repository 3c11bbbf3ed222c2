"""Rounding, signs, and the parts of a number."""

from __future__ import annotations

import collections

import numpy as np

from ..errors import fail
from ..primitive import alias, composite, primitive
from .checks import not_differentiable, refuse, zero_gradient


@primitive(vjp={"input": lambda g: zero_gradient(g)}, inplace=True, numpy=(np.floor,))
def floor(input):
    """The largest integer not above each element.

    >>> import autograd
    >>> autograd.floor(autograd.tensor([1.7, -1.2]))
    tensor([ 1., -2.])
    """
    refuse("floor", input, "bc")
    return np.floor(input)


@primitive(vjp={"input": lambda g: zero_gradient(g)}, inplace=True, numpy=(np.ceil,))
def ceil(input):
    """The smallest integer not below each element.

    >>> import autograd
    >>> autograd.ceil(autograd.tensor([1.2, -1.7]))
    tensor([ 2., -1.])
    """
    refuse("ceil", input, "bc")
    return np.ceil(input)


@primitive(vjp={"input": lambda g: zero_gradient(g)}, inplace=True, numpy=(np.trunc, np.fix))
def trunc(input):
    """Each element without its fraction.

    >>> import autograd
    >>> autograd.trunc(autograd.tensor([1.7, -1.7]))
    tensor([ 1., -1.])
    """
    refuse("trunc", input, "bc")
    return np.trunc(input)


fix = alias("fix", trunc, inplace=True)


@primitive(vjp={"input": lambda g: g}, inplace=True)
def frac(input):
    """The fraction ``input - trunc(input)``, with the sign of ``input``.

    >>> import autograd
    >>> autograd.frac(autograd.tensor([1.5, -2.25]))
    tensor([ 0.5000, -0.2500])
    """
    refuse("frac", input, "biuc")
    return input - np.trunc(input)


@primitive(vjp={"input": lambda g: zero_gradient(g)}, inplace=True, numpy=(np.round, np.rint))
def round(input, *, decimals=0):
    """The nearest integer, halves to even.

    Args:
        input: a real tensor.
        decimals: how many decimals to keep; a negative number rounds to tens, hundreds, ...

    >>> import autograd
    >>> autograd.round(autograd.tensor([0.5, 1.5, 2.6]))
    tensor([0., 2., 3.])
    >>> autograd.round(autograd.tensor([1.234]), decimals=2)
    tensor([1.2300])
    """
    refuse("round", input, "bc")
    if decimals == 0:
        return np.rint(input) if input.dtype.kind == "f" else input.copy()
    refuse("round", input, "iu")
    factor = 10.0 ** max(decimals, -decimals)
    wide = input if input.itemsize > 2 else input.astype(np.float32)  # the product may overflow float16
    out = np.rint(wide * factor) / factor if decimals > 0 else np.rint(wide / factor) * factor
    return out.astype(input.dtype)


# --- signs ------------------------------------------------------------------------------------------------


@primitive(vjp={"input": lambda g, input: g * sgn(input)}, inplace=True, numpy=(np.absolute,))
def abs(input):
    """Absolute value; for complex elements the real modulus. The derivative at 0 is 0.

    >>> import autograd
    >>> autograd.abs(autograd.tensor([-1.5, 2.]))
    tensor([1.5000, 2.0000])
    """
    refuse("abs", input, "b")
    return np.absolute(input)


absolute = alias("absolute", abs, inplace=True)


@primitive(vjp={"input": lambda g: zero_gradient(g)}, inplace=True, numpy=(np.sign,))
def sign(input):
    """-1, 0 or 1 as each element is negative, zero or positive.

    >>> import autograd
    >>> autograd.sign(autograd.tensor([-2., 0., 3.]))
    tensor([-1.,  0.,  1.])
    """
    if input.dtype.kind == "c":
        fail(NotImplementedError, "Unlike NumPy, torch.sign is not intended to support complex numbers. "
                                  "Please use sgn instead.")
    return _sign(input)


@primitive(
    vjp={"input": lambda g, input, out: sgn_gradient(g, input, out)},
    inplace=True,
)
def sgn(input):
    """`sign` for real elements, ``input / abs(input)`` for complex ones; 0 at 0.

    >>> import autograd
    >>> autograd.sgn(autograd.tensor([3 + 4j]))
    tensor([0.6000+0.8000j])
    """
    if input.dtype.kind != "c":
        return _sign(input)
    size = np.absolute(input)
    return np.where(size == 0, input.dtype.type(0), input / size)


def sgn_gradient(g, input, out):
    """A real step has no slope; on the complex plane the direction turns with the component across it."""
    if input.dtype.kind != "c":
        return zero_gradient(g)
    size = abs(input)
    across = (g - np.real(np.conjugate(g) * out) * out) / size
    return np.where(size == 0, 0, across)


def _sign(input):
    # Not np.sign, which is nan at nan; PyTorch's is 0 there.
    if input.dtype.kind == "b":
        return input.copy()
    return np.greater(input, 0).astype(input.dtype) - np.less(input, 0).astype(input.dtype)


@primitive(numpy=(np.signbit,))
def signbit(input):
    """Where the sign is set: below zero, and at -0.0.

    >>> import autograd
    >>> autograd.signbit(autograd.tensor([-1., -0., 2.]))
    tensor([ True,  True, False])
    """
    kind = input.dtype.kind
    if kind == "c":
        fail(NotImplementedError, "signbit is not implemented for complex tensors.")
    return np.signbit(input) if kind == "f" else input < 0 if kind == "i" else np.zeros(input.shape, bool)


def _copysign_gradient(g, input, out):
    return np.where(input == 0, 0, g * (out / input))


@primitive(
    vjp={"input": _copysign_gradient, "other": lambda g: zero_gradient(g)},
    broadcasts=True, promote="float", numbers="second", inplace=True, numpy=(np.copysign,),
)
def copysign(input, other):
    """The absolute value of ``input`` with the sign of ``other``.

    >>> import autograd
    >>> autograd.copysign(autograd.tensor([1., 2.]), autograd.tensor([-3., 0.]))
    tensor([-1.,  2.])
    """
    refuse("copysign", input, "c")
    return np.copysign(input, other)


@primitive(
    vjp={"input": lambda g: not_differentiable("heaviside"), "values": lambda g: not_differentiable("heaviside")},
    broadcasts=True, inplace=True, numpy=(np.heaviside,),
)
def heaviside(input, values):
    """0 where ``input`` is negative, ``values`` where zero, 1 where positive. Its derivative is not implemented.

    >>> import autograd
    >>> autograd.heaviside(autograd.tensor([-1., 0., 2.]), autograd.tensor([0.5]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    if input.dtype != values.dtype:
        fail(RuntimeError, "heaviside is not yet implemented for tensors with different dtypes.")
    refuse("heaviside", input, "c")
    return np.where(input == 0, values, np.greater(input, 0).astype(input.dtype))


# --- parts and neighbours ---------------------------------------------------------------------------------


@primitive(
    vjp={"input": lambda g, input: np.where(np.isfinite(input), g, 0)},
    inplace=True, numpy=(np.nan_to_num,),
)
def nan_to_num(input, nan=None, posinf=None, neginf=None):
    """``input`` with nan and infinities replaced.

    Args:
        input: any tensor; integers come back as they are.
        nan: for nan; default 0.
        posinf, neginf: for the infinities; default the largest and the smallest finite number.

    >>> import autograd
    >>> autograd.nan_to_num(autograd.tensor([float("nan"), 2., float("inf")]), posinf=9.)
    tensor([0., 2., 9.])
    """
    if input.dtype.kind not in "fc":
        return input.copy()
    limits = np.finfo(input.dtype)
    return np.nan_to_num(input, nan=0.0 if nan is None else nan, posinf=limits.max if posinf is None else posinf,
                         neginf=limits.min if neginf is None else neginf)


frexp_result = collections.namedtuple("frexp", ["mantissa", "exponent"])


@primitive(
    vjp=lambda g, scale: (None if g[0] is None else g[0] / scale,),
    inputs=("input",), aux=("scale",), outputs=2, method=False, node_name="FrexpBackward0",
)
def frexp_parts(input):
    """`frexp` without the names."""
    if input.dtype.kind != "f":
        fail(RuntimeError, f"torch.frexp() only supports floating-point dtypes, got {input.dtype}")
    mantissa, exponent = np.frexp(input)
    return [mantissa, exponent], np.ldexp(np.ones_like(mantissa), exponent)


@composite(numpy=(np.frexp,))
def frexp(input):
    """``mantissa`` and ``exponent`` with ``input = mantissa * 2 ** exponent`` and ``0.5 <= abs(mantissa) < 1``.

    >>> import autograd
    >>> autograd.frexp(autograd.tensor([5.])).exponent
    tensor([3], dtype=autograd.int32)
    """
    return frexp_result(*frexp_parts(input))


@primitive(
    vjp={"input": lambda g, input, other: np.where(input != other, g, 0), "other": lambda g: zero_gradient(g)},
    broadcasts=True, promote="common", inplace=True, numpy=(np.nextafter,),
)
def nextafter(input, other):
    """The next floating number after ``input`` in the direction of ``other``.

    >>> import autograd
    >>> autograd.nextafter(autograd.tensor([1.]), autograd.tensor([2.]))
    tensor([1.0000])
    """
    refuse("nextafter", input, "biuc")
    return np.nextafter(input, other)


# --- of integers ------------------------------------------------------------------------------------------


@primitive(inputs=("input", "other"), broadcasts=True, promote="common", inplace=True, numpy=(np.gcd,))
def gcd(input, other):
    """Greatest common divisor of integers.

    >>> import autograd
    >>> autograd.gcd(autograd.tensor([12, 18]), autograd.tensor([8, 27]))
    tensor([4, 9])
    """
    refuse("gcd", input, "bfc")
    return np.gcd(input, other)


@primitive(inputs=("input", "other"), broadcasts=True, promote="common", inplace=True, numpy=(np.lcm,))
def lcm(input, other):
    """Least common multiple of integers.

    >>> import autograd
    >>> autograd.lcm(autograd.tensor([4, 6]), autograd.tensor([6, 9]))
    tensor([12, 18])
    """
    refuse("lcm", input, "bfc")
    return np.lcm(input, other)
