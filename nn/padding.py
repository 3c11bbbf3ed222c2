"""Padding layers: one class a way of padding, and the number of dimensions."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.errors import fail

from . import functional as F
from .common import documented, ntuple
from .module import Module


class _PadNd(Module):
    """Pads the last ``dims`` dimensions.

    Args:
        padding: one size for all sides, or (left, right, top, bottom, front, back) as far as there are dimensions.

    Before the dimensions that are padded there are one or two more, channels and batch, except where the padding is
    constant: then any number.
    """

    mode: str
    dims: int

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = ntuple(padding, 2 * self.dims)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    """Pads with ``value``."""

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPadNd(_ConstantPadNd):
    """Pads with zeros."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ReflectionPadNd(_PadNd):
    """Pads with the input mirrored at its edges."""

    mode = "reflect"


class _ReplicationPadNd(_PadNd):
    """Pads with the values at the edges."""

    mode = "replicate"


class _CircularPadNd(_PadNd):
    """Pads with the values from the opposite side."""

    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        n = self.dims
        if input.dim() not in (n + 1, n + 2):
            fail(ValueError, f"expected {n + 1}D or {n + 2}D input (got {input.dim()}D input)")
        return super().forward(input)


@documented
class ConstantPad1d(_ConstantPadNd):
    """Pads the last dimension with ``value``.

    >>> import autograd, nn
    >>> nn.ConstantPad1d((2, 1), 7.)(autograd.arange(3.).reshape(1, 1, 3))
    tensor([[[7., 7., 0., 1., 2., 7.]]])
    """

    dims = 1


@documented
class ConstantPad2d(_ConstantPadNd):
    """Pads the last two dimensions with ``value``.

    >>> import autograd, nn
    >>> nn.ConstantPad2d((1, 0, 0, 1), 7.)(autograd.tensor([[[[1., 2.], [3., 4.]]]]))
    tensor([[[[7., 1., 2.],
              [7., 3., 4.],
              [7., 7., 7.]]]])
    """

    dims = 2


@documented
class ConstantPad3d(_ConstantPadNd):
    """Pads the last three dimensions with ``value``.

    >>> import autograd, nn
    >>> nn.ConstantPad3d(1, 7.)(autograd.ones(1, 2, 3, 4, 5)).shape
    Size([1, 2, 5, 6, 7])
    """

    dims = 3


@documented
class ZeroPad1d(_ZeroPadNd):
    """Pads the last dimension with zeros.

    >>> import autograd, nn
    >>> nn.ZeroPad1d((2, 1))(autograd.arange(3.).reshape(1, 1, 3))
    tensor([[[0., 0., 0., 1., 2., 0.]]])
    """

    dims = 1


@documented
class ZeroPad2d(_ZeroPadNd):
    """Pads the last two dimensions with zeros.

    >>> import autograd, nn
    >>> nn.ZeroPad2d((1, 0, 0, 1))(autograd.ones(1, 1, 1, 2))
    tensor([[[[0., 1., 1.],
              [0., 0., 0.]]]])
    """

    dims = 2


@documented
class ZeroPad3d(_ZeroPadNd):
    """Pads the last three dimensions with zeros.

    >>> import autograd, nn
    >>> nn.ZeroPad3d(1)(autograd.ones(1, 2, 3, 4, 5)).shape
    Size([1, 2, 5, 6, 7])
    """

    dims = 3


@documented
class ReflectionPad1d(_ReflectionPadNd):
    """Pads the last dimension with the input mirrored at its edges.

    >>> import autograd, nn
    >>> nn.ReflectionPad1d((2, 1))(autograd.arange(3.).reshape(1, 1, 3))
    tensor([[[2., 1., 0., 1., 2., 1.]]])
    """

    dims = 1


@documented
class ReflectionPad2d(_ReflectionPadNd):
    """Pads the last two dimensions with the input mirrored at its edges.

    >>> import autograd, nn
    >>> nn.ReflectionPad2d((1, 0, 0, 1))(autograd.tensor([[[[1., 2.], [3., 4.]]]]))
    tensor([[[[2., 1., 2.],
              [4., 3., 4.],
              [2., 1., 2.]]]])
    """

    dims = 2


@documented
class ReflectionPad3d(_ReflectionPadNd):
    """Pads the last three dimensions with the input mirrored at its edges.

    >>> import autograd, nn
    >>> nn.ReflectionPad3d(1)(autograd.ones(1, 2, 3, 4, 5)).shape
    Size([1, 2, 5, 6, 7])
    """

    dims = 3


@documented
class ReplicationPad1d(_ReplicationPadNd):
    """Pads the last dimension with the values at the edges.

    >>> import autograd, nn
    >>> nn.ReplicationPad1d((2, 1))(autograd.arange(3.).reshape(1, 1, 3))
    tensor([[[0., 0., 0., 1., 2., 2.]]])
    """

    dims = 1


@documented
class ReplicationPad2d(_ReplicationPadNd):
    """Pads the last two dimensions with the values at the edges.

    >>> import autograd, nn
    >>> nn.ReplicationPad2d((1, 0, 0, 1))(autograd.tensor([[[[1., 2.], [3., 4.]]]]))
    tensor([[[[1., 1., 2.],
              [3., 3., 4.],
              [3., 3., 4.]]]])
    """

    dims = 2


@documented
class ReplicationPad3d(_ReplicationPadNd):
    """Pads the last three dimensions with the values at the edges.

    >>> import autograd, nn
    >>> nn.ReplicationPad3d(1)(autograd.ones(1, 2, 3, 4, 5)).shape
    Size([1, 2, 5, 6, 7])
    """

    dims = 3


@documented
class CircularPad1d(_CircularPadNd):
    """Pads the last dimension with the values from the opposite side.

    >>> import autograd, nn
    >>> nn.CircularPad1d((2, 1))(autograd.arange(3.).reshape(1, 1, 3))
    tensor([[[1., 2., 0., 1., 2., 0.]]])
    """

    dims = 1


@documented
class CircularPad2d(_CircularPadNd):
    """Pads the last two dimensions with the values from the opposite side.

    >>> import autograd, nn
    >>> nn.CircularPad2d((1, 0, 0, 1))(autograd.tensor([[[[1., 2.], [3., 4.]]]]))
    tensor([[[[2., 1., 2.],
              [4., 3., 4.],
              [2., 1., 2.]]]])
    """

    dims = 2


@documented
class CircularPad3d(_CircularPadNd):
    """Pads the last three dimensions with the values from the opposite side.

    >>> import autograd, nn
    >>> nn.CircularPad3d(1)(autograd.ones(1, 2, 3, 4, 5)).shape
    Size([1, 2, 5, 6, 7])
    """

    dims = 3
