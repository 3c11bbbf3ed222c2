"""Pooling to a given output size, with windows that cover the input evenly."""

from __future__ import annotations

from typing import Any

from ..errors import fail
from ..kernels import pool as kernel
from ..kernels.resample import adaptive_taps
from ..primitive import composite, primitive
from .average_pool import window_means
from .pool import max_pool1d, max_pool2d, max_pool3d, planes, scatter_planes
from .resize import resample
from .spatial import per_dim


def _output_size(name: str, n: int, input: Any, output_size: Any) -> tuple[int, ...]:
    """The output size, with None replaced by the input's size."""
    if isinstance(output_size, (tuple, list)) and input.ndim <= len(output_size):
        fail(ValueError, f"Input dimension should be at least {len(output_size) + 1}, but is {input.ndim}")
    if input.ndim not in (n + 1, n + 2):
        fail(RuntimeError, f"{name}(): Expected {n + 1}D or {n + 2}D tensor, but got {list(input.shape)}")
    if not input.is_floating_point():
        fail(NotImplementedError, f"\"{name}\" not implemented for {input.dtype}; convert to a floating type")
    size = input.shape[input.ndim - n:]
    if isinstance(output_size, (tuple, list)):
        if len(output_size) not in (1, n):
            fail(RuntimeError, f"{name}: output_size must be {n}")
        output_size = tuple(output_size) * (n if len(output_size) == 1 else 1)
        output_size = tuple([m if o is None else o for m, o in zip(size, output_size, strict=True)])
    out = per_dim(size if output_size is None else output_size, n, name, "output_size")
    if min(out) < 0:
        fail(RuntimeError, f"{name}: elements of output_size must be greater than or equal to 0 but received "
                           f"{list(out)}")
    if 0 in size:
        fail(RuntimeError, f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has "
                           f"sizes {list(input.shape)}")
    return out


def _adaptive_avg_pool(n: int, input: Any, output_size: Any) -> Any:
    out = _output_size(f"adaptive_avg_pool{n}d", n, input, output_size)
    size = input.shape[input.ndim - n:]
    if 0 not in out and all(m % o == 0 for m, o in zip(size, out, strict=True)):
        kernel_size = tuple([m // o for m, o in zip(size, out, strict=True)])
        count = 1
        for k in kernel_size:
            count *= k
        return window_means(input, out, kernel_size, kernel_size, (0,) * n, count)
    return resample(input, tuple([adaptive_taps(m, o) for m, o in zip(size, out, strict=True)]))


@composite(method=False)
def adaptive_avg_pool1d(input, output_size):
    """Average pooling to a given size along one spatial dimension; as `adaptive_avg_pool2d`.

    >>> import autograd
    >>> autograd.adaptive_avg_pool1d(autograd.tensor([[1., 2., 6.]]), 2)
    tensor([[1.5000, 4.0000]])
    """
    return _adaptive_avg_pool(1, input, output_size)


@composite(method=False)
def adaptive_avg_pool2d(input, output_size):
    """The mean of each of ``output_size`` windows, which reach from floor(i * H / OH) to ceil((i + 1) * H / OH).

    Args:
        input: (N, C, H, W), or (C, H, W).
        output_size: an int, or one for each dimension, where None keeps the size.

    Returns:
        (N, C, *output_size).

    >>> import autograd
    >>> from nn.functional import adaptive_avg_pool2d
    >>> adaptive_avg_pool2d(autograd.arange(6.).reshape(1, 2, 3), 1)
    tensor([[[2.5000]]])
    """
    return _adaptive_avg_pool(2, input, output_size)


@composite(method=False)
def adaptive_avg_pool3d(input, output_size):
    """Average pooling of volumes to a given size; as `adaptive_avg_pool2d`.

    >>> import autograd
    >>> from nn.functional import adaptive_avg_pool3d
    >>> adaptive_avg_pool3d(autograd.arange(8.).reshape(1, 2, 2, 2), (None, 1, 1))
    tensor([[[[1.5000]],
    <BLANKLINE>
             [[5.5000]]]])
    """
    return _adaptive_avg_pool(3, input, output_size)


# --- maxima -----------------------------------------------------------------------------------------------


def _range_maxima_rule(g, out_1, input_shape, ranges):
    return scatter_planes(g[0], out_1, input_shape[len(input_shape) - len(ranges):])


@primitive(vjp={"input": _range_maxima_rule}, outputs=2, method=False, node_name="AdaptiveMaxPoolBackward0")
def max_of_ranges(input, ranges):
    """The maximum of each window of (..., *size), and its index in the flattened plane.

    Args:
        ranges: for each dimension, the positions in each window along it.
    """
    lead = input.shape[:input.ndim - len(ranges)]
    best, indices = kernel.max_of_ranges(planes(input, len(ranges)), ranges)
    return [best.reshape(*lead, *best.shape[1:]), indices.reshape(*lead, *best.shape[1:])]


def _adaptive_max_pool(n: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    out = _output_size(f"adaptive_max_pool{n}d", n, input, output_size)
    size = input.shape[input.ndim - n:]
    if 0 not in out and all(m % o == 0 for m, o in zip(size, out, strict=True)):
        pool = (max_pool1d, max_pool2d, max_pool3d)[n - 1]
        return pool(input, tuple([m // o for m, o in zip(size, out, strict=True)]), return_indices=return_indices)
    found = max_of_ranges(input, kernel.adaptive_ranges(size, out))
    return found if return_indices else found[0]


@composite(method=False)
def adaptive_max_pool1d(input, output_size, return_indices=False):
    """Max pooling to a given size along one spatial dimension; as `adaptive_max_pool2d`.

    >>> import autograd
    >>> from nn.functional import adaptive_max_pool1d
    >>> adaptive_max_pool1d(autograd.tensor([[1., 2., 6.]]), 2)
    tensor([[2., 6.]])
    """
    return _adaptive_max_pool(1, input, output_size, return_indices)


@composite(method=False)
def adaptive_max_pool2d(input, output_size, return_indices=False):
    """The maximum of each of ``output_size`` windows; see `adaptive_avg_pool2d` for the windows.

    Args:
        input: (N, C, H, W), or (C, H, W).
        output_size: an int, or one for each dimension, where None keeps the size.
        return_indices: return ``(output, indices)`` with the place of each maximum in its flattened plane.

    >>> import autograd
    >>> from nn.functional import adaptive_max_pool2d
    >>> adaptive_max_pool2d(autograd.arange(6.).reshape(1, 2, 3), 1)
    tensor([[[5.]]])
    """
    return _adaptive_max_pool(2, input, output_size, return_indices)


@composite(method=False)
def adaptive_max_pool3d(input, output_size, return_indices=False):
    """Max pooling of volumes to a given size; as `adaptive_max_pool2d`.

    >>> import autograd
    >>> from nn.functional import adaptive_max_pool3d
    >>> adaptive_max_pool3d(autograd.arange(8.).reshape(1, 2, 2, 2), 1)
    tensor([[[[7.]]]])
    """
    return _adaptive_max_pool(3, input, output_size, return_indices)
