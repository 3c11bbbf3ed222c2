"""Samples for powers and roots."""

from __future__ import annotations

from op_samples import A, C, P, Sample, away, sample

_NUMBERS = [*[sample(away(3, 4), n) for n in (0, 1, 2, 3, -1, -2, 5)], *[sample(P(3, 4), n) for n in (0.5, -0.5, 2.7)],
            sample(C(3), 2), sample(C(3), -1.5)]
_TENSORS = [sample(P(3, 4), A(4)), sample(P(3, 1), A(3, 4)), sample(C(3), C(3, seed=1))]
_ANGLES = [sample(away(3, 4), away(3, 4, seed=1)), sample(away(3, 1), away(4, seed=1))]

SAMPLES: dict[str, list[Sample]] = {
    "square": [sample(A(3, 4)), sample(C(3))],
    "sqrt": [sample(P(3, 4)), sample(C(3))],
    "rsqrt": [sample(P(3, 4)), sample(C(3))],
    "reciprocal": [sample(P(3, 4)), sample(C(3))],
    "pow_number": _NUMBERS,
    "pow_tensor": _TENSORS,
    "pow": [*_NUMBERS, *_TENSORS, sample(2.5, A(3, 4)), sample(A(3), 2 + 1j)],
    "float_power": [sample(P(3, 4), 2), sample(P(3, 4), A(4)), sample(2, A(3)), sample(C(3), 2)],
    "hypot": _ANGLES,
    "logaddexp": [sample(A(3, 4), A(4, seed=1)), sample(C(3), C(3, seed=1))],
    "logaddexp2": [sample(A(3, 4), A(4, seed=1))],
    "ldexp": [sample(A(3, 4), A(4, seed=1))],
    "atan2": _ANGLES,
    "arctan2": _ANGLES,
}
