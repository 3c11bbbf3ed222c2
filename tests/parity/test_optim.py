"""Optimizers and schedules beside PyTorch's: the same trajectories, state, options and repr."""

import copy

import numpy as np
import pytest

import autograd
import nn
import optim

torch = pytest.importorskip("torch")

SHAPES = [(16, 2), (16,), (16, 16), (1,), (), (100, 90)]  # the last is too large to be updated with the others

OPTIMIZERS = [
    ("SGD", {}), ("SGD", {"momentum": 0.9}), ("SGD", {"momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True}),
    ("Adam", {}), ("Adam", {"amsgrad": True, "weight_decay": 0.1}),
    ("Adam", {"maximize": True, "lr": 0.1, "decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.01}), ("AdamW", {"lr": 0.01, "amsgrad": True, "maximize": True}),
    ("Adamax", {}), ("Adamax", {"weight_decay": 0.1, "maximize": True}),
    ("NAdam", {}), ("NAdam", {"weight_decay": 0.1}),
    ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    ("RAdam", {}), ("RAdam", {"weight_decay": 0.1, "betas": (0.9, 0.9)}),
    ("RAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.1, "maximize": True}),
    ("Adadelta", {}), ("Adadelta", {"weight_decay": 0.1, "maximize": True}),
    ("RMSprop", {}), ("RMSprop", {"momentum": 0.9, "centered": True, "weight_decay": 0.1}),
    ("RMSprop", {"centered": True, "maximize": True}),
    ("Rprop", {}), ("Rprop", {"maximize": True, "etas": (0.4, 1.3)}),
    ("ASGD", {}), ("ASGD", {"t0": 5, "lambd": 0.1, "weight_decay": 0.1, "lr": 0.1, "maximize": True}),
]


def pair(name, options, kind):
    rng = np.random.default_rng(0)
    arrays = [draw(rng, shape, kind) for shape in SHAPES]
    theirs = [torch.nn.Parameter(torch.tensor(a)) for a in arrays]
    ours = [nn.Parameter(autograd.tensor(a)) for a in arrays]
    return (ours, getattr(optim, name)(ours, **options)), (theirs, getattr(torch.optim, name)(theirs, **options)), rng


def draw(rng, shape, kind):
    values = np.asarray(rng.standard_normal(shape))
    if kind == "complex128":
        values = values + 1j * rng.standard_normal(shape)
    return values.astype(kind)


def give_gradients(ours, theirs, rng, kind, missing=()):
    for i, (p, q) in enumerate(zip(ours, theirs, strict=True)):
        g = draw(rng, p.shape, kind)
        p.grad = None if i in missing else autograd.tensor(g)
        q.grad = None if i in missing else torch.tensor(g)


def same_state(ours, theirs, tolerance):
    ours, theirs = ours.state_dict(), theirs.state_dict()
    assert ours["param_groups"] == theirs["param_groups"]
    assert {k: list(v) for k, v in ours["state"].items()} == {k: list(v) for k, v in theirs["state"].items()}
    for key, state in theirs["state"].items():
        for name, value in state.items():
            found = ours["state"][key][name]
            assert tuple(found.shape) == tuple(value.shape)
            assert str(found.dtype).split(".")[1] == str(value.dtype).split(".")[1]
            # Both keep numbers such as mu_product in single precision.
            np.testing.assert_allclose(found.numpy(), value.numpy(), rtol=tolerance if found.ndim else 1e-6,
                                       atol=tolerance)


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=[f"{n}-{o}" for n, o in OPTIMIZERS])
@pytest.mark.parametrize(("kind", "tolerance"), [("float64", 1e-9), ("float32", 2e-5), ("complex128", 1e-9)])
def test_trajectory(name, options, kind, tolerance):
    (ours, optimizer), (theirs, reference), rng = pair(name, options, kind)
    for step in range(20):
        # One parameter has a gradient in some steps only, and one has none at first.
        missing = {1} if step % 3 == 0 else {3} if step < 4 else set()
        give_gradients(ours, theirs, rng, kind, missing)
        optimizer.step()
        reference.step()
        if step == 10:  # the rest from a checkpoint
            optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=tolerance, atol=tolerance)
    assert repr(optimizer) == repr(reference)
    same_state(optimizer, reference, tolerance)


def test_groups_and_closure():
    (ours, _), (theirs, _), rng = pair("SGD", {}, "float64")
    optimizer = optim.Adam([{"params": ours[:2]}, {"params": ours[2:], "lr": 0.1, "betas": (0.5, 0.9)}], lr=0.01)
    reference = torch.optim.Adam([{"params": theirs[:2]}, {"params": theirs[2:], "lr": 0.1, "betas": (0.5, 0.9)}],
                                 lr=0.01)
    for _ in range(5):
        give_gradients(ours, theirs, rng, "float64")
        assert optimizer.step(lambda: 3.0) == reference.step(lambda: 3.0)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-12)
    assert repr(optimizer) == repr(reference)


def test_their_checkpoint_loads_here():
    (ours, optimizer), (theirs, reference), rng = pair("Adam", {"amsgrad": True}, "float64")
    for _ in range(3):
        give_gradients(ours, theirs, rng, "float64")
        reference.step()
    for p, q in zip(ours, theirs, strict=True):
        p.data = autograd.tensor(q.detach().numpy())
    state = reference.state_dict()
    state["state"] = {k: {n: autograd.tensor(t.numpy()) for n, t in v.items()} for k, v in state["state"].items()}
    optimizer.load_state_dict(state)
    for _ in range(3):
        give_gradients(ours, theirs, rng, "float64")
        reference.step()
        optimizer.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-12)


BAD = [
    ("SGD", {"lr": -1}), ("SGD", {"momentum": -1}), ("SGD", {"weight_decay": -1}), ("SGD", {"nesterov": True}),
    ("Adam", {"lr": -1}), ("Adam", {"eps": -1}), ("Adam", {"betas": (1.0, 0.5)}), ("Adam", {"betas": (0.5, -0.1)}),
    ("AdamW", {"weight_decay": -1}), ("NAdam", {"momentum_decay": -1}), ("RMSprop", {"alpha": -1}),
    ("Rprop", {"etas": (1, 2)}),
    ("Adadelta", {"rho": 2}), ("Adagrad", {"lr_decay": -1}), ("Adagrad", {"initial_accumulator_value": -1}),
]


@pytest.mark.parametrize(("name", "options"), BAD, ids=[f"{n}-{o}" for n, o in BAD])
def test_bad_options(name, options):
    with pytest.raises(ValueError) as theirs:
        getattr(torch.optim, name)([torch.nn.Parameter(torch.zeros(1))], **options)
    with pytest.raises(ValueError) as ours:
        getattr(optim, name)([nn.Parameter(autograd.zeros(1))], **options)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("make", [
    lambda o, p: o([]), lambda o, p: o(p[0]), lambda o, p: o([1]), lambda o, p: o([p[0] * 2]),
    lambda o, p: o([{"params": set(p)}]),
    lambda o, p: o([{"params": [p[0]]}, {"params": [p[0]]}]), lambda o, p: o([("a", p[0]), p[1]]),
])
def test_bad_parameters(make):
    with pytest.raises((ValueError, TypeError)) as theirs:
        make(torch.optim.SGD, [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)])
    with pytest.raises(type(theirs.value)) as ours:
        make(optim.SGD, [nn.Parameter(autograd.zeros(1)) for _ in range(2)])
    assert str(ours.value).startswith(str(theirs.value)[:40])


