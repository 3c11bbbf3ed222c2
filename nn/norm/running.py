"""Batch and instance normalization: by statistics of the batch, or running ones."""

from __future__ import annotations

import warnings
from typing import Any

from autograd import Tensor, int64, ones, zeros
from autograd.errors import fail

from .. import functional as F, hints
from ..common import documented
from .affine import _Affine


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

    Raises:
        ValueError: when called, where the input has other dimensions, or in training one value for each channel.
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


@documented
class BatchNorm1d(_BatchNorm):
    """Normalizes each channel of (N, C) or (N, C, L) over the batch and space, then scales and shifts it.

    >>> import autograd, nn
    >>> nn.BatchNorm1d(2)(autograd.tensor([[1., 2.], [3., 6.]])).detach()
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    """

    _ndims = (2, 3)


@documented
class BatchNorm2d(_BatchNorm):
    """Normalizes each channel of (N, C, H, W) over the batch and space, then scales and shifts it.

    >>> import autograd, nn
    >>> x = autograd.randn(8, 3, 4, 4)
    >>> autograd.allclose(nn.BatchNorm2d(3)(x).mean((0, 2, 3)), autograd.zeros(3), atol=1e-5)
    True
    """

    _ndims = (4,)


@documented
class BatchNorm3d(_BatchNorm):
    """Normalizes each channel of (N, C, D, H, W) over the batch and space, then scales and shifts it.

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


@documented
class InstanceNorm1d(_InstanceNorm):
    """Normalizes each channel of each sample of (N, C, L) or (C, L).

    >>> import autograd, nn
    >>> nn.InstanceNorm1d(2)(autograd.tensor([[1., 3.], [10., 30.]]))
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]])
    """

    _ndims = (2, 3)


@documented
class InstanceNorm2d(_InstanceNorm):
    """Normalizes each channel of each sample of (N, C, H, W) or (C, H, W).

    >>> import autograd, nn
    >>> x = autograd.randn(2, 3, 4, 4)
    >>> autograd.allclose(nn.InstanceNorm2d(3)(x).mean((2, 3)), autograd.zeros(2, 3), atol=1e-5)
    True
    """

    _ndims = (3, 4)


@documented
class InstanceNorm3d(_InstanceNorm):
    """Normalizes each channel of each sample of (N, C, D, H, W) or (C, D, H, W).

    >>> import autograd, nn
    >>> nn.InstanceNorm3d(3)(autograd.ones(2, 3, 4, 4, 4)).shape
    Size([2, 3, 4, 4, 4])
    """

    _ndims = (4, 5)
