"""Fourier transforms against NumPy's and SciPy's, their adjoints, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft

import autograd
from autograd import fft

RNG = np.random.default_rng(0)
NORMS = [None, "backward", "forward", "ortho"]
LINES = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
PLANES = [f"{name}2" for name in LINES]
VOLUMES = [f"{name}n" for name in LINES]


def numbers(name, shape):
    """Complex values, or real ones for the transforms that need them."""
    a = RNG.standard_normal(shape)
    return a if name.startswith(("rfft", "ihfft")) else a + 1j * RNG.standard_normal(shape)


def close(x, y):
    assert x._a.dtype == y.dtype
    np.testing.assert_allclose(x._a, y, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", LINES)
def test_line(name, norm):
    for shape, dim in (((7,), -1), ((3, 4), 0), ((3, 4), 1), ((2, 3, 6), 1)):
        a = numbers(name, shape)
        for n in (None, 2, 3, 5, 8):
            close(getattr(fft, name)(autograd.tensor(a), n, dim, norm), getattr(scipy.fft, name)(a, n, dim, norm))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", PLANES + VOLUMES)
def test_several_dimensions(name, norm):
    a = numbers(name, (3, 4, 5))
    options = [{}, {"dim": (0, 2)}, {"dim": (2, 0)}, {"s": (2, 6), "dim": (0, 1)}, {"dim": (1,)}]
    for o in [*options, {"s": (4,)}, {"s": (2, 3)}] if name.endswith("n") else options:
        expected = getattr(scipy.fft, name)(a, o.get("s"), o.get("dim", (-2, -1) if name.endswith("2") else None), norm)
        close(getattr(fft, name)(autograd.tensor(a), norm=norm, **o), expected)


@pytest.mark.parametrize("name", LINES)
def test_size_minus_one_leaves_a_dimension(name):
    a = autograd.tensor(numbers(name, (3, 4)))
    many = getattr(fft, name + "n")
    assert autograd.equal(many(a, (-1, 5)), many(a, (3, 5)))


def test_types():
    single, double = autograd.ones(4), autograd.ones(4).double()
    assert fft.fft(single).dtype is autograd.complex64 and fft.fft(double).dtype is autograd.complex128
    assert fft.irfft(fft.rfft(single)).dtype is autograd.float32
    assert fft.hfft(single).dtype is autograd.float32 and fft.ihfft(double).dtype is autograd.complex128
    assert fft.fft(autograd.tensor([1, 2])).dtype is autograd.complex64
    assert fft.rfft(autograd.tensor([True, False])).dtype is autograd.complex64
    assert fft.fftn(autograd.tensor(2.0)).item() == 2 and fft.fftn(autograd.tensor(2.0)).dtype is autograd.complex64


@pytest.mark.parametrize("norm", ["backward", "forward", "ortho"])
@pytest.mark.parametrize(("name", "shape", "options"), [
    ("fft", (5,), {}), ("ifft", (6,), {"n": 4}), ("rfft", (5,), {}), ("rfft", (6,), {"n": 9}),
    ("irfft", (4,), {"n": 7}), ("irfft", (4,), {"n": 6}), ("hfft", (4,), {}), ("ihfft", (6,), {}),
    ("rfftn", (3, 4), {}), ("irfftn", (3, 4), {}),
    ("hfftn", (4, 3), {"s": (5, 5)}), ("fftn", (3, 4), {"s": (2, 5)})])
def test_gradient_is_the_adjoint(name, shape, options, norm):
    """``Re <F x, g> == Re <x, F^* g>`` for the linear maps that these are."""
    x = numbers(name, shape)
    X = autograd.tensor(x, requires_grad=True)
    out = getattr(fft, name)(X, norm=norm, **options)
    g = numbers("fft" if out.is_complex() else "rfft", tuple(out.shape))
    out.backward(autograd.tensor(g))
    assert X.grad.dtype is X.dtype
    left = np.vdot(out._a, g).real
    right = np.vdot(x, X.grad._a).real
    np.testing.assert_allclose(left, right, rtol=1e-10)


def test_gradient_of_a_real_input_is_real():
    x = autograd.ones(4, requires_grad=True)
    fft.fft(x).abs().sum().backward()
    assert x.grad.dtype is autograd.float32


@pytest.mark.parametrize("n", [0, 1, 4, 5])
def test_frequencies(n):
    for d in (1.0, 0.3):
        expected = scipy.fft.fftfreq(n, d) if n else np.zeros(0)
        np.testing.assert_allclose(fft.fftfreq(n, d, dtype=autograd.float64)._a, expected, rtol=1e-15)
        if n:
            half = fft.rfftfreq(n, d, dtype=autograd.float64)
            np.testing.assert_allclose(half._a, scipy.fft.rfftfreq(n, d), rtol=1e-15)
    assert fft.fftfreq(n).dtype is autograd.float32
    assert fft.fftfreq(n, requires_grad=True).requires_grad


@pytest.mark.parametrize("dim", [None, 0, (0, 1), -1])
def test_shift(dim):
    a = RNG.standard_normal((4, 5))
    for name in ("fftshift", "ifftshift"):
        np.testing.assert_array_equal(getattr(fft, name)(autograd.tensor(a), dim)._a, getattr(scipy.fft, name)(a, dim))


@pytest.mark.parametrize(("call", "kind", "message"), [
    (lambda: fft.rfft(autograd.ones(3) * 1j), RuntimeError, "rfft expects a real input tensor, but got ComplexFloat"),
    (lambda: fft.ihfftn(autograd.ones(3) * 1j), RuntimeError, "expects a real input tensor"),
    (lambda: fft.fft(autograd.ones(())), IndexError, "Dimension specified as -1 but tensor has no dimensions"),
    (lambda: fft.fft(autograd.ones(3), dim=2), IndexError, "expected to be in range of [-1, 0], but got 2"),
    (lambda: fft.fft(autograd.ones(3), n=0), RuntimeError, "Invalid number of data points (0) specified"),
    (lambda: fft.irfft(autograd.ones(1)), RuntimeError, "Invalid number of data points (0) specified"),
    (lambda: fft.fft(autograd.zeros(0)), RuntimeError, "Invalid number of data points (0) specified"),
    (lambda: fft.fft(autograd.ones(3), norm="x"), RuntimeError, "Invalid normalization mode: \"x\""),
    (lambda: fft.fft(autograd.ones(3).half()), RuntimeError, "Unsupported dtype Half"),
    (lambda: fft.fft2(autograd.ones(3, 3), s=(3,)), RuntimeError, "dim and shape arguments must have the same length"),
    (lambda: fft.fftn(autograd.ones(3), s=(3, 3)), RuntimeError, "Got shape with 2 values but input tensor only has 1"),
    (lambda: fft.fftn(autograd.ones(3, 3), dim=(0, -2)), RuntimeError, "FFT dims must be unique"),
    (lambda: fft.rfftn(autograd.ones(())), RuntimeError, "rfftn must transform at least one axis"),
    (lambda: fft.fftfreq(-1), RuntimeError, "negative dimension -1"),
])
def test_refusals(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)


def test_batches_of_nothing():
    assert fft.fft(autograd.zeros(0, 3)).shape == (0, 3)
    assert fft.rfftn(autograd.zeros(0, 3, 4), dim=(1, 2)).shape == (0, 3, 3)
