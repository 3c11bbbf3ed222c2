"""Samples for products of matrices, vectors and tensors, and for distances."""

from __future__ import annotations

import math

from op_samples import A, C, sample

_SHAPES = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)), ((2, 1, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)),
    ((4, 1), (1, 3)), ((1, 3), (3, 1)), ((1,), (1, 3)), ((2, 3, 1), (2, 1, 4)),
]
_EQUATIONS = [
    ("ij,jk", (2, 3), (3, 4)), ("ij,jk->ki", (2, 3), (3, 4)), ("ji,jk->ik", (3, 2), (3, 4)), ("ij->ji", (2, 3)),
    ("ij->", (2, 3)), ("ij->j", (2, 3)), ("ii", (3, 3)), ("ii->i", (3, 3)), ("iij->ji", (3, 3, 2)),
    ("...ij,...jk->...ik", (2, 1, 2, 3), (4, 3, 2)), ("...,...", (2, 3), (3,)), ("i...->...", (2, 3)),
    ("i,j,k->kij", (2,), (3,), (4,)), ("bij,bkj->bik", (5, 2, 3), (5, 4, 3)),
    ("bqhd,bkhd->bhqk", (2, 4, 3, 5), (2, 6, 3, 5)),
    ("ij,ij->ij", (2, 3), (1, 3)), ("ij,jk->ik", (2, 3), (1, 4)), ("ijk,jil->kl", (2, 3, 4), (3, 2, 5)),
    ("ab,bc,cd,da->", (2, 3), (3, 4), (4, 5), (5, 2)), ("bn,anm,bm->ba", (2, 5), (3, 5, 4), (2, 4)),
    ("ijk,k->ji", (2, 3, 4), (4,)), ("ik,jk->", (2, 3), (4, 3)), ("ia,jb->ijab", (2, 3), (2, 4)), (",i->i", (), (2,)),
]
_EINSUM = [sample(equation, *[A(*shape, seed=i) for i, shape in enumerate(shapes)]) for equation, *shapes in _EQUATIONS]
_EINSUM = [
    s.without("zero_dim", "zero_size", because="the equation fixes the ranks") if s.args[0] != "ij->" else s
    for s in _EINSUM]

_SCALED = {"beta": 0.5, "alpha": -2.0}

SAMPLES = {
    "matmul": [*[sample(A(*a), A(*b, seed=1)) for a, b in _SHAPES],
               *[sample(C(*a), C(*b, seed=1)) for a, b in _SHAPES[:9]]],
    "mm": [sample(A(2, 3), A(3, 4))],
    "bmm": [sample(A(2, 2, 3), A(2, 3, 4)), sample(C(2, 2, 3), C(2, 3, 4))],
    "mv": [sample(A(2, 3), A(3))],
    "dot": [sample(A(3), A(3, seed=1)), sample(C(3), C(3, seed=1))],
    "vdot": [sample(A(3), A(3, seed=1)), sample(C(3), C(3, seed=1))],
    "inner": [sample(A(3), A(3, seed=1)), sample(A(2, 3), A(4, 3)), sample(A(2, 3), A(3)), sample(A(2, 3), A()),
              sample(C(2, 3), C(4, 5, 3))],
    "outer": [sample(A(3), A(4)), sample(C(3), C(4))],
    "ger": [sample(A(3), A(4))],
    "addmm": [sample(A(2, 4), A(2, 3), A(3, 4)), sample(A(4), A(2, 3), A(3, 4), **_SCALED),
              sample(A(2, 4), A(2, 3), A(3, 4), beta=0), sample(C(2, 4), C(2, 3), C(3, 4), alpha=2 + 1j)],
    "addmv": [sample(A(2), A(2, 3), A(3)), sample(A(1), A(2, 3), A(3), **_SCALED)],
    "addbmm": [sample(A(2, 4), A(5, 2, 3), A(5, 3, 4)), sample(A(4), A(5, 2, 3), A(5, 3, 4), **_SCALED)],
    "baddbmm": [sample(A(5, 2, 4), A(5, 2, 3), A(5, 3, 4)), sample(A(2, 4), A(5, 2, 3), A(5, 3, 4), **_SCALED)],
    "addr": [sample(A(3, 4), A(3), A(4)), sample(A(4), A(3), A(4), **_SCALED)],
    "chain_matmul": [sample(A(2, 3), A(3, 4), A(4, 2)), sample(A(2, 3))],
    "linalg_multi_dot": [sample([A(2, 3), A(3, 4)]), sample([A(3), A(3, 4), A(4, 2), A(2)]),
                         sample([A(5, 2), A(2, 6), A(6, 3), A(3, 4), A(4, 2)]), sample([C(2, 3), C(3, 4), C(4, 2)])],
    "einsum": [*_EINSUM, sample("ij,kj->ik", C(2, 3), C(4, 3)), sample("ij,jk->ik", [A(2, 3), A(3, 4)]),
               sample(A(2, 3), [0, 1], A(3, 4), [1, 2], [2, 0]), sample(A(2, 3), [0, 1], A(3, 4), [1, 2]),
               sample(A(2, 3), [..., 1], A(3, 4), [1, 2], [..., 2])],
    "tensordot": [sample(A(2, 3, 4), A(3, 4, 2)), sample(A(2, 3), A(3, 4), 1), sample(A(2, 3), A(4, 2), 0),
                  sample(A(4, 3, 2), A(2, 4, 5), ([0, 2], [1, 0])), sample(A(2, 1), A(3, 5), 1),
                  sample(C(2, 3), C(3, 4), 1)],
    "kron": [sample(A(2, 3), A(3, 2)), sample(A(2), A(3, 1, 2)), sample(C(2, 2), C(1, 2)), sample(A(), A(2))],
    "trace": [sample(A(3, 3)), sample(A(2, 4)), sample(C(3, 3))],
    "linalg_cross": [sample(A(4, 3), A(4, 3, seed=1)), sample(A(4, 3), A(1, 3)),
                     sample(A(3, 2), A(3, 2, seed=1), dim=0), sample(C(2, 3), C(2, 3, seed=1))],
    "cross": [sample(A(4, 3), A(4, 3, seed=1)), sample(A(3, 3), A(3, 3, seed=1), 1)],
    "linalg_vecdot": [sample(A(4, 3), A(3)), sample(C(4, 3), C(4, 3, seed=1), dim=0)],
    "linalg_vander": [sample(A(3)), sample(A(2, 3), N=4), sample(C(3), N=2)],
    "linalg_diagonal": [sample(A(2, 3, 4)), sample(A(3, 4), offset=1)],
    "distances": [sample(A(3, 2), A(4, 2, seed=1), p, False) for p in (0.0, 1.0, 1.5, 2.0, 3.0, math.inf)] + [
        sample(A(2, 1, 3, 2), A(4, 2, seed=1), 2.0, True), sample(A(3, 2), A(2, 4, 2, seed=1), 2.5, False)],
    "cdist": [sample(A(3, 2), A(4, 2, seed=1)), sample(A(30, 2), A(4, 2, seed=1)),
              sample(A(3, 2), A(4, 2, seed=1), p=1.0),
              sample(A(3, 2), A(4, 2, seed=1), compute_mode="use_mm_for_euclid_dist")],
    "pdist": [sample(A(4, 3)), sample(A(4, 3), 1.0), sample(A(4, 3), math.inf), sample(A(4, 3), 3.0)],
}
