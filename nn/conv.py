"""Convolutions and transposed convolutions in one, two and three dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd import Tensor
from autograd.errors import fail

from . import functional as F, hints, init
from .common import documented, new_parameter, ntuple
from .module import Module

_PADDINGS = ("same", "valid")
_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What all convolutions share: hyperparameters, weight and bias.

    A subclass says its number of spatial dimensions (``_dims``) and the function that computes it (``_function``).
    """

    _dims: int
    _function: Callable[..., Any]

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: tuple[int, ...], stride: tuple[int, ...], padding: Any,
        dilation: tuple[int, ...], transposed: bool, output_padding: tuple[int, ...], groups: int, bias: bool,
        padding_mode: str, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        if groups <= 0:
            fail(ValueError, "groups must be a positive integer")
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                fail(ValueError, f"{name} must be divisible by groups, got {channels} and {groups}")
        if isinstance(padding, str):
            if padding not in _PADDINGS:
                fail(ValueError, f"Invalid padding string {padding!r}, should be one of {_PADDINGS}")
            if padding == "same" and any(s != 1 for s in stride):
                fail(ValueError, "padding='same' is not supported for strided convolutions")
        for name, sizes in (("kernel_size", kernel_size), ("stride", stride), ("padding", padding),
                            ("dilation", dilation)):
            if not isinstance(sizes, str) and len(sizes) != self._dims:
                fail(RuntimeError, f"{type(self).__name__}: {name} must be one int, or one for each of the "
                                   f"{self._dims} spatial dimensions, but got {name}={sizes}")
        if padding_mode not in _PADDING_MODES:
            fail(ValueError, f"padding_mode must be one of {_PADDING_MODES}, but got padding_mode='{padding_mode}'")
        self.in_channels, self.out_channels, self.kernel_size = in_channels, out_channels, kernel_size
        self.stride, self.padding, self.dilation = stride, padding, dilation
        self.transposed, self.output_padding = transposed, output_padding
        self.groups, self.padding_mode = groups, padding_mode
        self._reversed_padding_repeated_twice = self._sides()
        first, second = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        self.weight = new_parameter((first, second // groups, *kernel_size), device, dtype)
        self.register_parameter("bias", new_parameter(out_channels, device, dtype) if bias else None)
        self.reset_parameters()

    def _hint(self, input: Any, *_: Any) -> str | None:
        channels = input.shape[1] if input.ndim > 1 else 1
        dtype = self.weight.dtype if self.in_channels else input.dtype  # a lazy one has no weight yet
        return hints.of_dtype(input, dtype) or hints.of_channels(
            input, self._dims, self.in_channels, f"{type(self).__name__}({channels}, {self.out_channels}, ...)")

    def _sides(self) -> list[int]:
        """The padding of each side, last dimension first, as `F.pad` takes it."""
        sides: list[int] = []
        for i in reversed(range(len(self.kernel_size))):
            if isinstance(self.padding, str):
                total = self.dilation[i] * (self.kernel_size[i] - 1) if self.padding == "same" else 0
                sides += [total // 2, total - total // 2]
            else:
                sides += [self.padding[i]] * 2
        return sides

    def reset_parameters(self) -> None:
        """Draw new initial values: weight and bias uniform on plus or minus ``1 / sqrt(fan_in)``."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._fans(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        n = self._dims
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        defaults = {"padding": (0,) * n, "dilation": (1,) * n, "output_padding": (0,) * n, "groups": 1}
        for name, default in defaults.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _PlainConvNd(_ConvNd):
    """A convolution (cross-correlation) with a bias.

    Args:
        in_channels, out_channels: of input and output.
        kernel_size: a number, or one for each dimension, as for the next three.
        stride: step of the kernel.
        padding: on both sides; or ``"same"`` (output of the input's size) or ``"valid"`` (none).
        dilation: step within the kernel.
        groups: the channels are split into so many groups that do not mix.
        bias: whether to add one.
        padding_mode: what stands in the padding: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        device, dtype: of the parameters.

    Shapes: input (N, in_channels, ...) or (in_channels, ...), output (N, out_channels, ...) likewise, of size
    ``floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1)`` in each dimension; weight
    (out_channels, in_channels / groups, *kernel_size), bias (out_channels). Both start uniform on plus or minus
    ``1 / sqrt(in_channels / groups * prod(kernel_size))``. The formula is that of `nn.functional.conv2d`.

    Raises:
        ValueError: the channels cannot be split into the groups, or an option is none of those above.
        RuntimeError: when called, where the input does not fit; the message says what would.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device: Any = None,
        dtype: Any = None,
    ) -> None:
        n = self._dims
        super().__init__(
            in_channels, out_channels, ntuple(kernel_size, n), ntuple(stride, n),
            padding if isinstance(padding, str) else ntuple(padding, n), ntuple(dilation, n), False, ntuple(0, n),
            groups, bias, padding_mode, device, dtype)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.padding_mode == "zeros":
            return self._function(input, weight, bias, self.stride, self.padding, self.dilation, self.groups)
        padded = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
        return self._function(padded, weight, bias, self.stride, ntuple(0, self._dims), self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)


@documented
class Conv1d(_PlainConvNd):
    """Convolution (cross-correlation) of (N, C, L) or (C, L).

    >>> import autograd, nn
    >>> nn.Conv1d(3, 8, 5, stride=2)(autograd.zeros(2, 3, 16)).shape
    Size([2, 8, 6])
    """

    _dims = 1
    _function = staticmethod(F.conv1d)


@documented
class Conv2d(_PlainConvNd):
    """Convolution (cross-correlation) of (N, C, H, W) or (C, H, W).

    >>> import autograd, nn
    >>> nn.Conv2d(3, 8, 3, padding=1)(autograd.zeros(2, 3, 16, 16)).shape
    Size([2, 8, 16, 16])
    """

    _dims = 2
    _function = staticmethod(F.conv2d)


@documented
class Conv3d(_PlainConvNd):
    """Convolution (cross-correlation) of (N, C, D, H, W) or (C, D, H, W).

    >>> import autograd, nn
    >>> nn.Conv3d(3, 8, 3, padding="same")(autograd.zeros(1, 3, 4, 5, 6)).shape
    Size([1, 8, 4, 5, 6])
    """

    _dims = 3
    _function = staticmethod(F.conv3d)


class _ConvTransposeNd(_ConvNd):
    """A transposed convolution: the gradient of a convolution as a layer of its own.

    Args:
        in_channels, out_channels: of input and output.
        kernel_size, stride, padding, dilation, groups: of the convolution it transposes.
        output_padding: how much larger the output is on one side; several sizes are mapped to one by a stride.
        bias: whether to add one.
        padding_mode: ``"zeros"`` is the only one.
        device, dtype: of the parameters.

    Shapes: input (N, in_channels, ...) or (in_channels, ...), output (N, out_channels, ...) likewise, of size
    ``(size - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1`` in each dimension; weight
    (in_channels, out_channels / groups, *kernel_size), bias (out_channels). Called with ``output_size=``, the layer
    finds the output padding that leads there (Dumoulin and Visin, "A guide to convolution arithmetic", 2016).
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros",
        device: Any = None, dtype: Any = None,
    ) -> None:
        n = self._dims
        if padding_mode != "zeros":
            fail(ValueError, f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels, out_channels, ntuple(kernel_size, n), ntuple(stride, n), ntuple(padding, n),
            ntuple(dilation, n), True, ntuple(output_padding, n), groups, bias, padding_mode, device, dtype)

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        return self._function(input, self.weight, self.bias, self.stride, self.padding, extra, self.groups,
                              self.dilation)

    def _extra(self, input: Tensor, output_size: Any) -> list[int]:
        """The output padding that leads to ``output_size``."""
        n = self._dims
        spatial = input.shape[-n:]
        wanted = list(output_size)
        if len(wanted) == input.dim():
            wanted = wanted[-n:]
        if len(wanted) != n:
            fail(ValueError, f"{type(self).__name__}: for {input.dim()}D input, output_size must have {n} or "
                             f"{input.dim()} elements (got {len(output_size)})")
        reach = [self.dilation[d] * (self.kernel_size[d] - 1) + 1 for d in range(n)]
        least = [(spatial[d] - 1) * self.stride[d] - 2 * self.padding[d] + reach[d] for d in range(n)]
        most = [low + self.stride[d] - 1 for d, low in enumerate(least)]
        if any(not low <= size <= high for low, size, high in zip(least, wanted, most, strict=True)):
            fail(ValueError, f"requested an output size of {list(output_size)}, but valid sizes range from {least} to "
                             f"{most} (for an input of {list(spatial)})")
        return [size - low for low, size in zip(least, wanted, strict=True)]


@documented
class ConvTranspose1d(_ConvTransposeNd):
    """Transposed convolution of (N, C, L) or (C, L): the gradient of a convolution, as a layer.

    >>> import autograd, nn
    >>> nn.ConvTranspose1d(8, 3, 4, stride=2, padding=1)(autograd.zeros(1, 8, 5)).shape
    Size([1, 3, 10])
    """

    _dims = 1
    _function = staticmethod(F.conv_transpose1d)


@documented
class ConvTranspose2d(_ConvTransposeNd):
    """Transposed convolution of (N, C, H, W) or (C, H, W): the gradient of a convolution, as a layer.

    >>> import autograd, nn
    >>> nn.ConvTranspose2d(8, 3, 2, stride=2)(autograd.zeros(1, 8, 5, 5)).shape
    Size([1, 3, 10, 10])
    """

    _dims = 2
    _function = staticmethod(F.conv_transpose2d)


@documented
class ConvTranspose3d(_ConvTransposeNd):
    """Transposed convolution of (N, C, D, H, W) or (C, D, H, W): the gradient of a convolution, as a layer.

    >>> import autograd, nn
    >>> nn.ConvTranspose3d(8, 3, 2, stride=2)(autograd.zeros(1, 8, 2, 3, 4)).shape
    Size([1, 3, 4, 6, 8])
    """

    _dims = 3
    _function = staticmethod(F.conv_transpose3d)
