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
import nn
from autograd import ops
from autograd.kernels import maps, products
from autograd.kernels.compiled import late
from autograd.kernels.compiled.direct import Direct
from autograd.kernels.compiled.fused import Formula, fused
from autograd.kernels.compiled.late import LATE
from autograd.kernels.convolution import choice as conv_choice
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

    with late.choose("0"):
        before = losses()
    with late.choose("now"):
        assert losses() == before


@pytest.mark.parametrize(("setting", "loads"), [("0", False), ("1", False), ("now", True)])
def test_a_short_script_does_not_load_the_compiler(setting, loads):
    code = """
        import sys, autograd
        x = autograd.randn(100, requires_grad=True)
        for _ in range(100):
            x.tanh().relu().sum().backward()
        print("numba" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True,
                          env=os.environ | {"AUTOGRAD_JIT": setting,
                                            "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
    assert done.stdout.split() == [str(loads)], done.stderr


def test_without_numba_the_twin_stays(monkeypatch):
    kernel = Formula(cubed, cubed, saves=1.0, saves_each=0.0)
    monkeypatch.setitem(sys.modules, "numba", None)
    for choice in late.CHOICES:
        with late.choose(choice):
            assert kernel.current(np.array([2.0])) == 8 and not isinstance(kernel.current, np.ufunc)


def test_choices():
    kernel = Formula(cubed, cubed, saves=1.0, saves_each=0.0)
    x = np.array([2.0])
    with late.choose("0"):
        assert kernel.current(x) == 8 and not isinstance(kernel.current, np.ufunc)
    with late.choose("now"):
        assert kernel.current(x) == 8 and isinstance(kernel.current, np.ufunc)
    with late.choose("0"):
        assert kernel.current(x) == 8 and not isinstance(kernel.current, np.ufunc)
    assert isinstance(kernel.current, np.ufunc)
    with pytest.raises(ValueError, match="one of 0, 1, now, got 'later'"), late.choose("later"):
        pass


def test_compiled_kernels_rest_and_come_back():
    kernel = Formula(cubed, cubed, saves=1.0, saves_each=0.0)
    early, late_ = {}, {}
    kernel.bind(early, "f")
    kernel.compile()
    with late.choose("0"):
        assert early["f"] is cubed
        kernel.bind(late_, "f")
        assert late_["f"] is cubed
        with late.choose("now"):
            assert isinstance(early["f"], np.ufunc) and early["f"] is late_["f"]
        assert early["f"] is late_["f"] is cubed
    assert isinstance(early["f"], np.ufunc) and early["f"] is late_["f"]


def test_compiled_while_kernels_rest():
    kernel = Formula(cubed, cubed, saves=1.0, saves_each=0.0)
    with late.choose("0"):
        kernel.compile()
        assert kernel.current is cubed
    assert isinstance(kernel.current, np.ufunc)


def test_an_engine_without_kernels_computes_what_one_that_never_had_them_does():
    """Results of a whole step, with kernels that round differently, before, amid and after."""
    def step():
        autograd.manual_seed(0)
        x, w = autograd.randn(64, 300), autograd.randn(200, 300, requires_grad=True)
        y = (x @ w.T).tanh().softmax(1).log().sum()
        y.backward()
        return w.grad.numpy().tobytes()

    with late.choose("0"):
        never = step()
    with late.choose("now"):
        compiled = step()
        with late.choose("0"):
            assert step() == never
        assert step() == compiled
    with late.choose("0"):
        assert step() == never


# --- what cannot be compiled ------------------------------------------------------------------------------


def _fail(*_):
    raise RuntimeError("this Numba cannot")


def _tried_twice(compute, caplog):
    """The result with kernels wanted, which is NumPy's, and of which the log tells once."""
    with late.choose("0"):
        expected = compute()
    with late.choose("now"):
        for _ in range(2):
            np.testing.assert_array_equal(compute(), expected)
    assert [m for m in caplog.messages if "could not be compiled; NumPy computes it" in m] == caplog.messages
    return len(caplog.messages)


def test_a_loop_that_cannot_be_compiled(monkeypatch, caplog):
    monkeypatch.setattr(maps.silu, "_build", _fail)
    monkeypatch.setattr(maps.silu, "_compiled", {})
    x = autograd.linspace(-3, 3, 50)
    assert _tried_twice(lambda: nn.functional.silu(x).numpy(), caplog) == 1
    assert "the loop maps.silu for float32" in caplog.text


def test_products_that_cannot_be_compiled(monkeypatch, caplog):
    monkeypatch.setattr(products, "_build", _fail)
    monkeypatch.setattr(products, "_compiled", {})
    monkeypatch.setattr(products, "_blas_is_slower", lambda: True)
    x, w = autograd.randn(64, 300), autograd.randn(200, 300)
    assert _tried_twice(lambda: (x @ w.T).numpy(), caplog) == 1


def test_convolutions_that_cannot_be_compiled(monkeypatch, caplog):
    monkeypatch.setattr(conv_choice, "_build", _fail)
    monkeypatch.setattr(conv_choice, "_compiled", {})
    monkeypatch.setattr(products, "_compiled", {np.dtype("float32"): None})  # of windows, which NumPy multiplies too
    x, w = autograd.randn(2, 16, 9, 9), autograd.randn(16, 16, 3, 3, requires_grad=True)

    def compute():
        w.grad = None
        nn.functional.conv2d(x, w, padding=1).square().sum().backward()
        return w.grad.numpy()
    assert _tried_twice(compute, caplog) == len(conv_choice._compiled) >= 2


def test_formulas_that_cannot_be_compiled(monkeypatch, caplog):
    monkeypatch.setattr(Formula, "build", _fail)
    kernel = Formula(cubed, cubed, saves=1.0, saves_each=0.0)
    assert _tried_twice(lambda: kernel.current(np.arange(3.0)), caplog) == 1


def test_numba_that_is_told_not_to_compile(monkeypatch):
    import numba
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    with late.choose("now"):
        assert maps.silu.on(np.dtype("float32"), 100) is None
