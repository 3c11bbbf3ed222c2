"""Samples for special functions."""

from __future__ import annotations

from op_samples import A, C, P, Sample, away, const, sample

_ANY = [sample(A(3, 4))]
_POSITIVE = [sample(P(3, 4))]
_UNIT = [sample(A(3, 4, low=0.1, high=0.9))]
_WIDE = [sample(A(3, 4, low=-8.0, high=8.0))]
_ABOVE = [sample(A(3, 4, low=0.5, high=8.0))]

SAMPLES: dict[str, list[Sample]] = {
    **dict.fromkeys(("erf", "erfc", "special_erfcx", "special_ndtr", "special_log_ndtr"), _ANY),
    "erfinv": [sample(A(3, 4, low=-0.9, high=0.9))],
    "special_ndtri": _UNIT,
    "lgamma": [*_POSITIVE, sample(A(3, 4, low=-0.9, high=-0.1))],
    "digamma": [*_POSITIVE, sample(A(3, 4, low=-0.9, high=-0.1))],
    "polygamma": [sample(n, P(3, 4)) for n in (0, 1, 2, 3)],
    "polygamma_order": [sample(P(3, 4), n).without("inplace", because="its in-place form is polygamma_")
                        for n in (0, 1, 2, 3)],
    "mvlgamma": [sample(A(3, 4, low=2.0, high=4.0), p) for p in (1, 2, 4)],
    "igamma": [sample(const(P(3, 4)), P(3, 4, seed=1))],
    "igammac": [sample(const(P(3, 4)), P(3, 4, seed=1))],
    "special_zeta": [sample(const(P(3, 4) + 1.5), P(3, 4, seed=1))],
    "xlogy": [sample(A(3, 4), P(4)), sample(A(3), 2.0), sample(2.0, P(3))],
    "special_xlog1py": [sample(A(3, 4), P(4)), sample(A(3), 2.0)],
    "special_entr": _POSITIVE,
    "logit": [*_UNIT, sample(away(3, 4, kinks=(0.2, 0.8)) * 1.0, 0.2)],
    "sinc": [sample(away(3, 4)), sample(C(3))],
    **dict.fromkeys((
        "i0", "special_i0e", "special_i1", "special_i1e", "special_modified_bessel_i0", "special_modified_bessel_i1",
        "special_bessel_j0", "special_bessel_j1", "special_spherical_bessel_j0"), _WIDE),
    **dict.fromkeys((
        "special_modified_bessel_k0", "special_modified_bessel_k1", "special_scaled_modified_bessel_k0",
        "special_scaled_modified_bessel_k1", "special_bessel_y0", "special_bessel_y1"), _ABOVE),
    "special_airy_ai": [sample(A(3, 4, low=-4.0, high=4.0))],
    "airy_ai_slope": [sample(A(3, 4, low=-4.0, high=4.0))],
}
