"""The options of optimizers: taken from a constructor's arguments and checked by their names.

A constructor states each option once, in its signature, and passes ``checked(locals())`` on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Tensor
from autograd.errors import fail


def options(arguments: dict[str, Any]) -> dict[str, Any]:
    """The options among the ``locals()`` of a constructor."""
    return {name: value for name, value in arguments.items() if name not in ("self", "params", "__class__")}


def checked(arguments: dict[str, Any]) -> dict[str, Any]:
    """The options among the ``locals()`` of a constructor, those that all optimizers check the same way checked.

    Raises:
        ValueError: a number is out of range.
        RuntimeError: ``fused`` is given with ``foreach`` or ``differentiable``.
    """
    found = options(arguments)
    for name, value in found.items():
        if name in _CHECKS:
            _CHECKS[name](value)
    if found.get("fused"):
        if found["differentiable"]:
            fail(RuntimeError, "`fused` does not support `differentiable`")
        if found["foreach"]:
            fail(RuntimeError, "`fused` and `foreach` cannot be `True` together.")
    return found


def check(name: str, value: Any, positive: bool = False, below: float | None = None,
          at_most: float | None = None) -> None:
    """Raise PyTorch's ``Invalid NAME: VALUE`` where an option is negative, or out of its range."""
    try:
        fits = ((value > 0 if positive else value >= 0) and (below is None or value < below)
                and (at_most is None or value <= at_most))
    except TypeError:
        fail(TypeError, f"Invalid {name}: {value!r} is no number but a {type(value).__name__}")
    if not fits:
        fail(ValueError, f"Invalid {name}: {value}")


def check_single(name: str, value: Any) -> None:
    """Raise where an option is a Tensor of several elements."""
    if isinstance(value, Tensor) and value.numel() != 1:
        fail(ValueError, f"Tensor {name} must be 1-element")


def require(rule: str, value: Any, holds: Any) -> None:
    """Raise ``RULE but is: VALUE`` where it does not hold."""
    if not holds:
        fail(ValueError, f"{rule} but is: {value}")


def _check_lr(lr: Any) -> None:
    check_single("lr", lr)
    check("learning rate", lr)


def _check_betas(betas: Any) -> None:
    for i, beta in enumerate(betas):
        check_single(f"betas[{i}]", beta)
        check(f"beta parameter at index {i}", beta, below=1.0)


_CHECKS: dict[str, Callable[[Any], None]] = {
    "lr": _check_lr,
    "betas": _check_betas,
    "eps": lambda eps: check("epsilon value", eps),
    "momentum": lambda momentum: check("momentum value", momentum),
    "weight_decay": lambda decay: check("weight_decay value", decay),
}


def number(value: Any) -> Any:
    """A Tensor of one element as a number of its type, whose arithmetic rounds alike; anything else as it is."""
    return value._a.reshape(())[()] if isinstance(value, Tensor) else value


_NUMBERS = (0.0,)
#: Types of options that are no Tensors; a tuple may hold some.
_PLAIN = frozenset({float, int, bool, str, list, tuple, type(None)})


def numbers(group: dict[str, Any]) -> dict[str, Any]:
    """The options with numbers in place of Tensors; ``group`` itself where it has none."""
    # Runs in every step: sets compare types at a third of a loop's time.
    if _PLAIN.issuperset(map(type, group.values())) and group.get("betas", _NUMBERS)[0].__class__ is float:
        return group
    return {name: tuple(map(number, value)) if isinstance(value, tuple) else number(value)
            for name, value in group.items()}
