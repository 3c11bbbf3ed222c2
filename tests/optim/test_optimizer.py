"""Optimizers: what must hold whatever the rule."""

import math

import numpy as np
import pytest
from optimizer_setup import ALL, gradients, parameters, values

import autograd
import nn
import optim
from autograd.kernels.compiled import late
from optim.batch import LARGE
from optim.optimizer import required


@pytest.mark.parametrize("name", ALL)
def test_together_is_the_same_as_alone(name):
    together, alone = parameters(), parameters()
    one = getattr(optim, name)(together, lr=0.01)
    many = [getattr(optim, name)([p], lr=0.01) for p in alone]
    for step in range(5):
        gradients(together, step)
        gradients(alone, step)
        one.step()
        for o in many:
            o.step()
    for p, q in zip(together, alone, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-13)
    for p, q, o in zip(together, alone, many, strict=True):
        for key, value in o.state[q].items():
            np.testing.assert_allclose(one.state[p][key].numpy(), value.numpy(), rtol=1e-13)


@pytest.mark.parametrize("name", ALL)
def test_goes_down_and_maximize_goes_up(name):
    for maximize, sign in ((False, 1), (True, -1)):
        p = nn.Parameter(autograd.tensor([2.0, -3.0]))
        optimizer = getattr(optim, name)([p], maximize=maximize, lr=0.1)
        before = (p ** 2).sum().item()
        for _ in range(20):
            optimizer.zero_grad()
            (sign * (p ** 2).sum()).backward()
            optimizer.step()
        assert (p ** 2).sum().item() < before


