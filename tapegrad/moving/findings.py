"""What of a script will not work here, as far as its text tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from autograd import Tensor
from autograd.dtypes import device as Device
from autograd.refusal import Refusal
from nn import Module

from .kinds import Kinds, called, full_name, nearest, takes
from .lookup import fetch
from .missing_methods import METHODS
from .scopes import Scope


class Finding(NamedTuple):
    """A line, and what will not work in it; or, where not ``certain``, what may work."""

    line: int
    text: str
    certain: bool = True


#: Functions whose first argument is a device.
_OF_DEVICE = ("torch.set_default_device", "torch.Generator")
_GUARD = "(fine where cuda.is_available() guards it)"


def call_findings(node: ast.Call, scope: Scope, kinds: Kinds) -> Iterator[Finding]:
    """What a call asks for that is not here: methods, arguments."""
    name = full_name(node.func, scope)
    if name is not None:
        function = called(node.func, scope)
        for keyword in node.keywords:
            if function is not None and keyword.arg and not name.endswith((".autocast", ".GradScaler")) and (
                    not takes(function, keyword.arg)):
                yield Finding(node.lineno, f"{name} has no argument {keyword.arg}={_instead(keyword.arg)}")
            elif keyword.arg == "sparse" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True:
                yield Finding(node.lineno, f"{name} raises with sparse=True: gradients are dense")
    elif isinstance(node.func, ast.Attribute):
        method = node.func.attr
        if method in METHODS and not hasattr(Tensor, method) and not hasattr(Module, method):
            yield Finding(node.lineno, f"torch.Tensor.{method} is not in Tapegrad")
        function = getattr(Tensor, method, None)
        sure = kinds.of(node.func.value, scope) is Tensor
        for keyword in node.keywords:
            if keyword.arg and (sure or keyword.arg in ("axis", "keepdims")) and function is not None and not takes(
                    function, keyword.arg):
                yield Finding(node.lineno, f"torch.Tensor.{method} has no argument {keyword.arg}="
                                           f"{_instead(keyword.arg)}")


def device_findings(node: ast.Call, scope: Scope, kinds: Kinds) -> Iterator[Finding]:
    """Where a call asks for a device that is not here."""
    name = full_name(node.func, scope)
    method = node.func.attr if name is None and isinstance(node.func, ast.Attribute) else None
    if method == "cuda":
        yield Finding(node.lineno, f".cuda() raises: there is no GPU {_GUARD}")
    if (name in _OF_DEVICE or method == "to") and node.args:
        device = _device(node.args[0], scope, kinds)
        if device is not None:
            yield Finding(node.lineno, f"{name or '.to'}({device!r}) raises: tensors live on the CPU {_GUARD}")
    for keyword in node.keywords:
        device = _device(keyword.value, scope, kinds) if keyword.arg in ("device", "map_location") else None
        if device is not None:
            yield Finding(node.lineno, f"{keyword.arg}={device!r} raises: tensors live on the CPU {_GUARD}")


def attribute_findings(node: ast.Attribute, scope: Scope, kinds: Kinds) -> Iterator[Finding]:
    """What a tensor, a module or an optimizer is asked for and does not have."""
    kind = kinds.of(node.value, scope)
    if kind is not None and kinds.lacks(kind, node.attr) and node.attr not in METHODS:
        yield Finding(node.end_lineno or node.lineno,
                      f"{kind.__name__} has no attribute {node.attr}{nearest(kind, node.attr)}")


def name_findings(name: str, ours: str) -> Iterator[Finding]:
    """What there is to say of PyTorch's ``name``, for which ``ours`` stands here; the line is not told."""
    found = fetch(ours)
    if isinstance(found, Refusal):
        yield Finding(0, f"{name} raises when it is used: {str(found)[1:-1]}")
    elif name == "torch.__version__":
        yield Finding(0, f"{name} becomes Tapegrad's own version, {found}", False)


def script_findings(tree: ast.Module) -> Iterator[Finding]:
    """What a script as a whole lacks: the guard that new worker processes need."""
    guarded = any(isinstance(node, ast.If) and "__name__" in {n.id for n in ast.walk(node.test)
                                                              if isinstance(n, ast.Name)} for node in tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not guarded:
            for keyword in node.keywords:
                constant = isinstance(keyword.value, ast.Constant)
                if keyword.arg == "num_workers" and not (constant and keyword.value.value == 0):  # type: ignore[attr-defined]
                    yield Finding(node.lineno, "workers of a DataLoader import the script: start its work under "
                                               "if __name__ == \"__main__\":, or give multiprocessing_context=\"fork\"",
                                  constant)


def _instead(argument: str) -> str:
    return {"axis": "; write dim=", "keepdims": "; write keepdim=", "out": "; assign the result"}.get(argument, "")


def _device(node: ast.expr, scope: Scope, kinds: Kinds) -> str | None:
    """The device that an expression names for sure, unless it is the CPU."""
    if isinstance(node, ast.Name):
        found = kinds.assigned(node.id, scope)
        return None if found is None else _device(*found, kinds)
    if isinstance(node, ast.Call) and full_name(node.func, scope) == "torch.device" and node.args:
        return _device(node.args[0], scope, kinds)
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return None
    try:
        return None if Device(node.value).type == "cpu" else node.value
    except RuntimeError:
        return None
