"""Samples for rounding, signs, and the parts of a number."""

from __future__ import annotations

from op_samples import A, C, Sample, away, const, sample

_STEPS = [sample(away(3, 4, kinks=(-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2), gap=0.01))]
_FREXP = [sample(away(3, 4, kinks=(-1, -0.5, -0.25, 0, 0.25, 0.5, 1), gap=0.01)).without(
    "gradcheck", because="the exponent is an integer, which has no gradient")]

_ABS = [sample(away(3, 4)), sample(C(3)).without("inplace", because="real results may be written to complex elements")]

SAMPLES: dict[str, list[Sample]] = {
    "floor": _STEPS,
    "ceil": _STEPS,
    "trunc": _STEPS,
    "fix": _STEPS,
    "frac": _STEPS,
    "round": [*_STEPS, sample(A(3, 4) * 0 + 0.123, decimals=1), sample(A(3, 4) * 0 + 123, decimals=-1)],
    "abs": _ABS,
    "absolute": _ABS,
    "sign": [sample(away(3, 4))],
    "sgn": [sample(away(3, 4)), sample(C(3))],
    "copysign": [sample(away(3, 4), away(4, seed=1)), sample(away(2, 3), -1.0)],
    "heaviside": [sample(const(A(3, 4)), const(A(4)))],
    "nan_to_num": [sample(A(3, 4)), sample(A(3, 4), nan=1.0, posinf=2.0, neginf=-2.0)],
    "frexp": _FREXP,
    "frexp_parts": _FREXP,
    "nextafter": [sample(A(3, 4), A(3, 4, seed=1))],
}
