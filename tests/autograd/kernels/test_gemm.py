"""The compiled products of matrices, on this processor's vectors and on narrower ones, against sums in double precision."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("numba")

from autograd.kernels import gemm
from autograd.kernels.vectors.ir import Target, host

TARGETS = {
    "host": host(),
    "avx512": Target(64, 32, True, True),
    "avx2": Target(32, 16, True, False),
    "avx without fma": Target(32, 16, False, False),
    "neon": Target(16, 32, True, False),
    "plain": Target(16, 16, False, False),
}
CASES = [(name, "float32") for name in TARGETS] + [(name, "float64") for name in ("host", "avx2", "plain")]
NO_BATCH = np.empty(0, np.int64)


@pytest.fixture(scope="module", params=CASES, ids=lambda c: f"{c[0]}-{c[1]}")
def kernel(request):
    """(compiled products, element type) for each target."""
    name, dtype = request.param
    return gemm.compiled(dtype, TARGETS[name]), np.dtype(dtype)


def _multiply(kernel, a, b, bias=None):
    run, dtype = kernel
    out = np.full((a.shape[0], b.shape[1]), 7, dtype)
    run(a, b, out, np.empty(0, dtype) if bias is None else bias, NO_BATCH)
    return out


def _check(out, a, b, bias=0.0):
    """Each result lies within the rounding of a sum of as many terms as it has."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    size = abs(a) @ abs(b) + abs(np.asarray(bias, np.float64))
    eps = np.finfo(out.dtype).eps
    assert out.shape == (a.shape[0], b.shape[1])
    assert (abs(out - (a @ b + bias)) <= (a.shape[1] + 2) * eps * size).all()


def _matrix(rng, rows, columns, dtype):
    """A matrix in one of many layouts: contiguous, transposed, with gaps, backwards, one row or column repeated."""
    layout = rng.integers(8)
    if layout == 0:
        return np.broadcast_to(rng.standard_normal((1, columns)).astype(dtype), (rows, columns))
    if layout == 1:
        return np.broadcast_to(rng.standard_normal((rows, 1)).astype(dtype), (rows, columns))
    if layout <= 4:
        r, c = rng.integers(1, 3, 2)
        x = rng.standard_normal((rows * r, columns * c)).astype(dtype)[::r, ::c]
        return x[::-1] if layout == 2 else x[:, ::-1] if layout == 3 else x
    if layout <= 6:
        return rng.standard_normal((columns, rows)).astype(dtype).T
    return rng.standard_normal((rows, columns)).astype(dtype)


@pytest.mark.parametrize("seed", range(60))
def test_random_shapes_and_layouts(kernel, seed):
    rng = np.random.default_rng(seed)
    m, n, k = (int(x) for x in 2 ** rng.uniform(0, 7.5, 3))
    a, b = _matrix(rng, m, k, kernel[1]), _matrix(rng, k, n, kernel[1])
    bias = rng.standard_normal(n).astype(kernel[1]) if seed % 2 else None
    _check(_multiply(kernel, a, b, bias), a, b, 0.0 if bias is None else bias)


@pytest.mark.parametrize("layout", ["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize("shape", [(3, 20, 2100), (12, 50, 1030), (130, 49, 1500), (9, 700, 300), (200, 150, 260),
                                   (70, 200, 1100), (40, 10, 150)])
def test_more_terms_than_a_block_and_more_rows_than_a_panel_needs(kernel, shape, layout):
    m, n, k = shape
    rng = np.random.default_rng(m)
    a, b, bias = (rng.standard_normal(s).astype(kernel[1]) for s in ((m, k), (k, n), n))
    a = np.ascontiguousarray(a.T).T if layout[0] == "t" else a
    b = np.ascontiguousarray(b.T).T if layout[1] == "t" else b
    _check(_multiply(kernel, a, b, bias), a, b, bias)


@pytest.mark.parametrize("columns", [1, 15, 16, 31, 48, 64, 66, 80, 96, 112, 130, 144, 150])
def test_rows_and_columns_that_tiles_leave(kernel, columns):
    rng = np.random.default_rng(columns)
    a, b = rng.standard_normal((27, 9)).astype(kernel[1]), rng.standard_normal((9, columns)).astype(kernel[1])
    whole = _multiply(kernel, a, b)
    _check(whole, a, b)
    for rows in range(1, 27):
        np.testing.assert_array_equal(_multiply(kernel, a[:rows], b), whole[:rows])


