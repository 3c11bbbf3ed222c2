"""Layers that learn the size of their input when they first see one."""

from __future__ import annotations

import functools
from typing import Any

from autograd import Tensor, int64, zeros
from autograd.errors import fail

from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear
from .module import Module
from .norm import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from .parameter import Uninitialized, UninitializedBuffer, UninitializedParameter


class LazyModuleMixin:
    """Makes a module wait with its parameters until its first call.

    A subclass defines ``initialize_parameters(input)``, which calls ``materialize`` on them, and ``cls_to_become``, the
    class of the module from then on.
    """

    cls_to_become: type[Module] | None = None

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        module: Any = self
        self._load_hook = module.register_load_state_dict_pre_hook(_materialize_from)
        self._initialize_hook = module.register_forward_pre_hook(_infer, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give the parameters the shapes that follow from the arguments of a call."""
        fail(NotImplementedError, f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether parameters or buffers wait for a shape."""
        return any(isinstance(t, Uninitialized) for t in (*self._parameters.values(), *self._buffers.values()))


def _infer(module: Any, args: Any, kwargs: Any) -> None:
    module.initialize_parameters(*args, **kwargs)
    if module.has_uninitialized_params():
        fail(RuntimeError, f"module {type(module).__name__} has not been fully initialized")
    for name in ("_initialize_hook", "_load_hook"):
        getattr(module, name).remove()
        delattr(module, name)
    if module.cls_to_become is not None:
        module.__class__ = module.cls_to_become


_infer.is_own = True  # type: ignore[attr-defined]


def _materialize_from(module: Any, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any],
                      *_: Any) -> None:
    for name, t in (*module._parameters.items(), *module._buffers.items()):
        value = state_dict.get(prefix + name)
        if isinstance(t, Uninitialized) and isinstance(value, Tensor) and not isinstance(value, Uninitialized):
            waiting = t.__class__, dict(vars(t))
            t.materialize(value.shape)
            if "undo" in local_metadata:
                local_metadata["undo"].note(functools.partial(_wait_again, t, *waiting))


def _wait_again(t: Any, kind: type, attributes: dict[str, Any]) -> None:
    del t._a
    t.__class__, t._node = kind, None
    vars(t).update(attributes)


class _SizeFromInput(LazyModuleMixin):
    """A lazy layer with one size to learn."""

    _size: str  # the attribute that holds it; 0 until it is known

    def reset_parameters(self) -> None:
        """Set initial values, once there are shapes."""
        if not self.has_uninitialized_params() and getattr(self, self._size) != 0:
            super().reset_parameters()  # type: ignore[misc]

    def initialize_parameters(self, input: Tensor) -> None:
        size = self._size_of(input)
        if self.has_uninitialized_params():
            setattr(self, self._size, size)
            for name, shape in self._shapes().items():
                t = getattr(self, name)
                if t is not None:
                    t.materialize(shape)
            self.reset_parameters()
        elif getattr(self, self._size) == 0:  # the shapes came with loaded state
            setattr(self, self._size, size)

    def _size_of(self, input: Tensor) -> int:
        raise NotImplementedError

    def _shapes(self) -> dict[str, Any]:
        raise NotImplementedError

    def _make_lazy(self: Any, bias: bool, device: Any, dtype: Any) -> None:
        for name in ("weight", "bias") if bias else ("weight",):
            self.register_parameter(name, UninitializedParameter(device=device, dtype=dtype))


class LazyLinear(_SizeFromInput, Linear):
    """A `Linear` whose ``in_features`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyLinear(2)
    >>> layer(autograd.ones(4, 3)).shape, layer
    (Size([4, 2]), Linear(in_features=3, out_features=2, bias=True))
    """

    cls_to_become = Linear
    _size = "in_features"

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False)
        self.out_features = out_features
        self._make_lazy(bias, device, dtype)

    def _size_of(self, input: Tensor) -> int:
        return input.shape[-1]

    def _shapes(self) -> dict[str, Any]:
        return {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}


