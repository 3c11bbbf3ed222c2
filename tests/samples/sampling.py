"""Samples for what is drawn at random: constants, with gradients of zero."""

from __future__ import annotations

from op_samples import A, Sample, sample

_VALUES = ((1.0, 2.0), (3.0, 4.0))

SAMPLES: dict[str, list[Sample]] = {
    "drawn_with": [sample(A(2, 2), values=_VALUES), sample(A(2, 2), A(2, seed=1), values=_VALUES)],
}
