"""Sliding windows unfolded into columns, and folded back; channels moved into space, and back."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..errors import fail
from ..kernels.windows import output_size as window_positions, taps
from ..primitive import composite, primitive
from .spatial import per_dim

ALL = slice(None)


def _blocks(size: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> tuple[int, ...]:
    """Number of windows along each dimension."""
    return window_positions(size, kernel_size, stride, tuple([(p, p) for p in padding]), dilation)


@primitive(
    vjp={"input": lambda g, input_shape, kernel_size, dilation, padding, stride:
         fold_columns(g, input_shape[2:], kernel_size, dilation, padding, stride)},
    method=False, node_name="Im2ColBackward0",
)
def unfold_columns(input, kernel_size, dilation, padding, stride):
    """The windows of (N, C, *size) as columns (N, C * window, positions)."""
    n, c, *size = input.shape
    out = _blocks(tuple(size), kernel_size, dilation, padding, stride)
    columns = np.zeros((n, c, *kernel_size, *out), input.dtype)
    for offset, o, i in taps(tuple(size), out, kernel_size, stride, padding, dilation):
        columns[(ALL, ALL, *offset, *o)] = input[(ALL, ALL, *i)]
    return columns.reshape(n, c * prod(kernel_size), prod(out))


@primitive(
    vjp={"columns": lambda g, kernel_size, dilation, padding, stride:
         unfold_columns(g, kernel_size, dilation, padding, stride)},
    method=False, node_name="Col2ImBackward0",
)
def fold_columns(columns, size, kernel_size, dilation, padding, stride):
    """Columns (N, C * window, positions) added at the places that `unfold_columns` took them from: (N, C, *size)."""
    out = _blocks(size, kernel_size, dilation, padding, stride)
    n, c = len(columns), columns.shape[1] // prod(kernel_size)
    parts = columns.reshape(n, c, *kernel_size, *out)
    image = np.zeros((n, c, *size), columns.dtype)
    for offset, o, i in taps(size, out, kernel_size, stride, padding, dilation):
        image[(ALL, ALL, *i)] += parts[(ALL, ALL, *offset, *o)]
    return image


def _options(name: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> list[tuple[int, ...]]:
    values = []
    for what, value in (("kernel_size", kernel_size), ("dilation", dilation), ("padding", padding), ("stride", stride)):
        given = per_dim(value, 2, name, what)
        if min(given) < (0 if what == "padding" else 1):
            wanted = "non-negative" if what == "padding" else "greater than zero"
            fail(RuntimeError, f"{what.replace('_', ' ')} should be {wanted}, but got {what}: {list(given)}")
        values.append(given)
    return values


@composite(method=False, name="im2col")
def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """Each window of images as a column.

    Args:
        input: (N, C, H, W), or (C, H, W).
        kernel_size, dilation, padding, stride: of the window, as in `conv2d`; an int or one for each dimension.

    Returns:
        (N, C * KH * KW, L) with the L window positions in row-major order.

    Raises:
        RuntimeError: no window fits.

    >>> import autograd
    >>> from nn.functional import unfold
    >>> unfold(autograd.arange(6.).reshape(1, 2, 3), 2)
    tensor([[0., 1.],
            [1., 2.],
            [3., 4.],
            [4., 5.]])
    """
    options = _options("unfold", kernel_size, dilation, padding, stride)
    if input.ndim not in (3, 4) or 0 in input.shape[input.ndim - 3:]:
        fail(RuntimeError, "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
                           f"dimensions for input, but got: {list(input.shape)}")
    kernel_size, dilation, padding, stride = options
    size = tuple(input.shape[-2:])
    blocks = _blocks(size, *options)
    if min(blocks) < 1:
        fail(RuntimeError, f"Given input with spatial size {size}, kernel_size={kernel_size}, dilation={dilation}, "
                           f"padding={padding}, calculated shape of the array of sliding blocks as {blocks}, but its "
                           "components must be at least one.")
    if input.ndim == 3:
        out = unfold_columns(input.reshape(1, *input.shape), *options)
        return out.reshape(out.shape[1:])
    return unfold_columns(input, *options)


@composite(method=False, name="col2im")
def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns added up at the places in an image that `unfold` takes them from.

    Args:
        input: (N, C * KH * KW, L), or without N.
        output_size: of the image; an int or one for each dimension.
        kernel_size, dilation, padding, stride: as in `unfold`.

    Returns:
        (N, C, *output_size).

    Raises:
        RuntimeError: the number of columns or their length does not fit.

    >>> import autograd
    >>> from nn.functional import fold
    >>> fold(autograd.ones(4, 2), (2, 3), 2)
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])
    """
    options = _options("fold", kernel_size, dilation, padding, stride)
    kernel_size, dilation, padding, stride = options
    size = per_dim(output_size, 2, "fold", "output_size")
    if input.ndim not in (2, 3) or 0 in input.shape[input.ndim - 2:]:
        fail(RuntimeError, "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero "
                           f"dimensions for input, but got: {list(input.shape)}")
    rows, count = input.shape[-2:]
    if rows % prod(kernel_size):
        fail(RuntimeError, "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but "
                           f"got input.size(1)={rows} and kernel_size={kernel_size}.")
    blocks = _blocks(size, *options)
    if min(blocks) < 1 or prod(blocks) != count:
        fail(RuntimeError, f"Given output_size={size}, kernel_size={kernel_size}, dilation={dilation}, "
                           f"padding={padding}, stride={stride}, expected size of input's dimension 2 to match the "
                           f"calculated number of sliding blocks {blocks[0]} * {blocks[1]} = {prod(blocks)}, but got "
                           f"input.size(2)={count}.")
    if input.ndim == 2:
        image = fold_columns(input.reshape(1, *input.shape), size, *options)
        return image.reshape(image.shape[1:])
    return fold_columns(input, size, *options)


