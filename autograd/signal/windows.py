"""Window functions: weights that fade a stretch of a signal in and out, so that its spectrum leaks less.

Each takes the number of points ``M`` and ``sym``: a symmetric window, for the design of filters, or (False) one period
of a periodic one, for spectra. The largest value is 1 (where M is odd, or the window periodic). See Harris, On the use
of windows for harmonic analysis with the discrete Fourier transform (1978).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..creation import finish
from ..dtypes import DEFAULT, from_numpy, numpy_dtype, on_cpu
from ..errors import fail

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine",
    "general_hamming", "hamming", "hann", "kaiser", "nuttall",
]

Array = np.ndarray[Any, Any]


def _window(name: str, M: int, dtype: Any, device: Any, requires_grad: bool, values: Callable[[Array], Array],
            one: bool = True) -> Any:
    """``values`` of the points 0 ... M - 1 as a tensor; where ``one``, a window of one point is 1."""
    if M < 0:
        fail(ValueError, f"{name} requires non-negative window length, got M={M}")
    target = DEFAULT.float if dtype is None else numpy_dtype(dtype)
    if target not in (np.float32, np.float64):
        fail(ValueError, f"{name} expects float32 or float64 dtypes, got: {from_numpy(target)}")
    on_cpu(device)
    n = np.arange(M, dtype=np.float64)
    found = np.ones(M) if M == 0 or (M == 1 and one) else values(n)
    return finish(np.asarray(found).astype(target), requires_grad)


def _period(M: int, sym: bool) -> int:
    """The distance at which the window would come back to its first value."""
    return M - 1 if sym else M


def exponential(M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, dtype: Any = None,
                layout: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """``exp(-|n - center| / tau)``, also known as Poisson window.

    Args:
        center: default: the middle; only without ``sym`` may it be another.
        tau: how slowly it decays.

    Raises:
        ValueError: ``tau`` is not positive, or a symmetric window is given a center.

    >>> from autograd.signal import windows
    >>> windows.exponential(3)
    tensor([0.3679, 1.0000, 0.3679])
    """
    if tau <= 0:
        fail(ValueError, f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        fail(ValueError, "Center must be None for symmetric windows")
    middle = (M if not sym and M > 1 else M - 1) / 2 if center is None else center
    return _window("exponential", M, dtype, device, requires_grad, lambda n: np.exp(-np.abs(n - middle) / tau), False)


def cosine(M: int, *, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
           requires_grad: bool = False) -> Any:
    """``sin(pi * (n + 1/2) / M)``, half a period of a sine.

    >>> from autograd.signal import windows
    >>> windows.cosine(3)
    tensor([0.5000, 1.0000, 0.5000])
    """
    period = M + 1 if not sym and M > 1 else M
    return _window("cosine", M, dtype, device, requires_grad, lambda n: np.sin(np.pi * (n + 0.5) / period), False)


def gaussian(M: int, *, std: float = 1.0, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
             requires_grad: bool = False) -> Any:
    """``exp(-((n - middle) / std)**2 / 2)``.

    Raises:
        ValueError: ``std`` is not positive.

    >>> from autograd.signal import windows
    >>> windows.gaussian(3)
    tensor([0.6065, 1.0000, 0.6065])
    """
    if std <= 0:
        fail(ValueError, f"Standard deviation must be positive, got: {std} instead.")
    middle = (M if not sym and M > 1 else M - 1) / 2
    return _window("gaussian", M, dtype, device, requires_grad,
                   lambda n: np.exp(-(((n - middle) / std) ** 2) / 2), False)


def kaiser(M: int, *, beta: float = 12.0, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
           requires_grad: bool = False) -> Any:
    """``i0(beta * sqrt(1 - x**2)) / i0(beta)`` for x from -1 to 1, with the modified Bessel function ``i0``.

    Raises:
        ValueError: ``beta`` is negative.

    >>> from autograd.signal import windows
    >>> windows.kaiser(5, beta=2.0)
    tensor([0.4387, 0.8348, 1.0000, 0.8348, 0.4387])
    """
    if beta < 0:
        fail(ValueError, f"beta must be non-negative, got: {beta} instead.")

    def values(n: Array) -> Array:
        x = 2 * n / _period(M, sym) - 1
        return np.i0(beta * np.sqrt(np.maximum(1 - x * x, 0))) / np.i0(beta)

    return _window("kaiser", M, dtype, device, requires_grad, values)


def bartlett(M: int, *, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
             requires_grad: bool = False) -> Any:
    """``1 - |2 * n / N - 1|``, a triangle that reaches zero, with N = M - 1 (``sym``) or M.

    >>> from autograd.signal import windows
    >>> windows.bartlett(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return _window("bartlett", M, dtype, device, requires_grad, lambda n: 1 - np.abs(2 * n / _period(M, sym) - 1))


def general_cosine(M: int, *, a: Iterable[float], sym: bool = True, dtype: Any = None, layout: Any = None,
                   device: Any = None, requires_grad: bool = False) -> Any:
    """``sum_k (-1)**k * a[k] * cos(2 * pi * k * n / N)``, with N = M - 1 (``sym``) or M.

    Args:
        a: the coefficients.

    Raises:
        TypeError: ``a`` is not a sequence.
        ValueError: it is empty.

    >>> from autograd.signal import windows
    >>> windows.general_cosine(3, a=[0.46, 0.23, 0.31])
    tensor([0.5400, 1.0000, 0.5400])
    """
    if not isinstance(a, Iterable):
        fail(TypeError, "Coefficients must be a list/tuple")
    coefficients = list(a)
    if not coefficients:
        fail(ValueError, "Coefficients cannot be empty")
    return _cosines("general_cosine", M, coefficients, sym, dtype, device, requires_grad)


def _cosines(name: str, M: int, a: list[float], sym: bool, dtype: Any, device: Any, requires_grad: bool) -> Any:
    def values(n: Array) -> Array:
        angle = 2 * np.pi * n / _period(M, sym)
        return sum((-1) ** k * c * np.cos(k * angle) for k, c in enumerate(a))

    return _window(name, M, dtype, device, requires_grad, values)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, dtype: Any = None, layout: Any = None,
                    device: Any = None, requires_grad: bool = False) -> Any:
    """``alpha - (1 - alpha) * cos(2 * pi * n / N)``, with N = M - 1 (``sym``) or M.

    >>> from autograd.signal import windows
    >>> windows.general_hamming(3, alpha=0.75)
    tensor([0.5000, 1.0000, 0.5000])
    """
    return _cosines("general_hamming", M, [alpha, 1 - alpha], sym, dtype, device, requires_grad)


