"""What of a script will not work here, as far as its text tells."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import NamedTuple

from autograd import Tensor
from autograd.refusal import Refusal
from nn import Module

from .lookup import fetch, is_module, locate
from .missing_methods import METHODS
from .scopes import Scope


class Finding(NamedTuple):
    """A line, and what will not work in it."""

    line: int
    text: str


def call_findings(node: ast.Call, scope: Scope) -> Iterator[Finding]:
    """What a call asks for that is not here: methods, arguments, devices."""
    name = _full_name(node.func, scope)
    if name is not None:
        ours = locate(name)
        function = None if ours is None or is_module(name) else fetch(ours)
        if function is not None and not name.endswith((".autocast", ".GradScaler")):
            for keyword in node.keywords:
                if keyword.arg and not _takes(function, keyword.arg):
                    yield Finding(node.lineno, f"{name} has no argument {keyword.arg}={_instead(keyword.arg)}")
    elif isinstance(node.func, ast.Attribute):
        method = node.func.attr
        if method == "cuda":
            yield Finding(node.lineno, ".cuda() raises: there is no GPU (fine where cuda.is_available() guards it)")
        elif method in METHODS and not hasattr(Tensor, method) and not hasattr(Module, method):
            yield Finding(node.lineno, f"torch.Tensor.{method} is not in Tapegrad")
        function = getattr(Tensor, method, None)
        for keyword in node.keywords:
            if keyword.arg in ("axis", "keepdims") and function is not None and not _takes(function, keyword.arg):
                yield Finding(node.lineno, f"torch.Tensor.{method} has no argument {keyword.arg}="
                                           f"{_instead(keyword.arg)}")
    for keyword in node.keywords:
        if keyword.arg == "device" and isinstance(keyword.value, ast.Constant) and _is_gpu(keyword.value.value):
            yield Finding(node.lineno, f"device={keyword.value.value!r} raises: tensors live on the CPU")


def name_findings(name: str, ours: str) -> Iterator[str]:
    """What there is to say of PyTorch's ``name``, for which ``ours`` stands here."""
    found = fetch(ours)
    if isinstance(found, Refusal):
        yield f"{name} raises when it is used: {str(found)[1:-1]}"
    elif name == "torch.__version__":
        yield f"{name} becomes Tapegrad's own version, {found}"


def script_findings(tree: ast.Module) -> Iterator[Finding]:
    """What a script as a whole lacks: the guard that new worker processes need."""
    guarded = any(isinstance(node, ast.If) and "__name__" in {n.id for n in ast.walk(node.test)
                                                              if isinstance(n, ast.Name)} for node in tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not guarded:
            for keyword in node.keywords:
                if keyword.arg == "num_workers" and not (
                        isinstance(keyword.value, ast.Constant) and keyword.value.value == 0):
                    yield Finding(node.lineno, "workers of a DataLoader import the script: start its work under "
                                               "if __name__ == \"__main__\":, or give multiprocessing_context=\"fork\"")


def _full_name(node: ast.expr, scope: Scope) -> str | None:
    """PyTorch's name for an expression such as ``F.relu``."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    binding = scope.find(node.id) if isinstance(node, ast.Name) else None
    if binding is None or not binding.names or binding.other:
        return None
    return ".".join([binding.names[0], *parts])


def _takes(function: object, argument: str) -> bool:
    try:
        parameters = inspect.signature(function).parameters  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return True
    return argument in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _instead(argument: str) -> str:
    return {"axis": "; write dim=", "keepdims": "; write keepdim=", "out": "; assign the result"}.get(argument, "")


def _is_gpu(value: object) -> bool:
    return isinstance(value, str) and value.partition(":")[0] in ("cuda", "mps", "xpu")
