"""Writes in place that are refused, and memory that is shared with the outside."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag


def leaf(*shape: int) -> ag.Tensor:
    count = int(np.prod(shape))
    return (ag.arange(count, dtype=ag.float64) + 1).reshape(shape).requires_grad_()


# --- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [
    lambda x: x.add_(1), lambda x: x.zero_(), lambda x: x.fill_(0.0), lambda x: x.copy_(ag.zeros(2, 2)),
    lambda x: x.t_(), lambda x: x.__setitem__(0, 1.0), lambda x: x.__setitem__([0], 1.0),
    lambda x: x.masked_fill_(x > 0, 1.0),
    lambda x: x.scatter_(0, ag.tensor([[0]]), 1.0), lambda x: x.index_put_((ag.tensor([0]),), ag.tensor(1.0).double()),
], ids=range(10))
def test_a_leaf_refuses(write) -> None:
    x = leaf(2, 2)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        write(x)
    assert x._version == 0 and x.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("view", [lambda x: x[0], lambda x: x.T, lambda x: x.view(4)[1:], lambda x: x.unbind()[0]],
                         ids=range(4))
def test_a_view_of_a_leaf_refuses(view) -> None:
    x = leaf(2, 2)
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad is being used in an in-place"):
        view(x).add_(1)


def test_a_view_that_becomes_a_leaf_stays_one() -> None:
    base = ag.arange(4, dtype=ag.float64)
    x = base.view(2, 2).requires_grad_()
    with ag.no_grad():
        x.mul_(2)
        base[0] = 7.0
    assert x.requires_grad and x.is_leaf and x.tolist() == [[7.0, 2.0], [4.0, 6.0]]
    with pytest.raises(RuntimeError, match="a view of a leaf"):
        x[0].add_(1)
    np.testing.assert_array_equal(ag.grad((x * 3).sum(), x)[0].numpy(), [[3, 3], [3, 3]])


def test_a_leaf_can_be_written_under_no_grad() -> None:
    x = leaf(2, 2)
    with ag.no_grad():
        x[0] = 5.0
        x.view(-1)[3:].zero_()
        x.T[0].mul_(2)
    assert x.tolist() == [[10.0, 5.0], [6.0, 0.0]] and x.is_leaf and x.requires_grad
    np.testing.assert_array_equal(ag.grad((x * x).sum(), x)[0].numpy(), 2 * x.detach().numpy())


def test_a_view_made_under_no_grad_refuses_writes_outside() -> None:
    y = leaf(2, 2) * 2
    with ag.no_grad():
        v = y[0]
    with pytest.raises(RuntimeError, match="view was created in no_grad mode"):
        v.add_(1)


def test_expanded_memory_refuses() -> None:
    for y in (ag.zeros(1, 3).expand(2, 3), (leaf(1, 3) * 1).expand(2, 3), ag.zeros(4).unfold(0, 2, 1)):
        with pytest.raises(RuntimeError, match="more than one element of the written-to tensor refers to"):
            y.add_(1)
        with pytest.raises(RuntimeError, match="more than one element of the written-to tensor refers to"):
            y[0] = 1.0


def test_read_only_arrays_refuse() -> None:
    a = np.zeros(3)
    a.flags.writeable = False
    with pytest.raises(RuntimeError, match="read-only"):
        ag.from_numpy(a).add_(1)


def test_a_write_cannot_change_shape_or_raise_the_kind() -> None:
    with pytest.raises(RuntimeError, match="doesn't match the broadcast shape"):
        ag.zeros(3).add_(ag.zeros(2, 3))
    with pytest.raises(RuntimeError, match="result type Float can't be cast"):
        ag.zeros(3, dtype=ag.int64).add_(0.5)
    with pytest.raises(RuntimeError, match="must match the existing size"):
        ag.zeros(3).copy_(ag.zeros(2))
    with pytest.raises(RuntimeError, match=r"expanded size of the tensor \(2\) must match the existing size \(3\)"):
        ag.zeros(4)[:2] = ag.zeros(3)
    with pytest.raises(RuntimeError, match=r"shape mismatch: value tensor of shape \[3\]"):
        ag.zeros(4)[[0, 1]] = ag.zeros(3)


def test_detach_in_place() -> None:
    x = leaf(3)
    y = x * 2
    assert y.detach_() is y and y.is_leaf and not y.requires_grad
    y.add_(1)
    with pytest.raises(RuntimeError, match="Can't detach views in-place"):
        (x * 2)[0].detach_()


def test_resize() -> None:
    x = ag.arange(4)
    assert x.resize_(2, 1).tolist() == [[0], [1]]
    assert ag.arange(4).resize_(6)[:4].tolist() == [0, 1, 2, 3]
    with pytest.raises(RuntimeError, match="cannot resize variables that require grad"):
        leaf(2).resize_(1)


# --- data, numpy, memory shared with the outside ----------------------------------------------------------


def test_data_can_be_replaced() -> None:
    x = leaf(2)
    x.data = ag.tensor([5.0, 6.0, 7.0])
    assert x.shape == (3,) and x.requires_grad and x.is_leaf
    (x * x).sum().backward()
    assert x.grad.tolist() == [10.0, 12.0, 14.0]
    with pytest.raises(RuntimeError, match="must be floating point"):
        x.data = ag.tensor([1])


def test_numpy_shares_memory() -> None:
    x = ag.zeros(2, 2)
    x.numpy()[0, 1] = 3
    x.T.numpy()[0, 1] = 4
    assert x.tolist() == [[0.0, 3.0], [4.0, 0.0]]
    a = np.zeros(2)
    ag.from_numpy(a).add_(1)
    assert a.tolist() == [1.0, 1.0]


def test_numpy_of_a_recorded_tensor_needs_detach() -> None:
    x = leaf(2)
    with pytest.raises(RuntimeError, match="Can't call numpy"):
        (x * 2).numpy()
    assert x.detach().numpy().tolist() == x.numpy(force=True).tolist() == [1.0, 2.0]


def test_write_to_a_view_whose_base_got_a_history_since() -> None:
    w = ag.full((2,), 3.0, requires_grad=True)
    base = ag.ones(4)
    view = base[:2]
    base.add_(w.sum())
    view.mul_(view)
    base.sum().backward()
    np.testing.assert_array_equal(w.grad._a, [30.0, 30.0])  # 2 * 2 * 7, and 2


def test_sum_to_the_same_size_shares_memory_and_version() -> None:
    x = ag.ones(3, requires_grad=True) * 1
    y = x * x
    x.sum_to_size(3).mul_(5)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_a_view_made_without_recording_is_refused_once_its_base_has_a_history():
    w = ag.tensor([2.0, 3.0], requires_grad=True)
    base = ag.zeros(2)
    with ag.no_grad():
        view = base[0]
    base.add_(w)
    with pytest.raises(RuntimeError, match=r"created in no_grad mode and its base.*modified inplace"):
        view * 2.0
