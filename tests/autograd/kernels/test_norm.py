"""Compiled normalization against its twin in NumPy and against double precision."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.kernels import norm, norm_loops
from autograd.kernels.compiled.late import choose

pytest.importorskip("numba")

#: View, axes, shape of the weights, and whether the mean is subtracted.
FORMS = [
    ((5, 7), (1,), (1, 7), True),
    ((70, 33), (1,), (1, 33), True),
    ((70, 33), (1,), (1, 33), False),
    ((1, 1000), (1,), (1, 1000), True),
    ((3, 4, 2, 9), (2, 3), (1, 4, 2, 1), True),
    ((3, 1, 4, 25), (2, 3), (1, 1, 4, 1), True),
    ((3, 4, 20), (2,), (1, 4, 1), True),
    ((6, 3, 50), (0, 2), (1, 3, 1), True),
    ((6, 3, 1), (0, 2), (1, 3, 1), True),
    ((40, 19), (0,), (1, 19), True),
]


def arrays(form, dtype, offset=0.0, weights=True):
    view, _, affine, _ = form
    rng = np.random.default_rng(0)
    x, g = rng.normal(offset, 1, view).astype(dtype), rng.normal(size=view).astype(dtype)
    weight, bias = rng.normal(size=(2, *affine)).astype(dtype) if weights else (None, None)
    return x, g, weight, bias


def compute(form, x, g, weight, bias, choice):
    _, axes, affine, centered = form
    with choose(choice), np.errstate(all="ignore"):
        out, mean, var = norm.normalize(x, weight, bias, axes, 1e-5, centered)
        return [out, mean, var, *norm.normalize_grad(g, x, mean, var, weight, axes, affine, 1e-5, centered, True)]


@pytest.mark.parametrize("weights", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", FORMS)
def test_equal_to_numpy(form, dtype, weights):
    given = arrays(form, dtype, weights=weights)
    eps = np.finfo(dtype).eps
    for compiled, twin in zip(compute(form, *given, "now"), compute(form, *given, "0"), strict=True):
        assert compiled.dtype == twin.dtype and compiled.shape == twin.shape
        np.testing.assert_allclose(compiled, twin, rtol=50 * eps, atol=100 * eps)


@pytest.mark.parametrize("form", FORMS)
def test_a_mean_far_from_zero(form):
    x, g, weight, bias = arrays(form, "float32", offset=300)
    compiled = compute(form, x, g, weight, bias, "now")
    twin = compute(form, x, g, weight, bias, "0")
    exact = compute(form, *[a.astype("float64") for a in (x, g, weight, bias)], "0")
    for found, other, want in zip(compiled, twin, exact):
        scale = np.abs(want).max() * np.finfo("float32").eps
        assert np.abs(found - want).max() <= 3 * np.abs(other - want).max() + 20 * scale


@pytest.mark.parametrize("form", FORMS)
def test_missing_and_infinite_elements(form):
    for value in (np.nan, np.inf):
        x, g, weight, bias = arrays(form, "float32")
        x[(1, *[0] * (x.ndim - 1)) if len(x) > 1 else (0, 3)] = value
        for compiled, twin in zip(compute(form, x, g, weight, bias, "now"), compute(form, x, g, weight, bias, "0")):
            assert (np.isfinite(compiled) == np.isfinite(twin)).all()


def test_layouts():
    form = FORMS[1]
    x, g, weight, bias = arrays(form, "float64")
    want = compute(form, x, g, weight, bias, "0")
    x, g = np.asfortranarray(x), np.repeat(g, 2, 0)[::2]
    for found, twin in zip(compute(form, x, g, weight, bias, "now"), want):
        np.testing.assert_allclose(found, twin, rtol=1e-12, atol=1e-13)


def test_nothing_to_normalize():
    for form in (((0, 4), (1,), (1, 4), True), ((4, 0), (1,), (1, 0), True)):
        given = arrays(form, "float32")
        with np.errstate(all="ignore"):
            assert [a.shape for a in compute(form, *given, "now")] == [a.shape for a in compute(form, *given, "0")]


def test_it_is_the_compiled_one():
    for form in FORMS:
        x, g, weight, bias = arrays(form, "float32")
        with choose("now"):
            _, mean, var = norm._normalized(x, weight, bias, form[1], 1e-5, form[3])
            assert norm._normalized_grad(g, x, mean, var, weight, form[1], form[2], 1e-5, form[3]) is not None


@pytest.mark.parametrize("shape", [(4, 3, 5, 5), (4, 3)])
def test_scaled_channels(shape):
    rng = np.random.default_rng(0)
    x, (scale, shift) = rng.normal(size=shape), rng.normal(size=(2, 3))
    with choose("now"):
        found = norm.scale_channels(x, scale, shift)
    own = (3,) + (1,) * (len(shape) - 2)
    np.testing.assert_allclose(found, x * scale.reshape(own) + shift.reshape(own), rtol=1e-14, atol=1e-15)
    with choose("now"):
        assert norm.scale_channels(x, scale.astype("float32"), shift) is None


#: Many terms in each sum: over rows, along them, over both, and of every gradient of a weight.
LONG = [
    ((1_000_000, 2), (0,), (1, 2), True),
    ((1_000_000, 2, 1), (0, 2), (1, 2, 1), True),
    ((4, 2, 250_000), (0, 2), (1, 2, 1), True),
    ((250_000, 2, 4), (0, 2), (1, 2, 1), True),
    ((2, 1_000_000), (1,), (1, 1_000_000), True),
    ((300_000, 5), (1,), (1, 5), True),
    ((300_000, 5), (1,), (1, 5), False),
    ((3, 2, 4, 100_000), (2, 3), (1, 2, 4, 1), True),
    ((50_000, 2, 2, 5), (2, 3), (1, 2, 2, 1), True),
]


@pytest.mark.parametrize("choice", ["now", "0"])
@pytest.mark.parametrize("form", LONG, ids=lambda form: "x".join(map(str, form[0])))
def test_long_sums_keep_their_digits(form, choice):
    """Each result lies within the rounding of some terms, however many there are: of x with a mean of one deviation,
    and of gradients that do not cancel."""
    view, axes, affine, _ = form
    rng = np.random.default_rng(0)
    longest = max(axes, key=lambda a: view[a])
    sides = np.where(np.arange(view[longest]) % 2, 1, -1).reshape([-1 if a == longest else 1 for a in range(len(view))])
    x, g = (1 + sides * rng.uniform(0.5, 1.5, view)).astype("f4"), rng.normal(1, 1, view).astype("f4")
    weight, bias = rng.normal(1, 0.1, (2, *affine)).astype("f4")
    found = compute(form, x, g, weight, bias, choice)
    exact = compute(form, *[a.astype("f8") for a in (x, g, weight, bias)], "0")
    eps = np.finfo("f4").eps
    normal = (x - exact[1]) / np.sqrt(exact[2] + 1e-5)
    sizes = [np.abs(exact[0]).max(), 1.0, exact[2].max(), np.abs(exact[3]).max(),
             norm.reduce_to(np.abs(g * normal), affine).max(), norm.reduce_to(np.abs(g).astype("f8"), affine).max()]
    for a, e, size in zip(found, exact, sizes, strict=True):
        assert np.abs(a - e).max() <= 16 * eps * size


def test_rows_behind_rows_do_not_change_what_comes_before():
    """The parts of sums have fixed sizes: zeros appended change no bit of a sum."""
    rng = np.random.default_rng(0)
    g, x = rng.normal(size=(2, 1000, 6)).astype("f4")
    mean, var, weight = x.mean(0), x.var(0), np.ones(6, "f4")

    def sums(count):
        pad = np.zeros((count, 6), "f4")
        h, y = np.concatenate([g, pad]), np.concatenate([x, pad + mean])
        g_weight, g_bias = np.empty(6, "f4"), np.empty(6, "f4")
        norm_loops.columns_grad.compile(np.dtype("f4"))(h, y, mean, var, weight, np.empty_like(y), g_weight, g_bias, 1e-3, 1e-5)
        return g_weight.tobytes(), g_bias.tobytes()
    assert sums(0) == sums(24) == sums(1000)
