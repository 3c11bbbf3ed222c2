"""Anomaly mode looks at what it must, and no more: what it leaves out is known to be finite."""

from __future__ import annotations

from typing import Any

import pytest

import autograd
import nn
from autograd import anomaly
from autograd.where import lines_of, module_of, modules_of

nan = float("nan")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The names of the operations whose results are looked at."""
    seen: list[Any] = []
    note = anomaly.note_output

    def noting(node: Any, a: Any) -> bool:
        seen.append(node.op.name)
        return note(node, a)

    monkeypatch.setattr(anomaly, "note_output", noting)
    return seen


def test_what_cannot_turn_bad_is_not_looked_at(looks: list[Any]) -> None:
    x = autograd.randn(3, 4, requires_grad=True)
    with autograd.detect_anomaly():
        (x.relu().tanh().view(12).sigmoid() * 2).sum().backward()
    assert looks == ["relu", "mul", "sum"]  # the first relu, because nobody looked at the leaf


def test_after_something_bad_all_is_looked_at(looks: list[Any]) -> None:
    x = autograd.tensor([-1.0, 1.0], requires_grad=True)
    with autograd.detect_anomaly(), pytest.raises(RuntimeError, match=r"the result of log was not finite"):
        (x.log().tanh() * 0).sum().backward()
    assert looks == ["log", "tanh", "mul", "sum"]


def test_operations_with_several_results() -> None:
    scores = autograd.randn(4, 3, requires_grad=True)
    with autograd.detect_anomaly():
        nn.functional.cross_entropy(scores, autograd.tensor([0, 1, 2, 0])).backward()
    spoilt = autograd.tensor([[1.0, nan], [0.0, 1.0]], requires_grad=True)
    with autograd.detect_anomaly(), pytest.raises(RuntimeError, match=r"the result of \w+ was not finite already: nan"):
        nn.functional.cross_entropy(spoilt, autograd.tensor([0, 1])).backward()


def test_a_gradient_that_comes_in_bad_is_not_taken_for_good() -> None:
    x = autograd.randn(2, requires_grad=True)
    with autograd.detect_anomaly(), pytest.raises(RuntimeError, match="'TanhBackward0' returned nan"):
        x.exp().tanh().backward(autograd.tensor([nan, 1.0]))


def test_line_and_module_are_those_of_the_call() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(nn.Linear(2, 2), nn.ReLU())

        def forward(self, x: Any) -> Any:
            return self.inner(x) * 2  # the line

    net = Net()
    with autograd.detect_anomaly():
        out = net(autograd.ones(1, 2))
    lines = lines_of(out.grad_fn)
    assert lines[-1].line.endswith("# the line") and lines[-1].name == "forward" and len(lines) <= 3
    relu = out.grad_fn.next_functions[0][0]
    assert modules_of(relu) == [net, net.inner, net.inner[1]] and "inner.1" in module_of(relu)
    assert lines_of(relu)[-1].lineno == lines[-1].lineno
