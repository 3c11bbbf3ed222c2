"""When compiled products are used, and that operations give the same with them and without."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd
from autograd.kernels import products
from autograd.kernels.compiled import late
from nn.functional import linear

PROGRAM = """if True:
    import sys
    {first}
    import numpy as np, autograd
    from autograd.kernels import products
    from nn.functional import linear
    rng = np.random.default_rng(0)
    x, w, b = (autograd.tensor(rng.standard_normal(s).astype("f4"), requires_grad=True) for s in ((64, 784), (128, 784), 128))
    for _ in range({steps}):
        x.grad = w.grad = None
        y = linear(x, w, b)
        y.sum().backward()
    np.testing.assert_allclose(y.detach().numpy(), x.detach().numpy() @ w.detach().numpy().T + b.detach().numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(w.grad.numpy(), np.broadcast_to(x.detach().numpy().sum(0), w.shape), rtol=1e-4, atol=1e-4)
    {last}
"""


def _run(first="", steps=30, last="", **env):
    subprocess.run([sys.executable, "-c", PROGRAM.format(first=first, steps=steps, last=last)], check=True,
                   env={**os.environ, **env})


@pytest.fixture
def ready(monkeypatch):
    """As after much work. The limit on work is that of a BLAS with which the limits hold."""
    pytest.importorskip("numba")
    monkeypatch.setattr(late, "_choice", "now")
    monkeypatch.setattr(products, "_blas_is_slower", lambda: True)
    monkeypatch.setattr(products, "_compiled", {})


def test_a_short_program_does_not_load_numba():
    _run(last="assert 'numba' not in sys.modules")


def test_a_program_that_multiplies_much_uses_the_kernel():
    pytest.importorskip("numba")
    cheap = "late._IMPORT = 1e-4; [setattr(a, 'price', 1e-4) for a in products._accounts.values()]"
    modules = "from autograd.kernels import products; from autograd.kernels.compiled import late"
    _run(first=f"{modules}; products._blas_is_slower = lambda: True; {cheap}", AUTOGRAD_JIT="1",
         last="assert products._compiled[np.dtype('f4')] is not None")


def test_switched_off():
    _run(AUTOGRAD_JIT="0", last="assert 'numba' not in sys.modules and not products._compiled")


def test_without_numba():
    _run(first="sys.modules['numba'] = None", last="assert not products._compiled")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(40))
def test_any_shapes_and_layouts(ready, seed, dtype):
    rng = np.random.default_rng(seed)
    m, n, k = (int(v) for v in rng.integers(16, 200, 3))
    n += 1200 // m
    a, b, bias = (rng.standard_normal(s).astype(dtype) for s in ((m, k), (k, n), n))
    a = np.asfortranarray(a) if seed % 2 else a
    b = np.asfortranarray(b) if seed % 4 >= 2 else b[::-1]
    found = products.product(a, b, bias)
    eps = np.finfo(dtype).eps
    reference, size = a.astype(float) @ b.astype(float) + bias, abs(a.astype(float)) @ abs(b.astype(float)) + abs(bias)
    assert found is not None
    assert (abs(found - reference) <= (k + 2) * eps * size).all()


def test_what_is_left_to_numpy(ready):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((100, 100)).astype(np.float32)
    assert products.product(x, x) is not None
    assert products.product(x, x[:50]) is None  # an error, which NumPy raises
    assert products.product(x, x.astype(np.float64)) is None
    assert products.product(x.astype(np.int64), x.astype(np.int64)) is None
    assert products.product(x.astype(np.complex64), x.astype(np.complex64)) is None
    assert products.product(x, x.astype(">f4")) is None
    assert products.product(x, x, x[0, :50]) is None
    assert products.product(x, x, x[0, ::-1]) is None
    assert products.product(x[:8, :8], x[:8, :8]) is None
    assert products.product(x, x[:, :4]) is None
    assert products.product(x[:2], x) is None
    assert products.product(x[:30], x[:, :30]) is not None
    assert products.product(x[:30], x[:30].T) is None  # OpenBLAS has its own for small results
    assert products.product(x[:30], x[:30].T, x[0, :30]) is not None  # it does not add the bias


def test_the_kernel_of_one_type_is_not_that_of_the_other(ready):
    x = np.random.default_rng(0).standard_normal((100, 100))
    single, double = products.product(*[x.astype(np.float32)] * 2), products.product(x, x)
    assert single.dtype == np.float32 and double.dtype == np.float64
    assert 0 < abs(single - double).max() < 1e-4
    assert abs(double - x @ x).max() < 1e-12


@pytest.mark.parametrize("shape", [(64, 784), (4, 16, 784)])
def test_linear_and_its_gradients(ready, monkeypatch, shape):
    rng = np.random.default_rng(0)
    draws = [rng.standard_normal(s) for s in (shape, (128, 784), 128)]
    found = []
    for use in (True, False):
        if not use:
            monkeypatch.setattr(late, "_choice", "0")
            monkeypatch.setattr(products, "_compiled", {})
        x, w, b = (autograd.tensor(d, requires_grad=True) for d in draws)
        y = linear(x, w, b)
        (y * y).sum().backward()
        found.append([y.detach(), x.grad, w.grad, b.grad])
        assert bool(products._compiled) == use
    for a, b in zip(*found):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("shape", [(64, 128, 10), (100, 16, 16), (4, 64, 8), (7, 41, 33), (1, 64, 64)])
def test_small_layers(ready, shape):
    m, k, n = shape
    rng = np.random.default_rng(m)
    x, w, b = (rng.standard_normal(s).astype(np.float32) for s in ((m, k), (n, k), n))
    found = linear(*map(autograd.tensor, (x, w, b))).numpy()
    exact = x.astype(float) @ w.T.astype(float) + b
    size = abs(x.astype(float)) @ abs(w.T.astype(float)) + abs(b)
    assert (abs(found - exact) <= (k + 2) * np.finfo(np.float32).eps * size).all()
    with pytest.raises(RuntimeError, match="mat"):
        linear(autograd.tensor(x), autograd.tensor(w[:, :-1].copy()), autograd.tensor(b))


@pytest.mark.parametrize("lead", [(6,), (2, 3)])
def test_batches_of_heads(ready, lead):
    rng = np.random.default_rng(0)
    if len(lead) == 2:
        qkv = rng.standard_normal((lead[0], 100, 3, lead[1], 64)).astype(np.float32)
        q, k, v = (qkv[:, :, i].transpose(0, 2, 1, 3) for i in range(3))
    else:
        q, k, v = (rng.standard_normal((*lead, 100, 64)).astype(np.float32) for _ in range(3))
    scores = products.batched_product(q, k.swapaxes(-2, -1))
    np.testing.assert_allclose(scores, np.matmul(q, k.swapaxes(-2, -1)), rtol=1e-4, atol=1e-4)
    out = products.batched_product(scores, v)
    np.testing.assert_allclose(out, np.matmul(scores, v), rtol=1e-4, atol=1e-3)
    assert products.batched_product(scores, v[:, :1] if len(lead) == 2 else v[:1]) is None  # broadcast: NumPy's
    assert products.batched_product(q[:0], k[:0].swapaxes(-2, -1)) is None
    assert products.batched_product(q, v) is None


def test_several_threads_at_once(ready):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((100, 300)).astype(np.float32), rng.standard_normal((130, 300)).astype(np.float32)
    expected = products.product(x, w.T)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: products.product(x, w.T), range(200)):
            np.testing.assert_array_equal(found, expected)
