"""What docs/differences.md says of optimizers, run in both libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from parity.sides import OURS, THEIRS  # noqa: E402


def one_step(side: dict[str, Any], name: str, **options: Any) -> Any:
    p = side["n"].Parameter(side["m"].ones(2, 2, dtype=side["m"].float64))
    if options.get("differentiable"):
        p = p * 1
    p.grad = side["m"].ones(2, 2, dtype=side["m"].float64)
    getattr(side["o"], name)([p], **options).step()
    return p.detach().numpy()


@pytest.mark.parametrize(("name", "options"), [
    *[(name, {"capturable": True}) for name in ("Adam", "AdamW", "ASGD", "Adadelta", "Adamax", "NAdam", "RAdam", "RMSprop",
                                                "Rprop")],
    *[(name, {"differentiable": True, "foreach": True}) for name in ("Adam", "Adagrad", "RMSprop")],
    ("SparseAdam", {}),
])
def test_options_of_optimizers_accepted_here(name, options):
    np.testing.assert_array_equal(one_step(OURS, name, **options), one_step(OURS, name))
    with pytest.raises((AssertionError, RuntimeError)):
        one_step(THEIRS, name, **options)


@pytest.mark.parametrize(("name", "options"), [
    ("Adam", {"amsgrad": True}), ("Adamax", {}), ("RMSprop", {"centered": True, "momentum": 0.5}), ("Rprop", {})])
def test_several_recorded_steps(name, options):
    def run(side: dict[str, Any]) -> Any:
        start = side["m"].ones(2, dtype=side["m"].float64, requires_grad=True)
        p = start * 1
        optimizer = getattr(side["o"], name)([p], differentiable=True, **options)
        for i in range(6):
            p.grad = start * (i + 2)
            optimizer.step()
        p.sum().backward()
        return start.grad

    assert (run(OURS) != 0).all()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        run(THEIRS)


def test_a_tensor_as_learning_rate_of_recorded_steps():
    for name in ("Adadelta", "Adagrad", "Adamax", "Rprop"):
        for side in (OURS, THEIRS):
            lr = side["m"].tensor(0.1, dtype=side["m"].float64, requires_grad=True)
            p = side["m"].ones(2, dtype=side["m"].float64) * 1
            p.grad = side["m"].ones(2, dtype=side["m"].float64)
            optimizer = getattr(side["o"], name)([p], lr=lr, differentiable=True)
            if side is OURS:
                optimizer.step()
                p.sum().backward()
                assert lr.grad != 0
            else:
                with pytest.raises(TypeError):
                    optimizer.step()


def test_the_first_gradient_of_momentum_is_recorded():
    gradients = []
    for side in (OURS, THEIRS):
        g = side["m"].ones(2, requires_grad=True)
        p = side["m"].ones(2, requires_grad=True) * 1
        p.grad = g * 1
        side["o"].SGD([p], lr=0.5, momentum=0.9, differentiable=True).step()
        p.sum().backward()
        gradients.append(g.grad)
    assert gradients[0].tolist() == [-0.5, -0.5] and gradients[1] is None
