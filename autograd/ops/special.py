"""Special functions: the error function, the gamma function, and what belongs to them."""

from __future__ import annotations

import math

import numpy as np

from ..errors import fail
from ..kernels import maps, special as kernel
from ..primitive import composite, primitive
from .checks import not_differentiable, refuse

_SQRT_PI = math.sqrt(math.pi)
_SQRT_2PI = math.sqrt(2 * math.pi)


# --- the error function and the normal distribution -------------------------------------------------------


def _erf_gradient(g, input):
    if g.__class__ is np.ndarray:
        found = maps.apply(maps.erf_grad, g, input)
        if found is not None:
            return found
    return g * ((2 / _SQRT_PI) * np.exp(-(input * input)))


@primitive(
    vjp={"input": _erf_gradient},
    promote="float", inplace=True,
)
def erf(input):
    """Error function ``2 / sqrt(pi) * integral of exp(-t ** 2) from 0 to input``.

    >>> import autograd
    >>> autograd.erf(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.8427])
    """
    found = maps.apply(maps.erf, input)
    return kernel.apply("erf", input) if found is None else found


@primitive(
    vjp={"input": lambda g, input: g * ((-2 / _SQRT_PI) * np.exp(-(input * input)))},
    promote="float", inplace=True,
)
def erfc(input):
    """``1 - erf(input)``, exact for large ``input``.

    >>> import autograd
    >>> autograd.erfc(autograd.tensor([0., 1.]))
    tensor([1.0000, 0.1573])
    """
    return kernel.apply("erfc", input)


@primitive(
    vjp={"input": lambda g, out: g * ((_SQRT_PI / 2) * np.exp(out * out))},
    promote="float", inplace=True,
)
def erfinv(input):
    """The number whose `erf` is ``input``; nan outside [-1, 1].

    >>> import autograd
    >>> autograd.erfinv(autograd.tensor([0., 0.5]))
    tensor([0.0000, 0.4769])
    """
    return kernel.apply("erfinv", input)


@primitive(
    vjp={"input": lambda g, input, out: g * (2 * input * out - 2 / _SQRT_PI)},
    promote="float", method=False,
)
def special_erfcx(input):
    """``exp(input ** 2) * erfc(input)`` without overflow.

    >>> import autograd
    >>> autograd.special.erfcx(autograd.tensor([0., 10.]))
    tensor([1.0000, 0.0561])
    """
    return kernel.apply("erfcx", input)


@primitive(
    vjp={"input": lambda g, input: g * (np.exp(-0.5 * (input * input)) / _SQRT_2PI)},
    promote="float", method=False,
)
def special_ndtr(input):
    """Distribution function of the standard normal distribution.

    >>> import autograd
    >>> autograd.special.ndtr(autograd.tensor([0., 1.]))
    tensor([0.5000, 0.8413])
    """
    return kernel.apply("ndtr", input)


@primitive(
    vjp={"input": lambda g, out: g * (_SQRT_2PI * np.exp(0.5 * (out * out)))},
    promote="float", method=False,
)
def special_ndtri(input):
    """The number whose `ndtr` is ``input``.

    >>> import autograd
    >>> autograd.special.ndtri(autograd.tensor([0.5, 0.975]))
    tensor([0.0000, 1.9600])
    """
    return kernel.apply("ndtri", input)


@primitive(
    vjp={"input": lambda g, input, out: g * (np.exp(-(out + 0.5 * (input * input))) / _SQRT_2PI)},
    promote="float", method=False,
)
def special_log_ndtr(input):
    """``log(ndtr(input))`` without underflow.

    >>> import autograd
    >>> autograd.special.log_ndtr(autograd.tensor([-20., 0.]))
    tensor([-203.9172,   -0.6931])
    """
    return kernel.apply("log_ndtr", input)


# --- the gamma function -----------------------------------------------------------------------------------


