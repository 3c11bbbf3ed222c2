"""Bessel functions and the Airy function, with derivatives from their recurrences.

The formulas are those of Abramowitz & Stegun, Handbook of Mathematical Functions, chapters 9 and 10.
"""

from __future__ import annotations

import numpy as np

from ..kernels import special as kernel
from ..primitive import primitive
from .checks import refuse

# Below these, by bytes of an element, f(x) / x is taken by its limit.
_TINY = {2: 2.0**-10, 4: 2.0**-23, 8: 2.0**-52}


def _per(out, input):
    """``out / input``, which is 1/2 at 0 for the functions of order 1 that vanish there like x / 2."""
    tiny = abs(input) <= _TINY[input.dtype.itemsize]
    return np.where(tiny, 0.5, out / np.where(tiny, 1, input))


# --- modified, of the first kind --------------------------------------------------------------------------


@primitive(vjp={"input": lambda g, input: g * special_i1(input)}, promote="float", inplace=True, numpy=(np.i0,))
def i0(input):
    """Modified Bessel function of the first kind, of order 0.

    >>> import autograd
    >>> autograd.i0(autograd.tensor([0., 1.]))
    tensor([1.0000, 1.2661])
    """
    return kernel.apply("i0", input)


@primitive(
    vjp={"input": lambda g, input, out: g * (special_i1e(input) - np.sign(input) * out)},
    promote="float", method=False,
)
def special_i0e(input):
    """``exp(-abs(input)) * i0(input)``.

    >>> import autograd
    >>> autograd.special.i0e(autograd.tensor([0., 1.]))
    tensor([1.0000, 0.4658])
    """
    return kernel.apply("i0e", input)


@primitive(vjp={"input": lambda g, input, out: g * (i0(input) - _per(out, input))}, promote="float", method=False)
def special_i1(input):
    """Modified Bessel function of the first kind, of order 1.

    >>> import autograd
    >>> autograd.special.i1(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.5652])
    """
    return kernel.apply("i1", input)


@primitive(
    vjp={"input": lambda g, input, out: g * (special_i0e(input) - np.sign(input) * out - _per(out, input))},
    promote="float", method=False,
)
def special_i1e(input):
    """``exp(-abs(input)) * i1(input)``.

    >>> import autograd
    >>> autograd.special.i1e(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.2079])
    """
    return kernel.apply("i1e", input)


@primitive(vjp={"input": lambda g, input: g * special_modified_bessel_i1(input)}, promote="float", method=False)
def special_modified_bessel_i0(input):
    """Modified Bessel function of the first kind, of order 0: `i0`.

    >>> import autograd
    >>> autograd.special.modified_bessel_i0(autograd.tensor([1.]))
    tensor([1.2661])
    """
    return kernel.apply("i0", input)


@primitive(
    vjp={"input": lambda g, input, out: g * (special_modified_bessel_i0(input) - _per(out, input))},
    promote="float", method=False,
)
def special_modified_bessel_i1(input):
    """Modified Bessel function of the first kind, of order 1: `i1`.

    >>> import autograd
    >>> autograd.special.modified_bessel_i1(autograd.tensor([1.]))
    tensor([0.5652])
    """
    return kernel.apply("i1", input)


# --- modified, of the second kind -------------------------------------------------------------------------


@primitive(vjp={"input": lambda g, input: -g * special_modified_bessel_k1(input)}, promote="float", method=False)
def special_modified_bessel_k0(input):
    """Modified Bessel function of the second kind, of order 0.

    >>> import autograd
    >>> autograd.special.modified_bessel_k0(autograd.tensor([1.]))
    tensor([0.4210])
    """
    return kernel.apply("k0", input)


@primitive(
    vjp={"input": lambda g, input, out: -g * (special_modified_bessel_k0(input) + out / input)},
    promote="float", method=False,
)
def special_modified_bessel_k1(input):
    """Modified Bessel function of the second kind, of order 1.

    >>> import autograd
    >>> autograd.special.modified_bessel_k1(autograd.tensor([1.]))
    tensor([0.6019])
    """
    return kernel.apply("k1", input)


