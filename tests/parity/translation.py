"""Turns PyTorch's functions, tensors and types into ours, so that its operator database can be run on both."""

from __future__ import annotations

import contextlib
import functools
import importlib
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

import autograd
from autograd import dtypes


class Untranslatable(Exception):
    """A value that has no counterpart here (sparse tensors, bfloat16, ...): the sample is left out."""


class Missing(Exception):
    """A function of PyTorch's that should be here and is not."""


DTYPES = {getattr(torch, d.name): d for d in dtypes.ALL}
TENSOR_HELPERS = "torch.testing._internal"


class Namespace:
    """Stands for the module ``torch`` inside the database's own functions."""

    def __init__(self, path: str = "") -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}" if self._path else name
        original = functools.reduce(getattr, path.split("."), torch)
        if isinstance(original, types.ModuleType):
            return Namespace(path)
        if isinstance(original, (torch.dtype, torch.device, torch.memory_format, torch.layout)):
            return convert(original)
        return find(path)


def find(path: str) -> Any:
    """Our function of the name that PyTorch's has inside the package ``torch``, such as ``nn.functional.relu``."""
    parts = path.split(".")
    root = parts.pop(0) if parts[0] == "nn" else "autograd"
    found: Any = importlib.import_module(root)
    for part in parts:
        try:
            found = getattr(found, part)
        except (AttributeError, ImportError):
            # A namespace of its own, such as autograd.linalg, may not be loaded yet.
            try:
                found = importlib.import_module(f"{getattr(found, '__name__', '')}.{part}")
            except ImportError:
                raise Missing(f"no {path if root == 'nn' else 'autograd.' + path}") from None
    return found


def tensor_method(name: str) -> Any:
    if not hasattr(autograd.Tensor, name):
        raise Missing(f"no Tensor.{name}")
    return getattr(autograd.Tensor, name)


