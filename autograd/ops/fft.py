"""Discrete Fourier transforms.

All of them come down to three linear maps: complex to complex, real to the half of a Hermitian spectrum that determines
it, and back. Each is the adjoint of another up to weights, so the rules need nothing else.
"""

from __future__ import annotations

import numpy as np

from ..dims import wrap_dim
from ..dtypes import DEFAULT, scalar_type
from ..errors import fail
from ..primitive import composite, primitive
from .padding import constant_pad_nd

# The normalization with which the transform in the other direction is the adjoint.
_ADJOINT = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


# --- the linear maps --------------------------------------------------------------------------------------


def _c2c_rule(g, dims, norm, inverse, input_dtype):
    gradient = fft_c2c(g, dims, _ADJOINT[norm], not inverse)
    return gradient if input_dtype.kind == "c" else np.real(gradient)


@primitive(vjp={"input": _c2c_rule}, method=False)
def fft_c2c(input, dims, norm, inverse):
    """Complex transform along ``dims``; real ``input`` is taken for complex."""
    if not dims:
        return input.astype(np.result_type(input, np.complex64))
    if len(dims) == 1:
        return (np.fft.ifft if inverse else np.fft.fft)(input, None, dims[0], norm)
    return (np.fft.ifftn if inverse else np.fft.fftn)(input, None, dims, norm)


