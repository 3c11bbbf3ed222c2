"""Normalization layers."""

from __future__ import annotations

import warnings
from typing import Any

from autograd import Tensor, int64, ones, zeros
from autograd.errors import fail

from . import functional as F, hints, init
from .common import named, new_parameter, ntuple
from .module import Module


class _Affine(Module):
    """A layer with an optional weight that starts at one, and an optional bias that starts at zero."""

    def _init_affine(self, shape: Any, affine: bool, bias: bool, device: Any, dtype: Any) -> None:
        self.register_parameter("weight", new_parameter(shape, device, dtype) if affine else None)
        self.register_parameter("bias", new_parameter(shape, device, dtype) if affine and bias else None)

    def reset_parameters(self) -> None:
        """Set the weight to ones and the bias to zeros."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class _NormBase(_Affine):
    """What batch and instance normalization share: the affine map and the running statistics."""

    _version = 2

    _ndims: tuple[int, ...]  # of the input

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self._init_affine(num_features, affine, bias, device, dtype)
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, device=device, dtype=dtype) if tracked else None)
        self.register_buffer("running_var", ones(num_features, device=device, dtype=dtype) if tracked else None)
        self.register_buffer("num_batches_tracked", zeros((), dtype=int64) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the running statistics."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Set parameters and running statistics to their initial values."""
        self.reset_running_stats()
        super().reset_parameters()

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() not in self._ndims:
            expected = " or ".join(f"{n}D" for n in self._ndims)
            fail(ValueError, f"expected {expected} input (got {input.dim()}D input)")

    def _hint(self, input: Any) -> str | None:
        n, name = input.dim(), type(self).__name__
        if n not in self._ndims:
            fitting = {2: "1d", 3: "1d", 4: "2d", 5: "3d"}.get(n)
            if fitting and not name.endswith(fitting):
                return f"for an input of {n} dimensions there is {name[:-2]}{fitting}"
            return None
        if self.weight is not None and input.dtype != self.weight.dtype:
            return hints.of_dtype(input, self.weight.dtype)
        if n == 2 and input.shape[1] != self.num_features:
            return f"the input has {input.shape[1]} features, the layer takes {self.num_features}: make it " \
                   f"{name}({input.shape[1]})"
        return hints.of_channels(input, self._ndims[-1] - 2, self.num_features, f"{name}({input.shape[1]})", False)

    def extra_repr(self) -> str:
        return (f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
                f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}")

    def _load_from_state_dict(self, state_dict: Any, prefix: str, local_metadata: Any, strict: bool, missing_keys: Any,
                              unexpected_keys: Any, error_msgs: Any) -> None:
        # Version 1 had no count of batches.
        if (local_metadata.get("version") or 1) < 2 and self.track_running_stats:
            state_dict.setdefault(prefix + "num_batches_tracked", self.num_batches_tracked)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
                                      error_msgs)


class _BatchNorm(_NormBase):
    """Normalizes each channel over the batch and space, then scales and shifts it.

    ``(x - mean) / sqrt(var + eps) * weight + bias``; in evaluation with the running statistics.
    Ioffe and Szegedy, "Batch normalization" (2015).

    Args:
        num_features: number of channels.
        eps: added to the variance.
        momentum: weight of a new batch in the running statistics; None for the mean of all batches.
        affine: whether to scale and shift.
        track_running_stats: whether to keep running statistics; without them, evaluation uses the batch's.
        bias: whether the affine map has one.
        device, dtype: of parameters and buffers.
    """

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        training, tracked = self.training, self.track_running_stats
        momentum = 0.0 if self.momentum is None else self.momentum
        if training and tracked and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                momentum = 1.0 / self.num_batches_tracked.item()
        mean, var = self.running_mean, self.running_var
        if training and not tracked:
            mean = var = None
        batch_statistics = training or (mean is None and var is None)
        return F.batch_norm(input, mean, var, self.weight, self.bias, batch_statistics, momentum, self.eps)

    def _hint(self, input: Any) -> str | None:
        if input.dim() in self._ndims and input.shape[1] == self.num_features and self.training and (
                input.numel() == self.num_features):
            return ("a batch of one has no variance: give larger batches (DataLoader(..., drop_last=True) leaves out a "
                    "last batch that is too small), or call eval() where the model is not trained")
        return super()._hint(input)


class BatchNorm1d(_BatchNorm):
    """Batch normalization of (N, C) or (N, C, L); see `_BatchNorm`.

    >>> import autograd, nn
    >>> nn.BatchNorm1d(2)(autograd.tensor([[1., 2.], [3., 6.]])).detach()
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    """

    _ndims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalization of (N, C, H, W); see `_BatchNorm`.

    >>> import autograd, nn
    >>> x = autograd.randn(8, 3, 4, 4)
    >>> autograd.allclose(nn.BatchNorm2d(3)(x).mean((0, 2, 3)), autograd.zeros(3), atol=1e-5)
    True
    """

    _ndims = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch normalization of (N, C, D, H, W); see `_BatchNorm`.

    >>> import autograd, nn
    >>> layer = nn.BatchNorm3d(3)
    >>> layer(autograd.ones(2, 3, 4, 4, 4)).shape, layer.running_mean
    (Size([2, 3, 4, 4, 4]), tensor([0.1000, 0.1000, 0.1000]))
    """

    _ndims = (5,)


class _InstanceNorm(_NormBase):
    """Normalizes each channel of each sample over space.

    Ulyanov et al., "Instance normalization" (2016).

    Args:
        num_features: number of channels.
        eps: added to the variance.
        momentum: weight of a new batch in the running statistics.
        affine: whether to scale and shift.
        track_running_stats: keep running statistics, and use them in evaluation.
        bias: whether the affine map has one.
        device, dtype: of parameters and buffers.
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = False,
        track_running_stats: bool = False, device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        unbatched = input.dim() == self._ndims[0]
        dim = 0 if unbatched else 1
        if input.size(dim) != self.num_features:
            if self.affine:
                fail(ValueError, f"expected input's size at dim={dim} to match num_features ({self.num_features}), but "
                                 f"got: {input.size(dim)}.")
            warnings.warn(f"input's size at dim={dim} does not match num_features. You can silence this warning by not "
                          "passing in num_features, which is not used because affine=False", stacklevel=2)
        if unbatched:
            return self._normalize(input.unsqueeze(0)).squeeze(0)
        return self._normalize(input)

    def _normalize(self, input: Tensor) -> Tensor:
        return F.instance_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias,
            self.training or not self.track_running_stats, 0.0 if self.momentum is None else self.momentum, self.eps)


class InstanceNorm1d(_InstanceNorm):
    """Instance normalization of (N, C, L) or (C, L); see `_InstanceNorm`.

    >>> import autograd, nn
    >>> nn.InstanceNorm1d(2)(autograd.tensor([[1., 3.], [10., 30.]]))
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]])
    """

    _ndims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Instance normalization of (N, C, H, W) or (C, H, W); see `_InstanceNorm`.

    >>> import autograd, nn
    >>> x = autograd.randn(2, 3, 4, 4)
    >>> autograd.allclose(nn.InstanceNorm2d(3)(x).mean((2, 3)), autograd.zeros(2, 3), atol=1e-5)
    True
    """

    _ndims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Instance normalization of (N, C, D, H, W) or (C, D, H, W); see `_InstanceNorm`.

    >>> import autograd, nn
    >>> nn.InstanceNorm3d(3)(autograd.ones(2, 3, 4, 4, 4)).shape
    Size([2, 3, 4, 4, 4])
    """

    _ndims = (4, 5)


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