SCHEDULES = {
    "LambdaLR": lambda s, o: s.LambdaLR(o, [lambda n: 0.95 ** n, lambda n: n // 3]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda n: 0.9),
    "StepLR": lambda s, o: s.StepLR(o, 3, 0.5),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [2, 5, 5, 9]),
    "ConstantLR": lambda s, o: s.ConstantLR(o, 0.5, 4),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.25, 0.75, 6),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.8),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, 8, 2.0),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 5, 0.01),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=20),
    "OneCycleLR-linear": lambda s, o: s.OneCycleLR(o, [0.5, 0.2], epochs=5, steps_per_epoch=4, anneal_strategy="linear",
                                                   three_phase=True, pct_start=0.2),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 3),
    "CyclicLR-triangular2": lambda s, o: s.CyclicLR(o, 0.01, [0.1, 0.2], 3, 2, mode="triangular2"),
    "CyclicLR-exp": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 3, mode="exp_range", gamma=0.9, cycle_momentum=False),
    "CyclicLR-function": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 3, scale_fn=lambda x: 1 / x, scale_mode="cycle"),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9), s.StepLR(o, 2)], [3, 7]),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)]),
}


def groups(library, zeros, kind, name):
    p, q = library.Parameter(zeros(1)), library.Parameter(zeros(2))
    return getattr(kind, name)([{"params": [p]}, {"params": [q], "lr": 0.3}], lr=0.1, **(
        {"momentum": 0.9} if name == "SGD" else {}))


