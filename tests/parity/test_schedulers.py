"""Schedules beside PyTorch's: the same rates and momenta over many steps, state, errors and warnings."""

from __future__ import annotations

import copy
import inspect
import math
import types
import warnings
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from optim import swa_utils

torch = pytest.importorskip("torch")

OURS = types.SimpleNamespace(lib=autograd, nn=nn, optim=optim)
THEIRS = types.SimpleNamespace(lib=torch, nn=torch.nn, optim=torch.optim)


def namespace(side):
    """All schedulers of a library."""
    return types.SimpleNamespace(**vars(side.optim.lr_scheduler), SWALR=side.optim.swa_utils.SWALR)


class Steep:
    """A callable object, whose attributes are part of the state."""

    def __init__(self):
        self.base = 0.97

    def __call__(self, n):
        return self.base ** n


#: name -> (constructor from the library's schedulers and an optimizer of two groups, how many steps it allows)
SCHEDULES: dict[str, tuple[Any, int]] = {
    "LambdaLR": (lambda s, o: s.LambdaLR(o, [lambda n: 0.95 ** n, lambda n: n // 3]), 60),
    "LambdaLR-object": (lambda s, o: s.LambdaLR(o, [Steep(), Steep()]), 60),
    "MultiplicativeLR": (lambda s, o: s.MultiplicativeLR(o, lambda n: 0.9), 60),
    "MultiplicativeLR-each": (lambda s, o: s.MultiplicativeLR(o, [lambda n: 1 + 1 / n, Steep()]), 60),
    "StepLR": (lambda s, o: s.StepLR(o, 3, 0.5), 60),
    "StepLR-1": (lambda s, o: s.StepLR(o, step_size=1), 60),
    "MultiStepLR": (lambda s, o: s.MultiStepLR(o, [2, 5, 5, 29]), 60),
    "MultiStepLR-none": (lambda s, o: s.MultiStepLR(o, [], gamma=0.5), 60),
    "ConstantLR": (lambda s, o: s.ConstantLR(o, 0.5, 4), 60),
    "ConstantLR-default": (lambda s, o: s.ConstantLR(o), 60),
    "LinearLR": (lambda s, o: s.LinearLR(o, 0.25, 0.75, 36), 60),
    "LinearLR-down": (lambda s, o: s.LinearLR(o, 1.0, 0.0, 30), 60),
    "ExponentialLR": (lambda s, o: s.ExponentialLR(o, 0.8), 60),
    "PolynomialLR": (lambda s, o: s.PolynomialLR(o, 40, 2.0), 60),
    "PolynomialLR-default": (lambda s, o: s.PolynomialLR(o), 60),
    "CosineAnnealingLR": (lambda s, o: s.CosineAnnealingLR(o, 5, 0.01), 60),
    "CosineAnnealingLR-long": (lambda s, o: s.CosineAnnealingLR(o, 45), 60),
    "CosineAnnealingWarmRestarts": (lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 2, 0.01), 60),
    "CosineAnnealingWarmRestarts-1": (lambda s, o: s.CosineAnnealingWarmRestarts(o, 7), 60),
    "OneCycleLR": (lambda s, o: s.OneCycleLR(o, 0.5, total_steps=60), 59),
    "OneCycleLR-linear": (lambda s, o: s.OneCycleLR(o, [0.5, 0.2], epochs=5, steps_per_epoch=12, anneal_strategy="linear",
                                                    three_phase=True, pct_start=0.2), 59),
    "OneCycleLR-momentum": (lambda s, o: s.OneCycleLR(o, 0.5, 60, base_momentum=[0.5, 0.6], max_momentum=0.99,
                                                      div_factor=4.0, final_div_factor=10.0), 59),
    "OneCycleLR-fixed": (lambda s, o: s.OneCycleLR(o, 0.5, 60, cycle_momentum=False, three_phase=True), 59),
    "CyclicLR": (lambda s, o: s.CyclicLR(o, 0.01, 0.1, 3), 60),
    "CyclicLR-triangular2": (lambda s, o: s.CyclicLR(o, 0.01, [0.1, 0.2], 3, 2, mode="triangular2"), 60),
    "CyclicLR-exp": (lambda s, o: s.CyclicLR(o, 0.01, 0.1, 3, mode="exp_range", gamma=0.9, cycle_momentum=False), 60),
    "CyclicLR-function": (lambda s, o: s.CyclicLR(o, 0.01, 0.1, 3, scale_fn=lambda x: 1 / x, scale_mode="cycle"), 60),
    "CyclicLR-iterations": (lambda s, o: s.CyclicLR(o, [0.01, 0.02], 0.1, 4, scale_fn=Steep(), scale_mode="iterations",
                                                    base_momentum=0.1, max_momentum=[0.5, 0.6]), 60),
    "SequentialLR": (lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9), s.StepLR(o, 2)], [3, 27]), 60),
    "SequentialLR-warmup": (lambda s, o: s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=10),
                                                            s.CosineAnnealingLR(o, 50)], milestones=[10]), 60),
    "SequentialLR-chained": (lambda s, o: s.SequentialLR(
        o, [s.ChainedScheduler([s.ConstantLR(o, 0.5, 3), s.ExponentialLR(o, 0.9)]), s.StepLR(o, 4)], [8]), 60),
    "ChainedScheduler": (lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)]), 60),
    "ChainedScheduler-3": (lambda s, o: s.ChainedScheduler(
        [s.LinearLR(o, 0.1, total_iters=20), s.MultiStepLR(o, [10, 40]), s.MultiplicativeLR(o, lambda n: 1.01)], optimizer=o),
        60),
    "SWALR": (lambda s, o: s.SWALR(o, 0.05), 60),
    "SWALR-linear": (lambda s, o: s.SWALR(o, [0.05, 0.4], 20, "linear"), 60),
    "SWALR-at-once": (lambda s, o: s.SWALR(o, swa_lr=0.05, anneal_epochs=0), 60),
}


