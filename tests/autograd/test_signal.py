"""Windows against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal.windows as reference

import autograd
from autograd.signal import windows

#: (our options, SciPy's function and arguments)
CASES = {
    "exponential": ({"tau": 2.0}, lambda M, sym: reference.exponential(M, None, 2.0, sym)),
    "cosine": ({}, reference.cosine),
    "gaussian": ({"std": 1.5}, lambda M, sym: reference.gaussian(M, 1.5, sym)),
    "kaiser": ({"beta": 5.0}, lambda M, sym: reference.kaiser(M, 5.0, sym)),
    "bartlett": ({}, reference.bartlett),
    "general_cosine": ({"a": [0.5, 0.3, 0.2]}, lambda M, sym: reference.general_cosine(M, [0.5, 0.3, 0.2], sym)),
    "general_hamming": ({"alpha": 0.7}, lambda M, sym: reference.general_hamming(M, 0.7, sym)),
    "hamming": ({}, reference.hamming),
    "hann": ({}, reference.hann),
    "blackman": ({}, reference.blackman),
    "nuttall": ({}, reference.nuttall),
}


@pytest.mark.parametrize("sym", [True, False])
@pytest.mark.parametrize("M", [0, 1, 2, 5, 10])
@pytest.mark.parametrize("name", CASES)
def test_values(name, M, sym):
    options, expected = CASES[name]
    found = getattr(windows, name)(M, sym=sym, dtype=autograd.float64, **options)
    np.testing.assert_allclose(found.numpy(), expected(M, sym=sym), rtol=0, atol=1e-14)


def test_types():
    assert windows.hann(3).dtype is autograd.float32
    assert windows.hann(3, requires_grad=True).requires_grad
    with pytest.raises(ValueError, match="float32 or float64"):
        windows.hann(3, dtype=autograd.int64)
    with pytest.raises(ValueError, match="non-negative window length"):
        windows.hann(-1)


@pytest.mark.parametrize(("name", "options", "error", "words"), [
    ("exponential", {"tau": 0}, ValueError, "Tau"), ("exponential", {"center": 1.0}, ValueError, "Center"),
    ("gaussian", {"std": -1.0}, ValueError, "deviation"), ("kaiser", {"beta": -1.0}, ValueError, "beta"),
    ("general_cosine", {"a": []}, ValueError, "empty"), ("general_cosine", {"a": 1.0}, TypeError, "list"),
])
def test_bad_options(name, options, error, words):
    with pytest.raises(error, match=words):
        getattr(windows, name)(5, **options)
