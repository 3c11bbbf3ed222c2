"""Compiled convolutions give what their NumPy twin gives in double precision, and run only where that pays."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("numba")

from autograd.kernels import conv
from autograd.kernels.compiled.late import choose
from autograd.kernels.convolution import choice as conv_choice
from autograd.kernels.vectors.ir import Target
from autograd.kernels.windows import output_size

TARGETS = {
    "avx512": Target(64, 32, True, True),
    "avx2": Target(32, 16, True, False),
    "avx without fma": Target(32, 16, False, False),
    "neon": Target(16, 32, True, False),
    "plain": Target(16, 16, False, False),
}

# input, weight, stride, padding, dilation, groups
CASES = {
    "thin": ((3, 1, 12, 11), (8, 1, 3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "thin, strided": ((2, 3, 20, 23), (16, 3, 7, 7), (2, 2), ((3, 3), (3, 3)), (1, 1), 1),
    "thin, not all reached": ((2, 2, 12, 11), (8, 2, 3, 2), (3, 3), ((0, 0), (1, 0)), (2, 1), 1),
    "odd": ((5, 3, 9, 14), (17, 3, 2, 5), (1, 1), ((1, 1), (2, 2)), (1, 1), 1),
    "3x3": ((4, 16, 8, 8), (32, 16, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    "3x3, odd planes": ((3, 32, 7, 9), (48, 32, 3, 3), (1, 1), ((0, 0), (1, 1)), (1, 1), 1),
    "3x3, much padding": ((2, 16, 5, 4), (16, 16, 3, 3), (1, 1), ((4, 4), (3, 3)), (1, 1), 1),
    "uneven padding": ((2, 4, 6, 6), (5, 4, 3, 3), (1, 1), ((0, 1), (2, 0)), (1, 1), 1),
    "strided": ((3, 20, 13, 10), (33, 20, 3, 3), (2, 3), ((1, 1), (1, 1)), (1, 1), 1),
    "1x1 strided": ((2, 32, 9, 9), (16, 32, 1, 1), (2, 2), ((0, 0), (0, 0)), (1, 1), 1),
    "dilated": ((2, 8, 15, 15), (24, 8, 3, 3), (1, 2), ((2, 2), (2, 2)), (2, 3), 1),
    "padding beyond the kernel": ((2, 4, 3, 3), (8, 4, 2, 2), (2, 1), ((5, 5), (4, 4)), (1, 1), 1),
    "grouped": ((2, 24, 6, 7), (12, 8, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 3),
    "depthwise": ((2, 20, 9, 11), (20, 1, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 20),
    "depthwise, strided": ((2, 33, 9, 11), (66, 1, 3, 2), (2, 3), ((1, 1), (2, 2)), (1, 2), 33),
    "small groups": ((2, 60, 6, 7), (40, 3, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 20),
    "one dimension": ((3, 6, 50), (16, 6, 5), (2,), ((3, 3),), (2,), 1),
    "one row of a window": ((2, 3, 1, 30), (4, 3, 1, 30), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "three dimensions": ((2, 3, 4, 5, 6), (4, 3, 2, 2, 2), (1,) * 3, ((0, 0),) * 3, (1,) * 3, 1),
}


@pytest.fixture
def ready():
    """As after much work."""
    with choose("now"):
        yield


def _operands(case, dtype, seed=0):
    shape, window, stride, padding, dilation, _ = case
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal(shape), rng.standard_normal(window)
    out = output_size(shape[2:], window[2:], stride, padding, dilation)
    g = rng.standard_normal((shape[0], window[0], *out))
    return [a.astype(dtype) for a in (x, w, rng.standard_normal(window[0]), g)]


def _results(case, x, w, bias, g):
    shape, window, *options = case
    return (conv.convolve(x, w, bias, *options), conv.convolve(x, w, None, *options),
            conv.input_gradient(g, w, None, shape[2:], *options),
            conv.input_gradient(g, w, np.linspace(-1, 1, shape[1], dtype=g.dtype), shape[2:], *options), conv.weight_gradient(g, x, window[2:], *options))


def _reference(case, operands):
    with choose("0"):
        return _results(case, *[a.astype(np.float64) for a in operands])


def _close(found, expected, dtype):
    for a, e in zip(found, expected):
        assert a.dtype == dtype and a.shape == e.shape
        # Errors of sums are proportional to their terms, not to what is left of them.
        np.testing.assert_allclose(a, e, rtol=0, atol=32 * np.finfo(dtype).eps * np.abs(e).max())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_agrees_with_the_twin(ready, name, dtype):
    operands = _operands(CASES[name], dtype)
    _close(_results(CASES[name], *operands), _reference(CASES[name], operands), dtype)


@pytest.fixture(scope="module")
def compiled_for():
    """What is compiled for each target, kept between tests."""
    return {}


@pytest.mark.parametrize(("name", "dtype"), [*[(name, np.float32) for name in TARGETS], ("plain", np.float64)])
def test_all_targets(ready, monkeypatch, compiled_for, name, dtype):
    """Vectors of all widths, with and without fused products, whatever this processor has.

    What is chosen: test_conv_methods.py has all methods.
    """
    monkeypatch.setattr("autograd.kernels.vectors.ir.host", lambda: TARGETS[name])
    monkeypatch.setattr(conv_choice, "_compiled", compiled_for.setdefault(name, {}))
    conv_choice._target.cache_clear()
    try:
        for case in ("odd", "3x3", "3x3, odd planes", "strided", "thin", "grouped", "depthwise", "depthwise, strided",
                     "small groups", "one dimension"):
            operands = _operands(CASES[case], dtype)
            _close(_results(CASES[case], *operands), _reference(CASES[case], operands), dtype)
    finally:
        conv_choice._target.cache_clear()
    assert {kernel for kernel, d in conv_choice._compiled if d == dtype} >= {"conv_weight", "rows_forward"}
    assert all(conv_choice._compiled.values())


PROCESSOR = """if True:
    import numpy as np
    import autograd, nn
    from autograd.kernels import products
    from autograd.kernels.compiled import late
    from autograd.kernels.convolution import choice as conv_choice
    from autograd.kernels.vectors import ir as vector_ir
    assert vector_ir.host() == vector_ir.Target({target}), vector_ir.host()

    def results():
        autograd.manual_seed(0)
        model = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(16), nn.GELU(),
                              nn.Flatten(), nn.Linear(256, 64), nn.LayerNorm(64), nn.Tanh(), nn.Linear(64, 5))
        loss = nn.CrossEntropyLoss()(model(autograd.randn(32, 16, 8, 8)), autograd.arange(32) % 5)
        loss.backward()
        return [loss.item(), *(p.grad.numpy() for p in model.parameters())]

    with late.choose("0"):
        expected = results()
    with late.choose("now"):
        found = results()
    assert conv_choice._compiled and all(conv_choice._compiled.values()) and all(products._compiled.values())
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5 * np.abs(b).max())
"""


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="processors of another family")
@pytest.mark.parametrize(("cpu", "features", "target"), [
    ("x86-64", "", "16, 16, False, False"), ("sandybridge", "+avx", "32, 16, False, False"),
    ("haswell", "+avx,+avx2,+fma", "32, 16, True, False")])
def test_a_training_step_on_older_processors(cpu, features, target):
    """Numba compiles for them, and so do all loops: none needs an instruction that they lack."""
    done = subprocess.run([sys.executable, "-c", PROCESSOR.format(target=target)], capture_output=True, text=True,
                          env={**os.environ, "NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": features})
    if "assert vector_ir.host()" in done.stderr and cpu != "x86-64":
        pytest.skip("this processor has no such vectors")
    assert done.returncode == 0 and "could not be compiled" not in done.stderr, done.stderr


def test_the_twin_is_not_what_was_tested(ready):
    for name in CASES:
        shape, window, *options = CASES[name]
        assert conv_choice.geometry(shape, window, *options) is not None, name


@pytest.mark.parametrize("name", ["odd", "3x3", "strided"])
def test_any_strides_and_read_only(ready, name):
    operands = _operands(CASES[name], np.float32)
    expected = _results(CASES[name], *operands)
    x, w, bias, g = operands
    views = [np.asfortranarray(x), w[::-1].copy()[::-1], np.repeat(bias, 2)[::2], np.moveaxis(np.moveaxis(g, 1, -1).copy(), -1, 1)]
    for v in views:
        v.flags.writeable = False
    for a, e in zip(_results(CASES[name], *views), expected):
        np.testing.assert_array_equal(a, e)


@pytest.mark.parametrize("name", ["odd", "3x3", "3x3, odd planes", "dilated"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_where_it_belongs(ready, name, bad):
    operands = _operands(CASES[name], np.float32)
    operands[0][1, 2, 3, 2] = operands[3][0, 1, 2, 1] = bad
    for a, e in zip(_results(CASES[name], *operands), _reference(CASES[name], operands)):
        np.testing.assert_array_equal(np.isfinite(a), np.isfinite(e))
        np.testing.assert_array_equal(np.isnan(a), np.isnan(e))


@pytest.mark.parametrize("shape, window", [((0, 3, 8, 8), (4, 3, 3, 3)), ((2, 0, 8, 8), (4, 0, 3, 3)), ((2, 3, 8, 8), (0, 3, 3, 3))])
def test_no_elements(ready, shape, window):
    case = (shape, window, (1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    operands = _operands(case, np.float32)
    for a, e in zip(_results(case, *operands), _reference(case, operands)):
        assert a.shape == e.shape
        np.testing.assert_array_equal(a, e)


def test_repeated_calls_give_the_same_bits(ready):
    for name in ("3x3", "3x3, odd planes", "strided"):
        operands = _operands(CASES[name], np.float32)
        first = _results(CASES[name], *operands)
        conv_choice._memory(1)[:] = 255  # whatever scratch memory holds
        for a, e in zip(_results(CASES[name], *operands), first):
            np.testing.assert_array_equal(a, e)


PROGRAM = """if True:
    import sys, numpy as np
    from autograd.kernels import conv
    x, w = np.ones((16, 16, 32, 32), "f4"), np.ones((16, 16, 3, 3), "f4")
    for _ in range({steps}):
        y = conv.convolve(x, w, None, (1, 1), ((1, 1), (1, 1)), (1, 1), 1)
    assert y[0, 0, 0, 0] == 64 and y[0, 0, 5, 5] == 144
    assert ("numba" in sys.modules) == {loaded}
"""


@pytest.mark.parametrize("steps, jit, loaded", [(3, "1", False), (400, "1", True), (400, "0", False)])
def test_kernels_are_loaded_when_that_pays(steps, jit, loaded):
    subprocess.run([sys.executable, "-c", PROGRAM.format(steps=steps, loaded=loaded)], check=True,
                   env={**os.environ, "AUTOGRAD_JIT": jit})