def make_schedule(which, side, optimizer):
    with warnings.catch_warnings():
        if which == "SequentialLR-chained":  # steps the chain while it is made, and warns, in both
            warnings.simplefilter("ignore")
        return SCHEDULES[which][0](namespace(side), optimizer)


def make_optimizer(side, name, tensor_lr=False):
    p, q = side.nn.Parameter(side.lib.zeros(1)), side.nn.Parameter(side.lib.zeros(2))
    rates = [side.lib.tensor(lr, dtype=side.lib.float64) if tensor_lr else lr for lr in (0.1, 0.3)]
    options = {"momentum": 0.9} if name == "SGD" else {}
    return getattr(side.optim, name)([{"params": [p]}, {"params": [q], "lr": rates[1]}], lr=rates[0], **options)


def seen(optimizer, schedule):
    """All numbers that a schedule sets."""
    groups = optimizer.param_groups
    found = [float(lr) for lr in schedule.get_last_lr()] + [float(group["lr"]) for group in groups]
    for group in groups:
        found += [group["momentum"]] if "momentum" in group else [*group["betas"]]
    return found


@pytest.mark.parametrize("tensor_lr", [False, True], ids=["number", "tensor"])
@pytest.mark.parametrize("name", ["SGD", "Adam"])
@pytest.mark.parametrize("which", SCHEDULES)
def test_sequence(which, name, tensor_lr):
    steps = SCHEDULES[which][1]
    theirs, ours = make_optimizer(THEIRS, name, tensor_lr), make_optimizer(OURS, name, tensor_lr)
    reference, schedule = make_schedule(which, THEIRS, theirs), make_schedule(which, OURS, ours)
    for step in range(steps):
        np.testing.assert_allclose(seen(ours, schedule), seen(theirs, reference), rtol=1e-11, atol=1e-14, err_msg=str(step))
        theirs.step()
        ours.step()
        if step in (7, steps // 2):  # go on from saved state
            state, options = copy.deepcopy((schedule.state_dict(), ours.state_dict()))
            ours = make_optimizer(OURS, name, tensor_lr)
            schedule = make_schedule(which, OURS, ours)
            schedule.load_state_dict(state)
            ours.load_state_dict(options)
            ours.step()
        reference.step()
        schedule.step()


def plain(state):
    """A state of a schedule without what cannot be compared: tensors become numbers."""
    if isinstance(state, dict):
        return {k: plain(v) for k, v in state.items()}
    if isinstance(state, (list, tuple)):
        return [plain(v) for v in state]
    return float(state) if isinstance(state, (float, torch.Tensor, autograd.Tensor)) else state


def close(a, b, where=""):
    if isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for k in a:
            close(a[k], b[k], f"{where}[{k!r}]")
    elif isinstance(a, list):
        assert len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            close(x, y, f"{where}[{i}]")
    else:
        assert a == (pytest.approx(b, rel=1e-11) if isinstance(a, float) else b), where


@pytest.mark.parametrize("which", SCHEDULES)
def test_state_is_theirs_and_is_exchanged(which):
    """A state dict has PyTorch's entries, and a run goes on in the other library."""
    steps = SCHEDULES[which][1]
    sides = [THEIRS, OURS]
    optimizers = [make_optimizer(side, "SGD") for side in sides]
    schedules = [make_schedule(which, side, o) for side, o in zip(sides, optimizers, strict=True)]
    for step in range(steps // 2):
        for o, s in zip(optimizers, schedules, strict=True):
            o.step()
            s.step()
        if step in (0, 11):
            close(plain(schedules[0].state_dict()), plain(schedules[1].state_dict()))
            groups = [o.state_dict()["param_groups"] for o in optimizers]
            close(plain(groups[0]), plain(groups[1]))
    others = [make_optimizer(side, "SGD") for side in sides]
    taken = [make_schedule(which, side, o) for side, o in zip(sides, others, strict=True)]
    for o, s, giver, from_ in zip(others, taken, optimizers[::-1], schedules[::-1], strict=True):
        s.load_state_dict(copy.deepcopy(from_.state_dict()))
        for group, given in zip(o.param_groups, giver.param_groups, strict=True):
            group.update({k: v for k, v in given.items() if k != "params"})
        o.step()
    for _ in range(steps - steps // 2):
        for o, s in zip(others, taken, strict=True):
            o.step()
            s.step()
        np.testing.assert_allclose(seen(others[1], taken[1]), seen(others[0], taken[0]), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("options", [{"T_0": 3, "T_mult": 2, "eta_min": 0.01}, {"T_0": 5}, {"T_0": 1, "T_mult": 3}])
def test_warm_restarts_at_fractions_of_an_epoch(options):
    theirs, ours = make_optimizer(THEIRS, "SGD"), make_optimizer(OURS, "SGD")
    reference = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(theirs, **options)
    schedule = optim.lr_scheduler.CosineAnnealingWarmRestarts(ours, **options)
    for epoch in (*np.arange(0, 12, 0.3), 2.0, 2, 50.7, None, None):
        reference.step(epoch)
        schedule.step(epoch)
        np.testing.assert_allclose(seen(ours, schedule), seen(theirs, reference), rtol=1e-11)
        assert (schedule.T_cur, schedule.T_i, schedule.last_epoch) == pytest.approx(
            (reference.T_cur, reference.T_i, reference.last_epoch))


@pytest.mark.parametrize("which", [w for w in SCHEDULES if not w.startswith(("Sequential", "Chained", "SWALR"))
                                   and "fixed" not in w])
def test_given_epochs(which):
    """The deprecated form, which uses the closed form where there is one."""
    steps = SCHEDULES[which][1]
    theirs, ours = make_optimizer(THEIRS, "SGD"), make_optimizer(OURS, "SGD")
    reference, schedule = make_schedule(which, THEIRS, theirs), make_schedule(which, OURS, ours)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for epoch in (1, 2, 7, 3, steps - 1):
            reference.step(epoch)
            schedule.step(epoch)
            np.testing.assert_allclose(seen(ours, schedule), seen(theirs, reference), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("last_epoch", [0, 4, 17])
@pytest.mark.parametrize("which", ["StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR", "LambdaLR", "LinearLR",
                                   "PolynomialLR", "ConstantLR"])
def test_resumed_by_last_epoch(which, last_epoch):
    options = {"StepLR": {"step_size": 3}, "MultiStepLR": {"milestones": [5, 18]}, "ExponentialLR": {"gamma": 0.9},
               "CosineAnnealingLR": {"T_max": 9}, "LambdaLR": {"lr_lambda": lambda n: 0.9 ** n}}.get(which, {})
    rates = []
    for side in (THEIRS, OURS):
        optimizer = make_optimizer(side, "SGD")
        for group in optimizer.param_groups:
            group["initial_lr"] = 0.7
        schedule = getattr(side.optim.lr_scheduler, which)(optimizer, last_epoch=last_epoch, **options)
        found = [seen(optimizer, schedule)]
        for _ in range(10):
            optimizer.step()
            schedule.step()
            found.append(seen(optimizer, schedule))
        rates.append(found)
    np.testing.assert_allclose(rates[1], rates[0], rtol=1e-11, atol=1e-14)


PLATEAU = [
    {}, {"mode": "max", "threshold_mode": "abs", "threshold": 0.5, "cooldown": 1, "factor": 0.5, "min_lr": 0.02},
    {"patience": 0, "min_lr": [0.01, 0.05]}, {"factor": 0.3, "threshold": 0.01, "threshold_mode": "abs", "eps": 0.02},
    {"mode": "max", "cooldown": 4, "patience": 1},
]


@pytest.mark.parametrize("tensor_lr", [False, True])
@pytest.mark.parametrize("options", PLATEAU, ids=map(str, PLATEAU))
def test_plateau(options, tensor_lr):
    options = {"patience": 2, **options}
    theirs, ours = make_optimizer(THEIRS, "SGD", tensor_lr), make_optimizer(OURS, "SGD", tensor_lr)
    reference = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **options)
    schedule = optim.lr_scheduler.ReduceLROnPlateau(ours, **options)
    rng = np.random.default_rng(1)
    metrics = np.concatenate([np.linspace(3, 1, 5), 1 + rng.uniform(0, 0.3, 55), [math.nan, math.inf, -math.inf]])
    for step, value in enumerate(metrics):
        reference.step(value)
        schedule.step(autograd.tensor(value))
        np.testing.assert_allclose(seen(ours, schedule), seen(theirs, reference), rtol=1e-12)
        close(plain(reference.state_dict()), plain(schedule.state_dict()))
        if step == 20:
            state, groups = copy.deepcopy((schedule.state_dict(), ours.state_dict()))
            ours = make_optimizer(OURS, "SGD", tensor_lr)
            schedule = optim.lr_scheduler.ReduceLROnPlateau(ours, **options)
            schedule.load_state_dict(state)
            ours.load_state_dict(groups)


BAD = {
    "no optimizer": lambda s, o: s.StepLR(3, 1),
    "no optimizer, plateau": lambda s, o: s.ReduceLROnPlateau(3),
    "no initial_lr": lambda s, o: s.StepLR(o, 3, last_epoch=2),
    "count of lambdas": lambda s, o: s.LambdaLR(o, [lambda n: 1.0]),
    "count of factors": lambda s, o: s.MultiplicativeLR(o, [lambda n: 1.0] * 3),
    "constant": lambda s, o: s.ConstantLR(o, 1.5),
    "linear start": lambda s, o: s.LinearLR(o, 0.0),
    "linear end": lambda s, o: s.LinearLR(o, 0.5, 1.5),
    "T_0": lambda s, o: s.CosineAnnealingWarmRestarts(o, 0),
    "T_mult": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 0),
    "eta_min": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 1, "0"),
    "negative epoch": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3).step(-1),
    "no steps": lambda s, o: s.OneCycleLR(o, 0.1),
    "steps": lambda s, o: s.OneCycleLR(o, 0.1, total_steps=0),
    "epochs": lambda s, o: s.OneCycleLR(o, 0.1, epochs=-1, steps_per_epoch=3),
    "steps_per_epoch": lambda s, o: s.OneCycleLR(o, 0.1, epochs=3, steps_per_epoch=1.5),
    "pct_start": lambda s, o: s.OneCycleLR(o, 0.1, 10, pct_start=1.5),
    "strategy": lambda s, o: s.OneCycleLR(o, 0.1, 10, anneal_strategy="log"),
    "count of max_lr": lambda s, o: s.OneCycleLR(o, [0.1], 10),
    "cyclic mode": lambda s, o: s.CyclicLR(o, 0.1, 0.2, mode="square"),
    "count of base_lr": lambda s, o: s.CyclicLR(o, [0.1], 0.2),
    "one scheduler": lambda s, o: s.ChainedScheduler([]),
    "no schedulers": lambda s, o: s.SequentialLR(o, [], []),
    "milestones": lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [2]),
    "plateau in a sequence": lambda s, o: s.SequentialLR(o, [s.ReduceLROnPlateau(o), s.StepLR(o, 1)], [2]),
    "plateau in a chain": lambda s, o: s.ChainedScheduler([s.StepLR(o, 1), s.ReduceLROnPlateau(o)]),
    "not a scheduler": lambda s, o: s.ChainedScheduler([s.StepLR(o, 1), 3]),
    "plateau factor": lambda s, o: s.ReduceLROnPlateau(o, factor=1.0),
    "plateau mode": lambda s, o: s.ReduceLROnPlateau(o, mode="best"),
    "plateau threshold mode": lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="none"),
    "count of min_lr": lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1]),
    "swa strategy": lambda s, o: s.SWALR(o, 0.1, anneal_strategy="log"),
    "swa epochs": lambda s, o: s.SWALR(o, 0.1, anneal_epochs=-1),
    "swa_lr": lambda s, o: s.SWALR(o, [0.1]),
    "base class": lambda s, o: s.LRScheduler(o),
}


