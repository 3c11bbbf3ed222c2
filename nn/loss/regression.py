"""Losses of numbers: distances and negative log-likelihoods."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.errors import fail

from .. import functional as F
from ..common import documented
from .base import _Loss


@documented
class L1Loss(_Loss):
    """Absolute error ``|input - target|``, of two tensors of one shape.

    >>> import autograd, nn
    >>> nn.L1Loss()(autograd.tensor([1., 2.]), autograd.tensor([1., 4.]))
    tensor(1.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


@documented
class MSELoss(_Loss):
    """Squared error ``(input - target) ** 2``, of two tensors of one shape.

    >>> import autograd, nn
    >>> nn.MSELoss()(autograd.tensor([1., 2.]), autograd.tensor([1., 4.]))
    tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


@documented
class SmoothL1Loss(_Loss):
    """``d**2 / (2 beta)`` where ``d = |input - target|`` is below ``beta``, else ``d - beta / 2``.

    >>> import autograd, nn
    >>> nn.SmoothL1Loss(reduction="none")(autograd.tensor([0.5, 2.]), autograd.tensor([0., 0.]))
    tensor([0.1250, 1.5000])
    """

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
                 beta: float = 1.0) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


@documented
class HuberLoss(_Loss):
    """``d**2 / 2`` where ``d = |input - target|`` is below ``delta``, else ``delta * (d - delta / 2)``.

    >>> import autograd, nn
    >>> nn.HuberLoss(reduction="none", delta=0.5)(autograd.tensor([0.5, 2.]), autograd.tensor([0., 0.]))
    tensor([0.1250, 0.8750])
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        if not isinstance(delta, (float, int)):
            fail(TypeError, f"delta must be a float or int, got: {type(delta)}")
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


@documented
class PoissonNLLLoss(_Loss):
    """``exp(input) - target * input``, the negative log-likelihood of Poisson counts.

    Args:
        log_input: the input is the logarithm of the rate; else the rate itself.
        full: add Stirling's approximation of ``log(target!)``.
        eps: keeps the logarithm finite without ``log_input``.

    >>> import autograd, nn
    >>> nn.PoissonNLLLoss(reduction="none")(autograd.tensor([0., 1.]), autograd.tensor([3., 3.]))
    tensor([ 1.0000, -0.2817])
    """

    def __init__(self, log_input: bool = True, full: bool = False, size_average: bool | None = None, eps: float = 1e-8,
                 reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        return F.poisson_nll_loss(log_input, target, log_input=self.log_input, full=self.full, eps=self.eps,
                                  reduction=self.reduction)


@documented
class GaussianNLLLoss(_Loss):
    """``(log var + (input - target) ** 2 / var) / 2``, the negative log-likelihood of normal targets.

    Args:
        full: add the constant.
        eps: the least variance.

    >>> import autograd, nn
    >>> loss = nn.GaussianNLLLoss(reduction="none")
    >>> loss(autograd.zeros(2), autograd.tensor([1., 2.]), var=autograd.tensor([1., 4.]))
    tensor([0.5000, 1.1931])
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(None, None, reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Tensor, target: Tensor, var: Any) -> Tensor:
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)
