"""Gradients of convolutions as functions; each can itself be differentiated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Tensor
from autograd.ops.conv import conv_weight_grad, convolve_transposed

from .common import ntuple


def _options(n: int, stride: Any, padding: Any, dilation: Any, groups: int) -> tuple[Any, ...]:
    return ntuple(stride, n), tuple([(p, p) for p in ntuple(padding, n)]), ntuple(dilation, n), groups


def _by_input(n: int) -> Callable[..., Tensor]:
    def by_input(input_size: Any, weight: Tensor, grad_output: Tensor, stride: Any = 1, padding: Any = 0,
                 dilation: Any = 1, groups: int = 1) -> Tensor:
        return convolve_transposed(grad_output, weight, tuple(input_size)[2:],
                                   *_options(n, stride, padding, dilation, groups))

    by_input.__name__ = by_input.__qualname__ = f"conv{n}d_input"
    by_input.__doc__ = f"""The gradient of ``conv{n}d`` by its input.

    Args:
        input_size: shape of the input, with the batch.
        weight: of the convolution.
        grad_output: the gradient by its result.
        stride, padding, dilation, groups: of the convolution.

    >>> import autograd, nn
    >>> w = autograd.ones(1, 1, {", ".join("2" * n)})
    >>> nn.grad.conv{n}d_input((1, 1, {", ".join("3" * n)}), w, autograd.ones(1, 1, {", ".join("2" * n)})).sum()
    tensor({4 ** n}.)
    """
    return by_input


def _by_weight(n: int) -> Callable[..., Tensor]:
    def by_weight(input: Tensor, weight_size: Any, grad_output: Tensor, stride: Any = 1, padding: Any = 0,
                  dilation: Any = 1, groups: int = 1) -> Tensor:
        return conv_weight_grad(grad_output, input, tuple(weight_size)[2:],
                                *_options(n, stride, padding, dilation, groups))

    by_weight.__name__ = by_weight.__qualname__ = f"conv{n}d_weight"
    by_weight.__doc__ = f"""The gradient of ``conv{n}d`` by its weight.

    Args:
        input: of the convolution, with the batch.
        weight_size: shape of the weight.
        grad_output: the gradient by the result.
        stride, padding, dilation, groups: of the convolution.

    >>> import autograd, nn
    >>> x = autograd.ones(1, 1, {", ".join("3" * n)})
    >>> nn.grad.conv{n}d_weight(x, (1, 1, {", ".join("2" * n)}), autograd.ones(1, 1, {", ".join("2" * n)})).sum()
    tensor({4 ** n}.)
    """
    return by_weight


conv1d_input, conv2d_input, conv3d_input = _by_input(1), _by_input(2), _by_input(3)
conv1d_weight, conv2d_weight, conv3d_weight = _by_weight(1), _by_weight(2), _by_weight(3)
