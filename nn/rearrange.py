"""Layers that move elements: flattening, folding, shuffling, padding, resizing."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.errors import fail

from . import functional as F
from .common import named
from .module import Module


class Flatten(Module):
    """Joins the dimensions ``start_dim`` to ``end_dim`` into one.

    >>> import autograd, nn
    >>> nn.Flatten()(autograd.zeros(2, 3, 4)).shape
    Size([2, 12])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return named(self, "start_dim", "end_dim")


class Unflatten(Module):
    """Splits the dimension ``dim`` into several, of sizes ``unflattened_size``.

    >>> import autograd, nn
    >>> nn.Unflatten(1, (3, 4))(autograd.zeros(2, 12)).shape
    Size([2, 3, 4])
    """

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(unflattened_size, (tuple, list)):
            fail(TypeError, "unflattened_size must be a tuple of ints, but found type "
                            f"{type(unflattened_size).__name__}")
        for i, size in enumerate(unflattened_size):
            if not isinstance(size, int):
                fail(TypeError, "unflattened_size must be tuple of ints, but found element of type "
                                f"{type(size).__name__} at pos {i}")
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return named(self, "dim", "unflattened_size")


class PixelShuffle(Module):
    """Moves channels into space: (N, C r^2, H, W) to (N, C, H r, W r).

    Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel CNN" (2016).

    >>> import autograd, nn
    >>> nn.PixelShuffle(2)(autograd.arange(4.).reshape(1, 4, 1, 1))
    tensor([[[[0., 1.],
              [2., 3.]]]])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return named(self, "upscale_factor")


class PixelUnshuffle(Module):
    """Moves space into channels: (N, C, H r, W r) to (N, C r^2, H, W).

    >>> import autograd, nn
    >>> nn.PixelUnshuffle(2)(autograd.arange(4.).reshape(1, 1, 2, 2)).flatten()
    tensor([0., 1., 2., 3.])
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return named(self, "downscale_factor")


class ChannelShuffle(Module):
    """Interleaves ``groups`` groups of channels (dimension 1).

    >>> import autograd, nn
    >>> nn.ChannelShuffle(2)(autograd.arange(4.).reshape(1, 4, 1, 1)).flatten()
    tensor([0., 2., 1., 3.])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return named(self, "groups")


class Unfold(Module):
    """Cuts images into patches: (N, C, H, W) to (N, C k_h k_w, number of patches).

    Args:
        kernel_size: size of a patch.
        dilation: step within a patch.
        padding: zeros on each side.
        stride: step between patches.

    >>> import autograd, nn
    >>> nn.Unfold(2)(autograd.arange(6.).reshape(1, 1, 2, 3))
    tensor([[[0., 1.],
             [1., 2.],
             [3., 4.],
             [4., 5.]]])
    """

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        super().__init__()
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return named(self, "kernel_size", "dilation", "padding", "stride")


class Fold(Module):
    """Adds patches up to images of size ``output_size``: the transpose of `Unfold`, whose arguments it takes.

    >>> import autograd, nn
    >>> x = autograd.ones(1, 1, 2, 3)
    >>> nn.Fold((2, 3), kernel_size=2)(nn.Unfold(2)(x))
    tensor([[[[1., 2., 1.],
              [1., 2., 1.]]]])
    """

    def __init__(self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
                 stride: Any = 1) -> None:
        super().__init__()
        self.output_size, self.kernel_size, self.dilation = output_size, kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(input, self.output_size, self.kernel_size, self.dilation,
                      self.padding, self.stride)

    def extra_repr(self) -> str:
        return named(self, "output_size", "kernel_size", "dilation", "padding", "stride")


class Upsample(Module):
    """Resizes the spatial dimensions.

    Args:
        size: the new size, or
        scale_factor: how many times larger.
        mode: ``"nearest"``, ``"linear"``, ``"bilinear"``, ``"bicubic"`` or ``"trilinear"``.
        align_corners: whether the corner pixels keep their values (not for ``"nearest"``).
        recompute_scale_factor: work with the factor that follows from the rounded size.

    >>> import autograd, nn
    >>> nn.Upsample(scale_factor=2, mode="linear", align_corners=True)(autograd.tensor([[[0., 3.]]]))
    tensor([[[0., 1., 2., 3.]]])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
                 align_corners: bool | None = None, recompute_scale_factor: bool | None = None) -> None:
        super().__init__()
        self.name, self.size = type(self).__name__, size
        if isinstance(scale_factor, tuple):
            self.scale_factor: Any = tuple(map(float, scale_factor))
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode, self.align_corners, self.recompute_scale_factor = mode, align_corners, recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.interpolate(input, self.size, self.scale_factor, self.mode, self.align_corners,
                             recompute_scale_factor=self.recompute_scale_factor)

    def extra_repr(self) -> str:
        info = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{info}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` with the nearest pixel.

    >>> import autograd, nn
    >>> nn.UpsamplingNearest2d(scale_factor=2)(autograd.tensor([[[[1., 2.]]]]))
    tensor([[[[1., 1., 2., 2.],
              [1., 1., 2., 2.]]]])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample`, bilinear with aligned corners.

    >>> import autograd, nn
    >>> nn.UpsamplingBilinear2d(size=(1, 4))(autograd.tensor([[[[0., 3.]]]]))
    tensor([[[[0., 1., 2., 3.]]]])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
