"""Padded and packed sequences."""

import numpy as np
import pytest

import autograd
from nn.utils import rnn

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
