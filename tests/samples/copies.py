"""Samples of the copies of views, of runs of elements, and of what else stands on its own."""

from __future__ import annotations

import numpy as np
from op_samples import A, C, const, distinct, sample, spd

_ROUNDED = "steps: its gradient is that of the identity, by definition"

SAMPLES = {
    "alias_copy": [sample(A(2, 3))],
    "as_strided_copy": [sample(A(2, 3), (2, 2), (3, 1)).without("layouts", because="it goes by strides")],
    "diagonal_copy": [sample(A(3, 3)), sample(A(2, 3, 3), 1, 1, 2)],
    "expand_copy": [sample(A(1, 3), (2, 3))],
    "permute_copy": [sample(A(2, 3), (1, 0))],
    "select_copy": [sample(A(2, 3), 1, 0)],
    "slice_copy": [sample(A(4, 3), 0, 1, 4, 2)],
    "split_copy": [sample(A(4, 3), 3)],
    "split_with_sizes_copy": [sample(A(4, 3), [1, 3])],
    "unsafe_split_with_sizes": [sample(A(4, 3), [1, 3])],
    "squeeze_copy": [sample(A(1, 3))],
    "t_copy": [sample(A(2, 3))],
    "transpose_copy": [sample(A(2, 3), 0, 1)],
    "unbind_copy": [sample(A(2, 3))],
    "unfold_copy": [sample(A(5), 0, 3, 1)],
    "unsqueeze_copy": [sample(A(3), 0)],
    "view_as_complex_copy": [sample(A(3, 2)).without("layouts", because="pairs must be adjacent in memory")],
    "view_as_real_copy": [sample(C(3))],
    "view_copy": [sample(A(2, 3), (3, 2)).without("layouts", because="not every layout can be viewed so")],
    "segment_reduce": [
        sample(distinct(5, 2), how, lengths=np.array([2, 0, 3]), initial=initial)
        for how, initial in (("sum", None), ("mean", 1.0), ("max", -9.0), ("min", 9.0), ("prod", None))
    ] + [sample(A(2, 3), "sum", offsets=np.array([[0, 1, 3], [0, 3, 3]]), axis=1)],
    "rounded_to_steps": [
        sample(A(4), const(np.array(0.25)), const(np.array(1.0)), 0, 7).without(
            "gradcheck", "gradgradcheck", "layouts", because=_ROUNDED)],
    "fake_quantize_per_tensor_affine": [
        sample(A(4), 0.25, 1, 0, 7).without("gradcheck", "gradgradcheck", because=_ROUNDED)],
    "fake_quantize_per_channel_affine": [
        sample(A(2, 3), const(np.array([0.25, 0.5])), np.array([1, 2]), 0, 0, 7).without(
            "gradcheck", "gradgradcheck", because=_ROUNDED)],
    "frobenius_norm": [sample(A(3, 4), (0, 1)), sample(A(3, 4), 1, True)],
    "nuclear_norm": [sample(A(3, 4)), sample(A(2, 3, 4), (0, 2), True)],
    "norm_except_dim": [sample(A(3, 4), 2, 0), sample(A(3, 4), 2, 1)],
    "lobpcg": [sample(spd(4, 4)).without("layouts", because="eigenvectors are unique up to a sign"),
               sample(spd(6, 6), 2, spd(6, 6, seed=1), largest=False).without(
                   "layouts", because="eigenvectors are unique up to a sign")],
}
