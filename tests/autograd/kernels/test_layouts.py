"""Compiled kernels are called by address: arrays of unusual layouts must not reach them as they are."""

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.kernels import products, reduce
from autograd.kernels.compiled import late

pytest.importorskip("numba")


def gradients(compute, *leaves, choice):
    for x in leaves:
        x.grad = None
    with late.choose(choice):
        compute().square().sum().backward()
    return [x.grad.numpy().copy() for x in leaves]


def check(compute, *leaves):
    for found, expected in zip(gradients(compute, *leaves, choice="now"), gradients(compute, *leaves, choice="0")):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def drawn(*shape):
    return autograd.randn(*shape, dtype=autograd.float64, requires_grad=True)


def test_attention_of_expanded_heads():
    q, k, v = drawn(2, 4, 50, 16), drawn(2, 1, 50, 16), drawn(2, 1, 50, 16)
    check(lambda: F.scaled_dot_product_attention(q, k.expand(2, 4, 50, 16), v.expand(2, 4, 50, 16)), q, k, v)
    row = drawn(2, 4, 1, 16)
    wide = drawn(2, 4, 50, 16)
    check(lambda: F.scaled_dot_product_attention(row.expand(2, 4, 30, 16), wide, wide), row, wide)


def columns_first(compute):
    """What is computed with saved arrays that come back in the order of their last index."""
    with autograd.saved_tensors_hooks(lambda t: t.numpy().copy(), lambda a: autograd.from_numpy(np.asfortranarray(a))):
        return compute()


def test_saved_arrays_in_another_order():
    q = drawn(2, 3, 40, 8)
    check(lambda: columns_first(lambda: F.scaled_dot_product_attention(q, q, q)), q)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_saved_steps_in_another_order(kind):
    x, layer = drawn(20, 8, 12), kind(12, 16).double()
    check(lambda: columns_first(lambda: layer(x)[0]), x, *layer.parameters())


def test_long_sums_of_axes_apart():
    x = np.random.default_rng(0).random((1_000_000, 2, 2), np.float32)
    with late.choose("now"):
        found = reduce.sum(x, (0, 2), False)
    exact = x.astype(np.float64).sum((0, 2))
    assert np.abs(found / exact - 1).max() < 1e-6


@pytest.mark.parametrize("choice", ["0", "now"])
def test_a_logistic_loss_of_large_scores(choice):
    x = autograd.tensor([20., -20.] * 20_000)
    t = autograd.tensor([1., 0.] * 20_000)
    with late.choose(choice):
        found = F.binary_cross_entropy_with_logits(x, t, reduction="none").numpy()
    np.testing.assert_allclose(found, np.log1p(np.exp(-20.0)), rtol=1e-5)


def test_complex_products_hold_blas():
    a = np.zeros((60, 70), np.complex64)
    entered = []

    class Noted:
        def __enter__(self):
            entered.append(self)

        def __exit__(self, *args):
            pass
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "one_thread", Noted())
        products.by_blas(a.T, np.zeros(60, np.complex64))
    assert entered
