"""``tapegrad run``: the process that a script finds itself in, and what stands in PyTorch's place there."""

from __future__ import annotations

import sys

import pytest
from moved import python

import autograd
from tapegrad.moving.lookup import missing
from tapegrad.moving.table import ABSENT_MODULES, ABSENT_NAMES


def run(tmp_path, source, *arguments, name="script.py"):
    path = tmp_path / name
    path.write_text(source)
    return python("-m", "tapegrad", "run", path, *arguments, cwd=tmp_path)


def output(tmp_path, source, *arguments):
    result = run(tmp_path, source, *arguments)
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return result.stdout.splitlines()


def test_the_process_is_that_of_python(tmp_path):
    source = ("import sys, __main__, helper\n"
              "print(sys.argv[1:], sys.argv[0] == __file__, __name__, __main__.__dict__ is globals())\n"
              "print(sys.path[0], __spec__, __doc__, __package__, helper.__file__)\n")
    (tmp_path / "helper.py").write_text("")
    arguments = ("-m", "--lr", "0.1", "--help", "--", "x")
    ours = output(tmp_path, source, *arguments)
    theirs = python(tmp_path / "script.py", *arguments, cwd=tmp_path).stdout.splitlines()
    assert ours == theirs
    assert ours[0] == "['-m', '--lr', '0.1', '--help', '--', 'x'] True __main__ True"


@pytest.mark.parametrize("source", [
    "import sys; sys.exit(7)", "import sys; sys.exit('words')", "raise SystemExit", "def f():\n    1 / 0\nf()", "x = (",
    "import torch\ndef f(t):\n    raise ValueError(t.shape[0])\nf(torch.ones(3))", "import nothing_of_this_name",
    "raise KeyboardInterrupt", "import atexit\natexit.register(print, 'end')\nassert False, 'no'", "import os; os._exit(5)",
])
def test_ends_as_under_python(tmp_path, source):
    result = run(tmp_path, source)
    theirs = python(tmp_path / "script.py", cwd=tmp_path) if "torch" not in source else None
    if theirs is not None:  # a signal ends Python as 128 + its number in a shell
        assert result.returncode == (130 if theirs.returncode == -2 else theirs.returncode)
        assert (result.stdout, result.stderr) == (theirs.stdout, theirs.stderr)
    else:
        assert result.returncode == 1 and result.stderr.splitlines()[0] == "Traceback (most recent call last):"
        assert [line.split(", ")[1] for line in result.stderr.splitlines() if "File" in line] == ["line 4", "line 3"]


def test_no_such_script(tmp_path):
    result = python("-m", "tapegrad", "run", "nothing.py", cwd=tmp_path)
    assert result.returncode == 2 and "can't open file" in result.stderr and "nothing.py" in result.stderr
    assert python("-m", "tapegrad", "run").returncode == 2


