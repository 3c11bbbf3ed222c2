"""Pooling layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Tensor
from autograd.errors import fail

from . import functional as F
from .common import named, ntuple
from .module import Module


class _MaxPoolNd(Module):
    """The largest value in each window.

    Args:
        kernel_size: size of the window; a number or one for each dimension, as for the next three.
        stride: step of the window. Default: its size.
        padding: on both sides, with minus infinity.
        dilation: step within the window.
        return_indices: also return where each value was found, for `MaxUnpool2d`.
        ceil_mode: let windows go off the end if they start inside.
    """

    _function: Callable[..., Any]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
                 return_indices: bool = False, ceil_mode: bool = False) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        return self._function(input, self.kernel_size, self.stride, self.padding, self.dilation,
                              ceil_mode=self.ceil_mode, return_indices=self.return_indices)

    def extra_repr(self) -> str:
        return named(self, "kernel_size", "stride", "padding", "dilation", "ceil_mode")


class MaxPool1d(_MaxPoolNd):
    """Max pooling of (N, C, L) or (C, L); see `_MaxPoolNd`."""

    _function = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPoolNd):
    """Max pooling of (N, C, H, W) or (C, H, W); see `_MaxPoolNd`.

    >>> import autograd, nn
    >>> nn.MaxPool2d(2)(autograd.tensor([[[[1., 2.], [3., 4.]]]]))
    tensor([[[[4.]]]])
    """

    _function = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPoolNd):
    """Max pooling of (N, C, D, H, W) or (C, D, H, W); see `_MaxPoolNd`."""

    _function = staticmethod(F.max_pool3d)


class _MaxUnpoolNd(Module):
    """Puts values back where max pooling found them, with zeros elsewhere.

    Args:
        kernel_size, stride, padding: of the pooling.
    """

    _dims: int
    _function: Callable[..., Any]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = ntuple(kernel_size, self._dims)
        self.stride = ntuple(kernel_size if stride is None else stride, self._dims)
        self.padding = ntuple(padding, self._dims)

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        return self._function(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return named(self, "kernel_size", "stride", "padding")


class MaxUnpool1d(_MaxUnpoolNd):
    """Inverse of `MaxPool1d`; see `_MaxUnpoolNd`."""

    _dims = 1
    _function = staticmethod(F.max_unpool1d)


class MaxUnpool2d(_MaxUnpoolNd):
    """Inverse of `MaxPool2d`; see `_MaxUnpoolNd`."""

    _dims = 2
    _function = staticmethod(F.max_unpool2d)


class MaxUnpool3d(_MaxUnpoolNd):
    """Inverse of `MaxPool3d`; see `_MaxUnpoolNd`."""

    _dims = 3
    _function = staticmethod(F.max_unpool3d)


class AvgPool1d(Module):
    """The mean of each window of (N, C, L) or (C, L); arguments as in `AvgPool2d`.

    >>> import autograd, nn
    >>> nn.AvgPool1d(2)(autograd.tensor([[1., 3., 5., 7.]]))
    tensor([[2., 6.]])
    """

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
                 count_include_pad: bool = True) -> None:
        super().__init__()
        self.kernel_size = ntuple(kernel_size, 1)
        self.stride = ntuple(kernel_size if stride is None else stride, 1)
        self.padding = ntuple(padding, 1)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return named(self, "kernel_size", "stride", "padding")


class _AvgPoolNd(Module):
    """The mean of each window.

    Args:
        kernel_size: size of the window; a number or one for each dimension, as for the next two.
        stride: step of the window. Default: its size.
        padding: zeros on both sides.
        ceil_mode: let windows go off the end if they start inside.
        count_include_pad: whether the padding counts in the mean.
        divisor_override: divide by this instead of the number of values.
    """

    _function: Callable[..., Any]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
                 count_include_pad: bool = True, divisor_override: int | None = None) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return self._function(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
                              self.count_include_pad, self.divisor_override)

    def extra_repr(self) -> str:
        return named(self, "kernel_size", "stride", "padding")


class AvgPool2d(_AvgPoolNd):
    """Mean pooling of (N, C, H, W) or (C, H, W); see `_AvgPoolNd`."""

    _function = staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPoolNd):
    """Mean pooling of (N, C, D, H, W) or (C, D, H, W); see `_AvgPoolNd`."""

    _function = staticmethod(F.avg_pool3d)


class _LPPoolNd(Module):
    """The p-norm of each window.

    Args:
        norm_type: p.
        kernel_size: size of the window.
        stride: step of the window. Default: its size.
        ceil_mode: let windows go off the end if they start inside.
    """

    _function: Callable[..., Any]

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        return self._function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return named(self, "norm_type", "kernel_size", "stride", "ceil_mode")


class LPPool1d(_LPPoolNd):
    """p-norm pooling of (N, C, L) or (C, L); see `_LPPoolNd`."""

    _function = staticmethod(F.lp_pool1d)


class LPPool2d(_LPPoolNd):
    """p-norm pooling of (N, C, H, W) or (C, H, W); see `_LPPoolNd`."""

    _function = staticmethod(F.lp_pool2d)


class LPPool3d(_LPPoolNd):
    """p-norm pooling of (N, C, D, H, W) or (C, D, H, W); see `_LPPoolNd`."""

    _function = staticmethod(F.lp_pool3d)


class _AdaptiveMaxPoolNd(Module):
    """Max pooling with windows such that the output has the size ``output_size``.

    Args:
        output_size: a number or one for each dimension; None keeps the input's.
        return_indices: also return where each value was found.
    """

    _function: Callable[..., Any]

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input: Tensor) -> Any:
        return self._function(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        return named(self, "output_size")


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """Of (N, C, L) or (C, L); see `_AdaptiveMaxPoolNd`."""

    _function = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """Of (N, C, H, W) or (C, H, W); see `_AdaptiveMaxPoolNd`."""

    _function = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """Of (N, C, D, H, W) or (C, D, H, W); see `_AdaptiveMaxPoolNd`."""

    _function = staticmethod(F.adaptive_max_pool3d)


class _AdaptiveAvgPoolNd(Module):
    """Mean pooling with windows such that the output has the size ``output_size``.

    Args:
        output_size: a number or one for each dimension; None keeps the input's.
    """

    _function: Callable[..., Any]

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return self._function(input, self.output_size)

    def extra_repr(self) -> str:
        return named(self, "output_size")


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """Of (N, C, L) or (C, L); see `_AdaptiveAvgPoolNd`."""

    _function = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """Of (N, C, H, W) or (C, H, W); see `_AdaptiveAvgPoolNd`."""

    _function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """Of (N, C, D, H, W) or (C, D, H, W); see `_AdaptiveAvgPoolNd`."""

    _function = staticmethod(F.adaptive_avg_pool3d)


class _FractionalMaxPoolNd(Module):
    """Max pooling over randomly placed windows that shrinks by a fraction.

    Graham, "Fractional max-pooling" (2014).

    Args:
        kernel_size: size of the windows.
        output_size: of the output, or
        output_ratio: its size relative to the input's, between 0 and 1.
        return_indices: also return where each value was found.
    """

    _dims: int
    _function: Callable[..., Any]

    def __init__(self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,
                 return_indices: bool = False, _random_samples: Any = None) -> None:
        super().__init__()
        name, n = type(self).__name__, self._dims
        if output_size is None and output_ratio is None:
            fail(ValueError, f"{name} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            fail(ValueError, "only one of output_size and output_ratio may be specified")
        self.kernel_size, self.return_indices = ntuple(kernel_size, n), return_indices
        if any(k <= 0 for k in self.kernel_size):
            fail(ValueError, f"kernel_size must be greater than 0, but got {kernel_size}")
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else ntuple(output_size, n)
        self.output_ratio = None if output_ratio is None else ntuple(output_ratio, n)
        if self.output_ratio is not None and not all(0 < r < 1 for r in self.output_ratio):
            fail(ValueError, f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def forward(self, input: Tensor) -> Any:
        return self._function(input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices,
                              _random_samples=self._random_samples)


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """Of (N, C, H, W) or (C, H, W); see `_FractionalMaxPoolNd`."""

    _dims = 2
    _function = staticmethod(F.fractional_max_pool2d)


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """Of (N, C, D, H, W) or (C, D, H, W); see `_FractionalMaxPoolNd`."""

    _dims = 3
    _function = staticmethod(F.fractional_max_pool3d)
