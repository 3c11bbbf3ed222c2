"""Normalization, softmax, dropout, similarity: against their formulas, at their edges, and their errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

import autograd
from autograd import tensor
from autograd.testing import gradgradcheck
from nn import functional as F

RNG = np.random.default_rng(0)


def standard(x, axes, eps=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def test_each_kind_takes_its_own_axes():
    x, w, b = RNG.normal(size=(4, 6, 5)) * 3 + 1, RNG.normal(size=6), RNG.normal(size=6)
    t, weight, bias = tensor(x), tensor(w), tensor(b)
    scale, shift = w[:, None], b[:, None]
    close = {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(F.batch_norm(t, None, None, weight, bias, True).numpy(),
                               standard(x, (0, 2)) * scale + shift, **close)
    np.testing.assert_allclose(F.instance_norm(t, weight=weight, bias=bias).numpy(),
                               standard(x, (2,)) * scale + shift, **close)
    grouped = standard(x.reshape(4, 3, 2, 5), (2, 3)).reshape(4, 6, 5)
    np.testing.assert_allclose(F.group_norm(t, 3, weight, bias).numpy(), grouped * scale + shift, **close)
    np.testing.assert_allclose(F.layer_norm(t, (6, 5)).numpy(), standard(x, (1, 2)), **close)
    rms = x / np.sqrt((x * x).mean(-1, keepdims=True) + 0.1)
    np.testing.assert_allclose(F.rms_norm(t, (5,), eps=0.1).numpy(), rms, **close)


def test_running_statistics():
    x = RNG.normal(size=(4, 3, 5))
    mean, var = autograd.zeros(3, dtype=autograd.float64), autograd.ones(3, dtype=autograd.float64)
    before = mean._version
    F.batch_norm(tensor(x), mean, var, training=True, momentum=0.3)
    np.testing.assert_allclose(mean.numpy(), 0.3 * x.mean((0, 2)), rtol=1e-12)
    np.testing.assert_allclose(var.numpy(), 0.7 + 0.3 * x.var((0, 2), ddof=1), rtol=1e-12)
    assert mean._version > before
    out = F.batch_norm(tensor(x), mean, var)
    expected = (x - mean.numpy()[:, None]) / np.sqrt(var.numpy()[:, None] + 1e-5)
    np.testing.assert_allclose(out.numpy(), expected, rtol=1e-10)


def test_running_statistics_do_not_join_the_graph():
    x = tensor(RNG.normal(size=(4, 3)), requires_grad=True)
    mean, var = autograd.zeros(3, dtype=autograd.float64), autograd.ones(3, dtype=autograd.float64)
    F.batch_norm(x, mean, var, training=True)
    assert not mean.requires_grad and not var.requires_grad


def test_the_gradient_by_a_normalized_input_sums_to_nothing():
    x = tensor(RNG.normal(size=(8, 5)), requires_grad=True)
    g = tensor(RNG.normal(size=(8, 5)))
    for out, axis in ((F.batch_norm(x, None, None, training=True, eps=1e-12), 0),
                      (F.layer_norm(x, (5,), eps=1e-12), 1)):
        grad, = autograd.grad(out, x, g)
        np.testing.assert_allclose(grad.numpy().sum(axis), 0, atol=1e-12)
        np.testing.assert_allclose((grad * x.detach()).numpy().sum(axis), 0, atol=1e-9)  # and does not change the scale


def test_third_derivatives_close():
    x = tensor(RNG.normal(size=(3, 4)), requires_grad=True)
    assert gradgradcheck(lambda x: autograd.grad(F.layer_norm(x, (4,), eps=0.1).pow(3).sum(), x, create_graph=True)[0],
                         (x,))


def test_half_precision_is_computed_in_single():
    x = tensor(np.full((2, 4), 300, "float16") + np.arange(4, dtype="float16"))
    out = F.layer_norm(x, (4,))  # 300 squared is out of range of half precision
    assert out.dtype is autograd.float16
    np.testing.assert_allclose(out.numpy(), standard(x.numpy().astype("f"), 1), atol=2e-3)


def test_local_response():
    x = RNG.normal(size=(2, 5, 3))
    expected = np.empty_like(x)
    for c in range(5):
        neighbours = x[:, max(0, c - 1):c + 2] ** 2  # size 3: one on each side
        expected[:, c] = x[:, c] / (2 + 0.5 * neighbours.sum(1) / 3) ** 0.75
    np.testing.assert_allclose(F.local_response_norm(tensor(x), 3, 0.5, 0.75, 2).numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize(("call", "kind", "words"), [
    (lambda o: F.batch_norm(o(1, 3), None, None, training=True), ValueError, "more than 1 value per channel"),
    (lambda o: F.batch_norm(o(2, 3), None, None), RuntimeError, "must be defined in evaluation mode"),
    (lambda o: F.batch_norm(o(2, 3), o(4), o(3)), RuntimeError, "running_mean should contain 3 elements not 4"),
    (lambda o: F.batch_norm(o(2, 3).long(), None, None, training=True), NotImplementedError, "int64"),
    (lambda o: F.layer_norm(o(2, 3), (5,)), RuntimeError, r"expected input with shape \[\*, 5\]"),
    (lambda o: F.layer_norm(o(2, 3), (3,), o(4)), RuntimeError, "weight to be of same shape as normalized_shape"),
    (lambda o: F.layer_norm(o(2, 3), 3), TypeError, "tuple of ints"),
    (lambda o: F.layer_norm(o(2, 3).double(), (3,), o(3)), RuntimeError, "same datatype"),
    (lambda o: F.group_norm(o(2, 5), 2), RuntimeError, "divisible by num_groups"),
    (lambda o: F.instance_norm(o(2, 3, 1)), ValueError, "more than 1 spatial element"),
])
def test_errors_say_what_is_wrong(call, kind, words):
    with pytest.raises(kind, match=words):
        call(autograd.ones)


# --- softmax ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 1e-6), ("float16", 2e-3)])
def test_softmax_is_its_formula(dim, dtype, tolerance):
    x = (RNG.normal(size=(4, 7)) * 5).astype(dtype)
    for ours, theirs in ((F.softmax, special.softmax), (F.log_softmax, special.log_softmax)):
        found = ours(tensor(x), dim)
        assert str(found.numpy().dtype) == dtype
        np.testing.assert_allclose(found.numpy(), theirs(x.astype("d"), dim), rtol=tolerance * 10, atol=tolerance)


def test_softmax_at_the_edges():
    x = tensor([1000.0, 0.0, -1000.0])
    assert F.softmax(x, 0).tolist() == [1, 0, 0]
    assert F.log_softmax(x, 0).tolist() == [0, -1000, -2000]
    assert F.softmax(tensor([-math.inf, 0.0]), 0).tolist() == [0, 1]
    assert F.softmax(tensor([-math.inf, -math.inf]), 0).isnan().all()
    assert F.softmax(tensor(3.0), 0).item() == 1
    assert F.softmax(autograd.zeros(0, 3), 0).shape == (0, 3)


def test_softmax_dtype_and_dim():
    x = tensor([1, 2])
    with pytest.raises(NotImplementedError, match="int64"):
        F.softmax(x, 0)
    assert F.softmax(x, 0, dtype=autograd.float64).dtype is autograd.float64
    x = autograd.ones(2, 3, requires_grad=True)
    F.softmax(x, 1, dtype=autograd.float64).sum().backward()
    assert x.grad.dtype is autograd.float32
    with pytest.raises(IndexError, match="Dimension out of range"):
        F.softmax(x, 2)
    with pytest.warns(UserWarning, match="Implicit dimension choice"):
        assert F.softmax(x).sum(1).tolist() == [1, 1]


def test_gumbel_softmax_draws_from_the_distribution():
    autograd.manual_seed(0)
    logits = tensor([0.5, 0.3, 0.2]).log().expand(20000, 3)
    draws = F.gumbel_softmax(logits, hard=True)
    assert set(np.unique(np.round(draws.numpy(), 6))) == {0, 1}
    np.testing.assert_allclose(draws.mean(0).numpy(), [0.5, 0.3, 0.2], atol=0.015)


# --- dropout ----------------------------------------------------------------------------------------------


def test_dropout_keeps_the_mean_and_the_gradient_follows_the_mask():
    autograd.manual_seed(0)
    x = autograd.ones(10000, requires_grad=True)
    y = F.dropout(x, 0.2)
    assert set(y.tolist()) == {0, 1.25} and abs(y.mean().item() - 1) < 0.02
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())


def test_dropout_at_the_edges():
    x = tensor([1.0, math.inf, math.nan])
    assert F.dropout(x, 0.0) is x and F.dropout(x, 0.9, training=False) is x
    np.testing.assert_array_equal(F.dropout(x, 1.0).numpy(), [0, math.nan, math.nan])
    for p in (-0.1, 1.1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            F.dropout(x, p)
    with pytest.raises(RuntimeError, match="can't be cast"):
        F.dropout(tensor([1, 2]))


@pytest.mark.parametrize(("drop", "shape"), [(F.dropout1d, (50, 8, 3)), (F.dropout1d, (50, 4)),
                                             (F.dropout2d, (50, 8, 3, 2)),
                                             (F.dropout3d, (50, 8, 3, 1, 2)), (F.dropout3d, (50, 3, 1, 2))])
def test_channels_drop_together(drop, shape):
    autograd.manual_seed(0)
    lead = 1 if (drop, len(shape)) in ((F.dropout1d, 2), (F.dropout3d, 4)) else 2
    y = drop(autograd.ones(*shape), 0.5).numpy().reshape(int(np.prod(shape[:lead])), -1)
    assert (y == y[:, :1]).all() and set(np.unique(y)) == {0, 2}


def test_inplace_dropout_writes_into_its_input():
    for drop, shape in ((F.dropout, (4, 5)), (F.dropout1d, (4, 5)), (F.dropout3d, (2, 3, 1, 1, 2)),
                        (F.alpha_dropout, (4, 5))):
        x = autograd.ones(*shape)
        assert drop(x, 0.5, True, True) is x and (x != 1).any()


def test_alpha_dropout_keeps_mean_and_variance():
    autograd.manual_seed(0)
    x = autograd.randn(100000)
    y = F.alpha_dropout(x, 0.3, True)
    assert abs(y.mean().item()) < 0.02 and abs(y.var().item() - 1) < 0.02


# --- similarity -------------------------------------------------------------------------------------------


def test_cosine_similarity():
    x, y = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
    expected = (x * y).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)
    np.testing.assert_allclose(F.cosine_similarity(tensor(x), tensor(y)).numpy(), expected, rtol=1e-12)
    zero = autograd.zeros(1, 3, requires_grad=True)
    F.cosine_similarity(zero, autograd.ones(1, 3)).backward()
    assert zero.grad.isfinite().all()
    with pytest.raises(RuntimeError, match="floating point"):
        F.cosine_similarity(tensor([[1]]), tensor([[1]]))


def test_pairwise_distance():
    x, y = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
    for p in (1, 2, 3, math.inf):
        expected = np.linalg.norm(x - y + 1e-6, p, axis=1)
        np.testing.assert_allclose(F.pairwise_distance(tensor(x), tensor(y), p).numpy(), expected, rtol=1e-12)
