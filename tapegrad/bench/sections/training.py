"""Whole training steps: zero_grad, forward, backward, update."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..case import Array, Case, Elsewhere, Work, normal
from ..libraries import Library
from . import models

#: As many steps as sides are compared over, before any is timed.
STEPS = 3


@dataclass(frozen=True)
class Step:
    """A step: a model, its loss and data, an optimizer, made after seed 0.

    Args:
        name: of the network and its sizes.
        model: makes the network.
        data: inputs, and targets unless the network gives its own loss.
        loss: a module of ``nn``, on scores and targets of any number of dimensions; None for the network's own.
        optimizer, options: of ``optim``.
        length: the sum of its layers' longest sums, times the steps compared.
    """

    name: str
    model: Callable[[Library], Any]
    data: Callable[[], tuple[Array, ...]]
    loss: str | None
    length: int
    optimizer: str = "Adam"
    options: dict[str, Any] = field(default_factory=lambda: {"lr": 1e-3})

    def begin(self, lib: Library) -> tuple[Any, Callable[[], Any]]:
        """The model, and what takes a step and returns its loss."""
        lib.t.manual_seed(0)
        model = self.model(lib)
        run = lib.model(model)
        optimizer = getattr(lib.optim, self.optimizer)(model.parameters(), **self.options)
        x, *target = (lib.tensor(a, grad=False) for a in self.data())
        criterion = getattr(lib.nn, self.loss)() if self.loss else None

        def step() -> Any:
            optimizer.zero_grad()
            out = run(x)
            if criterion is not None:
                y, = target
                out = criterion(out, y) if out.ndim == y.ndim or out.ndim == 2 else criterion(
                    out.view(-1, out.shape[-1]), y.view(-1))
            out.backward()
            optimizer.step()
            return out
        return model, step

    def work(self, lib: Library) -> Work:
        """The step as timed; the losses of the first steps are what is compared."""
        _, step = self.begin(lib)

        def values() -> list[Any]:
            lib.t.manual_seed(1)  # what a network draws in its steps
            return [step().detach() for _ in range(STEPS)]
        return Work(step, values)

    def case(self, target: float | None = None, *, elsewhere: Elsewhere | None = None, slow: bool = False,
             threads: int | None = None) -> Case:
        """As a row of a table."""
        return Case(self.name if threads is None else f"{self.name}, threads: {threads}", self.work, self.length,
                    target=target, elsewhere=elsewhere, compiles=True, slow=slow, threads=threads)

    def elsewhere(self, kind: str, peers: tuple[str, ...], **settings: Any) -> Elsewhere:
        """The same step by peers with another interface, from the same weights."""
        def state(lib: Library) -> dict[str, Any]:
            model, _ = self.begin(lib)
            x, y = self.data()
            return {"parameters": lib.numbers(list(model.parameters())), "x": x, "y": y, "loss": self.loss,
                    "optimizer": self.optimizer, "lr": self.options["lr"], **settings}
        return Elsewhere(kind, peers, state)


def _classes(inputs: Array, count: int) -> tuple[Array, Array]:
    return inputs, np.random.default_rng(1).integers(0, count, len(inputs))


def mlp(sizes: tuple[int, ...], batch: int, activation: str, loss: str, name: str = "MLP", optimizer: str = "Adam",
        lr: float = 1e-3) -> Step:
    """A multilayer perceptron on random data."""
    def data() -> tuple[Array, ...]:
        x = normal(batch, sizes[0])
        if loss == "CrossEntropyLoss":
            return _classes(x, sizes[-1])
        y = normal(batch, sizes[-1], seed=1)
        return x, y if loss == "MSELoss" else (y > 0).astype(np.float32)
    return Step(f"{name} {'-'.join(map(str, sizes))}, batch {batch}", lambda lib: models.mlp(lib, sizes, activation),
                data, loss, STEPS * (sum(sizes) + batch), optimizer, {"lr": lr})


def cnn(tiny: bool = False) -> Step:
    """The tutorial's network on 28 x 28."""
    batch, channels, hidden = (2, (2, 3, 2), 4) if tiny else (64, (32, 64, 64), 64)
    return Step(f"tutorial CNN 28x28, batch {batch}", lambda lib: models.cnn(lib, channels, hidden),
                lambda: _classes(normal(batch, 1, 28, 28), 10), "CrossEntropyLoss",
                STEPS * (9 * (1 + sum(channels)) + 9 * channels[2] + hidden + batch * 26 * 26))


