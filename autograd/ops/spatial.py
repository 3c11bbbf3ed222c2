"""Arguments of operations on the last n dimensions: an int for all of them, or one for each."""

from __future__ import annotations

from functools import lru_cache
from operator import index
from typing import Any

from ..dispatch import is_tensor
from ..errors import describe, fail

Sizes = tuple[tuple[int, ...], ...]

_COUNT = {1: "one int", 2: "two ints", 3: "three ints"}


def per_dim(value: Any, n: int, name: str, what: str) -> tuple[int, ...]:
    """The argument ``what`` of operation ``name``, an int or a sequence of 1 or ``n`` ints, as a tuple of ``n``."""
    if value.__class__ is int:
        return (value,) * n
    try:
        values = tuple([index(v) for v in value]) if isinstance(value, (tuple, list)) else (index(value),)
    except TypeError:
        fail(TypeError, f"{name}(): argument {what!r} must be an int or a tuple of {_COUNT[n]}, not {describe(value)}")
    if len(values) == 1:
        return values * n
    if len(values) != n:
        fail(RuntimeError, f"{name}: {what} must either be a single int, or a tuple of {_COUNT[n]}, but got "
                           f"{what}={list(values)}")
    return values


def stride_of(stride: Any, kernel_size: tuple[int, ...], name: str) -> tuple[int, ...]:
    """The stride of a pooling: by default the size of its window."""
    if stride is None or (isinstance(stride, (tuple, list)) and not stride):
        return kernel_size
    return per_dim(stride, len(kernel_size), name, "stride")


@lru_cache(maxsize=512, typed=True)
def _window(name: str, n: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Sizes:
    kernel_size = per_dim(kernel_size, n, name, "kernel_size")
    stride = stride_of(stride, kernel_size, name)
    padding, dilation = per_dim(padding, n, name, "padding"), per_dim(dilation, n, name, "dilation")
    for what, values in (("kernel size", kernel_size), ("stride", stride), ("dilation", dilation)):
        if min(values) <= 0:
            fail(RuntimeError, f"{name}: {what} should be greater than zero, but got {list(values)}")
    for p, k, d in zip(padding, kernel_size, dilation, strict=True):
        if p < 0:
            fail(RuntimeError, f"pad must be non-negative, but got pad: {p}")
        if p > (d * (k - 1) + 1) // 2:
            fail(RuntimeError, f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} "
                               f"and dilation={d}")
    return kernel_size, stride, padding, dilation


def window_options(name: str, n: int, *options: Any) -> Sizes:
    """Window size, stride, padding and dilation of a pooling as tuples of ``n`` ints.

    Raises:
        RuntimeError: they make no sense.
    """
    return _window(name, n, *[tuple(v) if isinstance(v, list) else v for v in options])


def check_rank(input: Any, n: int, name: str) -> None:
    """Raise where ``input`` is no tensor (C, *size) or (N, C, *size), or has a size of 0 other than N."""
    if not is_tensor(input):
        fail(TypeError, f"{name}(): argument 'input' must be Tensor, not {type(input).__name__} ({describe(input)})")
    if input.ndim not in (n + 1, n + 2) or 0 in input.shape[input.ndim - n - 1:]:
        fail(RuntimeError, f"{name}: Expected {n + 1}D or {n + 2}D (batch mode) tensor with optional 0 dim batch size "
                           f"for input, but got: {list(input.shape)}")
