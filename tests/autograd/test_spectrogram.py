"""Short-time spectra and differences against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.signal import windows

RNG = np.random.default_rng(0)


def test_stft_is_the_transform_of_each_frame():
    x, w = RNG.normal(size=20), RNG.uniform(0.5, 1, 8)
    found = autograd.stft(autograd.tensor(x), 8, 3, window=autograd.tensor(w), center=False, return_complex=True)
    expected = np.stack([np.fft.rfft(x[t:t + 8] * w) for t in range(0, 13, 3)], axis=1)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)
    centered = autograd.stft(autograd.tensor(x), 8, 3, window=autograd.tensor(w), return_complex=True).numpy()
    padded = np.pad(x, 4, mode="reflect")
    np.testing.assert_allclose(centered[:, 2], np.fft.rfft(padded[6:14] * w), atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"normalized": True}, {"win_length": 6}, {"onesided": False}])
def test_istft_inverts(options):
    x = autograd.tensor(RNG.normal(size=(2, 24)))
    w = windows.hamming(options.get("win_length", 8), sym=False, dtype=autograd.float64)
    spectra = autograd.stft(x, 8, 2, window=w, return_complex=True, **options)
    back = autograd.istft(spectra, 8, 2, window=w, length=24, **options)
    np.testing.assert_allclose(back.numpy(), x.numpy(), atol=1e-12)


def test_istft_of_a_complex_signal():
    x = autograd.tensor(RNG.normal(size=24) + 1j * RNG.normal(size=24))
    w = windows.hann(8, sym=False, dtype=autograd.float64)
    back = autograd.istft(autograd.stft(x, 8, 2, window=w), 8, 2, window=w, return_complex=True)
    np.testing.assert_allclose(back.numpy(), x.numpy(), atol=1e-12)


def test_istft_pads_what_the_frames_do_not_reach():
    x, w = autograd.ones(8), autograd.ones(4)
    spectra = autograd.stft(x, 4, 2, window=w, return_complex=True)
    with pytest.warns(UserWarning, match="shorter than the length"):
        back = autograd.istft(spectra, 4, 2, window=w, length=20)
    np.testing.assert_allclose(back.numpy(), [1.0] * 10 + [0.0] * 10, atol=1e-6)


@pytest.mark.parametrize(("call", "words"), [
    (lambda x: autograd.stft(x, 4), "return_complex"),
    (lambda x: autograd.stft(x, 40, return_complex=True, center=False), "n_fft <= 10"),
    (lambda x: autograd.stft(x, 4, 0, return_complex=True), "hop_length > 0"),
    (lambda x: autograd.stft(x, 4, win_length=6, return_complex=True), "win_length <= n_fft"),
    (lambda x: autograd.stft(x, 4, window=autograd.ones(3), return_complex=True), "win_length=4"),
    (lambda x: autograd.stft(x + 0j, 4, onesided=True), "onesided"),
    (lambda x: autograd.stft(x, 4, align_to_window=True, return_complex=True), "center = false"),
    (lambda x: autograd.stft(autograd.arange(10), 4, return_complex=True), "floating point"),
    (lambda x: autograd.istft(x.reshape(5, 2), 8), "complex-valued"),
    (lambda x: autograd.istft(x.reshape(5, 2) + 0j, 12), "frequency dimension"),
    (lambda x: autograd.istft(x.reshape(5, 2) + 0j, 8, 9), "hop_length"),
    (lambda x: autograd.istft(x.reshape(5, 2) + 0j, 8, window=autograd.zeros(8)), "overlap"),
    (lambda x: autograd.istft(x.reshape(5, 2) + 0j, 8, return_complex=True), "onesided"),
    (lambda x: autograd.gradient(x, edge_order=3), "edge_order"),
    (lambda x: autograd.gradient(x, spacing=[1.0, 2.0]), "length 2"),
    (lambda x: autograd.gradient(x, dim=(0, 0)), "multiple times"),
    (lambda x: autograd.gradient(x[:1]), "at least edge_order"),
    (lambda x: autograd.gradient(x, spacing=[autograd.ones(3)]), "coordinates"),
    (lambda x: x.nonzero_static(size=-1), "non-negative"),
])
def test_bad_input(call, words):
    with pytest.raises(RuntimeError, match=words):
        call(autograd.ones(10))


@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradient(edge_order):
    y, x0, x1 = RNG.normal(size=(5, 6)), np.cumsum(RNG.uniform(0.5, 1, 5)), np.cumsum(RNG.uniform(0.5, 1, 6))
    t = autograd.tensor(y)
    for found, expected in zip(autograd.gradient(t, edge_order=edge_order), np.gradient(y, edge_order=edge_order),
                               strict=True):
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-13)
    spacing = (autograd.tensor(x0), autograd.tensor(x1))
    for found, expected in zip(autograd.gradient(t, spacing=spacing, edge_order=edge_order),
                               np.gradient(y, x0, x1, edge_order=edge_order), strict=True):
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)
    found, = autograd.gradient(t, dim=-1, spacing=0.5)
    np.testing.assert_allclose(found.numpy(), np.gradient(y, 0.5, axis=1), atol=1e-13)


def test_parts_with_memory_of_their_own():
    x = autograd.arange(6.0)
    for part in (*x.unsafe_chunk(2), *x.unsafe_split([2, 4])):
        part.zero_()
    assert x.tolist() == [0, 1, 2, 3, 4, 5]


def test_nonzero_static():
    x = autograd.tensor([[1, 0], [3, 2]])
    assert x.nonzero_static(size=4).tolist() == [[0, 0], [1, 0], [1, 1], [-1, -1]]
    assert x.nonzero_static(size=2).tolist() == [[0, 0], [1, 0]]
    assert x.nonzero_static(size=4, fill_value=7)[3].tolist() == [7, 7]
    assert autograd.tensor(10).nonzero_static(size=2).shape == (2, 0)
