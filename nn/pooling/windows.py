"""Pooling over windows of a given size, and its inverse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Tensor

from .. import functional as F
from ..common import documented, named, ntuple
from ..module import Module


class _MaxPoolNd(Module):
    """The largest value in each window.

    Args:
        kernel_size: size of the window; a number or one for each dimension, as for the next three.
        stride: step of the window. Default: its size.
        padding: on both sides, with minus infinity.
        dilation: step within the window.
        return_indices: also return where each value was found, for `MaxUnpool2d`.
        ceil_mode: let windows go off the end if they start inside.

    Shapes: the size in each dimension becomes
    ``floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1)``, or with ``ceil`` for floor.
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


@documented
class MaxPool1d(_MaxPoolNd):
    """The largest value in each window of (N, C, L) or (C, L).

    >>> import autograd, nn
    >>> nn.MaxPool1d(2)(autograd.tensor([[1., 3., 5., 4.]]))
    tensor([[3., 5.]])
    """

    _function = staticmethod(F.max_pool1d)


@documented
class MaxPool2d(_MaxPoolNd):
    """The largest value in each window of (N, C, H, W) or (C, H, W).

    >>> import autograd, nn
    >>> nn.MaxPool2d(2)(autograd.tensor([[[[1., 2.], [3., 4.]]]]))
    tensor([[[[4.]]]])
    """

    _function = staticmethod(F.max_pool2d)


@documented
class MaxPool3d(_MaxPoolNd):
    """The largest value in each window of (N, C, D, H, W) or (C, D, H, W).

    >>> import autograd, nn
    >>> nn.MaxPool3d(2)(autograd.zeros(1, 3, 4, 6, 8)).shape
    Size([1, 3, 2, 3, 4])
    """

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


@documented
class MaxUnpool1d(_MaxUnpoolNd):
    """Puts values back where `MaxPool1d` found them, with zeros elsewhere.

    >>> import autograd, nn
    >>> output, indices = nn.MaxPool1d(2, return_indices=True)(autograd.tensor([[1., 3., 5., 4.]]))
    >>> nn.MaxUnpool1d(2)(output, indices)
    tensor([[0., 3., 5., 0.]])
    """

    _dims = 1
    _function = staticmethod(F.max_unpool1d)


@documented
class MaxUnpool2d(_MaxUnpoolNd):
    """Puts values back where `MaxPool2d` found them, with zeros elsewhere.

    >>> import autograd, nn
    >>> output, indices = nn.MaxPool2d(2, return_indices=True)(autograd.randn(1, 1, 4, 6))
    >>> nn.MaxUnpool2d(2)(output, indices).shape
    Size([1, 1, 4, 6])
    """

    _dims = 2
    _function = staticmethod(F.max_unpool2d)


@documented
class MaxUnpool3d(_MaxUnpoolNd):
    """Puts values back where `MaxPool3d` found them, with zeros elsewhere.

    >>> import autograd, nn
    >>> output, indices = nn.MaxPool3d(2, return_indices=True)(autograd.randn(1, 1, 2, 4, 6))
    >>> nn.MaxUnpool3d(2)(output, indices).shape
    Size([1, 1, 2, 4, 6])
    """

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

    Shapes: the size in each dimension becomes ``floor((size + 2 * padding - kernel_size) / stride + 1)``, or with
    ``ceil`` for floor.
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


@documented
class AvgPool2d(_AvgPoolNd):
    """The mean of each window of (N, C, H, W) or (C, H, W).

    >>> import autograd, nn
    >>> nn.AvgPool2d(2)(autograd.tensor([[[1., 2.], [3., 4.]]]))
    tensor([[[2.5000]]])
    """

    _function = staticmethod(F.avg_pool2d)


@documented
class AvgPool3d(_AvgPoolNd):
    """The mean of each window of (N, C, D, H, W) or (C, D, H, W).

    >>> import autograd, nn
    >>> nn.AvgPool3d(2)(autograd.zeros(1, 3, 4, 6, 8)).shape
    Size([1, 3, 2, 3, 4])
    """

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


@documented
class LPPool1d(_LPPoolNd):
    """The p-norm of each window of (N, C, L) or (C, L).

    >>> import autograd, nn
    >>> nn.LPPool1d(2, 2)(autograd.tensor([[3., 4., 5., 12.]]))
    tensor([[ 5., 13.]])
    """

    _function = staticmethod(F.lp_pool1d)


@documented
class LPPool2d(_LPPoolNd):
    """The p-norm of each window of (N, C, H, W) or (C, H, W).

    >>> import autograd, nn
    >>> nn.LPPool2d(1, 2)(autograd.tensor([[[1., 2.], [3., 4.]]]))
    tensor([[[10.]]])
    """

    _function = staticmethod(F.lp_pool2d)


@documented
class LPPool3d(_LPPoolNd):
    """The p-norm of each window of (N, C, D, H, W) or (C, D, H, W).

    >>> import autograd, nn
    >>> nn.LPPool3d(2, 2)(autograd.zeros(1, 3, 4, 6, 8)).shape
    Size([1, 3, 2, 3, 4])
    """

    _function = staticmethod(F.lp_pool3d)
