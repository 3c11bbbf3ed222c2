"""Max pooling undone, and max pooling over windows at random places."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..errors import describe, fail
from ..kernels import pool as kernel
from ..primitive import composite, primitive
from .pool import gather_planes, planes, rule_of_maxima
from .sampling import rand
from .spatial import per_dim, stride_of


@primitive(
    vjp={"input": lambda g, indices, size: gather_planes(g, indices, len(size))},
    inputs=("input", "indices"), method=False, node_name="MaxUnpoolBackward0",
)
def place_planes(input, indices, size):
    """Planes (..., *size) of zeros with ``input`` (..., *out) written at ``indices`` (..., *out)."""
    n, lead = len(size), input.shape[:input.ndim - len(size)]
    if indices.size and not 0 <= indices.min() <= indices.max() < prod(size):
        wrong = indices[(indices < 0) | (indices >= prod(size))][0]
        fail(RuntimeError, f"Found an invalid max index: {wrong} (output volumes are of size "
                           f"{'x'.join(map(str, size))})")
    shape = (prod(lead), prod(input.shape[input.ndim - n:]))
    return kernel.place_planes(input.reshape(shape), indices.reshape(shape), prod(size)).reshape(*lead, *size)


def _unpooled_size(input: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any) -> tuple[int, ...]:
    n = len(kernel_size)
    default = tuple([(m - 1) * s + k - 2 * p for m, s, k, p in zip(input.shape[input.ndim - n:], stride, kernel_size,
                                                                   padding, strict=True)])
    if output_size is None:
        return default
    size = tuple(output_size)
    if len(size) == n + 2:
        size = size[2:]
    if len(size) != n:
        fail(ValueError, f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a length of "
                         f"'{len(size)}'")
    for d, (m, s) in enumerate(zip(default, stride, strict=True)):
        if not m - s < size[d] < m + s:
            fail(ValueError, f"invalid output_size \"{size}\" (dim {d} must be between {m - s} and {m + s})")
    return size


def _max_unpool(n: int, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any) -> Any:
    name = f"max_unpool{n}d"
    if input.ndim not in (n + 1, n + 2):
        fail(RuntimeError, f"Input to max_unpooling{n}d should be a {n + 1}d or {n + 2}d Tensor, but got a tensor with "
                           f"{input.ndim} dimensions.")
    kernel_size = per_dim(kernel_size, n, name, "kernel_size")
    stride = stride_of(stride, kernel_size, name)
    size = _unpooled_size(input, kernel_size, stride, per_dim(padding, n, name, "padding"), output_size)
    if indices.dtype != np.dtype(np.int64):
        fail(RuntimeError, f"elements in indices should be type int64 but got: {indices.dtype}")
    if indices.shape != input.shape:
        fail(RuntimeError, f"Expected shape of indices to be same as that of the input tensor ({list(input.shape)}) "
                           f"but got indices tensor with shape: {list(indices.shape)}")
    return place_planes(input, indices, size)


@composite(method=False)
def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Max pooling undone along one dimension; as `max_unpool2d`, with one dimension less.

    >>> import autograd
    >>> from nn.functional import max_unpool1d
    >>> max_unpool1d(autograd.tensor([[3., 2.]]), autograd.tensor([[1, 2]]), 2)
    tensor([[0., 3., 2., 0.]])
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


@composite(method=False)
def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """The maxima of `max_pool2d` put back at their places, and zeros elsewhere.

    Args:
        input: maxima (N, C, H, W), or (C, H, W).
        indices: their places, as `max_pool2d` returns them.
        kernel_size, stride, padding: those of the pooling.
        output_size: the size of the pooling's input, where the others do not determine it.

    Raises:
        ValueError: the output size is impossible.
        RuntimeError: an index is out of range.

    >>> import autograd
    >>> from nn.functional import max_pool2d, max_unpool2d
    >>> x = autograd.arange(4.).reshape(1, 2, 2)
    >>> max_unpool2d(*max_pool2d(x, 2, return_indices=True), 2)
    tensor([[[0., 0.],
             [0., 3.]]])
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


