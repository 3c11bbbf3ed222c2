"""Functions of each element, and their derivatives, in one compiled pass.

What calls `apply` has the same formula in NumPy, which runs where there is no compiled loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiled.loops import InVectors, Loop, loop, wide
from .elementary import exp as exp_of, exp_of_negative, expm1_of_negative, log1p_of_fraction, sigmoid as sigmoid_of

Array = np.ndarray[Any, Any]

#: Up to this many elements NumPy's call takes no longer.
_SOME = 256
_BOOL = np.dtype("bool")

(_exp, _log, _root, _sigmoid, _silu, _erf, _gelu, _gelu_tanh, _erf_slope, _silu_slope, _gelu_slope,
 _gelu_tanh_slope) = (
    InVectors(name, "maps") for name in (
        "exp", "log", "root", "sigmoid", "silu", "erf", "gelu", "gelu_tanh", "erf_slope", "silu_slope", "gelu_slope",
        "gelu_tanh_slope"))


def apply(form: Loop, x: Array, *others: Array, numbers: tuple[float, ...] = ()) -> Array | None:
    """The loop over arrays of one shape and type, with numbers; None where NumPy shall do it."""
    d = x.dtype
    compiled = form.on(d, x.size)
    if compiled is None:
        return None
    contiguous = x.flags.c_contiguous
    for y in others:
        if y.dtype is not d or y.shape != x.shape:
            return None
        contiguous = contiguous and y.flags.c_contiguous
    if contiguous:
        out = np.empty(x.shape, d)
        if x.ndim == 1:
            compiled(x, *others, out, *numbers)
        else:
            compiled(x.reshape(-1), *[y.reshape(-1) for y in others], out.reshape(-1), *numbers)
    elif not others:  # the result lies in memory as x does
        out = np.empty_like(x)
        if x.strides != out.strides:
            x = np.positive(x, out=np.empty_like(x))
        compiled(x.ravel("K"), out.ravel("K"), *numbers)
    else:
        return apply(form, *map(np.ascontiguousarray, (x, *others)), numbers=numbers)
    return out


@loop("*F1 *F1", saves=3e-10)
def exp(x, out):  # type: ignore[no-untyped-def]
    wide()
    _exp(x.size, (x.ctypes.data, out.ctypes.data))


@loop("*F1 *F1", saves=3e-10)
def log(x, out):  # type: ignore[no-untyped-def]
    wide()
    _log(x.size, (x.ctypes.data, out.ctypes.data))


@loop("*F1 *F1", saves=1e-10)
def root(x, out):  # type: ignore[no-untyped-def]
    """The square root: the same bits as NumPy's."""
    wide()
    _root(x.size, (x.ctypes.data, out.ctypes.data))


@loop("*F1 *F1", saves=1e-9)
def sigmoid(x, out):  # type: ignore[no-untyped-def]
    wide()
    _sigmoid(x.size, (x.ctypes.data, out.ctypes.data))


@loop("*F1 *F1", saves=1e-8)
def erf(x, out):  # type: ignore[no-untyped-def]
    wide()
    _erf(x.size, (x.ctypes.data, out.ctypes.data))


@loop("*F1 *F1 *F1", saves=1e-9)
def erf_grad(g, x, out):  # type: ignore[no-untyped-def]
    wide()
    _erf_slope(x.size, (g.ctypes.data, x.ctypes.data, out.ctypes.data))


@loop("*F1 *F1", saves=2e-10)
def cube(x, out):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = x[i] * x[i] * x[i]


# --- smooth activations -----------------------------------------------------------------------------------


@loop("*F1 *F1", saves=1e-9)
def silu(x, out):  # type: ignore[no-untyped-def]
    wide()
    _silu(x.size, (x.ctypes.data, out.ctypes.data))


@loop("*F1 *F1 *F1", saves=3e-9)
def silu_grad(g, x, out):  # type: ignore[no-untyped-def]
    wide()
    _silu_slope(x.size, (g.ctypes.data, x.ctypes.data, out.ctypes.data))


@loop("*F1 *F1", saves=1e-8)
def gelu(x, out):  # type: ignore[no-untyped-def]
    wide()
    _gelu(x.size, (x.ctypes.data, out.ctypes.data))


