"""Which names of a script mean something of PyTorch: its imports, and what hides them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
ScopeNode = ast.Module | ast.ClassDef | FunctionNode | Comprehension
SCOPES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ListComp, ast.SetComp,
          ast.DictComp, ast.GeneratorExp)


@dataclass
class Binding:
    """What a name is bound to in one scope."""

    #: PyTorch's full names that imports bind it to, and whether ``import torch.x`` did, which binds ``torch``.
    names: list[str] = field(default_factory=list)
    whole: bool = False
    #: How many other statements and parameters bind it, too.
    other: int = 0


@dataclass
class Scope:
    """The names that one module, class, function or comprehension binds."""

    node: ScopeNode
    parent: Scope | None
    bindings: dict[str, Binding] = field(default_factory=dict)

    def find(self, name: str) -> Binding | None:
        """What a name means when it is read in this scope."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings and (scope is self or not isinstance(scope.node, ast.ClassDef)):
                return scope.bindings[name]
            scope = scope.parent
        return None


def scope_of(node: ScopeNode, parent: Scope | None) -> Scope:
    """The scope that ``node`` opens, with what is bound in it."""
    scope = Scope(node, parent)
    elsewhere: set[str] = set()
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        arguments = node.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg,
                         arguments.kwarg):
            if argument is not None:
                _bound(scope, argument.arg).other += 1
    for child in inside(node):
        _bind(scope, child, elsewhere)
    for name in elsewhere:
        scope.bindings.pop(name, None)
    return scope


def is_torch(name: str) -> bool:
    return name == "torch" or name.startswith("torch.")


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below ``node`` that belong to its own scope."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, SCOPES):
            yield from inside(child)


def _bound(scope: Scope, name: str) -> Binding:
    return scope.bindings.setdefault(name, Binding())


def _bind(scope: Scope, node: ast.AST, elsewhere: set[str]) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            root = alias.name.partition(".")[0]
            binding = _bound(scope, alias.asname or root)
            if root != "torch":
                binding.other += 1
            elif alias.asname:
                binding.names.append(alias.name)
            else:
                binding.names.append(root)
                binding.whole = True
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            binding = _bound(scope, alias.asname or alias.name)
            if node.level == 0 and is_torch(node.module or ""):
                binding.names.append(f"{node.module}.{alias.name}")
            else:
                binding.other += 1
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        _bound(scope, node.id).other += 1
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs,
                           ast.MatchStar)):
        if node.name:
            _bound(scope, node.name).other += 1
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        elsewhere.update(node.names)
