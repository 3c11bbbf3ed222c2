"""The programs of tests/scripts under PyTorch itself: what they print here is what they print there."""

from __future__ import annotations

import importlib

import pytest
from moved import SCRIPTS, STATUS, python, words_and_numbers

torch = pytest.importorskip("torch")

from tapegrad.moving.lookup import public  # noqa: E402
from tapegrad.moving.missing_methods import METHODS  # noqa: E402
from tapegrad.moving.table import ABSENT_MODULES, ABSENT_NAMES, MODULES, NAMES, ONLY, STAR_MODULES  # noqa: E402

#: Both sides round in float32 (a relative 6e-8 at each operation), in another order, for up to fifty steps; and numbers
#: are printed with a few decimal places, of which the last may differ by one.
TOLERANCE = 1e-5


@pytest.mark.parametrize("path", SCRIPTS, ids=[p.stem for p in SCRIPTS])
def test_prints_the_same_numbers(path):
    ours, theirs = python("-m", "tapegrad", "run", path), python(path)
    assert theirs.returncode == ours.returncode == STATUS.get(path.stem, 0), theirs.stderr + ours.stderr
    words, numbers = words_and_numbers(ours.stdout)
    expected_words, expected = words_and_numbers(theirs.stdout)
    assert words == expected_words
    assert len(numbers) >= 4
    for found, wanted, places in zip(numbers, expected, decimal_places(theirs.stdout), strict=True):
        assert found == pytest.approx(wanted, rel=TOLERANCE, abs=1.01 * 10.0 ** -places)


def decimal_places(output):
    from moved import NUMBER
    return [len(text.partition("e")[0].partition(".")[2]) for text in NUMBER.findall(output)]


# --- the table --------------------------------------------------------------------------------------------


def exists(name):
    """Whether PyTorch has this name, as a module or in one."""
    try:
        importlib.import_module(name)
        return True
    except ImportError:
        parent, _, attribute = name.rpartition(".")
        return hasattr(importlib.import_module(parent), attribute)


@pytest.mark.parametrize("name", [n for n in MODULES if n != "torch.utils.tensorboard"])
def test_modules_are_pytorchs(name):
    module = importlib.import_module(name)
    if name in ("torch", "torch.nn", "torch.nn.functional", "torch.optim", "torch.linalg", "torch.fft", "torch.special",
                "torch.nn.init", "torch.optim.lr_scheduler", "torch.autograd", "torch.jit", "torch.amp", "torch.cuda"):
        extra = {n for n in public(name) if not hasattr(module, n)}
        assert extra <= {"NonDynamicallyQuantizableLinear"}, "names of ours alone do not belong there"


@pytest.mark.parametrize("name", [*ABSENT_MODULES, *ABSENT_NAMES, *NAMES])
def test_names_are_pytorchs(name):
    if name == "torch.utils.tensorboard":
        pytest.skip("it needs a package that may not be installed")
    assert exists(name)


def test_limited_and_starred_names_are_pytorchs():
    for place, names in ONLY.items():
        if place in ("torch.mps", "torch.xpu"):  # what a program asks of any of them
            continue
        for name in names:
            assert exists(f"{place}.{name}"), f"{place}.{name}"
    for place, names in STAR_MODULES.items():
        brought = {}
        exec(f"from {place} import *", brought)
        assert set(names) <= set(brought)


def test_all_methods_that_are_missing_are_known():
    """Names that other objects of a script may have, too, are left out."""
    import autograd
    import nn
    common = {"new", "resize", "solve", "eig", "lstsq", "symeig", "coalesce", "storage", "indices", "values", "name",
              "index", "compile", "layout"}
    for theirs, ours in ((torch.Tensor, autograd.Tensor), (torch.nn.Module, nn.Module)):
        lacking = {n for n in dir(theirs) if not n.startswith("_") and callable(getattr(theirs, n)) and not hasattr(ours, n)}
        assert lacking - common <= METHODS
        assert all(hasattr(torch.Tensor, n) or hasattr(torch.nn.Module, n) for n in METHODS)


