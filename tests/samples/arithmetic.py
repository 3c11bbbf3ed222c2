"""Samples for arithmetic."""

from __future__ import annotations

from op_samples import A, C, I, P, Sample, away, const, sample

_PAIRS = [sample(A(3, 4), A(3, 4, seed=1)), sample(A(3, 1), A(4)), sample(A(2, 3), 2.5), sample(C(3), C(3, seed=1)),
          sample(C(2, 3), A(3))]
_SCALED = [*_PAIRS, sample(A(3, 4), A(4), alpha=-2.5), sample(C(3), C(3, seed=1), alpha=2 - 1j)]
_QUOTIENTS = [sample(A(3, 4), P(3, 4)), sample(A(3, 1), P(4)), sample(A(2, 3), -2.5), sample(2.0, P(3)),
              sample(C(3), C(3, seed=1))]
# Away from the multiples at which the quotient jumps.
_RESTS = [sample(away(3, 4, kinks=(-2, -1, 0, 1, 2)), const(P(3, 4) * 0 + 1)), sample(const(A(3)), P(3) * 0 + 7.3),
          sample(away(2, 3), 5.0)]
_ROUNDED = [sample(away(3, 4), 5.0, rounding_mode=mode) for mode in ("floor", "trunc")]
_TERNARY = [sample(A(3, 4), A(3, 1, seed=1), P(4)), sample(A(2, 3), A(3), P(2, 3), value=-1.5),
            sample(C(3), C(3, seed=1), C(3, seed=2), value=0.5)]

SAMPLES: dict[str, list[Sample]] = {
    "add": _SCALED,
    "sub": _SCALED,
    "subtract": _SCALED,
    "rsub": [*_SCALED, sample(A(3), 2.0, alpha=3.0)],
    "mul": _PAIRS,
    "multiply": _PAIRS,
    "true_divide": _QUOTIENTS,
    "div": [*_QUOTIENTS, *_ROUNDED],
    "divide": [*_QUOTIENTS, *_ROUNDED],
    "div_rounded": [sample(away(3, 4), const(P(4) * 0 + 5), mode) for mode in ("floor", "trunc")],
    "floor_divide": [sample(const(A(3, 4)), const(P(4))), sample(I(3, 4, low=-7, high=7), I(4, low=1, high=4))],
    "remainder": _RESTS,
    "fmod": _RESTS,
    "neg": [sample(A(3, 4)), sample(C(3))],
    "negative": [sample(A(3, 4))],
    "positive": [sample(A(3, 4))],
    "addcmul": _TERNARY,
    "addcdiv": _TERNARY,
    "lerp": [sample(A(3, 4), A(4, seed=1), 0.3), sample(A(3, 4), A(4, seed=1), 0.8),
             sample(A(3, 4), A(4, seed=1), A(3, 1, low=0.0, high=1.0)), sample(C(3), C(3, seed=1), C(3, seed=2))],
    "lerp_number": [sample(A(3, 4), A(4, seed=1), 0.3), sample(C(3), C(3, seed=1), 0.8)],
    "lerp_tensor": [sample(A(3, 4), A(4, seed=1), A(3, 1, low=0.0, high=1.0))],
    "deg2rad": [sample(A(3, 4))],
    "rad2deg": [sample(A(3, 4))],
}