def test_a_module_of_a_package(tmp_path):
    package = tmp_path / "project"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "model.py").write_text("import torch\nNet = torch.nn.Linear\n")
    (package / "train.py").write_text("import sys\nfrom .model import Net\nprint(Net(2, 1), sys.argv[1:], __name__)\n")
    result = python("-m", "tapegrad", "run", "-m", "project.train", "--epochs", "3", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "Linear(in_features=2, out_features=1, bias=True) ['--epochs', '3'] __main__\n"


def test_only_this_process_is_changed(tmp_path):
    child = "import importlib.util; spec = importlib.util.find_spec('torch'); print(spec and 'tapegrad' in spec.origin)"
    lines = output(tmp_path, "import subprocess, sys, torch\nprint('tapegrad' in torch.__spec__.origin)\n"
                             f"print(subprocess.run([sys.executable, '-c', {child!r}], capture_output=True, text=True).stdout)")
    assert lines[0] == "True" and lines[1] in ("False", "None")


def test_workers_that_are_new_interpreters(tmp_path):
    """They import the script anew, and find the stand-in."""
    source = ("import torch, torch.nn as nn\nfrom torch.utils.data import DataLoader, Dataset\n"
              "class Data(Dataset):\n"
              "    def __len__(self): return 6\n"
              "    def __getitem__(self, i): return torch.full((2,), float(i)), torch.__version__\n"
              "if __name__ == '__main__':\n"
              "    for x, versions in DataLoader(Data(), batch_size=3, num_workers=2, multiprocessing_context='spawn'):\n"
              "        print(x[:, 0].tolist(), set(versions))\n")
    assert output(tmp_path, source) == ["[0.0, 1.0, 2.0] {'2.13.0+tapegrad'}", "[3.0, 4.0, 5.0] {'2.13.0+tapegrad'}"]


@pytest.mark.skipif(sys.platform != "linux", reason="Python forks there by default")
@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python no longer forks by default")
def test_workers_without_a_guard(tmp_path):
    source = ("import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
              "for (x,) in DataLoader(TensorDataset(torch.arange(4.)), batch_size=2, num_workers=1, "
              "collate_fn=lambda items: (torch.stack([i[0] for i in items]),)):\n    print(x.tolist())\n")
    assert output(tmp_path, source) == ["[0.0, 1.0]", "[2.0, 3.0]"]


def test_a_name_of_ours_beside_the_script_is_said(tmp_path):
    (tmp_path / "optim.py").write_text("")
    result = run(tmp_path, "import torch")
    assert result.returncode == 0 and "optim.py has the name of a package of Tapegrad" in result.stderr


def test_what_is_missing_is_named(tmp_path):
    source = """
import torch, torch.nn as nn
def message(f):
    try:
        f()
    except (AttributeError, ImportError, RuntimeError, TypeError) as error:
        print(type(error).__name__, error)
def statement(text):
    message(lambda: exec(text))
message(lambda: torch.sparse_coo_tensor([[0]], [1.]))
message(lambda: nn.NoSuchLayer())
message(lambda: torch.nn.functional.no_such)
message(lambda: torch.distributions.Normal(0, 1))
message(lambda: torch.jit.trace(len, ()))
message(lambda: torch.ones(2).to(torch.bfloat16))
statement("import torch.no.such")
statement("import torchvision.transforms as T")
statement("from torch.nn import no_such")
statement("from torch.fx import Graph\\nclass A(Graph): pass")
statement("from torch.distributed import init_process_group as i; i('gloo')")
print(hasattr(torch, "no_such"), hasattr(nn, "Linear"), isinstance(1, torch.fx.Graph))
"""
    assert output(tmp_path, source) == [
        "MissingError torch.sparse_coo_tensor is not in Tapegrad",
        "MissingError torch.nn.NoSuchLayer is not in Tapegrad",
        "MissingError torch.nn.functional.no_such is not in Tapegrad",
        f"MissingError {missing('torch.distributions.Normal')}", f"MissingError {missing('torch.jit.trace')}",
        "TypeError dtype must be an autograd.dtype such as autograd.float32, got "
        f"<{missing('torch.bfloat16')}>",
        "  in to(self: float32 [2], dtype: <torch.bfloat16 is not in Tapegrad: NumPy has no such typ...)",
        "ModuleNotFoundError torch.no is not in Tapegrad",
        f"ModuleNotFoundError {missing('torchvision')}",
        "ImportError cannot import name 'no_such' from 'torch.nn' (unknown location)",
        f"MissingError {missing('torch.fx.Graph')}",
        "RuntimeError distributed.init_process_group needs several processes that train together, and one trains here. "
        "Use it only where distributed.is_initialized()",
        "False True False",
    ]


def test_an_import_error_says_why(tmp_path):
    result = run(tmp_path, "from torch import complex32, no_such")
    assert result.returncode == 1 and result.stderr.endswith("torch.no_such is not in Tapegrad\n")


@pytest.mark.parametrize("name", [*ABSENT_MODULES, *ABSENT_NAMES])
def test_absent_names_have_a_hint(name):
    assert missing(name).startswith(f"{name} is not in Tapegrad: ")


def test_tensorboard_is_tensorboardx(tmp_path):
    (tmp_path / "tensorboardX.py").write_text("class SummaryWriter:\n    def add_scalar(self, *a): print(a)\n")
    source = "from torch.utils.tensorboard import SummaryWriter\nSummaryWriter().add_scalar('loss', 1.5, 0)\n"
    assert output(tmp_path, source) == ["('loss', 1.5, 0)"]


def test_without_tensorboardx(tmp_path):
    source = "import sys\nsys.modules['tensorboardX'] = None\n" + (
        "try:\n    from torch.utils.tensorboard import SummaryWriter\nexcept ImportError as error:\n    print(error)\n")
    assert output(tmp_path, source) == ["torch.utils.tensorboard is not in Tapegrad: it needs the package tensorboardX: pip install tensorboardX"]


def test_switches_are_ours(tmp_path):
    source = ("import torch, autograd, nn\nimport torch.backends.cudnn as cudnn\ncudnn.benchmark = True\n"
              "print(torch.backends.cudnn.benchmark, autograd.backends.cudnn.benchmark, torch.nn.Linear is nn.Linear)\n"
              "with cudnn.flags(benchmark=False):\n    print(torch.backends.cudnn.benchmark)\n"
              "torch.nn.functional.relu = lambda x: 'ours'\nprint(nn.functional.relu(1))\n"
              "print(torch.__version__ >= (2, 0), torch.__version__ < '2.2', torch.__version__.split('+')[0] == '2.13.0')\n")
    assert output(tmp_path, source) == ["True True True", "False", "ours", "True False True"]


def test_the_stand_in_is_not_in_this_process():
    assert not getattr(sys.modules.get("torch"), "__doc__", None) or "Tapegrad" not in sys.modules["torch"].__doc__
    assert autograd.__version__
