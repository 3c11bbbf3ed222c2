"""Batch norm in evaluation mode taken into the layer before it."""

from __future__ import annotations

import copy
from typing import Any

from autograd import Tensor, ones_like, rsqrt, zeros_like
from autograd.errors import fail

from ..parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]


def _check(layer: Any, bn: Any) -> None:
    if layer.training or bn.training:
        fail(AssertionError, "Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        fail(AssertionError, "bn.running_mean and bn.running_var must not be None")


def _statistics(bn: Any) -> tuple[Any, ...]:
    return bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias


def _fused(w: Tensor, b: Tensor | None, mean: Tensor, var: Tensor, eps: float, bn_w: Tensor | None,
           bn_b: Tensor | None, dim: int) -> tuple[Parameter, Parameter]:
    """Weight and bias of a layer whose outputs are counted by ``dim`` of its weight, with the batch norm in them."""
    bias = zeros_like(mean) if b is None else b
    scale = rsqrt(var + eps) * (ones_like(mean) if bn_w is None else bn_w)
    shape = [-1 if d == dim else 1 for d in range(w.ndim)]
    fused_w = (w * scale.reshape(shape)).to(w.dtype)
    fused_b = ((bias - mean) * scale + (0.0 if bn_b is None else bn_b)).to((w if b is None else b).dtype)
    return Parameter(fused_w, w.requires_grad), Parameter(fused_b, bias.requires_grad)


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A convolution that computes what ``bn(conv(x))`` does.

    Args:
        conv: the convolution, in evaluation mode.
        bn: the batch norm, in evaluation mode, with running statistics.
        transpose: the convolution is a transposed one.

    Raises:
        AssertionError: one of them is in training mode, or there are no running statistics.

    >>> import autograd, nn
    >>> conv, bn = nn.Conv2d(2, 3, 3).eval(), nn.BatchNorm2d(3).eval()
    >>> x = autograd.randn(1, 2, 5, 5)
    >>> autograd.allclose(nn.utils.fuse_conv_bn_eval(conv, bn)(x), bn(conv(x)), atol=1e-5)
    True
    """
    _check(conv, bn)
    fused = copy.deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(fused.weight, fused.bias, *_statistics(bn), transpose)
    return fused


def fuse_conv_bn_weights(conv_w: Tensor, conv_b: Tensor | None, bn_rm: Tensor, bn_rv: Tensor, bn_eps: float,
                         bn_w: Tensor | None, bn_b: Tensor | None,
                         transpose: bool = False) -> tuple[Parameter, Parameter]:
    """Weight and bias of a convolution with a batch norm taken into them.

    Args:
        conv_w, conv_b: weight and bias of the convolution.
        bn_rm, bn_rv, bn_eps: running mean, running variance and epsilon of the batch norm.
        bn_w, bn_b: its weight and bias.
        transpose: the convolution is a transposed one, with the outputs in dimension 1 of its weight.

    >>> import autograd
    >>> from nn.utils import fuse_conv_bn_weights
    >>> w, b = fuse_conv_bn_weights(autograd.ones(1, 1, 1), None, autograd.ones(1), autograd.full((1,), 4.), 0., None,
    ...                             None)
    >>> w.item(), b.item()
    (0.5, -0.5)
    """
    return _fused(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, int(transpose))


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A linear layer that computes what ``bn(linear(x))`` does.

    Args:
        linear: the layer, in evaluation mode.
        bn: the batch norm, in evaluation mode, with running statistics; of as many features as the layer has outputs,
            or of one.

    Raises:
        AssertionError: one of them is in training mode, there are no running statistics, or the numbers do not fit.

    >>> import autograd, nn
    >>> linear, bn = nn.Linear(2, 3).eval(), nn.BatchNorm1d(3).eval()
    >>> x = autograd.randn(4, 2)
    >>> autograd.allclose(nn.utils.fuse_linear_bn_eval(linear, bn)(x), bn(linear(x)), atol=1e-5)
    True
    """
    _check(linear, bn)
    if bn.num_features not in (1, linear.out_features):
        fail(AssertionError, "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
                             f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}")
    fused = copy.deepcopy(linear)
    fused.weight, fused.bias = fuse_linear_bn_weights(fused.weight, fused.bias, *_statistics(bn))
    return fused


def fuse_linear_bn_weights(linear_w: Tensor, linear_b: Tensor | None, bn_rm: Tensor, bn_rv: Tensor, bn_eps: float,
                           bn_w: Tensor, bn_b: Tensor) -> tuple[Parameter, Parameter]:
    """Weight and bias of a linear layer with a batch norm taken into them; arguments as in `fuse_conv_bn_weights`.

    >>> import autograd
    >>> from nn.utils import fuse_linear_bn_weights
    >>> one = autograd.ones(1)
    >>> w, b = fuse_linear_bn_weights(autograd.ones(1, 1), one, one, 4 * one, 0., 3 * one, 2 * one)
    >>> w.item(), b.item()
    (1.5, 2.0)
    """
    return _fused(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 0)