# --- channels and space -----------------------------------------------------------------------------------


@composite(method=False)
def pixel_shuffle(input, upscale_factor):
    """Channels moved into space: (..., C * r * r, H, W) becomes (..., C, H * r, W * r) (Shi et al., Real-time single
    image super-resolution, 2016).

    >>> import autograd
    >>> autograd.pixel_shuffle(autograd.arange(4.).reshape(4, 1, 1), 2)
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    r = upscale_factor
    if input.ndim < 3:
        fail(RuntimeError, "pixel_shuffle expects input to have at least 3 dimensions, but got input with "
                           f"{input.ndim} dimension(s)")
    if r <= 0:
        fail(RuntimeError, f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    *lead, c, h, w = input.shape
    if c % (r * r):
        fail(RuntimeError, "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
                           f"upscale_factor, but input.size(-3)={c} is not divisible by {r * r}")
    x = input.reshape(prod(lead), c // (r * r), r, r, h, w).permute(0, 1, 4, 2, 5, 3)
    return x.reshape(*lead, c // (r * r), h * r, w * r)


@composite(method=False)
def pixel_unshuffle(input, downscale_factor):
    """Space moved into channels: (..., C, H * r, W * r) becomes (..., C * r * r, H, W); undoes `pixel_shuffle`.

    >>> import autograd
    >>> autograd.pixel_unshuffle(autograd.arange(4.).reshape(1, 2, 2), 2).shape
    Size([4, 1, 1])
    """
    r = downscale_factor
    if input.ndim < 3:
        fail(RuntimeError, "pixel_unshuffle expects input to have at least 3 dimensions, but got input with "
                           f"{input.ndim} dimension(s)")
    if r <= 0:
        fail(RuntimeError, f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    *lead, c, h, w = input.shape
    for what, size, place in (("height", h, -2), ("width", w, -1)):
        if size % r:
            fail(RuntimeError, f"pixel_unshuffle expects {what} to be divisible by downscale_factor, but "
                               f"input.size({place})={size} is not divisible by {r}")
    x = input.reshape(prod(lead), c, h // r, r, w // r, r).permute(0, 1, 3, 5, 2, 4)
    return x.reshape(*lead, c * r * r, h // r, w // r)


@composite(method=False)
def channel_shuffle(input, groups):
    """Channels dealt out: as (groups, C / groups) transposed (Zhang et al., ShuffleNet, 2018).

    >>> import autograd
    >>> autograd.channel_shuffle(autograd.arange(4.).reshape(1, 4, 1), 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    if input.ndim < 3:
        fail(RuntimeError, f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if groups <= 0:
        fail(RuntimeError, f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    n, c, *size = input.shape
    if c % groups:
        fail(RuntimeError, f"Number of channels must be divisible by groups. Got {c} channels and {groups} groups.")
    return input.reshape(n, groups, c // groups, *size).transpose(1, 2).reshape(n, c, *size)


@composite(method=False)
def native_channel_shuffle(input, groups):
    """`channel_shuffle` under another name.

    >>> import autograd
    >>> autograd.native_channel_shuffle(autograd.arange(4.).reshape(1, 4, 1), 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    return channel_shuffle(input, groups)
