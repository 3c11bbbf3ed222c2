"""Samples for short-time spectra, differences, and parts with memory of their own."""

from __future__ import annotations

import numpy as np
from op_samples import A, C, P, const, sample

SAMPLES = {
    "stft": [sample(A(12), 4, 2, window=P(4), return_complex=True), sample(A(2, 12), 5, 2, 3, P(3), return_complex=False),
             sample(A(12), 4, 2, 2, P(2), False, align_to_window=True, normalized=True, return_complex=True),
             sample(C(12), 4, 2, pad_mode="constant")],
    "istft": [sample(C(3, 6), 4, 2, window=P(4)), sample(C(2, 4, 5), 4, 1, normalized=True, onesided=False, length=3),
              sample(C(4, 5), 4, 1, window=C(4), return_complex=True, center=False, onesided=False).without(
                  "layouts", because="a window whose squares may add up to nearly nothing")],
    "gradient": [sample(A(4, 5)), sample(A(5), spacing=0.5, edge_order=2), sample(A(4, 5), dim=1, spacing=[2.0]),
                 sample(A(4, 5), spacing=[const(np.array([0.0, 1.0, 3.0, 4.0])), A(5) + np.arange(5.0) * 5],
                        edge_order=2).without("layouts", because="equal coordinates have no distance"),
                 sample(A(4), spacing=(const(np.array([0.0, 1.0, 3.0, 4.5])),)).without(
                     "layouts", because="equal coordinates have no distance")],
    "unsafe_split": [sample(A(5, 2), 2), sample(A(5, 2), [2, 3]), sample(A(2, 4), 3, 1)],
    "unsafe_chunk": [sample(A(5, 2), 2), sample(A(2, 4), 3, 1)],
}
