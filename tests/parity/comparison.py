"""Compares a result of PyTorch's with ours, and takes derivatives in either library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from parity.translation import array_of, convert, flatten

import autograd

#: Rounding may differ by a few hundred units in the last place of the largest element (sums in another order).
TOLERANCE = {"float64": 1e-10, "complex128": 1e-10, "float32": 5e-5, "complex64": 5e-5, "float16": 5e-3}
GRADIENT_TOLERANCE, SECOND_TOLERANCE = 1e-9, 1e-8


class Mismatch(AssertionError):
    pass


# --- comparison -------------------------------------------------------------------------------------------


def compare(theirs: Any, ours: Any, what: str, tolerance: float | None = None, values: bool = True) -> None:
    """Raise Mismatch unless the two results are equal in structure, shape, dtype and (nearly) value."""
    a, b = flatten(theirs), flatten(ours)
    if len(a) != len(b):
        raise Mismatch(f"{what}: {len(b)} results, PyTorch gives {len(a)}")
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        where = f"{what}[{i}]" if len(a) > 1 else what
        if isinstance(x, torch.Tensor):
            if not isinstance(y, autograd.Tensor):
                raise Mismatch(f"{where}: a {type(y).__name__}, PyTorch gives a Tensor")
            compare_arrays(array_of(x), np.asarray(y._a), where, tolerance, values)
        elif isinstance(x, torch.dtype):
            if convert(x) is not y:
                raise Mismatch(f"{where}: {y}, PyTorch gives {x}")
        elif isinstance(x, float):
            compare_arrays(np.asarray(x), np.asarray(y), where, tolerance, values)
        elif not same_kind(x, y) or (values and x != y):
            raise Mismatch(f"{where}: {y!r}, PyTorch gives {x!r}")


def same_kind(x: Any, y: Any) -> bool:
    return type(x) is type(y) or (isinstance(x, tuple) and isinstance(y, tuple))


def compare_arrays(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], where: str, tolerance: float | None,
                   values: bool = True) -> None:
    if x.dtype != y.dtype:
        raise Mismatch(f"{where}: dtype {y.dtype}, PyTorch gives {x.dtype}")
    if x.shape != y.shape:
        raise Mismatch(f"{where}: shape {list(y.shape)}, PyTorch gives {list(x.shape)}")
    if not values or x.size == 0:
        return
    if x.dtype.kind in "biu":
        if not np.array_equal(x, y):
            at = tuple(int(v) for v in np.argwhere(x != y)[0])
            raise Mismatch(f"{where}: {(x != y).sum()} of {x.size} elements differ, at {list(at)}: {y[at]}, "
                           f"PyTorch gives {x[at]}")
        return
    tolerance = max(tolerance or 0.0, TOLERANCE[x.dtype.name])
    finite = np.isfinite(x)
    scale = max(1.0, float(np.abs(x[finite]).max())) if finite.any() else 1.0
    with np.errstate(all="ignore"):
        close = np.where(finite, np.abs(x - y) <= tolerance * scale, (x == y) | (np.isnan(x) & np.isnan(y)))
    if not close.all():
        at = tuple(int(v) for v in np.argwhere(~close)[0])
        raise Mismatch(f"{where}: {(~close).sum()} of {x.size} elements differ, at {list(at)}: {y[at]}, "
                       f"PyTorch gives {x[at]}")


# --- derivatives, written once for both libraries ---------------------------------------------------------


def differentiable(lib: Any, value: Any) -> list[Any]:
    return [t for t in flatten(value) if isinstance(t, lib.Tensor) and t.requires_grad]


def cotangents(lib: Any, tensors: list[Any], number: int, requires_grad: bool) -> list[Any]:
    made = []
    for i, t in enumerate(tensors):
        rng = np.random.default_rng([number, i])
        a = rng.uniform(-1, 1, tuple(t.shape))
        name = str(t.dtype).split(".")[-1]
        if name.startswith("complex"):
            a = a + 1j * rng.uniform(-1, 1, tuple(t.shape))
        made.append(lib.tensor(a.astype(name), requires_grad=requires_grad))
    return made


@dataclass
class Derivatives:
    """How many outputs require grad, and the gradients by the leaves (None: zero)."""

    outputs: int
    gradients: list[Any]


def derivatives(
    lib: Any, grad: Callable[..., Any], run: Callable[[], Any], leaves: list[Any], second: bool,
) -> Derivatives:
    """The gradients by the leaves; with ``second`` those of a random projection of them, by leaves and cotangents."""
    outs = differentiable(lib, run())
    if not outs:
        return Derivatives(0, [])
    gs = cotangents(lib, outs, 1, second)
    first = grad(outs, leaves, gs, create_graph=second, allow_unused=True)
    if not second:
        return Derivatives(len(outs), list(first))
    # The cotangent of each first gradient is numbered by its leaf, so that both sides use the same.
    outs2, gs2 = [], []
    for i, g in enumerate(first):
        if g is not None and g.requires_grad:
            outs2.append(g)
            gs2 += cotangents(lib, [g], 100 + i, False)
    wanted = leaves + gs
    found = grad(outs2, wanted, gs2, allow_unused=True) if outs2 else [None] * len(wanted)
    return Derivatives(len(outs), list(found))


def compare_gradients(theirs: Derivatives, ours: Derivatives, tolerance: float) -> None:
    if theirs.outputs != ours.outputs:
        raise Mismatch(f"{ours.outputs} outputs require grad, in PyTorch {theirs.outputs}")
    for i, (x, y) in enumerate(zip(theirs.gradients, ours.gradients, strict=True)):
        if x is None and y is None:
            continue
        if x is None:
            x = torch.zeros(tuple(y.shape), dtype=getattr(torch, y.dtype.name))
        a = array_of(x)
        compare_arrays(a, np.zeros_like(a) if y is None else np.asarray(y._a), f"gradient {i}", tolerance)