@composite(method=False)
def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Max pooling of volumes undone; as `max_unpool2d`, with one dimension more.

    >>> import autograd
    >>> from nn.functional import max_unpool3d
    >>> max_unpool3d(autograd.ones(1, 1, 1, 1), autograd.tensor([[[[1]]]]), (1, 1, 2))
    tensor([[[[0., 1.]]]])
    """
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


# --- fractional max pooling -------------------------------------------------------------------------------


def _starts(samples: Any, n: int, out: int, window: int) -> Any:
    """[M, out] window starts: a random sequence with steps of about n / out (Graham, Fractional max-pooling, 2014)."""
    if out == 1:
        return np.full((len(samples), 1), n - window)
    alpha = samples.dtype.type((n - window) / (out - 1)) if samples.dtype == np.float64 else np.float32(
        n - window) / np.float32(out - 1)
    i = np.arange(out).astype(samples.dtype)
    found = ((i + samples[:, None]) * alpha).astype(np.int64) - (samples[:, None] * alpha).astype(np.int64)
    found[:, -1] = n - window
    return found


@primitive(vjp={"input": rule_of_maxima}, inputs=("input", "samples"), outputs=2, method=False,
           node_name="FractionalMaxPoolBackward0")
def fractional_maxima(input, samples, kernel_size, output_size):
    """The maxima over windows whose places follow ``samples`` (N, C, dimensions), and their indices."""
    n = len(kernel_size)
    lead, size = input.shape[:input.ndim - n], input.shape[input.ndim - n:]
    draws = samples.reshape(prod(lead), n)
    # The samples count dimensions from the last in 2-D, and from the first in 3-D.
    order = range(n) if n == 3 else range(n - 1, -1, -1)
    starts = [_starts(draws[:, s], size[d], output_size[d], kernel_size[d]) for d, s in enumerate(order)]
    best, indices = kernel.max_at_starts(planes(input, n), starts, kernel_size)
    return [best.reshape(*lead, *output_size), indices.reshape(*lead, *output_size)]


def _fractional_max_pool(n: int, input: Any, kernel_size: Any, output_size: Any, output_ratio: Any,
                         return_indices: bool, samples: Any) -> Any:
    name = f"fractional_max_pool{n}d"
    if output_size is None and output_ratio is None:
        fail(ValueError, f"{name} requires specifying either an output_size or an output_ratio")
    if input.ndim not in (n + 1, n + 2) or 0 in input.shape[input.ndim - n - 1:]:
        fail(RuntimeError, f"{name}(): Expected {n + 1}D or {n + 2}D tensor, but got: {list(input.shape)}")
    size = input.shape[input.ndim - n:]
    kernel_size = per_dim(kernel_size, n, name, "kernel_size")
    if output_size is None:
        ratios = tuple(output_ratio) if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * n
        if len(ratios) != n or not all(0 < r < 1 for r in ratios):
            fail(ValueError, f"{name} requires output_ratio between 0 and 1, for each of {n} dimensions, but got "
                             f"{describe(output_ratio)}")
        output_size = tuple([int(m * r) for m, r in zip(size, ratios, strict=True)])
    output_size = per_dim(output_size, n, name, "output_size")
    for m, k, o in zip(size, kernel_size, output_size, strict=True):
        if not 0 < o + k - 1 <= m:
            fail(RuntimeError, f"{name}(): pool size {k} too large relative to input size {m}, for {o} outputs")
    batch = 1 if input.ndim == n + 1 else input.shape[0]
    if samples is None:
        samples = rand(batch, input.shape[input.ndim - n - 1], n, dtype=input.dtype)
    found = fractional_maxima(input, samples[:batch], kernel_size, output_size)
    return found if return_indices else found[0]


@composite(method=False)
def fractional_max_pool2d(input, kernel_size, output_size=None, output_ratio=None, return_indices=False,
                          _random_samples=None):
    """Max pooling over windows placed at random with the mean distance that gives the output size
    (Graham, Fractional max-pooling, 2014).

    Args:
        input: (N, C, H, W), or (C, H, W).
        kernel_size: of the window; an int or one for each dimension.
        output_size: an int or one for each dimension, or
        output_ratio: the output size as a fraction of the input's, likewise.
        return_indices: return ``(output, indices)`` with the place of each maximum in its flattened plane.

    >>> import autograd
    >>> from nn.functional import fractional_max_pool2d
    >>> fractional_max_pool2d(autograd.arange(9.).reshape(1, 3, 3), 2, output_size=2)[0, -1, -1]
    tensor(8.)
    """
    return _fractional_max_pool(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


@composite(method=False)
def fractional_max_pool3d(input, kernel_size, output_size=None, output_ratio=None, return_indices=False,
                          _random_samples=None):
    """Fractional max pooling of volumes; as `fractional_max_pool2d`, with one dimension more.

    >>> import autograd
    >>> from nn.functional import fractional_max_pool3d
    >>> fractional_max_pool3d(autograd.ones(1, 3, 3, 3), 2, output_size=1)
    tensor([[[[1.]]]])
    """
    return _fractional_max_pool(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)