def seeded(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The database's ``wrapper_set_seed`` for our generator."""
    autograd.manual_seed(42)
    return op(*args, **kwargs)


def function(original: Any, path: str | None = None) -> Any:
    """Our counterpart of a callable in the database; ``path`` is its public name where it is known."""
    if original is torch.Tensor.is_complex:
        return autograd.Tensor.is_complex
    if isinstance(original, functools.partial):
        return functools.partial(function(original.func), *map(convert, original.args),
                                 **{k: convert(v) for k, v in original.keywords.items()})
    if isinstance(original, torch.nn.Module):
        return our_module(original)
    if isinstance(original, (types.MethodDescriptorType, types.WrapperDescriptorType)):
        return tensor_method(original.__name__)
    module = getattr(original, "__module__", None) or ""
    if isinstance(original, types.FunctionType):
        if original.__name__ == "wrapper_set_seed":
            return seeded
        if module == "torch._tensor" and path is None:
            return tensor_method(original.__name__)
        if module.startswith(TENSOR_HELPERS) or module == "__main__":
            return rebound(original)
        if module == "torch.nn.functional" and original.__name__ != "fn" and path is None:
            return find(f"nn.functional.{original.__name__}")
        if not module.startswith("torch"):
            return original
    if path is not None:
        return tensor_method(path) if path.startswith("__") else find(path)
    if isinstance(original, types.BuiltinFunctionType):
        name = original.__name__
        for prefix in ("linalg", "fft", "special"):
            if module == f"torch._C._{prefix}":
                return find(f"{prefix}.{name.removeprefix(prefix + '_')}")
        if module == "torch._C._nn":
            return find(f"nn.functional.{name}")
        if module == "torch":
            return find(name)
        return original
    raise Untranslatable(f"callable {original!r}")


def our_module(original: torch.nn.Module) -> Any:
    """Our module with the arguments and the state of PyTorch's."""
    made_with = getattr(original, "made_with", None)
    if made_with is not None:  # see `remember_arguments`
        args, kwargs = convert(made_with)
        made = find(f"nn.{type(original).__name__}")(*args, **kwargs)
        made.load_state_dict({k: autograd.tensor(array_of(v)) for k, v in original.state_dict().items()})
        return made
    # A module without parameters: its hyperparameters are its plain attributes.
    options = {{"norm": "p"}.get(k, k): v for k, v in vars(original).items()
               if not k.startswith("_") and k != "training"}
    return find(f"nn.{type(original).__name__}")(**options)


@contextlib.contextmanager
def remember_arguments(kind: type[torch.nn.Module]) -> Iterator[None]:
    """Let modules of this kind keep the arguments they are made with, so that they can be made here, too."""
    plain = kind.__init__

    def init(self: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **kwargs)
        object.__setattr__(self, "made_with", (args, kwargs))

    kind.__init__ = init  # type: ignore[method-assign]
    try:
        yield
    finally:
        kind.__init__ = plain  # type: ignore[method-assign]


_rebound: dict[types.FunctionType, Any] = {}


def rebound(original: types.FunctionType) -> Any:
    """A helper of the database itself, run with ``torch`` meaning our package."""
    if original.__closure__ is None and original in _rebound:
        return _rebound[original]
    names = {"torch": Namespace(), "wrapper_set_seed": seeded, "__builtins__": __builtins__}
    if original.__closure__ is None:  # known before its globals are looked at, which may lead back to it
        made = _rebound[original] = types.FunctionType(original.__code__, names, original.__name__)
    for name in _global_names(original.__code__):
        if name in original.__globals__ and name not in names:
            value = original.__globals__[name]
            try:
                names[name] = convert(value)
            except (Missing, Untranslatable):
                names[name] = value
    if original.__closure__ is not None:
        cells = tuple(types.CellType(convert(c.cell_contents)) for c in original.__closure__)
        made = types.FunctionType(original.__code__, names, original.__name__, None, cells)
    made.__defaults__ = convert(original.__defaults__)
    made.__kwdefaults__ = convert(original.__kwdefaults__)
    return made


def _global_names(code: types.CodeType) -> set[str]:
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _global_names(constant)
    return found


def array_of(t: torch.Tensor) -> np.ndarray[Any, Any]:
    """The values of a dense tensor as an array of its own memory, with the tensor's order of strides."""
    if t.layout is not torch.strided or t.is_nested or t.is_meta:
        raise Untranslatable(f"a {t.layout} tensor")
    if t.ndim > 64:
        raise Untranslatable("more dimensions than NumPy's 64")
    if t.dtype not in DTYPES:
        raise Untranslatable(f"elements of type {t.dtype}")
    return t.detach().resolve_conj().resolve_neg().clone().numpy()


def convert(value: Any, leaves: list[Any] | None = None, memo: dict[int, Any] | None = None) -> Any:
    """``value`` with all that is PyTorch's in it replaced by ours; tensors that require grad go to ``leaves`` too."""
    if isinstance(value, torch.Tensor):
        memo = {} if memo is None else memo
        if id(value) not in memo:
            made = autograd.tensor(array_of(value), requires_grad=value.requires_grad)
            memo[id(value)] = made
            if value.requires_grad and leaves is not None:
                leaves.append(made)
        return memo[id(value)]
    if isinstance(value, torch.Size):
        return autograd.Size(value)
    if isinstance(value, (list, tuple)):
        items = [convert(v, leaves, memo) for v in value]
        return type(value)(items) if type(value) in (list, tuple) else type(value)(*items)
    if isinstance(value, dict):
        if any(isinstance(v, torch.layout) and v is not torch.strided for v in value.values()):
            raise Untranslatable("a sparse layout")
        return {k: convert(v, leaves, memo) for k, v in value.items()
                if not isinstance(v, (torch.layout, torch.memory_format))}
    if isinstance(value, torch.dtype):
        if value not in DTYPES:
            raise Untranslatable(f"elements of type {value}")
        return DTYPES[value]
    if isinstance(value, torch.device):
        return autograd.device("cpu")
    if isinstance(value, (torch.layout, torch.memory_format)):
        return None
    if isinstance(value, torch.Generator):
        return autograd.Generator().manual_seed(value.initial_seed())
    if value is torch:
        return Namespace()
    if isinstance(value, type):
        return {torch.Tensor: autograd.Tensor}.get(value, value)
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, functools.partial, torch.nn.Module,
                          types.MethodDescriptorType, types.WrapperDescriptorType)):
        return function(value)
    return value


def copy(value: Any, leaves: list[Any] | None = None, memo: dict[int, Any] | None = None) -> Any:
    """``value`` with fresh tensors of PyTorch's own, so that nothing a call writes is seen by the next."""
    if isinstance(value, torch.Tensor):
        memo = {} if memo is None else memo
        if id(value) not in memo:
            made = value.detach().clone().requires_grad_(value.requires_grad)
            memo[id(value)] = made
            if value.requires_grad and leaves is not None:
                leaves.append(made)
        return memo[id(value)]
    if isinstance(value, torch.Size):
        return value
    if isinstance(value, (list, tuple)):
        items = [copy(v, leaves, memo) for v in value]
        return type(value)(items) if type(value) in (list, tuple) else type(value)(*items)
    if isinstance(value, dict):
        return {k: copy(v, leaves, memo) for k, v in value.items()}
    if isinstance(value, torch.Generator):
        return torch.Generator().manual_seed(value.initial_seed())
    return value


def flatten(value: Any) -> list[Any]:
    """The tensors and numbers of a result, in order."""
    if isinstance(value, (list, tuple)) and not isinstance(value, (torch.Size, autograd.Size)):
        return [leaf for v in value for leaf in flatten(v)]
    return [value]
