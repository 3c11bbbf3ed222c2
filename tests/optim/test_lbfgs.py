"""L-BFGS."""

import numpy as np
import pytest

import autograd
import nn
import optim
from optim.line_search import Point, cubic_minimum, strong_wolfe


def rosenbrock(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


def minimise(steps, **options):
    p = nn.Parameter(autograd.tensor([-1.5, 2.0], dtype=autograd.float64))
    optimizer = optim.LBFGS([p], **options)

    def closure():
        optimizer.zero_grad()
        loss = rosenbrock(p)
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return p.detach().numpy(), optimizer


@pytest.mark.parametrize("history", [3, 100])
def test_finds_the_minimum_with_a_line_search(history):
    p, _ = minimise(5, line_search_fn="strong_wolfe", history_size=history, tolerance_grad=1e-10,
                    tolerance_change=1e-20)
    np.testing.assert_allclose(p, [1, 1], atol=1e-9)


def test_stops_at_the_minimum():
    _, optimizer = minimise(8, line_search_fn="strong_wolfe")
    evaluations = optimizer.state_dict()["state"][0]["func_evals"]
    assert evaluations < 150 and len(optimizer.state_dict()["state"][0]["old_dirs"]) <= 100


def test_matrix_products_in_the_loss():
    a = np.diag([1.0, 4.0, 9.0])
    p = nn.Parameter(autograd.tensor([1.0, 1.0, 1.0], dtype=autograd.float64))
    matrix = autograd.tensor(a)
    optimizer = optim.LBFGS([p], line_search_fn="strong_wolfe", tolerance_grad=1e-10, tolerance_change=1e-20)

    def closure():
        optimizer.zero_grad()
        loss = 0.5 * p @ matrix @ p
        loss.backward()
        return loss

    optimizer.step(closure)
    assert np.abs(p.detach().numpy()).max() < 1e-9


def test_errors():
    p, q = nn.Parameter(autograd.ones(1)), nn.Parameter(autograd.ones(1))
    with pytest.raises(ValueError, match="parameter groups"):
        optim.LBFGS([{"params": [p]}, {"params": [q]}])
    optimizer = optim.LBFGS([p], line_search_fn="newton")

    def closure():
        optimizer.zero_grad()
        loss = (p ** 2).sum()
        loss.backward()
        return loss

    with pytest.raises(RuntimeError, match="only 'strong_wolfe' is supported"):
        optimizer.step(closure)


def test_cubic_minimum():
    # f(t) = (t - 2)^2 (t + 1), least at t = 2
    def point(t):
        return Point(t, (t - 2) ** 2 * (t + 1), np.zeros(1), 2 * (t - 2) * (t + 1) + (t - 2) ** 2)

    assert cubic_minimum(point(1.0), point(3.0), 0, 5) == pytest.approx(2)
    assert cubic_minimum(point(3.0), point(1.0), 0, 5) == pytest.approx(2)
    assert cubic_minimum(point(1.0), point(3.0), 0, 1.5) == 1.5


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 30.0])
def test_line_search_meets_the_wolfe_conditions(first):
    def f(t):
        return np.cos(t) * 2 + 0.1 * t * t

    def slope(t):
        return -2 * np.sin(t) + 0.2 * t

    direction = np.ones(1)
    start = 0.5
    value, g, t, _ = strong_wolfe(lambda t: (f(start + t), np.array([slope(start + t)])), first, direction, f(start),
                                  np.array([slope(start)]), slope(start))
    assert value == f(start + t) and g[0] == slope(start + t)
    assert value <= f(start) + 1e-4 * t * slope(start) and abs(g[0]) <= 0.9 * abs(slope(start))
