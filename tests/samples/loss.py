"""Samples for losses."""

from __future__ import annotations

import numpy as np
from op_samples import A, B, I, P, Sample, away, const, sample

_U, _V = A(3, 4, low=0.1, high=0.9), A(3, 4, low=0.1, high=0.9, seed=1)
_X, _Y = A(3, 4), A(3, 4, seed=1)
_SIGNS = np.array([[1.0, -1, 1, -1], [-1, 1, 1, 1], [1, 1, -1, -1]])
_CLASSES = np.array([2, 0, 3])
_SOME = np.array([2, -100, 3])
_PLANE = I(2, 3, high=4)
_REDUCTIONS = ("mean", "sum", "none")
_LENGTHS = (np.array([4, 3]), np.array([2, 1]))
_FIRST_ORDER = "the derivative is of first order only"
_LABELS = np.array([[1, 1], [2, 0]])


def _each(*args, **kwargs):
    return [sample(*args, reduction=r, **kwargs) for r in _REDUCTIONS]


SAMPLES: dict[str, list[Sample]] = {
    "pick_class": [sample(_X, _CLASSES), sample(A(2, 4, 3), _PLANE)],
    "scatter_class": [sample(A(3), _CLASSES, 4), sample(A(2, 3), _PLANE, 4)],
    "nll_loss_batch": [sample(_X, _CLASSES), sample(A(2, 4, 3), _PLANE, const(P(4)), 2, "sum"),
                       sample(_X, _SOME, None, -100, "none")],
    "cross_entropy_batch": [sample(_X, _CLASSES), sample(_X, _SOME, const(P(4))),
                            sample(_X, _SOME, None, -100, "none"), sample(_X, _CLASSES, None, -100, "sum", 0.1),
                            *(sample(_X, _SOME, const(P(4)), -100, r, 0.3) for r in _REDUCTIONS)],
    "nll_loss": [*_each(_X, _CLASSES), *_each(_X, _SOME, const(P(4))), sample(A(2, 4, 3), _PLANE),
                 sample(A(4), np.array(1))],
    "cross_entropy": [*_each(_X, _CLASSES), *_each(_X, _SOME, const(P(4))),
                      *_each(_X, _SOME, const(P(4)), label_smoothing=0.2),
                      *_each(_X, _U), *_each(_X, _U, const(P(4)), label_smoothing=0.2), sample(A(2, 4, 3), _PLANE),
                      sample(A(2, 4, 3), A(2, 4, 3, low=0, high=1)), sample(A(4), np.array(1)), sample(A(4), P(4))],
    "linear_cross_entropy": [sample(A(3, 2), A(4, 2), _CLASSES, linear_bias=A(4)),
                             sample(A(2, 3), A(4, 2, 3), I(2, 2, high=4))],
    "ctc_losses": [sample(A(4, 2, 3), _LABELS, *_LENGTHS, 0).without("gradgradcheck", because=_FIRST_ORDER)],
    "ctc_gradient": [sample(const(A(2)), const(A(4, 2, 3)), _LABELS, *_LENGTHS, 0)],
    "ctc_loss": [s.without("gradgradcheck", because=_FIRST_ORDER) for s in (
        *_each(A(4, 2, 3), _LABELS, *_LENGTHS),
        sample(A(4, 3), np.array([2, 1]), np.array([4]), np.array([2]), blank=0),
        sample(A(4, 2, 3), np.array([1, 1, 2]), (4, 2), (2, 1), zero_infinity=True))],
    "squared_error": [sample(_X, _Y, "mean"), sample(_X, _Y, "none")],
    "huber_error": [sample(_X, _Y, "mean", 0.7), sample(_X, _Y, "none", 10.0), sample(_X, _Y, "sum", 0.7, 0.7)],
    "absolute_error": [sample(_X, _X + away(3, 4), r) for r in _REDUCTIONS],
    "poisson_error": [sample(_X, _Y, r) for r in _REDUCTIONS],
    "divergence_error": [sample(_X, _V, r) for r in _REDUCTIONS],
    "soft_margin_error": [sample(_X, _Y, r) for r in _REDUCTIONS],
    "row_products": [sample(A(3, 4), A(3, 4, seed=1)), sample(A(4), A(4, seed=1))],
    "row_squares": [sample(A(3, 4)), sample(A(4))],
    "hinge_error": [sample(_X, const(_SIGNS), r, 3.0) for r in _REDUCTIONS],
    "bernoulli_error": [sample(_U, _V, "mean"), sample(_U, _V, "none")],
    "logistic_slope": [sample(A(3, 4), A(3, 4, seed=1))],
    "logistic_error": [sample(_X, _V, "mean"), sample(_X, _V, "none")],
    "mse_loss": [*_each(_X, _Y), *_each(_X, _Y, weight=const(P(3, 4))), sample(A(), A(seed=1))],
    "l1_loss": [*_each(_X, _X + away(3, 4)), sample(_X, _X + away(3, 4), weight=const(P(3, 4)))],
    "smooth_l1_loss": [*_each(_X, _X + away(3, 4, kinks=(-1, 1))),
                       sample(_X, _X + away(3, 4, kinks=(-0.5, 0.5)), beta=0.5),
                       sample(_X, _X + away(3, 4), beta=0.0)],
    "huber_loss": [*_each(_X, _X + away(3, 4, kinks=(-1, 1))),
                   sample(_X, _X + away(3, 4, kinks=(-0.5, 0.5)), delta=0.5, weight=P(3, 4))],
    "binary_cross_entropy": [*_each(_U, _V), sample(_U, _V, P(4))],
    "binary_cross_entropy_with_logits": [*_each(_X, _V), sample(_X, _V, P(4)), sample(_X, _V, pos_weight=P(4)),
                                         sample(_X, _V, P(3, 1), pos_weight=P(4))],
    "kl_div": [sample(_X, _U, reduction=r) for r in ("sum", "none", "batchmean")]
               + [sample(_X, _Y, reduction="sum", log_target=True)],
    "poisson_nll_loss": [*_each(_X, P(3, 4)), sample(_U, away(3, 4, kinks=(1,)) ** 2 + 0.1, False, True),
                         sample(_X, P(3, 4) + 2, full=True)],
    "gaussian_nll_loss": [*_each(_X, _Y, P(3, 4)), sample(_X, _Y, P(3, 1), full=True), sample(_X, _Y, 2.0),
                          sample(_X, _Y, P(3))],
    "margin_ranking_loss": [*_each(_X, _Y, const(_SIGNS), 0.05)],
    "hinge_embedding_loss": [*_each(away(3, 4, kinks=(0.7,)), const(_SIGNS), 0.7)],
    "soft_margin_loss": [*_each(_X, const(_SIGNS))],
    "multilabel_soft_margin_loss": [*_each(_X, B(3, 4).astype(int)), sample(_X, B(3, 4).astype(int), P(4))],
    "cosine_embedding_loss": [*_each(_X, _Y, np.array([1, -1, 1]), -1.0), sample(A(4), A(4, seed=1), np.array(1))],
    "multi_margin_loss": [*_each(_X, _CLASSES), sample(_X, _CLASSES, 2, 0.5, const(P(4))), sample(A(4), np.array(1))],
    "multilabel_margin_loss": [*_each(_X, np.array([[0, 2, -1, 1], [3, -1, 0, 0], [-1, 0, 0, 0]])),
                               sample(A(4), np.array([1, 3, -1, 0]))],
    "triplet_margin_loss": [*_each(_X, _Y, A(3, 4, seed=2), 3.0), sample(_X, _Y, A(3, 4, seed=2), 5.0, 3.0, swap=True)],
    "triplet_margin_with_distance_loss": [sample(_X, _Y, A(3, 4, seed=2), margin=3.0), sample(
        _X, _Y, A(3, 4, seed=2), margin=20.0, distance_function=lambda x, y: ((x - y) ** 2).sum(-1))],
}
