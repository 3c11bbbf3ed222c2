"""Distances between vectors as layers."""

from __future__ import annotations

from autograd import Tensor

from . import functional as F
from .module import Module


class PairwiseDistance(Module):
    """The p-norm of ``x1 - x2 + eps`` along the last dimension.

    Args:
        p: of the norm.
        eps: keeps the derivative finite where the two are equal.
        keepdim: keep the last dimension, with size 1.

    >>> import autograd, nn
    >>> nn.PairwiseDistance()(autograd.tensor([[3., 4.]]), autograd.zeros(1, 2))
    tensor([5.0000])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """The cosine of the angle between ``x1`` and ``x2`` along ``dim``.

    Args:
        dim: along which the vectors lie.
        eps: the least denominator.

    >>> import autograd, nn
    >>> nn.CosineSimilarity()(autograd.tensor([[1., 0.]]), autograd.tensor([[1., 1.]]))
    tensor([0.7071])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
