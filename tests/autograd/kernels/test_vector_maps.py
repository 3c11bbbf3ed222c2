"""Functions of elements in vectors: exact to two units in the last place over the whole range, on any processor."""

from __future__ import annotations

import numpy as np
import pytest

numba = pytest.importorskip("numba")

import autograd  # noqa: E402
import nn.functional as F  # noqa: E402
from autograd.kernels.compiled.late import choose  # noqa: E402
from autograd.kernels.vectors import maps as vector_maps  # noqa: E402
from autograd.kernels.vectors.ir import Target, host  # noqa: E402

special = pytest.importorskip("scipy.special")

TARGETS = {
    "host": host(),
    "AVX2": Target(32, 16, True, False),
    "NEON": Target(16, 32, True, False),
    "no fused product": Target(16, 16, False, False),
}
#: In double precision, exact enough for single: of the product of two numbers one keeps all digits of what is small.
REFERENCES = {
    "exp": np.exp,
    "log": np.log,
    "sigmoid": lambda x: np.where(x < 0, np.exp(x), 1) / (1 + np.exp(-np.abs(x))),
    "silu": lambda x: x * np.where(x < 0, np.exp(x), 1) / (1 + np.exp(-np.abs(x))),
    "erf": special.erf,
    "gelu": lambda x: x * special.erfc(-x / np.sqrt(2)) / 2,
}
OPERATIONS = {"exp": autograd.exp, "log": autograd.log, "sigmoid": autograd.sigmoid, "erf": autograd.erf,
              "tanh": autograd.tanh, "silu": F.silu, "gelu": F.gelu}
SLOPES = {
    "erf_slope": lambda x: 2 / np.sqrt(np.pi) * np.exp(-x * x),
    "silu_slope": lambda x: special.expit(x) * (1 + x * (1 - special.expit(x))),
    "gelu_slope": lambda x: special.ndtr(x) + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi),
}


def made(name, target, dtype, inputs=1):
    loop = getattr(vector_maps, name)(TARGETS[target], np.dtype(dtype).itemsize)
    if inputs == 1:
        @numba.njit(error_model="numpy")
        def run(x, out):
            loop(x.size, (x.ctypes.data, out.ctypes.data))
    else:
        @numba.njit(error_model="numpy")
        def run(g, x, out):
            loop(x.size, (g.ctypes.data, x.ctypes.data, out.ctypes.data))

    def call(*arrays):
        out = np.full(arrays[0].size + 1, 7, dtype)
        run(*arrays, out[:-1])
        assert out[-1] == 7  # nothing is written after the end
        return out[:-1]
    return call


def everywhere(step):
    """Numbers of single precision of any size and sign, as many of each size: subnormal ones, infinity and NaN, too."""
    return np.arange(0, 2 ** 32, step, dtype=np.uint32).view(np.float32)


def units(found, want, dtype):
    """The distance in units in the last place of the results that are finite."""
    with np.errstate(all="ignore"):
        rounded = np.asarray(want).astype(dtype)
        finite = np.isfinite(rounded)
        np.testing.assert_array_equal(found[~finite], rounded[~finite])
        return np.abs(found[finite] - want[finite]) / np.spacing(np.abs(rounded[finite]))


def exact(name, x):
    """The values for numbers of double precision, in more digits, less those of the nearest numbers; and these."""
    mp = pytest.importorskip("mpmath")
    functions = {
        "exp": mp.exp, "log": mp.log, "tanh": mp.tanh, "erf": mp.erf,
        "sigmoid": lambda v: 1 / (1 + mp.exp(-v)),
        "silu": lambda v: v / (1 + mp.exp(-v)),
        "gelu": lambda v: v * mp.erfc(-v / mp.sqrt(2)) / 2,
    }
    with mp.workdps(40):
        values = [functions[name](mp.mpf(float(v))) for v in x]
        near = np.array([float(v) for v in values])
        return near, np.array([float(v - mp.mpf(float(r))) for v, r in zip(values, near)])


