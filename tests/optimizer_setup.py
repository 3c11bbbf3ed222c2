"""What the tests of optimizers step on."""

from __future__ import annotations

import numpy as np

import autograd
import nn
from optim.batch import LARGE

ALL = ["ASGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop", "Rprop", "SGD"]
SHAPES = [(3, 2), (4,), (), (LARGE + 1,), (0,), (5, 1)]
RNG = np.random.default_rng(0)


def parameters(shapes=SHAPES, dtype=autograd.float64):
    rng = np.random.default_rng(1)
    return [nn.Parameter(autograd.tensor(rng.standard_normal(s), dtype=dtype)) for s in shapes]


def gradients(ps, seed):
    rng = np.random.default_rng(seed)
    for p in ps:
        p.grad = autograd.tensor(rng.standard_normal(p.shape), dtype=p.dtype)


def values(ps):
    return [p.detach().numpy().copy() for p in ps]
