"""Samples for functions of one number."""

from __future__ import annotations

from op_samples import A, C, P, Sample, sample

_ANY = [sample(A(3, 4)), sample(C(3))]
_POSITIVE = [sample(P(3, 4)), sample(C(3))]
_INSIDE = [sample(A(3, 4, low=-0.9, high=0.9)), sample(C(3))]
_ABOVE = [sample(A(3, 4, low=1.1, high=3.0)), sample(C(3))]

SAMPLES: dict[str, list[Sample]] = {
    **dict.fromkeys(("exp", "exp2", "expm1", "sigmoid"), _ANY),
    **dict.fromkeys(("sin", "cos", "sinh", "cosh", "tanh", "asinh", "arcsinh"), _ANY),
    **dict.fromkeys(("log", "log2", "log10", "log1p"), _POSITIVE),
    **dict.fromkeys(("tan", "asin", "arcsin", "acos", "arccos", "atan", "arctan", "atanh", "arctanh"), _INSIDE),
    **dict.fromkeys(("acosh", "arccosh"), _ABOVE),
}
