"""Steps in one compiled pass against the same in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

import autograd
import nn
import optim
from autograd.kernels import steps
from autograd.kernels.compiled import loops
from autograd.kernels.compiled.late import choose
from autograd.kernels.compiled.loops import LOOPS
from autograd.kernels.machine import threads
from autograd.kernels.vectors import ir as vector_ir
from autograd.kernels.vectors.ir import Target
from optim import batch

VARIANTS = {
    optim.SGD: [{}, {"weight_decay": 0.1}, {"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.3},
                {"momentum": 0.8, "nesterov": True, "weight_decay": 0.01}],
    optim.Adam: [{}, {"weight_decay": 0.1}, {"amsgrad": True}, {"amsgrad": True, "weight_decay": 0.1},
                 {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    optim.AdamW: [{}, {"amsgrad": True}],
    optim.RMSprop: [{}, {"weight_decay": 0.1}, {"momentum": 0.9}, {"centered": True},
                    {"centered": True, "momentum": 0.9}],
    optim.Adagrad: [{}, {"lr_decay": 0.1, "weight_decay": 0.1}],
    optim.Adadelta: [{}, {"weight_decay": 0.1}],
    optim.Adamax: [{}, {"weight_decay": 0.1}],
    optim.NAdam: [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    optim.RAdam: [{}, {"betas": (0.9, 0.6), "weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    optim.Rprop: [{}],
    optim.ASGD: [{}, {"t0": 1, "weight_decay": 0.1}],
}
CASES = [(kind, options) for kind, variants in VARIANTS.items() for variant in variants
         for options in (variant, variant | {"maximize": True})]


def run(kind, options, dtype, choice, spoil=False):
    """The parameters and the state after three steps: one large parameter, and small ones."""
    rng = np.random.default_rng(0)

    def normal(shape):
        values = rng.normal(size=shape)
        return (values + 1j * rng.normal(size=shape) if dtype.startswith("c") else values).astype(dtype)
    params = [nn.Parameter(autograd.tensor(normal(shape))) for shape in ((256, 70), (33,), (5, 3))]
    optimizer = kind(params, lr=0.01, **options)
    with choose(choice), np.errstate(all="ignore"):
        for _ in range(3):
            for p in params:
                g = normal(tuple(p.shape))
                if spoil:
                    g.flat[:3] = np.nan, np.inf, -np.inf
                p.grad = autograd.tensor(g)
            optimizer.step()
    found = [p.detach().numpy() for p in params]
    for p in params:
        found += [np.asarray(value) for value in optimizer.state[p].values() if value is not None]
    return found


def same(found, expected):
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)  # NaN equals NaN


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("kind, options", CASES)
def test_the_same_bits_as_numpy(kind, options, dtype):
    same(run(kind, options, dtype, "now"), run(kind, options, dtype, "0"))


@pytest.mark.parametrize("kind, options", CASES)
def test_missing_and_infinite_gradients(kind, options):
    same(run(kind, options, "float32", "now", True), run(kind, options, "float32", "0", True))


@pytest.mark.parametrize("kind, options", CASES)
def test_the_same_bits_on_any_number_of_threads(kind, options, monkeypatch):
    expected = run(kind, options, "float32", "now")
    monkeypatch.setattr(threads, "LEAST", 1e-7)
    before = threads.count()
    try:
        for count in (2, 3):
            threads.set_count(count)
            same(run(kind, options, "float32", "now"), expected)
    finally:
        threads.set_count(before)


TARGETS = [Target(32, 16, True, False), Target(16, 32, True, False), Target(16, 16, False, False)]


@pytest.mark.parametrize("target", TARGETS, ids=["AVX2", "NEON", "plain"])
@pytest.mark.parametrize("kind, options", [(optim.Adam, {"amsgrad": True}), (optim.Rprop, {}), (optim.Adamax, {}),
                                           (optim.SGD, {"momentum": 0.9, "maximize": True})])
def test_vectors_of_other_widths(kind, options, target, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(vector_ir, "host", lambda: target)
    monkeypatch.setattr(steps, "_PASSES", {})
    steps.step.cache_clear()
    loops._typed.cache_clear()
    try:
        same(run(kind, options, "float32", "now", True), run(kind, options, "float32", "0", True))
    finally:
        steps.step.cache_clear()
        loops._typed.cache_clear()


@pytest.mark.parametrize("kind", VARIANTS)
def test_all_go_in_one_pass(kind, monkeypatch):
    """Whatever their sizes and shapes; and in NumPy's calls where one does not lie side by side."""
    passes, blocks = [], []
    on, of_block = steps.Pass.on, batch._Block.run
    monkeypatch.setattr(steps.Pass, "on", lambda *args: (passes.append(on(*args)), passes[-1])[1])
    monkeypatch.setattr(batch._Block, "run", lambda *args: (blocks.append(args), of_block(*args))[1])
    run(kind, {}, "float32", "now")
    assert len(passes) == 3 and all(found is not None for found in passes) and not blocks
    turned = nn.Parameter(autograd.ones(40, 30).t())
    plain = nn.Parameter(autograd.ones(30, 40))
    for p in (turned, plain):
        p.grad = autograd.arange(1200.0).reshape(30, 40)
    with choose("now"):
        kind([turned, plain]).step()
        assert blocks
        kind([plain]).step()
    for p in (turned, plain):
        assert p.is_contiguous() == (p is plain)


def test_gradients_of_any_layout():
    for layout in ("turned", "strided"):
        found = []
        for choice in ("now", "0"):
            p = nn.Parameter(autograd.ones(30, 40))
            p.grad = autograd.arange(1200.0).reshape(40, 30).t() if layout == "turned" else (
                autograd.arange(2400.0).reshape(30, 80)[:, ::2])
            with choose(choice):
                optim.SGD([p], lr=0.01).step()
            found.append(p.detach().numpy())
        np.testing.assert_array_equal(*found)
        np.testing.assert_allclose(found[0], 1 - 0.01 * p.grad.numpy(), rtol=1e-6)


def test_parameters_that_share_memory(monkeypatch):
    monkeypatch.setattr(threads, "LEAST", 1e-9)
    whole = np.ones(20000, np.float32)
    for choice in ("now", "0"):
        whole[:] = 1
        params = [nn.Parameter(autograd.from_numpy(part)) for part in (whole[:15000], whole[10000:])]
        for p in params:
            p.grad = autograd.ones(len(p))
        with choose(choice):
            optim.SGD(params, lr=0.25).step()
        np.testing.assert_array_equal(whole, np.repeat([0.75, 0.5, 0.75], [10000, 5000, 5000]))


def test_warmup_knows_the_usual_ones():
    before = set(LOOPS)
    for declare in steps.DECLARING:
        declare()
    declared = {name.split(".")[1].split("_")[0] for name in LOOPS if name.startswith("steps.")}
    assert declared >= {kind.__name__ for kind in VARIANTS if kind is not optim.AdamW}
    for kind in VARIANTS:
        run(kind, {}, "float32", "now")
    now = set(LOOPS)
    assert before <= now
    for declare in steps.DECLARING:
        declare()
    assert set(LOOPS) == now


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
