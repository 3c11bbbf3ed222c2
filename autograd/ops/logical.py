"""Logical and bitwise operations."""

from __future__ import annotations

import numpy as np

from ..primitive import primitive
from .checks import refuse


@primitive(inputs=("input", "other"), broadcasts=True, inplace=True, numpy=(np.logical_and,))
def logical_and(input, other):
    """Where both are nonzero.

    >>> import autograd
    >>> autograd.logical_and(autograd.tensor([0, 1]), autograd.tensor([2., 3.]))
    tensor([False,  True])
    """
    return np.logical_and(input, other)


@primitive(inputs=("input", "other"), broadcasts=True, inplace=True, numpy=(np.logical_or,))
def logical_or(input, other):
    """Where at least one is nonzero.

    >>> import autograd
    >>> autograd.logical_or(autograd.tensor([0, 1]), autograd.tensor([0, 0]))
    tensor([False,  True])
    """
    return np.logical_or(input, other)


@primitive(inputs=("input", "other"), broadcasts=True, inplace=True, numpy=(np.logical_xor,))
def logical_xor(input, other):
    """Where exactly one is nonzero.

    >>> import autograd
    >>> autograd.logical_xor(autograd.tensor([0, 1]), autograd.tensor([1, 1]))
    tensor([ True, False])
    """
    return np.logical_xor(input, other)


@primitive(inplace=True, numpy=(np.logical_not,))
def logical_not(input):
    """Where ``input`` is zero.

    >>> import autograd
    >>> autograd.logical_not(autograd.tensor([0, 2]))
    tensor([ True, False])
    """
    return np.logical_not(input)


@primitive(
    inputs=("input", "other"), broadcasts=True, promote="common", numbers="either",
    inplace=True, numpy=(np.bitwise_and,),
)
def bitwise_and(input, other):
    """Bitwise and of integers, logical and of bools.

    >>> import autograd
    >>> autograd.bitwise_and(autograd.tensor([5, 6]), 3)
    tensor([1, 2])
    """
    refuse("bitwise_and", input, "fc")
    return np.bitwise_and(input, other)


@primitive(
    inputs=("input", "other"), broadcasts=True, promote="common", numbers="either",
    inplace=True, numpy=(np.bitwise_or,),
)
def bitwise_or(input, other):
    """Bitwise or of integers, logical or of bools.

    >>> import autograd
    >>> autograd.bitwise_or(autograd.tensor([5, 6]), 3)
    tensor([7, 7])
    """
    refuse("bitwise_or", input, "fc")
    return np.bitwise_or(input, other)


@primitive(
    inputs=("input", "other"), broadcasts=True, promote="common", numbers="either",
    inplace=True, numpy=(np.bitwise_xor,),
)
def bitwise_xor(input, other):
    """Bitwise exclusive or of integers, logical exclusive or of bools.

    >>> import autograd
    >>> autograd.bitwise_xor(autograd.tensor([5, 6]), 3)
    tensor([6, 5])
    """
    refuse("bitwise_xor", input, "fc")
    return np.bitwise_xor(input, other)


@primitive(inplace=True, numpy=(np.bitwise_not, np.invert))
def bitwise_not(input):
    """Every bit of integers flipped, the logical not of bools.

    >>> import autograd
    >>> autograd.bitwise_not(autograd.tensor([0, 5]))
    tensor([-1, -6])
    """
    refuse("bitwise_not", input, "fc")
    return np.bitwise_not(input)


@primitive(
    inputs=("input", "other"), broadcasts=True, promote="common", numbers="either",
    inplace=True, numpy=(np.left_shift,),
)
def bitwise_left_shift(input, other):
    """``input * 2 ** other`` for integers; bits shifted out are lost.

    >>> import autograd
    >>> autograd.bitwise_left_shift(autograd.tensor([1, 3]), 2)
    tensor([ 4, 12])
    """
    refuse("lshift", input, "bfc")
    bits = 8 * input.dtype.itemsize
    return np.where((other < 0) | (other >= bits), input.dtype.type(0), np.left_shift(input, other))


@primitive(
    inputs=("input", "other"), broadcasts=True, promote="common", numbers="either",
    inplace=True, numpy=(np.right_shift,),
)
def bitwise_right_shift(input, other):
    """``floor(input / 2 ** other)`` for integers.

    >>> import autograd
    >>> autograd.bitwise_right_shift(autograd.tensor([12, -3]), 1)
    tensor([ 6, -2])
    """
    refuse("rshift", input, "bfc")
    # Shifts by the width or more leave the sign alone.
    last = 8 * input.dtype.itemsize - (input.dtype.kind == "i")
    return np.right_shift(input, np.where((other < 0) | (other >= last), input.dtype.type(last), other))
