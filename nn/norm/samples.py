"""Normalization of each sample: over features, groups of channels, and neighbouring channels."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.errors import fail

from .. import functional as F, hints, init
from ..common import named, new_parameter, ntuple
from ..module import Module
from .affine import _Affine


class LayerNorm(_Affine):
    """Normalizes each sample over its last dimensions, then scales and shifts it.

    Ba, Kiros and Hinton, "Layer normalization" (2016).

    Args:
        normalized_shape: sizes of those dimensions, or the size of the last one.
        eps: added to the variance.
        elementwise_affine: whether to scale and shift.
        bias: whether to shift.
        device, dtype: of the parameters.

    >>> import autograd, nn
    >>> nn.LayerNorm(2)(autograd.tensor([1., 3.])).detach()
    tensor([-1.0000,  1.0000])
    """

    def __init__(self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True,
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.normalized_shape, self.eps = ntuple(normalized_shape, 1), eps
        self.elementwise_affine = elementwise_affine
        self._init_affine(self.normalized_shape, elementwise_affine, bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def _hint(self, input: Any) -> str | None:
        return hints.of_normalized_shape(self, input)

    def extra_repr(self) -> str:
        return (f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
                f"bias={self.bias is not None}")


class RMSNorm(_Affine):
    """Divides each sample by its root mean square over the last dimensions, and scales it.

    Zhang and Sennrich, "Root mean square layer normalization" (2019).

    Args:
        normalized_shape: sizes of those dimensions, or the size of the last one.
        eps: added to the mean square. Default: that of the input's type.
        elementwise_affine: whether to scale.
        device, dtype: of the parameter.

    >>> import autograd, nn
    >>> nn.RMSNorm(2)(autograd.tensor([1., 7.])).detach()
    tensor([0.2000, 1.4000])
    """

    def __init__(self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True,
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.normalized_shape, self.eps = ntuple(normalized_shape, 1), eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter(
            "weight", new_parameter(self.normalized_shape, device, dtype) if elementwise_affine else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to ones."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def _hint(self, x: Any) -> str | None:
        return hints.of_normalized_shape(self, x)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Affine):
    """Normalizes groups of channels of each sample, then scales and shifts each channel.

    Wu and He, "Group normalization" (2018).

    Args:
        num_groups: into how many groups the channels are split.
        num_channels: how many there are.
        eps: added to the variance.
        affine: whether to scale and shift.
        bias: whether to shift.
        device, dtype: of the parameters.

    >>> import autograd, nn
    >>> nn.GroupNorm(2, 4)(autograd.tensor([[1., 3., 10., 30.]])).detach()
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, device: Any = None,
                 dtype: Any = None, *, bias: bool = True) -> None:
        super().__init__()
        if num_channels % num_groups:
            fail(ValueError, f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self._init_affine(num_channels, affine, bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def _hint(self, input: Any) -> str | None:
        if self.weight is not None and input.dtype != self.weight.dtype:
            return hints.of_dtype(input, self.weight.dtype)
        made = f"GroupNorm({self.num_groups}, {input.shape[1]})"
        if 3 <= input.dim() <= 5:
            return hints.of_channels(input, input.dim() - 2, self.num_channels, made)
        return f"the second dimension of the input has size {input.shape[1]}, the layer takes {self.num_channels}: " \
               f"make it {made}"

    def extra_repr(self) -> str:
        return (f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
                f"bias={self.bias is not None}")


class LocalResponseNorm(Module):
    """Divides each value by a power of the squares in neighbouring channels.

    ``x / (k + alpha / size * sum of squares over size channels) ** beta``. Krizhevsky et al. (2012).

    >>> import autograd, nn
    >>> nn.LocalResponseNorm(2, alpha=1., beta=0.5)(autograd.ones(1, 3, 1)).flatten()
    tensor([0.8165, 0.7071, 0.7071])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, " + named(self, "alpha", "beta", "k")


class CrossMapLRN2d(LocalResponseNorm):
    """`LocalResponseNorm` under an older name.

    >>> import autograd, nn
    >>> nn.CrossMapLRN2d(2, alpha=1., beta=0.5)(autograd.ones(1, 3, 1, 1)).flatten()
    tensor([0.8165, 0.7071, 0.7071])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__(size, alpha, beta, k)
