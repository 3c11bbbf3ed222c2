"""Samples for indexing, gathering and scattering, masks, and views by geometry."""

from __future__ import annotations

import numpy as np
from op_samples import A, B, C, I, Sample, away, distinct, sample

from autograd.ops.indexing import select
from autograd.ops.strided import diagonal

MEMORY = "depends on how the memory is laid out"
S = slice
ROWS = np.array([0, 2, 0])
AT = np.array([[0, 1, 1], [2, 0, 0]])
MASK = np.array([[True, False, True, False], [False, True, True, False], [False, False, False, True]])
REDUCED = [("sum", A), ("mean", A), ("prod", away), ("amax", distinct), ("amin", distinct)]


def laid_out(*args: object, **kwargs: object) -> Sample:
    return sample(*args, **kwargs).without("layouts", because=MEMORY)


def fixed(*args: object) -> Sample:
    return sample(*args).without("zero_size", "zero_dim", because="its options belong to arrays of these shapes")


def one_zero() -> np.ndarray:
    a = away(2, 3)
    a[0, 1] = 0.0
    return a


SAMPLES: dict[str, list[Sample]] = {
    "getitem": [
        sample(A(4), 2), sample(A(4), S(1, 3)), sample(A(4), S(None, None, 2)), sample(A(3, 4), (0, 1)),
        sample(A(3, 4), (Ellipsis, None, S(1, 2))), sample(A(2, 3, 4), (0, Ellipsis, -1)),
        sample(A(3, 4), ([0, 2, 0],)), sample(C(3, 4), (ROWS,)), sample(A(), ()),
        sample(A(2, 3, 4), (S(None), ROWS)), sample(A(2, 3, 4), (0, S(None), ROWS)), sample(A(3, 4), (ROWS, ROWS)),
        sample(A(2, 3, 4), (np.array([0, 1]), S(None), np.array([3, 3]))), sample(A(3, 4), MASK),
        sample(A(2, 3, 4), (S(None), MASK)), sample(A(3, 4), np.array([True, False, True])), sample(A(3, 4), True),
        sample(A(2, 3, 4), (np.array([[0], [1]]), None, np.array([1, 2, 1]))),
        sample(A(3), np.array([], np.int64)),
    ],
    "slice_view": [sample(A(3, 4), (S(0, 2), 1)), sample(A(3), 1), sample(C(3, 4), (None, S(None, None, 2)))],
    "slice_grad": [fixed(A(2), (S(0, 2), 1), (3, 4)), fixed(A(4), 1, (3, 4))],
    "gather_index": [sample(A(3, 4), ([0, 2, 0],)), sample(A(3, 4), (S(None), [1, 1]))],
    "gather_grad": [fixed(A(3, 4), ([0, 2, 0],), (3, 4)), fixed(A(3, 2), (S(None), [1, 1]), (3, 4))],
    "select": [sample(A(3, 4), 0, 1), sample(A(3, 4), -1, -2), sample(A(3), 0, 0)],
    "narrow": [sample(A(3, 4), 1, 1, 2), sample(A(3, 4), 0, -2, 2)],
    "narrow_copy": [sample(A(3, 4), 1, 1, 2)],
    "put_at": [sample(A(3, 4), A(2, 4), ([0, 2],)), sample(A(3, 4), A(), ([0, 2],)),
               sample(A(3, 4), A(3, 4, seed=1), ([0, 2, 0],), True), sample(A(3, 4), A(3, 1), (S(None), [1]), True)],
    "index_put": [sample(A(3, 4), (ROWS[:2], ROWS[:2]), A(2)), sample(A(3, 4), (MASK,), A()),
                  sample(A(3, 4), (ROWS,), A(4), accumulate=True)],
    "gather": [sample(A(3, 4), 1, I(3, 2, high=4)), sample(A(3, 4), 0, AT), sample(A(), 0, np.array([0, 0])),
               sample(C(3, 4), 1, I(2, 2, high=4))],
    "scatter_values": [sample(A(3, 4), 0, np.array([[0, 1, 2]]), A(1, 3)), sample(A(3, 4), 1, np.array([[0, 3]]), A())],
    "scatter_sum": [sample(A(3, 4), 0, AT, A(2, 3)), sample(A(3, 4), 1, AT, A()), sample(C(3, 4), 0, AT, C(2, 3))],
    "scatter": [sample(A(3, 4), 0, np.array([[0, 1, 2]]), A(2, 4)), sample(A(3, 4), 1, np.array([[0, 3]]), 2.0),
                sample(A(3, 4), 1, np.array([[0, 0]]), A(1, 2), reduce="add"),
                sample(A(3, 4), 1, np.array([[0, 0]]), value=3.0, reduce="multiply")],
    "scatter_add": [sample(A(3, 4), 0, AT, A(2, 3)), sample(A(3, 4), 1, AT, A(3, 4, seed=1)),
                    sample(A(), 0, np.array([0, 0]), A(2))],
    "scatter_product": [sample(away(3, 4), 0, AT, away(2, 3, seed=1)), sample(A(3, 4), 0, AT, one_zero()),
                        sample(C(3, 4), 0, AT, C(2, 3))],
    "scatter_extreme": [sample(distinct(3, 4), 0, AT, distinct(2, 3, low=-1.9), True),
                        sample(distinct(3, 4), 0, AT, distinct(2, 3, low=-1.9), False)],
    "scatter_reduce": [sample(values(3, 4), 0, AT, values(2, 3, seed=1) * 1.01, reduce, include_self=own)
                       for reduce, values in REDUCED for own in (True, False)],
    "once": [sample(A(3)).without("gradcheck", "gradgradcheck", "layouts", because="its derivative is refused")],
    "index_select": [sample(A(3, 4), 0, ROWS), sample(A(3, 4), 1, np.array(2)), sample(A(), 0, np.array([0]))],
    "index_add": [sample(A(3, 4), 0, ROWS, A(3, 4, seed=1)), sample(A(3, 4), 1, ROWS, A(3, 3), alpha=2.0),
                  sample(A(), 0, np.array([0]), A(seed=1))],
    "index_copy": [sample(A(3, 4), 0, ROWS[:2], A(2, 4)), sample(A(3, 4), 1, np.array([3]), A(3, 1))],
    "index_fill": [sample(A(3, 4), 1, ROWS, 2.0), sample(A(3, 4), 0, ROWS, A()),
                   sample(A(3, 4), 0, np.array([-1]), A())],
    "index_fill_with": [sample(A(3, 4), 1, ROWS, A())],
    "index_reduce": [sample(values(3, 4), 0, ROWS, values(3, 4, seed=1) * 1.01, reduce, include_self=own)
                     for reduce, values in REDUCED[1:] for own in (True, False)],
    "take": [sample(A(3, 4), np.array([[0, 5], [-1, 5]]))],
    "put": [sample(A(3, 4), np.array([0, 5]), A(2)), sample(A(3, 4), np.array([5, 5]), A(2), True)],
    "take_along_dim": [sample(A(3, 4), np.array([[0], [1], [3]]), 1), sample(A(3, 4), np.array([0, 7])),
                       sample(A(3, 1), np.array([[0, 2, 1]]), 0)],
    "masked_fill": [sample(A(3, 4), MASK, 2.0), sample(A(3, 4), MASK, A()), sample(A(4), MASK, A())],
    "masked_fill_with": [sample(A(3, 4), MASK, A()), sample(A(3, 4), MASK[0], A()), sample(C(3, 4), MASK, C())],
    "masked_select": [sample(A(3, 4), MASK), sample(A(4), MASK), sample(A(3, 4), MASK[0])],
    "masked_scatter": [sample(A(3, 4), MASK, A(2, 4)), sample(A(3, 4), B(4), A(12))],
    "view_scatter": [sample(A(3, 4), A(4), [(select.op, (0, 1))]), sample(A(3, 4), A(3), [(diagonal.op, (0, 0, 1))])],
    "select_scatter": [sample(A(3, 4), A(3), 1, 2)],
    "slice_scatter": [sample(A(3, 4), A(3, 2), 1, 0, 4, 2), sample(A(3, 4), A(2, 4), 0, 1)],
    "diagonal_scatter": [sample(A(3, 4), A(3)), sample(A(3, 4), A(2), -1)],
    "as_strided_scatter": [laid_out(A(3, 4), A(2, 2), (2, 2), (1, 2))],
    "diagonal": [sample(A(3, 4)), sample(A(3, 4), 1), sample(A(2, 3, 4), -1, 2, 0), sample(C(3, 4))],
    "diag_embed": [sample(A(3)), sample(A(2, 3), 1), sample(A(2, 3), -1, 0, 2)],
    "diag": [sample(A(3)), sample(A(3), -1), sample(A(3, 4), 1)],
    "diagflat": [sample(A(2, 2)), sample(A())],
    "unfold": [sample(A(5), 0, 3, 1), sample(A(3, 5), 1, 2, 2), sample(A(3, 5), 0, 2, 1), sample(A(), 0, 1, 1)],
    "unfold_grad": [fixed(A(3, 3), 0, 3, 1, (5,)), fixed(A(3, 2, 2), 1, 2, 2, (3, 5))],
    "as_strided": [laid_out(A(3, 4), (2, 2), (1, 2)), laid_out(A(3, 4), (3, 3), (1, 1), 2)],
    "strided_view": [laid_out(A(3, 4), (2, 2), (1, 2), 0, ((4, 1), 0, 12))],
    "strided_grad": [fixed(A(2, 2), (2, 2), (1, 1), 0, ((4, 1), 0, 12), (3, 4))],
    "roll": [sample(A(5), 2), sample(A(3, 4), (1, -2), (0, 1)), sample(A(3, 4), 1)],
    "flip": [sample(A(3, 4), (0,)), sample(A(3, 4), 0, 1)],
    "fliplr": [sample(A(3, 4))],
    "flipud": [sample(A(3, 4))],
    "rot90": [sample(A(3, 4)), sample(A(3, 4), 2), sample(A(2, 3, 4), -1, (1, 2)), sample(A(3, 4), 4)],
    "repeat": [sample(A(3), (2, 2)), sample(A(2, 3), 1, 2), sample(A(), (3,)), sample(C(3), (2,))],
    "tile": [sample(A(2, 3), 2), sample(A(3), (2, 2))],
    "repeat_interleave": [sample(A(3), 2), sample(A(2, 3), 2, 1), sample(A(2, 3), np.array([1, 0, 2]), 1)],
    "tril": [sample(A(3, 4)), sample(A(2, 3, 3), 1), sample(C(3, 3), -1)],
    "triu": [sample(A(3, 4)), sample(A(2, 3, 3), -1)],
    "meshgrid": [sample(A(3), A(2)), sample(A(3), A(2), indexing="xy"), sample([A(2), A()])],
    "cartesian_prod": [sample(A(3), A(2)), sample(A(3))],
    "combinations": [sample(A(4)), sample(A(3), 2, True)],
    "blocks": [sample([A(2, 3), A(2), A()])],
    "block_diag": [sample(A(2, 3), A(2), A())],
    "vander": [sample(A(3)), sample(A(3), 2, increasing=True)],
    "constant_pad_nd": [sample(A(3, 4), (1, 2)), sample(A(3, 4), (1, -2, -1, 1), 3.0), sample(C(3), (1, 1))],
    "take_along_each": [sample(A(3, 4), ((1, [1, 0, 1, 2]), (0, [2, 2])))],
    "add_along_each": [fixed(A(2, 4), ((1, [1, 0, 1, 2]), (0, [2, 2])), (3, 4))],
    "pad": [sample(A(3, 4), (1, 2, 0, 1)), sample(A(3, 4), (2, -1), "constant", 1.5),
            sample(A(2, 4), (3, 2), "reflect"), sample(A(2, 3, 4), (1, 2, 1, 0), "replicate"),
            sample(A(2, 3, 4), (-1, 4), "circular")],
}
