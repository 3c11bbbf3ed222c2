"""Muon and SparseAdam: the rules against their formulas."""

import math

import numpy as np
import pytest

import autograd
import nn
import optim
from optim.muon import orthogonalized

RNG = np.random.default_rng(0)
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 7), (7, 2), (20, 30)])
def test_orthogonalized_keeps_singular_vectors(shape):
    matrix = RNG.standard_normal(shape)
    found = orthogonalized(matrix, COEFFICIENTS, 5, 1e-7)
    u, s, v = np.linalg.svd(matrix, full_matrices=False)
    inner = u.T @ found.astype(float) @ v.T
    # The coefficients take singular values to about 0.7 to 1.2, but those near zero.
    assert (np.diag(inner)[s > 0.05 * s.max()] > 0.5).all() and (np.diag(inner) < 1.3).all()
    assert np.abs(inner - np.diag(np.diag(inner))).max() < 0.05


def test_orthogonalized_edges():
    assert not orthogonalized(np.zeros((2, 3)), COEFFICIENTS, 5, 1e-7).any()
    with pytest.raises(ValueError, match="less than 100"):
        orthogonalized(np.ones((2, 2)), COEFFICIENTS, 100, 1e-7)
    with pytest.raises(ValueError, match="exactly 3 values"):
        orthogonalized(np.ones((2, 2)), (1.0, 2.0), 5, 1e-7)


@pytest.mark.parametrize(("adjust", "ratio"), [(None, math.sqrt(2)), ("original", math.sqrt(2)),
                                               ("match_rms_adamw", 0.2 * math.sqrt(6))])
@pytest.mark.parametrize("nesterov", [True, False])
def test_muon(adjust, ratio, nesterov):
    start, gs = RNG.standard_normal((6, 3)), RNG.standard_normal((5, 6, 3))
    p = nn.Parameter(autograd.tensor(start))
    optimizer = optim.Muon([p], lr=0.1, momentum=0.8, weight_decay=0.3, nesterov=nesterov, adjust_lr_fn=adjust)
    average, expected = 0, start
    for g in gs:
        p.grad = autograd.tensor(g)
        optimizer.step()
        average = 0.8 * average + 0.2 * g
        update = 0.8 * average + 0.2 * g if nesterov else average
        expected = expected * (1 - 0.03) - 0.1 * ratio * orthogonalized(update, COEFFICIENTS, 5, 1e-7).astype(float)
    np.testing.assert_allclose(p.detach().numpy(), expected, rtol=1e-6)
    np.testing.assert_allclose(optimizer.state[p]["momentum_buffer"].numpy(), average)


def test_muon_takes_matrices_only():
    matrix, bias = nn.Parameter(autograd.ones(2, 2)), nn.Parameter(autograd.ones(2))
    with pytest.raises(ValueError, match=r"only supports 2D parameters.*AdamW"):
        optim.Muon([matrix, bias])
    optimizer = optim.Muon([matrix])
    with pytest.raises(ValueError, match="only supports 2D"):
        optimizer.add_param_group({"params": [bias]})
    assert len(optimizer.param_groups) == 1
    with pytest.raises(ValueError, match="Adjust learning rate function fast is not supported"):
        optim.Muon([matrix], adjust_lr_fn="fast")
    z = nn.Parameter(autograd.ones(2, 2, dtype=autograd.complex64))
    z.grad = autograd.ones_like(z)
    with pytest.raises(RuntimeError, match="does not support complex"):
        optim.Muon([z]).step()
    for options in ({"lr": -1}, {"momentum": -1}, {"weight_decay": -1}):
        with pytest.raises(ValueError, match="should be >= 0"):
            optim.Muon([matrix], **options)


