"""Functions of one number, element by element: exponentials, logarithms, trigonometric and hyperbolic functions."""

from __future__ import annotations

import math

import numpy as np

from ..kernels import maps
from ..kernels.compiled.fused import fused
from ..primitive import alias, primitive
from .checks import ONE

_LN2, _LN10 = math.log(2), math.log(10)
#: Up to this many elements the few calls of NumPy take no longer than asking for a compiled one.
_FEW = 256


@primitive(
    vjp={"input": fused(lambda g, out: g * out)},
    promote="float", ufunc=np.exp, holomorphic=True, inplace=True, numpy=(np.exp,),
)
def exp(input):
    """Exponential ``e ** input``.

    >>> import autograd
    >>> autograd.exp(autograd.tensor([0., 1.]))
    tensor([1.0000, 2.7183])
    """
    return np.exp(input)


@primitive(
    vjp={"input": fused(lambda g, out: g * (out * _LN2))},
    promote="float", ufunc=np.exp2, holomorphic=True, inplace=True, numpy=(np.exp2,),
)
def exp2(input):
    """Power of two ``2 ** input``.

    >>> import autograd
    >>> autograd.exp2(autograd.tensor([0., 3.]))
    tensor([1., 8.])
    """
    return np.exp2(input)


@primitive(
    vjp={"input": fused(lambda g, out: g * (out + 1))},
    promote="float", ufunc=np.expm1, holomorphic=True, inplace=True, numpy=(np.expm1,),
)
def expm1(input):
    """``exp(input) - 1``, exact for small ``input``.

    >>> import autograd
    >>> autograd.expm1(autograd.tensor([0., 1.]))
    tensor([0.0000, 1.7183])
    """
    return np.expm1(input)


@primitive(
    vjp={"input": fused(lambda g, input: g / input)},
    promote="float", ufunc=np.log, holomorphic=True, inplace=True, numpy=(np.log,),
)
def log(input):
    """Natural logarithm.

    >>> import autograd
    >>> autograd.log(autograd.tensor([1., 10.]))
    tensor([0.0000, 2.3026])
    """
    return np.log(input)


@primitive(
    vjp={"input": fused(lambda g, input: g / (input * _LN2))},
    promote="float", ufunc=np.log2, holomorphic=True, inplace=True, numpy=(np.log2,),
)
def log2(input):
    """Logarithm to the base 2.

    >>> import autograd
    >>> autograd.log2(autograd.tensor([1., 8.]))
    tensor([0., 3.])
    """
    return np.log2(input)


@primitive(
    vjp={"input": fused(lambda g, input: g / (input * _LN10))},
    promote="float", ufunc=np.log10, holomorphic=True, inplace=True, numpy=(np.log10,),
)
def log10(input):
    """Logarithm to the base 10.

    >>> import autograd
    >>> autograd.log10(autograd.tensor([1., 50.]))
    tensor([0.0000, 1.6990])
    """
    return np.log10(input)


@primitive(
    vjp={"input": fused(lambda g, input: g / (input + 1))},
    promote="float", ufunc=np.log1p, holomorphic=True, inplace=True, numpy=(np.log1p,),
)
def log1p(input):
    """``log(1 + input)``, exact for small ``input``.

    >>> import autograd
    >>> autograd.log1p(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.6931])
    """
    return np.log1p(input)


# --- trigonometric ----------------------------------------------------------------------------------------


@primitive(
    vjp={"input": lambda g, input: g * np.cos(input)},
    promote="float", ufunc=np.sin, holomorphic=True, inplace=True, numpy=(np.sin,),
)
def sin(input):
    """Sine of an angle in radians.

    >>> import autograd
    >>> autograd.sin(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.8415])
    """
    return np.sin(input)


@primitive(
    vjp={"input": lambda g, input: -g * np.sin(input)},
    promote="float", ufunc=np.cos, holomorphic=True, inplace=True, numpy=(np.cos,),
)
def cos(input):
    """Cosine of an angle in radians.

    >>> import autograd
    >>> autograd.cos(autograd.tensor([0., 1.]))
    tensor([1.0000, 0.5403])
    """
    return np.cos(input)


@primitive(
    vjp={"input": fused(lambda g, out: g * (out * out + 1))},
    promote="float", ufunc=np.tan, holomorphic=True, inplace=True, numpy=(np.tan,),
)
def tan(input):
    """Tangent of an angle in radians.

    >>> import autograd
    >>> autograd.tan(autograd.tensor([0., 1.]))
    tensor([0.0000, 1.5574])
    """
    return np.tan(input)


@primitive(
    vjp={"input": fused(lambda g, input: g / np.sqrt(1 - input * input))},
    promote="float", ufunc=np.arcsin, holomorphic=True, inplace=True, numpy=(np.arcsin,),
)
def asin(input):
    """Angle in [-pi/2, pi/2] whose sine is ``input``; nan outside [-1, 1].

    >>> import autograd
    >>> autograd.asin(autograd.tensor([0., 1.]))
    tensor([0.0000, 1.5708])
    """
    return np.arcsin(input)


