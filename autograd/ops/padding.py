"""Padding: a border of constants, or of reflected, repeated or wrapped elements."""

from __future__ import annotations

from operator import index as as_index

import numpy as np

from ..errors import fail
from ..primitive import composite, primitive
from .writing import number


def _widths(pad, ndim):
    """(dimension, before, after) for each padded dimension; ``pad`` goes from the last dimension forward."""
    return [(ndim - 1 - i, pad[2 * i], pad[2 * i + 1]) for i in range(len(pad) // 2)]


@primitive(vjp={"input": lambda g, pad: constant_pad_nd(g, [-n for n in pad])})
def constant_pad_nd(input, pad, value=0):
    """A border of ``value``; negative widths cut off instead.

    Args:
        pad: (before, after) of the last dimension, then of the one before it, and so on.

    >>> import autograd
    >>> autograd.constant_pad_nd(autograd.tensor([1, 2]), (1, -1))
    tensor([0, 1])
    """
    if len(pad) % 2:
        fail(RuntimeError, f"Padding length must be divisible by 2, got {len(pad)}")
    if len(pad) > 2 * input.ndim:
        fail(RuntimeError, "Padding length should be less than or equal to two times the input dimension but got "
                           f"padding length {len(pad)} and input of dimension {input.ndim}")
    shape = list(input.shape)
    source, target = [slice(None)] * input.ndim, [slice(None)] * input.ndim
    for d, before, after in _widths(pad, input.ndim):
        n = shape[d]
        shape[d] = n + before + after
        if shape[d] < 0 or max(-before, 0) + max(-after, 0) > n:
            fail(RuntimeError, f"narrow(): length must be non-negative: padding ({before}, {after}) takes more than "
                               f"the {n} elements of dimension {d} of input {list(input.shape)}")
        source[d] = slice(max(-before, 0), n - max(-after, 0))
        target[d] = slice(max(before, 0), shape[d] - max(after, 0))
    value = number(value, input.dtype)
    out = np.full(shape, value) if value else np.zeros(shape, input.dtype)
    out[tuple(target)] = input[tuple(source)]
    return out


@primitive(vjp={"input": lambda g, indices, input_shape: add_along_each(g, indices, input_shape)}, method=False,
           node_name="PadBackward0")
def take_along_each(input, indices):
    """``input`` at a 1-d index along each of its last dimensions: ``indices`` holds (dimension, index) pairs."""
    for d, index in indices:
        input = input.take(index, d)
    return input


@primitive(vjp={"g": lambda g, indices: take_along_each(g, indices)}, method=False)
def add_along_each(g, indices, shape):
    """Zeros of ``shape`` with ``g`` added where `take_along_each` took it from."""
    for d, index in indices:
        g = g.swapaxes(0, d)
        out = np.zeros((shape[d], *g.shape[1:]), g.dtype)
        steps = np.flatnonzero(np.diff(index) != 1) + 1  # runs of consecutive indices are added as slices
        for start, stop in zip([0, *steps], [*steps, len(index)]):
            if stop > start:
                out[index[start]:index[start] + stop - start] += g[start:stop]
        g = out.swapaxes(0, d)
    return g


def _reflected(n, before, after, d, shape):
    if before >= n or after >= n:
        fail(RuntimeError, "Padding size should be less than the corresponding input dimension, but got: padding "
                           f"({before}, {after}) at dimension {d} of input {list(shape)}")
    places = np.abs(np.arange(-before, n + after))
    return np.where(places < n, places, 2 * (n - 1) - places)


def _repeated(n, before, after, d, shape):
    return np.clip(np.arange(-before, n + after), 0, n - 1)


def _wrapped(n, before, after, d, shape):
    if before > n or after > n:
        fail(RuntimeError, f"Padding value causes wrapping around more than once: ({before}, {after}) at dimension {d} "
                           f"of input {list(shape)}")
    first, last = max(-before, 0), n - max(-after, 0)  # cutting comes before wrapping
    return first + np.arange(-max(before, 0), last - first + max(after, 0)) % max(last - first, 1)


_MODES = {"reflect": _reflected, "replicate": _repeated, "circular": _wrapped}


@composite(method=False, public=False)
def pad(input, pad, mode="constant", value=None):
    """A border around the last dimensions of ``input``.

    Args:
        pad: (before, after) of the last dimension, then of the one before it, and so on; negative widths cut off.
        mode: ``"constant"`` fills with ``value`` (0); ``"reflect"`` mirrors without repeating the edge; ``"replicate"``
            repeats the edge; ``"circular"`` continues from the other end. The last three pad the last one, two or
            three dimensions of inputs with one or two dimensions more.
        value: what ``"constant"`` fills with.

    Raises:
        RuntimeError: the border is wider than its mode allows.
        NotImplementedError: the number of widths does not suit the mode and the input.

    >>> import autograd
    >>> from autograd.ops.padding import pad
    >>> pad(autograd.tensor([[1, 2, 3]]), (2, 1), mode="reflect")
    tensor([[3, 2, 1, 2, 3, 2]])
    """
    widths = [as_index(n) for n in pad]
    if mode == "constant":
        return constant_pad_nd(input, widths, 0 if value is None else value)
    if value:
        fail(RuntimeError, f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in _MODES:
        fail(NotImplementedError, f"Unrecognised padding mode {mode}")
    ndim, shape = input.ndim, tuple(input.shape)
    if len(widths) not in (2, 4, 6) or ndim not in (len(widths) // 2 + 1, len(widths) // 2 + 2):
        fail(NotImplementedError, f"Padding size {len(widths)} is not supported for {ndim}D input tensor.\n"
                                  "Supported combinations for non-constant padding:\n"
                                  "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
                                  "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
                                  "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)")
    if 0 in shape[1 if ndim == len(widths) // 2 + 2 else 0:]:
        fail(RuntimeError, f"Expected {ndim - 1}D or {ndim}D (batch mode) tensor with possibly 0 batch size and other "
                           f"non-zero dimensions for input, but got: {list(shape)}")
    indices = []
    for d, before, after in _widths(widths, ndim):
        size = shape[d] + before + after
        if size < (mode != "circular"):
            fail(RuntimeError, f"input {list(shape)} is too small for padding ({before}, {after}) of dimension {d}. "
                               f"Calculated output size: {size}")
        indices.append((d, _MODES[mode](shape[d], before, after, d, shape)))
    return take_along_each(input, indices)