@pytest.mark.parametrize("which", SCHEDULES)
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_schedule(which, optimizer):
    theirs = groups(torch.nn, torch.zeros, torch.optim, optimizer)
    ours = groups(nn, autograd.zeros, optim, optimizer)
    reference = SCHEDULES[which](torch.optim.lr_scheduler, theirs)
    schedule = SCHEDULES[which](optim.lr_scheduler, ours)
    for step in range(18):
        assert [g["lr"] for g in ours.param_groups] == pytest.approx([g["lr"] for g in theirs.param_groups],
                                                                     rel=1e-12), step
        assert schedule.get_last_lr() == pytest.approx(reference.get_last_lr(), rel=1e-12)
        for key in ("momentum", "betas"):
            if key in theirs.param_groups[0]:
                assert ours.param_groups[0][key] == pytest.approx(theirs.param_groups[0][key], rel=1e-12)
        theirs.step()
        ours.step()
        if step == 7:  # go on from saved state
            state, options = schedule.state_dict(), ours.state_dict()
            ours = groups(nn, autograd.zeros, optim, optimizer)
            schedule = SCHEDULES[which](optim.lr_scheduler, ours)
            schedule.load_state_dict(state)
            ours.load_state_dict(options)
            ours.step()
        reference.step()
        schedule.step()


@pytest.mark.parametrize("options", [
    {}, {"mode": "max", "threshold_mode": "abs", "threshold": 0.5, "cooldown": 1, "factor": 0.5, "min_lr": 0.02}])
def test_plateau(options):
    theirs, ours = groups(torch.nn, torch.zeros, torch.optim, "SGD"), groups(nn, autograd.zeros, optim, "SGD")
    reference = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, patience=2, **options)
    schedule = optim.lr_scheduler.ReduceLROnPlateau(ours, patience=2, **options)
    rng = np.random.default_rng(1)
    for value in np.concatenate([np.linspace(3, 1, 5), 1 + rng.uniform(0, 0.3, 25)]):
        reference.step(value)
        schedule.step(autograd.tensor(value))
        assert schedule.get_last_lr() == pytest.approx(reference.get_last_lr(), rel=1e-12)
        assert schedule.num_bad_epochs == reference.num_bad_epochs


@pytest.mark.parametrize("options",
                         [{"lr": 0.1}, {"line_search_fn": "strong_wolfe"},
                          {"history_size": 2, "max_iter": 7, "lr": 0.5},
                                     {"line_search_fn": "strong_wolfe", "history_size": 3, "max_eval": 9}])
def test_lbfgs(options):
    rng = np.random.default_rng(0)
    start, x, y = rng.standard_normal((2, 3)), rng.standard_normal((50, 2)), rng.standard_normal((50, 3))

    def run(library, layers, optimizers):
        w, b = layers.Parameter(library.tensor(start)), layers.Parameter(library.tensor(start[0] * 0))
        optimizer = optimizers.LBFGS([w, b], **options)
        losses = []

        def closure():
            optimizer.zero_grad()
            loss = (((library.tensor(x) @ w + b).tanh() - library.tensor(y)) ** 4).mean() + (w ** 2).sum() * 0.01
            loss.backward()
            losses.append(loss.item())
            return loss

        for i in range(4):
            optimizer.step(closure)
            if i == 1:
                optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        return losses, optimizer.state_dict()["state"][0]

    ours, state = run(autograd, nn, optim)
    theirs, reference = run(torch, torch.nn, torch.optim)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert (state["n_iter"], state["func_evals"]) == (reference["n_iter"], reference["func_evals"])
