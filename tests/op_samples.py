"""Samples of arguments for the registry-driven tests.

A file ``tests/samples/<family>.py`` holds ``SAMPLES``: a list of samples for each operation, by its name in the
registry or among the composites, or by a dotted path such as ``nn.functional.linear``. Arrays become Tensors, those
of floats with ``requires_grad``; lists of arrays become lists of Tensors; everything else is passed as it is.

    SAMPLES = {
        "mul": [sample(A(3, 4), A(4)), sample(A(2, 3), 2.0)],
        "gather": [sample(A(3, 4), 1, I(3, 2, high=4))],
        "lerp": [sample(A(3), A(3), const(A(3)))],
    }

Values must stay away from kinks, where finite differences mean nothing: `distinct` for ``max``, ``sort``, ``median``.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: What the tests do with a sample, each of which `Sample.without` leaves out.
CHECKS = ("layouts", "gradcheck", "gradgradcheck", "inplace", "zero_size", "zero_dim")


@dataclass(frozen=True)
class Sample:
    """One call: positional arguments (float arrays become Tensors that require grad), and keyword arguments."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()

    def without(self, *checks: str, because: str) -> Sample:
        """This sample with some of `CHECKS` left out, for a reason."""
        assert because and set(checks) <= set(CHECKS), checks
        return replace(self, skipped=self.skipped | set(checks))


@dataclass(frozen=True)
class Constant:
    """A float array that becomes a Tensor without ``requires_grad``."""

    array: Array


def sample(*args: Any, **kwargs: Any) -> Sample:
    return Sample(args, kwargs)


def const(array: Array) -> Constant:
    return Constant(np.asarray(array))


def _rng(*key: Any) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(repr(key).encode()))


def A(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> Array:
    """A float64 array of ``shape``, uniform in [low, high): the same for the same arguments."""
    return _rng(shape, low, high, seed).uniform(low, high, shape)


def P(*shape: int, seed: int = 0) -> Array:
    """Positive values, away from zero."""
    return A(*shape, low=0.3, high=2.5, seed=seed)


def C(*shape: int, seed: int = 0) -> Array:
    """Complex values."""
    return A(*shape, seed=seed) + 1j * A(*shape, seed=seed + 1000)


def I(*shape: int, low: int = 0, high: int = 3, seed: int = 0) -> Array:  # noqa: E743
    """An int64 array, uniform in [low, high)."""
    return _rng("I", shape, low, high, seed).integers(low, high, shape)


def B(*shape: int, seed: int = 0) -> Array:
    """A bool array with both values, where it has two elements or more."""
    a = _rng("B", shape, seed).integers(0, 2, shape).astype(bool)
    if a.size > 1:
        a.flat[0], a.flat[1] = True, False
    return a


def distinct(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> Array:
    """Values at equal distances in shuffled order, so that no step of a finite difference changes their order."""
    n = int(np.prod(shape))
    return _rng("distinct", shape, seed).permutation(np.linspace(low, high, n)).reshape(shape)


def away(*shape: int, kinks: tuple[float, ...] = (0.0,), gap: float = 0.05, seed: int = 0) -> Array:
    """Values uniform in [-2, 2), but for those within ``gap`` of a kink, which are moved off it."""
    a = A(*shape, seed=seed)
    for kink in kinks:
        near = np.abs(a - kink) < gap
        a = np.where(near, kink + np.where(a < kink, -2, 2) * gap, a)
    return a


def spd(*shape: int, seed: int = 0) -> Array:
    """Symmetric positive definite matrices (..., n, n), well conditioned."""
    a = A(*shape, seed=seed)
    return a @ np.swapaxes(a, -1, -2) + shape[-1] * np.eye(shape[-1])


def well(*shape: int, seed: int = 0) -> Array:
    """Square matrices (..., n, n), well conditioned and not symmetric."""
    return A(*shape, low=-0.5, high=0.5, seed=seed) + (1.0 + np.arange(shape[-1])) * np.eye(shape[-1])
