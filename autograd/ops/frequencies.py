"""The frequencies of discrete Fourier transforms, and their order."""

from __future__ import annotations

from operator import index

import numpy as np

from ..creation import finish
from ..dims import wrap_dim
from ..dtypes import DEFAULT, numpy_dtype
from ..errors import fail
from ..primitive import composite
from .rearranging import roll


def _frequencies(numbers, n, d, dtype, device, requires_grad):
    if index(n) < 0:
        fail(RuntimeError, f"Trying to create tensor with negative dimension {n}: [{n}]")
    target = DEFAULT.float if dtype is None else numpy_dtype(dtype)
    scale = 1 / (n * d) if n else 0
    return finish(numbers.astype(target) * target.type(scale), requires_grad, device)


@composite(method=False, public=False, name="fft_fftfreq")
def fftfreq(n, d=1.0, *, dtype=None, layout=None, device=None, requires_grad=False):
    """The frequency of each element of an `fft` of length ``n`` and sample spacing ``d``: zero, positive, negative.

    >>> import autograd
    >>> autograd.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    numbers = np.concatenate([np.arange((n + 1) // 2), np.arange(-(n // 2), 0)])
    return _frequencies(numbers, n, d, dtype, device, requires_grad)


@composite(method=False, public=False, name="fft_rfftfreq")
def rfftfreq(n, d=1.0, *, dtype=None, layout=None, device=None, requires_grad=False):
    """The frequency of each element of an `rfft` of length ``n`` and sample spacing ``d``.

    >>> import autograd
    >>> autograd.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    return _frequencies(np.arange(n // 2 + 1), n, d, dtype, device, requires_grad)


def _shift_dims(input, dim):
    dims = range(input.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    return tuple(wrap_dim(d, input.ndim) for d in dims)


@composite(method=False, public=False, name="fft_fftshift")
def fftshift(input, dim=None):
    """The zero frequency moved to the middle, along ``dim`` or along all dimensions.

    >>> import autograd
    >>> autograd.fft.fftshift(autograd.fft.fftfreq(4))
    tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    dims = _shift_dims(input, dim)
    return roll(input, tuple(input.shape[d] // 2 for d in dims), dims)


@composite(method=False, public=False, name="fft_ifftshift")
def ifftshift(input, dim=None):
    """The inverse of `fftshift`.

    >>> import autograd
    >>> autograd.fft.ifftshift(autograd.tensor([-2, -1, 0, 1]))
    tensor([ 0,  1, -2, -1])
    """
    dims = _shift_dims(input, dim)
    return roll(input, tuple(-(input.shape[d] // 2) for d in dims), dims)
