"""Batch, layer, group, instance and RMS normalization."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..dispatch import is_tensor
from ..errors import describe, fail
from ..kernels import norm as kernel
from ..primitive import composite, primitive

# --- one computation for all ------------------------------------------------------------------------------
# The kinds of normalization differ in a view of the input, the axes of it that are averaged over, and the shape in which
# weight and bias meet it. Mean and variance are outputs beside the result: the gradient is a function of them, and where it
# is itself differentiated, they carry the rest of the derivative.


def _reduce_to(x: Any, affine: Any, shape: Any) -> Any:
    """The sum of ``x`` over the axes along which a weight of ``affine`` shape is repeated, in the shape of the weight."""
    return x.sum(tuple([a for a, n in enumerate(affine) if n == 1])).reshape(shape)


def _average(x: Any, axes: Any) -> Any:
    shape = tuple([1 if a in axes else n for a, n in enumerate(x.shape)])
    return x.sum(axes).reshape(shape) / prod([x.shape[a] for a in axes])


def _rule(g, out, input, weight, bias, view, axes, affine, eps, centered, needs):
    g_out, g_mean, g_var = g
    grads = [None, None, None]
    if g_out is not None:
        found = normalize_grad(g_out, input, out[1], out[2], view, axes, affine, eps, centered, weight, needs[1] or needs[2])
        grads = [*found, None, None][:3]
    if g_var is not None or (g_mean is not None and centered):
        x = input.reshape(view)
        count = prod([view[a] for a in axes])
        extra = 0 if g_mean is None or not centered else g_mean / count
        if g_var is not None:
            extra = extra + (x - out[1]) * (g_var * (2 / count))
        extra = (extra + x * 0 if extra.shape != tuple(view) else extra).reshape(input.shape)
        grads[0] = extra if grads[0] is None else grads[0] + extra
    return [grads[0], grads[1] if needs[1] else None, grads[2] if needs[2] else None]


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


native_batch_norm, native_layer_norm, native_group_norm, native_rms_norm = (
    primitive(vjp=_rule, inputs=("input", "weight", "bias"), outputs=3, method=False, name=name)(_normalize)
    for name in ("native_batch_norm", "native_layer_norm", "native_group_norm", "native_rms_norm"))


def _grad_rule(g, grad, input, mean, var, weight, view, axes, affine, eps, centered):
    """Derivatives of the gradients ``r * (a - M(a) - n * M(a * n))``, ``sum(grad * n)`` and ``sum(grad)``, where M is the
    mean, r = (var + eps) ** -0.5, n = (input - mean) * r and a = grad * weight; ``g`` has a cotangent for each.
    """
    h, p, q = (*g, None, None)[:3]
    shape, weight_shape = input.shape, None if weight is None else weight.shape
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
            g_weight = _reduce_to(inner * grad, affine, weight_shape)
    if p is not None:
        p = p.reshape(affine)
        g_grad = p * n if g_grad is None else g_grad + p * n
        g_n = p * grad if g_n is None else g_n + p * grad
    if q is not None:
        q = q.reshape(affine) + x * 0
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
    """The gradient of the normalized ``input``; and, where ``of_weight``, the gradients of weight and bias."""
    w = None if weight is None else kernel.wide(weight.reshape(affine))
    g = kernel.wide(grad.reshape(view))
    found, product = kernel.normalize_grad(g, kernel.wide(input.reshape(view)), mean, var, w, axes, eps, centered)
    results = [found.reshape(input.shape).astype(input.dtype, copy=False)]
    if of_weight:
        shape, dtype = ((prod(affine),), input.dtype) if weight is None else (weight.shape, weight.dtype)
        results += [_reduce_to(x, affine, shape).astype(dtype, copy=False) for x in (product, g)]
    return results