def hamming(M: int, *, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
            requires_grad: bool = False) -> Any:
    """`general_hamming` with ``alpha=0.54``: the first side lobe all but vanishes.

    >>> from autograd.signal import windows
    >>> windows.hamming(3)
    tensor([0.0800, 1.0000, 0.0800])
    """
    return _cosines("hamming", M, [0.54, 0.46], sym, dtype, device, requires_grad)


def hann(M: int, *, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
         requires_grad: bool = False) -> Any:
    """`general_hamming` with ``alpha=0.5``: one period of ``sin**2``.

    >>> from autograd.signal import windows
    >>> windows.hann(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return _cosines("hann", M, [0.5, 0.5], sym, dtype, device, requires_grad)


def blackman(M: int, *, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
             requires_grad: bool = False) -> Any:
    """`general_cosine` with coefficients 0.42, 0.5, 0.08.

    >>> from autograd.signal import windows
    >>> windows.blackman(4, sym=False)[1:]
    tensor([0.3400, 1.0000, 0.3400])
    """
    return _cosines("blackman", M, [0.42, 0.5, 0.08], sym, dtype, device, requires_grad)


def nuttall(M: int, *, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
            requires_grad: bool = False) -> Any:
    """The four-term Blackman-Harris window with least side lobes.

    Coefficients from Nuttall, Some windows with very good sidelobe behavior (1981).

    >>> from autograd.signal import windows
    >>> windows.nuttall(3)
    tensor([3.6280e-04, 1.0000e+00, 3.6280e-04])
    """
    return _cosines("nuttall", M, [0.3635819, 0.4891775, 0.1365995, 0.0106411], sym, dtype, device, requires_grad)
