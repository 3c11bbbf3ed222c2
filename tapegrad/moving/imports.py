"""Import statements of a script, changed from PyTorch to ours."""

from __future__ import annotations

import ast
import builtins
import io
import re
import tokenize
from typing import NamedTuple

from .findings import Finding, name_findings
from .lookup import locate, missing, places, public
from .roots import Roots
from .scopes import is_torch, scope_of
from .table import FOREIGN, MODULES, STAR_MODULES
from .text import Text


class Change(NamedTuple):
    """Edits of the text, and what is to be said of the names."""

    edits: dict[tuple[int, int], str]
    findings: list[Finding]


class ImportChanges:
    """Changes the imports of one script."""

    def __init__(self, text: Text, tree: ast.Module, roots: Roots) -> None:
        self.text, self.tree, self.roots = text, tree, roots
        self._top = {id(node) for statement in tree.body for node in _unscoped(statement)}

    def of(self, node: ast.Import | ast.ImportFrom) -> Change:
        """How to change one statement."""
        if isinstance(node, ast.Import):
            return self._import(node)
        if node.level == 0 and (node.module or "").partition(".")[0] in FOREIGN:
            return Change({}, [Finding(node.lineno, missing(node.module or ""))])
        if node.level or not is_torch(node.module or ""):
            return Change({}, [])
        return self._from(node)

    def place_for_more(self) -> int:
        """Where further imports go: before the first that is changed, or after the docstring."""
        body = self.tree.body
        for statement in body:
            if id(statement) in self._top and isinstance(statement, (ast.Import, ast.ImportFrom)) and (
                    any(is_torch(alias.name) for alias in statement.names) if isinstance(statement, ast.Import)
                    else statement.level == 0 and is_torch(statement.module or "")):
                return self.text.span(statement)[0]
        for statement in body:
            docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
            if not docstring and not future:
                return self.text.offset(statement.lineno, 0)
        return len(self.text.source)

    # --- import a.b as c ----------------------------------------------------------------------------------

    def _import(self, node: ast.Import) -> Change:
        change = Change({}, [])
        for alias in node.names:
            if alias.name.partition(".")[0] in FOREIGN:
                change.findings.append(Finding(node.lineno, missing(alias.name)))
            if not is_torch(alias.name):
                continue
            ours = locate(alias.name)
            if ours is None and (alias.asname or MODULES.get(alias.name) != ()):
                change.findings.append(Finding(node.lineno, missing(alias.name)))
            if ours is None and alias.asname:
                continue  # it fails there, and says what is missing
            if alias.asname:
                text = ours if ours == alias.asname else f"{ours} as {alias.asname}"
                self._brought(node, alias.asname)
            else:
                text = self.roots.imported(ours or "autograd")
                self._brought(node, self.roots.name((ours or "autograd").partition(".")[0]))
            change.edits[self.text.span(alias)] = text or ""
        return change

    def _brought(self, node: ast.stmt, name: str) -> None:
        if id(node) in self._top:
            self.roots.brought.add(name)

    # --- from a.b import c as d ---------------------------------------------------------------------------

    def _from(self, node: ast.ImportFrom) -> Change:
        change = Change({}, [])
        module = node.module or ""
        aliases = [(alias.name, alias.asname) for alias in node.names]
        if aliases[0][0] == "*":
            aliases = [(name, None) for name in self._used(module)]
        targets: dict[str, list[tuple[str, str | None]]] = {}
        for name, asname in aliases:
            full = f"{module}.{name}"
            ours = locate(full)
            if ours is None:
                change.findings.append(Finding(node.lineno, missing(full)))
                place, attribute = (*places(module), *MODULES.get(module, ()), module)[0], name
            else:
                place, _, attribute = ours.rpartition(".")
                # To import what is refused is no error, and its uses are told of where they stand.
                change.findings.extend(f._replace(line=node.lineno, certain=False) for f in name_findings(full, ours))
            targets.setdefault(place, []).append((attribute, asname if asname or attribute == name else name))
            if not place:
                self._brought(node, asname or attribute)
        start, end = self.text.span(node)
        statement = self.text.source[start:end]
        if len(targets) == 1 and "" not in targets and [n for n, _ in next(iter(targets.values()))] == [
                alias.name for alias in node.names]:
            found = re.match(r"from(?:\s|\\\n)+([\w.]+)", statement)
            assert found is not None
            if found[1] != next(iter(targets)):
                change.edits[start + found.start(1), start + found.end(1)] = next(iter(targets))
            return change
        change.edits[start, end] = self._written(targets, start, end, statement)
        return change

    def _written(self, targets: dict[str, list[tuple[str, str | None]]], start: int, end: int, statement: str) -> str:
        def named(name: str, asname: str | None) -> str:
            return f"{name} as {asname}" if asname and asname != name else name

        lines = []
        for place, names in targets.items():
            if place:
                lines.append(f"from {place} import {', '.join(named(*pair) for pair in names)}")
            else:
                lines += [f"import {named(*pair)}" for pair in names]
        source = self.text.source
        before = source[source.rfind("\n", 0, start) + 1:start]
        after = source[end:source.find("\n", end) if "\n" in source[end:] else len(source)].strip()
        alone = not before.strip() and not after.startswith(";")
        comments = [token.string for token in tokenize.generate_tokens(io.StringIO(statement).readline)
                    if token.type == tokenize.COMMENT]
        return (f"\n{before}" if alone else "; ").join(lines or ["import autograd"]) + "".join(
            f"  {comment}" for comment in comments)

    def _used(self, module: str) -> list[str]:
        """The names that the script has from ``from module import *``."""
        own = scope_of(self.tree, None).bindings
        read = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}
        brought = {*public(module), *STAR_MODULES.get(module, ())}
        return sorted(name for name in read & brought if name not in own or not hasattr(builtins, name))


def _unscoped(node: ast.AST) -> list[ast.AST]:
    """The statement and those in it that run when the module is imported."""
    found = [node]
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.stmt, ast.ExceptHandler)):
                found += _unscoped(child)
    return found
