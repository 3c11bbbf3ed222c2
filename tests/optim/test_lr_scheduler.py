"""Schedules: their curves against formulas, combination, saving, and warnings."""

import copy
import math
import pickle

import pytest

import autograd
import nn
import optim
from optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)


def optimizer(**options):
    return optim.SGD([nn.Parameter(autograd.zeros(1))], lr=2.0, **options)


def curve(make, steps=12, **options):
    o = optimizer(**options)
    schedule, rates = make(o), []
    for _ in range(steps):
        rates.append(o.param_groups[0]["lr"])
        o.step()
        schedule.step()
    return rates


CURVES = [
    (lambda o: LambdaLR(o, lambda n: 1 / (n + 1)), lambda n: 2 / (n + 1)),
    (lambda o: MultiplicativeLR(o, lambda n: 0.9), lambda n: 2 * 0.9**n),
    (lambda o: StepLR(o, 3, 0.5), lambda n: 2 * 0.5 ** (n // 3)),
    (lambda o: MultiStepLR(o, [2, 5, 5], 0.5), lambda n: 2 * 0.5 ** ((n >= 2) + 2 * (n >= 5))),
    (lambda o: ConstantLR(o, 0.25, 4), lambda n: 0.5 if n < 4 else 2),
    (lambda o: LinearLR(o, 0.25, 0.75, 4), lambda n: 2 * (0.25 + 0.5 * min(n, 4) / 4)),
    (lambda o: ExponentialLR(o, 0.8), lambda n: 2 * 0.8**n),
    (lambda o: PolynomialLR(o, 6, 2.0), lambda n: 2 * (1 - min(n, 6) / 6) ** 2),
    (lambda o: CosineAnnealingLR(o, 4, 0.1), lambda n: 0.1 + 1.9 * (1 + math.cos(math.pi * n / 4)) / 2),
    (lambda o: CosineAnnealingWarmRestarts(o, 4, 1, 0.1),
    lambda n: 0.1 + 1.9 * (1 + math.cos(math.pi * (n % 4) / 4)) / 2),
    (lambda o: CyclicLR(o, 0.1, 1.1, 2, 3, cycle_momentum=False),
     lambda n: [0.1, 0.6, 1.1, 1.1 - 1 / 3, 1.1 - 2 / 3][n % 5]),
    (lambda o: CyclicLR(o, 0.1, 1.1, 2, mode="triangular2", cycle_momentum=False),
     lambda n: 0.1 + [0, 0.5, 1, 0.5][n % 4] / 2 ** (n // 4)),
    (lambda o: OneCycleLR(o, 1.0, 12, pct_start=0.25, anneal_strategy="linear", cycle_momentum=False, div_factor=10,
                          final_div_factor=10),
     lambda n: 0.1 + 0.9 * n / 2 if n <= 2 else 1 - 0.99 * (n - 2) / 9),
    (lambda o: SequentialLR(o, [ConstantLR(o, 0.5, 99), ExponentialLR(o, 0.5)], [4]),
     lambda n: 1 if n < 4 else 2 * 0.5 ** (n - 4)),
    (lambda o: ChainedScheduler([ConstantLR(o, 0.5, 3), ExponentialLR(o, 0.9)]),
    lambda n: (1 if n < 3 else 2) * 0.9**n),
]


@pytest.mark.parametrize(("make", "formula"), CURVES)
def test_curve(make, formula):
    assert curve(make) == pytest.approx([formula(n) for n in range(12)], abs=1e-12)


def test_momentum_moves_the_other_way():
    o = optimizer(momentum=0.9)
    schedule = OneCycleLR(o, 1.0, 10)
    momentum = []
    for _ in range(10):
        momentum.append(o.param_groups[0]["momentum"])
        o.step()
        schedule.step()
    assert momentum[0] == pytest.approx(0.95) and min(momentum) == pytest.approx(0.85) and momentum[-1] == pytest.approx(0.95)
    with pytest.raises(ValueError, match="must support momentum"):
        OneCycleLR(optim.Adagrad([nn.Parameter(autograd.zeros(1))]), 1.0, 10)


@pytest.mark.parametrize(("make", "_"), CURVES)
def test_going_on_from_saved_state(make, _):
    o = optimizer()
    schedule, rates = make(o), []
    for step in range(12):
        rates.append(o.param_groups[0]["lr"])
        o.step()
        schedule.step()
        if step == 5:
            state, options = schedule.state_dict(), o.state_dict()
            o = optimizer()
            schedule = make(o)
            schedule.load_state_dict(state)
            o.load_state_dict(options)
            o.step()
    assert rates == pytest.approx(curve(make))


def test_state_can_be_pickled():
    class Rate:
        def __init__(self):
            self.factor = 0.5

        def __call__(self, n):
            return self.factor**n

    schedule = LambdaLR(optimizer(), Rate())
    schedule.lr_lambdas[0].factor = 0.25
    other = LambdaLR(optimizer(), Rate())
    other.load_state_dict(pickle.loads(pickle.dumps(schedule.state_dict())))
    assert other.lr_lambdas[0].factor == 0.25
    assert LambdaLR(optimizer(), lambda n: 1).state_dict()["lr_lambdas"] == [None]


class Rate:
    """A callable with state."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, n):
        return self.factor


@pytest.mark.parametrize("change", [
    lambda s: s["_schedulers"].pop(), lambda s: s["_schedulers"][1].pop("lr_lambdas"), lambda s: s.pop("_schedulers"),
    lambda s: s["_schedulers"][1]["lr_lambdas"].append({}), lambda s: s["_schedulers"].__setitem__(1, 3),
    lambda s: s["_schedulers"][1]["lr_lambdas"].__setitem__(0, 3),
])
def test_failed_load_changes_nothing(change):
    o = optimizer()
    schedule = SequentialLR(o, [ExponentialLR(o, 0.5), LambdaLR(o, Rate(0.5)), LambdaLR(o, Rate(0.25))], [1, 2])
    bad = copy.deepcopy(schedule.state_dict())
    bad["last_epoch"] = bad["_schedulers"][0]["last_epoch"] = 7
    bad["_schedulers"][1]["lr_lambdas"][0]["factor"] = bad["_schedulers"][2]["lr_lambdas"][0]["factor"] = 9.0
    change(bad)
    before = copy.deepcopy(schedule.state_dict())
    with pytest.raises((KeyError, ValueError, TypeError)):
        schedule.load_state_dict(bad)
    assert schedule.state_dict() == before


def test_changes_by_hand_are_kept():
    o = optimizer()
    schedule = ExponentialLR(o, 0.5)
    o.step()
    o.param_groups[0]["lr"] = 100.0
    schedule.step()
    assert o.param_groups[0]["lr"] == 50


def test_groups_and_tensor_rates():
    rate = autograd.tensor(1.0)
    o = optim.SGD([{"params": [nn.Parameter(autograd.zeros(1))]},
                   {"params": [nn.Parameter(autograd.zeros(1))], "lr": 4.0}],
                  lr=rate)
    schedule = StepLR(o, 1, 0.5)
    o.step()
    schedule.step()
    assert o.param_groups[0]["lr"] is rate and rate.item() == 0.5 and o.param_groups[1]["lr"] == 2
    assert [float(x) for x in schedule.get_last_lr()] == [0.5, 2]


def test_order_of_steps():
    o = optimizer()
    schedule = StepLR(o, 1)
    with pytest.warns(UserWarning, match=r"Detected call of `lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        schedule.step()
    o.step()
    schedule.step()


def test_other_warnings():
    o = optimizer()
    schedule = CosineAnnealingLR(o, 10)
    o.step()
    with pytest.warns(UserWarning, match="get_last_lr"):
        schedule.get_lr()
    with pytest.warns(UserWarning, match="epoch parameter"):
        schedule.step(5)
    assert o.param_groups[0]["lr"] == pytest.approx(1.0)


def test_resuming_needs_the_initial_rate():
    with pytest.raises(KeyError, match="'initial_lr' is not specified"):
        StepLR(optimizer(), 1, last_epoch=3)
    o = optimizer()
    StepLR(o, 1)
    assert StepLR(o, 1, last_epoch=3).last_epoch == 4


def test_fractions_of_an_epoch():
    o = optimizer()
    schedule = CosineAnnealingWarmRestarts(o, 2, 2)
    for epoch, height in ((0.5, 1 / 4), (2.0, 0), (4.0, 1 / 2), (6.0, 0), (7.0, 1 / 8)):
        schedule.step(epoch)
        assert o.param_groups[0]["lr"] == pytest.approx(1 + math.cos(math.pi * height))
    with pytest.raises(ValueError, match="non-negative"):
        schedule.step(-1)


def test_plateau():
    o = optimizer()
    schedule = ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=2, min_lr=0.4)
    rates = []
    for value in [5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4]:
        schedule.step(autograd.tensor(float(value)))
        rates.append(o.param_groups[0]["lr"])
    assert rates == [2, 2, 2, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.4, 0.4]
    other = ReduceLROnPlateau(o)
    other.load_state_dict(schedule.state_dict())
    assert other.best == 4 and other.get_last_lr() == [0.4] and other.patience == 1
    up = ReduceLROnPlateau(optimizer(), mode="max", threshold_mode="abs", threshold=0.5, patience=0)
    for value in (1, 1.4, 1.6):
        up.step(value)
    assert up.best == 1.6 and up.get_last_lr() == pytest.approx([0.2])


@pytest.mark.parametrize(("make", "error"), [
    (lambda o: StepLR(3, 1), TypeError), (lambda o: LRScheduler(o), NotImplementedError),
    (lambda o: ReduceLROnPlateau(3), TypeError),
    (lambda o: LambdaLR(o, [1, 2]), ValueError), (lambda o: MultiplicativeLR(o, 3), TypeError),
    (lambda o: ConstantLR(o, 2), ValueError), (lambda o: LinearLR(o, 0), ValueError),
    (lambda o: LinearLR(o, 1, 2), ValueError),
    (lambda o: CosineAnnealingWarmRestarts(o, 0), ValueError),
    (lambda o: CosineAnnealingWarmRestarts(o, 1, 0), ValueError),
    (lambda o: CosineAnnealingWarmRestarts(o, 1, 1, "x"), ValueError),
    (lambda o: CyclicLR(o, 1, 2, mode="x"), ValueError),
    (lambda o: CyclicLR(o, [1, 2], 2), ValueError), (lambda o: OneCycleLR(o, 1.0), ValueError),
    (lambda o: OneCycleLR(o, 1.0, 0), ValueError), (lambda o: OneCycleLR(o, 1.0, 5, pct_start=2.0), ValueError),
    (lambda o: OneCycleLR(o, 1.0, 5, anneal_strategy="x"), ValueError),
    (lambda o: ReduceLROnPlateau(o, "x"), ValueError),
    (lambda o: ReduceLROnPlateau(o, factor=1), ValueError), (lambda o: ReduceLROnPlateau(o, min_lr=[1, 2]), ValueError),
    (lambda o: SequentialLR(o, [], []), ValueError), (lambda o: SequentialLR(o, [StepLR(o, 1)], [1]), ValueError),
    (lambda o: SequentialLR(o, [ReduceLROnPlateau(o)], []), ValueError), (lambda o: ChainedScheduler([]), ValueError),
    (lambda o: ChainedScheduler([StepLR(o, 1), StepLR(optimizer(), 1)]), ValueError),
    (lambda o: ChainedScheduler([3]), (TypeError, AttributeError)),
])
def test_errors(make, error):
    with pytest.raises(error):
        make(optimizer())


def test_one_cycle_ends():
    o = optimizer(momentum=0.9)
    schedule = OneCycleLR(o, 1.0, 3)
    with pytest.raises(ValueError, match="Tried to step 4 times"):
        for _ in range(4):
            o.step()
            schedule.step()
