"""Piecewise linear activation functions: hard versions of smooth ones, shrinkage, and a threshold."""

from __future__ import annotations

import numpy as np

from ..errors import fail, value_error
from ..kernels.compiled.fused import fused, where
from ..primitive import composite, primitive
from .checks import ZERO, refuse


@primitive(
    vjp={"input": fused(lambda g, input, min_val, max_val: where((input > min_val) & (input < max_val), g, 0))},
    method=False, inplace=True,
)
def hardtanh(input, min_val=-1.0, max_val=1.0):
    """``input`` limited to ``[min_val, max_val]``; the derivative is 0 at and beyond the limits.

    >>> import autograd, nn.functional as F
    >>> F.hardtanh(autograd.tensor([-2., 0.5, 2.]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise value_error("min_val cannot be greater than max_val")
    refuse("hardtanh", input, "bc")
    low, high = (np.asarray(limit).astype(input.dtype) for limit in (min_val, max_val))
    return np.minimum(np.maximum(input, low), high)


@composite(method=False, inplace=True)
def relu6(input):
    """``min(max(input, 0), 6)``; its derivative is 0 at 0 and at 6.

    >>> import autograd, nn.functional as F
    >>> F.relu6(autograd.tensor([-1., 2., 8.]))
    tensor([0., 2., 6.])
    """
    return hardtanh(input, 0.0, 6.0)


@primitive(
    vjp={"input": fused(lambda g, input: where((input > -3) & (input < 3), g / 6, 0))},
    method=False, inplace=True,
)
def hardsigmoid(input):
    """``min(max(input + 3, 0), 6) / 6``, a piecewise linear `sigmoid`.

    >>> import autograd, nn.functional as F
    >>> F.hardsigmoid(autograd.tensor([-4., 0., 1.]))
    tensor([0.0000, 0.5000, 0.6667])
    """
    refuse("hardsigmoid", input, "biuc")
    return np.minimum(np.maximum(input + 3, 0), 6) / 6


@primitive(
    vjp={"input": fused(lambda g, input: where(input <= -3, 0, where(input >= 3, g, g * (input / 3 + 0.5))))},
    method=False, inplace=True,
)
def hardswish(input):
    """``input * min(max(input + 3, 0), 6) / 6``, a piecewise `silu` (Howard et al., 2019).

    >>> import autograd, nn.functional as F
    >>> F.hardswish(autograd.tensor([-4., 1., 4.]))
    tensor([-0.0000, 0.6667, 4.0000])
    """
    refuse("hardswish", input, "biuc")
    return input * np.minimum(np.maximum(input + 3, 0), 6) / 6


def _shrunk(input, lambd):
    return (input >= -lambd) & (input <= lambd)


@primitive(vjp={"input": fused(lambda g, input, lambd: where((input > lambd) | (input < -lambd), g, 0))})
def hardshrink(input, lambd=0.5):
    """``input``, but 0 where ``abs(input) <= lambd``.

    >>> import autograd
    >>> autograd.hardshrink(autograd.tensor([-1., 0.2, 1.]))
    tensor([-1.,  0.,  1.])
    """
    refuse("hardshrink", input, "biuc")
    return np.where(_shrunk(input, lambd), ZERO[input.dtype], input)


@primitive(vjp={"input": fused(lambda g, input, lambd: where((input > lambd) | (input < -lambd), g, 0))}, method=False)
def softshrink(input, lambd=0.5):
    """``input`` moved towards 0 by ``lambd``, and 0 where ``abs(input) <= lambd``.

    Raises:
        RuntimeError: ``lambd`` is negative.

    >>> import autograd, nn.functional as F
    >>> F.softshrink(autograd.tensor([-1., 0.2, 1.]))
    tensor([-0.5000,  0.0000,  0.5000])
    """
    refuse("softshrink", input, "biuc")
    if lambd < 0:
        fail(RuntimeError, f"lambda must be greater or equal to 0, but found to be {lambd}.")
    return np.where(_shrunk(input, lambd), ZERO[input.dtype], input - np.copysign(lambd, input).astype(input.dtype))


@primitive(
    vjp={"input": fused(lambda g, input, threshold: where(input <= threshold, 0, g))},
    method=False, inplace=True,
)
def threshold(input, threshold, value):
    """``input`` where above ``threshold``, ``value`` elsewhere.

    >>> import autograd
    >>> autograd.threshold(autograd.tensor([0.5, 2.]), 1, 0)
    tensor([0., 2.])
    """
    refuse("threshold", input, "bc")
    return np.where(input <= threshold, np.asarray(value).astype(input.dtype), input)
