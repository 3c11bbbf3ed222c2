"""The health check: each fault is found, and what trains well is left in peace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import autograd
import nn
import nn.functional as F
import optim
from autograd import viz


def kinds(check: Any) -> set[str]:
    return {f.kind for f in check.findings()}


def training_step(model: Any, loss: Any = F.cross_entropy, lr: float = 1e-2, classes: int = 3) -> Any:
    optimizer = optim.SGD(model.parameters(), lr=lr)
    x, y = autograd.randn(64, 4), autograd.randint(0, classes, (64,))

    def step() -> None:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()
    return step


@pytest.fixture(autouse=True)
def seeded() -> None:
    autograd.manual_seed(0)


def test_a_model_that_trains_is_well_and_left_as_it_was() -> None:
    def run(watched: bool) -> list[Any]:
        autograd.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 3))
        step = training_step(model)
        if watched:
            check = viz.health(model, step, steps=6)
            assert check and repr(check) == "health of 6 steps of Sequential: nothing is wrong"
        else:
            for _ in range(6):
                step()
        return [p.tolist() for p in model.parameters()]

    assert run(True) == run(False)


def test_dead_relus() -> None:
    model = nn.Sequential(nn.Linear(4, 10), nn.ReLU(), nn.Linear(10, 3))
    with autograd.no_grad():
        model[0].bias[:7] = -100.0
    finding, = viz.health(model, training_step(model)).findings()
    assert (finding.kind, finding.where) == ("dead ReLU", "1 (relu)")
    assert finding.message == "7 of 10 units were 0 for each of 320 samples, and so learn nothing"
    assert "leaky_relu" in finding.advice


def test_dead_channels_of_functional_relu() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.out = nn.Conv2d(1, 4, 3), nn.Linear(16, 3)
            nn.init.constant_(self.conv.bias, -50.0)

        def forward(self, x: Any) -> Any:
            return self.out(F.relu(self.conv(x.view(64, 1, 2, 2).repeat(1, 1, 2, 2))).flatten(1))

    model = Net()
    assert {(f.kind, f.where) for f in viz.health(model, training_step(model)).findings()} == {("dead ReLU", "Net (relu)")}


def test_unused_and_zero_gradients() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.unused, self.cut = nn.Linear(4, 3), nn.Linear(4, 3), nn.Linear(4, 3)
            self.frozen = nn.Linear(4, 3).requires_grad_(False)

        def forward(self, x: Any) -> Any:
            return self.used(x) + self.cut(x) * 0.0

    model = Net()
    found = {f.where: f.kind for f in viz.health(model, training_step(model)).findings()}
    assert found == {"unused.weight": "unused parameter", "unused.bias": "unused parameter",
                     "cut.weight": "zero gradient", "cut.bias": "zero gradient"}


def test_vanishing_gradients() -> None:
    model = nn.Sequential(*[m for _ in range(12) for m in (nn.Linear(4, 4), nn.Sigmoid())], nn.Linear(4, 3))
    check = viz.health(model, training_step(model))
    assert kinds(check) == {"vanishing gradient"} and check.findings()[0].where == "0.weight"
    assert "relu" in check.findings()[0].advice


def test_exploding_and_infinite_gradients() -> None:
    model = nn.Sequential(*[nn.Linear(4, 4, bias=False) for _ in range(8)], nn.Linear(4, 3, bias=False))
    with autograd.no_grad():
        for layer in model:
            layer.weight.mul_(30.0)
    step = training_step(model, lambda out, y: (out * 1e-9).square().mean(), lr=0.0)
    model[0].weight.data.mul_(1e-6)
    assert "exploding gradient" in kinds(viz.health(model, step))

    broken = nn.Sequential(nn.Linear(4, 3))
    check = viz.health(broken, training_step(broken, lambda out, y: (out * 0).sqrt().sum(), lr=0.0), steps=1)
    assert kinds(check) == {"not finite"} and "explain_nan" in repr(check)


@pytest.mark.filterwarnings("ignore:.*the input is the output of")
def test_softmax_and_sigmoid_before_losses() -> None:
    for last, loss, classes, kind in [
            (nn.Softmax(1), F.cross_entropy, 3, "softmax before cross-entropy"),
            (nn.Sigmoid(), F.cross_entropy, 3, "sigmoid before cross-entropy"),
            (nn.Sigmoid(), lambda out, y: F.binary_cross_entropy_with_logits(out[:, 0], y.float()), 2,
             "sigmoid before cross-entropy")]:
        model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), last)
        check = viz.health(model, training_step(model, loss, classes=classes), steps=2)
        assert kinds(check) == {kind}


def test_saturated_units() -> None:
    model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 16), nn.Sigmoid(), nn.Linear(16, 3))
    with autograd.no_grad():
        model[0].weight.mul_(200.0)
    finding, = viz.health(model, training_step(model)).findings()
    assert (finding.kind, finding.where) == ("saturated", "1 (tanh)") and "xavier" in finding.advice
    assert viz.health(model.eval(), training_step(model)).steps == 0, "only training is watched"


@pytest.mark.parametrize("name", ["digits", "linear", "mlp", "iris", "moons"])
def test_no_false_alarms_on_the_built_in_runs(name: str, tmp_path: Path) -> None:
    from tapegrad.runs import RUNS
    from tapegrad.training import Settings, Training
    run = RUNS[name]
    epochs = {"digits": 3, "mlp": 4}.get(name, min(run.epochs, 60))
    training = Training(run, Settings(epochs=epochs, batch_size=run.batch_size, lr=run.lr, quick=True), tmp_path)
    with viz.health(training.model) as check:
        training.train()
    assert check.steps >= epochs and check.findings() == [], check


def test_without_a_step_nothing_is_known() -> None:
    model = nn.Linear(2, 2)
    check = viz.health(model)
    assert not check and "no step was seen" in repr(check)
    with check:
        model.eval()(autograd.ones(1, 2))
    assert not check and "in training mode" in repr(check)