@primitive(
    vjp={"x": lambda g, x, out: g * (out - special_scaled_modified_bessel_k1(x))},
    promote="float", method=False,
)
def special_scaled_modified_bessel_k0(x):
    """``exp(x) * modified_bessel_k0(x)``.

    >>> import autograd
    >>> autograd.special.scaled_modified_bessel_k0(autograd.tensor([1.]))
    tensor([1.1445])
    """
    return kernel.apply("k0e", x)


@primitive(
    vjp={"x": lambda g, x, out: g * (out - special_scaled_modified_bessel_k0(x) - out / x)},
    promote="float", method=False,
)
def special_scaled_modified_bessel_k1(x):
    """``exp(x) * modified_bessel_k1(x)``.

    >>> import autograd
    >>> autograd.special.scaled_modified_bessel_k1(autograd.tensor([1.]))
    tensor([1.6362])
    """
    return kernel.apply("k1e", x)


# --- of the first and second kind -------------------------------------------------------------------------


@primitive(vjp={"input": lambda g, input: -g * special_bessel_j1(input)}, promote="float", method=False)
def special_bessel_j0(input):
    """Bessel function of the first kind, of order 0.

    >>> import autograd
    >>> autograd.special.bessel_j0(autograd.tensor([0., 1.]))
    tensor([1.0000, 0.7652])
    """
    return kernel.apply("j0", input)


@primitive(
    vjp={"input": lambda g, input, out: g * (special_bessel_j0(input) - _per(out, input))},
    promote="float", method=False,
)
def special_bessel_j1(input):
    """Bessel function of the first kind, of order 1.

    >>> import autograd
    >>> autograd.special.bessel_j1(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.4401])
    """
    return kernel.apply("j1", input)


@primitive(vjp={"input": lambda g, input: -g * special_bessel_y1(input)}, promote="float", method=False)
def special_bessel_y0(input):
    """Bessel function of the second kind, of order 0.

    >>> import autograd
    >>> autograd.special.bessel_y0(autograd.tensor([1.]))
    tensor([0.0883])
    """
    return kernel.apply("y0", input)


@primitive(
    vjp={"input": lambda g, input, out: g * (special_bessel_y0(input) - out / input)},
    promote="float", method=False,
)
def special_bessel_y1(input):
    """Bessel function of the second kind, of order 1.

    >>> import autograd
    >>> autograd.special.bessel_y1(autograd.tensor([1.]))
    tensor([-0.7812])
    """
    return kernel.apply("y1", input)


def _spherical_gradient(g, x, out):
    tiny = abs(x) <= _TINY[x.dtype.itemsize]
    return g * np.where(tiny, 0, (np.cos(x) - out) / np.where(tiny, 1, x))


@primitive(vjp={"x": _spherical_gradient}, promote="float", method=False)
def special_spherical_bessel_j0(x):
    """Spherical Bessel function of the first kind, of order 0: ``sin(x) / x``, and 1 at 0.

    >>> import autograd
    >>> autograd.special.spherical_bessel_j0(autograd.tensor([0., 1.]))
    tensor([1.0000, 0.8415])
    """
    refuse("spherical_bessel_j0", x, "c")
    one = x.dtype.type(1)
    out = np.where(x == 0, one, np.sin(x) / np.where(x == 0, one, x))
    return np.where(np.isinf(x), x.dtype.type(0), out)


# --- Airy -------------------------------------------------------------------------------------------------


@primitive(vjp={"x": lambda g, x: g * airy_ai_slope(x)}, promote="float", method=False)
def special_airy_ai(x):
    """Airy function Ai, the solution of ``y'' = x * y`` that vanishes at infinity.

    >>> import autograd
    >>> autograd.special.airy_ai(autograd.tensor([0., 1.]))
    tensor([0.3550, 0.1353])
    """
    refuse("airy_ai", x, "c")
    return kernel.function("airy")(x)[0].astype(x.dtype)


@primitive(vjp={"x": lambda g, x: g * (x * special_airy_ai(x))}, method=False)
def airy_ai_slope(x):
    """The derivative of the Airy function."""
    return kernel.function("airy")(x)[1].astype(x.dtype)
