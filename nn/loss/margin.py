"""Losses that ask for a lead of the right answer, or of the nearer input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Tensor
from autograd.errors import fail

from .. import functional as F
from ..common import documented
from ..distance import PairwiseDistance
from .base import _Loss, _WeightedLoss


@documented
class HingeEmbeddingLoss(_Loss):
    """``input`` where the target is 1, ``max(0, margin - input)`` where it is -1.

    >>> import autograd, nn
    >>> nn.HingeEmbeddingLoss(reduction="none")(autograd.tensor([0.3, 0.3]), autograd.tensor([1., -1.]))
    tensor([0.3000, 0.7000])
    """

    def __init__(self, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


@documented
class SoftMarginLoss(_Loss):
    """``log(1 + exp(-target * input))`` for targets 1 and -1.

    >>> import autograd, nn
    >>> nn.SoftMarginLoss(reduction="none")(autograd.tensor([2., 2.]), autograd.tensor([1., -1.]))
    tensor([0.1269, 2.1269])
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.soft_margin_loss(input, target, reduction=self.reduction)


@documented
class MultiLabelMarginLoss(_Loss):
    """Hinge loss between the target classes and all others; targets are class lists that end with -1.

    >>> import autograd, nn
    >>> nn.MultiLabelMarginLoss()(autograd.tensor([0.1, 0.2, 0.4, 0.8]), autograd.tensor([3, 0, -1, 1]))
    tensor(0.8500)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


@documented
class MultiLabelSoftMarginLoss(_WeightedLoss):
    """The mean over classes of the binary cross-entropy of logits.

    >>> import autograd, nn
    >>> nn.MultiLabelSoftMarginLoss()(autograd.tensor([[0., 2.]]), autograd.tensor([[1., 0.]]))
    tensor(1.4100)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)


@documented
class MultiMarginLoss(_WeightedLoss):
    """Hinge loss between the target class and each other: ``max(0, margin - x[target] + x[i]) ** p``, averaged.

    >>> import autograd, nn
    >>> nn.MultiMarginLoss()(autograd.tensor([[0.1, 0.5, 0.9]]), autograd.tensor([2]))
    tensor(0.2667)
    """

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, size_average: bool | None = None,
                 reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            fail(ValueError, "only p == 1 and p == 2 supported")
        if weight is not None and weight.dim() != 1:
            fail(ValueError, f"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.dim()}D instead")
        self.p, self.margin = p, margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multi_margin_loss(input, target, p=self.p, margin=self.margin, weight=self.weight,
                                   reduction=self.reduction)


@documented
class CosineEmbeddingLoss(_Loss):
    """``1 - cos(input1, input2)`` where the target is 1, ``max(0, cos - margin)`` where it is -1.

    >>> import autograd, nn
    >>> x1, x2 = autograd.tensor([[1., 0.], [1., 0.]]), autograd.tensor([[0., 1.], [1., 1.]])
    >>> nn.CosineEmbeddingLoss(reduction="none")(x1, x2, autograd.tensor([1, -1]))
    tensor([1.0000, 0.7071])
    """

    def __init__(self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


@documented
class MarginRankingLoss(_Loss):
    """``max(0, -target * (input1 - input2) + margin)``.

    >>> import autograd, nn
    >>> loss = nn.MarginRankingLoss(margin=0.5, reduction="none")
    >>> loss(autograd.ones(2), autograd.tensor([0., 2.]), autograd.ones(2))
    tensor([0.0000, 1.5000])
    """

    def __init__(self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


@documented
class TripletMarginLoss(_Loss):
    """``max(0, |anchor - positive| - |anchor - negative| + margin)``.

    Args:
        margin: the least lead.
        p: of the norm.
        eps: keeps the derivative of the norm finite.
        swap: take the negative's distance to the nearer of anchor and positive.

    >>> import autograd, nn
    >>> nn.TripletMarginLoss()(autograd.tensor([[0., 0.]]), autograd.tensor([[1., 0.]]), autograd.tensor([[0., 1.5]]))
    tensor(0.5000)
    """

    def __init__(self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False,
                 size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            fail(ValueError, f"TripletMarginLoss: expected margin to be greater than 0, got {margin} instead")
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_loss(anchor, positive, negative, margin=self.margin, p=self.p, eps=self.eps,
                                     swap=self.swap, reduction=self.reduction)


@documented
class TripletMarginWithDistanceLoss(_Loss):
    """`TripletMarginLoss` with a distance of one's own. Default: `PairwiseDistance`.

    >>> import autograd, nn
    >>> loss = nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(-1))
    >>> loss(autograd.tensor([[0., 0.]]), autograd.tensor([[1., 0.]]), autograd.tensor([[1., 0.5]]))
    tensor(0.5000)
    """

    def __init__(self, *, distance_function: Callable[..., Any] | None = None, margin: float = 1.0, swap: bool = False,
                 reduction: str = "mean") -> None:
        super().__init__(None, None, reduction)
        if margin <= 0:
            fail(ValueError, "TripletMarginWithDistanceLoss: expected margin to be greater than 0, got "
                             f"{margin} instead")
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function, margin=self.margin, swap=self.swap,
            reduction=self.reduction)
