"""Losses against their formulas, at their edges, and their errors."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import special, stats

import autograd
from autograd import tensor
from autograd.errors import NonDifferentiableError
from autograd.kernels.compiled.late import choose
from autograd.testing import gradcheck
from nn import functional as F

RNG = np.random.default_rng(0)
INF = math.inf


def reduced(losses, reduction):
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](losses)


X, Y = RNG.normal(size=(5, 4)) * 2, RNG.normal(size=(5, 4)) * 2
U, V = RNG.uniform(0.05, 0.95, (5, 4)), RNG.uniform(0.05, 0.95, (5, 4))
S = RNG.choice([-1.0, 1.0], (5, 4))
D = np.abs(X - Y)

FORMULAS = {
    "mse_loss": ((X, Y), {}, (X - Y) ** 2),
    "l1_loss": ((X, Y), {}, D),
    "smooth_l1_loss": ((X, Y), {"beta": 0.7}, np.where(D < 0.7, D**2 / 1.4, D - 0.35)),
    "huber_loss": ((X, Y), {"delta": 0.7}, np.where(D < 0.7, D**2 / 2, 0.7 * (D - 0.35))),
    "binary_cross_entropy": ((U, V), {}, -(V * np.log(U) + (1 - V) * np.log1p(-U))),
    "binary_cross_entropy_with_logits": ((X, V), {}, -(V * special.log_expit(X) + (1 - V) * special.log_expit(-X))),
    "poisson_nll_loss": ((X, V), {}, np.exp(X) - V * X),
    "gaussian_nll_loss": ((X, Y, U), {"full": True}, -stats.norm.logpdf(Y, X, np.sqrt(U))),
    "soft_margin_loss": ((X, S), {}, np.log1p(np.exp(-S * X))),
    "hinge_embedding_loss": ((X, S), {"margin": 0.5}, np.where(S == 1, X, np.maximum(0, 0.5 - X))),
    "margin_ranking_loss": ((X, Y, S), {"margin": 0.5}, np.maximum(0, -S * (X - Y) + 0.5)),
    "triplet_margin_loss": ((X, Y, U), {"margin": 2.0}, np.maximum(
        0, 2 + np.linalg.norm(X - Y + 1e-6, axis=1) - np.linalg.norm(X - U + 1e-6, axis=1))),
    "multilabel_soft_margin_loss": ((X, V), {}, -(
        V * special.log_expit(X) + (1 - V) * special.log_expit(-X)).mean(1)),
}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", FORMULAS)
def test_loss_is_its_formula(name, reduction):
    arguments, options, expected = FORMULAS[name]
    found = getattr(F, name)(*map(tensor, arguments), reduction=reduction, **options)
    np.testing.assert_allclose(found.numpy(), reduced(expected, reduction), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", FORMULAS)
def test_reduction_is_one_of_three(name):
    arguments, options, _ = FORMULAS[name]
    with pytest.raises(ValueError, match="not a valid value for reduction"):
        getattr(F, name)(*map(tensor, arguments), reduction="median", **options)


def test_shapes_that_broadcast_warn():
    with pytest.warns(UserWarning, match=r"target size \(Size\(\[3\]\)\) that is different to the input size"):
        assert F.mse_loss(autograd.zeros(3, 1), tensor([0.0, 1, 2]), reduction="none").shape == (3, 3)
    with pytest.raises(ValueError, match="must be the same as input size"):
        F.binary_cross_entropy_with_logits(autograd.zeros(3, 1), autograd.zeros(3))


def test_older_reduction_switches_warn():
    x, y = tensor([1.0, 2.0]), tensor([0.0, 0.0])
    with pytest.warns(UserWarning, match="reduction='sum'"):
        assert F.mse_loss(x, y, size_average=False).item() == 5
    with pytest.warns(UserWarning, match="reduction='none'"):
        assert F.mse_loss(x, y, reduce=False).shape == (2,)


def test_weights_of_regression_losses():
    w = np.abs(RNG.normal(size=(5, 4)))
    found = F.mse_loss(tensor(X), tensor(Y), weight=tensor(w)).item()
    assert math.isclose(found, np.average((X - Y) ** 2, weights=w), rel_tol=1e-12)
    with pytest.raises(ValueError, match="same size"):
        F.mse_loss(tensor(X), tensor(Y), weight=autograd.ones(3))


def test_half_precision_sums_do_not_overflow():
    x = autograd.full((1000,), 20, dtype=autograd.float16)
    assert F.mse_loss(x, x * 0).item() == 400


def test_binary_cross_entropy_limits_its_logarithms():
    x = tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    losses = F.binary_cross_entropy(x, tensor([0.0, 1, 1, 0]), reduction="none")
    assert losses.tolist() == [0, 0, 100, 100]
    losses.sum().backward()
    assert x.grad.isfinite().all()
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        F.binary_cross_entropy(tensor([1.5]), tensor([1.0]))
    with pytest.raises(RuntimeError, match="float64"):
        F.binary_cross_entropy(tensor([0.5]), autograd.ones(1, dtype=autograd.float64))


def test_logits_do_not_overflow():
    x = tensor([1e4, -1e4, 1e4, -1e4], requires_grad=True)
    losses = F.binary_cross_entropy_with_logits(x, tensor([1.0, 0, 0, 1]), reduction="none")
    assert losses.tolist() == [0, 0, 1e4, 1e4]
    losses.sum().backward()
    assert x.grad.tolist() == [0, 0, 1, -1]
    weighted = F.binary_cross_entropy_with_logits(x, tensor([1.0, 0, 0, 1]), pos_weight=tensor(3.0), reduction="none")
    assert weighted.tolist() == [0, 0, 1e4, 3e4]


def test_divergence_of_distributions():
    p, q = U / U.sum(1, keepdims=True), V / V.sum(1, keepdims=True)
    expected = special.rel_entr(q, p).sum() / 5
    logs = tensor(np.log(p))
    assert math.isclose(F.kl_div(logs, tensor(q), reduction="batchmean").item(), expected, rel_tol=1e-10)
    found = F.kl_div(logs, tensor(np.log(q)), reduction="batchmean", log_target=True)
    assert math.isclose(found.item(), expected, rel_tol=1e-10)
    assert F.kl_div(tensor([0.5]).log(), tensor([0.0]), reduction="sum").item() == 0
    with pytest.warns(UserWarning, match="batchmean"):
        F.kl_div(logs, tensor(q))


def test_variances_have_a_floor_that_keeps_their_gradient():
    var = autograd.zeros(2, dtype=autograd.float64, requires_grad=True)
    F.gaussian_nll_loss(autograd.zeros(2), autograd.zeros(2), var, eps=0.1, reduction="sum").backward()
    np.testing.assert_allclose(var.grad.numpy(), 5.0)
    with pytest.raises(ValueError, match="negative"):
        F.gaussian_nll_loss(autograd.zeros(2), autograd.zeros(2), tensor([-1.0, 1.0]))


# --- classes ----------------------------------------------------------------------------------------------


def cross_entropy(x, target, weight, ignore, smoothing, reduction):
    """Written out over classes (second dimension) and targets."""
    logs = np.moveaxis(special.log_softmax(x, 1), 1, -1)
    classes = logs.shape[-1]
    losses, each = np.zeros(target.shape), np.zeros(target.shape)
    for place in np.ndindex(*target.shape):
        t = target[place]
        if t == ignore:
            continue
        each[place] = weight[t]
        even = (weight * logs[place]).sum() / classes
        losses[place] = -(1 - smoothing) * weight[t] * logs[place][t] - smoothing * even
    return losses.sum() / each.sum() if reduction == "mean" else reduced(losses, reduction)


@pytest.mark.parametrize("shape", [(6, 4), (3, 4, 2), (2, 4, 2, 2)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignore", [-100, 1])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_is_its_formula(shape, weighted, ignore, smoothing, reduction):
    x, target = RNG.normal(size=shape) * 3, RNG.integers(0, 4, (shape[0], *shape[2:]))
    target.flat[0] = -100
    ignored = ignore if (target == ignore).any() else -100
    if ignored != -100:
        target.flat[0] = 2
    weight = np.abs(RNG.normal(size=4)) if weighted else np.ones(4)
    expected = cross_entropy(x, target, weight, ignored, smoothing, reduction)
    found = F.cross_entropy(tensor(x), tensor(target), tensor(weight) if weighted else None, ignore_index=ignored,
                            label_smoothing=smoothing, reduction=reduction)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10, atol=1e-12)
    if not smoothing:
        logs = tensor(special.log_softmax(x, 1))
        found = F.nll_loss(logs, tensor(target), tensor(weight), ignore_index=ignored, reduction=reduction)
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10, atol=1e-12)


def test_cross_entropy_of_probabilities():
    p = RNG.uniform(size=(5, 4))
    x = RNG.normal(size=(5, 4))
    expected = -(p * special.log_softmax(x, 1)).sum() / 5
    target = tensor(p, requires_grad=True)
    loss = F.cross_entropy(tensor(x), target)
    assert math.isclose(loss.item(), expected, rel_tol=1e-12)
    loss.backward()
    np.testing.assert_allclose(target.grad.numpy(), -special.log_softmax(x, 1) / 5, rtol=1e-12)
    one_hot = F.one_hot(tensor([0, 3, 1, 2, 0]), 4).double()
    found = F.cross_entropy(tensor(x), one_hot, label_smoothing=0.2)
    same = F.cross_entropy(tensor(x), tensor([0, 3, 1, 2, 0]), label_smoothing=0.2)
    assert math.isclose(found.item(), same.item(), rel_tol=1e-12)


def test_the_gradient_of_cross_entropy_is_the_error():
    x = tensor(RNG.normal(size=(3, 4)), requires_grad=True)
    F.cross_entropy(x, tensor([0, -100, 2])).backward()
    expected = special.softmax(x.detach().numpy(), 1) / 2
    expected[0, 0] -= 0.5
    expected[2, 2] -= 0.5
    expected[1] = 0
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-12, atol=1e-15)


def test_scores_do_not_overflow():
    x = tensor([[1e4, 0.0, -1e4]], requires_grad=True)
    for t, expected in ((0, 0), (1, 1e4), (2, 2e4)):
        assert F.cross_entropy(x, tensor([t])).item() == expected
    F.cross_entropy(x, tensor([2])).backward()
    assert x.grad.tolist() == [[1, 0, -1]]


def test_an_ignored_infinity_counts_nothing():
    x = tensor([[-INF, 0.0], [0.0, 0.0]])
    assert F.nll_loss(x, tensor([-100, 1]), reduction="sum").item() == 0


def test_nothing_to_average_is_nan_with_no_gradient():
    for loss in (F.cross_entropy, F.nll_loss):
        x = autograd.zeros(2, 3, requires_grad=True)
        value = loss(x, tensor([-100, -100]))
        assert math.isnan(value.item())
        value.backward()
        assert not x.grad.numpy().any()


@pytest.mark.parametrize(("shape", "target", "kind", "words"), [
    ((4, 3), [0, 1, 2, 3], IndexError, "Target 3 is out of bounds"),
    ((4, 3), [0, 1, 2, -1], IndexError, "Target -1 is out of bounds"),
    ((4, 3), [0.0, 1, 2, 2], RuntimeError, "target dtype to be Long or Byte"),
    ((4, 3), [0, 1, 2], ValueError, r"batch_size \(4\) to match target batch_size \(3\)"),
    ((3,), [1, 2], ValueError, "1D target must have size 1"),
    ((2, 3, 4), np.zeros((2, 5), int), RuntimeError, r"Expected target size \[2, 4\], got \[2, 5\]"),
    ((2, 3), np.zeros((2, 3), int), RuntimeError, "class probabilities|multi-target"),
    ((), 0, (ValueError, RuntimeError), "Expected"),
])
def test_errors_of_targets(shape, target, kind, words):
    for loss in (F.cross_entropy, F.nll_loss):
        with pytest.raises(kind, match=words):
            loss(autograd.zeros(shape), tensor(target))


def test_class_weights_have_no_gradient():
    with pytest.raises(NonDifferentiableError, match="'weight'"):
        F.cross_entropy(autograd.zeros(1, 2), tensor([0]), autograd.ones(2, requires_grad=True))
    with pytest.raises(RuntimeError, match="all 2 classes"):
        F.cross_entropy(autograd.zeros(1, 2), tensor([0]), autograd.ones(3))


def test_targets_of_bytes():
    target = tensor(np.array([0, 2], "uint8"))
    assert F.cross_entropy(autograd.zeros(2, 3), target).item() == pytest.approx(math.log(3))


def test_linear_cross_entropy():
    x, w, b = tensor(RNG.normal(size=(5, 3))), tensor(RNG.normal(size=(4, 3))), tensor(RNG.normal(size=4))
    t = tensor([0, 1, 2, 3, 0])
    expected = F.cross_entropy(F.linear(x, w, b), t)
    assert F.linear_cross_entropy(x, w, t, linear_bias=b).item() == expected.item()


# --- margins ----------------------------------------------------------------------------------------------


def test_multi_margin():
    y, w = np.array([2, 0, 3, 1, 1]), np.abs(RNG.normal(size=4))
    for p in (1, 2):
        expected = [w[t] * sum(max(0, 0.7 - X[i, t] + X[i, j]) ** p for j in range(4) if j != t) / 4 for i, t in enumerate(y)]
        found = F.multi_margin_loss(tensor(X), tensor(y), p, 0.7, tensor(w), reduction="none")
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)
    with pytest.raises(ValueError, match="only p == 1 and p == 2"):
        F.multi_margin_loss(tensor(X), tensor(y), 3)
    with pytest.raises(RuntimeError, match="target out of range"):
        F.multi_margin_loss(tensor(X), tensor(y + 2))


def test_multilabel_margin():
    targets = [[0, 2, -1, 3], [3, 1, 0, 2], [-1, 0, 0, 0], [1, -1, 1, 1], [2, 3, 0, -1]]
    expected = []
    for x, row in zip(X, targets):
        labels = row[:row.index(-1)] if -1 in row else row
        expected.append(sum(max(0, 1 - (x[y] - x[j])) for y in labels for j in range(4) if j not in labels) / 4)
    found = F.multilabel_margin_loss(tensor(X), tensor(targets), reduction="none")
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-14)


def test_cosine_embedding():
    t = np.array([1, -1, 1, -1, 0])
    cosine = (X * Y).sum(1) / np.linalg.norm(X, axis=1) / np.linalg.norm(Y, axis=1)
    expected = np.where(t == 1, 1 - cosine, np.where(t == -1, np.maximum(0, cosine - 0.1), 0))
    found = F.cosine_embedding_loss(tensor(X), tensor(Y), tensor(t), 0.1, reduction="none")
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-8, atol=1e-10)


def test_triplets_swap_and_take_any_distance():
    a, p, n = tensor([[0.0, 0]]), tensor([[3.0, 0]]), tensor([[4.0, 0]])
    assert F.triplet_margin_loss(a, p, n, margin=0.5, eps=0).item() == 0
    assert F.triplet_margin_loss(a, p, n, margin=0.5, eps=0, swap=True).item() == 2.5  # positive and negative are 1 apart
    found = F.triplet_margin_with_distance_loss(a, p, n, margin=10.0, distance_function=lambda x, y: (x - y).pow(2).sum(-1))
    assert found.item() == 10 + 9 - 16


# --- connectionist temporal classification ----------------------------------------------------------------


def alignments(log_probs, target, blank):
    """The likelihood as a sum over every sequence of emissions that collapses to the target."""
    t, classes = log_probs.shape
    total = 0.0
    for emitted in itertools.product(range(classes), repeat=t):
        collapsed = [k for k, _ in itertools.groupby(emitted) if k != blank]
        if collapsed == list(target):
            total += math.exp(sum(log_probs[i, e] for i, e in enumerate(emitted)))
    return -math.log(total) if total else INF


@pytest.mark.parametrize(("target", "blank"), [([1, 2], 0), ([1, 1], 0), ([0, 1], 2), ([], 0), ([1, 1, 1], 0), ([2], 1)])
def test_ctc_sums_over_alignments(target, blank):
    logs = special.log_softmax(RNG.normal(size=(4, 3)), 1)
    found = F.ctc_loss(tensor(logs), tensor(np.array([*target, 0], int)), (4,), (len(target),), blank, reduction="none")
    np.testing.assert_allclose(found.item(), alignments(logs, target, blank), rtol=1e-10)


def test_ctc_of_batches_padded_and_joined():
    logs = special.log_softmax(RNG.normal(size=(5, 2, 4)), 2)
    x = tensor(logs)
    padded = F.ctc_loss(x, tensor([[1, 2, 3], [3, 0, 0]]), (5, 4), (3, 1), reduction="none")
    joined = F.ctc_loss(x, tensor([1, 2, 3, 3]), tensor([5, 4]), tensor([3, 1]), reduction="none")
    expected = [alignments(logs[:, 0], [1, 2, 3], 0), alignments(logs[:4, 1], [3], 0)]
    np.testing.assert_allclose(padded.numpy(), expected, rtol=1e-10)
    np.testing.assert_array_equal(joined.numpy(), padded.numpy())
    mean = F.ctc_loss(x, tensor([1, 2, 3, 3]), (5, 4), (3, 1))
    assert math.isclose(mean.item(), (expected[0] / 3 + expected[1]) / 2, rel_tol=1e-10)


def test_ctc_gradient_and_infinities():
    x = tensor(RNG.normal(size=(4, 2, 3)), requires_grad=True)
    target = tensor([[1, 2], [1, 1]])
    assert gradcheck(lambda x: F.ctc_loss(x, target, (4, 3), (2, 2), reduction="sum"), (x,))
    short = F.ctc_loss(x, target, (4, 2), (2, 2), reduction="none")
    assert short[1].item() == INF  # equal labels need a blank in between
    F.ctc_loss(x, target, (4, 2), (2, 2), reduction="sum", zero_infinity=True).backward()
    assert x.grad.isfinite().all() and not x.grad[:, 1].any()
    with pytest.raises(NonDifferentiableError, match="ctc_loss"):
        loss = F.ctc_loss(x, target, (4, 3), (2, 2))
        autograd.grad(autograd.grad(loss, x, create_graph=True)[0].sum(), x)


@pytest.mark.parametrize(("options", "words"), [
    ({"input_lengths": (5, 4)}, "at most 4"), ({"input_lengths": (4,)}, "batch_size"),
    ({"target_lengths": (3, 1)}, "at least 3 at dimension 1"), ({"blank": 3}, "blank must be in label range"),
    ({"targets": tensor([[1, 5], [1, 1]])}, r"labels to be in \[0, 2\]"),
])
def test_ctc_errors(options, words):
    arguments = {"targets": tensor([[1, 2], [1, 1]]), "input_lengths": (4, 4), "target_lengths": (2, 2)} | options
    with pytest.raises(RuntimeError, match=words):
        F.ctc_loss(autograd.zeros(4, 2, 3), **arguments)


def test_bce_with_logits_gives_the_targets_dtype():
    scores = autograd.tensor([0.5, -1.0], dtype=autograd.float64, requires_grad=True)
    target = autograd.tensor([1.0, 0.0])
    for options in ({}, {"weight": target + 1}, {"pos_weight": scores.detach()}, {"reduction": "none"}):
        loss = F.binary_cross_entropy_with_logits(scores, target, **options)
        assert loss.dtype is autograd.float32
        loss.sum().backward()
        assert scores.grad.dtype is autograd.float64
    assert F.binary_cross_entropy_with_logits(target, scores.detach()).dtype is autograd.float64


@pytest.mark.parametrize("kernels", ["0", "now"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_the_slope_of_l1_at_nan_is_zero_as_in_pytorch(kernels, reduction):
    x = tensor([math.nan, 3.0, 1.0, 0.0], requires_grad=True)
    with choose(kernels):
        loss = F.l1_loss(x, autograd.ones(4), reduction=reduction)
        g, = autograd.grad(loss.sum(), x)
    assert loss.isnan().any() and (g.sign() == tensor([0.0, 1.0, 0.0, -1.0])).all()
