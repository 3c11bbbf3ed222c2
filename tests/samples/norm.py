"""Samples for normalization, softmax, dropout, embeddings, attention, similarity."""

from __future__ import annotations

import numpy as np
from op_samples import A, B, I, P, Sample, const, sample

_INTENDED = "the gradient is scaled on purpose"
_ASSERTS = "the checks of shapes raise AssertionError, as in PyTorch"
_WRITES = "the running statistics are written to, which repeated memory does not allow"
_DRAWS = "PyTorch's generator fills a tensor in the order of its memory"
_BAGS = np.array([0, 2, 2])


def _heads(query, key, value, *, proj=True, **options):
    """Arguments of attention in two heads of width 2."""
    bias_k, bias_v, zero = options.pop("bias_k", None), options.pop("bias_v", None), options.pop("zero", False)
    made = sample(query, key, value, 4, 2, A(12, 4) if proj else None, A(12), bias_k, bias_v, zero, 0.0, A(4, 4), A(4),
                  **options)
    return made.without("zero_size", "zero_dim", because=_ASSERTS)


SAMPLES: dict[str, list[Sample]] = {
    "batch_normalize": [sample(A(3, 2, 4), (3, 2, 4), (0, 2), (1, 2, 1), 1e-3, True, A(2), A(2)),
                          sample(A(3, 2), (3, 2), (0,), (1, 2), 1e-3, True)],
    "layer_normalize": [sample(A(3, 4), (3, 4), (1,), (1, 4), 1e-3, True, A(4), A(4)),
                          sample(A(3, 4), (3, 4), (1,), (1, 4), 1e-3, True, None, A(4))],
    "group_normalize": [sample(A(2, 4, 3), (2, 2, 2, 3), (2, 3), (1, 2, 2, 1), 1e-3, True, A(4), A(4))],
    "rms_normalize": [sample(A(3, 4), (3, 4), (1,), (1, 4), 1e-3, False, A(4)),
                        sample(A(3, 4), (3, 4), (1,), (1, 4), 1e-3, False)],
    "normalize_grad": [
        sample(A(3, 4), A(3, 4, seed=1), A(3, 1), P(3, 1), (3, 4), (1,), (1, 4), 1e-3, True, A(4), True),
        sample(A(3, 4), A(3, 4, seed=1), A(3, 1), P(3, 1), (3, 4), (1,), (1, 4), 1e-3, True),
        sample(A(3, 4), A(3, 4, seed=1), const(np.zeros(())), P(3, 1), (3, 4), (1,), (1, 4), 1e-3, False, A(4), True),
    ],
    "causal_softmax": [sample(A(2, 3, 4)), sample(A(4, 3))],
    "attention": [
        sample(A(3, 4), A(5, 4), A(5, 2), False, 0.5), sample(A(2, 5, 4), A(2, 3, 4), A(2, 3, 4, seed=1), True, 0.5),
        sample(A(2, 4, 3, 2), A(2, 2, 4, 2), A(2, 2, 4, 2, seed=1), False, 0.7, const(A(4, 1, 4))),
        sample(A(2, 4), A(3, 4), A(3, 4, seed=1), False, 0.5, np.array([[True, True, False], [False, False, False]])),
    ],
    "lstm_step": [sample(A(3, 8), A(3, 8, seed=1), A(3, 2))],
    "gru_step": [sample(A(3, 6), A(3, 6, seed=1), A(3, 2))],
    "lstm_layer": [
        sample(A(3, 2, 2), A(8, 2), A(8, 2, seed=1), A(8), A(8, seed=1), A(2, 2), A(2, 2, seed=1)),
        sample(A(4, 3), A(8, 3), A(8, 1), sizes=(3, 1), w_hr=A(1, 2), backward=True),
    ],
    "gru_layer": [
        sample(A(3, 2, 2), A(6, 2), A(6, 2, seed=1), A(6), A(6, seed=1), A(2, 2)),
        sample(A(4, 3), A(6, 3), A(6, 2), sizes=(3, 1), backward=True),
    ],
    "rnn_layer": [
        sample(A(3, 2, 2), A(2, 2), A(2, 2, seed=1), A(2), A(2, seed=1), A(2, 2)),
        sample(A(4, 3), A(2, 3), A(2, 2), sizes=(3, 1), relu=True, backward=True),
    ],
    "scale_channels": [sample(A(3, 2, 4), A(2), A(2, seed=1)), sample(A(3, 2), A(2), A(2, seed=1))],
    "batch_norm": [
        sample(A(3, 2, 4), const(A(2)), const(P(2)), A(2), A(2, seed=1), True).without("layouts", because=_WRITES),
        sample(A(3, 2), None, None, training=True), sample(A(3, 2, 2, 2), None, None, A(2), training=True),
        sample(A(3, 2, 4), const(A(2)), const(P(2)), A(2), A(2, seed=1)), sample(A(3, 2), const(A(2)), const(P(2))),
    ],
    "instance_norm": [sample(A(3, 2, 4)),
                      sample(A(3, 2, 2, 2), const(A(2)), const(P(2)), A(2), A(2)).without("layouts", because=_WRITES),
                      sample(A(3, 2, 4), const(A(2)), const(P(2)), A(2), use_input_stats=False)],
    "layer_norm": [sample(A(3, 4), (4,)), sample(A(3, 4), (4,), A(4), A(4, seed=1)),
                   sample(A(2, 3, 4), (3, 4), A(3, 4), eps=0.1)],
    "rms_norm": [sample(A(3, 4), (4,)), sample(A(3, 4), (4,), A(4), 0.1), sample(A(2, 3, 4), (3, 4))],
    "group_norm": [sample(A(2, 4, 3), 2), sample(A(2, 4, 3), 2, A(4), A(4, seed=1)), sample(A(2, 4), 1)],
    "local_response_norm": [sample(A(2, 4, 3), 2, 0.5), sample(A(2, 3, 2, 2), 3, 0.5, 0.6, 1.5)],
    "normalize": [sample(A(3, 4)), sample(A(3, 4), 3.0, 0)],
    "softmax": [sample(A(3, 4), 1), sample(A(3, 4), 0), sample(A(2, 3, 2), -2)],
    "log_softmax": [sample(A(3, 4), 1), sample(A(3, 4), 0), sample(A(2, 3, 2), -2)],
    "softmin": [sample(A(3, 4), 1)],
    "gumbel_softmax": [sample(A(3, 4), 0.7), sample(A(3, 4), dim=0),
                       sample(A(3, 4), hard=True).without("gradcheck", because="its gradient is the soft vector's")],
    "dropout": [sample(A(3, 4)).without("layouts", because=_DRAWS), sample(A(3, 4), 0.3).without("layouts", because=_DRAWS),
                sample(A(3, 4), training=False), sample(A(3, 4), 1.0)],
    "dropout1d": [sample(A(3, 4, 2)), sample(A(3, 4))],
    "dropout2d": [sample(A(3, 4, 2, 2)).without("zero_dim", because="warns of the rank")],
    "dropout3d": [sample(A(3, 4, 2, 1, 2)).without("zero_dim", because="warns of the rank"),
                  sample(A(4, 2, 1, 2)).without("zero_dim", because="warns of the rank")],
    "alpha_dropout": [sample(A(3, 4), training=True).without("layouts", because=_DRAWS), sample(A(3, 4))],
    "feature_alpha_dropout": [sample(A(3, 4, 2), 0.4, training=True)],
    "take_rows": [sample(A(3, 4), I(2, 3)), sample(A(3, 4), I(5), 1, True).without("gradcheck", because=_INTENDED)],
    "scatter_rows": [sample(A(2, 3, 4), I(2, 3), 3)],
    "embedding": [sample(I(2, 3), A(3, 4)), sample(np.array(1), A(3, 4)),
                  sample(I(5), A(3, 4), 1, None, 2.0, True).without("gradcheck", "zero_size", because=_INTENDED)],
    "embedding_bag": [
        sample(I(5), A(3, 4), _BAGS), sample(I(5), A(3, 4), _BAGS, mode="sum", per_sample_weights=A(5)),
        sample(I(5), A(3, 4), _BAGS, mode="max"), sample(I(2, 3), A(3, 4)),
        sample(I(5), A(3, 4), _BAGS, padding_idx=1).without("zero_size", because=_ASSERTS),
        sample(I(5), A(3, 4), np.array([0, 2, 5]), include_last_offset=True),
    ],
    "scaled_dot_product_attention": [
        sample(A(3, 4), A(5, 4), A(5, 2)),
        sample(A(2, 2, 3, 4), A(2, 2, 3, 4, seed=1), A(2, 2, 3, 4, seed=2), is_causal=True),
        sample(A(2, 3, 4), A(2, 5, 4), A(2, 5, 4, seed=1), A(3, 5)),
        sample(A(2, 3, 4), A(2, 5, 4), A(2, 5, 4, seed=1), B(3, 5), scale=0.3),
        sample(A(1, 4, 3, 2), A(1, 2, 3, 2), A(1, 2, 3, 2, seed=1), enable_gqa=True),
        sample(A(3, 4), A(3, 4, seed=1), A(3, 4, seed=2), dropout_p=0.4),
        sample(A(1, 2, 3, 4), np.broadcast_to(A(1, 1, 5, 4), (1, 2, 5, 4)), A(1, 2, 5, 2)),
        sample(A(2, 4), A(3, 4), A(3, 4, seed=1), np.array([[True, True, False], [False, False, False]])),
    ],
    "multi_head_attention_forward": [
        _heads(A(3, 2, 4), A(5, 2, 4), A(5, 2, 4, seed=1)),
        _heads(A(3, 4), A(5, 4), A(5, 4, seed=1), need_weights=False),
        _heads(A(3, 2, 4), A(3, 2, 3), A(3, 2, 2), proj=False, use_separate_proj_weight=True, q_proj_weight=A(4, 4),
               k_proj_weight=A(4, 3), v_proj_weight=A(4, 2), bias_k=A(1, 1, 4), bias_v=A(1, 1, 4, seed=1), zero=True,
               attn_mask=A(3, 3), key_padding_mask=np.array([[False, True, False], [False, False, False]])),
    ],
    "cosine_similarity": [sample(A(3, 4), A(3, 4, seed=1)), sample(A(3, 4), A(3, 4, seed=1), 0), sample(A(2, 3), A(3))],
    "pairwise_distance": [sample(A(3, 4), A(3, 4, seed=1)), sample(A(3, 4), A(3, 4, seed=1), 3.0, keepdim=True)],
}