@primitive(vjp={"input": lambda g, input: g * digamma(input)}, promote="float", inplace=True)
def lgamma(input):
    """Logarithm of the absolute value of the gamma function.

    >>> import autograd
    >>> autograd.lgamma(autograd.tensor([1., 5.]))
    tensor([0.0000, 3.1781])
    """
    out = kernel.apply("gammaln", input)
    return np.where(out == -np.inf, np.inf, out)  # SciPy's value at -inf


@primitive(vjp={"input": lambda g, input: g * polygamma_order(input, 1)}, promote="float", inplace=True)
def digamma(input):
    """Derivative of `lgamma`.

    >>> import autograd
    >>> autograd.digamma(autograd.tensor([1., 2.]))
    tensor([-0.5772,  0.4228])
    """
    return kernel.apply("psi", input)


@primitive(
    vjp={"input": lambda g, input, n: g * polygamma_order(input, n + 1)},
    promote="float", method=False, inplace=True, node_name="PolygammaBackward0",
)
def polygamma_order(input, n):
    """`polygamma` with the tensor first."""
    if n < 0:
        fail(RuntimeError, "polygamma(n, x) does not support negative n.")
    if n == 0:
        return kernel.apply("psi", input)
    factor = math.factorial(n) if n % 2 else -math.factorial(n)
    return factor * kernel.apply("zeta", np.asarray(n + 1, input.dtype), input)


@composite(method=False)
def polygamma(n, input):
    """Derivative number ``n`` of `digamma`.

    Args:
        n: a number, not negative.
        input: a tensor.

    >>> import autograd
    >>> autograd.polygamma(1, autograd.tensor([1., 2.]))
    tensor([1.6449, 0.6449])
    """
    return polygamma_order(input, n)


def _multigamma_gradient(g, input, p):
    slope = digamma(input)
    for j in range(1, p):
        slope = slope + digamma(input - j / 2)
    return g * slope


@primitive(vjp={"input": _multigamma_gradient}, promote="float", inplace=True)
def mvlgamma(input, p):
    """Logarithm of the multivariate gamma function of dimension ``p``.

    ``p * (p - 1) / 4 * log(pi) + sum of lgamma(input - j / 2) for j < p``.

    Raises:
        RuntimeError: ``p`` is below 1.

    >>> import autograd
    >>> autograd.mvlgamma(autograd.tensor([3.]), 2)
    tensor([1.5502])
    """
    if p < 1:
        fail(RuntimeError, f"p has to be greater than or equal to 1, got {p}")
    out = np.full_like(input, p * (p - 1) / 4 * math.log(math.pi))
    for j in range(p):
        out += kernel.apply("gammaln", input - j / 2)
    return out


def _density(input, other):
    """Of the gamma distribution with shape ``input``, at ``other``."""
    return np.exp((input - 1) * np.log(other) - other - lgamma(input))


@primitive(
    vjp={"input": lambda g: not_differentiable("igamma by its first argument"),
         "other": lambda g, input, other: g * _density(input, other)},
    broadcasts=True, promote="float", inplace=True,
)
def igamma(input, other):
    """Regularised lower incomplete gamma function ``P(input, other)``, also called ``special.gammainc``.

    Differentiable by ``other`` only.

    >>> import autograd
    >>> autograd.igamma(autograd.tensor([1.]), autograd.tensor([2.]))
    tensor([0.8647])
    """
    return kernel.apply("gammainc", input, other)


@primitive(
    vjp={"input": lambda g: not_differentiable("igammac by its first argument"),
         "other": lambda g, input, other: -g * _density(input, other)},
    broadcasts=True, promote="float", inplace=True,
)
def igammac(input, other):
    """Regularised upper incomplete gamma function ``1 - P(input, other)``, also called ``special.gammaincc``.

    Differentiable by ``other`` only.

    >>> import autograd
    >>> autograd.igammac(autograd.tensor([1.]), autograd.tensor([2.]))
    tensor([0.1353])
    """
    return kernel.apply("gammaincc", input, other)


