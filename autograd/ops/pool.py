"""Max pooling: over sliding windows, and back."""

from __future__ import annotations

from math import prod
from typing import Any

from ..errors import fail
from ..kernels import pool as kernel
from ..kernels.windows import pooled_size
from ..primitive import composite, primitive
from .spatial import check_rank, window_options

# --- elements of planes -----------------------------------------------------------------------------------


def planes(x: Any, n: int) -> Any:
    """(..., *size) with ``n`` spatial dimensions as (M, *size)."""
    return x.reshape(prod(x.shape[:x.ndim - n]), *x.shape[x.ndim - n:])


def _merge(x: Any, n: int) -> Any:
    """Likewise as (M, elements of a plane)."""
    return x.reshape(prod(x.shape[:x.ndim - n]), prod(x.shape[x.ndim - n:]))


@primitive(
    vjp={"input": lambda g, input_shape, indices, n: scatter_planes(g, indices, input_shape[len(input_shape) - n:])},
    inputs=("input", "indices"), method=False,
)
def gather_planes(input, indices, n):
    """The elements of each plane of ``input`` (..., *size) at ``indices`` (..., *out) into the flattened plane.

    Args:
        n: the number of dimensions of a plane.
    """
    return kernel.gather_planes(_merge(input, n), _merge(indices, n)).reshape(indices.shape)


@primitive(
    vjp={"grad": lambda g, indices, size: gather_planes(g, indices, len(size))},
    inputs=("grad", "indices"), method=False,
)
def scatter_planes(grad, indices, size):
    """Planes (..., *size) of zeros with ``grad`` (..., *out) added at ``indices`` (..., *out)."""
    n = len(size)
    flat = kernel.scatter_planes(_merge(grad, n), _merge(indices, n), prod(size))
    return flat.reshape(*grad.shape[:grad.ndim - n], *size)


# --- arguments ---------------------------------------------------------------------------------------------


def output_too_small(input: Any, n: int, out: tuple[int, ...]) -> None:
    """Raise where no window fits."""
    if min(out) <= 0:
        before, after = ("x".join(map(str, (input.shape[-n - 1], *sizes))) for sizes in (input.shape[-n:], out))
        fail(RuntimeError, f"Given input size: ({before}). Calculated output size: ({after}). Output size is too "
                           "small: the window is larger than the input; add padding, or take a smaller window or a "
                           "larger input")


# --- max pooling ------------------------------------------------------------------------------------------


def _window_maxima(input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Any:
    """(maxima, indices of them) of the windows of (..., *size)."""
    n = len(kernel_size)
    lead, size = input.shape[:input.ndim - n], input.shape[input.ndim - n:]
    out = pooled_size(size, kernel_size, stride, padding, dilation, ceil_mode)
    best, indices = kernel.max_pool(planes(input, n), out, kernel_size, stride, padding, dilation)
    return best.reshape(*lead, *out), indices.reshape(*lead, *out)


@primitive(
    vjp={"input": lambda g, indices, input_shape, kernel_size:
         scatter_planes(g, indices, input_shape[len(input_shape) - len(kernel_size):])},
    aux=("indices",), method=False,
)
def max_pool(input, kernel_size, stride, padding, dilation, ceil_mode):
    """The maximum of each window of (..., *size), over any number of spatial dimensions; all options are tuples."""
    return _window_maxima(input, kernel_size, stride, padding, dilation, ceil_mode)


def rule_of_maxima(g, out_1, input_shape, kernel_size):
    """The gradient goes to where each maximum was found, at the indices ``out_1``."""
    return scatter_planes(g[0], out_1, input_shape[len(input_shape) - len(kernel_size):])


@primitive(vjp={"input": rule_of_maxima}, outputs=2, method=False)
def max_pool_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode):
    """`max_pool`, and the int64 index of each maximum in its flattened plane."""
    return list(_window_maxima(input, kernel_size, stride, padding, dilation, ceil_mode))


def _max_pool(name: str, n: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
              ceil_mode: bool, return_indices: bool) -> Any:
    check_rank(input, n, name)
    kernel_size, stride, padding, dilation = window_options(name, n, kernel_size, stride, padding, dilation)
    if input.dtype.kind == "b":
        fail(NotImplementedError, f"\"{name}\" not implemented for 'Bool'; convert to a number type")
    size = input.shape[input.ndim - n:]
    output_too_small(input, n, pooled_size(size, kernel_size, stride, padding, dilation, ceil_mode))
    pool = max_pool_with_indices if return_indices else max_pool
    return pool(input, kernel_size, stride, padding, dilation, ceil_mode)


@composite(method=False)
def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Max pooling along one spatial dimension; as `max_pool2d`, with one dimension less.

    >>> import autograd
    >>> autograd.max_pool1d(autograd.tensor([[1., 3., 2., 0.]]), 2)
    tensor([[3., 2.]])
    """
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@composite(method=False)
def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The maximum of each window of images. Where several elements are equal, the gradient goes to the first.

    Args:
        input: (N, C, H, W), or (C, H, W).
        kernel_size: of the window; an int or one for each dimension.
        stride: step of the window, likewise; by default the window's size.
        padding: minus infinity on each side, likewise; at most half of the window.
        dilation: step inside the window, likewise.
        ceil_mode: allow a last window that reaches beyond the padding.
        return_indices: return ``(output, indices)`` with the place of each maximum in its flattened plane.

    Returns:
        (N, C, OH, OW) with ``OH = floor((H + 2 * padding - dilation * (KH - 1) - 1) / stride + 1)``.

    Raises:
        RuntimeError: the window does not fit.

    >>> import autograd
    >>> autograd.max_pool2d(autograd.arange(16.).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@composite(method=False)
def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Max pooling of volumes; as `max_pool2d`, with one dimension more.

    >>> import autograd
    >>> autograd.max_pool3d(autograd.arange(8.).reshape(1, 2, 2, 2), 2)
    tensor([[[[7.]]]])
    """
    return _max_pool("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)
