"""Layers that find the size of their input when they first see one."""

from __future__ import annotations

from typing import Any

from autograd import Tensor, empty, no_grad, zeros
from autograd.dtypes import int64
from autograd.errors import fail
from autograd.tape import new_leaf

from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear
from .module import Module
from .norm import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from .parameter import Buffer, Parameter, Uninitialized


class UninitializedParameter(Uninitialized, Parameter):
    """A parameter whose shape is not known yet; `materialize` makes it a `Parameter`."""

    _becomes = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        self._wait(empty(0, device=device, dtype=dtype), requires_grad)

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Take on a shape; the values are not set."""
        wanted = self._requires_grad
        super().materialize(shape, device, dtype)
        if wanted:
            self._node = new_leaf(self._a)


class UninitializedBuffer(Uninitialized, Buffer):
    """A buffer whose shape is not known yet; `materialize` makes it a `Buffer`."""

    _becomes = Buffer

    def __init__(self, requires_grad: bool = False, device: Any = None, dtype: Any = None,
                 persistent: bool = True) -> None:
        self._wait(empty(0, device=device, dtype=dtype), requires_grad)
        self.persistent = persistent


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
        register: Any = self
        self._load_hook = register.register_load_state_dict_pre_hook(_materialize_from)
        self._initialize_hook = register.register_forward_pre_hook(_infer, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give the parameters the shapes that follow from the arguments of a call."""
        fail(NotImplementedError, f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether parameters or buffers wait for a shape."""
        return any(isinstance(t, Uninitialized) for t in (*self._parameters.values(), *self._buffers.values()))

    def reset_parameters(self) -> None:
        """Set initial values, as soon as there are shapes."""
        if not self.has_uninitialized_params():
            super().reset_parameters()  # type: ignore[misc]


def _infer(module: Any, args: Any, kwargs: Any) -> None:
    module.initialize_parameters(*args, **kwargs)
    if module.has_uninitialized_params():
        fail(RuntimeError, f"module {type(module).__name__} has not been fully initialized")
    for name in ("_initialize_hook", "_load_hook"):
        getattr(module, name).remove()
        delattr(module, name)
    if module.cls_to_become is not None:
        module.__class__ = module.cls_to_become


def _materialize_from(module: Any, state_dict: dict[str, Any], prefix: str, *_: Any) -> None:
    for name, t in (*module._parameters.items(), *module._buffers.items()):
        value = state_dict.get(prefix + name)
        if isinstance(t, Uninitialized) and isinstance(value, Tensor) and not isinstance(value, Uninitialized):
            t.materialize(value.shape)


class LazyLinear(LazyModuleMixin, Linear):
    """A `Linear` whose ``in_features`` follow from its first input.

    >>> import autograd, nn
    >>> layer = nn.LazyLinear(2)
    >>> layer(autograd.ones(4, 3)).shape, layer
    (Size([4, 2]), Linear(in_features=3, out_features=2, bias=True))
    """

    cls_to_become = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        if self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        if self.has_uninitialized_params():
            self.in_features = input.shape[-1]
            self.weight.materialize((self.out_features, self.in_features))
            if self.bias is not None:
                self.bias.materialize((self.out_features,))
            self.reset_parameters()
        elif self.in_features == 0:
            self.in_features = self.weight.shape[-1]


class _LazyConvNd(LazyModuleMixin):
    """A convolution whose ``in_channels`` follow from its first input; the other arguments are the convolution's."""

    def __init__(self, out_channels: int, *args: Any, bias: bool = True, device: Any = None, dtype: Any = None,
                 **kwargs: Any) -> None:
        # ``bias`` may come by position: it is argument 6 of the convolution, after groups, and 5 of these.
        position = 6 if issubclass(type(self), ConvTranspose1d | ConvTranspose2d | ConvTranspose3d) else 5
        position = 5
        if len(args) > position:
            bias, args = args[position], (*args[:position], False, *args[position + 1:])
        else:
            kwargs["bias"] = False
        super().__init__(0, 0, *args, device=device, dtype=dtype, **kwargs)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_channels = out_channels
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)
