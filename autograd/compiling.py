"""Kernels compiled ahead of use."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import dtypes as _dtypes, ops
from .dtypes import dtype, numpy_dtype
from .errors import describe, fail
from .kernels import ahead

_COMPILED = (_dtypes.float32, _dtypes.float64)


class Warmup(NamedTuple):
    """What `warmup` did.

    Attributes:
        kernels: how many of each family there are.
        seconds: how long each family took.
        compiled: how many were not found on disk.
        failed: how many this Numba cannot compile; NumPy computes what they would.
        unkept: how many could not be written.
        folder: where they are kept, or why nowhere.
    """

    kernels: dict[str, int]
    seconds: dict[str, float]
    compiled: int
    failed: int
    unkept: int
    folder: str


def warmup(dtypes: Sequence[dtype] = (_dtypes.float32,), progress: bool = False) -> Warmup:
    """Compile all kernels that training uses, so that this process and later ones only load them.

    Without it kernels are compiled when they first pay, each once for a user, a processor and a version of Tapegrad.
    The steps of optimizers are among them where ``optim`` is imported.

    Args:
        dtypes: of what will be trained: ``autograd.float32``, ``autograd.float64`` or both. Half precision is computed
            in single.
        progress: show a bar, where tqdm is installed.

    Raises:
        ImportError: Numba is not installed, or does not fit NumPy.
        TypeError: no kernels are made for such a type.

    >>> done = autograd.warmup([autograd.float32])  # doctest: +SKIP
    >>> done.kernels["loops"]  # doctest: +SKIP
    52
    """
    for d in dtypes:
        if d not in _COMPILED:
            fail(TypeError, f"warmup: kernels are made for float32 and float64, got {describe(d)}; half precision uses "
                            "those of float32")
    try:
        from .kernels.compiled.cache import TALLY, folder, patience
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("numba", "llvmlite"):
            raise
        fail(ImportError, "warmup: kernels are compiled by Numba, which is not installed: pip install numba. Without "
                          "it NumPy computes the same, slower")

    patience.silence()
    ops.load_all()
    before = TALLY.copy()
    work = [(family, build) for d in dtypes for family, build in ahead.kernels(np.dtype(numpy_dtype(d)))]
    kernels: dict[str, int] = {}
    seconds: dict[str, float] = {}
    done: set[Any] = set()
    failed = 0
    for family, build in _shown(work) if progress else work:
        start = time.perf_counter()
        found = build()
        seconds[family] = seconds.get(family, 0.0) + time.perf_counter() - start
        if found is None:
            failed += 1
        elif id(found) not in done:  # formulas are asked for once for each type, some convolutions more often
            done.add(id(found))
            kernels[family] = kernels.get(family, 0) + 1
    try:
        place = str(folder())
    except RuntimeError as error:
        place = f"no folder ({error})"
    return Warmup(kernels, seconds, TALLY["compiled"] - before["compiled"], failed,
                  TALLY["not kept"] - before["not kept"], place)


def _shown(work: list[Any]) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return work
    return tqdm(work, desc="compiling", unit="kernel", dynamic_ncols=True)
