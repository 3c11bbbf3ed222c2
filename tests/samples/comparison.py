"""Samples for comparisons and for choosing by a condition."""

from __future__ import annotations

from op_samples import A, B, C, I, Sample, const, sample

_CHOICES = [sample(B(3, 4), A(3, 4), A(4, seed=1)), sample(B(4), A(3, 1), A(3, 4, seed=1)),
            sample(B(3), C(3), C(3, seed=1))]

_COMPARED = [sample(const(A(3, 4)), const(A(4, seed=1))), sample(I(3, 4), I(3, 1, seed=1))]

SAMPLES: dict[str, list[Sample]] = {
    "choose": _CHOICES,
    **dict.fromkeys(("not_equal", "less", "less_equal", "greater", "greater_equal"), _COMPARED),
    "isin": [sample(I(3, 4), I(2)), sample(I(3, 4), 1, invert=True)],
    "where": [*_CHOICES, sample(B(3, 4), A(4), 0.5), sample(B(3), 2.0, A(3)), sample(B(3), C(3), A(3))],
}
