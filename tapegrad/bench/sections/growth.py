"""How the time grows with batch, width, depth and threads."""

from __future__ import annotations

import os

from ..case import Case, both, forward, normal
from . import training


def sizes(tiny: bool = False) -> list[Case]:
    """Steps of MLPs that differ in one size."""
    if tiny:
        return [_step(1, 4, 1), _step(3, 4, 1), _step(3, 5, 1), _step(3, 4, 2)]
    found = [_step(batch, 128, 2) for batch in (1, 8, 64, 512, 4096)]
    found += [_step(32, width, 2) for width in (8, 32, 128, 512, 1024)]
    return found + [_step(32, 32, depth) for depth in (1, 4, 16, 64)]


def _step(batch: int, width: int, depth: int) -> Case:
    step = training.mlp((16, *[width] * depth, 10), batch, "Tanh", "CrossEntropyLoss")
    return Case(f"MLP 16-{depth} x {width}-10, batch {batch}", step.work, step.length)


def threads(tiny: bool = False) -> list[Case]:
    """The same work with one thread and with two."""
    n, c, s = (8, 2, 5) if tiny else (512, 64, 32)
    found = []
    for count in (1, 2) if (os.cpu_count() or 1) > 1 else (1,):
        found += [
            Case(f"product of {n} squared, threads: {count}", lambda lib: forward(
                lib, lambda lib, x, y: x @ y, [normal(n, n), normal(n, n, seed=1)]), n, threads=count),
            Case(f"convolution {c} -> {c}, {s}x{s}, with gradients, threads: {count}", lambda lib: both(
                lib, lambda lib, x, w: lib.F.conv2d(x, w, padding=1), [normal(8, c, s, s), normal(c, c, 3, 3, seed=1)]),
                8 * s * s, threads=count),
            training.mlp((6, 5, 3) if tiny else (784, 128, 10), 64, "ReLU", "CrossEntropyLoss").case(threads=count),
            training.cnn(tiny).case(threads=count),
            training.gpt_block(tiny).case(threads=count),
        ]
    return found
