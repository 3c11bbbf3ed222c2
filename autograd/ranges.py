"""Ranges of numbers as tensors."""

from __future__ import annotations

import math
from operator import index
from typing import Any

import numpy as np

from .creation import finish, target_dtype
from .dtypes import DEFAULT
from .errors import fail
from .primitive import composite

Array = np.ndarray[Any, Any]


def _number(value: Any) -> Any:
    """A Python number from a number or a tensor of one element."""
    if hasattr(value, "_a") or isinstance(value, np.generic):
        return value.item()
    return int(value) if isinstance(value, bool) else value


@composite(method=False)
def arange(*bounds: Any, start: Any = None, end: Any = None, step: Any = None, dtype: Any = None, layout: Any = None,
           device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Any:
    """The numbers from ``start`` (0) to below ``end`` by ``step`` (1): ``arange(end)`` or ``arange(start, end, step)``.

    int64 where all are ints, else the default float type.

    Raises:
        RuntimeError: the step is zero or leads away from ``end``.

    >>> import autograd
    >>> autograd.arange(3), autograd.arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    if len(bounds) == 1 and end is None:
        end, = bounds
    elif bounds:
        given = dict(zip(("start", "end", "step"), bounds, strict=False))
        start, end, step = given.get("start", start), given.get("end", end), given.get("step", step)
    if end is None or None in bounds:
        fail(TypeError, 'arange() missing 1 required positional arguments: "end"')
    start, end, step = [_number(v) for v in (0 if start is None else start, end, 1 if step is None else step)]
    whole = all(isinstance(v, int) for v in (start, end, step))
    target = target_dtype(dtype) or (np.dtype(np.int64) if whole else DEFAULT.float)
    if not (math.isfinite(start) and math.isfinite(end)):
        fail(RuntimeError, f"unsupported range: {start} -> {end}")
    if target.kind in "iu":
        start, end, step = int(start), int(end), int(step)
    if step == 0:
        fail(RuntimeError, "step must be nonzero")
    if (step > 0) == (end < start) and end != start:
        fail(RuntimeError, f"upper bound and lower bound inconsistent with step sign: {start} -> {end} by {step}")
    if target.kind == "b":
        fail(NotImplementedError, "arange is not implemented for 'Bool'")
    count = -((start - end) // step) if target.kind in "iu" else math.ceil((end - start) / step)
    if target.kind in "iu":
        return finish(np.arange(start, start + count * step, step, dtype=np.int64)[:count].astype(target, copy=False),
                      requires_grad, device)
    return finish((start + step * np.arange(count)).astype(target), requires_grad, device)


def _endpoints(name: str, start: Any, end: Any, steps: Any, dtype: Any) -> tuple[Any, Any, int, np.dtype[Any]]:
    start, end = _number(start), _number(end)
    steps = index(steps)
    if steps < 0:
        fail(RuntimeError, f"number of steps must be non-negative, got {steps} in {name}")
    found = DEFAULT.complex if isinstance(start, complex) or isinstance(end, complex) else DEFAULT.float
    target = target_dtype(dtype) or found
    if target.kind not in "c" and found is DEFAULT.complex:
        fail(RuntimeError, f"{name}(): inferred dtype {found} can't be safely cast to passed dtype {target}")
    return start, end, steps, target


def _spaced(start: Any, end: Any, steps: int, target: np.dtype[Any]) -> Array:
    """Evenly spaced numbers, each half counted from its own end so that both ends are exact."""
    if target.kind in "iu":
        start, end = int(start), int(end)
    if steps < 2:
        return np.full(steps, start).astype(target)
    narrow = target.name in ("float16", "float32")
    first, last = (np.float32(start), np.float32(end)) if narrow else np.array([start, end])
    step = (last - first) / (np.float32(steps - 1) if narrow else steps - 1)
    # In float64 and rounded once, as a fused multiply-add does.
    wide = np.result_type(np.float64, step)
    i = np.arange(steps).astype(wide)
    half = steps // 2
    values = np.concatenate([first + wide.type(step) * i[:half], last - wide.type(step) * i[steps - half - 1::-1]])
    return (values.astype(np.float32) if narrow else values).astype(target)


@composite(method=False)
def linspace(start: Any, end: Any, steps: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
             requires_grad: bool = False, pin_memory: bool = False) -> Any:
    """``steps`` evenly spaced numbers from ``start`` to ``end``, both included.

    >>> import autograd
    >>> autograd.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    start, end, steps, target = _endpoints("linspace", start, end, steps, dtype)
    return finish(_spaced(start, end, steps, target), requires_grad, device)


@composite(method=False)
def logspace(start: Any, end: Any, steps: Any, base: Any = 10.0, *, dtype: Any = None, layout: Any = None,
             device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Any:
    """``base`` to the power of ``steps`` evenly spaced numbers from ``start`` to ``end``.

    >>> import autograd
    >>> autograd.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    start, end, steps, target = _endpoints("logspace", start, end, steps, dtype)
    if target.kind in "iu":
        start, end = int(start), int(end)
    exponents = _spaced(start, end, steps, np.dtype(np.float64) if target.kind in "iu" else target)
    return finish(np.power(base, exponents).astype(target), requires_grad, device)


@composite(method=False, name="range")
def range_(start: Any = 0, end: Any = None, step: Any = 1, *, dtype: Any = None, layout: Any = None, device: Any = None,
           requires_grad: bool = False, pin_memory: bool = False) -> Any:
    """The numbers from ``start`` to ``end``, which is included, by ``step``; `arange` leaves it out as Python does.

    >>> import autograd
    >>> autograd.range(1, 2, 0.5)
    tensor([1.0000, 1.5000, 2.0000])
    """
    if end is None:
        fail(TypeError, 'range() missing 1 required positional arguments: "end"')
    start, end = _number(start), _number(end)
    target = target_dtype(dtype) or DEFAULT.float
    if step == 0:
        fail(RuntimeError, "step must be nonzero")
    if (end - start) * step < 0:
        fail(RuntimeError, f"upper bound and lower bound inconsistent with step sign: {start} -> {end} by {step}")
    return finish((start + step * np.arange(int((end - start) / step) + 1)).astype(target), requires_grad, device)
