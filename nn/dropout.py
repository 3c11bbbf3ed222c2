"""Dropout: noise that is only there in training."""

from __future__ import annotations

from autograd import Tensor
from autograd.errors import fail

from . import functional as F
from .common import documented, named
from .module import Module


class _DropoutNd(Module):
    """What the layers share.

    In evaluation the output is the input.

    Args:
        p: the probability with which an element (a channel) is dropped.
        inplace: write into the input.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            fail(ValueError, f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def extra_repr(self) -> str:
        return named(self, "p", "inplace")


@documented
class Dropout(_DropoutNd):
    """In training, sets elements to zero with probability ``p`` and divides the others by ``1 - p``.

    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014).

    >>> import autograd, nn
    >>> nn.Dropout(0.5).eval()(autograd.ones(3))
    tensor([1., 1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)


@documented
class Dropout1d(_DropoutNd):
    """`Dropout` of whole channels of (N, C, L) or (C, L).

    >>> import autograd, nn
    >>> _ = autograd.manual_seed(0)
    >>> nn.Dropout1d()(autograd.ones(4, 2))
    tensor([[0., 0.],
            [0., 0.],
            [2., 2.],
            [0., 0.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout1d(input, self.p, self.training, self.inplace)


@documented
class Dropout2d(_DropoutNd):
    """`Dropout` of whole channels of (N, C, H, W) or (C, H, W).

    >>> import autograd, nn
    >>> _ = autograd.manual_seed(0)
    >>> nn.Dropout2d()(autograd.ones(1, 4, 3, 3)).sum((2, 3))
    tensor([[ 0.,  0., 18.,  0.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training, self.inplace)


@documented
class Dropout3d(_DropoutNd):
    """`Dropout` of whole channels of (N, C, D, H, W) or (C, D, H, W).

    >>> import autograd, nn
    >>> _ = autograd.manual_seed(0)
    >>> nn.Dropout3d()(autograd.ones(1, 4, 2, 2, 2)).sum((2, 3, 4))
    tensor([[ 0.,  0., 16.,  0.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout3d(input, self.p, self.training, self.inplace)


@documented
class AlphaDropout(_DropoutNd):
    """Dropout that keeps mean and variance behind `SELU`.

    Klambauer et al., "Self-normalizing neural networks" (2017).

    >>> import autograd, nn
    >>> _ = autograd.manual_seed(0)
    >>> nn.AlphaDropout()(autograd.tensor([-1., 0., 1., 2.]))
    tensor([-0.7792, -0.7792,  1.6656, -0.7792])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.alpha_dropout(input, self.p, self.training)


@documented
class FeatureAlphaDropout(_DropoutNd):
    """`AlphaDropout` of whole channels.

    >>> import autograd, nn
    >>> _ = autograd.manual_seed(0)
    >>> nn.FeatureAlphaDropout()(autograd.ones(1, 4, 2))[0]
    tensor([[-0.7792, -0.7792],
            [-0.7792, -0.7792],
            [ 1.6656,  1.6656],
            [-0.7792, -0.7792]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.feature_alpha_dropout(input, self.p, self.training)
