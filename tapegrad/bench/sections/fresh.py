"""Figures of fresh processes: import, time to the first gradient, memory of training."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from ..environment import clean_environment
from ..libraries import PACKAGES, load
from ..measure import OURS, Budget, Figure, figure, interleaved
from ..peers import Peers
from . import training

#: What stands at the head of a program, and the module it calls ``torch``.
IMPORTS = {
    "ours": "import autograd as torch, nn, optim\n",
    "torch": "import torch\nfrom torch import nn, optim\n",
}
FIRST_GRADIENT = """
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
loss = model(torch.ones(100, 2)).square().mean()
loss.backward()
print(model[0].weight.grad.norm().item())
"""
# Peers with NumPy's interface: the same sizes, their own way of writing.
FIRST_GRADIENT_OF_A_FUNCTION = """
w1, b1, w2, b2 = np.ones((16, 2)) * 0.1, np.zeros(16), np.ones((1, 16)) * 0.1, np.zeros(1)
def loss(p):
    w1, b1, w2, b2 = p
    return np.mean((np.dot(np.tanh(np.dot(np.ones((100, 2)), w1.T) + b1), w2.T) + b2) ** 2)
print(float(np.sum(grad(loss)((w1, b1, w2, b2))[0])))
"""
FUNCTIONS = {"jax": "import jax\nimport jax.numpy as np\nfrom jax import grad\n",
             "hips": "import autograd.numpy as np\nfrom autograd import grad\n"}
FIRST_STEP = """
torch.manual_seed(0)
model = nn.Sequential(
    nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = optim.Adam(model.parameters())
loss = nn.CrossEntropyLoss()(model(torch.randn(64, 1, 28, 28)), torch.zeros(64, dtype=torch.int64))
loss.backward()
optimizer.step()
print(loss.item())
"""


@dataclass(frozen=True)
class Program:
    """A row: whole processes, from start to end.

    Args:
        name: what they do.
        codes: the program by key of a side; "numpy" runs NumPy alone.
        target: what the ratio to PyTorch should be at most.
        rounds: at most so many.
        compared: whether the numbers printed by ours and by PyTorch must agree.
    """

    name: str
    codes: dict[str, str]
    target: float | None = None
    rounds: int = 9
    compared: bool = True
    slow: bool = False

    def measure(self, peers: Peers, budget: Budget) -> Figure:
        """Wall times of processes, interleaved, after one each that fills caches and is compared."""
        sides = {title: _Process(self.codes[key], folder) for key, title, folder in _everybody(peers)
                 if key in self.codes}
        printed = {title: process.output() for title, process in sides.items()}
        if self.compared and "PyTorch" in printed:
            a, b = float(printed[OURS]), float(printed["PyTorch"])
            if not math.isclose(a, b, rel_tol=1e-4):  # float32, sums of some thousand products in other orders
                return Figure(self.name, target=self.target, problem=f"ours gives {a}, PyTorch {b}")
        rounds = min(self.rounds, max(3, budget.least)) if budget.seconds else budget.least
        return figure(self.name, interleaved({t: p.seconds for t, p in sides.items()}, rounds), target=self.target)


class _Process:
    def __init__(self, code: str, folder: Path | None) -> None:
        # Without -P the current folder would come first, and with it this engine in HIPS autograd's process.
        self._command = [sys.executable, "-P", "-c", code]
        self._environment = clean_environment(1) | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(folder or _root())}

    def output(self) -> str:
        return subprocess.run(self._command, check=True, env=self._environment, capture_output=True, text=True).stdout

    def seconds(self) -> float:
        start = time.perf_counter()
        self.output()
        return time.perf_counter() - start


def _root() -> Path:
    """The folder that holds the packages."""
    spec = importlib.util.find_spec("autograd")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parents[1]


def _everybody(peers: Peers) -> list[tuple[str, str, Path | None]]:
    libraries = [(lib.key, lib.title, None) for lib in peers.libraries if lib.key in IMPORTS]
    return [*libraries, *((r.key, r.title, r.folder) for r in peers.remotes), ("numpy", "NumPy", None)]


def starts(tiny: bool = False) -> list[Program]:
    """Processes to the end of an import, of a first gradient, of a first training step."""
    return [
        Program("an empty program, for comparison", dict.fromkeys((*IMPORTS, *FUNCTIONS), "print(0)")),
        Program("import", IMPORTS | FUNCTIONS | {"numpy": "import numpy\n"}, compared=False),
        Program("first gradient of a small MLP", {k: v + FIRST_GRADIENT for k, v in IMPORTS.items()} | {
            k: v + FIRST_GRADIENT_OF_A_FUNCTION for k, v in FUNCTIONS.items()}, 0.15),
        Program("first step of the tutorial CNN", {k: v + FIRST_STEP for k, v in IMPORTS.items()}, 1.0),
    ]


# --- memory -----------------------------------------------------------------------------------------------

TRAINED: dict[str, Callable[[bool], training.Step]] = {
    "mlp": lambda tiny: training.mlp((6, 5, 3) if tiny else (784, 128, 10), 64, "ReLU", "CrossEntropyLoss"),
    "cnn": training.cnn, "char_lstm": training.char_lstm, "gpt": training.gpt, "resnet18": training.resnet18,
}
#: By how much batches grow for what a step itself holds to show beside libraries and weights.
TIMES = {"mlp": 65, "cnn": 4, "char_lstm": 4, "gpt": 4, "resnet18": 2}


@dataclass(frozen=True)
class Memory:
    """A row: the peak of the memory that a process holds while it trains.

    Args:
        network: its key in `TRAINED`.
        kind: one of `KINDS`.
    """

    network: str
    kind: str
    tiny: bool = False
    target: float | None = None
    slow: bool = False

    @property
    def name(self) -> str:
        """The network, and what of its memory."""
        return f"{TRAINED[self.network](self.tiny).name}, {self.kind.replace('N', str(TIMES[self.network]))}"

    def measure(self, peers: Peers, budget: Budget) -> Figure:
        """Peaks of processes, after one each that compiles."""
        def peak(key: str) -> Callable[[], float]:
            attempts = count()
            return lambda: KINDS[self.kind](self, key, next(attempts))
        sides = {lib.title: peak(lib.key) for lib in peers.libraries if lib.key in IMPORTS}
        sides[OURS]()  # fills the cache of compiled kernels
        return figure(self.name, interleaved(sides, 1 if budget.seconds < 0.5 else 3), "B", self.target)

    def trained(self, key: str, attempt: int, times: int = 1) -> dict[str, float]:
        """What a process of one side said."""
        return _trained(self.network, key, self.tiny, times, attempt)


#: What of a process is told: all; what it held after its imports left out; what larger batches add, which is what the
#: steps themselves hold, whatever code is loaded.
KINDS: dict[str, Callable[[Memory, str, int], float]] = {
    "whole process": lambda row, key, attempt: row.trained(key, attempt)["peak"],
    "above the imports": lambda row, key, attempt: row.trained(key, attempt)["above"],
    "more for N times the batch": lambda row, key, attempt: max(
        row.trained(key, attempt, TIMES[row.network])["peak"] - row.trained(key, attempt)["peak"], 1.0),
}


@cache  # the same processes tell all rows of a network
def _trained(network: str, key: str, tiny: bool, times: int, attempt: int) -> dict[str, float]:
    """What the process of one side and round said."""
    code = f"from tapegrad.bench.sections.fresh import report; report({network!r}, {key!r}, {tiny}, {times})"
    # What a long run holds: with its kernels compiled.
    environment = clean_environment(1) | {"PYTHONPATH": str(_root()), "AUTOGRAD_JIT": "now"}
    found: dict[str, float] = json.loads(subprocess.run(
        [sys.executable, "-P", "-c", code], check=True, env=environment, capture_output=True, text=True).stdout)
    return found


def report(network: str, key: str, tiny: bool, times: int) -> None:
    """Train for some steps in this process, with the batch so many times over, and print what it held, in bytes."""
    library = load(key)
    if key == "torch":
        library.t.set_num_threads(1)
    imported = _status("VmRSS")
    trained = TRAINED[network](tiny)
    data = tuple(np.concatenate([a] * times) for a in trained.data())
    _, step = replace(trained, data=lambda: data).begin(library)
    for _ in range(5):
        step()
    peak = _status("VmHWM")
    print(json.dumps({"imported": imported, "peak": peak, "above": max(peak - imported, 1)}))


def _status(name: str) -> int:
    """Bytes from the kernel's account of this process; unlike getrusage's, it does not begin with the parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {name}")


def memory(tiny: bool = False) -> list[Any]:
    """Every network in each way."""
    if not Path("/proc/self/status").exists():
        return []
    return [Memory(key, kind, tiny, None if kind == "above the imports" else 1.0, slow=key == "resnet18")
            for kind in KINDS for key in TRAINED]


assert set(IMPORTS) <= set(PACKAGES)
