"""Parameters that are computed from others: each reading of the attribute runs the modules registered for it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from autograd import Tensor, no_grad
from autograd.errors import fail

from ..container import ModuleDict
from ..module import Module
from ..parameter import Parameter
from .parametrization_list import CACHE, ParametrizationList, cached, check_same, register

__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
    "transfer_parametrizations_and_params", "type_before_parametrizations",
]


# --- the class of a parametrized module -------------------------------------------------------------------


def _parametrized_class(base: type, names: Sequence[str]) -> type:
    """A subclass of ``base`` whose attributes ``names`` are computed."""
    made: Any = None

    def getstate(self: Any) -> Any:
        fail(RuntimeError, "Serialization of parametrized modules is only supported through state_dict()")

    def deepcopy(self: Any, memo: dict[int, Any]) -> Any:
        # A class of its own, so that taking the parametrizations off one leaves the other as it is.
        replica = memo[id(self)] = base.__new__(_parametrized_class(base, list(self.parametrizations)))
        replica.__setstate__(copy.deepcopy(super(made, self).__getstate__(), memo))
        return replica

    members: dict[str, Any] = {"__getstate__": getstate}
    if not hasattr(base, "__deepcopy__"):
        members["__deepcopy__"] = deepcopy
    made = type(f"Parametrized{base.__name__}", (base,), members)
    for name in names:
        _add_property(made, name)
    return made


def _add_property(kind: Any, name: str) -> None:
    def get(self: Any) -> Any:
        modules = self.parametrizations[name]
        if not CACHE.depth:
            return modules()
        if modules not in CACHE.values:
            CACHE.values[modules] = modules()
        return CACHE.values[modules]

    def set(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(kind, name, property(get, set))


# --- what users call --------------------------------------------------------------------------------------


def register_parametrization(module: Any, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> Any:
    """Let a parameter or buffer of a module be computed by another module, ``parametrization``.

    Reading ``module.weight`` then gives ``parametrization(original)``, where ``original`` is the parameter that was
    there; it is found as ``module.parametrizations.weight.original``, and is what an optimizer trains. Several
    parametrizations of one tensor run one after the other.

    A parametrization may have a method ``right_inverse(value)``, which returns what it would compute ``value`` from: a
    tensor, or several (then ``forward`` takes as many, and they are ``original0``, ``original1``, ...). With it the
    tensor keeps its values when the parametrization is registered, and can be assigned to.

    Args:
        module: the owner of the tensor; its class becomes a subclass, called ``Parametrized...``.
        tensor_name, parametrization: the parameter or buffer, and what computes it.
        unsafe: let it change shape and dtype, and check nothing.

    Returns:
        The module.

    Raises:
        ValueError: there is no such tensor, or shape or dtype would change.

    >>> import autograd, nn
    >>> from nn.utils import parametrize
    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    >>> autograd.equal(layer.weight, layer.weight.T)
    True
    >>> list(layer.state_dict())
    ['bias', 'parametrizations.weight.original']
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        modules = module.parametrizations[tensor_name]
        if not unsafe:
            _check_addition(module, tensor_name, parametrization)
        modules.append(parametrization)
        modules.unsafe |= unsafe
        CACHE.values.pop(modules, None)
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        modules = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            module.__class__ = _parametrized_class(type(module), ())
            module.parametrizations = ModuleDict()
        _add_property(type(module), tensor_name)
        module.parametrizations[tensor_name] = modules
    else:
        fail(ValueError, f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
                         f"'{tensor_name}'")
    return module


def _check_addition(module: Any, name: str, parametrization: Any) -> None:
    """Raise unless one more parametrization keeps shape and dtype, forward and back."""
    value = getattr(module, name)
    found = parametrization(value)
    check_same(found, value.shape, value.dtype, "Registering a parametrization may not change the {} of the tensor, "
                f"unless the `unsafe` flag is enabled.\nmodule.{name}.{{}}: {{}}\n"
                f"parametrization(module.{name}).{{}}: {{}}")
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        back = parametrization.right_inverse(found)
    except NotImplementedError:
        return
    if not isinstance(back, Tensor):
        fail(ValueError, f"parametrization.right_inverse must return a tensor. Got: {type(back).__name__}")
    check_same(back, value.shape, value.dtype, "The tensor returned by parametrization.right_inverse must have the "
                f"same {{}} as module.{name}, unless the `unsafe` flag is enabled.\nmodule.{name}.{{}}: {{}}\n"
                "returned {}: {}")


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """Whether a tensor of the module is parametrized; without a name, whether any is.

    >>> import nn
    >>> from nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(nn.Linear(2, 2))
    >>> parametrize.is_parametrized(layer), parametrize.is_parametrized(layer, "bias")
    (True, False)
    """
    found = getattr(module, "parametrizations", None)
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(module: Any, tensor_name: str, leave_parametrized: bool = True) -> Any:
    """Make a tensor of a module a plain parameter or buffer again.

    Args:
        module: its owner.
        tensor_name: the tensor.
        leave_parametrized: it keeps the values that it has now; if not, it gets those of ``original``.

    Returns:
        The module.

    Raises:
        ValueError: it is not parametrized; or it is computed from several tensors, and is not to keep its values.

    >>> import nn
    >>> from nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(nn.Linear(2, 2))
    >>> parametrize.remove_parametrizations(layer, "weight")
    Linear(in_features=2, out_features=2, bias=True)
    """
    if not is_parametrized(module, tensor_name):
        fail(ValueError, f"Module {module} does not have a parametrization on {tensor_name}")
    modules = module.parametrizations[tensor_name]
    if modules.is_tensor:
        tensor = modules.original
        if leave_parametrized:
            with no_grad():
                tensor.data = getattr(module, tensor_name)
    elif leave_parametrized:
        tensor = getattr(module, tensor_name)
        tensor = Parameter(tensor) if tensor.requires_grad else tensor
    else:
        fail(ValueError, "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in "
                         "terms of a sequence of tensors.")
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    register(module, tensor_name, tensor)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Any) -> type:
    """The class that the module has without its parametrizations.

    >>> import nn
    >>> from nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(nn.Linear(2, 2))
    >>> type(layer).__name__, parametrize.type_before_parametrizations(layer).__name__
    ('ParametrizedLinear', 'Linear')
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module: Any, to_module: Any, tensor_name: str | None = None) -> Any:
    """Give ``to_module`` the parametrizations of ``from_module`` and the parameters behind them.

    Args:
        from_module: where they are; where it has none, nothing happens.
        to_module: where they go; a tensor that it does not have is made.
        tensor_name: the tensor. Default: all that are parametrized.

    Returns:
        ``to_module``.

    >>> import autograd, nn
    >>> from nn.utils import parametrizations, parametrize
    >>> a, b = parametrizations.weight_norm(nn.Linear(2, 2)), nn.Linear(2, 2)
    >>> autograd.equal(parametrize.transfer_parametrizations_and_params(a, b).weight, a.weight)
    True
    """
    if not is_parametrized(from_module):
        return to_module
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        modules = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        for parametrization in modules:
            register_parametrization(to_module, name, parametrization)
        kept = to_module.parametrizations[name]
        for key in [k for k in (*modules._parameters, *modules._buffers) if k.startswith("original")]:
            setattr(kept, key, getattr(modules, key))
    return to_module
