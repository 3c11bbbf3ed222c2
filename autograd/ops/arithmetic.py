"""Arithmetic: sums, products, quotients, powers."""

from __future__ import annotations

import numpy as np

from ..primitive import primitive


@primitive(
    vjp={"input": lambda g: g,
         "other": lambda g, alpha: g if alpha == 1 else g * alpha},
    broadcasts=True, promote="common", ufunc=np.add, inplace=True, numpy=(np.add,),
)
def add(input, other, *, alpha=1):
    """Sum ``input + alpha * other``, with broadcasting."""
    return np.add(input, other * np.asarray(alpha).astype(other.dtype))


@primitive(
    vjp={"input": lambda g, other: g * other,
         "other": lambda g, input: g * input},
    broadcasts=True, promote="common", ufunc=np.multiply, inplace=True, numpy=(np.multiply,),
)
def mul(input, other):
    """Product ``input * other``, with broadcasting."""
    return np.multiply(input, other)


@primitive(vjp={"input": lambda g, out: g * out}, promote="float", ufunc=np.exp, inplace=True, numpy=(np.exp,))
def exp(input):
    """Exponential, element by element."""
    return np.exp(input)


@primitive(vjp={"input": lambda g, out: g * (1 - out * out)}, promote="float", ufunc=np.tanh, inplace=True)
def tanh(input):
    return np.tanh(input)


