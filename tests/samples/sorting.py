"""Samples for sorting, selecting and counting."""

from __future__ import annotations

import numpy as np
from op_samples import A, I, Sample, const, distinct, sample

X = distinct(3, 5)
_ALONG = [sample(X, 1, False), sample(X, 0, True)]
_LANES = [sample(X, 0), sample(X, 1, True)]
_PLAN = [sample(X, -1, False), sample(X, 0, True)]
_QUANTILES = [sample(X, 0.3), sample(X, 0.3, 1), sample(X, 0.7, 0, True), sample(X, 0.3, keepdim=True),
              sample(X, const(np.array([0.1, 0.5, 0.9]))), sample(X, np.array([0.13, 0.52, 0.91]), 1),
              sample(X, np.array(0.37), 0, True),
              *[sample(X, 0.37, 1, interpolation=i) for i in ("lower", "higher", "nearest", "midpoint")]]

SAMPLES: dict[str, list[Sample]] = {
    "sort_along": _PLAN,
    "sort": [sample(X), sample(X, 0), sample(X, 1, True), sample(X, descending=True, stable=True)],
    "msort": [sample(X)],
    "top_along": [sample(X, 2, 1, True), sample(X, 2, 0, False)],
    "topk": [sample(X, 2), sample(X, 3, 1, False), sample(X, 2, 0, sorted=False), sample(X, 0),
             sample(distinct(2, 80), 3), sample(distinct(2, 80), 3, largest=False)],
    "kth_along": [sample(X, 2, 1, False), sample(X, 3, 0, True)],
    "kthvalue": [sample(X, 2), sample(X, 3, 0, True)],
    "median_of_all": [sample(X)],
    "nanmedian_of_all": [sample(X)],
    "median_along": _ALONG,
    "nanmedian_along": _ALONG,
    "mode_along": _ALONG,
    "median": [sample(X), *_LANES],
    "nanmedian": [sample(X), *_LANES],
    "mode": [sample(X), *_LANES],
    "quantile": _QUANTILES,
    "nanquantile": _QUANTILES,
    "unique_elements": [sample(I(3, 4), None), sample(I(3, 4), 1)],
    "runs": [sample(I(3, 4), None), sample(I(3, 4), 1)],
    "unique": [sample(I(3, 4)), sample(I(3, 4), True, True, True), sample(I(3, 4), dim=0, return_counts=True)],
    "unique_consecutive": [sample(I(3, 4)), sample(I(3, 4), True, True), sample(I(3, 4), dim=0, return_counts=True)],
    "histogram_counts": [
        sample(const(A(9, 1)), edges=((-2.0, -0.5, 0.5, 2.0),), density=False),
        sample(const(A(9, 2)), const(A(9)), edges=((-2.0, 0.0, 2.0), (-1.0, 0.0, 0.5, 1.5)), density=True)],
    "histogramdd": [sample(const(A(9, 2)), 3)],
    "bincount": [sample(I(9)), sample(I(9), const(A(9)), 5)],
    "searchsorted": [sample(I(5), I(3, 4)), sample(I(3, 5), I(3, 4), right=True)],
    "bucketize": [sample(const(A(3, 4)), const(np.linspace(-1, 1, 5)))],
}
