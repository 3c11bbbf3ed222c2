"""Calling a module with other parameters than its own."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

from autograd import Tensor
from autograd.errors import fail

__all__ = ["functional_call"]

_NOTHING: Any = object()


def _named(module: Any) -> dict[str, Tensor]:
    """All parameters and buffers by name; a tensor that has several names under each."""
    return dict([*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False)])


def _tied(module: Any, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """``given`` with each value under all the names that the tensor of its name has in the module.

    Raises:
        ValueError: different values for names of the same tensor.
    """
    names: dict[int, list[str]] = {}
    for name, t in _named(module).items():
        names.setdefault(id(t), []).append(name)
    complete = dict(given)
    for group in names.values():
        values = [given[name] for name in group if name in given]
        if len(group) > 1 and values:
            if any(value is not values[0] for value in values):
                fail(ValueError, f"functional_call got multiple values for keys {sorted(group)}, which are tied. "
                                 "Consider using tie_weights=False")
            complete.update(dict.fromkeys(group, values[0]))
    return complete


def _check_names(module: Any, given: dict[str, Tensor]) -> None:
    names = set(_named(module))
    lines = [f"{what} key(s): {', '.join(map(repr, sorted(keys)))}."
             for what, keys in (("Unexpected", set(given) - names), ("Missing", names - set(given))) if keys]
    if lines:
        fail(RuntimeError, "Error(s) in reparametrizing for {}:\n\t{}".format(module._get_name(), "\n\t".join(lines)))


def _swap(module: Any, path: str, value: Any) -> Any:
    """Put ``value`` in the place of a tensor of a module, and return what was there; both may be `_NOTHING`."""
    parent, _, name = path.rpartition(".")
    owner = module.get_submodule(parent)
    if name == "":
        fail(KeyError, 'tensor name can\'t be empty string ""')
    if value is not _NOTHING and value is not None and not isinstance(value, Tensor):
        fail(TypeError, f"{value} is not an instance of Tensor")
    for members in (owner._parameters, owner._buffers):
        if name in members:
            before = members[name]
            if value is _NOTHING:
                del members[name]
            else:
                members[name] = value
            return before
    before = getattr(owner, name, _NOTHING)
    if before is not _NOTHING and before is not None and not isinstance(before, Tensor):
        fail(TypeError, f"attribute `{name}`: {before} is not an instance of Tensor")
    if value is not _NOTHING:
        setattr(owner, name, value)
    elif before is not _NOTHING:
        delattr(owner, name)
    return before


@contextlib.contextmanager
def _replaced(module: Any, given: dict[str, Tensor], tie_weights: bool, strict: bool) -> Iterator[None]:
    values = _tied(module, given) if tie_weights else given
    if strict:
        _check_names(module, values)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    try:
        for name, value in values.items():
            before[name] = _swap(module, name, value)
        yield
    finally:
        for name in reversed(before):
            after[name] = _swap(module, name, before[name])
        # A module may assign to its buffers; the caller finds what it assigned.
        given.update({name: after[name] for name in given if after.get(name, _NOTHING) is not _NOTHING})


def call_with(module: Any, given: dict[str, Tensor], args: Any, kwargs: dict[str, Any] | None, tie_weights: bool,
              strict: bool) -> Any:
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, given, tie_weights, strict):
        return module(*args, **(kwargs or {}))


def functional_call(module: Any, parameters_and_buffers: dict[str, Tensor], args: Any = None,
                    kwargs: dict[str, Any] | None = None, *, tie_weights: bool = True, strict: bool = False) -> Any:
    """`nn.func.functional_call` under its older name, with a warning; it takes one dictionary.

    >>> import autograd, nn, warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     nn.utils.stateless.functional_call(nn.PReLU(), {"weight": autograd.tensor([0.5])}, autograd.tensor([-2.]))
    tensor([-1.])
    """
    warnings.warn("`nn.utils.stateless.functional_call` is deprecated; `nn.func.functional_call` takes the same "
                  "arguments", FutureWarning, stacklevel=2)
    return call_with(module, parameters_and_buffers, args, kwargs, tie_weights, strict)
