"""Eager overhead: tiny recorded operations, backward per node, whole training steps, import time; ours over PyTorch's.

Both sides run in one process on one thread, interleaved, after their results were compared. Import times are those of
fresh interpreters, ours over NumPy's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch

import autograd
import nn
import optim

from .measure import Ratio, clean_environment, compare, compare_timed, process_seconds

SIZE = 32


def _pair(seed: int, low: float = 0.9, high: float = 1.1) -> tuple[Any, Any]:
    data = np.random.default_rng(seed).uniform(low, high, SIZE).astype(np.float32)
    return autograd.tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)


def _same(ours: Any, peer: Any) -> None:
    np.testing.assert_allclose(ours.detach().numpy(), peer.detach().numpy(), rtol=1e-5, atol=1e-6)


def forward() -> list[Ratio]:
    """Recorded operations on 32 elements."""
    (x, px), (y, py) = _pair(0), _pair(1)
    work: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "add": (lambda: x + y, lambda: px + py),
        "mul": (lambda: x * y, lambda: px * py),
        "exp": (lambda: x.exp(), lambda: px.exp()),
        "relu": (lambda: x.relu(), lambda: px.relu()),
        "sum": (lambda: x.sum(), lambda: px.sum()),
        "reshape": (lambda: x.reshape(4, 8), lambda: px.reshape(4, 8)),
        "index": (lambda: x[3:9], lambda: px[3:9]),
    }
    found = []
    for name, (ours, peer) in work.items():
        _same(ours(), peer())
        found.append(compare(f"forward {name}", ours, peer, target=0.5))
    return found


def backward() -> list[Ratio]:
    """Backward through a chain of 100 nodes, a node."""
    (x, px), (y, py) = _pair(0), _pair(1)
    length = 100
    steps: dict[str, Callable[[Any, Any], Any]] = {
        "add": lambda t, y: t + y,
        "mul": lambda t, y: t * y,
        "mul by a number": lambda t, y: t * 1.01,
        "tanh": lambda t, y: t.tanh(),
        "relu": lambda t, y: t.relu(),
        "reshape": lambda t, y: t.reshape(4, 8) if t.ndim == 1 else t.reshape(SIZE),
        "index": lambda t, y: t[:],
    }
    found = []
    for name, step in steps.items():
        def run(leaf: Any, other: Any, step: Callable[[Any, Any], Any] = step) -> float:
            t = leaf
            for _ in range(length):
                t = step(t, other)
            loss = t.sum()
            leaf.grad = other.grad = None
            start = time.perf_counter()
            loss.backward()
            return (time.perf_counter() - start) / (length + 1)
        run(x, y), run(px, py)
        _same(x.grad, px.grad)
        found.append(compare_timed(f"backward {name}", lambda: run(x, y), lambda: run(px, py), target=0.35))
    return found


def _mlp(lib_nn: Any, sizes: tuple[int, ...], act: Any) -> Any:
    layers: list[Any] = []
    for a, b in pairwise(sizes):
        layers += [lib_nn.Linear(a, b), act()]
    return lib_nn.Sequential(*layers[:-1])


def _step(lib: Any, lib_nn: Any, lib_optim: Any, sizes: tuple[int, ...], batch: int, act: str,
          loss: str) -> Callable[[], Any]:
    lib.manual_seed(0)
    model = _mlp(lib_nn, sizes, getattr(lib_nn, act))
    rng = np.random.default_rng(0)
    x = lib.tensor(rng.standard_normal((batch, sizes[0])).astype(np.float32))
    if sizes[-1] == 1:
        y = lib.tensor(rng.integers(0, 2, (batch, 1)).astype(np.float32))
    else:
        y = lib.tensor(rng.integers(0, sizes[-1], batch))
    optimizer = lib_optim.Adam(model.parameters(), lr=1e-3)
    criterion = getattr(lib_nn, loss)()

    def step() -> Any:
        optimizer.zero_grad()
        value = criterion(model(x), y)
        value.backward()
        optimizer.step()
        return value
    return step


def training_steps() -> list[Ratio]:
    """One step of Adam: zero_grad, forward, backward, update."""
    cases = [
        ("moons MLP 2-16-16-1, batch 100", (2, 16, 16, 1), 100, "ReLU", "BCEWithLogitsLoss", 0.25),
        ("MLP 784-128-10, batch 64", (784, 128, 10), 64, "ReLU", "CrossEntropyLoss", 0.45),
    ]
    found = []
    for name, sizes, batch, act, loss, target in cases:
        ours = _step(autograd, nn, optim, sizes, batch, act, loss)
        peer = _step(torch, torch.nn, torch.optim, sizes, batch, act, loss)
        for _ in range(20):
            _same(ours(), peer())
        found.append(compare(f"Adam step, {name}", ours, peer, budget_ms=20.0, target=target))
    return found


def _network(lib_nn: Any) -> Any:
    """The network of ``tapegrad train digits``."""
    n = lib_nn
    return n.Sequential(
        n.Conv2d(1, 32, 3), n.ReLU(), n.MaxPool2d(2), n.Conv2d(32, 64, 3), n.ReLU(), n.MaxPool2d(2),
        n.Conv2d(64, 64, 3), n.ReLU(), n.Flatten(), n.Linear(576, 64), n.ReLU(), n.Linear(64, 10))


def digits_step() -> list[Ratio]:
    """One step of Adam on a batch of 64 pictures of 28 x 28."""
    def make(lib: Any, lib_nn: Any, lib_optim: Any) -> Callable[[], Any]:
        lib.manual_seed(0)
        model = _network(lib_nn)
        optimizer = lib_optim.Adam(model.parameters())
        rng = np.random.default_rng(0)
        x = lib.tensor(rng.standard_normal((64, 1, 28, 28)).astype(np.float32))
        y = lib.tensor(rng.integers(0, 10, 64))
        criterion = lib_nn.CrossEntropyLoss()

        def step() -> Any:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            return loss
        return step

    ours, peer = make(autograd, nn, optim), make(torch, torch.nn, torch.optim)
    for _ in range(3):
        _same(ours(), peer())
    return [compare("Adam step, digits network, batch 64", ours, peer, rounds=21, budget_ms=40.0, target=0.6)]


def imports(rounds: int = 11) -> list[Ratio]:
    """Import of a fresh interpreter: ours over NumPy's, each less the interpreter's own start."""
    env = clean_environment(1)
    times: dict[str, list[float]] = {"pass": [], "import autograd": [], "import numpy": []}
    for _ in range(rounds):
        for code, seconds in times.items():
            seconds.append(process_seconds(code, env))
    start = float(np.median(times["pass"]))
    ratios = sorted((a - start) / (b - start) for a, b in zip(times["import autograd"], times["import numpy"]))
    return [Ratio("import autograd / import numpy", float(np.median(ratios)), ratios[rounds // 4],
                  ratios[-rounds // 4], (float(np.median(times["import autograd"])) - start) * 1e6,
                  (float(np.median(times["import numpy"])) - start) * 1e6, 1.5)]


SECTIONS: dict[str, Callable[[], list[Ratio]]] = {
    "Recorded operations, 32 elements": forward,
    "Backward, per node": backward,
    "Training steps": training_steps,
    "Convolutional network": digits_step,
    "Import": imports,
}
