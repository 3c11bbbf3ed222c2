"""What all normalizations share; layer, group, RMS and local response normalization."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..dispatch import is_tensor
from ..errors import describe, fail
from ..kernels import norm as kernel
from ..primitive import composite, primitive
from .average_pool import window_means
from .shape import expand

# --- one computation for all ------------------------------------------------------------------------------
# The kinds of normalization differ in a view of the input, the axes of it that are averaged over, and the shape in
# which weight and bias meet it. Mean and variance are outputs beside the result: the gradient is a function of them,
# and where it is itself differentiated, they carry the rest of the derivative.


def _average(x: Any, axes: Any) -> Any:
    shape = tuple([1 if a in axes else n for a, n in enumerate(x.shape)])
    return x.sum(axes).reshape(shape) / max(1, prod([x.shape[a] for a in axes]))


def _rule(g, out_1, out_2, input, weight, weight_shape, bias_shape, view, axes, affine, eps, centered, needs):
    g_out, g_mean, g_var = g
    g_input = g_weight = g_bias = None
    if g_out is not None:
        g_input, *rest = normalize_grad(g_out, input, out_1, out_2, view, axes, affine, eps, centered, weight,
                                        needs[1] or needs[2])
        g_weight, g_bias = (None if not needed else x.reshape(shape) for x, needed, shape in zip(
            rest or (None, None), needs[1:], (weight_shape, bias_shape), strict=True))
    count = max(1, prod([view[a] for a in axes]))
    for each in (None if g_mean is None or not centered else expand(g_mean, view) / count,
                 None if g_var is None else (input.reshape(view) - out_1) * (g_var * (2 / count))):
        if each is not None:
            each = each.reshape(input.shape)
            g_input = each if g_input is None else g_input + each
    return [g_input, g_weight, g_bias]


def _normalize(input, view, axes, affine, eps, centered, weight=None, bias=None):
    """(``input`` normalized, mean, variance).

    Args:
        view: the shape in which the input is worked on.
        axes: the axes of the view that mean and variance are taken over.
        affine: the shape in which weight and bias broadcast against the view.
        eps: added to the variance.
        centered: subtract the mean; otherwise the variance is the mean square.
    """
    w, b = (None if p is None else kernel.wide(p.reshape(affine)) for p in (weight, bias))
    out, mean, var = kernel.normalize(kernel.wide(input.reshape(view)), w, b, axes, eps, centered)
    return [out.reshape(input.shape).astype(input.dtype, copy=False), mean, var]


batch_normalize, layer_normalize, group_normalize, rms_normalize = (
    primitive(vjp=_rule, inputs=("input", "weight", "bias"), outputs=3, method=False, name=f"{kind}_normalize",
              node_name=node_name)(_normalize)
    for kind, node_name in (("batch", "NativeBatchNormBackward0"), ("layer", "NativeLayerNormBackward0"),
                            ("group", "NativeGroupNormBackward0"), ("rms", "FusedRmsNormBackward0")))


def _grad_rule(g, grad, input, mean, var, weight, view, axes, affine, eps, centered):
    """Derivatives of the gradients ``r * (a - M(a) - n * M(a * n))``, ``sum(grad * n)`` and ``sum(grad)``, where M is
    the mean, r = (var + eps) ** -0.5, n = (input - mean) * r and a = grad * weight; ``g`` has a cotangent for each.
    """
    h, p, q = (*g, None, None)[:3]
    shape = input.shape
    grad, x = grad.reshape(view), input.reshape(view)
    r = (var + eps) ** -0.5
    n = (x - mean) * r if centered else x * r
    w = 1.0 if weight is None else weight.reshape(affine)
    g_grad = g_n = g_r = g_weight = None
    if h is not None:
        h, a = h.reshape(view), grad * w
        s, t = _average(a * n, axes), _average(h * n, axes)
        inner, outer = h - n * t, a - n * s
        if centered:
            inner, outer = inner - _average(h, axes), outer - _average(a, axes)
        inner = inner * r
        g_grad, g_n, g_r = inner * w, (h * s + a * t) * -r, h * outer
        if weight is not None:
            g_weight = kernel.reduce_to(inner * grad, affine).reshape(weight.shape)
    if p is not None:
        p = p.reshape(affine)
        g_grad = p * n if g_grad is None else g_grad + p * n
        g_n = p * grad if g_n is None else g_n + p * grad
    if q is not None:
        q = expand(q.reshape(affine), view)
        g_grad = q if g_grad is None else g_grad + q
    g_input = g_mean = g_var = None
    if g_n is not None:
        g_input = (g_n * r).reshape(shape)
        g_mean = -(g_n * r).sum(axes).reshape(mean.shape) if centered else None
        slope = g_n * n / r if g_r is None else g_n * n / r + g_r
        g_var = slope.sum(axes).reshape(var.shape) * r ** 3 * -0.5
    return [None if g_grad is None else g_grad.reshape(shape), g_input, g_mean, g_var, g_weight]


@primitive(vjp=_grad_rule, inputs=("grad", "input", "mean", "var", "weight"), outputs="many", method=False)
def normalize_grad(grad, input, mean, var, view, axes, affine, eps, centered, weight=None, of_weight=False):
    """The gradient of the normalized ``input``; and, where ``of_weight``, the gradients of weight and bias, flat."""
    w = None if weight is None else kernel.wide(weight.reshape(affine))
    g = kernel.wide(grad.reshape(view))
    found, *rest = kernel.normalize_grad(g, kernel.wide(input.reshape(view)), mean, var, w, axes, affine, eps, centered,
                                         of_weight)
    dtype = input.dtype if weight is None else weight.dtype
    return [found.reshape(input.shape).astype(input.dtype, copy=False), *[x.astype(dtype, copy=False) for x in rest]]


# --- what users call --------------------------------------------------------------------------------------


def check_floating(name: str, input: Any, *params: Any) -> None:
    if not is_tensor(input):
        fail(TypeError, f"{name}(): argument 'input' must be Tensor, not {type(input).__name__} ({describe(input)})")
    if not input.is_floating_point():
        fail(NotImplementedError, f"\"{name}\" not implemented for {input.dtype}; convert to a floating type")
    for p in params:
        if p is not None and p.dtype != input.dtype and not (input.dtype == np.float16 and p.dtype == np.float32):
            fail(RuntimeError, f"mixed dtype (CPU): all inputs must share same datatype, but input is {input.dtype} "
                               f"and a parameter {p.dtype}")


def _normalized(name: str, input: Any, normalized_shape: Any, **params: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """The view (rows, elements) and the shape of weights, for the last dimensions."""
    if not isinstance(normalized_shape, (tuple, list)):
        fail(TypeError, f"{name}(): argument 'normalized_shape' (position 2) must be tuple of ints, not "
                        f"{type(normalized_shape).__name__}; write ({describe(normalized_shape)},)")
    last = tuple(normalized_shape)
    if not last:
        fail(RuntimeError, "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
                           "element, but got normalized_shape = []")
    for what, p in params.items():
        if p is not None and tuple(p.shape) != last:
            fail(RuntimeError, f"Expected {what} to be of same shape as normalized_shape, but got {what} of shape "
                               f"{list(p.shape)} and normalized_shape = {list(last)}")
    lead = input.ndim - len(last)
    if lead < 0 or tuple(input.shape[lead:]) != last:
        fail(RuntimeError, f"Given normalized_shape={list(last)}, expected input with shape [*, "
                           f"{', '.join(map(str, last))}], but got input of size{list(input.shape)}")
    return (prod(input.shape[:lead]), prod(last)), (1, prod(last))


@composite(method=False)
def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05):
    """Normalize over the last dimensions: ``(x - mean) / sqrt(var + eps) * weight + bias`` (Ba et al., Layer
    normalization, 2016).

    Args:
        normalized_shape: the sizes of those dimensions.
        weight, bias: of that shape, or None.

    Raises:
        RuntimeError: shapes do not fit.

    >>> import autograd
    >>> autograd.layer_norm(autograd.tensor([[1., 3.], [10., 30.]]), (2,))
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]])
    """
    check_floating("layer_norm", input, weight, bias)
    view, affine = _normalized("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    return layer_normalize(input, view, (1,), affine, eps, True, weight, bias)[0]


@composite(method=False)
def rms_norm(input, normalized_shape, weight=None, eps=None):
    """Divide by the root of the mean square over the last dimensions: ``x / sqrt(mean(x * x) + eps) * weight`` (Zhang
    and Sennrich, Root mean square layer normalization, 2019).

    Args:
        normalized_shape: the sizes of those dimensions.
        weight: of that shape, or None.
        eps: by default the machine epsilon of the input's type.

    Raises:
        RuntimeError: shapes do not fit.

    >>> import autograd
    >>> autograd.rms_norm(autograd.tensor([3., 4.]), (2,))
    tensor([0.8485, 1.1314])
    """
    is_complex = input.is_complex()
    if not is_complex:
        check_floating("rms_norm", input, weight)
    view, affine = _normalized("rms_norm", input, normalized_shape, weight=weight)
    eps = float(np.finfo(np.float32 if input.dtype == np.float16 else input.dtype).eps) if eps is None else eps
    if is_complex:
        rows = input.reshape(view)
        out = (rows * ((rows * rows).mean(1, True) + eps).rsqrt()).reshape(input.shape)
        return out if weight is None else out * weight
    return rms_normalize(input, view, (1,), affine, eps, False, weight)[0]


@composite(method=False)
def group_norm(input, num_groups, weight=None, bias=None, eps=1e-05):
    """Normalize over groups of channels of each sample (Wu and He, Group normalization, 2018).

    Args:
        input: (N, C, ...).
        num_groups: divides C.
        weight, bias: (C), or None.

    Raises:
        ValueError: a group has one element.
        RuntimeError: sizes do not fit.

    >>> import autograd
    >>> autograd.group_norm(autograd.tensor([[1., 3., 10., 30.]]), 2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    check_floating("group_norm", input, weight, bias)
    shape = input.shape
    if input.ndim < 2:
        fail(RuntimeError, f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    n, c = shape[:2]
    if num_groups <= 0 or c % num_groups:
        fail(RuntimeError, "Expected number of channels in input to be divisible by num_groups, but got input of shape "
                           f"{list(shape)} and num_groups={num_groups}")
    for what, p in (("weight", weight), ("bias", bias)):
        if p is not None and tuple(p.shape) != (c,):
            fail(RuntimeError, f"Expected {what} to be a vector of size equal to the number of channels in input, but "
                               f"got {what} of shape {list(p.shape)} and input of shape {list(shape)}")
    if n * c // num_groups * prod(shape[2:]) == 1:
        fail(ValueError, f"Expected more than 1 value per channel when training, got input size {list(shape)}")
    view = (n, num_groups, c // num_groups, prod(shape[2:]))
    return group_normalize(input, view, (2, 3), (1, *view[1:3], 1), eps, True, weight, bias)[0]


@composite(method=False)
def local_response_norm(input, size, alpha=0.0001, beta=0.75, k=1.0):
    """Divide by the activity of neighbouring channels: ``x / (k + alpha * mean(x * x over size channels)) ** beta``
    (Krizhevsky et al., ImageNet classification, 2012).

    Args:
        input: (N, C, ...), with at least 3 dimensions.
        size: number of neighbouring channels.

    >>> import autograd
    >>> from nn.functional import local_response_norm
    >>> local_response_norm(autograd.ones(1, 2, 1), 2, alpha=1., beta=1.)
    tensor([[[0.6667],
             [0.5000]]])
    """
    if input.ndim < 3:
        fail(ValueError, f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)")
    if size <= 0:
        fail(RuntimeError, f"local_response_norm: size should be greater than zero, but got {size}")
    if input.numel() == 0:
        return input
    planes = (input * input).reshape(input.shape[0], input.shape[1], -1)
    activity = window_means(planes, tuple(planes.shape[1:]), (size, 1), (1, 1), (size // 2, 0), size)
    return input / (activity.reshape(input.shape) * alpha + k) ** beta


@composite(method=False)
def normalize(input, p=2.0, dim=1, eps=1e-12):
    """Divide by the p-norm along ``dim``: ``x / max(norm(x), eps)``.

    >>> import autograd
    >>> from nn.functional import normalize
    >>> normalize(autograd.tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    return input / input.norm(p, dim, keepdim=True).clamp_min(eps)