def _end_weights(spectrum, dim, n, middle):
    """1 for the elements of a half spectrum that stand for themselves, ``middle`` for those that stand for two."""
    weights = np.full(n // 2 + 1, middle, f"f{spectrum.dtype.itemsize // 2}")
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    return weights.reshape((-1,) + (1,) * (spectrum.ndim - 1 - dim))


def _r2c_rule(g, dims, norm, input_shape):
    n = input_shape[dims[-1]]
    return fft_c2r(g * _end_weights(g, dims[-1], n, 0.5), dims, _ADJOINT[norm], n)


@primitive(vjp={"input": _r2c_rule}, method=False)
def fft_r2c(input, dims, norm):
    """The first half, along the last of ``dims``, of the transform of real ``input``; the rest are its conjugates."""
    if len(dims) == 1:
        return np.fft.rfft(input, None, dims[0], norm)
    return np.fft.rfftn(input, None, dims, norm)


def _c2r_rule(g, dims, norm, n, input_dtype):
    spectrum = fft_r2c(g, dims, _ADJOINT[norm])
    gradient = spectrum * _end_weights(spectrum, dims[-1], n, 2)
    return gradient if input_dtype.kind == "c" else np.real(gradient)


@primitive(vjp={"input": _c2r_rule}, method=False)
def fft_c2r(input, dims, norm, n):
    """Real inverse transform, of length ``n`` along the last of ``dims``, of half a Hermitian spectrum.

    Real ``input`` is taken for complex.
    """
    if len(dims) > 1:
        input = np.fft.ifftn(input, None, dims[:-1], norm)
    return np.fft.irfft(input, n, dims[-1], norm)


# --- arguments --------------------------------------------------------------------------------------------


def _operand(input):
    """``input`` in a type that can be transformed."""
    if input.dtype.kind in "biu":
        return input.to(DEFAULT.float)
    if input.dtype.itemsize == 2:
        fail(RuntimeError, "Unsupported dtype Half; convert with .float()")
    return input


def _mode(norm):
    norm = "backward" if norm is None else norm
    if norm not in _ADJOINT:
        fail(RuntimeError, f"Invalid normalization mode: \"{norm}\"; use 'forward', 'backward' or 'ortho'")
    return norm


def _real(name, input):
    if input.dtype.kind == "c":
        fail(RuntimeError, f"{name} expects a real input tensor, but got {scalar_type(input.dtype)}")
    return _operand(input)


def _axis(input, dim):
    if input.ndim == 0:
        fail(IndexError, f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, input.ndim)


def _axes(name, input, s, dim, at_least_one=False):
    """The dimensions to transform, and a size for each, None where it stays."""
    if dim is not None:
        dims = (dim,) if isinstance(dim, int) else tuple(dim)
        dims = tuple(_axis(input, d) for d in dims)
        if len(set(dims)) < len(dims):
            fail(RuntimeError, "FFT dims must be unique")
    if s is not None:
        s = (s,) if isinstance(s, int) else tuple(s)
        if dim is None:
            if len(s) > input.ndim:
                fail(RuntimeError, f"Got shape with {len(s)} values but input tensor only has {input.ndim} dimensions.")
            dims = tuple(range(input.ndim - len(s), input.ndim))
        elif len(s) != len(dims):
            fail(RuntimeError, "When given, dim and shape arguments must have the same length")
    elif dim is None:
        dims = tuple(range(input.ndim))
    if at_least_one and not dims:
        fail(RuntimeError, f"{name} must transform at least one axis")
    return dims, [None if s is None or s[i] == -1 else s[i] for i in range(len(dims))]


def _resized(input, dims, sizes):
    """Cut off, or filled up with zeros, at the end of each of ``dims``, to these sizes (None: as it is)."""
    for d, n in zip(dims, sizes, strict=True):
        n = input.shape[d] if n is None else n
        if n < 1:
            fail(RuntimeError, f"Invalid number of data points ({n}) specified")
    added = {d: n - input.shape[d] for d, n in zip(dims, sizes, strict=True) if n not in (None, input.shape[d])}
    if not added:
        return input
    return constant_pad_nd(input, [x for d in reversed(range(min(added), input.ndim)) for x in (0, added.get(d, 0))])


def _complex(input, dims, sizes, norm, inverse):
    norm = _mode(norm)
    return fft_c2c(_resized(_operand(input), dims, sizes), dims, norm, inverse)


def _half(input, dims, sizes, norm):
    return fft_r2c(_resized(input, dims, sizes), dims, _mode(norm))


def _whole(input, dims, sizes, norm):
    n = 2 * (input.shape[dims[-1]] - 1) if sizes[-1] is None else sizes[-1]
    norm = _mode(norm)
    if n < 1:
        fail(RuntimeError, f"Invalid number of data points ({n}) specified")
    input = _resized(_operand(input), dims, [*sizes[:-1], n // 2 + 1])
    return fft_c2r(input, dims, norm, n)


def _swapped(norm):
    return _ADJOINT[_mode(norm)]


def _conjugate(input):
    return input.conj() if input.dtype.kind == "c" else input


# --- along one dimension ----------------------------------------------------------------------------------


@composite(method=False, public=False, name="fft_fft")
def fft(input, n=None, dim=-1, norm=None):
    """Fourier transform ``sum_t input[t] exp(-2 pi i k t / n)`` along ``dim``.

    Args:
        input: real or complex.
        n: cut off or fill up with zeros to this length first.
        dim: the dimension to transform.
        norm: ``"backward"`` (default): as it stands; ``"forward"``: divided by n; ``"ortho"``: divided by sqrt(n).

    Returns:
        A complex tensor. The gradient follows the convention of all complex gradients here: it is the conjugate
        Wirtinger derivative, so that a step against it descends.

    >>> import autograd
    >>> autograd.fft.fft(autograd.tensor([1., 0., 0., 0.]))
    tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    return _complex(input, (_axis(input, dim),), [n], norm, False)


@composite(method=False, public=False, name="fft_ifft")
def ifft(input, n=None, dim=-1, norm=None):
    """Inverse of `fft`: ``1/n sum_k input[k] exp(2 pi i k t / n)``; ``norm`` names the scale of the pair.

    >>> import autograd
    >>> autograd.fft.ifft(autograd.ones(4))
    tensor([1.+0.j, 0.+0.j, 0.+0.j, 0.+0.j])
    """
    return _complex(input, (_axis(input, dim),), [n], norm, True)


@composite(method=False, public=False, name="fft_rfft")
def rfft(input, n=None, dim=-1, norm=None):
    """The first ``n // 2 + 1`` elements of the transform of a real tensor; the others are their conjugates.

    >>> import autograd
    >>> autograd.fft.rfft(autograd.tensor([1., 0., 0., 0.]))
    tensor([1.+0.j, 1.+0.j, 1.+0.j])
    """
    return _half(_real("rfft", input), (_axis(input, dim),), [n], norm)


@composite(method=False, public=False, name="fft_irfft")
def irfft(input, n=None, dim=-1, norm=None):
    """Inverse of `rfft`: a real tensor.

    Args:
        input: (..., K, ...), the first half of a Hermitian spectrum; imaginary parts at its ends that a real signal
            cannot have are ignored.
        n: the length of the result. Default: ``2 * (K - 1)``; an odd length must be given.
        dim, norm: as in `ifft`.

    >>> import autograd
    >>> autograd.fft.irfft(autograd.ones(3))
    tensor([1., 0., 0., 0.])
    """
    return _whole(input, (_axis(input, dim),), [n], norm)


@composite(method=False, public=False, name="fft_hfft")
def hfft(input, n=None, dim=-1, norm=None):
    """Transform of half a Hermitian signal: a real tensor of length ``n`` (default ``2 * (K - 1)``).

    >>> import autograd
    >>> autograd.fft.hfft(autograd.tensor([1., 0., 0.]))
    tensor([1., 1., 1., 1.])
    """
    return _whole(_conjugate(input), (_axis(input, dim),), [n], _swapped(norm))


@composite(method=False, public=False, name="fft_ihfft")
def ihfft(input, n=None, dim=-1, norm=None):
    """Inverse of `hfft`: half of the Hermitian inverse transform of a real tensor.

    >>> import autograd
    >>> autograd.fft.ihfft(autograd.ones(4))
    tensor([1.-0.j, 0.-0.j, 0.-0.j])
    """
    return _half(_real("ihfft", input), (_axis(input, dim),), [n], _swapped(norm)).conj()


# --- along several dimensions -----------------------------------------------------------------------------


@composite(method=False, public=False, name="fft_fftn")
def fftn(input, s=None, dim=None, norm=None):
    """`fft` along several dimensions.

    Args:
        input: real or complex.
        s: the length to cut or fill up each dimension to; -1 leaves it.
        dim: the dimensions. Default: the last ``len(s)``, or all.
        norm: as in `fft`, with n the product of the lengths.

    >>> import autograd
    >>> autograd.fft.fftn(autograd.ones(2, 2))
    tensor([[4.+0.j, 0.+0.j],
            [0.+0.j, 0.+0.j]])
    """
    return _complex(input, *_axes("fftn", input, s, dim), norm, False)


@composite(method=False, public=False, name="fft_ifftn")
def ifftn(input, s=None, dim=None, norm=None):
    """`ifft` along several dimensions: the inverse of `fftn`.

    >>> import autograd
    >>> autograd.fft.ifftn(autograd.ones(2, 2))
    tensor([[1.+0.j, 0.+0.j],
            [0.+0.j, 0.+0.j]])
    """
    return _complex(input, *_axes("ifftn", input, s, dim), norm, True)


@composite(method=False, public=False, name="fft_rfftn")
def rfftn(input, s=None, dim=None, norm=None):
    """`rfft` along the last of several dimensions and `fft` along the others.

    >>> import autograd
    >>> autograd.fft.rfftn(autograd.ones(2, 4)).shape
    Size([2, 3])
    """
    return _half(_real("rfftn", input), *_axes("rfftn", input, s, dim, True), norm)


@composite(method=False, public=False, name="fft_irfftn")
def irfftn(input, s=None, dim=None, norm=None):
    """The inverse of `rfftn`; an odd length of the last dimension must be given in ``s``.

    >>> import autograd
    >>> autograd.fft.irfftn(autograd.ones(2, 2))
    tensor([[1., 0.],
            [0., 0.]])
    """
    return _whole(input, *_axes("irfftn", input, s, dim, True), norm)


@composite(method=False, public=False, name="fft_hfftn")
def hfftn(input, s=None, dim=None, norm=None):
    """`hfft` along the last of several dimensions and `fft` along the others.

    >>> import autograd
    >>> autograd.fft.hfftn(autograd.ones(2, 3)).shape
    Size([2, 4])
    """
    return _whole(_conjugate(input), *_axes("hfftn", input, s, dim, True), _swapped(norm))


@composite(method=False, public=False, name="fft_ihfftn")
def ihfftn(input, s=None, dim=None, norm=None):
    """The inverse of `hfftn`.

    >>> import autograd
    >>> autograd.fft.ihfftn(autograd.ones(2, 4)).shape
    Size([2, 3])
    """
    return _half(_real("ihfftn", input), *_axes("ihfftn", input, s, dim, True), _swapped(norm)).conj()


@composite(method=False, public=False, name="fft_fft2")
def fft2(input, s=None, dim=(-2, -1), norm=None):
    """`fftn` along the last two dimensions.

    >>> import autograd
    >>> autograd.fft.fft2(autograd.ones(2, 2)).real
    tensor([[4., 0.],
            [0., 0.]])
    """
    return fftn(input, s, dim, norm)


@composite(method=False, public=False, name="fft_ifft2")
def ifft2(input, s=None, dim=(-2, -1), norm=None):
    """`ifftn` along the last two dimensions.

    >>> import autograd
    >>> autograd.fft.ifft2(autograd.ones(2, 2)).real
    tensor([[1., 0.],
            [0., 0.]])
    """
    return ifftn(input, s, dim, norm)


@composite(method=False, public=False, name="fft_rfft2")
def rfft2(input, s=None, dim=(-2, -1), norm=None):
    """`rfftn` along the last two dimensions.

    >>> import autograd
    >>> autograd.fft.rfft2(autograd.ones(3, 2, 4)).shape
    Size([3, 2, 3])
    """
    return rfftn(input, s, dim, norm)


@composite(method=False, public=False, name="fft_irfft2")
def irfft2(input, s=None, dim=(-2, -1), norm=None):
    """`irfftn` along the last two dimensions.

    >>> import autograd
    >>> autograd.fft.irfft2(autograd.ones(3, 2, 3)).shape
    Size([3, 2, 4])
    """
    return irfftn(input, s, dim, norm)


@composite(method=False, public=False, name="fft_hfft2")
def hfft2(input, s=None, dim=(-2, -1), norm=None):
    """`hfftn` along the last two dimensions.

    >>> import autograd
    >>> autograd.fft.hfft2(autograd.ones(3, 2, 3)).shape
    Size([3, 2, 4])
    """
    return hfftn(input, s, dim, norm)


@composite(method=False, public=False, name="fft_ihfft2")
def ihfft2(input, s=None, dim=(-2, -1), norm=None):
    """`ihfftn` along the last two dimensions.

    >>> import autograd
    >>> autograd.fft.ihfft2(autograd.ones(3, 2, 4)).shape
    Size([3, 2, 3])
    """
    return ihfftn(input, s, dim, norm)
