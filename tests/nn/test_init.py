"""Initialisers: ranges, moments and structure."""

import math

import numpy as np
import pytest

import autograd
from nn import init


def fresh(*shape):
    autograd.manual_seed(0)
    return autograd.empty(*shape)


@pytest.mark.parametrize(("fill", "std"), [
    (lambda t: init.uniform_(t, -1, 3), 4 / math.sqrt(12)), (lambda t: init.normal_(t, 1.0, 2.0), 2.0),
    (lambda t: init.xavier_uniform_(t, 2.0), 2 * math.sqrt(2 / 300)),
    (lambda t: init.xavier_normal_(t), math.sqrt(2 / 300)),
    (lambda t: init.kaiming_uniform_(t, math.sqrt(5)), math.sqrt(1 / 300)),
    (lambda t: init.kaiming_normal_(t, nonlinearity="relu"), math.sqrt(2 / 100)),
    (lambda t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="tanh"), 5 / 3 / math.sqrt(200)),
])
def test_spread(fill, std):
    t = fresh(200, 100)
    assert fill(t) is t
    assert t.numpy().std() == pytest.approx(std, rel=0.02)


def test_constants():
    assert init.zeros_(fresh(2)).tolist() == [0, 0] and init.ones_(fresh(2)).tolist() == [1, 1]
    assert init.constant_(fresh(2), 0.5).tolist() == [0.5, 0.5]


def test_writing_into_parameters_is_not_recorded_and_counts_as_a_write():
    p = autograd.ones(3, 3, requires_grad=True)
    for fill in (init.eye_, init.orthogonal_, init.xavier_uniform_, init.zeros_, init.trunc_normal_):
        before = p._version
        fill(p)
        assert p.is_leaf and p._version > before


def test_eye_and_dirac():
    assert np.array_equal(init.eye_(fresh(2, 3)).numpy(), np.eye(2, 3))
    x = autograd.randn(1, 2, 5)
    w = init.dirac_(fresh(4, 2, 3))
    from nn.functional import conv1d
    assert autograd.equal(conv1d(x, w, padding=1)[0, :2], x[0]) and (w[2:] == 0).all()
    w = init.dirac_(fresh(4, 1, 3), groups=2)
    assert w[:, 0, 1].tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 2, 3)])
def test_orthogonal(shape):
    q = init.orthogonal_(fresh(*shape), gain=2).numpy().reshape(shape[0], -1)
    product = q @ q.T if q.shape[0] <= q.shape[1] else q.T @ q
    assert np.allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_sparse():
    t = init.sparse_(fresh(10, 6), 0.25, std=1.0)
    assert ((t == 0).sum(0) == 3).all()


@pytest.mark.parametrize(("mean", "std", "a", "b"), [(0, 1, -2, 2), (0, 1, 1.5, 4), (1, 0.5, 0.9, 1.1), (0, 1, 3, 4)])
@pytest.mark.filterwarnings("ignore:mean is more than 2 std")
def test_trunc_normal_has_the_moments_of_the_truncated_distribution(mean, std, a, b):
    from scipy.stats import truncnorm
    t = init.trunc_normal_(fresh(20000), mean, std, a, b).numpy()
    reference = truncnorm((a - mean) / std, (b - mean) / std, mean, std)
    assert t.min() >= a and t.max() <= b
    assert t.mean() == pytest.approx(reference.mean(), abs=4 * reference.std() / math.sqrt(20000))
    assert t.std() == pytest.approx(reference.std(), rel=0.03)


def test_trunc_normal_warns_far_away():
    with pytest.warns(UserWarning, match="more than 2 std"):
        init.trunc_normal_(fresh(3), 10.0, 1.0, -2.0, 2.0)


def test_gains():
    assert init.calculate_gain("conv2d") == 1 and init.calculate_gain("selu") == 0.75
    assert init.calculate_gain("leaky_relu") == pytest.approx(math.sqrt(2 / 1.0001))
    assert init.calculate_gain("leaky_relu", 1) == 1


@pytest.mark.parametrize("do", [
    lambda: init.calculate_gain("nothing"), lambda: init.calculate_gain("leaky_relu", "x"),
    lambda: init.calculate_gain("leaky_relu", True),
    lambda: init.xavier_uniform_(fresh(3)), lambda: init.kaiming_uniform_(fresh(3, 3), mode="fan"),
    lambda: init.eye_(fresh(3)),
    lambda: init.dirac_(fresh(3, 3)), lambda: init.dirac_(fresh(3, 3, 3), groups=2), lambda: init.orthogonal_(fresh(3)),
    lambda: init.sparse_(fresh(3), 0.5),
])
def test_errors(do):
    with pytest.raises(ValueError):
        do()


def test_empty_tensors_and_old_names():
    with pytest.warns(UserWarning, match="no-op"):
        init.kaiming_uniform_(fresh(0, 3))
    assert init.orthogonal_(fresh(0, 3)).shape == (0, 3)
    with pytest.warns(FutureWarning, match="deprecated in favor of `nn.init.constant_`"):
        init.constant(fresh(2), 1.0)