@loop("*F1 *F1 *F1", saves=1.5e-8)
def gelu_grad(g, x, out):  # type: ignore[no-untyped-def]
    wide()
    _gelu_slope(x.size, (g.ctypes.data, x.ctypes.data, out.ctypes.data))


@loop("*F1 *F1", saves=2e-9)
def gelu_tanh(x, out):  # type: ignore[no-untyped-def]
    wide()
    _gelu_tanh(x.size, (x.ctypes.data, out.ctypes.data))


@loop("*F1 *F1 *F1", saves=8e-9)
def gelu_tanh_grad(g, x, out):  # type: ignore[no-untyped-def]
    wide()
    _gelu_tanh_slope(x.size, (g.ctypes.data, x.ctypes.data, out.ctypes.data))


# --- piecewise activations --------------------------------------------------------------------------------


@loop("*F1 *F1 F", saves=3e-10)
def leaky_relu(x, out, slope):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = x[i] if x[i] > 0.0 else x[i] * slope


@loop("*F1 *F1 *F1 F", saves=5e-10)
def leaky_relu_grad(g, x, out, slope):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = g[i] if x[i] > 0.0 else g[i] * slope


@loop("*F1 *F1 F F", saves=2e-10)
def clamp(x, out, low, high):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        v = low if x[i] < low else x[i]  # NaN stays
        out[i] = high if v > high else v


@loop("*F1 *F1 *F1 F F", saves=3e-9)
def clamp_grad(g, x, out, low, high):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = g[i] if (x[i] >= low) & (x[i] <= high) else 0.0


@loop("*F1 *F1 F F F", saves=4e-9)
def exponential_unit(x, out, alpha, scale, input_scale):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = expm1_of_negative(x[i] * input_scale) * (alpha * scale) if x[i] < 0.0 else x[i] * scale


@loop("*F1 *F1 *F1 F F F", saves=8e-9)
def exponential_unit_grad(g, x, out, alpha, scale, input_scale):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        slope = exp_of(x[i] * input_scale) * (alpha * scale * input_scale)
        out[i] = g[i] * (scale if x[i] > 0.0 else slope)  # NaN takes the slope, which is NaN


@loop("*F1 *F1 F F", saves=3e-9)
def softplus(x, out, beta, threshold):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        v = x[i] * beta
        smooth = ((v if v > 0.0 else 0.0) + log1p_of_fraction(exp_of_negative(-abs(v)))) / beta
        out[i] = smooth if v <= threshold else x[i]


@loop("*F1 *F1 *F1 F F", saves=3e-9)
def softplus_grad(g, x, out, beta, threshold):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        v = x[i] * beta
        out[i] = g[i] if v > threshold else g[i] * sigmoid_of(v)


# --- choices ----------------------------------------------------------------------------------------------
# NumPy branches on every element, wrongly half of the time where the conditions are in no order.


@loop("*F1 *B1 *F1 *F1", saves=3e-9)
def choice(x, condition, y, out):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = x[i] if condition[i] else y[i]


@loop("*F1 *B1 *F1", saves=3e-9)
def kept(x, condition, out):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = x[i] if condition[i] else 0.0


@loop("*F1 *B1 *F1", saves=3e-9)
def dropped(x, condition, out):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.size):
        out[i] = 0.0 if condition[i] else x[i]


def masked(form: Loop, condition: Array, *arrays: Array) -> Array | None:
    """A choice between arrays, of one shape with the condition; None where NumPy shall do it."""
    x = arrays[0]
    d = x.dtype
    compiled = form.on(d, x.size) if x.size >= _SOME and condition.dtype is _BOOL else None
    if compiled is None or not condition.flags.c_contiguous:
        return None
    shape = condition.shape
    for y in arrays:
        if y.dtype is not d or y.shape != shape or not y.flags.c_contiguous:
            return None
    out = np.empty(shape, d)
    compiled(x.reshape(-1), condition.reshape(-1), *[y.reshape(-1) for y in arrays[1:]], out.reshape(-1))
    return out


def where(condition: Array, x: Array, y: Array) -> Array:
    """`numpy.where` of arrays of one type."""
    found = masked(choice, condition, x, y)
    return np.where(condition, x, y) if found is None else found