@pytest.mark.parametrize("layout", ["nn", "nt", "tn"])
def test_columns_do_not_depend_on_how_many_are_computed_at_once(kernel, layout):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((100, 70)).astype(kernel[1]), rng.standard_normal((70, 260)).astype(kernel[1])
    a, b = np.asfortranarray(a) if layout[0] == "t" else a, np.asfortranarray(b) if layout[1] == "t" else b
    whole = _multiply(kernel, a, b)
    for cut in (64, 192):
        np.testing.assert_array_equal(whole[:, :cut], _multiply(kernel, a, b[:, :cut]))
        np.testing.assert_array_equal(whole[:, cut:], _multiply(kernel, a, b[:, cut:]))


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (5, 20, 0), (1, 1, 1), (0, 0, 0)])
def test_nothing_and_next_to_nothing(kernel, shape):
    m, n, k = shape
    a, b, bias = (np.ones(s, kernel[1]) for s in ((m, k), (k, n), n))
    assert (_multiply(kernel, a, b, bias) == k + 1).all()


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("shape", [(5, 70, 300), (40, 70, 33)])
def test_nan_and_infinity_stay_in_their_rows_and_columns(kernel, shape, transposed):
    m, n, k = shape
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(s).astype(kernel[1]) for s in ((m, k), (n, k) if transposed else (k, n)))
    b = b.T if transposed else b
    a[1, 2], a[3, k - 1], b[4, n - 1], b[k - 1, 8] = np.nan, np.inf, -np.inf, np.nan
    with np.errstate(invalid="ignore"):
        expected = a.astype(np.float64) @ b.astype(np.float64)
        found = _multiply(kernel, a, b)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_array_equal(np.isposinf(found), np.isposinf(expected))
    np.testing.assert_array_equal(np.isneginf(found), np.isneginf(expected))


def test_neither_operands_nor_neighbours_change(kernel):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((21, 37)).astype(kernel[1]), rng.standard_normal((37, 53)).astype(kernel[1])
    a.flags.writeable = b.flags.writeable = False
    whole = np.full((30, 80), 7, kernel[1])
    kernel[0](a, b, whole[4:25, 9:62], np.empty(0, kernel[1]), NO_BATCH)
    _check(whole[4:25, 9:62].copy(), a, b)
    whole[4:25, 9:62] = 7
    assert (whole == 7).all()


def test_rows_do_not_depend_on_how_many_are_computed_at_once(kernel):
    """So that work can be shared among any number of threads."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((64, 100)).astype(kernel[1]), rng.standard_normal((100, 90)).astype(kernel[1])
    whole = _multiply(kernel, a, b)
    np.testing.assert_array_equal(whole[:23], _multiply(kernel, a[:23], b))
    np.testing.assert_array_equal(whole[23:], _multiply(kernel, a[23:], b))


def test_batches(kernel):
    rng = np.random.default_rng(0)
    qkv = rng.standard_normal((2, 33, 3, 4, 20)).astype(kernel[1])
    q, k = qkv[:, :, 0].transpose(0, 2, 1, 3), qkv[:, :, 1].transpose(0, 2, 3, 1)
    out = np.empty((2, 4, 33, 33), kernel[1])
    layout = (2, 4, *q.strides[:2], *k.strides[:2], *out.strides[:2])
    kernel[0](q[0, 0], k[0, 0], out[0, 0], np.empty(0, kernel[1]), np.array(layout))
    for i in np.ndindex(2, 4):
        _check(out[i], q[i], k[i])


def test_targets_are_read_from_the_features_that_numba_compiles_for():
    assert Target.of("x86_64-unknown-linux-gnu", "+avx512f,+fma,+avx2,+avx") == Target(64, 32, True, True)
    assert Target.of("x86_64-unknown-linux-gnu", "+avx2,+avx,+fma,-avx512f") == Target(32, 16, True, False)
    assert Target.of("x86_64-unknown-linux-gnu", "+avx,-fma") == Target(32, 16, False, False)
    assert Target.of("x86_64-unknown-linux-gnu", "") == Target(16, 16, False, False)
    assert Target.of("aarch64-unknown-linux-gnu", "+neon") == Target(16, 32, True, False)
    assert Target.of("arm64-apple-darwin23.0.0", "+neon") == Target(16, 32, True, False)


@pytest.mark.skipif(sys.platform == "darwin", reason="a processor of another family")
def test_code_for_a_processor_without_vector_extensions():
    """Numba told to compile for the oldest processor of the family, where no instruction may be assumed."""
    program = """if True:
        import numpy as np
        from autograd.kernels import gemm
        from autograd.kernels.vectors import ir as vector_ir
        assert vector_ir.host().width == 16
        rng = np.random.default_rng(0)
        a, b = rng.integers(-9, 9, (21, 50)).astype(np.float32), rng.integers(-9, 9, (50, 30)).astype(np.float32)
        out = np.empty((21, 30), np.float32)
        gemm.compiled(np.float32)(a, b, out, np.empty(0, np.float32), np.empty(0, np.int64))
        assert (out == a @ b).all()
    """
    env = {**os.environ, "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    subprocess.run([sys.executable, "-c", program], env=env, check=True)


def test_code_compiled_in_different_processes_loads_side_by_side(tmp_path):
    program = """if True:
        import sys
        import numpy as np
        from autograd.kernels import gemm
        kernels = [(np.dtype(d), gemm.compiled(d)) for d in sys.argv[1:]]
        rng = np.random.default_rng(0)
        for d, kernel in kernels:
            for _ in range(20):
                m, n, k = rng.integers(1, 70, 3)
                a, b, out = rng.integers(-9, 9, (m, k)).astype(d), rng.integers(-9, 9, (k, n)).astype(d), np.empty((m, n), d)
                kernel(a, b, out, np.empty(0, d), np.empty(0, np.int64))
                assert (out == a @ b).all()
    """
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    for types in (["float32"], ["float64"], ["float32", "float64"]):
        subprocess.run([sys.executable, "-c", program, *types], env=env, check=True)
