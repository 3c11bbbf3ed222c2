"""Steps of optimizers over the parameters of a network, gradients given; clipping of their norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..case import Case, Work, normal
from ..libraries import Library

#: Shapes of parameters: about ten thousand, a hundred thousand and a million elements.
MODELS = {
    "12 tensors, 9.5 thousand": [(32, 32), (32,)] * 3 + [(64, 32), (64,), (64, 64), (64,), (10, 32), (10,)],
    "4 tensors, 0.1 million": [(128, 784), (128,), (10, 128), (10,)],
    "8 tensors, 1.3 million": [(512, 784), (512,), (1024, 512), (1024,), (320, 1024), (320,), (10, 320), (10,)],
}
RULES: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.01}, "SGD with momentum": {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4}, "Adam": {},
    "AdamW": {}, "RMSprop": {}, "Adagrad": {}, "Adadelta": {}, "Adamax": {}, "NAdam": {}, "RAdam": {}, "Rprop": {},
    "ASGD": {}, "Adafactor": {}, "Muon": {},
}


def cases(tiny: bool = False) -> list[Case]:
    """Every rule on every model."""
    models: dict[str, list[tuple[int, ...]]] = {"2 tensors, tiny": [(3, 4), (3,)]} if tiny else MODELS
    found = []
    for title, shapes in models.items():
        for name, options in RULES.items():
            # Muon is for matrices alone. It rounds to bfloat16, where equal sums may round apart.
            kept: list[tuple[int, ...]] = [s for s in shapes if name != "Muon" or len(s) == 2]
            found.append(Case(f"{name}, {title}", _step(name.split()[0], options, kept),
                              length=10**6 if name == "Muon" else 30))
        for norm in (2.0, 1.0, float("inf")):
            name = "clip_grad_norm_" if norm == 2.0 else f"clip_grad_norm_ of order {norm}"
            found.append(Case(f"{name}, {title}", _clip(shapes, norm), length=1_300_000))
        found.append(Case(f"clip_grad_value_, {title}", _clip_values(shapes), length=30))
    return found


def _parameters(lib: Library, shapes: list[tuple[int, ...]]) -> list[Any]:
    found = []
    for at, shape in enumerate(shapes):
        parameter = lib.nn.Parameter(lib.tensor(normal(*shape, seed=at), grad=False))
        parameter.grad = lib.tensor(normal(*shape, seed=at + 100), grad=False)
        found.append(parameter)
    return found


def _step(name: str, options: dict[str, Any], shapes: list[tuple[int, ...]]) -> Callable[[Library], Work]:
    def work(lib: Library) -> Work:
        parameters = _parameters(lib, shapes)
        optimizer = getattr(lib.optim, name)(parameters, **options)

        def values() -> list[Any]:
            for _ in range(3):
                optimizer.step()
            return parameters
        return Work(optimizer.step, values)
    return work


def _clip(shapes: list[tuple[int, ...]], norm: float) -> Callable[[Library], Work]:
    def work(lib: Library) -> Work:
        parameters = _parameters(lib, shapes)

        def run() -> Any:
            return lib.utils.clip_grad_norm_(parameters, 1.0, norm)
        return Work(run, lambda: [run(), *(p.grad for p in parameters)])
    return work


def _clip_values(shapes: list[tuple[int, ...]]) -> Callable[[Library], Work]:
    def work(lib: Library) -> Work:
        parameters = _parameters(lib, shapes)

        def run() -> Any:
            lib.utils.clip_grad_value_(parameters, 0.5)
            return [p.grad for p in parameters]
        return Work(run, run)
    return work
