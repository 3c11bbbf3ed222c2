"""Shapes, axes, joining and casting: against NumPy where it does the same, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag

X = np.arange(24.0).reshape(2, 3, 4)


def x() -> ag.Tensor:
    return ag.tensor(X)


@pytest.mark.parametrize(("ours", "numpys"), [
    (lambda t: t.reshape(6, -1), X.reshape(6, -1)), (lambda t: t.view(-1), X.reshape(-1)),
    (lambda t: t.flatten(1), X.reshape(2, 12)), (lambda t: t.flatten(0, 1), X.reshape(6, 4)),
    (lambda t: t.unflatten(2, (2, -1)), X.reshape(2, 3, 2, 2)), (lambda t: t.unsqueeze(1), X[:, None]),
    (lambda t: t.unsqueeze(-1), X[..., None]), (lambda t: t[:1].squeeze(0), X[0]), (lambda t: t.squeeze(1), X),
    (lambda t: t.transpose(0, 2), X.swapaxes(0, 2)), (lambda t: t.mT, X.swapaxes(1, 2)), (lambda t: t.T, X.T),
    (lambda t: t.permute(2, 0, 1), X.transpose(2, 0, 1)), (lambda t: t.movedim(0, -1), np.moveaxis(X, 0, -1)),
    (lambda t: t.movedim((0, 1), (2, 0)), np.moveaxis(X, (0, 1), (2, 0))), (lambda t: t.T.ravel(), X.T.ravel()),
    (lambda t: t[0, 0].expand(2, -1), np.broadcast_to(X[0, 0], (2, 4))), (lambda t: t.sum_to_size(3, 1), X.sum(
        (0, 2)).reshape(3, 1)), (lambda t: t.roll((1, -2), (0, 2)), np.roll(X, (1, -2), (0, 2))),
    (lambda t: t.roll(5), np.roll(X, 5)), (lambda t: t.roll(-30, 1), np.roll(X, -30, 1)),
    (lambda t: t.flip(0, 2), X[::-1, :, ::-1]),
    (lambda t: t.rot90(3, (1, 2)), np.rot90(X, 3, (1, 2))), (lambda t: t.repeat(2, 1, 3), np.tile(X, (2, 1, 3))),
    (lambda t: t.tile(2), np.tile(X, 2)), (lambda t: t.repeat_interleave(2, 1), X.repeat(2, 1)),
    (lambda t: t.repeat_interleave(ag.tensor([0, 2, 1]), 1), X.repeat([0, 2, 1], 1)),
    (lambda t: t.tril(1), np.tril(X, 1)), (lambda t: t.triu(-1), np.triu(X, -1)),
    (lambda t: ag.cat([t, t[:1]]), np.concatenate([X, X[:1]])),
    (lambda t: ag.cat([t, t], -1), np.concatenate([X, X], -1)),
    (lambda t: ag.stack([t, t], -1), np.stack([X, X], -1)), (lambda t: ag.stack([t, t]), np.stack([X, X])),
    (lambda t: ag.hstack([t, t]), np.hstack([X, X])),
    (lambda t: ag.vstack([t[0, 0], t[0]]), np.vstack([X[0, 0], X[0]])),
    (lambda t: ag.dstack([t[0], t[1]]), np.dstack([X[0], X[1]])),
    (lambda t: ag.column_stack([t[0, :, 0], t[0]]), np.column_stack([X[0, :, 0], X[0]])),
    (lambda t: ag.block_diag(t[0], t[0, 0]), np.block([[X[0], np.zeros((3, 4))], [np.zeros((1, 4)), X[0, :1]]])),
    (lambda t: ag.vander(t[0, 0], 3), np.vander(X[0, 0], 3)), (lambda t: ag.diag(t[0, 0], 1), np.diag(X[0, 0], 1)),
    (lambda t: t.diagonal(1, 2, 1), X.diagonal(1, 2, 1)), (lambda t: ag.diagflat(t[0]), np.diagflat(X[0])),
    (lambda t: t.unfold(2, 2, 2), np.lib.stride_tricks.sliding_window_view(X, 2, 2)[:, :, ::2]),
    (lambda t: ag.constant_pad_nd(t, (1, 2, 0, 1), 7.0), np.pad(X, ((0, 0), (0, 1), (1, 2)), constant_values=7.0)),
], ids=range(44))
def test_like_numpy(ours, numpys: np.ndarray) -> None:
    result = ours(x())
    assert result.shape == numpys.shape
    np.testing.assert_array_equal(result.numpy(), numpys)


@pytest.mark.parametrize(("mode", "numpys"), [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")])
def test_pad_like_numpy(mode: str, numpys: str) -> None:
    from autograd.ops.padding import pad
    np.testing.assert_array_equal(pad(x(), (2, 1, 1, 0), mode).numpy(), np.pad(X, ((0, 0), (1, 0), (2, 1)), numpys))


@pytest.mark.parametrize(("call", "kind", "words"), [
    (lambda: x().reshape(5, 5), RuntimeError, r"shape '\[5, 5\]' is invalid for input of size 24"),
    (lambda: x().reshape(-1, 5), RuntimeError, r"shape '\[-1, 5\]' is invalid for input of size 24"),
    (lambda: x().reshape(-1, -1), RuntimeError, "only one dimension can be inferred"),
    (lambda: x().reshape(-2, 12), RuntimeError, "invalid shape dimension -2"),
    (lambda: ag.zeros(0).reshape(-1, 0), RuntimeError, "cannot reshape tensor of 0 elements"),
    (lambda: x().view(7), RuntimeError, r"shape '\[7\]' is invalid for input of size 24"),
    (lambda: x().T.view(24), RuntimeError, "view size is not compatible"),
    (lambda: x().flatten(2, 1), RuntimeError, "start_dim cannot come after end_dim"),
    (lambda: x().unflatten(2, (3, 2)), RuntimeError, "don't multiply up to the size of dim 2"),
    (lambda: x().squeeze(5), IndexError, r"expected to be in range of \[-3, 2\], but got 5"),
    (lambda: x().unsqueeze(4), IndexError, r"expected to be in range of \[-4, 3\], but got 4"),
    (lambda: x().transpose(0, 3), IndexError, r"expected to be in range of \[-3, 2\], but got 3"),
    (lambda: x().permute(0, 1), RuntimeError, r"input.dim\(\) = 3 is not equal to len\(dims\) = 2"),
    (lambda: x().permute(0, 1, 1), RuntimeError, "duplicate dims"),
    (lambda: x().t(), RuntimeError, "expects a tensor with <= 2 dimensions, but self is 3D"),
    (lambda: x().H, RuntimeError, "only supported on matrices"),
    (lambda: x()[0, 0].mT, RuntimeError, "matrices or batches of matrices"),
    (lambda: x().expand(2, 3, 5), RuntimeError, r"size of the tensor \(5\) must match the existing size \(4\)"),
    (lambda: x().expand(4), RuntimeError, r"number of sizes provided \(1\)"),
    (lambda: x().expand(-1, 2, 3, 4), RuntimeError, "leading, non-existing dimension 0"),
    (lambda: x().sum_to_size(2, 2), RuntimeError, "is not expandable to size"),
    (lambda: ag.cat([]), ValueError, "non-empty list"),
    (lambda: ag.cat([x(), x()[0]]), RuntimeError, "same number of dimensions: got 3 and 2"),
    (lambda: ag.cat([x(), x()[:, :2]], 2), RuntimeError, "Expected size 3 but got size 2 for tensor number 1"),
    (lambda: ag.cat([ag.tensor(1.0)]), RuntimeError, "zero-dimensional tensor"),
    (lambda: ag.stack([x(), x()[0]]), RuntimeError, r"got \[2, 3, 4\] at entry 0 and \[3, 4\] at entry 1"),
    (lambda: x().split([1, 1], 1), RuntimeError, "sum exactly to 3"),
    (lambda: x().chunk(0), RuntimeError, "greater than 0"),
    (lambda: x().hsplit(2), RuntimeError, "not divisible by the split_size 2"),
    (lambda: x().roll((1, 2), 0), RuntimeError, "shifts and dimensions must align"),
    (lambda: x().flip(0, 0), RuntimeError, "dim 0 appears multiple times"),
    (lambda: x().rot90(1, (1, 1)), RuntimeError, "rotation dims to be different"),
    (lambda: x().repeat(2), RuntimeError, "can not be smaller than number of dimensions"),
    (lambda: x()[0, 0].tril(), RuntimeError, "at least 2 dimensions"),
    (lambda: x().diag(), RuntimeError, "1D or 2D"),
    (lambda: x().diagonal(0, 1, 1), RuntimeError, "diagonal dimensions cannot be identical 1, 1"),
    (lambda: x().unfold(2, 5, 1), RuntimeError, "maximum size for tensor at dimension 2 is 4 but size is 5"),
    (lambda: x().as_strided((5, 5), (5, 1), 1), RuntimeError, "out of bounds for storage of size 192"),
    (lambda: ag.broadcast_tensors(ag.zeros(2), ag.zeros(3)), RuntimeError, "broadcast"),
    (lambda: ag.meshgrid(ag.zeros(2), ag.zeros(2, 2)), RuntimeError, "0D or 1D"),
    (lambda: ag.constant_pad_nd(x(), (1, 2, 3)), RuntimeError, "divisible by 2"),
    (lambda: x().to("cuda"), RuntimeError, "not available"),
], ids=range(42))
def test_refusals(call, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        call()


def test_no_copy_is_made_where_none_is_needed() -> None:
    t = x()
    for same in (t.to(ag.float64), t.double(), t.contiguous(), t.cpu(), t.type_as(t), t.to("cpu"), t.to(t)):
        assert same is t
    assert t.to(ag.float64, copy=True) is not t
    for shared in (t.expand(5, 2, 3, 4), t.permute(1, 0, 2), t.unfold(2, 2, 1), t.diagonal(), t.mT[0, 1:],
                   t.view(4, 6)):
        assert np.shares_memory(shared._a, t._a)


def test_split_sizes() -> None:
    t = ag.arange(7)
    assert [len(p) for p in t.split(3)] == [3, 3, 1]
    assert [len(p) for p in t.chunk(4)] == [2, 2, 2, 1]
    assert [len(p) for p in t.chunk(5)] == [2, 2, 2, 1]
    assert [len(p) for p in t.tensor_split(3)] == [3, 2, 2]
    assert [p.tolist() for p in t.tensor_split((1, -2))] == [[0], [1, 2, 3, 4], [5, 6]]
    assert [len(p) for p in ag.zeros(0).chunk(3)] == [0, 0, 0]


def test_unused_parts_get_zero_gradients() -> None:
    t = x().requires_grad_()
    for parts in (t.split([1, 2], 1), t.unbind(1)):
        for create_graph in (False, True):
            g, = ag.grad(parts[1].sum(), t, retain_graph=True, create_graph=create_graph)
            assert g.shape == t.shape and g[:, 0].eq(0).all() and g[:, 1].eq(1).all()


def test_cat_passes_over_empty_vectors_and_promotes() -> None:
    result = ag.cat([ag.zeros(0), ag.ones(2, 2, dtype=ag.int64), ag.tensor([[2.5, 3.5]])])
    assert result.dtype is ag.float32 and result.shape == (3, 2)


def test_casts() -> None:
    t = ag.tensor([-1.7, 0.0, 300.9, 2.5])
    assert t.long().tolist() == [-1, 0, 300, 2]
    assert t.byte().tolist() == [255, 0, 44, 2]
    assert t.bool().tolist() == [True, False, True, True]
    assert t.type() == "autograd.FloatTensor" and t.type("torch.DoubleTensor").dtype is ag.float64
    assert t.to("cpu", ag.int32).dtype is ag.int32 and t.to(ag.zeros(1, dtype=ag.int8)).dtype is ag.int8
    assert t.to(device="cpu", dtype=ag.complex128).dtype is ag.complex128


def test_a_cast_to_integers_is_not_recorded() -> None:
    t = ag.ones(2, requires_grad=True)
    assert not t.long().requires_grad and not t.bool().requires_grad
    assert t.double().requires_grad and t.cfloat().requires_grad


def test_gradients_come_back_in_the_type_they_left() -> None:
    t = ag.ones(2, requires_grad=True)
    g, = ag.grad((t.double() * 2).sum(), t)
    assert g.dtype is ag.float32 and g.tolist() == [2.0, 2.0]
    g, = ag.grad((t.to(ag.complex64) * (2 + 3j)).real.sum(), t)
    assert g.dtype is ag.float32 and g.tolist() == [2.0, 2.0]


def test_grids_and_indices() -> None:
    a, b = ag.meshgrid(ag.arange(2), ag.arange(3), indexing="xy")
    np.testing.assert_array_equal(np.stack([a.numpy(), b.numpy()]), np.stack(np.meshgrid(np.arange(2), np.arange(3))))
    assert ag.cartesian_prod(ag.tensor([1, 2]), ag.tensor([3])).tolist() == [[1, 3], [2, 3]]
    assert ag.combinations(ag.arange(2), with_replacement=True).tolist() == [[0, 0], [0, 1], [1, 1]]
    assert [t.tolist() for t in ag.unravel_index(ag.tensor([5, -1]), (2, 3))] == [[1, 1], [2, 2]]
    np.testing.assert_array_equal(ag.tril_indices(3, 4, 1).numpy(), np.tril_indices(3, 1, 4))
    np.testing.assert_array_equal(ag.triu_indices(3, 4, -1).numpy(), np.triu_indices(3, -1, 4))
