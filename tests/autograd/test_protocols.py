"""Tensors among NumPy, pickle, copy, DLPack, pandas and matplotlib."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd

X = np.array([[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]])


def leaf() -> autograd.Tensor:
    return autograd.tensor(X, requires_grad=True)


UFUNCS = [np.exp, np.log, np.sin, np.tanh, np.sqrt, np.negative, np.absolute, np.square, np.log1p, np.expm1, np.reciprocal]
BINARY = [np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum, np.hypot, np.arctan2, np.logaddexp]


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_unary_ufuncs_record(ufunc):
    y = ufunc(leaf())
    np.testing.assert_allclose(y.detach().numpy(), ufunc(X), rtol=1e-12)
    assert y.requires_grad


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda f: f.__name__)
def test_binary_ufuncs_record_on_either_side(ufunc):
    other = X + 0.25
    for y in (ufunc(leaf(), other), ufunc(leaf(), autograd.tensor(other))):
        np.testing.assert_allclose(y.detach().numpy(), ufunc(X, other), rtol=1e-12)
        assert y.requires_grad
    y = ufunc(other, leaf())
    np.testing.assert_allclose(y.detach().numpy(), ufunc(other, X), rtol=1e-12)
    assert y.requires_grad


def test_array_operators_record():
    x = leaf()
    for y, expected in ((X + x, X + X), (X - x, X - X), (X * x, X * X), (X / x, X / X), (X @ x.T, X @ X.T)):
        np.testing.assert_allclose(y.detach().numpy(), expected)
        assert y.requires_grad
    assert (X < x * 2.0).dtype is autograd.bool  # noqa: SIM300


FUNCTIONS = {
    "concatenate": lambda x: np.concatenate([x, x], axis=1), "stack": lambda x: np.stack([x, x]),
    "sum": lambda x: np.sum(x, axis=0), "mean": lambda x: np.mean(x, axis=1, keepdims=True), "max": lambda x: np.max(x, axis=0),
    "min": lambda x: np.min(x), "prod": lambda x: np.prod(x, axis=1), "var": lambda x: np.var(x, axis=0),
    "std": lambda x: np.std(x, ddof=1), "where": lambda x: np.where(X > 2, x, 0.0), "reshape": lambda x: np.reshape(x, (3, 2)),
    "transpose": np.transpose, "expand_dims": lambda x: np.expand_dims(x, 1), "squeeze": lambda x: np.squeeze(x[None]),
    "clip": lambda x: np.clip(x, 1.0, 3.0), "broadcast_to": lambda x: np.broadcast_to(x, (4, 2, 3)),
    "tensordot": lambda x: np.tensordot(x, X, axes=([1], [1])), "einsum": lambda x: np.einsum("ij,kj->ik", x, x),
    "dot": lambda x: np.dot(x, X.T), "cumsum": lambda x: np.cumsum(x, axis=1), "flip": lambda x: np.flip(x, 0),
    "roll": lambda x: np.roll(x, 1, axis=1), "tril": np.tril, "ravel": np.ravel, "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "moveaxis": lambda x: np.moveaxis(x, 0, 1), "add.reduce": lambda x: np.add.reduce(x, axis=None),
    "maximum.reduce": lambda x: np.maximum.reduce(x, axis=1), "take": lambda x: np.take(x, [0, 2], axis=1),
    "sort": lambda x: np.sort(x, axis=1), "outer": lambda x: np.outer(x[0], x[1]), "diagonal": np.diagonal,
    "norm": np.linalg.norm, "inv": lambda x: np.linalg.inv(x[:, :2]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_record(name):
    y = FUNCTIONS[name](leaf())
    assert isinstance(y, autograd.Tensor) and y.requires_grad
    np.testing.assert_allclose(y.detach().numpy(), FUNCTIONS[name](X), rtol=1e-12)


def test_a_function_without_counterpart_never_cuts_the_graph():
    with pytest.raises(TypeError, match=r"np\.gradient.*detach"):
        np.gradient(leaf())
    np.testing.assert_allclose(np.gradient(leaf().detach()[0]), np.gradient(X[0]))
    with pytest.raises(TypeError, match=r"np\.cbrt"):
        np.cbrt(leaf())


def test_writing_into_an_array_never_cuts_the_graph():
    a = X.copy()
    with pytest.raises(TypeError, match="detach"):
        a += leaf()
    a += leaf().detach()
    np.testing.assert_array_equal(a, 2 * X)


def test_array_is_detached_and_shares_memory():
    x = leaf()
    a = np.asarray(x)
    assert np.shares_memory(a, x._a)
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    assert not np.shares_memory(np.array(x), x._a)


def test_pickle_keeps_values_type_and_flag():
    for x in (leaf(), autograd.tensor([1, 2]), autograd.tensor(1 + 2j), leaf().T.detach()):
        y = pickle.loads(pickle.dumps(x))
        np.testing.assert_array_equal(y.detach().numpy(), x.detach().numpy())
        assert y.dtype is x.dtype and y.requires_grad == x.requires_grad


def test_deepcopy_copies_values_and_gradient():
    x = leaf()
    (x * 2.0).sum().backward()
    y = copy.deepcopy(x)
    assert y.requires_grad and y.grad is not x.grad
    np.testing.assert_array_equal(y.grad.numpy(), x.grad.numpy())
    with autograd.no_grad():
        y.zero_()
    np.testing.assert_array_equal(x.detach().numpy(), X)
    a, b = copy.deepcopy([x, x])
    assert a is b
    with pytest.raises(RuntimeError, match="deepcopy"):
        copy.deepcopy(x * 2.0)


def test_copy_shares_memory():
    x = autograd.tensor(X)
    y = copy.copy(x)
    assert y is not x and np.shares_memory(x._a, y._a)


def test_dlpack_both_ways_without_a_copy():
    x = autograd.tensor(X)
    a = np.from_dlpack(x)
    assert np.shares_memory(a, x._a)
    y = autograd.from_dlpack(X)
    assert np.shares_memory(y._a, X)
    with pytest.raises(BufferError, match="detach"):
        np.from_dlpack(leaf())


def test_attributes_can_be_set():
    x = leaf()
    x.note = "mine"
    assert x.note == "mine" and copy.deepcopy(x).note == "mine"


def test_numbers():
    one = autograd.tensor(3)
    assert (int(one), float(one), complex(one), [10, 20, 30, 40][one], f"{autograd.tensor(1.5):.2f}") == (3, 3.0, 3 + 0j, 40, "1.50")
    with pytest.raises(TypeError):
        _ = [1, 2][autograd.tensor(1.0)]


def test_iteration_length_truth():
    x = autograd.tensor(X)
    assert len(x) == 2 and [row.tolist() for row in x] == X.tolist()
    with pytest.raises(RuntimeError, match="ambiguous"):
        bool(x)
    with pytest.raises(TypeError, match="0-d"):
        len(autograd.tensor(1.0))
    with pytest.raises(TypeError, match="0-d"):
        iter(autograd.tensor(1.0))
    assert 3.5 in x and 7.0 not in x


def test_pandas_takes_tensors():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": autograd.tensor([1.0, 2.0]), "b": np.asarray(autograd.tensor([3, 4]))})
    assert frame["a"].tolist() == [1, 2] and frame["b"].tolist() == [3, 4]
    assert pandas.DataFrame(np.asarray(autograd.tensor(X))).shape == (2, 3)


def test_matplotlib_takes_tensors():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot
    figure, axes = pyplot.subplots()
    line, = axes.plot(autograd.tensor([1.0, 2.0, 3.0]), autograd.tensor([1.0, 4.0, 9.0], requires_grad=True))
    np.testing.assert_array_equal(line.get_ydata(), [1, 4, 9])
    axes.imshow(autograd.tensor(X))
    axes.hist(autograd.tensor(X[0]))
    pyplot.close(figure)