@pytest.mark.parametrize("case", BAD)
def test_errors(case):
    raised = []
    for side in (THEIRS, OURS):
        with pytest.raises(Exception) as caught:
            BAD[case](namespace(side), make_optimizer(side, "SGD"))
        raised.append(caught.value)
    theirs, ours = raised
    assert type(ours) is type(theirs)
    assert str(ours).split(".")[0][:30] == str(theirs).split(".")[0][:30] or not str(theirs), (ours, theirs)


def test_no_momentum_to_cycle():
    for side in (THEIRS, OURS):
        optimizer = side.optim.Rprop([side.nn.Parameter(side.lib.zeros(1))])
        for make in (lambda s, o: s.CyclicLR(o, 0.1, 0.2), lambda s, o: s.OneCycleLR(o, 0.1, 10)):
            with pytest.raises(ValueError, match="optimizer must support momentum or beta1"):
                make(namespace(side), optimizer)


def test_too_many_steps_of_one_cycle():
    for side in (THEIRS, OURS):
        optimizer = make_optimizer(side, "SGD")
        schedule = side.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=2)
        optimizer.step()
        schedule.step()
        schedule.step()
        with pytest.raises(ValueError, match=r"Tried to step 3 times\. The specified number of total steps is 2"):
            schedule.step()


