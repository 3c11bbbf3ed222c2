"""Clipping gradients, vectors of parameters, padded and packed sequences."""

import math

import numpy as np
import pytest

import autograd
import nn
from nn.utils import rnn


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


def test_parameters_to_vector_and_back():
    m = nn.Linear(2, 3)
    vector = nn.utils.parameters_to_vector(m.parameters())
    assert vector.shape == (9,) and vector.requires_grad
    other = nn.Linear(2, 3)
    nn.utils.vector_to_parameters(vector, other.parameters())
    assert autograd.equal(other.weight, m.weight) and autograd.equal(other.bias, m.bias)
    with pytest.raises(TypeError):
        nn.utils.vector_to_parameters([1.0], m.parameters())


SEQUENCES = [autograd.arange(1.0, 1 + n * 2).reshape(n, 2) for n in (3, 1, 2)]


def test_pad_and_unpad():
    padded = rnn.pad_sequence(SEQUENCES, batch_first=True, padding_value=-1)
    assert padded.shape == (3, 3, 2) and padded[1].tolist() == [[1, 2], [-1, -1], [-1, -1]]
    assert autograd.equal(rnn.pad_sequence(SEQUENCES), rnn.pad_sequence(SEQUENCES, True).transpose(0, 1))
    assert rnn.pad_sequence(SEQUENCES, True, padding_side="left")[1].tolist() == [[0, 0], [0, 0], [1, 2]]
    back = rnn.unpad_sequence(padded, autograd.tensor([3, 1, 2]), batch_first=True)
    assert all(autograd.equal(a, b) for a, b in zip(back, SEQUENCES, strict=True))


def test_pack_and_unpack():
    packed = rnn.pack_sequence(SEQUENCES, enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [3, 2, 1] and packed.sorted_indices.tolist() == [0, 2, 1]
    assert packed.unsorted_indices.tolist() == [0, 2, 1]
    assert packed.data[:3].tolist() == [[1, 2], [1, 2], [1, 2]]
    assert all(autograd.equal(a, b) for a, b in zip(rnn.unpack_sequence(packed), SEQUENCES, strict=True))
    padded, lengths = rnn.pad_packed_sequence(packed, batch_first=True, padding_value=9, total_length=4)
    assert padded.shape == (3, 4, 2) and lengths.tolist() == [3, 1, 2] and padded[1, 1].tolist() == [9, 9]
    assert packed.double().data.dtype == autograd.float64


def test_padding_is_differentiable():
    xs = [s.clone().requires_grad_() for s in SEQUENCES]
    weights = autograd.arange(18.0).reshape(3, 3, 2)
    (rnn.pad_sequence(xs, batch_first=True) * weights).sum().backward()
    assert xs[2].grad.tolist() == weights[2, :2].tolist()
    packed = rnn.pack_sequence(xs, enforce_sorted=False)
    (rnn.pad_packed_sequence(packed, batch_first=True)[0] * weights).sum().backward()
    assert xs[0].grad.tolist() == (2 * weights[0]).tolist()


@pytest.mark.parametrize(("do", "error"), [
    (lambda: rnn.pack_sequence(SEQUENCES), RuntimeError), (lambda: rnn.pad_sequence([]), RuntimeError),
    (lambda: rnn.pad_sequence(3), RuntimeError), (lambda: rnn.pad_sequence(SEQUENCES, padding_side="up"), RuntimeError),
    (lambda: rnn.pack_padded_sequence(autograd.ones(2, 2), [2, 0]), RuntimeError),
    (lambda: rnn.pack_padded_sequence(autograd.ones(2, 2), [2]), RuntimeError),
    (lambda: rnn.pad_packed_sequence(rnn.pack_sequence(SEQUENCES, False), total_length=2), ValueError),
])
def test_errors(do, error):
    with pytest.raises(error):
        do()


def test_packed_rows_are_in_order_of_time():
    times, places = rnn._positions(np.array([3, 2, 1]))
    assert times.tolist() == [0, 0, 0, 1, 1, 2] and places.tolist() == [0, 1, 2, 0, 1, 0]
