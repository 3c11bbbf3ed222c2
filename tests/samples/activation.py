"""Samples for activation functions."""

from __future__ import annotations

from op_samples import A, C, P, Sample, away, const, sample

_X = away(3, 4)
_SMOOTH = A(3, 4, low=-4.0, high=4.0)

SAMPLES: dict[str, list[Sample]] = {
    "relu": [sample(_X)],
    "relu_grad": [sample(A(3, 4), const(_X * (_X > 0))), sample(A(15, 10), const(P(15, 10)))],
    "hardtanh": [sample(away(3, 4, kinks=(-1, 1))), sample(away(3, 4, kinks=(-0.5, 1.5)), -0.5, 1.5)],
    "relu6": [sample(4 * away(3, 4, kinks=(0, 1.5)))],
    "leaky_relu": [sample(_X), sample(_X, 0.3), sample(_X, -0.3), sample(_X, 2.0)],
    "exponential_unit": [sample(_X, 1.5, 0.7, 2.0)],
    "elu": [sample(_X), sample(_X, 0.5)],
    "selu": [sample(_X)],
    "celu": [sample(_X), sample(_X, 0.5)],
    "rrelu": [sample(_X), sample(_X, 0.2, 0.6, True)],
    "gelu": [sample(_SMOOTH), sample(_SMOOTH, approximate="tanh")],
    "silu": [sample(_SMOOTH), sample(C(3))],
    "mish": [sample(_SMOOTH)],
    "softplus": [sample(_SMOOTH), sample(_SMOOTH, 2.0), sample(away(3, 4, kinks=(1,)), 1.0, 1.0)],
    "logsigmoid": [sample(_SMOOTH)],
    "softsign": [sample(_X)],
    "tanhshrink": [sample(_SMOOTH)],
    "hardsigmoid": [sample(4 * away(3, 4, kinks=(-0.75, 0.75)))],
    "hardswish": [sample(4 * away(3, 4, kinks=(-0.75, 0.75)))],
    "hardshrink": [sample(away(3, 4, kinks=(-0.5, 0.5))), sample(away(3, 4, kinks=(-1, 1)), 1.0)],
    "softshrink": [sample(away(3, 4, kinks=(-0.5, 0.5))), sample(away(3, 4, kinks=(-1, 1)), 1.0)],
    "threshold": [sample(away(3, 4, kinks=(0.5,)), 0.5, -3.0)],
    "prelu_broadcast": [sample(_X, P(4))],
    "prelu": [sample(_X, P(4)), sample(away(2, 3, 4), P(3)), sample(_X, P(1)), sample(_X, const(P(4)))],
    "glu": [sample(A(3, 4)), sample(A(4, 3), 0)],
}
