"""Compiled reductions give what NumPy gives, whatever the layout, NaN and infinities included."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.kernels import order, reduce, reduce_loops, scan
from autograd.kernels.compiled.late import choose

pytest.importorskip("numba")

SHAPES = [(64, 330), (7, 3000), (15, 33, 41), (4, 6, 40, 30), (19001,), (1, 17000), (17000, 1), (8300, 2)]
DTYPES = ["float32", "float64"]


def numbers(shape, dtype, edges=True):
    x = np.random.default_rng(0).normal(size=shape).astype(dtype)
    if edges:
        flat = x.reshape(-1)
        flat[[3, 700, 701]] = np.inf
        flat[[1200]] = -np.inf
        flat[[2500]] = np.nan
        flat[[2600]] = -np.nan
    return x


def both(function, *args):
    """What a function gives compiled and in NumPy."""
    found = []
    for choice in ("now", "0"):
        with choose(choice), np.errstate(all="ignore"):
            found.append(function(*args))
    return found


def norm(x, dim, keepdim):
    return reduce.vector_norm(x, 2, dim, keepdim)


def dims_of(shape):
    n = len(shape)
    return [None, *range(n), *([(0, n - 1), tuple(range(1, n)), tuple(range(n - 1))] if n > 1 else [])]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("transposed", [False, True])
def test_sums(shape, dtype, transposed):
    x = numbers(shape, dtype, edges=False)
    x = x.T if transposed else x
    for dim in dims_of(x.shape):
        for keepdim in (False, True):
            allowed = np.finfo(dtype).eps * np.sqrt(reduce.count(x.shape, dim)) * 4
            for function in (reduce.sum, reduce.mean, norm):
                compiled, twin = map(np.asarray, both(function, x, dim, keepdim))
                assert compiled.dtype == twin.dtype and compiled.shape == twin.shape
                np.testing.assert_allclose(compiled, twin, rtol=allowed, atol=allowed * 2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_sums_of_what_is_not_finite(shape, dtype):
    x = numbers(shape, dtype)
    for dim in dims_of(shape):
        compiled, twin = both(reduce.sum, x, dim, False)
        np.testing.assert_array_equal(np.isfinite(compiled), np.isfinite(twin))
        np.testing.assert_array_equal(np.isnan(compiled), np.isnan(twin))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_extrema(shape, dtype):
    x = numbers(shape, dtype)
    x.reshape(-1)[100:200] = 7  # ties
    for ufunc in (np.maximum, np.minimum):
        for dim in dims_of(shape):
            for keepdim in (False, True):
                compiled, twin = both(reduce.extremum, ufunc, x, dim, keepdim, "amax")
                assert np.shape(compiled) == np.shape(twin)
                np.testing.assert_array_equal(compiled, twin)
        for dim in range(len(shape)):
            (values, places), (wanted, wanted_places) = both(
                reduce.extremum_with_index, ufunc is np.maximum, x, dim)
            np.testing.assert_array_equal(values, wanted)
            np.testing.assert_array_equal(places, wanted_places)
            assert places.dtype == np.int64


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_log_sum_exp(shape, dtype):
    x = numbers(shape, dtype) * 50
    whole = np.full(shape, -np.inf, dtype)
    for dim in dims_of(shape):
        for given in (x, whole, numbers(shape, dtype, edges=False) * 300):
            compiled, twin = both(reduce.log_sum_exp, given, dim, True)
            np.testing.assert_allclose(compiled, twin, rtol=8 * np.finfo(dtype).eps)
            with choose("now"), np.errstate(all="ignore"):
                slope = reduce_loops.log_sum_exp_grad(np.ones_like(twin), given, twin)
            if slope is not None:
                with np.errstate(all="ignore"):
                    np.testing.assert_allclose(slope, np.exp(given - twin), rtol=4 * np.finfo(dtype).eps,
                                               atol=np.finfo(dtype).smallest_subnormal)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_running_sums(shape, dtype):
    x = numbers(shape, dtype)
    for dim in range(len(shape)):
        for compiled, twin in (both(scan.accumulate, np.add, x, dim, x.dtype), both(scan.sum_from_end, x, dim)):
            np.testing.assert_array_equal(compiled, twin)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(164, 100), (100, 164), (17, 1000), (17000, 1), (9, 40, 50)])
def test_copies(shape, dtype):
    x = numbers(shape, dtype)
    compiled, twin = both(reduce_loops.row_major, x.T)
    assert compiled.flags.c_contiguous and compiled.base is None
    np.testing.assert_array_equal(compiled, twin)


def test_parts_give_the_same_bits():
    """Threads may each take a part."""
    x = np.random.default_rng(1).normal(size=(64, 40, 33)).astype("float32")
    with choose("now"):
        for function in (lambda x: reduce.sum(x, (1, 2), False), lambda x: reduce.sum(x, 1, False),
                         lambda x: reduce.log_sum_exp(x, 2, False), lambda x: scan.accumulate(np.add, x, 2, x.dtype)):
            whole = function(x)
            np.testing.assert_array_equal(whole, np.concatenate([function(x[:24]), function(x[24:])]))


@pytest.mark.parametrize("dtype", ["float32", "float16", "int32", "int8", "uint8", "int16", "uint16", "bool"])
@pytest.mark.parametrize("descending", [False, True])
def test_sorting_by_keys(dtype, descending):
    rng = np.random.default_rng(2)
    x = rng.integers(-100 if np.dtype(dtype).kind in "fi" else 0, 100, (5, 200, 3)).astype(dtype)
    if np.dtype(dtype).kind == "f":
        x[0, [3, 70, 9]], x[1, 5], x[1, 7], x[2, 8] = np.nan, np.inf, -np.inf, -np.nan
        x[3, ::7], x[3, 1::7] = 0.0, -0.0
    if np.dtype(dtype).kind == "i":
        x[0, :2] = np.iinfo(dtype).min
        x[0, 5] = np.iinfo(dtype).max
    for dim in range(3):
        found = order.sort_indices(x, dim, descending)
        if descending:
            want = x.shape[dim] - 1 - np.flip(np.argsort(np.flip(x, dim), axis=dim, kind="stable"), dim)
        else:
            want = np.argsort(x, axis=dim, kind="stable")
        assert found.dtype == np.int64
        np.testing.assert_array_equal(found, want)