class _LazyConvNd(_SizeFromInput):
    """A convolution whose ``in_channels`` follow from its first input; the other arguments are the convolution's."""

    _size = "in_channels"

    def __init__(
        self: Any, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype)
        self.out_channels = out_channels
        self._make_lazy(bias, device, dtype)

    def _size_of(self: Any, input: Tensor) -> int:
        n = self._dims
        if input.dim() not in (n + 1, n + 2):
            fail(RuntimeError, f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {type(self).__name__}, "
                               f"but got input of size: {input.shape}")
        channels = input.shape[-n - 1]
        if channels % self.groups:
            fail(ValueError, f"in_channels must be divisible by groups, got {channels} and {self.groups}")
        return channels

    def _shapes(self: Any) -> dict[str, Any]:
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        return {"weight": (first, second // self.groups, *self.kernel_size), "bias": (self.out_channels,)}


class _LazyConvTransposeNd(_LazyConvNd):
    """A transposed convolution whose ``in_channels`` follow from its first input; the other arguments are its own."""

    def __init__(
        self: Any, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros", device: Any = None,
        dtype: Any = None,
    ) -> None:
        super(_LazyConvNd, self).__init__(0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation,
                                          padding_mode, device, dtype)
        self.out_channels = out_channels
        self._make_lazy(bias, device, dtype)


class LazyConv1d(_LazyConvNd, Conv1d):
    """A `Conv1d` whose ``in_channels`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyConv1d(4, 3)
    >>> layer(autograd.zeros(2, 5, 9)).shape[1], layer.in_channels
    (4, 5)
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConvNd, Conv2d):
    """A `Conv2d` whose ``in_channels`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyConv2d(4, 3)
    >>> layer(autograd.zeros(2, 5, 9, 9)).shape[1], layer.in_channels
    (4, 5)
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConvNd, Conv3d):
    """A `Conv3d` whose ``in_channels`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyConv3d(4, 3)
    >>> layer(autograd.zeros(2, 5, 9, 9, 9)).shape[1], layer.in_channels
    (4, 5)
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTransposeNd, ConvTranspose1d):
    """A `ConvTranspose1d` whose ``in_channels`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyConvTranspose1d(4, 3)
    >>> layer(autograd.zeros(2, 5, 9)).shape[1], layer.in_channels
    (4, 5)
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTransposeNd, ConvTranspose2d):
    """A `ConvTranspose2d` whose ``in_channels`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyConvTranspose2d(4, 3)
    >>> layer(autograd.zeros(2, 5, 9, 9)).shape[1], layer.in_channels
    (4, 5)
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTransposeNd, ConvTranspose3d):
    """A `ConvTranspose3d` whose ``in_channels`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyConvTranspose3d(4, 3)
    >>> layer(autograd.zeros(2, 5, 9, 9, 9)).shape[1], layer.in_channels
    (4, 5)
    """

    cls_to_become = ConvTranspose3d


class _LazyNorm(_SizeFromInput):
    """A normalization whose ``num_features`` follow from its first input; the other arguments are its own."""

    _size = "num_features"

    def __init__(
        self: Any, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, False, False, device, dtype, bias=False)
        self.affine, self.track_running_stats = affine, track_running_stats
        if affine:
            self._make_lazy(bias, device, dtype)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            self.running_var = UninitializedBuffer(device=device, dtype=dtype)
            self.num_batches_tracked = zeros((), dtype=int64)

    def _size_of(self, input: Tensor) -> int:
        return input.shape[1]

    def _shapes(self: Any) -> dict[str, Any]:
        return dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (self.num_features,))


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A `BatchNorm1d` whose ``num_features`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyBatchNorm1d()
    >>> _ = layer(autograd.ones(2, 3))
    >>> layer
    BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A `BatchNorm2d` whose ``num_features`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyBatchNorm2d()
    >>> layer(autograd.ones(2, 3, 4, 4)).shape, layer.num_features
    (Size([2, 3, 4, 4]), 3)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A `BatchNorm3d` whose ``num_features`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyBatchNorm3d()
    >>> layer(autograd.ones(2, 3, 4, 4, 4)).shape, layer.num_features
    (Size([2, 3, 4, 4, 4]), 3)
    """

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """An `InstanceNorm1d` whose ``num_features`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyInstanceNorm1d()
    >>> layer(autograd.ones(2, 3, 4)).shape, layer.num_features
    (Size([2, 3, 4]), 3)
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """An `InstanceNorm2d` whose ``num_features`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyInstanceNorm2d()
    >>> layer(autograd.ones(2, 3, 4, 4)).shape, layer.num_features
    (Size([2, 3, 4, 4]), 3)
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """An `InstanceNorm3d` whose ``num_features`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyInstanceNorm3d()
    >>> layer(autograd.ones(2, 3, 4, 4, 4)).shape, layer.num_features
    (Size([2, 3, 4, 4, 4]), 3)
    """

    cls_to_become = InstanceNorm3d
