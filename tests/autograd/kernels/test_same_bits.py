"""Results are the same bits for any number of threads."""

import numpy as np
import pytest

from autograd.kernels import products
from autograd.kernels.compiled import late
from autograd.kernels.compiled.loops import LOOPS, loop
from autograd.kernels.machine import threads

#: m, k, n: wide, tall, with odd edges, with few rows, with blocks of k that are not the last.
SHAPES = [(64, 784, 1000), (1513, 300, 40), (700, 700, 700), (33, 5000, 97), (1001, 77, 501), (16, 1024, 4096),
          (12, 3000, 600), (257, 1025, 193), (200, 2500, 200)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("m, k, n", SHAPES)
def test_products_are_the_same_for_any_number_of_threads(m, k, n, dtype, monkeypatch):
    rng = np.random.default_rng(0)
    a, b, bias = (rng.standard_normal(s).astype(dtype) for s in ((m, k), (k, n), n))
    b_t, a_t = np.ascontiguousarray(b.T).T, np.ascontiguousarray(a.T).T
    before, found = threads.count(), []
    cut = []
    whole = products.share
    monkeypatch.setattr(products, "share", lambda *args: (cut.append(args), whole(*args)))
    try:
        with late.choose("now"):
            for count in (1, 2, 3, 7):
                threads.set_count(count)
                found.append([products.product(x, y, bias) for x in (a, a_t) for y in (b, b_t)])
    finally:
        threads.set_count(before)
    assert cut
    for other in found[1:]:
        for x, y in zip(found[0], other):
            assert (x is None and y is None) or np.array_equal(x, y)
    exact = a.astype(np.float64) @ b + bias
    for x in found[0]:
        if x is not None:  # a sum of k terms of size 1, each rounded
            assert np.abs(x - exact).max() < np.finfo(dtype).eps * k * 4


@pytest.mark.parametrize("lead", [(40,), (2, 20), (20, 2)])
def test_batches_are_the_same_for_any_number_of_threads(lead):
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((*lead, *s)).astype(np.float32) for s in ((100, 64), (64, 110)))
    before, found = threads.count(), []
    try:
        with late.choose("now"):
            for count in (1, 2, 3):
                threads.set_count(count)
                found.append(products.batched_product(a, b))
    finally:
        threads.set_count(before)
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])
    np.testing.assert_allclose(found[0], a @ b, rtol=1e-4, atol=1e-4)


def test_loops_share_their_rows():
    @loop("*F2 F1 *F1", saves=1.0)
    def weighted(x, w, out):
        for i in range(x.shape[0]):
            total = 0.0
            for j in range(w.size):
                total += x[i, j] * w[j]
            out[i] = total

    @loop("*F1 *F1 F", saves=1.0)
    def scaled(x, out, by):
        for i in range(x.size):
            out[i] = x[i] * by + x[i]
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((3001, 77)), rng.standard_normal(77)
    before, found = threads.count(), []
    try:
        with late.choose("now"):
            for count in (1, 2, 5):
                threads.set_count(count)
                rows, numbers = np.empty(len(x)), np.empty(x.size)
                weighted.on(x.dtype, x.size)(x, w, rows)
                scaled.on(x.dtype, x.size)(x.reshape(-1), numbers, 0.3)
                found.append((rows, numbers))
    finally:
        threads.set_count(before)
        for form in (weighted, scaled):
            LOOPS.pop(form.name)
    np.testing.assert_allclose(found[0][0], x @ w, rtol=1e-10, atol=1e-10)
    for rows, numbers in found[1:]:
        assert np.array_equal(rows, found[0][0]) and np.array_equal(numbers, found[0][1])