# --- answers of a machine without a GPU -------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", [
    "m.cuda.is_available()", "m.cuda.is_initialized()", "m.cuda.device_count()", "m.cuda.memory_allocated()",
    "m.cuda.max_memory_reserved()", "m.cuda.empty_cache()", "m.cuda.is_bf16_supported()", "m.cuda.get_rng_state_all()",
    "m.cuda.manual_seed_all(1)", "m.cuda.seed()", "m.cuda.get_arch_list()", "m.cuda.set_rng_state_all([])",
    "m.cuda.current_device()", "m.cuda.get_device_name(0)", "m.cuda.synchronize()", "m.cuda.set_device(0)",
    "m.cuda.Stream()", "m.cuda.FloatTensor([1.])", "m.cuda.amp.GradScaler().get_scale()", "m.version.cuda",
    "m.cuda.amp.GradScaler().state_dict()", "m.amp.GradScaler().is_enabled()", "m.amp.GradScaler('cpu').state_dict()",
    "m.amp.GradScaler('cpu', growth_factor=1.)", "m.autocast()", "m.autocast('nothing')", "m.autocast(3)",
    "m.backends.mps.is_available()", "m.backends.cudnn.is_available()", "m.backends.cudnn.version()",
    "m.backends.cudnn.enabled", "m.backends.cudnn.benchmark", "m.backends.cudnn.deterministic",
    "m.backends.cuda.is_built()", "m.backends.cuda.matmul.allow_tf32", "m.accelerator.is_available()",
    "m.accelerator.current_accelerator()", "m.accelerator.device_count()", "repr(m.device('cuda:1'))",
    "str(m.device('cuda', 1))", "m.device('cpu', 0) == m.device('cpu')", "m.device('cpu') == 'cpu'", "m.device('foo')",
    "m.device('cuda').type", "m.device(0)", "m.zeros(1).cuda()", "m.zeros(1).to('cuda')", "m.zeros(1).to('mps')",
    "m.zeros(1).is_cuda", "m.zeros(1).get_device()", "m.zeros(1).is_sparse", "m.zeros(1).is_pinned()",
    "m.get_default_device().type", "m.set_float32_matmul_precision('high')", "m.get_float32_matmul_precision()",
    "m.set_float32_matmul_precision('highest')", "m.are_deterministic_algorithms_enabled()", "m.set_num_threads(0)",
    "m.FloatTensor(2, 3).shape", "m.LongTensor([1.5, 2]).tolist()", "m.FloatTensor()", "m.FloatTensor(3.)",
    "m.FloatTensor(m.zeros(2, dtype=m.float64))", "m.FloatTensor(m.Size([2, 3])).shape", "m.ByteTensor([1]).tolist()",
    "isinstance(m.zeros(2), m.FloatTensor)", "isinstance(m.zeros(2).long(), m.FloatTensor)",
    "m.zeros(2).type(m.LongTensor).tolist()", "m.set_default_tensor_type('torch.cuda.FloatTensor')",
    "m.jit.is_scripting()",
])
def test_answers_without_a_gpu(expression):
    import autograd

    def result(module):
        try:
            return eval(expression, {"m": module})
        except Exception as error:
            return error

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    found, expected = result(autograd), result(torch)
    if isinstance(expected, Exception):
        # PyTorch without CUDA stumbles over its own missing parts in some of them.
        kinds = (type(expected), RuntimeError) if isinstance(expected, AttributeError) else type(expected)
        assert isinstance(found, kinds), f"{found!r} for {expected!r}"
    elif isinstance(expected, torch.Tensor):
        assert found.shape == expected.shape
    else:
        assert found == expected and type(found).__name__ == type(expected).__name__


@pytest.mark.parametrize("statement", [
    "m.autocast('cuda')", "m.amp.GradScaler()", "m.cuda.amp.GradScaler()", "m.cuda.amp.autocast()",
    "m.autocast('cuda', enabled=False)", "m.amp.GradScaler('cuda', enabled=False)", "m.autocast('cpu', enabled=False)",
])
def test_warnings_without_a_gpu(statement):
    import warnings

    import autograd

    def warned(module):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            eval(statement, {"m": module})
        return [w.category for w in caught]

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert warned(autograd) == warned(torch)


def test_scaler_on_the_cpu():
    """Overflow halves the scale and skips the step; the state goes on in another scaler."""
    import autograd
    import nn
    import optim

    def steps(m, layers, optimizers):
        m.manual_seed(0)
        model = layers.Linear(3, 1)
        optimizer = optimizers.SGD(model.parameters(), lr=0.1)
        scaler = m.amp.GradScaler("cpu", init_scale=64.0, growth_interval=2)
        x, seen = m.randn(5, 3), []
        for i in range(8):
            optimizer.zero_grad()
            loss = model(x).square().mean() * (float("inf") if i in (2, 5) else 1.0)
            scaler.scale(loss).backward()
            if i % 2:
                scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
            seen += [scaler.get_scale(), *model.weight.flatten().tolist()]
            other = m.amp.GradScaler("cpu")
            other.load_state_dict(scaler.state_dict())
            scaler = other
        return seen, scaler.state_dict()

    found, state = steps(autograd, nn, optim)
    expected, their_state = steps(torch, torch.nn, torch.optim)
    assert found == pytest.approx(expected, rel=1e-6) and state == their_state


def test_names_in_the_documentation_are_pytorchs():
    import re

    from moved import ROOT
    for name in re.findall(r"^\| `(torch[\w.]*)` \|", (ROOT / "docs" / "moving.md").read_text(), re.MULTILINE):
        assert exists(name), name
