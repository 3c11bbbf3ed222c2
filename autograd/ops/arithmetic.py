"""Arithmetic: sums, products, quotients, and what remains of a division."""

from __future__ import annotations

import numpy as np

from ..errors import fail
from ..kernels.compiled.fused import fused
from ..primitive import alias, composite, primitive
from .checks import checked, not_differentiable, number_option, refuse, zero_gradient


def _plain(number):
    """A number as Python's own, which leaves the type of what it is multiplied with as it is; NumPy's would not."""
    return np.asarray(number).item()


@primitive(
    vjp={"input": lambda g: g,
         "other": lambda g, alpha: g if alpha == 1 else g * _plain(alpha).conjugate()},
    broadcasts=True, promote="common", numbers="all", ufunc=np.add, inplace=True, numpy=(np.add,),
)
def add(input, other, *, alpha=1):
    """Sum ``input + alpha * other``, with broadcasting.

    >>> import autograd
    >>> autograd.add(autograd.tensor([1, 2]), 10, alpha=2)
    tensor([21, 22])
    """
    return np.add(input, other * number_option("add", "alpha", alpha, other.dtype))


@primitive(
    vjp={"input": lambda g: g,
         "other": lambda g, alpha: -g if alpha == 1 else g * -_plain(alpha).conjugate()},
    broadcasts=True, promote="common", numbers="all", ufunc=np.subtract, inplace=True, numpy=(np.subtract,),
)
def sub(input, other, *, alpha=1):
    """Difference ``input - alpha * other``, with broadcasting.

    >>> import autograd
    >>> autograd.sub(autograd.tensor([1., 2.]), autograd.tensor([3.]))
    tensor([-2., -1.])
    """
    return np.subtract(input, other * number_option("sub", "alpha", alpha, other.dtype))


subtract = alias("subtract", sub, inplace=True)


@composite(method=False)
def rsub(input, other, *, alpha=1):
    """Reversed difference ``other - alpha * input``.

    >>> import autograd
    >>> autograd.rsub(autograd.tensor([1., 2.]), 3)
    tensor([2., 1.])
    """
    return sub(other, checked("rsub", input), alpha=alpha)


@primitive(
    vjp={"input": fused(lambda g, other: g * other),
         "other": fused(lambda g, input: g * input)},
    broadcasts=True, promote="common", numbers="all",
    ufunc=np.multiply, holomorphic=True, inplace=True, numpy=(np.multiply,),
)
def mul(input, other):
    """Product ``input * other``, with broadcasting.

    >>> import autograd
    >>> autograd.mul(autograd.tensor([[1., 2.]]), autograd.tensor([[3.], [4.]]))
    tensor([[3., 6.],
            [4., 8.]])
    """
    return np.multiply(input, other)


multiply = alias("multiply", mul, inplace=True)


@primitive(
    vjp={"input": fused(lambda g, other: g / other),
         "other": fused(lambda g, input, other: -g * (input / other / other))},
    broadcasts=True, promote="float", numbers="all",
    ufunc=np.true_divide, holomorphic=True, inplace=True, numpy=(np.true_divide,),
    node_name="DivBackward0",
)
def true_divide(input, other):
    """Quotient ``input / other``, with broadcasting; integers give the default float type.

    >>> import autograd
    >>> autograd.true_divide(autograd.tensor([1, 2]), 4)
    tensor([0.2500, 0.5000])
    """
    return np.true_divide(input, other)


@primitive(
    vjp={"input": lambda g: zero_gradient(g), "other": lambda g: zero_gradient(g)},
    broadcasts=True, promote="common", method=False, node_name="DivBackward1",
)
def div_rounded(input, other, rounding_mode):
    """The quotient rounded down (``"floor"``) or towards zero (``"trunc"``), in the operands' own type."""
    if rounding_mode == "floor":
        refuse("div_floor", input, "bc")
        return _floor_quotient(input, other)
    refuse("div_trunc", input, "bc")
    return _truncated_quotient(input, other)


def _floor_quotient(a, b):
    if a.dtype.kind != "f":
        _check_divisor(b)
    return np.floor_divide(a, b)


def _truncated_quotient(a, b):
    if a.dtype.kind == "f":
        return np.trunc(np.true_divide(a, b))
    _check_divisor(b)
    quotient, rest = np.divmod(a, b)
    return quotient + ((rest != 0) & ((a < 0) != (b < 0))).astype(a.dtype)


