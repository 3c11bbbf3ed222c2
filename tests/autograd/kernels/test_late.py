"""Kernels that are compiled late: the same bits before and after, and compiled only where it pays."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import types

import numpy as np
import pytest

import autograd
from autograd import ops
from autograd.kernels import late
from autograd.kernels.direct import Direct
from autograd.kernels.fused import Formula, fused
from autograd.kernels.late import LATE
from autograd.kernels.reduce import sum_into

ops.load_all()  # all formulas are declared
FORMULAS = [kernel for kernel in LATE.values() if isinstance(kernel, Formula)]


def name(kernel):
    code = kernel.function.__code__
    return f"{code.co_filename.rpartition('/')[2]}:{code.co_firstlineno}"


def operands(kernel, dtype, n, stride):
    """Ordinary values, zeros of both signs, NaN, infinities and denormals; what stands for an option is a number."""
    rng = np.random.default_rng(n)
    special = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1e-42, -1e-42, 1.0, -1.0, 3.0, -3.0], dtype)
    for p in kernel.function.__code__.co_varnames[:kernel.function.__code__.co_argcount]:
        if p in ("g", "out", "input", "other", "x"):
            a = rng.normal(size=n * abs(stride)).astype(dtype)[::stride]
            a[:len(special)] = rng.permutation(special)[:n]
            yield a
        else:
            yield 0.25 if p != "zero" else np.zeros((), dtype)


@pytest.mark.parametrize("kernel", FORMULAS, ids=name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_compiled_formula_gives_the_bits_of_its_twin(kernel, dtype):
    compiled = kernel.build()
    for n, stride in ((0, 1), (1, 1), (7, 1), (1000, 1), (100, -1), (100, 3)):
        values = list(operands(kernel, dtype, n, stride))
        with np.errstate(all="ignore"):
            got, expected = compiled(*values), kernel.twin(*values)
        assert got.dtype == expected.dtype == dtype
        # The sign and payload of a NaN are nobody's promise.
        assert np.array_equal(np.isnan(got), np.isnan(expected))
        assert np.where(np.isnan(got), 0, got).tobytes() == np.where(np.isnan(expected), 0, expected).tobytes()


def test_the_sum_of_few_is_numpys_to_the_bit():
    compiled = LATE[sum_into].build()
    rng = np.random.default_rng(0)
    for n in range(129):
        for stride in (1, 2, -1):
            x = rng.normal(size=n * abs(stride)).astype(np.float32)[::stride]
            out = np.empty((), np.float32)
            compiled(x, out)
            assert out == np.add.reduce(x)


def test_kinds():
    assert len(FORMULAS) > 20 and any(isinstance(kernel, Direct) for kernel in LATE.values())


@fused
def cubed(x):
    return x * x * x


def test_compiled_once_it_pays(monkeypatch):
    monkeypatch.setattr(late, "_missed", 0.0)
    kernel = Formula(cubed, cubed, saves=0.03, saves_each=0.0)
    namespace = {}
    kernel.bind(namespace, "f")
    x = np.array([2.0])
    monkeypatch.setattr(late, "sys", types.SimpleNamespace(modules={}))  # as where Numba is not imported yet
    while late._missed + 0.03 <= 0.4:
        assert namespace["f"](x) == 8 and not isinstance(namespace["f"], np.ufunc)
    assert namespace["f"](x) == 8
    assert isinstance(namespace["f"], np.ufunc) and namespace["f"](x) == 8


def test_a_kernel_waits_for_its_own_share(monkeypatch):
    monkeypatch.setattr(late, "_missed", 10.0)  # enough to import Numba
    kernel = Formula(cubed, cubed, saves=1e-3, saves_each=0.0)
    for _ in range(40):
        kernel.current(np.array([2.0]))
    assert not isinstance(kernel.current, np.ufunc)
    for _ in range(20):
        kernel.current(np.array([2.0]))
    assert isinstance(kernel.current, np.ufunc)


def test_training_continues_to_the_bit_when_kernels_come_in():
    def losses():
        autograd.manual_seed(0)
        w = autograd.randn(5, 5, requires_grad=True)
        found = []
        for _ in range(10):
            loss = (w.tanh() @ w.relu()).sigmoid().sqrt()[0].sum()
            w.grad = None
            loss.backward()
            w.data = w.data - 0.1 * w.grad
            found.append(w.detach().numpy().tobytes())
        return found

    before = losses()
    late.compile_all()
    assert losses() == before


@pytest.mark.parametrize("setting", ["0", "1"])
def test_a_short_script_does_not_load_the_compiler(setting):
    code = """
        import sys, autograd
        x = autograd.randn(100, requires_grad=True)
        for _ in range(100):
            x.tanh().relu().sum().backward()
        print("numba" in sys.modules)
        from autograd.kernels import late
        late.compile_all()
        print("numba" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True,
                          env=os.environ | {"AUTOGRAD_JIT": setting,
                                            "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
    assert done.stdout.split() == ["False", str(setting == "1")], done.stderr


def test_without_numba_the_twin_stays(monkeypatch):
    kernel = Formula(cubed, cubed, saves=0.0, saves_each=0.0)
    monkeypatch.setitem(sys.modules, "numba", None)
    kernel.compile()
    assert kernel.current is cubed