@pytest.mark.parametrize("shape", [(5, 3), (6,), (4, 2, 2), ()])
@pytest.mark.parametrize("maximize", [False, True])
def test_sparse_adam_is_adam_on_rows_with_gradients(shape, maximize):
    start = RNG.standard_normal(shape)
    p = nn.Parameter(autograd.tensor(start))
    optimizer = optim.SparseAdam([p], lr=0.1, betas=(0.8, 0.9), maximize=maximize)
    expected, m, v = start.copy(), np.zeros(shape), np.zeros(shape)
    for t in range(1, 7):
        g = np.array(RNG.standard_normal(shape))
        rows = RNG.random(shape[:1]) < 0.5
        g[~rows] = 0
        p.grad = autograd.tensor(g)
        optimizer.step()
        g = -g if maximize else g
        m[rows] = 0.8 * m[rows] + 0.2 * g[rows]
        v[rows] = 0.9 * v[rows] + 0.1 * g[rows] ** 2
        rate = 0.1 * math.sqrt(1 - 0.9 ** t) / (1 - 0.8 ** t)
        expected[rows] -= rate * m[rows] / (np.sqrt(v[rows]) + 1e-8)
    np.testing.assert_allclose(p.detach().numpy(), expected, rtol=1e-12)
    state = optimizer.state[p]
    assert state["step"] == 6
    np.testing.assert_allclose(state["exp_avg"].numpy(), m, rtol=1e-12)


def test_sparse_adam_updates_all_of_a_row_and_nothing_else():
    p = nn.Parameter(autograd.ones(3, 2))
    optimizer = optim.SparseAdam([p], lr=0.1)
    p.grad = autograd.tensor([[1., 0.], [0., 0.], [0., float("nan")]])
    optimizer.step()
    p.grad = autograd.tensor([[0., 1.], [0., 0.], [0., 0.]])
    optimizer.step()
    values = p.detach().numpy()
    assert values[0, 0] < 0.9 and values[0, 1] < 1  # the first column by its average alone
    assert (values[1] == 1).all() and np.isnan(values[2, 1]) and values[2, 0] == 1
    before = values.copy()
    p.grad = autograd.zeros(3, 2)
    optimizer.step()
    np.testing.assert_array_equal(p.detach().numpy(), before)
    assert optimizer.state[p]["step"] == 3


@pytest.mark.parametrize(("options", "words"), [
    ({"lr": 0.0}, "Invalid learning rate: 0.0"), ({"eps": 0.0}, "Invalid epsilon value: 0.0"),
    ({"betas": (1.0, 0.9)}, "Invalid beta parameter at index 0: 1.0"), ({"lr": autograd.ones(2)}, "Tensor lr must be 1-element")])
def test_sparse_adam_options(options, words):
    with pytest.raises(ValueError, match=words):
        optim.SparseAdam([nn.Parameter(autograd.ones(1))], **options)


def test_sparse_adam_refuses_complex_parameters():
    with pytest.raises(ValueError, match=r"Complex params at indices \[\[0, 1\]\]"):
        optim.SparseAdam([nn.Parameter(autograd.ones(1)), nn.Parameter(autograd.ones(1, dtype=autograd.complex64))])


@pytest.mark.parametrize("name", ["Muon", "SparseAdam", "Adafactor"])
def test_saved_and_loaded(name):
    starts, gs = RNG.standard_normal((2, 3, 2)), RNG.standard_normal((6, 2, 3, 2))
    ps = [nn.Parameter(autograd.tensor(a)) for a in starts]
    optimizer = getattr(optim, name)(ps, lr=0.1)
    for step, pair in enumerate(gs):
        if step == 3:
            qs = [nn.Parameter(p.detach().clone()) for p in ps]
            other = getattr(optim, name)(qs, lr=9.0)
            other.load_state_dict(optimizer.state_dict())
        for p, g in zip(ps, pair, strict=True):
            p.grad = autograd.tensor(g)
        optimizer.step()
        if step >= 3:
            for q, g in zip(qs, pair, strict=True):
                q.grad = autograd.tensor(g)
            other.step()
    for p, q in zip(ps, qs, strict=True):
        assert autograd.equal(p, q)


def test_a_step_counts_as_a_write():
    p, q = nn.Parameter(autograd.ones(2, 2)), nn.Parameter(autograd.ones(2, 2))
    for name in ("Muon", "SparseAdam", "Adafactor"):
        y = (p * q).sum()
        y.backward(retain_graph=True)
        getattr(optim, name)([p, q]).step()
        with pytest.raises(RuntimeError, match="modified by an inplace"):
            y.backward()
