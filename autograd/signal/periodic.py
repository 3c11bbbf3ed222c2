"""The window functions of the top level, such as ``autograd.hann_window``: those of `windows` with other arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..dtypes import DEFAULT, numpy_dtype
from ..errors import fail
from . import windows

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def _window(name: str, make: Callable[..., Any], window_length: int, periodic: bool, dtype: Any, device: Any,
            requires_grad: bool, **options: Any) -> Any:
    target = DEFAULT.float if dtype is None else numpy_dtype(dtype)
    if target.kind != "f":
        fail(RuntimeError, f"{name} expects floating point dtypes, got: {target}")
    if window_length < 0:
        fail(RuntimeError, f"{name} requires non-negative window_length, got window_length={window_length}")
    return make(window_length, sym=not periodic, dtype="float64", device=device, **options).to(
        target).requires_grad_(requires_grad)


def hann_window(window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None,
                device: Any = None, pin_memory: bool = False, requires_grad: bool = False) -> Any:
    """One period of ``sin**2``, for spectra, or (``periodic=False``) a symmetric window, for filters.

    >>> import autograd
    >>> autograd.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _window("hann_window", windows.hann, window_length, periodic, dtype, device, requires_grad)


def hamming_window(window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *,
                   dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
                   requires_grad: bool = False) -> Any:
    """``alpha - beta * cos(2 * pi * n / N)``, with N the length, or one less without ``periodic``.

    >>> import autograd
    >>> autograd.hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    return _window("hamming_window", windows.general_cosine, window_length, periodic, dtype, device, requires_grad,
                   a=(alpha, beta))


def blackman_window(window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None,
                    device: Any = None, pin_memory: bool = False, requires_grad: bool = False) -> Any:
    """``0.42 - 0.5 * cos(2 * pi * n / N) + 0.08 * cos(4 * pi * n / N)``, with N as in `hamming_window`.

    >>> import autograd
    >>> autograd.blackman_window(4)[1:]
    tensor([0.3400, 1.0000, 0.3400])
    """
    return _window("blackman_window", windows.blackman, window_length, periodic, dtype, device, requires_grad)


def bartlett_window(window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None,
                    device: Any = None, pin_memory: bool = False, requires_grad: bool = False) -> Any:
    """A triangle, ``1 - |2 * n / N - 1|``, with N as in `hamming_window`.

    >>> import autograd
    >>> autograd.bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _window("bartlett_window", windows.bartlett, window_length, periodic, dtype, device, requires_grad)


def kaiser_window(window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: Any = None,
                  layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False) -> Any:
    """``i0(beta * sqrt(1 - x**2)) / i0(beta)`` for x from -1 to 1; the greater ``beta``, the narrower.

    >>> import autograd
    >>> autograd.kaiser_window(4, beta=2.)
    tensor([0.4387, 0.8348, 1.0000, 0.8348])
    """
    return _window("kaiser_window", windows.kaiser, window_length, periodic, dtype, device, requires_grad, beta=beta)
