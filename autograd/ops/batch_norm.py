"""Batch and instance normalization: each channel by its own statistics, of the batch or running ones."""

from __future__ import annotations

from math import prod
from typing import Any

from ..errors import fail
from ..kernels import norm as kernel
from ..primitive import composite, primitive
from ..tape import wrap_node
from .norm import batch_normalize, check_floating


def _check_channels(channels: int, **params: Any) -> None:
    for what, p in params.items():
        if p is not None and p.numel() != channels:
            fail(RuntimeError, f"{what} should contain {channels} elements not {p.numel()}")


def _planes(shape: Any) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """For (N, C, *size): the view, the axes of all but the channels, and the shape of one number for each channel."""
    if len(shape) == 2:
        return tuple(shape), (0,), (1, shape[1])
    return (shape[0], shape[1], prod(shape[2:])), (0, 2), (1, shape[1], 1)


def _update(running: Any, value: Any, momentum: float, factor: float = 1.0) -> None:
    """Let ``running`` follow ``factor * value``; nothing of this is recorded."""
    step = value._a.astype(running._a.dtype, copy=False).reshape(running._a.shape) * (momentum * factor)
    running.mul_(1 - momentum).add_(wrap_node(step, None))


def _by_channel(values: Any, like: Any) -> Any:
    return values.reshape((1, -1) + (1,) * (like.ndim - 2))


def _sum_by_channel(x: Any) -> Any:
    return x.sum((0, *range(2, x.ndim)))


@primitive(
    vjp={"input": lambda g, scale: g * _by_channel(scale, g), "scale": lambda g, input: _sum_by_channel(g * input),
         "shift": lambda g: _sum_by_channel(g)},
    method=False, node_name="NativeBatchNormBackward0",
)
def scale_channels(input, scale, shift):
    """``input * scale + shift`` of (N, C, ...) with a number for each channel."""
    if input.ndim < 2:
        fail(RuntimeError, f"scale_channels: an input (N, C, ...) is expected, but got shape {list(input.shape)}")
    found = kernel.scale_channels(input, scale, shift)
    return input * _by_channel(scale, input) + _by_channel(shift, input) if found is None else found


def _with_running(input: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any, eps: float) -> Any:
    """Normalization by given statistics: one multiplication and one addition for each element."""
    scale = (running_var + eps).rsqrt()
    if weight is not None:
        scale = scale * weight
    shift = -running_mean * scale if bias is None else bias - running_mean * scale
    if input.dtype != scale.dtype:
        return scale_channels(input.to(scale.dtype), scale, shift).to(input.dtype)
    return scale_channels(input, scale, shift)


@composite(method=False)
def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05):
    """Normalize each channel over the batch: ``(x - mean) / sqrt(var + eps) * weight + bias`` (Ioffe and Szegedy, Batch
    normalization, 2015).

    Args:
        input: (N, C) or (N, C, ...).
        running_mean, running_var: (C), or None. Where ``training``, updated in place to ``(1 - momentum) * running +
            momentum * value``, with the unbiased variance; else used instead of the batch's own mean and variance.
        weight, bias: (C), or None.

    Raises:
        ValueError: training on one value for each channel.
        RuntimeError: sizes do not fit.

    >>> import autograd
    >>> from nn.functional import batch_norm
    >>> batch_norm(autograd.tensor([[1., 10.], [3., 30.]]), None, None, training=True)
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    """
    check_floating("batch_norm", input, weight, bias, running_mean, running_var)
    shape = input.shape
    if input.ndim == 1 and input.numel() == 0:
        return input.clone()
    if input.ndim < 2:
        fail(RuntimeError, f"batch_norm expects input (N, C, ...) with at least 2 dimensions, but got {list(shape)}")
    _check_channels(shape[1], running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not training:
        for what, running in (("running_mean", running_mean), ("running_var", running_var)):
            if running is None:
                fail(RuntimeError, f"{what} must be defined in evaluation mode")
        return _with_running(input, running_mean, running_var, weight, bias, eps)
    view, axes, affine = _planes(shape)
    count = prod([view[a] for a in axes])
    if count == 1:
        fail(ValueError, f"Expected more than 1 value per channel when training, got input size {list(shape)}")
    if eps <= 0:
        fail(ValueError, f"batch_norm eps must be positive during training, but got {eps}")
    out, mean, var = batch_normalize(input, view, axes, affine, eps, True, weight, bias)
    if count and running_mean is not None:
        _update(running_mean, mean, momentum)
    if count and running_var is not None:
        _update(running_var, var, momentum, count / (count - 1))
    return out


@composite(method=False)
def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True,
                  momentum=0.1, eps=1e-05):
    """Normalize each channel of each sample (Ulyanov et al., Instance normalization, 2016).

    Args:
        input: (N, C, ...).
        running_mean, running_var: (C), or None, updated by the mean over the batch; used where not ``use_input_stats``.
        weight, bias: (C), or None.

    Raises:
        ValueError: there is one element for each channel.

    >>> import autograd
    >>> from nn.functional import instance_norm
    >>> instance_norm(autograd.tensor([[[1., 3.], [10., 30.]]]))
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000]]])
    """
    check_floating("instance_norm", input, weight, bias)
    shape = input.shape
    if use_input_stats and prod(shape[2:]) == 1:
        fail(ValueError, f"Expected more than 1 spatial element when training, got input size {list(shape)}")
    _check_channels(shape[1], running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not use_input_stats:
        if running_mean is None or running_var is None:
            fail(RuntimeError, "Expected running_mean and running_var to be defined when use_input_stats is false")
        return _with_running(input, running_mean, running_var, weight, bias, eps)
    count = prod(shape[2:])
    out, mean, var = batch_normalize(input, (shape[0], shape[1], count), (2,), (1, shape[1], 1), eps, True, weight,
                                       bias)
    if running_mean is not None:
        _update(running_mean, mean.detach().mean(0), momentum)
    if running_var is not None:
        _update(running_var, var.detach().mean(0) * (count / (count - 1)), momentum)
    return out