@primitive(
    vjp={"input": lambda g: not_differentiable("zeta by its first argument"),
         "other": lambda g, input, other: -g * (input * special_zeta(input + 1, other))},
    broadcasts=True, promote="float", numbers="either", method=False,
)
def special_zeta(input, other):
    """Hurwitz zeta function: the sum of ``1 / (k + other) ** input`` over k = 0, 1, ...

    Differentiable by ``other`` only.

    >>> import autograd
    >>> autograd.special.zeta(autograd.tensor([2.]), 1)
    tensor([1.6449])
    """
    return kernel.apply("zeta", input, other)


# --- logarithms -------------------------------------------------------------------------------------------


@primitive(
    vjp={"input": lambda g, input, other: np.where((input == 0) & (other <= 0), 0, xlogy(g, other)),
         "other": lambda g, input, other: g * input / other},
    broadcasts=True, promote="float", numbers="either", inplace=True,
)
def xlogy(input, other):
    """``input * log(other)``, and 0 where ``input`` is 0 and ``other`` is not nan.

    >>> import autograd
    >>> autograd.xlogy(autograd.tensor([0., 2.]), autograd.tensor([0., 3.]))
    tensor([0.0000, 2.1972])
    """
    refuse("xlogy", input, "c")
    return np.where((input == 0) & ~np.isnan(other), input.dtype.type(0), input * np.log(other))


@primitive(
    vjp={"input": lambda g, input, other: np.where((input == 0) & (other <= -1), 0, special_xlog1py(g, other)),
         "other": lambda g, input, other: g * input / (other + 1)},
    broadcasts=True, promote="float", numbers="either", method=False,
)
def special_xlog1py(input, other):
    """``input * log1p(other)``, and 0 where ``input`` is 0 and ``other`` is not nan.

    >>> import autograd
    >>> autograd.special.xlog1py(autograd.tensor([0., 2.]), autograd.tensor([-1., 2.]))
    tensor([0.0000, 2.1972])
    """
    refuse("xlog1py", input, "c")
    return np.where((input == 0) & ~np.isnan(other), input.dtype.type(0), input * np.log1p(other))


@primitive(vjp={"input": lambda g, input: g * (-1 - np.log(input))}, promote="float", method=False)
def special_entr(input):
    """Entropy term ``-input * log(input)``; 0 at 0 and -inf below.

    >>> import autograd
    >>> autograd.special.entr(autograd.tensor([0., 0.5]))
    tensor([0.0000, 0.3466])
    """
    refuse("entr", input, "c")
    safe = np.where(input > 0, input, input.dtype.type(1))
    out = np.where(input < 0, input.dtype.type(-np.inf), input.dtype.type(0) - safe * np.log(safe))
    return np.where(np.isnan(input), input, out)


def _logit_gradient(g, input, eps):
    low = 0.0 if eps is None else eps
    slope = g / (input * (1 - input))
    return np.where((input < low) | (input > 1 - low), math.nan if eps is None else 0, slope)


@primitive(vjp={"input": _logit_gradient}, promote="float", inplace=True)
def logit(input, eps=None):
    """``log(input / (1 - input))``, the inverse of `sigmoid`.

    Args:
        input: a real tensor.
        eps: limit ``input`` to ``[eps, 1 - eps]`` first; None for nan outside [0, 1].

    >>> import autograd
    >>> autograd.logit(autograd.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    refuse("logit", input, "c")
    if eps is not None:
        input = np.minimum(np.maximum(input, eps), 1 - eps)
    return np.log(input / (1 - input))


def _sinc_gradient(g, input):
    angle = input * math.pi
    square = input * angle
    slope = (angle * np.cos(angle) - np.sin(angle)) / square
    return np.where(square == 0, 0, g * slope)


@primitive(vjp={"input": _sinc_gradient}, promote="float", holomorphic=True, inplace=True, numpy=(np.sinc,))
def sinc(input):
    """``sin(pi * input) / (pi * input)``, and 1 at 0.

    >>> import autograd
    >>> autograd.sinc(autograd.tensor([0., 0.5]))
    tensor([1.0000, 0.6366])
    """
    angle = input * math.pi
    one = input.dtype.type(1)
    return np.where(angle == 0, one, np.sin(angle) / np.where(angle == 0, one, angle))
