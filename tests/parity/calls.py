"""Samples of the operator database, and their arguments on both sides."""

from __future__ import annotations

import itertools
import random
import re
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from parity.translation import Untranslatable, convert, copy

import autograd

SAMPLES = 400  # per operator and dtype, spread over all that the database gives


def seed(text: str) -> None:
    number = zlib.crc32(text.encode())
    torch.manual_seed(number)
    np.random.seed(number % 2**32)
    random.seed(number)


def reseed() -> None:
    torch.manual_seed(7)
    autograd.manual_seed(7)


def spread(items: list[Any], count: int) -> list[Any]:
    if len(items) <= count:
        return items
    return [items[round(i * (len(items) - 1) / (count - 1))] for i in range(count)]


def samples_of(info: Any, dtype: torch.dtype, requires_grad: bool, count: int = SAMPLES) -> list[Any]:
    seed(f"{info.name}.{info.variant_test_name}.{dtype}")
    made = info.sample_inputs("cpu", dtype, requires_grad=requires_grad)
    return spread(list(itertools.islice(made, 4000)), count)


@dataclass
class Call:
    """Arguments on one side: PyTorch's or ours."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    leaves: list[Any]


def arguments(sample: Any) -> tuple[Call, Call]:
    if sample.kwargs.get("sparse"):
        raise Untranslatable("asks for a sparse gradient")
    whole = ((sample.input, *sample.args), sample.kwargs)
    theirs: list[Any] = []
    ours: list[Any] = []
    args, kwargs = copy(whole, theirs, {})
    our_args, our_kwargs = convert(whole, ours, {})
    return Call(args, kwargs, theirs), Call(our_args, our_kwargs, ours)


def summary(sample: Any) -> str:
    text = re.sub(r', device="cpu"|dtype=torch\.|, broadcasts_input=False|, name=\'\'', "", sample.summary())
    return text if len(text) < 300 else text[:297] + "..."
