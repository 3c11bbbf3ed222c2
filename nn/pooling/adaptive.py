"""Pooling to an output of a given size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Tensor
from autograd.errors import fail

from .. import functional as F
from ..common import documented, named, ntuple
from ..module import Module


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


@documented
class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The largest value in each of as many windows of (N, C, L) or (C, L) as are asked for.

    >>> import autograd, nn
    >>> nn.AdaptiveMaxPool1d(2)(autograd.tensor([[1., 3., 5., 7.]]))
    tensor([[3., 7.]])
    """

    _function = staticmethod(F.adaptive_max_pool1d)


@documented
class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The largest value in each of as many windows of (N, C, H, W) or (C, H, W) as are asked for.

    >>> import autograd, nn
    >>> nn.AdaptiveMaxPool2d((2, None))(autograd.zeros(1, 3, 5, 7)).shape
    Size([1, 3, 2, 7])
    """

    _function = staticmethod(F.adaptive_max_pool2d)


@documented
class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The largest value in each of as many windows of (N, C, D, H, W) or (C, D, H, W) as are asked for.

    >>> import autograd, nn
    >>> nn.AdaptiveMaxPool3d(1)(autograd.zeros(1, 3, 4, 5, 6)).shape
    Size([1, 3, 1, 1, 1])
    """

    _function = staticmethod(F.adaptive_max_pool3d)


class _AdaptiveAvgPoolNd(Module):
    """Mean pooling with windows such that the output has the size ``output_size``.

    Args:
        output_size: a number or one for each dimension; None keeps the input's. Window i of n goes from
            ``floor(i * size / n)`` to before ``ceil((i + 1) * size / n)``.
    """

    _function: Callable[..., Any]

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return self._function(input, self.output_size)

    def extra_repr(self) -> str:
        return named(self, "output_size")


@documented
class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean of each of as many windows of (N, C, L) or (C, L) as are asked for.

    >>> import autograd, nn
    >>> nn.AdaptiveAvgPool1d(2)(autograd.tensor([[1., 3., 5., 7.]]))
    tensor([[2., 6.]])
    """

    _function = staticmethod(F.adaptive_avg_pool1d)


@documented
class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean of each of as many windows of (N, C, H, W) or (C, H, W) as are asked for.

    >>> import autograd, nn
    >>> nn.AdaptiveAvgPool2d((2, None))(autograd.zeros(1, 3, 5, 7)).shape
    Size([1, 3, 2, 7])
    """

    _function = staticmethod(F.adaptive_avg_pool2d)


@documented
class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean of each of as many windows of (N, C, D, H, W) or (C, D, H, W) as are asked for.

    >>> import autograd, nn
    >>> nn.AdaptiveAvgPool3d(1)(autograd.zeros(1, 3, 4, 5, 6)).shape
    Size([1, 3, 1, 1, 1])
    """

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


@documented
class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """Max pooling of (N, C, H, W) or (C, H, W) over randomly placed windows, which shrinks by a fraction.

    >>> import autograd, nn
    >>> nn.FractionalMaxPool2d(2, output_size=6)(autograd.zeros(1, 3, 9, 9)).shape
    Size([1, 3, 6, 6])
    """

    _dims = 2
    _function = staticmethod(F.fractional_max_pool2d)


@documented
class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """Max pooling of (N, C, D, H, W) or (C, D, H, W) over randomly placed windows, which shrinks by a fraction.

    >>> import autograd, nn
    >>> nn.FractionalMaxPool3d(2, output_size=6)(autograd.zeros(1, 3, 9, 9, 9)).shape
    Size([1, 3, 6, 6, 6])
    """

    _dims = 3
    _function = staticmethod(F.fractional_max_pool3d)