def _check_divisor(b):
    if not np.all(b):
        fail(RuntimeError, "ZeroDivisionError")


@composite(inplace=True)
def div(input, other, *, rounding_mode=None):
    """Quotient ``input / other``, with broadcasting.

    Args:
        input, other: tensors or numbers.
        rounding_mode: None for the true quotient, in the default float type for integers; ``"floor"`` to round down,
            ``"trunc"`` to round towards zero, both keeping the operands' type.

    Raises:
        RuntimeError: an unknown ``rounding_mode``, or an integer divided by zero with rounding.

    >>> import autograd
    >>> autograd.div(autograd.tensor([7, -7]), 2, rounding_mode="trunc")
    tensor([ 3, -3])
    """
    if rounding_mode is None:
        return true_divide(input, other)
    if rounding_mode not in ("floor", "trunc"):
        fail(RuntimeError, "div expected rounding_mode to be one of None, 'trunc', or 'floor' "
                           f"but found {rounding_mode!r}")
    return div_rounded(input, other, rounding_mode)


divide = alias("divide", div, inplace=True)


@primitive(
    vjp={"input": lambda g: not_differentiable("floor_divide"), "other": lambda g: not_differentiable("floor_divide")},
    broadcasts=True, promote="common", numbers="all", inplace=True, numpy=(np.floor_divide,),
)
def floor_divide(input, other):
    """Quotient rounded down, in the operands' own type.

    >>> import autograd
    >>> autograd.floor_divide(autograd.tensor([7, -7]), 2)
    tensor([ 3, -4])
    """
    refuse("div_floor", input, "bc")
    return _floor_quotient(input, other)


@primitive(
    vjp={"input": lambda g: g,
         "other": lambda g, input, other: -g * div_rounded(input, other, "floor")},
    broadcasts=True, promote="common", numbers="either", inplace=True, numpy=(np.remainder,),
)
def remainder(input, other):
    """``input - other * floor(input / other)``: the rest with the sign of ``other``, as Python's ``%``.

    >>> import autograd
    >>> autograd.remainder(autograd.tensor([-3., 5.]), 2)
    tensor([1., 1.])
    """
    refuse("remainder", input, "bc")
    if input.dtype.kind != "f":
        _check_divisor(other)
    return np.remainder(input, other)


@primitive(
    vjp={"input": lambda g: g,
         "other": lambda g, input, other: -g * div_rounded(input, other, "trunc")},
    broadcasts=True, promote="common", numbers="second", inplace=True, numpy=(np.fmod,),
)
def fmod(input, other):
    """``input - other * trunc(input / other)``: the rest with the sign of ``input``, as C's ``fmod``.

    >>> import autograd
    >>> autograd.fmod(autograd.tensor([-3., 5.]), 2)
    tensor([-1.,  1.])
    """
    refuse("fmod", input, "bc")
    if input.dtype.kind != "f":
        _check_divisor(other)
    return np.fmod(input, other)


@primitive(vjp={"input": lambda g: -g}, ufunc=np.negative, inplace=True, numpy=(np.negative,))
def neg(input):
    """Negative ``-input``.

    >>> import autograd
    >>> autograd.neg(autograd.tensor([1., -2.]))
    tensor([-1.,  2.])
    """
    return np.negative(input)


negative = alias("negative", neg, inplace=True)


@composite(numpy=(np.positive,))
def positive(input):
    """``input`` itself.

    Raises:
        RuntimeError: the elements are bool.

    >>> import autograd
    >>> autograd.positive(autograd.tensor([1., -2.]))
    tensor([ 1., -2.])
    """
    if input.dtype.kind == "b":
        fail(RuntimeError, "The `+` operator, on a bool tensor is not supported.")
    return input


@primitive(
    vjp={"input": lambda g: g,
         "tensor1": lambda g, tensor2, value: g * tensor2 if value == 1 else g * (tensor2 * value),
         "tensor2": lambda g, tensor1, value: g * tensor1 if value == 1 else g * (tensor1 * value)},
    broadcasts=True, promote="common", holomorphic=True, inplace=True,
)
def addcmul(input, tensor1, tensor2, *, value=1):
    """``input + value * tensor1 * tensor2``, with broadcasting.

    >>> import autograd
    >>> autograd.addcmul(autograd.tensor([1., 1.]), autograd.tensor([2., 3.]), autograd.tensor([4., 5.]), value=0.5)
    tensor([5.0000, 8.5000])
    """
    # In this order, as the product with value may overflow in another.
    return input + (tensor1 if value == 1 else tensor1 * np.asarray(value).astype(input.dtype)) * tensor2