def resnet18(tiny: bool = False) -> Step:
    """ResNet-18 on 32 x 32."""
    batch, width = (2, 2) if tiny else (32, 64)
    return Step(f"ResNet-18 32x32, batch {batch}", lambda lib: models.resnet18(lib, width),
                lambda: _classes(normal(batch, 3, 32, 32), 10), "CrossEntropyLoss",
                STEPS * (4 * 9 * 15 * width + 20 * batch * 1024), "SGD", {"lr": 0.01, "momentum": 0.9})


def char_lstm(tiny: bool = False) -> Step:
    """A character model with one LSTM."""
    batch, time, vocabulary, width, hidden = (2, 3, 5, 4, 6) if tiny else (32, 64, 65, 32, 128)
    return Step(f"char-LSTM {hidden}, batch {batch} x {time}",
                lambda lib: models.char_lstm(lib, vocabulary, width, hidden),
                lambda: _characters(batch, time, vocabulary), "CrossEntropyLoss",
                STEPS * (time * (width + hidden) + batch * time))


def gpt_block(tiny: bool = False) -> Step:
    """One block of a decoder."""
    batch, time, width, heads = (2, 3, 4, 2) if tiny else (16, 64, 64, 4)
    return Step(f"GPT block n_embd {width}, batch {batch} x {time}", lambda lib: models.gpt_block(lib, width, heads),
                lambda: (normal(batch, time, width), normal(batch, time, width, seed=1)), "MSELoss",
                STEPS * (13 * width + batch * time), "AdamW")


def gpt(tiny: bool = False) -> Step:
    """A decoder of four layers."""
    batch, time, vocabulary, width, heads, layers = (2, 3, 5, 4, 2, 2) if tiny else (16, 64, 65, 64, 4, 4)
    return Step(f"GPT {layers} layers, n_embd {width}, batch {batch} x {time}",
                lambda lib: models.gpt(lib, vocabulary, width, heads, time, layers),
                lambda: _characters(batch, time, vocabulary), "CrossEntropyLoss",
                STEPS * layers * (13 * width + batch * time), "AdamW")


def vae(tiny: bool = False) -> Step:
    """A variational autoencoder on pictures of 28 x 28."""
    inputs, hidden, latent, batch = (6, 5, 2, 3) if tiny else (784, 400, 20, 128)
    return Step(f"VAE {inputs}-{hidden}-{latent}, batch {batch}", lambda lib: models.vae(lib, inputs, hidden, latent),
                lambda: (np.random.default_rng(0).random((batch, inputs)).astype(np.float32),), None,
                STEPS * (2 * (inputs + hidden + latent) + inputs * batch))


def _characters(batch: int, time: int, vocabulary: int) -> tuple[Array, Array]:
    codes = np.random.default_rng(0).integers(0, vocabulary, (batch, time + 1))
    return codes[:, :-1].copy(), codes[:, 1:].copy()


def cases(tiny: bool = False) -> list[Case]:
    """Every network."""
    return list(_cases(tiny))


def _cases(tiny: bool) -> Iterator[Case]:
    peers = ("jax", "hips", "tinygrad")
    line = mlp((1, 1), 4 if tiny else 100, "ReLU", "MSELoss", "linear regression", "SGD", 0.05)
    moons = mlp((2, 3, 1) if tiny else (2, 16, 16, 1), 4 if tiny else 100, "ReLU", "BCEWithLogitsLoss", "moons MLP")
    digits = mlp((6, 5, 3) if tiny else (784, 128, 10), 4 if tiny else 64, "ReLU", "CrossEntropyLoss")
    for step, target in ((line, None), (moons, 0.2), (digits, 0.35)):
        yield step.case(target, elsewhere=step.elsewhere("mlp", peers, activation="ReLU"))
    network = cnn(tiny)
    yield network.case(0.6, elsewhere=network.elsewhere("cnn", ("jax", "tinygrad")))
    yield resnet18(tiny).case(0.8, slow=True)
    yield char_lstm(tiny).case(0.3)
    yield gpt_block(tiny).case(0.5)
    yield gpt(tiny).case(slow=True)
    yield vae(tiny).case()
