"""Clipping gradients, vectors of parameters."""

import math

import pytest

import autograd
import nn


def parameters():
    a, b, c = (nn.Parameter(autograd.zeros(2, dtype=autograd.float64)) for _ in range(3))
    a.grad, b.grad = autograd.tensor([3.0, 0.0]).double(), autograd.tensor([0.0, -4.0]).double()
    return [a, b, c]


@pytest.mark.parametrize(("norm", "expected"), [(2, 5.0), (1, 7.0), (math.inf, 4.0), ("inf", 4.0), (3, 91 ** (1 / 3))])
def test_clip_grad_norm(norm, expected):
    ps = parameters()
    assert nn.utils.clip_grad_norm_(iter(ps), 1.0, norm).item() == pytest.approx(expected)
    assert ps[0].grad[0].item() == pytest.approx(3 / expected, rel=1e-5)
    version = ps[0].grad._version
    assert nn.utils.clip_grad_norm_(ps, 100.0, norm).item() == pytest.approx(1.0, rel=1e-5)
    assert ps[0].grad[0].item() == pytest.approx(3 / expected, rel=1e-5) and ps[0].grad._version == version
    assert ps[2].grad is None


def test_clip_grad_norm_of_nothing_and_of_infinity():
    assert nn.utils.clip_grad_norm_([nn.Parameter(autograd.zeros(1))], 1.0).item() == 0
    ps = parameters()
    ps[0].grad[0] = math.inf
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_(ps, 1.0, error_if_nonfinite=True)
    assert math.isinf(nn.utils.clip_grad_norm_(ps[0], 1.0).item())


def test_clip_grad_norm_does_not_overflow_in_half_precision():
    p = nn.Parameter(autograd.zeros(2, dtype=autograd.float16))
    p.grad = autograd.tensor([300.0, 400.0]).half()
    assert nn.utils.clip_grad_norm_([p], 1.0).item() == 500 and p.grad.dtype == autograd.float16


def test_clip_grad_value():
    ps = parameters()
    nn.utils.clip_grad_value_(ps, 1.5)
    assert ps[0].grad.tolist() == [1.5, 0] and ps[1].grad.tolist() == [0, -1.5]


def test_complex_gradients_are_not_clipped_by_value():
    ps = [nn.Parameter(autograd.ones(2)), nn.Parameter(autograd.ones(2, dtype=autograd.complex64))]
    for p in ps:
        p.grad = 3 * p.detach()
    with pytest.raises(NotImplementedError, match="complex"):
        nn.utils.clip_grad_value_(ps, 1.0)
    assert ps[0].grad.tolist() == [3, 3]


def test_parameters_to_vector_and_back():
    m = nn.Linear(2, 3)
    vector = nn.utils.parameters_to_vector(m.parameters())
    assert vector.shape == (9,) and vector.requires_grad
    other = nn.Linear(2, 3)
    nn.utils.vector_to_parameters(vector, other.parameters())
    assert autograd.equal(other.weight, m.weight) and autograd.equal(other.bias, m.bias)
    with pytest.raises(TypeError):
        nn.utils.vector_to_parameters([1.0], m.parameters())


def test_clipping_nothing_warns_where_parameters_were_used_up():
    with pytest.warns(UserWarning, match="empty generator"):
        nn.utils.clip_grad_norm_((p for p in []), 1.0)
    assert nn.utils.clip_grad_norm_([], 1.0).item() == 0


def test_older_name():
    ps = parameters()
    with pytest.warns(FutureWarning, match="clip_grad_norm_"):
        assert nn.utils.clip_grad_norm(ps, 1.0).item() == 5
