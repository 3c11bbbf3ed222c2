"""Expressions in the words that both libraries have, and how to evaluate them in each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import data

torch = pytest.importorskip("torch")

OURS = {"m": autograd, "n": nn, "F": nn.functional, "o": optim, "d": data, "np": np}
THEIRS = {"m": torch, "n": torch.nn, "F": torch.nn.functional, "o": torch.optim, "d": torch.utils.data, "np": np}


def ours(program: str) -> Any:
    return eval(program, dict(OURS))


def theirs(program: str) -> Any:
    return eval(program, dict(THEIRS))


def array(value: Any) -> np.ndarray:
    return np.asarray(value.detach().resolve_conj() if isinstance(value, torch.Tensor) else value)


def seed_both() -> None:
    autograd.manual_seed(3)
    torch.manual_seed(3)


def same_state() -> bool:
    return autograd.get_rng_state().tolist() == torch.get_rng_state().tolist()
