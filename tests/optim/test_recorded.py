"""differentiable=True: a step is a differentiable function of all that enters it."""

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.testing import gradcheck

#: name -> options with which no rule is used at a kink
CASES = [
    ("SGD", {}), ("SGD", {"momentum": 0.9, "dampening": 0.1, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "maximize": True}),
    ("Adam", {"weight_decay": 0.1}), ("Adam", {"amsgrad": True, "maximize": True}), ("AdamW", {"lr": 0.1}),
    ("Adamax", {"weight_decay": 0.1}), ("NAdam", {"lr": 0.1}),
    ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    ("RAdam", {"lr": 0.1}), ("RAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True, "betas": (0.9, 0.6)}),
    ("Adagrad", {"initial_accumulator_value": 0.1, "lr_decay": 0.1}), ("Adadelta", {"weight_decay": 0.1}),
    ("RMSprop", {"centered": True, "momentum": 0.5}), ("RMSprop", {"weight_decay": 0.1, "maximize": True}),
    ("Rprop", {}), ("ASGD", {"t0": 1, "weight_decay": 0.1}),
]


def leaf(*shape, seed=0, dtype="float64"):
    rng = np.random.default_rng(seed)
    values = rng.uniform(0.5, 1.5, shape)
    if dtype == "complex128":
        values = values + 1j * rng.uniform(0.5, 1.5, shape)
    return autograd.tensor(values.astype(dtype), requires_grad=True)


def steps(name, options, start, gradients):
    """The parameter after a step for each gradient."""
    p = start * 1
    optimizer = getattr(optim, name)([p], differentiable=True, **options)
    for g in gradients:
        p.grad = g
        optimizer.step()
    return p


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{n}-{o}" for n, o in CASES])
def test_gradients_of_three_steps(name, options, dtype):
    inputs = tuple(leaf(2, 2, seed=i, dtype=dtype) for i in range(4))
    assert gradcheck(lambda start, *gs: steps(name, options, start, gs), inputs)


@pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{n}-{o}" for n, o in CASES])
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_numbers_are_those_of_plain_steps(name, options, dtype):
    start, gs = leaf(2, 2, dtype=dtype), [leaf(2, 2, seed=i, dtype=dtype) for i in range(1, 8)]
    q = nn.Parameter(start.detach().clone())
    optimizer = getattr(optim, name)([q], **options)
    for g in gs:
        q.grad = g.detach()
        optimizer.step()
    found = steps(name, options, start, gs)
    assert found.requires_grad and found.grad_fn is not None
    np.testing.assert_allclose(found.detach().numpy(), q.detach().numpy(), rtol=1e-13)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Adagrad", "Adadelta", "RMSprop",
                                  "Rprop", "ASGD"])
def test_gradients_of_the_learning_rate(name):
    lr = autograd.tensor(0.1, dtype=autograd.float64, requires_grad=True)
    gs = [leaf(3, seed=i).detach() for i in range(1, 4)]
    # The two numbers that ASGD keeps of the rate are in single precision, which finite differences would see.
    autograd.set_default_dtype(autograd.float64)
    try:
        assert gradcheck(lambda rate: steps(name, {"lr": rate}, leaf(3), gs), (lr,))
    finally:
        autograd.set_default_dtype(autograd.float32)


def test_gradients_of_all_options_of_adam():
    options = [autograd.tensor(v, dtype=autograd.float64, requires_grad=True) for v in (0.1, 0.8, 0.95, 0.2)]
    gs = [leaf(3, seed=i).detach() for i in range(1, 4)]

    def run(lr, beta1, beta2, decay):
        return steps("AdamW", {"lr": lr, "betas": (beta1, beta2), "weight_decay": decay}, leaf(3), gs)

    assert gradcheck(run, tuple(options))


def test_training_through_steps_of_a_model():
    """An inner loop whose learning rate is learned: parameters that the loss saved are not overwritten."""
    x, y = leaf(5, 2, seed=1).detach(), leaf(5, 1, seed=2).detach()

    def loss_after(lr):
        w = leaf(2, 1, seed=3) * 1
        optimizer = optim.SGD([w], lr=lr, momentum=0.5, differentiable=True)
        for _ in range(4):
            loss = (((x @ w).tanh() * w.sum() - y) ** 2).mean()
            w.grad, = autograd.grad(loss, [w], create_graph=True)
            optimizer.step()
        return (((x @ w).tanh() * w.sum() - y) ** 2).mean()

    lr = autograd.tensor([0.05], dtype=autograd.float64, requires_grad=True)
    assert gradcheck(loss_after, (lr,))
    before = loss_after(lr)
    outer = optim.SGD([lr], lr=0.1)
    before.backward()
    outer.step()
    assert loss_after(lr) < before


def test_state_is_part_of_the_record():
    p = leaf(2) * 1
    optimizer = optim.Adam([p], differentiable=True)
    average = leaf(2, seed=1)
    optimizer.state[p].update(step=autograd.tensor(1.0), exp_avg=average * 1, exp_avg_sq=leaf(2, seed=2) * 1)
    p.grad = leaf(2, seed=3)
    optimizer.step()
    p.sum().backward()
    assert (average.grad != 0).all()
    assert optimizer.state[p]["exp_avg"].requires_grad and not optimizer.state[p]["step"].requires_grad
    optimizer.state[p]["step"] = autograd.tensor(1.0, requires_grad=True)
    with pytest.raises(RuntimeError, match="`requires_grad` is not supported for `step` in differentiable mode"):
        optimizer.step()


def test_views_are_written_to_their_base():
    base = leaf(4) * 1
    p = base[:2]
    p.grad = leaf(2, seed=1)
    optim.SGD([p], lr=0.1, differentiable=True).step()
    expected = leaf(4).detach().numpy().copy()
    expected[:2] -= 0.1 * leaf(2, seed=1).detach().numpy()
    np.testing.assert_allclose(base.detach().numpy(), expected)
    base.sum().backward()


def test_what_is_recorded_and_what_is_refused():
    p = nn.Parameter(autograd.ones(2))
    p.grad = autograd.ones(2)
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        optim.SGD([p], differentiable=True).step()
    with pytest.raises(RuntimeError, match="`fused` does not support `differentiable`"):
        optim.SGD([p], differentiable=True, fused=True)
    q = p * 1
    q.grad = autograd.ones(2, requires_grad=True)
    with autograd.no_grad():
        optimizer = optim.SGD([q], lr=0.1, differentiable=True)
        assert optimizer.step(lambda: 3.0) == 3.0
    assert q.requires_grad and q._version == 1
    q.sum().backward()
    assert p.grad.tolist() == [2.0, 2.0]
    with pytest.raises(ValueError, match="non-leaf"):
        optim.SGD([p * 1])
