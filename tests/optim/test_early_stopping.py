"""Early stopping: when it stops, and what it brings back."""

import math
import pickle

import pytest

import autograd
import nn
import optim
from autograd import io


def run(stopping, values, module=None):
    """The number of values taken before it stops."""
    for count, value in enumerate(values):
        if module is not None:
            nn.init.constant_(module.weight, count)
        if stopping.step(value):
            return count
    return None


@pytest.mark.parametrize(("options", "values", "stops", "best"), [
    ({"patience": 1}, [3, 2, 2, 1], 2, 2), ({"patience": 2}, [3, 4, 2, 3, 2, 1], 4, 2),
    ({"patience": 2}, [3, 2, 1, 0], None, 0), ({"patience": 2, "min_delta": 0.5}, [3, 2.6, 2.4, 2.2, 2.1], 4, 2.4),
    ({"patience": 2, "mode": "max"}, [1, 3, 2, 3], 3, 3), ({"patience": 2, "mode": "max", "min_delta": 1}, [1, 2, 2], 2, 1),
    ({"patience": 2}, [math.nan, math.nan], 1, math.inf), ({"patience": 3}, [1, math.nan, math.nan, 0.5, 2], None, 0.5),
    ({"patience": 1}, [math.inf, 1], 0, math.inf),
])
def test_when_it_stops(options, values, stops, best):
    stopping = optim.EarlyStopping(**options)
    assert run(stopping, values) == stops
    assert stopping.best == best and stopping.stopped == (stops is not None)


def test_brings_back_the_best_weights_and_buffers():
    module = nn.BatchNorm1d(1)
    stopping = optim.EarlyStopping(module, patience=2)
    for epoch, loss in enumerate([3.0, 1.0, 2.0, 2.0]):
        nn.init.constant_(module.weight, epoch)
        module.running_mean.fill_(10 * epoch)
        stopped = stopping.step(autograd.tensor(loss))
    assert stopped and (stopping.best, stopping.best_epoch) == (1.0, 1)
    assert module.weight.item() == 1 and module.running_mean.item() == 10


def test_weights_stay_where_they_are():
    module = nn.Linear(1, 1)
    before = module.weight
    run(optim.EarlyStopping(module, patience=1), [1, 2], module)
    assert module.weight is before and before.is_leaf and before.requires_grad and before.item() == 0


def test_without_restoring_and_by_hand():
    module = nn.Linear(1, 1)
    stopping = optim.EarlyStopping(module, patience=1, restore_best=False)
    assert run(stopping, [1, 2], module) == 1 and module.weight.item() == 1
    stopping = optim.EarlyStopping(module, patience=5)
    stopping.restore()  # nothing yet
    run(stopping, [2, 1, 3], module)
    assert module.weight.item() == 2
    stopping.restore()
    assert module.weight.item() == 1


def test_saves_each_improvement(tmp_path):
    module, path = nn.Linear(1, 1), tmp_path / "best.npz"
    stopping = optim.EarlyStopping(module, patience=2, path=path)
    run(stopping, [3, 1, 2], module)
    other = nn.Linear(1, 1)
    other.load_state_dict(io.load(path))
    assert other.weight.item() == 1


def test_any_object_with_a_state():
    p = nn.Parameter(autograd.ones(1))
    optimizer = optim.SGD([p], lr=0.5)
    stopping = optim.EarlyStopping(optimizer, patience=1)
    stopping.step(1.0)
    optimizer.param_groups[0]["lr"] = 0.1
    stopping.step(2.0)
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_state_round_trip():
    module, other = nn.Linear(1, 1), nn.Linear(1, 1)
    stopping = optim.EarlyStopping(module, patience=2)
    run(stopping, [2.0, 1.0, 3.0], module)
    resumed = optim.EarlyStopping(other, patience=7)
    resumed.load_state_dict(pickle.loads(pickle.dumps(stopping.state_dict())))
    assert repr(resumed) == repr(stopping)
    assert resumed.step(4.0) and other.weight.item() == 1 and resumed.best_epoch == 1
    state = stopping.state_dict()
    state.pop("best")
    before = repr(resumed)
    with pytest.raises(KeyError, match="best"):
        resumed.load_state_dict(state)
    assert repr(resumed) == before


@pytest.mark.parametrize(("options", "error", "words"), [
    ({"patience": 0}, ValueError, "positive integer patience, but got 0"), ({"patience": 1.5}, ValueError, "positive integer"),
    ({"min_delta": -1}, ValueError, "Invalid min_delta: -1"), ({"mode": "best"}, ValueError, "mode best is unknown"),
    ({"model": 3}, TypeError, "state_dict and load_state_dict, but got int"), ({"path": "x"}, ValueError, "no model to save"),
])
def test_errors(options, error, words):
    with pytest.raises(error, match=words):
        optim.EarlyStopping(**options)
