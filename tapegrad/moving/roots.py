"""The names by which a ported script reaches our packages."""

from __future__ import annotations

import ast

from .lookup import is_module, locate
from .scopes import SCOPES, Binding, Scope, scope_of


class Roots:
    """Chooses the name of each of our packages in one script, and keeps which of them it needs."""

    def __init__(self, tree: ast.Module) -> None:
        self.needed: dict[str, str] = {}
        #: What the script's own imports, changed, bind at the top of the module.
        self.brought: set[str] = set()
        self._taken: set[str] = set()
        for scope in _scopes(tree):
            for name, binding in scope.bindings.items():
                # `optim` for torch.optim becomes `optim` for ours, and nothing is hidden.
                same = [locate(full) == name for full in binding.names if is_module(full)]
                if binding.other or len(same) < len(binding.names) or not all(same):
                    self._taken.add(name)

    def name(self, package: str) -> str:
        """The script's name for one of our packages."""
        return f"tapegrad_{package}" if package in self._taken else package

    def imported(self, path: str) -> str:
        """What to import for our module ``path`` so that its package is bound to the script's name for it."""
        package = path.partition(".")[0]
        name = self.name(package)
        return path if name == package else f"{package} as {name}"

    def spelled(self, ours: str, root: str, binding: Binding) -> str:
        """How the script says our name ``ours``, where it said it from its own name ``root``."""
        if not binding.whole:
            place = locate(binding.names[0])
            if place is not None and (ours == place or ours.startswith(f"{place}.")):
                return root + ours.removeprefix(place)
        package, dot, rest = ours.partition(".")
        self.needed[package] = self.name(package)
        return self.needed[package] + dot + rest

    def lacking(self) -> list[tuple[str, str]]:
        """The packages that are needed and not imported, with the script's names for them."""
        return sorted((package, name) for package, name in self.needed.items() if name not in self.brought)


def _scopes(tree: ast.Module) -> list[Scope]:
    found: list[Scope] = []

    def walk(node: ast.AST, parent: Scope | None) -> None:
        if isinstance(node, SCOPES):
            parent = scope_of(node, parent)
            found.append(parent)
        for child in ast.iter_child_nodes(node):
            walk(child, parent)

    walk(tree, None)
    return found
