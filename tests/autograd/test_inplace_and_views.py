"""What writing in place and sharing memory mean: version counters, views, gradients through writes."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import autograd as ag
from autograd.testing import gradcheck


def leaf(*shape: int) -> ag.Tensor:
    count = int(np.prod(shape))
    return (ag.arange(count, dtype=ag.float64) + 1).reshape(shape).requires_grad_()


def gradient(result: ag.Tensor, x: ag.Tensor) -> np.ndarray:
    return ag.grad(result.sum(), x, retain_graph=True)[0].numpy()


# --- version counters -------------------------------------------------------------------------------------


def test_each_write_counts_once() -> None:
    x = ag.zeros(4)
    assert x._version == 0
    x.add_(1)
    x.mul_(2).zero_()
    x[0] = 1.0
    x[[1, 2]] = 2.0
    x[x > 1] = 3.0
    x.copy_(ag.ones(4))
    x.fill_(2.0)
    x += 1
    x.masked_fill_(x > 0, 0.0)
    x.index_add_(0, ag.tensor([0]), ag.ones(1))
    assert x._version == 11


def test_views_share_the_counter() -> None:
    x = ag.zeros(2, 3)
    views = [x[0], x.T, x.view(6), x.reshape(3, 2), x.unsqueeze(0), x.diagonal(), x.unfold(1, 2, 1), x.expand(2, 2, 3),
             x.split(1)[0], x.unbind(1)[2], x.narrow(1, 0, 2), x.as_strided((2,), (1,)), x.detach(), x.movedim(0, 1)]
    x.add_(1)
    assert [v._version for v in views] == [1] * len(views)
    views[0].mul_(2)
    assert x._version == 2 and all(v._version == 2 for v in views)
    assert x[0].tolist() == [2.0, 2.0, 2.0]


def test_copies_and_data_have_their_own_counter() -> None:
    x = ag.zeros(2, 3)
    others = [x.clone(), x.data, x[[0, 1]], x.T.reshape(6), x.repeat(1, 1), x.to(ag.float64)]
    x.add_(1)
    assert [v._version for v in others] == [0] * len(others)


def test_a_write_under_no_grad_counts() -> None:
    x = leaf(2)
    with ag.no_grad():
        x.add_(1)
    assert x._version == 1 and x.is_leaf


# --- what is a view ---------------------------------------------------------------------------------------


def test_base_is_the_end_of_the_chain() -> None:
    x = ag.zeros(4, 3)
    v = x[1:]
    w = v.T[0]
    assert x._base is None and v._base is x and w._base is x
    assert w._is_view() and not x._is_view()


def test_a_copy_is_no_view() -> None:
    x = ag.zeros(4, 3)
    for copy in (x[[0]], x[x == 0], x.clone(), x.T.flatten(), x.T.contiguous(), ag.cat([x]), x + 0, x.flip(0)):
        assert copy._base is None


def test_detach_shares_memory_but_is_no_view() -> None:
    x = leaf(3)
    d = x.detach()
    assert d._base is None and not d.requires_grad and d.is_leaf
    assert d.data_ptr() == x.data_ptr()


def test_reshape_views_where_it_can() -> None:
    x = ag.zeros(2, 3)
    assert x.reshape(6)._base is x
    assert x.T.reshape(6)._base is None
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        x.T.view(6)


def test_0d_results_of_indexing_are_views() -> None:
    x = ag.zeros(3)
    x[1].add_(5)
    assert x.tolist() == [0.0, 5.0, 0.0]
    m = ag.zeros(2, 2)
    m[1, 0].fill_(3.0)
    m[0][1] = 4.0
    assert m.tolist() == [[0.0, 4.0], [3.0, 0.0]]


def test_parts_of_split_are_views() -> None:
    x = leaf(4) * 1
    a, b = x.split(2)
    assert a._base is x and a.grad_fn.name() == "SplitBackward0" and (a.output_nr, b.output_nr) == (0, 1)
    x.mul_(3)
    assert a.tolist() == [3.0, 6.0]


def test_a_view_keeps_its_base_alive_and_nothing_else() -> None:
    x = leaf(3)
    y = x * 2
    v = y[1:]
    reference = weakref.ref(y)
    del y
    assert reference() is not None
    gc.disable()
    try:
        del v
        assert reference() is None
    finally:
        gc.enable()


# --- gradients through writes -----------------------------------------------------------------------------


def test_write_to_a_view_of_a_non_leaf() -> None:
    x = leaf(2, 3)
    y = x * 2
    v = y[0]
    v.mul_(5)
    assert y.grad_fn.name() == "CopySlices"
    np.testing.assert_array_equal(gradient(y, x), [[10, 10, 10], [2, 2, 2]])


def test_write_to_the_base_reaches_earlier_views() -> None:
    x = leaf(2, 3)
    y = x * 2
    v = y[0]
    y.mul_(5)
    assert v.tolist() == [10.0, 20.0, 30.0]
    np.testing.assert_array_equal(gradient(v, x), [[10, 10, 10], [0, 0, 0]])


def test_write_to_one_view_reaches_another() -> None:
    x = leaf(2, 3)
    y = x * 2
    row, column = y[0], y[:, 0]
    row.mul_(5)
    np.testing.assert_array_equal(gradient(column, x), [[10, 0, 0], [2, 0, 0]])


def test_write_through_a_chain_of_views() -> None:
    x = leaf(2, 3)
    y = x * 1
    v = y.T[1:].view(2, 2)[0]
    v.pow_(2)  # elements (0, 1) and (1, 1)
    np.testing.assert_array_equal(gradient(y, x), [[1, 4, 1], [1, 10, 1]])


def test_views_taken_before_and_after_several_writes() -> None:
    x = leaf(4)
    y = x * 1
    first = y[:2]
    first.mul_(2)
    second = y[1:3]
    second.mul_(3)
    third = y[1]
    y.mul_(5)
    np.testing.assert_array_equal(gradient(y, x), [10, 30, 15, 5])
    np.testing.assert_array_equal(gradient(third, x), [0, 30, 0, 0])
    np.testing.assert_array_equal(gradient(first, x), [10, 30, 0, 0])


@pytest.mark.parametrize("view", [
    lambda y: y[1], lambda y: y[:, 1:], lambda y: y.T, lambda y: y.view(-1)[2:5], lambda y: y.unsqueeze(1),
    lambda y: y.permute(1, 0)[::2], lambda y: y.diagonal(), lambda y: y.unfold(1, 2, 2), lambda y: y.select(1, 0),
    lambda y: y.narrow(1, 1, 2), lambda y: y.as_strided((2, 2), (3, 1), 1), lambda y: y[None, ..., 0],
    lambda y: y.split(2, 1)[0], lambda y: y.unbind(0)[1], lambda y: y.T.as_strided((2, 2), (1, 3)),
    lambda y: y.expand(2, 4)[0], lambda y: y[1:].as_strided((2,), (2,)),
], ids=range(17))
def test_gradient_of_a_write_through_any_view(view) -> None:
    def program(x: ag.Tensor, z: ag.Tensor) -> ag.Tensor:
        y = x.sin()
        v = view(y)
        v.mul_(v.shape[0] + 1.0).add_(z)
        return y.exp() * y.sum() + view(y).sum()

    x = ag.tensor(np.linspace(-1, 1, 8).reshape(2, 4), requires_grad=True)
    assert gradcheck(program, (x, ag.tensor(0.3, dtype=ag.float64, requires_grad=True)))


def test_a_base_without_gradient_gets_one_from_what_is_written() -> None:
    x = leaf(3)
    y = ag.zeros(2, 3, dtype=ag.float64)
    row = y[1]
    assert not y.requires_grad
    y[1] = x * 2
    assert y.requires_grad and row.requires_grad
    np.testing.assert_array_equal(gradient(y * y, x), 8 * x.detach().numpy())


def test_filling_a_buffer_row_by_row() -> None:
    x = leaf(3)
    rows = ag.empty(4, 3, dtype=ag.float64)
    for i in range(4):
        rows[i] = x * i if i == 0 else rows[i - 1] + x
    np.testing.assert_array_equal(gradient(rows, x), [6, 6, 6])


def test_overwritten_values_pass_no_gradient() -> None:
    x = leaf(3)
    y = x * 2
    y[0] = 7.0
    np.testing.assert_array_equal(gradient(y, x), [0, 2, 2])
    y.zero_()
    assert y.requires_grad
    np.testing.assert_array_equal(gradient(y, x), [0, 0, 0])
    y.copy_(x)
    np.testing.assert_array_equal(gradient(y, x), [1, 1, 1])


def test_copy_broadcasts_casts_and_sums_its_gradient() -> None:
    x = leaf(3).float().detach().requires_grad_()
    y = ag.zeros(2, 3, dtype=ag.float64)
    y.copy_(x)
    assert y.dtype is ag.float64 and y.grad_fn.name() != ""
    g, = ag.grad(y.sum(), x)
    assert g.dtype is ag.float32 and g.tolist() == [2.0, 2.0, 2.0]


def test_copy_of_a_leaf_leaves_the_leaf_alone() -> None:
    x = leaf(2)
    y = ag.zeros(2, dtype=ag.float64)
    y.copy_(x)
    y.mul_(3)
    assert x.is_leaf and not y.is_leaf and x.tolist() == [1.0, 2.0]
    np.testing.assert_array_equal(gradient(y, x), [3, 3])


def test_advanced_assignment() -> None:
    x, z = leaf(4), leaf(2)
    y = x * 2
    y[ag.tensor([3, 0])] = z * 10
    assert y.tolist() == [20.0, 4.0, 6.0, 10.0]
    dx, dz = ag.grad((y * y).sum(), [x, z])
    np.testing.assert_array_equal(dx.numpy(), [0, 16, 24, 0])
    np.testing.assert_array_equal(dz.numpy(), [200, 400])


def test_advanced_assignment_through_a_view() -> None:
    x = leaf(2, 3)
    y = x * 1
    y[1, [0, 2]] = x[0, 1] * 3
    assert y.tolist() == [[1.0, 2.0, 3.0], [6.0, 5.0, 6.0]]
    np.testing.assert_array_equal(gradient(y, x), [[1, 7, 1], [0, 1, 0]])


def test_augmented_assignment_to_an_index() -> None:
    x = leaf(3)
    y = x * 1
    y[1] += 5
    y[[0, 2]] *= 3
    assert y.tolist() == [3.0, 7.0, 9.0]
    np.testing.assert_array_equal(gradient(y, x), [3, 1, 3])


def test_swapping_rows() -> None:
    x = leaf(2, 2)
    y = x * 1
    y[0], y[1] = y[1].clone(), y[0].clone()
    np.testing.assert_array_equal(gradient(y * ag.tensor([[1.0], [10.0]]), x), [[10, 10], [1, 1]])


def test_in_place_transpose_of_a_result_and_of_a_view() -> None:
    x = leaf(2, 3)
    y = x * 2
    y.t_()
    assert y.shape == (3, 2) and y._version == 1
    np.testing.assert_array_equal(gradient(y[0] * 5, x), [[10, 0, 0], [10, 0, 0]])
    y = x * 2
    v = y[:, :2]
    v.t_()
    v[0].mul_(7)
    np.testing.assert_array_equal(gradient(y, x), [[14, 2, 2], [14, 2, 2]])


def test_in_place_square_of_itself_keeps_what_backward_needs() -> None:
    x = leaf(3)
    y = x * 1
    y.mul_(y)
    np.testing.assert_array_equal(gradient(y, x), 2 * x.detach().numpy())


def test_second_derivative_through_a_write() -> None:
    x = ag.tensor([2.0, 3.0], dtype=ag.float64, requires_grad=True)
    y = x * 1
    y[0] = x[1] ** 3
    first, = ag.grad((y * y).sum(), x, create_graph=True)
    second, = ag.grad(first.sum(), x)
    np.testing.assert_allclose(first.detach().numpy(), [0, 6 * 3**5 + 2 * 3])
    np.testing.assert_allclose(second.numpy(), [0, 30 * 3**4 + 2])


# --- saved values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [
    lambda y: y.add_(1), lambda y: y[0].zero_(), lambda y: y.detach().zero_(), lambda y: y.view(-1).fill_(1.0),
    lambda y: y.__setitem__(0, 1.0), lambda y: y.__setitem__([0], 1.0), lambda y: y.T.mul_(2), lambda y: y.t_(),
    lambda y: y.masked_fill_(y > 0, 0.0), lambda y: y.index_fill_(0, ag.tensor([0]), 1.0),
], ids=range(10))
def test_a_write_to_a_saved_value_is_caught(write) -> None:
    x = leaf(2, 2)
    y = x * 1
    z = y * y
    write(y)
    with pytest.raises(RuntimeError, match=r"modified by an inplace.*mul.*\[2, 2\].*version 1"):
        z.sum().backward()


def test_a_write_to_a_saved_output_is_caught() -> None:
    x = leaf(3)
    y = x.exp()
    y.add_(1)
    with pytest.raises(RuntimeError, match="the output of exp"):
        y.sum().backward()


def test_a_write_to_what_was_not_saved_is_no_harm() -> None:
    x = leaf(3)
    y = x * 2
    z = y + 1
    y.zero_()
    np.testing.assert_array_equal(gradient(z, x), [2, 2, 2])


def test_data_escapes_notice() -> None:
    x = leaf(3)
    y = x * 1
    z = y * y
    y.data.zero_()
    np.testing.assert_array_equal(gradient(z, x), [0, 0, 0])


def test_an_index_changed_later_does_not_change_the_gradient() -> None:
    x, i, m = leaf(3), ag.tensor([0, 0]), ag.tensor([True, False, False])
    y, z = (x * 1)[i], (x * 1)[m]
    i.add_(2)
    m.fill_(True)
    np.testing.assert_array_equal(gradient(y, x), [2, 0, 0])
    np.testing.assert_array_equal(gradient(z, x), [1, 0, 0])


def test_a_changed_index_of_gather_is_caught() -> None:
    x, i = leaf(3), ag.tensor([0, 0])
    y = x.gather(0, i)
    i.add_(1)
    with pytest.raises(RuntimeError, match="input 'index' of gather"):
        y.sum().backward()
