"""What an expression of a script is, where the text alone tells: a tensor, or an instance of one of our classes."""

from __future__ import annotations

import ast
import difflib
import importlib
import inspect
import re
from collections import Counter
from functools import cache
from typing import Any

import nn
from autograd import Tensor
from autograd.primitive import Primitive
from autograd.refusal import Refusal
from nn import Module
from optim import Optimizer

from .lookup import fetch, is_module, locate
from .scopes import Scope, inside, scope_of

#: What gives one tensor and is no operation of its own.
_FUNCTIONS = frozenset((
    "arange", "as_tensor", "empty", "empty_like", "eye", "from_numpy", "full", "full_like", "linspace", "logspace",
    "normal", "ones", "ones_like", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm",
    "tensor", "zeros", "zeros_like", "cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits"))
_METHODS = frozenset((
    "bool", "byte", "char", "contiguous", "cpu", "cuda", "detach", "double", "float", "half", "int", "long",
    "new_empty", "new_full", "new_ones", "new_tensor", "new_zeros", "requires_grad_", "short", "to", "view"))
#: What gives the module that it is called on.
_OF_MODULES = frozenset((
    "apply", "bfloat16", "cpu", "cuda", "double", "eval", "float", "half", "requires_grad_", "share_memory", "to",
    "to_empty", "train", "type"))
_PROPERTIES = frozenset(("H", "T", "data", "mH", "mT"))


