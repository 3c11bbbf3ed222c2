"""What a recorded operation costs beyond its arithmetic: tiny tensors, a node of backward, scalars."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..case import Case, Elsewhere, Work
from ..libraries import Library
from ..scalar import Value

SIZE = 32

Step = Callable[[Any, Any], Any]


def _pair(lib: Library) -> tuple[Any, Any]:
    x, y = np.random.default_rng(0).uniform(0.9, 1.1, (2, SIZE)).astype(np.float32)
    return lib.tensor(x), lib.tensor(y)


def forward(tiny: bool = False) -> list[Case]:
    """Recorded operations on 32 elements."""
    operations: dict[str, Step] = {
        "add": lambda x, y: x + y,
        "mul": lambda x, y: x * y,
        "div": lambda x, y: x / y,
        "add a number": lambda x, y: x + 1.0,
        "exp": lambda x, y: x.exp(),
        "relu": lambda x, y: x.relu(),
        "sum": lambda x, y: x.sum(),
        "mean": lambda x, y: x.mean(0),
        "maximum": lambda x, y: x.maximum(y),
        "reshape": lambda x, y: x.reshape(4, 8),
        "transpose": lambda x, y: x.reshape(4, 8).T,
        "index": lambda x, y: x[3:9],
        "matmul 4 x 8 x 4": lambda x, y: x.view(4, 8) @ y.view(8, 4),
    }

    def make(operation: Step) -> Callable[[Library], Work]:
        def work(lib: Library) -> Work:
            x, y = _pair(lib)
            return Work(lambda: operation(x, y), lambda: [operation(x, y)])
        return work
    return [Case(name, make(operation), length=SIZE, target=0.5) for name, operation in operations.items()]


def backward(tiny: bool = False) -> list[Case]:
    """Backward through a chain of 100 nodes on 32 elements; the time is that of a node."""
    length = 10 if tiny else 100
    steps: dict[str, Step] = {
        "add": lambda t, y: t + y,
        "mul": lambda t, y: t * y,
        "mul by a number": lambda t, y: t * 1.01,
        "exp and log": lambda t, y: t.exp().log(),
        "tanh": lambda t, y: t.tanh(),
        "relu": lambda t, y: t.relu(),
        "reshape": lambda t, y: t.reshape(4, 8) if t.ndim == 1 else t.reshape(SIZE),
        "index": lambda t, y: t[:],
    }

    def make(step: Step) -> Callable[[Library], Work]:
        def work(lib: Library) -> Work:
            x, y = _pair(lib)
            loss: list[Any] = []

            def before() -> None:
                t = x
                for _ in range(length):
                    t = step(t, y)
                loss[:] = [t.sum()]
                x.grad = y.grad = None

            def values() -> list[Any]:
                before()
                loss[0].backward()
                return [x.grad]
            return Work(lambda: loss[0].backward(), values, before, units=length + 1)
        return work
    return [Case(name, make(step), length=length, target=0.35) for name, step in steps.items()]


def scalars(tiny: bool = False) -> list[Case]:
    """Forward and backward of a chain of operations on single numbers, as scalar-valued engines do it."""
    rounds = 2 if tiny else 10
    a, b = 0.7, -0.3

    def chain(x: Any, y: Any, tanh: Callable[[Any], Any]) -> Any:
        t = x
        for _ in range(rounds):
            t = tanh(t * y + x) - x / (y * y + 2.0)
        return t

    def tensors(lib: Library) -> Work:
        x, y = (lib.tensor(np.array(v)) for v in (a, b))

        def run() -> Any:
            x.grad = y.grad = None
            out = chain(x, y, lib.t.tanh)
            out.backward()
            return out

        def values() -> list[Any]:
            out = run()
            return [lib.t.stack([out.detach(), x.grad, y.grad])] * 3
        return Work(run, values)

    def loop() -> Work:
        def run() -> list[float]:
            x, y = Value(a), Value(b)
            out = chain(x, y, Value.tanh)
            out.backward()
            return [out.data, x.grad, y.grad]
        return Work(run, lambda: [run()] * 3)
    elsewhere = Elsewhere("scalar", ("hips",), lambda lib: {"x": a, "y": b, "rounds": rounds})
    return [Case(f"tanh(t y + x) - x / (y y + 2), {rounds} times", tensors, length=math.ceil(6 * rounds),
                 dtype="float64", others={"scalar loop": loop}, elsewhere=elsewhere)]