@primitive(
    vjp={"input": fused(lambda g, input: -g / np.sqrt(1 - input * input))},
    promote="float", ufunc=np.arccos, holomorphic=True, inplace=True, numpy=(np.arccos,),
)
def acos(input):
    """Angle in [0, pi] whose cosine is ``input``; nan outside [-1, 1].

    >>> import autograd
    >>> autograd.acos(autograd.tensor([0., 1.]))
    tensor([1.5708, 0.0000])
    """
    return np.arccos(input)


@primitive(
    vjp={"input": fused(lambda g, input: g / (input * input + 1))},
    promote="float", ufunc=np.arctan, holomorphic=True, inplace=True, numpy=(np.arctan,),
)
def atan(input):
    """Angle in (-pi/2, pi/2) whose tangent is ``input``.

    >>> import autograd
    >>> autograd.atan(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.7854])
    """
    return np.arctan(input)


# --- hyperbolic -------------------------------------------------------------------------------------------


@primitive(
    vjp={"input": lambda g, input: g * np.cosh(input)},
    promote="float", ufunc=np.sinh, holomorphic=True, inplace=True, numpy=(np.sinh,),
)
def sinh(input):
    """Hyperbolic sine.

    >>> import autograd
    >>> autograd.sinh(autograd.tensor([0., 1.]))
    tensor([0.0000, 1.1752])
    """
    return np.sinh(input)


@primitive(
    vjp={"input": lambda g, input: g * np.sinh(input)},
    promote="float", ufunc=np.cosh, holomorphic=True, inplace=True, numpy=(np.cosh,),
)
def cosh(input):
    """Hyperbolic cosine.

    >>> import autograd
    >>> autograd.cosh(autograd.tensor([0., 1.]))
    tensor([1.0000, 1.5431])
    """
    return np.cosh(input)


@primitive(
    vjp={"input": fused(lambda g, out: g * (1 - out * out))},
    promote="float", ufunc=np.tanh, holomorphic=True, inplace=True, numpy=(np.tanh,),
)
def tanh(input):
    """Hyperbolic tangent.

    >>> import autograd
    >>> autograd.tanh(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """
    return np.tanh(input)


@primitive(
    vjp={"input": fused(lambda g, input: g / np.sqrt(input * input + 1))},
    promote="float", ufunc=np.arcsinh, holomorphic=True, inplace=True, numpy=(np.arcsinh,),
)
def asinh(input):
    """Inverse of the hyperbolic sine.

    >>> import autograd
    >>> autograd.asinh(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.8814])
    """
    return np.arcsinh(input)


def _acosh_gradient(g, input):
    # Two roots, not one of the product: the branches of the complex square root must match those of acosh.
    if input.dtype.kind == "c":
        return g / (np.sqrt(input + 1) * np.sqrt(input - 1))
    return g / np.sqrt(input * input - 1)


@primitive(
    vjp={"input": _acosh_gradient},
    promote="float", ufunc=np.arccosh, holomorphic=True, inplace=True, numpy=(np.arccosh,),
)
def acosh(input):
    """Inverse of the hyperbolic cosine; nan below 1.

    >>> import autograd
    >>> autograd.acosh(autograd.tensor([1., 2.]))
    tensor([0.0000, 1.3170])
    """
    return np.arccosh(input)


@primitive(
    vjp={"input": fused(lambda g, input: g / (1 - input * input))},
    promote="float", ufunc=np.arctanh, holomorphic=True, inplace=True, numpy=(np.arctanh,),
)
def atanh(input):
    """Inverse of the hyperbolic tangent; nan outside [-1, 1].

    >>> import autograd
    >>> autograd.atanh(autograd.tensor([0., 0.5]))
    tensor([0.0000, 0.5493])
    """
    return np.arctanh(input)


arcsin = alias("arcsin", asin, inplace=True)
arccos = alias("arccos", acos, inplace=True)
arctan = alias("arctan", atan, inplace=True)
arcsinh = alias("arcsinh", asinh, inplace=True)
arccosh = alias("arccosh", acosh, inplace=True)
arctanh = alias("arctanh", atanh, inplace=True)


# --- logistic ---------------------------------------------------------------------------------------------


def logistic_denominator(input):
    """``1 + exp(-input)`` of an array, as a new array."""
    out = np.negative(input)
    if out.ndim == 0:
        out = np.asarray(out)  # NumPy gave a number, which cannot be written to
    np.exp(out, out)
    return np.add(out, ONE.get(out.dtype, 1), out)


@primitive(
    vjp={"input": fused(lambda g, out: g * ((1 - out) * out))},
    promote="float", holomorphic=True, inplace=True,
)
def sigmoid(input):
    """Logistic function ``1 / (1 + exp(-input))``.

    >>> import autograd
    >>> autograd.sigmoid(autograd.tensor([0., 1.]))
    tensor([0.5000, 0.7311])
    """
    found = maps.apply(maps.sigmoid, input) if input.size > _FEW else None
    if found is not None:
        return found
    out = logistic_denominator(input)
    return np.reciprocal(out, out)
