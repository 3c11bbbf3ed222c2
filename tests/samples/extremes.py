"""Samples for the larger and the smaller of two, and for clamping."""

from __future__ import annotations

from op_samples import A, Sample, away, sample

_PAIRS = [sample(A(3, 4), A(3, 4, seed=1)), sample(A(3, 1), A(4, seed=1))]
_X = away(3, 4, kinks=(-0.5, 0.5))
_NUMBERS = [sample(_X, -0.5, 0.5), sample(_X, None, 0.5), sample(_X, -0.5), sample(_X, 0.5, -0.5)]
_TENSORS = [sample(A(3, 4), A(4, low=-1, high=0, seed=1), A(3, 1, low=0.1, high=1, seed=2)),
            sample(A(3, 4), A(3, 1, low=0.1, high=1, seed=1), A(4, low=-1, high=0, seed=2)),
            sample(A(3, 4), None, A(4, seed=1)), sample(A(3, 4), A(4, seed=1))]

SAMPLES: dict[str, list[Sample]] = {
    "maximum": _PAIRS,
    "minimum": _PAIRS,
    "fmax": _PAIRS,
    "fmin": _PAIRS,
    "clamp_numbers": _NUMBERS,
    "clamp_tensors": _TENSORS,
    "clamp": [*_NUMBERS, *_TENSORS, sample(A(3, 4), 0.3, A(4, low=0.4, high=1, seed=1))],
    "clip": [*_NUMBERS[:1], *_TENSORS[:1]],
    "clamp_min": [sample(_X, 0.5), sample(A(3, 4), A(4, seed=1))],
    "clamp_max": [sample(_X, 0.5), sample(A(3, 4), A(4, seed=1))],
}