class Kinds:
    """Tells kinds in one script."""

    def __init__(self, tree: ast.Module) -> None:
        #: Attributes that the script itself gives to things, and names that it may give them by strings.
        self._given: set[str] = set()
        self._shared: set[str] = set()
        self._values: dict[tuple[int, str], ast.expr | None] = {}
        self._classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        #: How often the script gives a thing an attribute of this name.
        self._gifts: Counter[str] = Counter()
        self._strings: set[str] = set()
        self._asked: set[int] = set()  # expressions that are being looked at
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                self._given.add(node.attr)
                self._gifts[node.attr] += 1
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._given.add(node.value)
                self._strings.add(node.value)
            elif isinstance(node, ast.keyword) and node.arg:
                self._given.add(node.arg)
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):  # in a class, too
                self._given.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self._given.add(node.name)
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                self._shared.update(node.names)

    def of(self, node: ast.expr, scope: Scope) -> type | None:
        """Tensor or another class of ours, of which ``node`` is an instance; None where that is not sure."""
        if id(node) in self._asked:  # a = b; b = a
            return None
        self._asked.add(id(node))
        try:
            return self._of(node, scope)
        finally:
            self._asked.discard(id(node))

    def _of(self, node: ast.expr, scope: Scope) -> type | None:
        if isinstance(node, ast.Name):
            found = self.assigned(node.id, scope)
            return None if found is None else self.of(*found)
        if isinstance(node, ast.Call):
            return self._of_call(node, scope)
        if isinstance(node, ast.Attribute):
            if node.attr in _PROPERTIES and self.of(node.value, scope) is Tensor:
                return Tensor
            found = self._own(node, scope)
            return None if found is None else self.of(*found)
        if isinstance(node, ast.Subscript):
            return Tensor if self.of(node.value, scope) is Tensor else None
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
            return Tensor if self.of(node.operand, scope) is Tensor else None
        if isinstance(node, ast.BinOp):
            sides = [node.left, node.right]
            known = [isinstance(n, ast.Constant) or self.of(n, scope) is Tensor for n in sides]
            return Tensor if all(known) and not all(isinstance(n, ast.Constant) for n in sides) else None
        return None

    def assigned(self, name: str, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """The one expression that ``name`` ever stands for, and its scope."""
        home: Scope | None = scope
        while home is not None and (name not in home.bindings or (
                home is not scope and isinstance(home.node, ast.ClassDef))):
            home = home.parent
        if home is None:
            return None
        key = id(home.node), name
        if key not in self._values:
            self._values[key] = self._assigned_in(name, home)
        value = self._values[key]
        return None if value is None else (value, home)

    def _assigned_in(self, name: str, home: Scope) -> ast.expr | None:
        if name in self._shared or home.bindings[name].names or home.bindings[name].other != 1:
            return None
        nodes = list(inside(home.node))
        if any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Del) for n in nodes):
            return None
        for node in nodes:
            targets = node.targets if isinstance(node, ast.Assign) else [
                node.target] if isinstance(node, ast.AnnAssign) else []
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                value = node.value  # type: ignore[attr-defined]
                recursive = value is None or any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value))
                return None if recursive else value
        return None

    def _own(self, node: ast.Attribute, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """The one expression that an attribute of ``self`` ever stands for, and its scope."""
        if self._gifts[node.attr] != 1 or node.attr in self._strings or not isinstance(node.value, ast.Name):
            return None
        home: Scope | None = scope
        while home is not None and node.value.id not in home.bindings:
            home = home.parent
        if home is None or not _is_self(node.value.id, home):
            return None
        around = home.parent
        assert around is not None
        if node.attr in around.bindings:
            return None
        for method in around.node.body:  # type: ignore[union-attr]
            for part in ast.walk(method) if isinstance(method, ast.FunctionDef) else ():
                targets = part.targets if isinstance(part, ast.Assign) else [
                    part.target] if isinstance(part, ast.AnnAssign) else []
                if len(targets) == 1 and isinstance(targets[0], ast.Attribute) and targets[0].attr == node.attr:
                    inner = scope_of(method, around)  # type: ignore[arg-type]
                    owner, value = targets[0].value, part.value  # type: ignore[attr-defined]
                    mine = isinstance(owner, ast.Name) and _is_self(owner.id, inner) and value is not None
                    return (value, inner) if mine and part in inside(method) else None
        return None

    def _class(self, node: ast.expr, scope: Scope) -> type | None:
        """The class that the script derives, once, from one of our modules under the name ``node``."""
        binding = scope.find(node.id) if isinstance(node, ast.Name) else None
        if binding is None or binding.names or binding.other != 1 or node.id in self._shared:  # type: ignore[attr-defined]
            return None
        definition = self._classes.get(node.id)  # type: ignore[attr-defined]
        if definition is None or definition.decorator_list or definition.keywords or len(definition.bases) != 1:
            return None
        base = called(definition.bases[0], scope)
        if not isinstance(base, type) or not issubclass(base, Module) or "__getattr__" in self._given:
            return None
        return type(definition.name, (base,), {"__module__": "__main__"})

    def _of_call(self, node: ast.Call, scope: Scope) -> type | None:
        found = called(node.func, scope)
        if found is not None:
            if isinstance(found, type):
                return found if issubclass(found, (Tensor, Module, Optimizer)) else None
            return Tensor if _gives_tensor(found, _FUNCTIONS) and not _writes_many(node) else None
        derived = self._class(node.func, scope)
        if derived is not None:
            return derived
        if isinstance(node.func, ast.Attribute):
            kind = self.of(node.func.value, scope)
            if kind is not None and issubclass(kind, Module) and node.func.attr in _OF_MODULES:
                return kind
            if kind is Tensor:
                method = getattr(kind, node.func.attr, None)
                return Tensor if method is not None and _gives_tensor(method, _METHODS) else None
        kind = self.of(node.func, scope)
        if kind is None or not issubclass(kind, Module) or not kind.__module__.startswith("nn."):
            return None
        return Tensor if inspect.signature(kind.forward).return_annotation in (Tensor, "Tensor") else None

    def lacks(self, kind: type, attribute: str) -> bool:
        """Whether instances have no such attribute, whatever the script gives them."""
        if attribute in self._given or attribute.startswith("_") or hasattr(kind, attribute):
            return False
        if issubclass(kind, (nn.Sequential, nn.ModuleDict, nn.ParameterDict, nn.RNNBase)):  # they make names of members
            return False
        return not any(attribute in _words(base.__module__) for base in kind.__mro__)


@cache
def _words(module: str) -> frozenset[str]:
    """The words in the text of one of our modules, among which are the attributes that its classes' instances get."""
    ours = module.partition(".")[0] in ("autograd", "nn", "optim")
    return frozenset(re.findall(r"\w+", inspect.getsource(importlib.import_module(module)))) if ours else frozenset()


def _is_self(name: str, scope: Scope) -> bool:
    """Whether ``name`` is the first parameter of a method, which ``scope`` is of, and stays it."""
    method, binding = scope.node, scope.bindings.get(name)
    if not isinstance(method, ast.FunctionDef) or method.decorator_list or binding is None or binding.other != 1:
        return False
    first = (*method.args.posonlyargs, *method.args.args)[:1]
    return bool(first) and first[0].arg == name and scope.parent is not None and isinstance(
        scope.parent.node, ast.ClassDef)


def called(node: ast.expr, scope: Scope) -> Any:
    """What of ours an expression such as ``F.relu`` stands for; None where it is nothing of PyTorch, or missing."""
    name = full_name(node, scope)
    ours = None if name is None or is_module(name) else locate(name)
    found = None if ours is None else fetch(ours)
    return None if isinstance(found, Refusal) else found


def full_name(node: ast.expr, scope: Scope) -> str | None:
    """PyTorch's name for an expression such as ``F.relu``."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    binding = scope.find(node.id) if isinstance(node, ast.Name) else None
    if binding is None or not binding.names or binding.other:
        return None
    return ".".join([binding.names[0], *parts])


def nearest(kind: type, attribute: str) -> str:
    """A question whether another attribute was meant; empty where none is like it."""
    found = difflib.get_close_matches(attribute, [n for n in dir(kind) if not n.startswith("_")], 1, 0.75)
    return f"; did you mean {found[0]}?" if found else ""


def takes(function: object, argument: str) -> bool:
    """Whether ``function`` has a parameter of this name, or takes it beside its own: ``out``, another name of one."""
    if argument in getattr(getattr(function, "form", None), "extras", ()):
        return True
    try:
        parameters = inspect.signature(function).parameters  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return True
    # Factories such as ``zeros(*size, **named)`` take no other names than ``size`` there.
    others = [p.name for p in parameters.values() if p.kind is p.VAR_KEYWORD]
    return argument in parameters or (others != [] and (others != ["named"] or argument == "size"))


def _gives_tensor(function: Any, names: frozenset[str]) -> bool:
    op = getattr(function, "op", None)
    if isinstance(op, Primitive):
        return op.outputs == 1
    name = getattr(function, "__name__", "")
    return name in names or name.endswith("_loss")


def _writes_many(node: ast.Call) -> bool:
    return any(keyword.arg in ("return_indices", "return_inverse", "return_counts", None) for keyword in node.keywords)
