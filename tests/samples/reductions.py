"""Samples for sums, means, products, extrema, moments and norms."""

from __future__ import annotations

import math

import numpy as np
from op_samples import A, C, I, P, Sample, away, const, distinct, sample

NAN = math.nan


def with_zeros(count: int) -> np.ndarray:
    """(3, 4) values, ``count`` zeros in the second row."""
    a = away(3, 4)
    a[1, :count] = 0
    return a


def with_nan() -> np.ndarray:
    a = A(3, 4)
    a[0, 1] = a[2, :2] = NAN
    return a


_OVER = [{}, {"dim": 0}, {"dim": -1, "keepdim": True}, {"dim": (0, 2)}, {"dim": [1], "keepdim": True}, {"dim": ()}]
_ONE = [{}, {"dim": 0}, {"dim": -1, "keepdim": True}]
_REAL = [sample(A(2, 3, 4), **options) for options in _OVER]
_EITHER = [*_REAL, sample(C(2, 3, 4)), sample(C(2, 3), 1)]
_PRODUCTS = [*[sample(away(3, 4), **options) for options in _ONE],
             *[sample(with_zeros(n), 1) for n in range(5)], sample(with_zeros(1)), sample(with_zeros(2)),
             sample(C(3, 4), 0), sample(C(2, 3)), sample(with_zeros(2) + 0j, 1, True), sample(A(5, 1), 1), sample(P(7))]
_EXTREMA = [sample(distinct(2, 3, 4), **options) for options in _OVER]
_TIED = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
_MOMENTS = [sample(A(2, 3, 4), **options) for options in _OVER[:-1]] + [
    sample(A(3, 4), 1, False), sample(A(3, 4), True), sample(A(3, 4), 0, correction=2), sample(C(3, 4)),
    sample(C(3, 4), 1, correction=0)]
_MOMENTS = [s.without("zero_size", "zero_dim", because="without degrees of freedom it warns")
            for s in _MOMENTS]
_OVER_ALL = [sample(A(3, 4), dim, correction, keepdim)
             for dim, correction, keepdim in ((None, 1, False), (0, 0, True), ((0, 1), 2, False))] + [
    sample(C(3, 4), 1, 1, False)]
_OVER_ALL = [s.without("zero_size", "zero_dim", because="without degrees of freedom it warns") for s in _OVER_ALL]
_NORMS = [sample(away(3, 4), p) for p in (1, 2, 0.5, 1.5, 2.5, 3, -1, 0)] + [
    sample(distinct(3, 4, low=-1), math.inf), sample(distinct(3, 4, low=-1), -math.inf, 1),
    sample(A(2, 3, 4), 2, (0, 2), True),
    sample(A(3, 4), 2, 0), sample(C(3, 4)), sample(C(3, 4), 3, 1), sample(C(3, 4), 1), sample(C(3, 4), 1.5)]
_NUMBERS = "gradcheck", "gradgradcheck"

SAMPLES: dict[str, list[Sample]] = {
    "sum": [*_EITHER, sample(A(70, 70)), sample(A(3), dtype=np.float64)],
    "mean": [*_EITHER, sample(A(70, 70)), sample(A(3, 2), 0, dtype=np.float64)],
    "nansum": [sample(A(2, 3, 4), **options) for options in _OVER] + [sample(with_nan(), d).without(
        *_NUMBERS, "layouts", because="finite differences and comparisons have no meaning at nan") for d in (None, 1)],
    "nanmean": [sample(A(2, 3, 4), **options) for options in _OVER],
    "prod": _PRODUCTS,
    "amax": _EXTREMA,
    "amin": _EXTREMA,
    "both_extrema": [sample(distinct(3, 4), None, False), sample(distinct(3, 4), 1, True)],
    "aminmax": [sample(distinct(3, 4)), sample(distinct(3, 4), dim=0), sample(distinct(3, 4), dim=1, keepdim=True)],
    "max_of_all": [sample(distinct(3, 4))],
    "min_of_all": [sample(distinct(3, 4))],
    "max_along": [sample(distinct(3, 4), 1, False), sample(distinct(3, 4), 0, True)],
    "min_along": [sample(distinct(3, 4), 1, False), sample(distinct(3, 4), 0, True)],
    "max": [*[sample(distinct(3, 4), **o) for o in _ONE], sample(distinct(3, 4), distinct(4, seed=1) + 0.01)],
    "min": [*[sample(distinct(3, 4), **o) for o in _ONE], sample(distinct(3, 4), other=distinct(4, seed=1) + 0.01)],
    "pick_along": [sample(A(3, 4), I(2, 4), 0), sample(A(3, 4), I(3, 6, high=4), 1)],
    "put_along": [sample(A(1, 4), I(1, 4), 0, (3, 4)), sample(A(3, 6), I(3, 6, high=4), 1, (3, 4), True)],
    "var": _MOMENTS,
    "std": _MOMENTS,
    "var_mean": _MOMENTS,
    "std_mean": _MOMENTS,
    "var_over": _OVER_ALL,
    "std_over": _OVER_ALL,
    "var_mean_over": _OVER_ALL,
    "std_mean_over": _OVER_ALL,
    "logsumexp": [sample(A(2, 3, 4), **o) for o in _OVER[1:]] + [sample(C(3, 4), 0), sample(A(3, 4) * 300, 1)],
    "linalg_vector_norm": _NORMS,
    "norm": [*_NORMS, sample(A(3, 4)), sample(A(3, 4), "fro", 1), sample(A(3, 4), "nuc"),
             sample(A(2, 3, 4), "nuc", (0, 2)), sample(A(3, 4), dtype=np.float64)],
    "dist": [sample(A(3, 4), A(3, 4, seed=1)), sample(A(3, 4), A(4, seed=1), 3), sample(A(3), A(3, seed=1), math.inf),
             sample(C(3), C(3, seed=1))],
    "renorm": [sample(A(3, 4), 2, 0, 1.5), sample(A(3, 4), 1, 1, 0.5), sample(A(2, 3, 4), 3, 1, 10.0)],
    "cov": [sample(A(3, 5)), sample(A(5)), sample(A(3, 5), correction=0), sample(C(3, 5)),
            sample(A(3, 5), fweights=I(5, low=1)), sample(A(3, 5), aweights=const(P(5))),
            sample(A(3, 5), correction=2, fweights=I(5, low=1), aweights=const(P(5)))],
    "corrcoef": [sample(A(3, 5)), sample(C(3, 5))],
}
for _name in ("cov", "corrcoef"):
    SAMPLES[_name] = [s.without("zero_size", "zero_dim", because="without degrees of freedom it warns")
                      for s in SAMPLES[_name]]