@pytest.mark.parametrize("act", [
    lambda o, s: s.step(), lambda o, s: (o.step(), s.step(3)), lambda o, s: s.get_lr(), lambda o, s: (o.step(), s.step()),
], ids=["before the optimizer", "epoch", "get_lr outside", "none"])
def test_warnings(act):
    counts = []
    for side in (THEIRS, OURS):
        optimizer = make_optimizer(side, "SGD")
        schedule = side.optim.lr_scheduler.StepLR(optimizer, 3)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            act(optimizer, schedule)
        counts.append([(w.category, str(w.message)[:40]) for w in caught])
    assert counts[0] == counts[1]


def test_names_and_signatures():
    for theirs, ours in ((torch.optim.lr_scheduler, optim.lr_scheduler), (torch.optim.swa_utils, swa_utils)):
        for name in theirs.__all__:
            assert hasattr(ours, name), name
            if inspect.isclass(getattr(theirs, name)):
                a, b = (inspect.signature(getattr(library, name).__init__).parameters for library in (theirs, ours))
                assert [(p.name, p.kind, p.default) for p in a.values()] == [(p.name, p.kind, p.default) for p in b.values()]
                public = {m for m in vars(getattr(theirs, name)) if not m.startswith("_")} - {"recursive_undo"}
                assert public <= set(dir(getattr(ours, name))), name
