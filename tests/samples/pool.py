"""Samples for pooling, resizing and sampling on grids."""

from __future__ import annotations

import numpy as np
from op_samples import A, I, P, Sample, distinct, sample

from autograd.kernels import resample
from autograd.kernels.pool import adaptive_ranges

_PLACES = np.array([[[3, 0], [1, 2]], [[0, 1], [3, 3]]])  # indices into planes of 4 elements
_UNIQUE = np.array([[[3, 0], [1, 2]], [[5, 1], [2, 4]]])  # and of 6, each at most once
_TAPS = (resample.adaptive_taps(3, 2), resample.linear_taps(4, 6, 4 / 6, False, np.float64))


def _grid(*shape: int) -> np.ndarray:
    """Points that stay away from the elements and the borders, at which the interpolation has kinks."""
    rng = np.random.default_rng(5)
    return rng.integers(-4, 3, shape) / 2 + rng.uniform(0.1, 0.2, shape)


SAMPLES: dict[str, list[Sample]] = {
    "gather_planes": [sample(A(2, 2, 2), _PLACES, 2), sample(A(2, 3, 4), I(2, 5, high=12)[:, :, None].repeat(2, 2), 2)],
    "scatter_planes": [sample(A(2, 2, 2), _PLACES, (1, 4))],
    "place_planes": [sample(A(2, 2, 2), _UNIQUE, (2, 3))],
    "max_pool": [sample(distinct(2, 3, 4, 4), (2, 2), (2, 2), (0, 0), (1, 1), False),
                 sample(distinct(2, 7), (3,), (2,), (1,), (1,), True)],
    "max_pool_with_indices": [sample(distinct(2, 4, 5), (2, 3), (1, 2), (1, 1), (1, 1), False)],
    "max_pool1d": [sample(distinct(2, 3, 7), 2), sample(distinct(3, 7), 3, 2, 1, 1, True)],
    "max_pool2d": [sample(distinct(2, 2, 4, 4), 2), sample(distinct(2, 5, 6), (2, 3), (1, 2), (1, 0), 2),
                   sample(distinct(1, 2, 5, 5), 3, 2, 1, ceil_mode=True, return_indices=True),
                   sample(distinct(2, 2, 4, 4), 4)],
    "max_pool3d": [sample(distinct(1, 2, 4, 2, 3), (2, 2, 1)), sample(distinct(2, 3, 3, 3), 2, 1)],
    "window_means": [sample(A(2, 4, 4), (2, 2), (2, 2), (2, 2), (0, 0), 4),
                     sample(A(2, 5), (3,), (3,), (2,), (1,), [2, 3, 2])],
    "spread_means": [sample(A(2, 2, 2), (4, 4), (2, 2), (2, 2), (0, 0), 4), sample(A(2, 3), (5,), (3,), (2,), (1,), 3)],
    "avg_pool1d": [sample(A(2, 3, 7), 2), sample(A(3, 7), 3, 2, 1, True, False)],
    "avg_pool2d": [sample(A(2, 2, 4, 4), 2), sample(A(2, 5, 6), (2, 3), (1, 2), (1, 0)),
                   sample(A(1, 2, 5, 5), 3, 2, 1, True),
                   sample(A(1, 2, 5, 5), 3, 2, 1, True, False), sample(A(1, 2, 4, 4), 2, divisor_override=3),
                   sample(A(1, 1, 9, 9), 9)],
    "avg_pool3d": [sample(A(1, 2, 4, 2, 3), (2, 2, 1)), sample(A(2, 3, 3, 3), 2, 1, 1, count_include_pad=False)],
    "lp_pool1d": [sample(P(2, 3, 7), 2, 2), sample(P(3, 7), 3.0, 3, 2, True),
                  sample(distinct(2, 6, low=0.3), float("inf"), 2)],
    "lp_pool2d": [sample(P(2, 4, 4), 2.0, 2), sample(P(1, 2, 5, 4), 1.0, (2, 3), 1)],
    "lp_pool3d": [sample(P(1, 2, 2, 2, 4), 2, 2)],
    "adaptive_avg_pool1d": [sample(A(2, 3, 6), 3), sample(A(3, 7), 3), sample(A(2, 3, 4), 6)],
    "adaptive_avg_pool2d": [sample(A(2, 2, 4, 6), 2), sample(A(2, 5, 4), (3, None)), sample(A(1, 2, 3, 3), 1),
                            sample(A(1, 1, 2, 3), (5, 2))],
    "adaptive_avg_pool3d": [sample(A(1, 2, 3, 2, 4), 2), sample(A(2, 2, 2, 2), 1)],
    "adaptive_max_pool1d": [sample(distinct(2, 3, 6), 3), sample(distinct(3, 7), 3, True)],
    "adaptive_max_pool2d": [sample(distinct(2, 2, 4, 6), 2), sample(distinct(2, 5, 4), (3, None)),
                            sample(distinct(1, 2, 3, 3), 1)],
    "adaptive_max_pool3d": [sample(distinct(1, 2, 3, 2, 4), 2)],
    "max_of_ranges": [sample(distinct(2, 5), adaptive_ranges((5,), (3,)))],
    "max_unpool1d": [sample(A(1, 2, 2), np.array([[[1, 2], [0, 3]]]), 2)],
    "max_unpool2d": [sample(A(2, 2, 2), np.array([[[5, 2], [8, 15]], [[0, 3], [9, 10]]]), 2),
                     sample(A(1, 1, 1, 2), np.array([[[[1, 4]]]]), 2, output_size=(3, 4))],
    "max_unpool3d": [sample(A(1, 1, 1, 1), np.array([[[[3]]]]), 2)],
    "fractional_maxima": [sample(distinct(2, 3, 5, 6), np.full((2, 3, 2), 0.3), (2, 2), (2, 3))],
    "fractional_max_pool2d": [sample(distinct(2, 3, 5, 6), 2, (2, 3)),
                              sample(distinct(3, 6, 6), 2, output_ratio=0.5, return_indices=True)],
    "fractional_max_pool3d": [sample(distinct(1, 2, 4, 4, 5), 2, (2, 2, 3))],
    "resample": [sample(A(2, 3, 4), _TAPS)],
    "interpolate": [
        sample(A(2, 2, 3), 5), sample(A(2, 2, 3), scale_factor=2, mode="linear"),
        sample(A(2, 2, 5), 3, mode="nearest-exact"),
        sample(A(2, 2, 5), 3, mode="area"), sample(A(1, 2, 3, 4), (5, 2), mode="bilinear"),
        sample(A(1, 2, 3, 4), (5, 7), mode="bilinear", align_corners=True),
        sample(A(1, 2, 3, 4), (5, 2), mode="bicubic"),
        sample(A(1, 2, 3, 4), (5, 2), mode="bicubic", align_corners=True),
        sample(A(1, 2, 6, 7), (3, 4), mode="bilinear", antialias=True),
        sample(A(1, 2, 6, 7), (3, 4), mode="bicubic", antialias=True),
        sample(A(1, 2, 6, 7), (3, 4), mode="lanczos", antialias=True),
        sample(A(1, 2, 2, 3, 2), scale_factor=1.6, mode="trilinear"),
        sample(A(1, 2, 3, 4), scale_factor=(1.6, 0.7), mode="bilinear", recompute_scale_factor=True),
    ],
    "affine_grid": [sample(A(2, 2, 3), (2, 1, 3, 4), align_corners=False),
                    sample(A(1, 3, 4), (1, 1, 2, 1, 3), align_corners=True)],
    "grid_sample": [
        *[sample(A(2, 2, 4, 4), _grid(2, 2, 3, 2), mode, padding, align)
          for mode, padding, align in (("bilinear", "zeros", True), ("bilinear", "border", False),
                                       ("bilinear", "reflection", True),
                                       ("nearest", "zeros", False), ("nearest", "border", True))],
        *[sample(A(1, 2, 4, 4), _grid(1, 2, 2, 2), "bicubic", padding, False)
          for padding in ("zeros", "border", "reflection")],
        sample(A(1, 2, 4, 4, 4), _grid(1, 2, 1, 2, 3), "bilinear", "zeros", True),
        sample(A(1, 2, 4, 4, 4), _grid(1, 2, 1, 2, 3), "nearest", "reflection", False),
    ],
}
