"""Norms of many arrays together, and their scaling and clipping, each in one compiled pass over all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import steps
from .compiled.loops import InVectors, loop
from .machine.blas import in_one_thread

Array = np.ndarray[Any, Any]

#: So many elements are added up, then their sums: the same whatever the number of threads.
PART = 8192
#: Elements that take a loop as long as the calls of NumPy which it saves.
_CALLS = 8192

_data_of, _row_absolute, _row_largest = (
    InVectors(name, "steps") for name in ("data_of", "row_absolute", "row_largest"))
_row_squares = InVectors("row_squares", "norms")


@loop("I1 I1 F1 I R", saves=1e-10)
def _parts(arrays, sizes, out, order, start, stop):  # type: ignore[no-untyped-def]
    """Of every `PART` elements of each array the sum of squares, for another order of magnitudes, for 0 the largest.

    Args:
        arrays: their identities.
        sizes: how many elements they have.
    """
    before = 0
    for i in range(sizes.size):
        count = (sizes[i] + PART - 1) // PART
        first, last = max(start - before, 0), min(stop - before, count)
        if first < last:
            data = _data_of(arrays[i])
            for k in range(first, last):
                row, n = data + k * PART * out.itemsize, min(PART, sizes[i] - k * PART)
                if order == 2:
                    out[before + k] = _row_squares(row, n, 0.0)
                elif order == 1:
                    out[before + k] = _row_absolute(row, n)
                else:
                    out[before + k] = _row_largest(row, n)
        before += count


def _alike(arrays: Sequence[Array]) -> bool:
    """Whether a pass can go through all: of one type, each in one piece."""
    dtype = arrays[0].dtype
    return all(a.dtype is dtype and a.flags.forc for a in arrays)


@in_one_thread
def norm(arrays: Sequence[Array], order: float) -> float:
    """The norm of all elements together; there is at least one array."""
    if order in (1.0, 2.0, math.inf) and _alike(arrays):
        sizes = [a.size for a in arrays]
        compiled = _parts.on(arrays[0].dtype, sum(sizes) + _CALLS)
        if compiled is not None:
            parts = np.zeros(sum([-(-n // PART) for n in sizes]), arrays[0].dtype)
            compiled(np.array(list(map(id, arrays)), np.int64), np.array(sizes, np.int64), parts,
                     0 if order == math.inf else int(order), len(parts))
            if order == math.inf:
                return float(parts.max(initial=0))
            total = float(np.add.reduce(parts, dtype=np.float64))
            return math.sqrt(total) if order == 2 else total
    arrays = [a.astype(np.float32) if a.itemsize == 2 else a for a in arrays]  # squares overflow half precision
    if order == 2:
        # Each sum of squares in its own type, and those few numbers in double precision.
        return math.sqrt(sum(float(np.vdot(a, a).real) for a in map(np.ravel, arrays)))
    if order == math.inf:
        return float(np.max([np.abs(a).max(initial=0) for a in arrays]))
    norms = np.array([np.linalg.norm(a.ravel(), order) for a in arrays])
    return float(np.linalg.norm(norms, order))


# --- in place ---------------------------------------------------------------------------------------------


def _scaled(choices: Any, p: Any, g: Any, state: Any, constants: Any) -> tuple[Any, ...]:
    return (p * constants[0],)


def _clipped(choices: Any, p: Any, g: Any, state: Any, constants: Any) -> tuple[Any, ...]:
    low, high = constants
    return (np.minimum(np.maximum(p, low), high),)


def scale(arrays: Sequence[Array], factor: float) -> None:
    """Multiply all elements by a factor."""
    _change(_scaled, arrays, factor)


def clip(arrays: Sequence[Array], low: float, high: float) -> None:
    """Limit all elements; what is not a number stays."""
    _change(_clipped, arrays, low, high)


def _change(formula: Callable[..., Any], arrays: Sequence[Array], *numbers: float) -> None:
    if not arrays:
        return
    step = steps.step(formula, (), 0, len(numbers))
    dtype = arrays[0].dtype
    # What stands there twice is changed twice, one after the other.
    if _alike(arrays) and all(a.flags.writeable for a in arrays) and steps.apart(arrays):
        sizes = np.array([a.size for a in arrays])
        size = int(sizes.sum())
        compiled = step.on(dtype, size)
        if compiled is not None:
            identities = np.array(list(map(id, arrays)), np.int64)
            compiled(np.stack([identities, identities], 1), sizes, np.array(numbers, dtype), size)
            return
    for a in arrays:
        constants = [np.array(n, a.dtype) for n in numbers]
        step.numpy(a, a, [], constants, [np.empty(a.shape, a.dtype) for _ in range(step.works)], [])


def _declare() -> None:
    steps.step(_scaled, (), 0, 1)
    steps.step(_clipped, (), 0, 2)


steps.DECLARING.append(_declare)