def double_samples(name):
    rng = np.random.default_rng(0)
    ends = {"exp": (-745, 709), "sigmoid": (-744, 40), "silu": (-750, 40), "erf": (-6, 6), "gelu": (-38.4, 9),
            "tanh": (-20, 20)}
    small = rng.normal(0, 1, 1500)
    if name == "log":
        return np.concatenate([np.abs(small), 10.0 ** rng.uniform(-323, 308, 1500), rng.uniform(0.7, 1.4, 1000)])
    return np.concatenate([small, rng.uniform(*ends[name], 1500),
                           10.0 ** rng.uniform(-322, 0, 300) * rng.choice([-1, 1], 300)])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", REFERENCES)
def test_single(name, target):
    x = everywhere(4999 if target == "host" else 49999)
    with np.errstate(all="ignore"):
        want = REFERENCES[name](x.astype("float64"))
    # Without fused products the largest error of gelu is a little greater.
    assert units(made(name, target, "float32")(x), want, "float32").max() <= (2 if TARGETS[target].fma else 2.1)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", REFERENCES)
def test_double(name, target):
    x = double_samples(name)
    near, rest = exact(name, x)
    found = made(name, target, "float64")(x)
    assert (np.abs((found - near) - rest) / np.spacing(np.abs(near))).max() <= 2


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", REFERENCES)
def test_edges(name, target):
    for dtype in ("float32", "float64"):
        tiny = np.finfo(dtype).smallest_subnormal
        x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 100 * tiny, -100 * tiny, 1e4, -1e4, 3e38, -3e38], dtype)
        with np.errstate(all="ignore"):
            want = REFERENCES[name](x.astype(np.float64)).astype(dtype)
        found = made(name, target, dtype)(x)
        np.testing.assert_allclose(found, want, rtol=1e-6, atol=0)
        np.testing.assert_array_equal(np.signbit(found[1:]) & ~np.isnan(found[1:]),
                                      np.signbit(want[1:]) & ~np.isnan(want[1:]))


@pytest.mark.parametrize("target", TARGETS)
def test_roots_have_the_bits_of_numpy(target):
    run = made("root", target, "float32")
    ranges = [(0x3F800000, 0x40800000)] if target == "host" else []  # all fractions of both parities of exponents
    ranges += [(0, 1 << 16), (0x0D7FF000, 0x0D801000), (0x7F700000, 0x7F900000), (0x80000000, 0x80000100)]
    for x in (*[np.arange(*r, dtype=np.uint32).view(np.float32) for r in ranges], everywhere(9999)):
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(run(x), np.sqrt(x))
    x = np.abs(double_samples("exp"))
    np.testing.assert_array_equal(made("root", target, "float64")(x), np.sqrt(x))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_slopes(dtype, target):
    x, g = np.random.default_rng(1).normal(0, 3, (2, 1003)).astype(dtype)
    for name, reference in SLOPES.items():
        want = g.astype(np.float64) * reference(x.astype(np.float64))
        eps = 8 * np.finfo(dtype).eps
        np.testing.assert_allclose(made(name, target, dtype, 2)(g, x), want, rtol=eps, atol=eps)


@pytest.mark.parametrize("target", TARGETS)
def test_any_count_gives_the_same_bits(target):
    x = np.random.default_rng(2).normal(size=300).astype("float32")
    for name in REFERENCES:
        run = made(name, target, "float32")
        whole = run(x)
        for count in (0, 1, 15, 64, 65, 129):
            np.testing.assert_array_equal(run(x[:count].copy()), whole[:count])


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name):
    """What the public functions compute, from one element on."""
    x = everywhere(19997)
    with np.errstate(all="ignore"), choose("now"):
        want = np.tanh(x.astype("float64")) if name == "tanh" else REFERENCES[name](x.astype("float64"))
        assert units(OPERATIONS[name](autograd.tensor(x)).numpy(), want, "float32").max() <= 2
        x = np.resize(double_samples(name), 10000)
        near, rest = exact(name, x[:4000])
        found = OPERATIONS[name](autograd.tensor(x)).numpy()[:4000]
    assert (np.abs((found - near) - rest) / np.spacing(np.abs(near))).max() <= 2
