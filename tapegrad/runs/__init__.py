"""The built-in training runs, by name."""

from __future__ import annotations

from ..run import Run
from .digits import DIGITS
from .iris import IRIS
from .linear import LINEAR
from .mlp import MLP
from .moons import MOONS

RUNS: dict[str, Run] = {run.name: run for run in (DIGITS, LINEAR, MLP, IRIS, MOONS)}
