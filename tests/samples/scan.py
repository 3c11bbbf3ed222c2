"""Samples for scans, differences and areas."""

from __future__ import annotations

import numpy as np
from op_samples import A, C, Sample, away, distinct, sample


def with_zeros(*places: int) -> np.ndarray:
    a = away(3, 5)
    a[1, list(places)] = 0
    return a


_SUMS = [sample(A(3, 4), 0), sample(A(3, 4), -1), sample(A(2, 3, 4), 1), sample(C(3, 4), 1)]

SAMPLES: dict[str, list[Sample]] = {
    "cumsum": [*_SUMS, sample(A(3, 4), dim=1, dtype=np.float64)],
    "cumsum_from_end": _SUMS,
    "shift_along": [sample(A(3, 4), 1, False), sample(A(3, 4), 0, True, 2.0)],
    "linear_recurrence": [sample(A(3, 4), A(3, 4, seed=1), 1), sample(A(5, 2), A(5, 2, seed=1), 0, True),
                          sample(C(3, 4), C(3, 4, seed=1), -1)],
    "cumprod": [sample(away(3, 4), 0), sample(with_zeros(1), 1), sample(with_zeros(0, 3), 1), sample(with_zeros(2), -1),
                sample(with_zeros(0, 1, 2), 1), sample(C(3, 4), 1), sample(with_zeros(1, 2) + 0j, 1)],
    "logcumsumexp": [sample(A(3, 4), 0), sample(A(3, 4) * 200, 1), sample(C(3, 4), 1)],
    "running_max": [sample(distinct(4, 5), 0), sample(distinct(4, 5), 1)],
    "running_min": [sample(distinct(4, 5), 0), sample(distinct(4, 5), 1)],
    "cummax": [sample(distinct(4, 5), 0), sample(distinct(4, 5), -1)],
    "cummin": [sample(distinct(4, 5), 0), sample(distinct(4, 5), -1)],
    "diff": [sample(A(3, 4)), sample(A(3, 4), 2, 0), sample(A(3, 4), 0), sample(A(3, 4), 1, 1, A(3, 2, seed=1)),
             sample(A(3, 4), n=2, dim=0, prepend=A(1, 4, seed=1), append=A(2, 4, seed=2)), sample(C(4))],
    "trapezoid": [sample(A(3, 4)), sample(A(3, 4), dx=0.5, dim=0), sample(A(3, 4), A(4, seed=1)),
                  sample(A(3, 4), A(3, seed=1), dim=0), sample(A(2, 3, 4), A(3, 4, seed=1))],
    "trapz": [sample(A(3, 4)), sample(A(3, 4), A(3, 4, seed=1))],
    "cumulative_trapezoid": [sample(A(3, 4)), sample(A(3, 4), dx=0.5, dim=0), sample(A(3, 4), A(4, seed=1)),
                             sample(A(3, 4), A(3, 4, seed=1), dim=0)],
}
