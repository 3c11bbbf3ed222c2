"""The programs for peers with NumPy's interface take the same steps; this engine has that interface, too."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from tapegrad.bench.case import disagreement
from tapegrad.bench.libraries import load
from tapegrad.bench.scalar import Value
from tapegrad.bench.sections import overhead, training
from tapegrad.bench.worker import Kinds, Peer


def value_and_grad(function):
    def run(inputs, *rest):
        leaves = [autograd.tensor(np.asarray(a), requires_grad=True) for a in inputs]
        out = function(leaves, *rest)
        out.backward()
        return out.detach().numpy(), [leaf.grad.numpy() for leaf in leaves]
    return run


KINDS = Kinds(Peer(np, value_and_grad, lambda f: f, np.asarray))


@pytest.mark.parametrize("at", [0, 1, 2])
def test_training_steps(at):
    case = training.cases(tiny=True)[at]
    ours = load("ours")
    step = getattr(KINDS, case.elsewhere.kind)(**case.elsewhere.state(ours))
    expected = ours.numbers(case.make(ours).values())
    found = [np.asarray(step()) for _ in range(training.STEPS)]
    assert expected[0] != expected[2]
    assert disagreement(expected, found, "float32", case.length) is None


def test_scalars():
    case, = overhead.scalars(tiny=True)
    ours = load("ours")
    expected = ours.numbers(case.make(ours).values())
    assert disagreement(expected, np.array(case.others["scalar loop"]().values()), "float64", case.length) is None
    step = KINDS.scalar(**case.elsewhere.state(ours))
    assert disagreement(expected, [step()] * 3, "float64", case.length) is None


def test_a_value_used_twice_collects_both_gradients():
    x = Value(3.0)
    y = x * x + 1.0
    z = y / x - x
    z.backward()
    assert z.data == pytest.approx(1 / 3) and x.grad == pytest.approx(-1 / 9)