@pytest.mark.parametrize("name", ALL)
def test_layouts_types_and_missing_gradients(name):
    base = autograd.tensor(np.arange(12.0).reshape(3, 4))
    turned = nn.Parameter(base.T)
    large = nn.Parameter(autograd.ones(100, LARGE // 50).T)
    ps = [turned, nn.Parameter(autograd.ones(2, dtype=autograd.float32)), large, nn.Parameter(autograd.ones(3).half()),
          nn.Parameter(autograd.ones(2, dtype=autograd.complex64)), nn.Parameter(autograd.ones(1))]
    optimizer = getattr(optim, name)(ps, lr=0.1)
    for _ in range(2):
        for p in ps[:-1]:
            p.grad = autograd.ones_like(p)
        optimizer.step()
    assert not turned.is_contiguous() and (turned != autograd.tensor(np.arange(12.0).reshape(3, 4)).T).all()
    assert (large != 1).all() and large.detach().numpy().std() < 1e-6
    assert [p.dtype for p in ps[1:4]] == [autograd.float32, autograd.float32, autograd.float16]
    assert (ps[3] != 1).all() and (ps[4].real != 1).all()
    assert ps[-1].item() == 1
    if name not in ("Adagrad",):
        assert ps[-1] not in optimizer.state


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_gradients_that_come_and_go(name):
    options = {"momentum": 0.9} if name == "SGD" else {}
    ps, alone = parameters([(2,), (3,)]), parameters([(2,), (3,)])
    one, many = getattr(optim,
                        name)(ps, lr=0.1, **options), [getattr(optim, name)([p], lr=0.1, **options) for p in alone]
    for step in range(8):
        gradients(ps, step)
        gradients(alone, step)
        if step % 3:
            ps[0].grad = alone[0].grad = None
        one.step()
        for o in many:
            o.step()
    for p, q in zip(ps, alone, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-13)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adagrad"])
def test_replaced_data_and_state_are_noticed(name):
    options = {"momentum": 0.9} if name == "SGD" else {}
    key = {"SGD": "momentum_buffer", "Adam": "exp_avg", "Adagrad": "sum"}[name]
    ps, qs = parameters([(2,), (3,)]), parameters([(2,), (3,)])
    a, b = getattr(optim, name)(ps, lr=0.1, **options), getattr(optim, name)(qs, lr=0.1, **options)
    for step in range(4):
        gradients(ps, step)
        gradients(qs, step)
        a.step()
        b.step()
        if step == 1:
            ps[0].data = autograd.ones(2, dtype=autograd.float64)  # another array
            with autograd.no_grad():
                qs[0].fill_(1)                                     # the same, written to
            a.state[ps[1]][key] = autograd.zeros(3, dtype=autograd.float64)
            b.state[qs[1]][key].zero_()
    for p, q in zip(ps, qs, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-13)
    a.state.clear()
    gradients(ps, 9)
    a.step()
    assert a.state[ps[0]][key].shape == (2,)


def test_a_parameter_of_another_shape_is_an_error_that_names_the_state():
    p = parameters([(2, 2)])[0]
    optimizer = optim.Adam([p])
    gradients([p], 0)
    optimizer.step()
    p.data = autograd.ones(3, dtype=autograd.float64)
    gradients([p], 1)
    with pytest.raises(RuntimeError, match=r"'exp_avg' has shape \[2, 2\], and its parameter now has shape \[3\]"):
        optimizer.step()
    del optimizer.state[p]
    optimizer.step()
    assert optimizer.state[p]["exp_avg"].shape == (3,)


def test_state_tensors_are_shared_with_the_update():
    ps = parameters([(2,), (2, 2)])
    optimizer = optim.Adam(ps)
    gradients(ps, 0)
    optimizer.step()
    first = optimizer.state[ps[1]]["exp_avg"]
    gradients(ps, 1)
    optimizer.step()
    assert optimizer.state[ps[1]]["exp_avg"] is first and first._version > 0
    assert optimizer.state[ps[0]]["step"].item() == 2


@pytest.mark.parametrize("jit", ["0", "now"])
@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop"])
def test_parameters_that_share_memory(name, jit):
    """Each sees what the one before it has written."""
    results = []
    for together in (True, False):
        whole = autograd.tensor([1., 2., 3.])
        ps = [part.detach().requires_grad_() for part in (whole[:2], whole[1:])]
        optimizers = [getattr(optim, name)(part, lr=0.1) for part in ([ps] if together else [[p] for p in ps])]
        with late.choose(jit):
            for _ in range(3):
                for p, g in zip(ps, ([0.5, -0.5], [0.25, -1.0]), strict=True):
                    p.grad = autograd.tensor(g)
                for optimizer in optimizers:
                    optimizer.step()
        results.append(whole.tolist())
    assert results[0] == results[1]


def test_a_gradient_that_is_not_a_number_moves_nothing_in_rprop():
    for differentiable in (False, True):
        p = autograd.tensor([1., 2.]).requires_grad_()
        with autograd.no_grad():
            p = p * 1 if differentiable else p
        optimizer = optim.Rprop([p], lr=0.1, differentiable=differentiable)
        for _ in range(2):
            p.grad = autograd.tensor([math.nan, 1.])
            optimizer.step()
        np.testing.assert_allclose(p.detach().numpy(), [1, 2 - 0.1 - 0.12], rtol=1e-6)


def test_a_step_counts_as_a_write():
    for shape in ((2,), (LARGE + 1,)):
        p, q = nn.Parameter(autograd.ones(shape)), nn.Parameter(autograd.ones(shape))
        optimizer = optim.SGD([p, q], lr=0.1)
        y = (p * q).sum()
        y.backward(retain_graph=True)
        optimizer.step()
        assert p._version == 1
        with pytest.raises(RuntimeError, match="modified by an inplace"):
            y.backward()


def test_tensor_learning_rate_and_changed_options():
    p, q = nn.Parameter(autograd.ones(2)), nn.Parameter(autograd.ones(2))
    a, b = optim.Adam([p], lr=autograd.tensor(0.1)), optim.Adam([q], lr=0.1)
    for step in range(4):
        for x, o in ((p, a), (q, b)):
            x.grad = autograd.ones(2)
            o.step()
        if step == 1:
            a.param_groups[0]["lr"].fill_(0.5)
            b.param_groups[0]["lr"] = 0.5
            for o in (a, b):
                o.param_groups[0]["betas"] = (0.5, 0.5)
                o.param_groups[0]["amsgrad"] = True
    assert autograd.allclose(p, q) and "max_exp_avg_sq" in a.state[p]
    with pytest.raises(ValueError, match="1-element"):
        optim.SGD([p], lr=autograd.ones(2))


def test_groups():
    ps = parameters([(1,), (1,), (1,)])
    optimizer = optim.SGD([{"params": [ps[0]]}, {"params": ps[1], "lr": 1.0}], lr=0.1)
    optimizer.add_param_group({"params": [ps[2]], "lr": 10.0})
    before = values(ps)
    for p in ps:
        p.grad = autograd.ones_like(p)
    optimizer.step()
    assert [float((a - b.detach().numpy())[0]) for a, b in zip(before, ps, strict=True)] == pytest.approx([0.1, 1, 10])
    assert "Parameter Group 2\n    dampening: 0" in repr(optimizer)


@pytest.mark.parametrize(("make", "error", "words"), [
    (lambda p: optim.SGD([]), ValueError, "optimizer got an empty parameter list"),
    (lambda p: optim.SGD(p[0]), TypeError, "should be an iterable of Tensors or dicts"),
    (lambda p: optim.SGD([3]), TypeError, "can only optimize Tensors, but one of the params is int"),
    (lambda p: optim.SGD([p[0] * 2]), ValueError, "can't optimize a non-leaf Tensor"),
    (lambda p: optim.SGD([{"params": set(p)}]), TypeError, "ordered collections"),
    (lambda p: optim.SGD([{"params": p}, {"params": p[:1]}]), ValueError, "more than one parameter group"),
    (lambda p: optim.SGD([("a", p[0]), p[1]]), ValueError, "Some param names are missing"),
    (lambda p: optim.SGD([{"params": [("a", p[0])]}, {"params": [p[1]]}]), ValueError, "with/without names"),
    (lambda p: optim.SGD(p).add_param_group([p]), TypeError, "param_group must be a dict"),
    (lambda p: optim.SGD(p, lr=-1), ValueError, "Invalid learning rate: -1"),
    (lambda p: optim.Adam(p, betas=(0.9, 1.0)), ValueError, "Invalid beta parameter at index 1: 1.0"),
    (lambda p: optim.Adam(p, lr=math.nan), ValueError, "Invalid learning rate: nan"),
    (lambda p: optim.Adam(p, fused=True, foreach=True), RuntimeError, "cannot be `True` together"),
    (lambda p: optim.Optimizer(p, {"lr": required}), ValueError, "required optimization parameter lr"),
    (lambda p: optim.Optimizer(p, {}).step(), NotImplementedError, "does not define step"),
])
def test_errors(make, error, words):
    with pytest.raises(error, match=words):
        make(parameters([(1,), (1,)]))


def test_duplicates_warn_and_names_are_kept():
    p = parameters([(1,)])[0]
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optim.SGD([p, p])
    m = nn.Linear(1, 1)
    optimizer = optim.SGD(m.named_parameters())
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


def test_zero_grad():
    ps = parameters([(2,), (3,)])
    optimizer = optim.SGD(ps)
    gradients(ps, 0)
    ps[1].requires_grad_(False)
    optimizer.zero_grad(set_to_none=False)
    assert all((p.grad == 0).all() for p in ps)
    optimizer.zero_grad()
    assert all(p.grad is None for p in ps)


def test_closure_runs_with_gradients_on():
    p = nn.Parameter(autograd.ones(1))
    optimizer = optim.SGD([p], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (p * 2).sum()
        loss.backward()
        return loss

    with autograd.no_grad():
        assert optimizer.step(closure).item() == 2
    assert p.item() == 0
