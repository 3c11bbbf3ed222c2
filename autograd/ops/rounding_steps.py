"""Numbers as a quantized network would see them: rounded to the steps of a scale, with the gradient passed through."""

from __future__ import annotations

import numpy as np

from ..dispatch import is_tensor
from ..errors import fail
from ..primitive import composite, primitive
from ..tape import wrap_node
from .shape import reshape


@primitive(vjp={"input": lambda g, inside: g * inside}, inputs=("input", "scale", "zero_point"), aux=("inside",),
           method=False, node_name="FakeQuantizePerTensorAffineCachemaskBackward0")
def rounded_to_steps(input, scale, zero_point, quant_min, quant_max):
    """``input`` rounded to a step and clamped to a range of steps, at steps of ``scale`` from ``zero_point``."""
    steps = np.rint(input * (1 / scale).astype(input.dtype)) + zero_point
    inside = (steps >= quant_min) & (steps <= quant_max)
    out = (np.clip(steps, quant_min, quant_max) - zero_point).astype(scale.dtype) * scale
    return out.astype(input.dtype), inside


def _checked(name, quant_min, quant_max, zero_point):
    if quant_min > quant_max:
        fail(RuntimeError, f"{name}: `quant_min` should be less than or equal to `quant_max`, got {quant_min} and "
                           f"{quant_max}")
    if (zero_point < quant_min).any() or (zero_point > quant_max).any():
        fail(RuntimeError, f"{name}: `zero_point` must be between `quant_min` and `quant_max`")


@composite(method=False)
def fake_quantize_per_tensor_affine(input, scale, zero_point, quant_min, quant_max):
    """``(clamp(round(input / scale) + zero_point, quant_min, quant_max) - zero_point) * scale``.

    The gradient is that of the identity within the range, and zero outside.

    Args:
        input: floating.
        scale, zero_point: a float and an int, or tensors of one element.

    Raises:
        RuntimeError: the range is empty, or does not hold the zero point.

    >>> import autograd
    >>> autograd.fake_quantize_per_tensor_affine(autograd.tensor([0.07, 0.5, 99.]), 0.1, 0, 0, 255)
    tensor([ 0.1000,  0.5000, 25.5000])
    """
    scales = scale._a.reshape(()) if is_tensor(scale) else np.asarray(scale, np.float32)
    points = zero_point._a.reshape(()) if is_tensor(zero_point) else np.asarray(zero_point)
    _checked("fake_quantize_per_tensor_affine", quant_min, quant_max, points)
    return rounded_to_steps(input, wrap_node(scales, None), wrap_node(points, None), quant_min, quant_max)


@composite(method=False)
def fake_quantize_per_channel_affine(input, scale, zero_point, axis, quant_min, quant_max):
    """`fake_quantize_per_tensor_affine` with a scale and a zero point for each index along ``axis``.

    >>> import autograd
    >>> autograd.fake_quantize_per_channel_affine(
    ...     autograd.tensor([[0.07, 0.07]]), autograd.tensor([0.1, 0.05]), autograd.tensor([0, 0]), 1, 0, 255)
    tensor([[0.1000, 0.0500]])
    """
    shape = [1] * input.ndim
    shape[axis] = -1
    if scale._a.shape != (input._a.shape[axis],) or zero_point._a.shape != scale._a.shape:
        fail(RuntimeError, f"fake_quantize_per_channel_affine: scale and zero_point must have {input._a.shape[axis]} "
                           f"elements, one for each index along axis {axis}")
    _checked("fake_quantize_per_channel_affine", quant_min, quant_max, zero_point._a)
    return rounded_to_steps(input, reshape(scale.detach(), shape), reshape(zero_point, shape), quant_min, quant_max)
