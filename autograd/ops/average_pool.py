"""Average and power-average pooling over sliding windows."""

from __future__ import annotations

from math import inf, prod
from typing import Any

import numpy as np

from ..errors import fail
from ..kernels import pool as kernel
from ..kernels.windows import pooled_size
from ..primitive import composite, primitive
from .pool import max_pool1d, max_pool2d, max_pool3d, output_too_small, planes
from .spatial import check_rank, per_dim, window_options


def _divided(x: Any, divisor: Any) -> Any:
    """``x`` over a number, or over one for each window; integers are rounded towards zero."""
    if not isinstance(divisor, (int, float)):
        divisor = np.asarray(divisor, x.dtype)
    return x / divisor if x.dtype.kind == "f" else np.trunc(x / divisor).astype(x.dtype)


@primitive(
    vjp={"input": lambda g, input_shape, kernel_size, stride, padding, divisor:
         spread_means(g, input_shape[len(input_shape) - len(stride):], kernel_size, stride, padding, divisor)},
    method=False,
)
def window_means(input, out, kernel_size, stride, padding, divisor):
    """The sum of each window of (..., *size), over the divisor: a number, or one for each window (*out)."""
    x = planes(input, len(out))
    if x.dtype == np.float16:
        x = x.astype(np.float32)
    sums = _divided(kernel.window_sums(x, out, kernel_size, stride, padding), divisor)
    return sums.astype(input.dtype, copy=False).reshape(*input.shape[:input.ndim - len(out)], *out)


@primitive(
    vjp={"grad": lambda g, grad_shape, kernel_size, stride, padding, divisor:
         window_means(g, grad_shape[len(grad_shape) - len(stride):], kernel_size, stride, padding, divisor)},
    method=False,
)
def spread_means(grad, size, kernel_size, stride, padding, divisor):
    """The gradient of `window_means` by its input, of spatial ``size``."""
    n = len(size)
    spread = kernel.spread_windows(_divided(planes(grad, n), divisor), size, kernel_size, stride, padding)
    return spread.reshape(*grad.shape[:grad.ndim - n], *size)


def _avg_pool(name: str, n: int, input: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool,
              count_include_pad: bool, divisor_override: Any) -> Any:
    check_rank(input, n, name)
    kernel_size, stride, padding, ones = window_options(name, n, kernel_size, stride, padding, 1)
    if not input.is_floating_point() and input.dtype != np.dtype(np.int64):
        fail(NotImplementedError, f"\"{name}\" not implemented for {input.dtype}; convert to a floating type")
    size = tuple(input.shape[input.ndim - n:])
    out = pooled_size(size, kernel_size, stride, padding, ones, ceil_mode)
    output_too_small(input, n, out)
    if divisor_override == 0:
        fail(RuntimeError, "divisor must be not zero")
    divisor = divisor_override
    if divisor is None:
        divisor = kernel.divisors(size, out, kernel_size, stride, padding, count_include_pad)
    return window_means(input, out, kernel_size, stride, padding, divisor)


@composite(method=False)
def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """Average pooling along one spatial dimension; as `avg_pool2d`, with one dimension less.

    >>> import autograd
    >>> autograd.avg_pool1d(autograd.tensor([[1., 3., 2., 0.]]), 2)
    tensor([[2., 1.]])
    """
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


@composite(method=False)
def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
               divisor_override=None):
    """The mean of each window of images.

    Args:
        input: (N, C, H, W), or (C, H, W).
        kernel_size: of the window; an int or one for each dimension.
        stride: step of the window, likewise; by default the window's size.
        padding: zeros on each side, likewise; at most half of the window.
        ceil_mode: allow a last window that reaches beyond the padding.
        count_include_pad: whether the zeros of the padding count in the mean.
        divisor_override: divide the sum by this instead.

    Returns:
        (N, C, OH, OW) with ``OH = floor((H + 2 * padding - KH) / stride + 1)``.

    Raises:
        RuntimeError: the window does not fit.

    >>> import autograd
    >>> from nn.functional import avg_pool2d
    >>> avg_pool2d(autograd.arange(16.).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 2.5000,  4.5000],
              [10.5000, 12.5000]]]])
    """
    return _avg_pool("avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
                     divisor_override)


@composite(method=False)
def avg_pool3d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
               divisor_override=None):
    """Average pooling of volumes; as `avg_pool2d`, with one dimension more.

    >>> import autograd
    >>> from nn.functional import avg_pool3d
    >>> avg_pool3d(autograd.arange(8.).reshape(1, 2, 2, 2), 2)
    tensor([[[[3.5000]]]])
    """
    return _avg_pool("avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
                     divisor_override)


def _lp_pool(n: int, input: Any, norm_type: Any, kernel_size: Any, stride: Any, ceil_mode: bool) -> Any:
    largest = (max_pool1d, max_pool2d, max_pool3d)[n - 1]
    mean = (avg_pool1d, avg_pool2d, avg_pool3d)[n - 1]
    if norm_type == inf:
        return largest(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    if norm_type == -inf:
        return -largest(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    count = prod(per_dim(kernel_size, n, f"lp_pool{n}d", "kernel_size"))
    out = mean(input ** norm_type, kernel_size, stride, 0, ceil_mode)
    # The derivative of the root is infinite at 0; that of relu, 0, keeps it there.
    return (out.sign() * out.abs().relu() * count) ** (1.0 / norm_type)


@composite(method=False)
def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """Power-average pooling along one spatial dimension; as `lp_pool2d`, with one dimension less.

    >>> import autograd
    >>> from nn.functional import lp_pool1d
    >>> lp_pool1d(autograd.tensor([[3., 4., 0., 2.]]), 2, 2)
    tensor([[5., 2.]])
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


@composite(method=False)
def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """Power-average pooling ``(sum of x ** norm_type over the window) ** (1 / norm_type)``; the maximum where it is
    inf.

    Args:
        input: (N, C, H, W), or (C, H, W).
        norm_type: the exponent.
        kernel_size, stride, ceil_mode: as in `avg_pool2d`.

    >>> import autograd
    >>> from nn.functional import lp_pool2d
    >>> lp_pool2d(autograd.tensor([[[3., 0.], [4., 0.]]]), 2, 2)
    tensor([[[5.]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


@composite(method=False)
def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """Power-average pooling of volumes; as `lp_pool2d`, with one dimension more.

    >>> import autograd
    >>> from nn.functional import lp_pool3d
    >>> lp_pool3d(autograd.ones(1, 2, 2, 2), 3, 2)
    tensor([[[[2.]]]])
    """
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)
