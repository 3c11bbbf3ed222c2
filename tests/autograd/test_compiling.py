"""Kernels compiled ahead of use: all that training asks for, so that nothing is left to compile."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("numba")

import autograd
from autograd.kernels import ahead
from autograd.kernels.compiled import cache as compiled_cache
from autograd.kernels.compiled.loops import LOOPS, Loop
from autograd.kernels.convolution import choice as conv_choice, plans as conv_plans

TRAINING = """if True:
    import autograd, nn, optim
    from autograd.kernels.compiled import cache as compiled_cache, late
    done = autograd.warmup()
    assert done.failed == done.unkept == 0 and set(done.kernels) == {
        "formulas", "loops", "threads", "products", "attention", "recurrent", "convolutions"}
    assert done.kernels["convolutions"] == 15, done
    before = compiled_cache.TALLY.copy()
    with late.choose("now"):
        autograd.manual_seed(0)
        image = nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.GELU(),
            nn.MaxPool2d(2), nn.Conv2d(32, 32, 3, 2, 1, groups=32), nn.GroupNorm(4, 32), nn.SiLU(), nn.AvgPool2d(2),
            nn.Conv2d(32, 48, 5, 2, 2), nn.ELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1),
            nn.Linear(48, 64), nn.BatchNorm1d(64), nn.Tanh(), nn.Linear(64, 10))
        x, y = autograd.randn(16, 3, 32, 32), autograd.arange(16) % 10
        words, cell = nn.Embedding(50, 32), nn.Linear(32, 64)
        block = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
        parameters = [p for m in (image, words, cell, block) for p in m.parameters()]
        for make in (optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop):
            step = make(parameters, lr=1e-3)
            step.zero_grad()
            seen = nn.CrossEntropyLoss()(image(x), y)
            read = block(cell(words(autograd.arange(256).reshape(8, 32) % 50))).softmax(-1).log().mean()
            (seen + read).backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            step.step()
    print(compiled_cache.TALLY - before)
"""


def test_training_finds_everything_compiled():
    done = subprocess.run([sys.executable, "-c", TRAINING], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "Counter()" and done.stderr == ""


@pytest.mark.parametrize("lanes, rows", [(16, 8), (8, 8), (8, 4), (4, 8), (4, 4), (2, 4)])
def test_convolutions_of_all_kinds_are_there(lanes, rows):
    """For all widths of vectors: the kernels that random convolutions choose are those of the list."""
    def chosen(x, w, options):
        g = conv_choice.geometry(x, w, *options)
        return {conv_plans.plan(method, kind, g, lanes, rows, 4).name for kind in ("forward", "input", "weight")
                for method in conv_plans.methods(kind, g, lanes, rows, 4) if method != "winograd4"}
    listed = set().union(*(chosen(x, w, (s, p, (1, 1), x[1] // w[1])) for x, w, s, p in ahead._CONVOLUTIONS.values()))
    rng = np.random.default_rng(0)
    needed = set()
    for _ in range(500):
        groups = int(rng.choice([1, 1, 1, 2, 16, 64]))
        c, o = groups * int(rng.choice([1, 3, 16, 64])), groups * int(rng.choice([1, 3, 16, 64]))
        k = int(rng.choice([1, 2, 3, 3, 5]))
        size, stride = [int(s) for s in rng.integers(k + 4, 24, 2)], int(rng.integers(1, 3))
        padding = ((int(rng.integers(3)),) * 2,) * 2
        needed |= chosen((int(rng.integers(1, 20)), c, *size), (o, c // groups, k, k),
                         ((stride, stride), padding, (int(rng.choice([1, 1, 2])),) * 2, groups))
    assert needed <= listed and len(needed) == 15


def test_loops_for_one_type_only():
    work = ahead.kernels(np.dtype("float32"))
    assert sum(family == "loops" for family, _ in work) == len(LOOPS)
    assert {loop.name for loop in LOOPS.values() if loop.only} == {
        "bfloat16._round_all", "bfloat16._combine_all", "mt19937._doubles"}


@pytest.fixture
def few(monkeypatch, tmp_path):
    """Two kernels in place of all, the second of which cannot be compiled."""
    def copy(x, out):
        for i in range(x.size):
            out[i] = x[i]

    def wrong(x, out):
        out[0] = undefined(x)  # noqa: F821

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(compiled_cache.patience, "_said", False)
    good, bad = Loop(copy, "F1 F1", 1.0, False), Loop(wrong, "F1 F1", 1.0, False)
    del LOOPS[good.name], LOOPS[bad.name]
    monkeypatch.setattr(ahead, "kernels", lambda d: [("loops", lambda: good.compile(d)), ("bad", lambda: bad.compile(d))])
    return tmp_path


@pytest.mark.parametrize("progress", [False, True])
def test_what_is_reported(few, caplog, capsys, progress):
    done = autograd.warmup([autograd.float32, autograd.float64], progress)
    assert done.kernels == {"loops": 2} and set(done.seconds) == {"loops", "bad"}
    assert (done.compiled, done.failed, done.unkept) == (2, 2, 0) and done.folder == str(few / "tapegrad" / "kernels")
    assert len(list((few / "tapegrad" / "kernels").iterdir())) == 2
    assert "the loop test_compiling.wrong for float32 could not be compiled" in caplog.text
    pytest.importorskip("tqdm")
    assert ("compiling" in capsys.readouterr().err) == progress


def test_nowhere_to_keep_them(few, monkeypatch):
    (few / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(few / "file"))
    assert autograd.warmup().unkept == 1


def test_without_tqdm(few, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert autograd.warmup(progress=True).kernels == {"loops": 1}
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("dtype", [autograd.float16, autograd.int64, autograd.complex64])
def test_types_without_kernels(dtype):
    with pytest.raises(TypeError, match="kernels are made for float32 and float64, got"):
        autograd.warmup([dtype])


def test_without_numba_it_is_said_what_is_missing(monkeypatch):
    for name in [n for n in sys.modules if n.startswith("autograd.kernels.compiled.cache")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    with pytest.raises(ImportError, match="Numba, which is not installed: pip install numba"):
        autograd.warmup()