@primitive(
    vjp={"input": lambda g: g,
         "tensor1": lambda g, tensor2, value: g * (value / tensor2),
         "tensor2": lambda g, tensor1, tensor2, value: -g * (value * tensor1 / (tensor2 * tensor2))},
    broadcasts=True, promote="common", holomorphic=True, inplace=True,
)
def addcdiv(input, tensor1, tensor2, *, value=1):
    """``input + value * tensor1 / tensor2``, with broadcasting.

    Raises:
        RuntimeError: ``tensor1`` and ``tensor2`` are integers.

    >>> import autograd
    >>> autograd.addcdiv(autograd.tensor([1., 1.]), autograd.tensor([2., 3.]), autograd.tensor([4., 4.]), value=2)
    tensor([2.0000, 2.5000])
    """
    if input.dtype.kind not in "fc":
        fail(RuntimeError, "Integer division with addcdiv is no longer supported; write input + value * "
                           "div(tensor1, tensor2, rounding_mode='trunc'), or convert the tensors to a float type")
    return input + (tensor1 if value == 1 else tensor1 * np.asarray(value).astype(input.dtype)) / tensor2


@primitive(
    vjp={"input": lambda g, weight: g * (1 - weight),
         "end": lambda g, weight: g * weight},
    broadcasts=True, holomorphic=True, method=False, node_name="LerpBackward0",
)
def lerp_number(input, end, weight):
    """`lerp` with a Python number as weight."""
    _check_lerp(input, end=end)
    if abs(weight) < 0.5:
        return input + weight * (end - input)
    return end - (end - input) * (1 - weight)


@primitive(
    vjp={"input": lambda g, weight: g * (1 - weight),
         "end": lambda g, weight: g * weight,
         "weight": lambda g, input, end: g * (end - input)},
    broadcasts=True, holomorphic=True, method=False, node_name="LerpBackward1",
)
def lerp_tensor(input, end, weight):
    """`lerp` with a weight for each element."""
    _check_lerp(input, end=end, weight=weight)
    way = end - input
    return np.where(np.abs(weight) < 0.5, input + weight * way, end - way * (1 - weight))


def _check_lerp(input, **others):
    for name, array in others.items():
        if array.dtype != input.dtype:
            fail(RuntimeError, f"expected dtype {input.dtype} for `{name}` but got dtype {array.dtype}")
    refuse("lerp", input, "biu")


@composite(inplace=True)
def lerp(input, end, weight):
    """Linear interpolation ``input + weight * (end - input)``.

    Args:
        input, end: tensors of one dtype.
        weight: a number, or a tensor of the same dtype.

    >>> import autograd
    >>> autograd.lerp(autograd.tensor([0., 10.]), autograd.tensor([1., 20.]), 0.25)
    tensor([ 0.2500, 12.5000])
    """
    if isinstance(weight, (int, float, complex)):
        return lerp_number(input, end, weight)
    return lerp_tensor(input, end, weight)


@primitive(vjp={"input": lambda g: g * (np.pi / 180)}, promote="float", inplace=True, numpy=(np.deg2rad, np.radians))
def deg2rad(input):
    """Degrees to radians: ``input * pi / 180``.

    >>> import autograd
    >>> autograd.deg2rad(autograd.tensor([90., 180.]))
    tensor([1.5708, 3.1416])
    """
    refuse("deg2rad", input, "c")
    return input * (np.pi / 180)


@primitive(vjp={"input": lambda g: g * (180 / np.pi)}, promote="float", inplace=True, numpy=(np.rad2deg, np.degrees))
def rad2deg(input):
    """Radians to degrees: ``input * 180 / pi``.

    >>> import autograd
    >>> autograd.rad2deg(autograd.tensor([1., 3.141592653589793]))
    tensor([ 57.2958, 180.0000])
    """
    refuse("rad2deg", input, "c")
    return input * (180 / np.pi)
