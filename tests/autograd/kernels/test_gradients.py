"""Norms of many arrays in one compiled pass, and what scales and clips them, against NumPy in double precision."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd.kernels import gradients
from autograd.kernels.compiled.late import choose
from autograd.kernels.machine import threads

SIZES = [(3, 4), (), (0,), (gradients.PART,), (2 * gradients.PART + 17,), (130, 70), (1,)]


def arrays(dtype="float32"):
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape).astype(dtype) if shape else np.array(rng.normal(), dtype) for shape in SIZES]


def joined(found):
    return np.concatenate([a.ravel() for a in found])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64"])
@pytest.mark.parametrize("order", [1.0, 2.0, math.inf, 3.0, 0.5])
@pytest.mark.parametrize("choice", ["now", "0"])
def test_norms(choice, order, dtype):
    found = arrays(dtype)
    found[5] = found[5].T  # columns side by side: the order of the elements does not matter
    with choose(choice):
        norm = gradients.norm(found, order)
    wide = joined(found).astype("complex128" if dtype.startswith("c") else "float64")
    # Single precision adds up at least sixteen sums of at most PART elements each.
    eps = np.finfo("float64" if dtype == "float64" else "float32").eps
    assert norm == pytest.approx(np.linalg.norm(wide, order), rel=float(eps) * gradients.PART / 16)


@pytest.mark.parametrize("order", [1.0, 2.0, math.inf])
def test_missing_and_infinite_elements(order):
    for choice in ("now", "0"):
        with choose(choice):
            for value, expected in ((np.nan, np.nan), (np.inf, np.inf), (-np.inf, np.inf)):
                for at in range(0, 40, 3):
                    found = arrays()
                    found[5].flat[-at - 1] = value
                    np.testing.assert_equal(gradients.norm(found, order), expected)
            assert gradients.norm([np.zeros(0, "float32")], order) == 0


@pytest.mark.parametrize("order", [1.0, 2.0, math.inf])
def test_the_same_bits_on_any_number_of_threads(order, monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setattr(threads, "LEAST", 1e-7)
    before, found = threads.count(), []
    try:
        with choose("now"):
            for count in (1, 2, 3):
                threads.set_count(count)
                changed = arrays()
                norm = gradients.norm(changed, order)
                gradients.scale(changed, 0.3)
                found.append((norm, joined(changed)))
    finally:
        threads.set_count(before)
    for norm, changed in found[1:]:
        assert norm == found[0][0]
        np.testing.assert_array_equal(changed, found[0][1])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("turned", [False, True])
def test_changes_in_place(dtype, turned):
    for change, expected in ((lambda a: gradients.scale(a, 0.3), lambda x: x * x.dtype.type(0.3)),
                             (lambda a: gradients.clip(a, -0.5, 0.25), lambda x: np.clip(x, -0.5, 0.25))):
        for choice in ("now", "0"):
            found = arrays(dtype)
            found[0][0, 0] = np.nan
            if turned:
                found[5] = found[5][::2, 1:]
            before = [a.copy() for a in found]
            with choose(choice):
                change(found)
            for a, b in zip(found, before):
                np.testing.assert_array_equal(a, expected(b))
                assert a.dtype == dtype


def test_what_may_not_be_written_is_left_alone():
    for choice in ("now", "0"):
        fixed = np.ones(10000, "float32")
        fixed.flags.writeable = False
        with choose(choice), pytest.raises(ValueError, match="read-only"):
            gradients.scale([fixed], 0.5)
        assert fixed.min() == 1


def test_what_stands_there_twice_is_scaled_twice():
    for choice in ("now", "0"):
        x = np.ones(30000, "float32")
        with choose(choice):
            gradients.scale([x, x], 0.5)
        assert x.min() == x.max() == 0.25


def test_what_shares_memory_is_not_shared_among_threads(monkeypatch):
    def compiled(*args):
        raise AssertionError("threads would write to the same elements at once")

    monkeypatch.setattr(gradients.steps.Pass, "on", compiled)
    whole = np.ones(1000, np.float32)
    gradients.scale([whole[:700], whole[300:]], 0.5)
    assert whole.tolist() == [0.5] * 300 + [0.25] * 400 + [0.5] * 300
    with pytest.raises(AssertionError):
        gradients.scale([whole[:300], whole[300:]], 0.5)
