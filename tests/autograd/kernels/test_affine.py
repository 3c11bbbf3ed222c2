"""Fully connected layers: all gradients at once are those of the rules one by one."""

import itertools

import numpy as np
import pytest

import autograd
from autograd.ops.linear import linear
from autograd.primitive import primitive

SIZES = [(1, 1, 1), (100, 2, 16), (100, 16, 1), (1, 40, 30), (700, 3, 20), (300, 300, 40), (9000, 1, 1)]


def operands(rows, terms, outputs, dtype):
    rng = np.random.default_rng(0)
    shapes = ((rows, terms), (outputs, terms), (outputs,), (rows, outputs))
    return [rng.standard_normal(s).astype(dtype) for s in shapes]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", SIZES)
def test_values_and_gradients(sizes, dtype):
    x, w, b, g = operands(*sizes, dtype)
    tensors = [autograd.tensor(a, requires_grad=True) for a in (x, w, b)]
    out = linear(*tensors)
    out.backward(autograd.tensor(g))
    xs, ws, bs, gs = (a.astype("float64") for a in (x, w, b, g))
    eps = np.finfo(dtype).eps
    expected = [(xs @ ws.T + bs, np.abs(xs) @ np.abs(ws.T) + np.abs(bs)), (gs @ ws, np.abs(gs) @ np.abs(ws)),
                (gs.T @ xs, np.abs(gs.T) @ np.abs(xs)), (gs.sum(0), np.abs(gs).sum(0))]
    for found, (value, size) in zip([out, *[t.grad for t in tensors]], expected, strict=True):
        assert found.detach().numpy().dtype == dtype
        assert (np.abs(found.detach().numpy() - value) <= max(sizes) * eps * size).all()


@pytest.mark.parametrize("wanted", [w for n in (1, 2) for w in itertools.combinations(range(3), n)])
def test_of_some_inputs_only(wanted):
    arrays = operands(5, 4, 3, "float64")
    whole = [autograd.tensor(a, requires_grad=True) for a in arrays[:3]]
    g = autograd.tensor(arrays[3])
    everything = autograd.grad(linear(*whole), whole, g)
    # Asked for some of all, and where only some have a gradient at all.
    asked = autograd.grad(linear(*whole), [whole[i] for i in wanted], g)
    some = [autograd.tensor(a, requires_grad=i in wanted) for i, a in enumerate(arrays[:3])]
    leaves = autograd.grad(linear(*some), [some[i] for i in wanted], g)
    for i, a, b in zip(wanted, asked, leaves, strict=True):
        assert (a.numpy() == everything[i].numpy()).all() and (b.numpy() == everything[i].numpy()).all()


@pytest.mark.parametrize("shape", [(1,), (), (5, 3), (1, 3)])
def test_bias_that_broadcasts(shape):
    x, w, _, g = (autograd.tensor(a, requires_grad=True) for a in operands(5, 4, 3, "float64"))
    b = autograd.ones(shape, dtype=autograd.float64, requires_grad=True)
    linear(x, w, b).backward(g.detach())
    assert b.grad.shape == shape
    assert np.allclose(b.grad.numpy(), g.detach().sum_to_size(shape).numpy())


def test_gradients_of_other_memory():
    x, w, b, g = operands(6, 4, 3, "float32")
    t = [autograd.tensor(a, requires_grad=True) for a in (x, w, b)]
    linear(t[0].T.contiguous().T, t[1], t[2]).backward(autograd.tensor(g[:1]).expand(6, 3))
    assert np.allclose(t[1].grad.numpy(), np.repeat(g[:1], 6, 0).T @ x, rtol=1e-5)
    assert np.allclose(t[2].grad.numpy(), 6 * g[0], rtol=1e-5)


def test_names_that_no_rule_saved():
    with pytest.raises(TypeError, match="at_once names option, which no rule has saved"):
        @primitive(vjp={"x": lambda g: g}, at_once=lambda g, option, shapes: None, method=False, name="wrong_at_once")
        def wrong(x, option):
            return x
