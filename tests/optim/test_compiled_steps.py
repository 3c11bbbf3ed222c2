"""Steps in one compiled pass against the same in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.kernels.late import choose
from autograd.kernels.loops import LOOPS
from autograd.kernels.optimizer import FUSED

pytest.importorskip("numba")

CASES = [
    (kind, options)
    for kind, variants in {
        optim.SGD: [{}, {"weight_decay": 0.1}, {"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.3},
                    {"momentum": 0.8, "nesterov": True, "weight_decay": 0.01}],
        optim.Adam: [{}, {"weight_decay": 0.1}, {"amsgrad": True}, {"amsgrad": True, "weight_decay": 0.1}],
        optim.AdamW: [{}, {"amsgrad": True}],
        optim.RMSprop: [{}, {"weight_decay": 0.1}, {"momentum": 0.9}, {"centered": True}],
    }.items() for variant in variants for options in (variant, variant | {"maximize": True})
]


def run(kind, options, dtype, choice, spoil=False):
    """The parameters and the state after three steps: one large parameter, and small ones."""
    rng = np.random.default_rng(0)
    params = [nn.Parameter(autograd.tensor(rng.normal(size=shape).astype(dtype)))
              for shape in ((FUSED // 64, 70), (33,), (5, 3))]
    optimizer = kind(params, lr=0.01, **options)
    with choose(choice), np.errstate(all="ignore"):
        for _ in range(3):
            for p in params:
                g = rng.normal(size=p.shape).astype(dtype)
                if spoil:
                    g.flat[:3] = np.nan, np.inf, -np.inf
                p.grad = autograd.tensor(g)
            optimizer.step()
    found = [p.detach().numpy() for p in params]
    for p in params:
        found += [np.asarray(value) for value in optimizer.state[p].values() if value is not None]
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind, options", CASES)
def test_equal_to_numpy(kind, options, dtype):
    eps = np.finfo(dtype).eps
    for compiled, twin in zip(run(kind, options, dtype, "now"), run(kind, options, dtype, "0"), strict=True):
        assert compiled.dtype == twin.dtype
        np.testing.assert_allclose(compiled, twin, rtol=100 * eps, atol=10 * eps)


@pytest.mark.parametrize("kind, options", CASES)
def test_missing_and_infinite_gradients(kind, options):
    for compiled, twin in zip(run(kind, options, "float32", "now", True), run(kind, options, "float32", "0", True)):
        np.testing.assert_array_equal(np.isnan(compiled), np.isnan(twin))


@pytest.mark.parametrize("name", ["descend", "momentum", "adam_pass", "amsgrad_pass", "rmsprop_pass"])
def test_they_are_the_compiled_ones(name, monkeypatch):
    options = {"descend": (optim.SGD, {}), "momentum": (optim.SGD, {"momentum": 0.9}), "adam_pass": (optim.AdamW, {}),
               "amsgrad_pass": (optim.Adam, {"amsgrad": True}), "rmsprop_pass": (optim.RMSprop, {})}
    loop, calls = LOOPS[f"optimizer.{name}"], []
    on = loop.on
    monkeypatch.setattr(loop, "on", lambda *args: (calls.append(on(*args)), calls[-1])[1])
    run(*options[name], "float32", "now")
    assert calls and all(found is not None for found in calls)


def test_memory_that_is_not_the_parameters_is_left_alone():
    with choose("now"):
        frozen = np.ones(40000, np.float32).tobytes()
        w = autograd.tensor(np.ones(40000, np.float32), requires_grad=True)
        w.data = autograd.from_numpy(np.frombuffer(frozen, np.float32))
        w.grad = autograd.ones(40000)
        with pytest.raises(ValueError, match="read-only"):
            optim.SGD([w], lr=0.1).step()
        assert np.frombuffer(frozen, np.float32).min() == 1
        short = autograd.ones(40000, requires_grad=True)
        short.grad = autograd.ones(40000)
        short.data = autograd.ones(100000)
        with pytest.raises((ValueError, RuntimeError)):
            optim.SGD([short], lr=0.1).step()
