"""Samples for complex numbers."""

from __future__ import annotations

from op_samples import A, C, P, Sample, away, sample

_PARTS = [sample(A(3, 4), A(4, seed=1))]

SAMPLES: dict[str, list[Sample]] = {
    "complex": _PARTS,
    "polar": [sample(P(3, 4), A(4)), sample(A(3), A(3, seed=1))],
    "real_part": [sample(C(3, 4))],
    "imag_part": [sample(C(3, 4))],
    "real": [sample(C(3, 4)), sample(A(3))],
    "imag": [sample(C(3, 4))],
    "conj_physical": [sample(C(3, 4))],
    "conj": [sample(C(3, 4)), sample(A(3))],
    "resolve_conj": [sample(C(3, 4))],
    "resolve_neg": [sample(A(3, 4))],
    "angle": [sample(C(3, 4)), sample(away(3, 4))],
    "view_as_real": [sample(C(3, 4))],
    "view_as_complex": [sample(A(3, 2)).without("layouts", because="the last dimension must be contiguous")],
}
