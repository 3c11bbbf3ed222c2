"""What a parametrized tensor is computed by, and from."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from autograd import Tensor, no_grad
from autograd.errors import fail

from ..container import ModuleList
from ..module import Module
from ..parameter import Parameter


class Cache(threading.local):
    """What was computed inside `cached`, by the list that computed it; each thread has its own."""

    def __init__(self) -> None:
        self.depth, self.values = 0, dict[Any, Tensor]()


CACHE = Cache()


@contextlib.contextmanager
def cached() -> Iterator[None]:
    """Inside, each parametrized tensor is computed when it is first read, and kept until the end of the block.

    For tensors that one forward pass reads several times, such as a recurrent kernel.

    >>> import autograd, nn
    >>> from nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(nn.Linear(2, 2))
    >>> with parametrize.cached():
    ...     layer.weight is layer.weight
    True
    >>> layer.weight is layer.weight
    False
    """
    CACHE.depth += 1
    try:
        yield
    finally:
        CACHE.depth -= 1
        if not CACHE.depth:
            CACHE.values.clear()


def register(module: Module, name: str, tensor: Tensor | None) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _inverse(modules: Sequence[Any], value: Any, required: bool) -> Any:
    """What the modules make ``value`` from; one without ``right_inverse`` passes it on, unless it is ``required``."""
    for module in reversed(modules):
        if hasattr(module, "right_inverse"):
            try:
                value = module.right_inverse(value)
            except NotImplementedError:
                if required:
                    raise
        elif required:
            fail(RuntimeError, f"parametrization {type(module).__name__} does not implement right_inverse.")
    return value


class ParametrizationList(ModuleList):
    """The modules that compute one tensor of a module, and what they compute it from.

    That is ``original``; or ``original0``, ``original1``, ... where the ``right_inverse`` of the first module returns
    several. `register_parametrization` makes these lists.

    Args:
        modules: the parametrizations, in the order in which they run.
        original: the parameter or buffer that they replace.
        unsafe: let them change its shape and dtype.

    >>> import nn
    >>> nn.utils.parametrizations.weight_norm(nn.Linear(2, 3)).parametrizations.weight
    ParametrizationList(
      (0): _WeightNorm()
    )
    """

    original: Any

    def __init__(self, modules: Sequence[Module], original: Any, unsafe: bool = False) -> None:
        if len(modules) == 0:
            fail(ValueError, "ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with no_grad():
            new = _inverse(list(self), original, required=False)
        if not isinstance(new, (Tensor, Sequence)):
            fail(ValueError, "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                             f"Got {type(new).__name__}")
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            if new.dtype != dtype:
                fail(ValueError, "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                                 f"original.dtype: {dtype}\nright_inverse(original).dtype: {new.dtype}")
            # The tensor stays the one that an optimizer may hold.
            values, original.data = original.data, new
            register(self, "original", original)
        else:
            for i, tensor in enumerate(new):
                if not isinstance(tensor, Tensor):
                    fail(ValueError, "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                                     f"Got element {i} of the sequence with type {type(tensor).__name__}.")
                if isinstance(original, Parameter):
                    tensor = Parameter(tensor, original.requires_grad)
                tensor.requires_grad_(original.requires_grad)
                register(self, f"original{i}", tensor)
        if self.unsafe:
            return
        try:
            check_same(self(), shape, dtype, "Registering a parametrization may not change the {} of the tensor, "
                        "unless `unsafe` flag is enabled.\nunparametrized {}: {}\nparametrized {}: {}")
        except BaseException:
            if self.is_tensor:
                original.data = values
            raise

    def originals(self) -> list[Any]:
        """What the tensor is computed from."""
        names = ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]
        return [getattr(self, name) for name in names]

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the parametrized tensor becomes ``value``, or what comes closest.

        Raises:
            RuntimeError: one of the parametrizations has no ``right_inverse``.
            ValueError: it returned tensors of another number or dtype than those that are there.
        """
        with no_grad():
            value = _inverse(list(self), value, required=True)
        if self.is_tensor:
            if not isinstance(value, Tensor):
                fail(ValueError, f"`right_inverse` should return a tensor. Got {type(value).__name__}")
            if value.dtype != self.original.dtype:
                fail(ValueError, f"The tensor returned by `right_inverse` has dtype {value.dtype} while `original` has "
                                 f"dtype {self.original.dtype}")
            values: Sequence[Any] = [value]
        else:
            if not isinstance(value, Sequence):
                fail(ValueError, f"'right_inverse' must return a sequence of tensors. Got {type(value).__name__}.")
            if len(value) != self.ntensors:
                fail(ValueError, "'right_inverse' must return a sequence of tensors of length "
                                 f"{self.ntensors}. Got a sequence of length {len(value)}.")
            values = value
            for i, (tensor, original) in enumerate(zip(values, self.originals())):
                if not isinstance(tensor, Tensor):
                    fail(ValueError, "'right_inverse' must return a sequence of tensors. "
                                     f"Got element {i} of type {type(tensor).__name__}.")
                if tensor.dtype != original.dtype:
                    fail(ValueError, f"Tensor {i} returned by `right_inverse` has dtype {tensor.dtype} while "
                                     f"`original{i}` has dtype {original.dtype}")
        for tensor, original in zip(values, self.originals()):
            original.data = tensor
        CACHE.values.pop(self, None)

    def forward(self) -> Any:
        value = self[0](*self.originals())
        for i in count(1):
            module = self._modules.get(str(i))
            if module is None:
                return value
            value = module(value)


def check_same(found: Any, shape: Any, dtype: Any, words: str) -> None:
    """Raise unless ``found`` is a tensor of this dtype and shape; ``words`` have a place for each name and value."""
    if not isinstance(found, Tensor):
        fail(ValueError, f"A parametrization must return a tensor. Got {type(found).__name__}.")
    for what, had, has in (("dtype", dtype, found.dtype), ("shape", shape, found.shape)):
        if had != has:
            fail(ValueError, words.format(what, what, had, what, has))
