"""Sorting, selecting, quantiles, counting."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.errors import NonDifferentiableError

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64", "uint8", "bool"])
@pytest.mark.parametrize("descending", [False, True])
def test_sorting_is_stable(dtype, descending):
    a = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 4, (5, 40)).astype(dtype)
    for dim in (0, 1):
        values, indices = tensor(a).sort(dim, descending)
        order = np.argsort(-a.astype(int) if descending else a, axis=dim, kind="stable")
        np.testing.assert_array_equal(indices.numpy(), order)
        np.testing.assert_array_equal(values.numpy(), np.take_along_axis(a, order, dim))
        np.testing.assert_array_equal(tensor(a).argsort(dim, descending).numpy(), order)


def test_nan_counts_as_greatest():
    x = tensor([2.0, NAN, INF, 1.0])
    assert x.argsort().tolist() == [3, 0, 2, 1] and x.argsort(descending=True).tolist() == [1, 2, 0, 3]
    assert x.topk(2).indices.tolist() == [1, 2] and x.topk(1, largest=False).indices.tolist() == [3]
    assert x.kthvalue(3).values.item() == INF


@pytest.mark.parametrize("n", [5, 64, 65, 1000])
@pytest.mark.parametrize("k", [0, 1, 4])
@pytest.mark.parametrize("largest", [True, False])
def test_topk(n, k, largest):
    a = np.random.default_rng(n).integers(0, 50, (3, n)).astype(float)
    for dim, x in ((1, tensor(a)), (0, tensor(a.T.copy()))):
        values, indices = x.topk(k, dim, largest)
        expected = np.sort(a, 1)[:, ::-1][:, :k] if largest else np.sort(a, 1)[:, :k]
        values, indices = (t.numpy() if dim else t.numpy().T for t in (values, indices))
        np.testing.assert_array_equal(values, expected)
        np.testing.assert_array_equal(np.take_along_axis(a, indices, 1), expected)
        assert all(len(set(row)) == k for row in indices.tolist())


def test_selecting_out_of_range():
    x = autograd.rand(3, 4)
    for call in (lambda: x.topk(5), lambda: x.topk(-1), lambda: x.kthvalue(0), lambda: x.kthvalue(5),
                 lambda: x.cfloat().sort(), lambda: x.cfloat().topk(1)):
        with pytest.raises(RuntimeError):
            call()
    with pytest.raises(IndexError):
        x.sort(2)
    for f in ("median", "mode"):
        with pytest.raises(IndexError, match="non-zero size"):
            getattr(autograd.zeros(0, 3), f)(0)


def test_a_gradient_goes_back_to_its_place():
    x = tensor([3.0, 1.0, 2.0], requires_grad=True)
    g = tensor([10.0, 20.0, 30.0])
    assert autograd.grad(x.sort().values, x, g)[0].tolist() == [30, 10, 20]
    assert autograd.grad(x.topk(2).values, x, g[:2])[0].tolist() == [10, 0, 20]
    assert autograd.grad(x.median(0).values, x)[0].tolist() == [0, 0, 1]
    assert autograd.grad(x.kthvalue(3).values, x)[0].tolist() == [1, 0, 0]
    assert not x.sort().indices.requires_grad


# --- medians and quantiles --------------------------------------------------------------------------------


def test_medians():
    assert tensor([4.0, 1.0, 3.0, 2.0]).median().item() == 2
    x = tensor([[1.0, NAN, 3.0], [NAN, NAN, NAN], [5.0, 4.0, 6.0]])
    assert math.isnan(x.median()) and x.nanmedian().item() == 4
    assert x.median(1).values[:2].isnan().all() and x.median(1).indices.tolist() == [1, 0, 0]
    assert x.nanmedian(1).values[0].item() == 1 and math.isnan(x.nanmedian(1).values[1])
    assert math.isnan(autograd.zeros(0).median())
    y = tensor([1.0, 2.0, 2.0, 3.0, 2.0], requires_grad=True)
    np.testing.assert_allclose(autograd.grad(y.median(), y)[0].numpy(), [0, 1 / 3, 1 / 3, 0, 1 / 3], rtol=1e-6)


def test_modes():
    values, indices = tensor([[2, 1, 2, 1, 0], [3, 3, 0, 0, 0]]).mode()
    assert values.tolist() == [1, 0] and indices.tolist() == [3, 4]
    assert tensor(5).mode().values.item() == 5


@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("dim", [None, 0, 1])
def test_quantiles(interpolation, dim):
    a = np.random.default_rng(5).normal(size=(6, 9))
    q = np.array([0.0, 0.23, 0.5, 0.9, 1.0])
    for keepdim in (False, True):
        found = tensor(a).quantile(tensor(q), dim, keepdim, interpolation=interpolation).numpy()
        np.testing.assert_allclose(found, np.quantile(a, q, dim, keepdims=keepdim, method=interpolation))
    a[a > 1] = NAN
    found = tensor(a).nanquantile(0.3, dim, interpolation=interpolation).numpy()
    np.testing.assert_allclose(found, np.nanquantile(a, 0.3, dim, method=interpolation))
    assert np.isnan(tensor(a).quantile(0.3).numpy())


def test_quantiles_that_are_none():
    x = autograd.rand(4)
    for q in (1.5, -0.1, tensor([0.5, 2.0]), tensor([[0.5]]), tensor(0.5, dtype=autograd.float64)):
        with pytest.raises(RuntimeError):
            x.quantile(q)
    for call in (lambda: x.long().quantile(0.5), lambda: x[:0].quantile(0.5),
                 lambda: x.quantile(0.5, interpolation="cubic")):
        with pytest.raises(RuntimeError):
            call()


def test_the_gradient_of_a_quantile_is_shared():
    x = tensor([4.0, 1.0, 2.0], requires_grad=True)
    q = tensor(0.25, requires_grad=True)
    gx, gq = autograd.grad(x.quantile(q), (x, q))
    assert gx.tolist() == [0, 0.5, 0.5] and gq.item() == 2
    twice = x.quantile(tensor([0.5, 0.5]))
    assert autograd.grad(twice.sum(), x)[0].tolist() == [0, 0, 2]


# --- counting ---------------------------------------------------------------------------------------------


def test_unique():
    x = tensor([[3, 1], [3, 2]])
    values, inverse, counts = x.unique(return_inverse=True, return_counts=True)
    assert values.tolist() == [1, 2, 3] and inverse.tolist() == [[2, 0], [2, 1]] and counts.tolist() == [1, 1, 2]
    assert tensor([[1, 0], [0, 5], [1, 0]]).unique(dim=0).tolist() == [[0, 5], [1, 0]]
    values, inverse, counts = tensor([1, 1, 2, 1]).unique_consecutive(True, True)
    assert values.tolist() == [1, 2, 1] and inverse.tolist() == [0, 0, 1, 2] and counts.tolist() == [2, 1, 1]
    assert tensor([[1, 1, 2], [0, 0, 0]]).unique_consecutive(dim=1).tolist() == [[1, 2], [0, 0]]
    assert tensor([NAN, NAN]).unique().shape == (2,) and autograd.zeros(0).unique().shape == (0,)


@pytest.mark.parametrize("f", [
    autograd.unique, autograd.unique_consecutive, lambda x: autograd.histogram(x, 3).hist,
    lambda x: autograd.bincount(tensor([0, 1]), x)])
def test_no_derivative_is_no_zero(f):
    x = tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(NonDifferentiableError):
        f(x).sum().backward()


def test_nonzeros():
    x = tensor([[0, 3], [4, 0]])
    assert x.nonzero().tolist() == [[0, 1], [1, 0]]
    assert [t.tolist() for t in x.nonzero(as_tuple=True)] == [[0, 1], [1, 0]]
    assert tensor(7).nonzero().shape == (1, 0) and tensor(0).argwhere().shape == (0, 0)
    assert [t.tolist() for t in tensor(7).nonzero(as_tuple=True)] == [[0]]
    assert x.count_nonzero().item() == x.count_nonzero((0, 1)).item() == 2 and x.count_nonzero(1).tolist() == [1, 1]


def test_histograms():
    a = np.random.default_rng(2).normal(size=1000)
    counts, edges = np.histogram(a, 7)
    hist, bin_edges = autograd.histogram(tensor(a), 7)
    np.testing.assert_array_equal(hist.numpy(), counts)
    np.testing.assert_allclose(bin_edges.numpy(), edges)
    w = np.random.default_rng(3).random(1000)
    np.testing.assert_allclose(autograd.histogram(tensor(a), 5, range=(-1.0, 2.0), weight=tensor(w), density=True).hist,
                               np.histogram(a, 5, (-1, 2), True, w)[0])
    np.testing.assert_array_equal(autograd.histc(tensor(a), 5, -1, 1).numpy(), np.histogram(a, 5, (-1, 1))[0])
    points = a.reshape(-1, 2)
    np.testing.assert_array_equal(autograd.histogramdd(tensor(points), [3, 4]).hist.numpy(),
                                  np.histogramdd(points, [3, 4])[0])
    assert autograd.histc(tensor([1.0, NAN, 2.0]), 2, 0, 2).tolist() == [0, 2]
    with pytest.raises(RuntimeError, match="larger"):
        autograd.histc(tensor(a), 5, 1, -1)
    with pytest.raises(RuntimeError, match="not finite"):
        autograd.histc(tensor([INF]), 5)


def test_bincount():
    x = tensor([1, 3, 1])
    assert x.bincount().tolist() == [0, 2, 0, 1] and x.bincount(minlength=6).tolist() == [0, 2, 0, 1, 0, 0]
    assert x.bincount(tensor([0.5, 1.0, 2.0])).tolist() == [0, 2.5, 0, 1]
    assert x.bincount(tensor([1, 1, 1])).dtype is autograd.float64
    for arguments in ((tensor([-1]),), (tensor([[1]]),), (x, tensor([1.0])), (tensor([1.0]),), (x, None, -1)):
        with pytest.raises(RuntimeError):
            autograd.bincount(*arguments)


@pytest.mark.parametrize("side", ["left", "right"])
def test_places_in_sorted_sequences(side):
    rng = np.random.default_rng(4)
    rows, wanted = np.sort(rng.integers(0, 9, (2, 7)), 1), rng.integers(0, 9, (2, 5))
    expected = np.stack([np.searchsorted(r, w, side) for r, w in zip(rows, wanted, strict=True)])
    found = autograd.searchsorted(tensor(rows), tensor(wanted), side=side)
    np.testing.assert_array_equal(found.numpy(), expected)
    assert found.dtype is autograd.int64
    shuffled, order = rows[:, ::-1].copy(), np.arange(7)[::-1].reshape(1, 7).repeat(2, 0).copy()
    np.testing.assert_array_equal(
        autograd.searchsorted(tensor(shuffled), tensor(wanted), side=side, sorter=tensor(order)).numpy(), expected)
    bucket = autograd.bucketize(tensor(wanted), tensor(rows[0]), right=side == "right", out_int32=True)
    np.testing.assert_array_equal(bucket.numpy(), np.searchsorted(rows[0], wanted, side))
    assert bucket.dtype is autograd.int32 and autograd.searchsorted(tensor([1, 3]), 2).item() == 1


def test_searches_that_do_not_fit():
    b = tensor([1.0, 2.0])
    for call in (lambda: autograd.searchsorted(tensor(1.0), b), lambda: autograd.searchsorted(b, b, side="up"),
                 lambda: autograd.searchsorted(b, b, side="left", right=True),
                 lambda: autograd.searchsorted(b[None], autograd.rand(3, 2)),
                 lambda: autograd.searchsorted(b[None], 3.0), lambda: autograd.searchsorted(b, b, sorter=b),
                 lambda: autograd.bucketize(b, b[None])):
        with pytest.raises(RuntimeError):
            call()
