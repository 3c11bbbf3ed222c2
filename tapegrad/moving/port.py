"""``tapegrad port``: a PyTorch script with its imports and names changed to ours, and all else as it was written.

The script's syntax tree says what to change and where; the text is edited at these places, so comments and layout stay.
"""

from __future__ import annotations

import ast
import sys
from typing import NamedTuple

from .findings import Finding, call_findings, name_findings, script_findings
from .imports import ImportChanges
from .lookup import absent_part, is_module, locate, missing
from .roots import Roots
from .scopes import SCOPES, Scope, scope_of
from .table import MODULES
from .text import Text, fields, format_strings


class Ported(NamedTuple):
    """A script with our imports, and what of it will not work."""

    source: str
    findings: list[Finding]


def ported(source: str, filename: str = "<script>") -> Ported:
    """The script with PyTorch's names changed to ours.

    Raises:
        SyntaxError: it is not Python.

    >>> print(ported("import torch\\nx = torch.nn.Linear(2, 1)(torch.ones(2))\\n").source, end="")
    import nn
    import autograd
    x = nn.Linear(2, 1)(autograd.ones(2))
    """
    tree = ast.parse(source, filename)
    porter = _Porter(source, tree)
    porter.scoped(tree, None)
    porter.insert_imports()
    findings = sorted({*porter.findings, *script_findings(tree)}, key=lambda f: (f.line, f.text))
    return Ported(porter.edited(), findings)


class _Porter:
    def __init__(self, source: str, tree: ast.Module) -> None:
        self.source, self.tree = source, tree
        self.text = Text(source)
        self.edits: dict[tuple[int, int], str] = {}
        self.findings: list[Finding] = []
        self.roots = Roots(tree)
        self.imports = ImportChanges(self.text, tree, self.roots)
        self.line: int | None = None  # of a string that is being read as code
        self.literals = list(format_strings(self.text))

    def edited(self) -> str:
        result, position = [], 0
        for (start, end), text in sorted(self.edits.items()):
            result += [self.source[position:start], text]
            position = end
        return "".join([*result, self.source[position:]])

    def found(self, node: ast.expr | ast.stmt, text: str) -> None:
        self.findings.append(Finding(self.line or node.lineno, text))

    # --- walking ------------------------------------------------------------------------------------------

    def scoped(self, node: ast.AST, parent: Scope | None) -> None:
        """Visit what lies in a scope of its own; what is outside of its braces belongs to the scope around it."""
        assert isinstance(node, SCOPES)
        scope = scope_of(node, parent)
        outside: list[ast.AST] = []
        if parent is not None:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                outside = [*node.decorator_list, *([node.returns] if node.returns else [])]
            elif isinstance(node, ast.ClassDef):
                outside = [*node.decorator_list, *node.bases, *node.keywords]
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                outside.append(node.args)
            for child in outside:
                self.visit(child, parent, child is getattr(node, "returns", None))
        for child in ast.iter_child_nodes(node):
            if not any(child is one for one in outside):
                self.visit(child, scope)

    def visit(self, node: ast.AST, scope: Scope, annotation: bool = False) -> None:
        if isinstance(node, SCOPES):
            self.scoped(node, scope)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self.change_import(node)
        elif isinstance(node, (ast.Attribute, ast.Name)) and self.change_name(node, scope):
            pass
        elif isinstance(node, ast.JoinedStr) and sys.version_info < (3, 12):
            self.format_string(node, scope)
        elif annotation and isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.quoted(node, scope)
        else:
            if isinstance(node, ast.Call):
                self.findings += [Finding(self.line or f.line, f.text) for f in call_findings(node, scope)]
            for name, value in ast.iter_fields(node):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        self.visit(child, scope, annotation or name == "annotation")

    def change_import(self, node: ast.Import | ast.ImportFrom) -> None:
        change = self.imports.of(node)
        self.edits.update(change.edits)
        for text in change.missing:
            self.found(node, text)

    def change_name(self, node: ast.Attribute | ast.Name, scope: Scope) -> bool:
        """Change ``torch.nn.Linear`` or the like; False where the expression is none."""
        parts: list[ast.Attribute] = []
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            parts.insert(0, root)
            root = root.value
        if not isinstance(root, ast.Name):
            return False
        binding = scope.find(root.id)
        if binding is None or not binding.names:
            return True
        name = binding.names[0]
        if not is_module(name):  # a function or class by its own name, which stays
            return True
        reached: ast.expr = root
        for part in parts:
            if not is_module(name):
                break
            name, reached = f"{name}.{part.attr}", part
        ours = locate(name)
        if ours is not None:
            self.findings += [Finding(self.line or node.lineno, text) for text in name_findings(name, ours)]
        else:
            if binding.other:  # it may mean something else here
                return True
            if MODULES.get(name) != ():
                self.found(node, missing(name))
            place = None if absent_part(name) and name.count(".") > 1 else locate(name.rpartition(".")[0])
            if place is None:
                return True
            ours = f"{place}.{name.rpartition('.')[2]}"
        text = self.roots.spelled(ours, root.id, binding)
        span = self.text.span(root)[0], self.text.span(reached)[1]
        if text != self.source[slice(*span)]:
            self.edits[span] = text
        return True

    # --- code in strings ----------------------------------------------------------------------------------

    def format_string(self, node: ast.JoinedStr, scope: Scope) -> None:
        start, end = self.text.span(node)
        for offset, literal in self.literals:
            if start <= offset < end:
                for at, expression in fields(literal):
                    self.piece(expression, offset + at, node.lineno, scope)

    def quoted(self, node: ast.Constant, scope: Scope) -> None:
        """An annotation in quotes."""
        start, end = self.text.span(node)
        literal = self.source[start:end]
        if literal[1:-1] == node.value:
            self.piece(node.value, start + 1, node.lineno, scope)

    def piece(self, expression: str, offset: int, line: int, scope: Scope) -> None:
        try:  # the parentheses let it begin with blanks and go over lines
            tree = ast.parse(f"({expression})", mode="eval")
        except SyntaxError:
            return
        before = self.text, self.line, self.literals
        self.text, self.line = Text(f"({expression})", offset - 1), self.line or line
        self.literals = list(format_strings(self.text))
        self.visit(tree.body, scope)
        self.text, self.line, self.literals = before

    def insert_imports(self) -> None:
        """Import those of our packages that names were changed to and that no import of the script's own brings."""
        lines = [f"import {package} as {name}" if package != name else f"import {package}"
                 for package, name in self.roots.lacking()]
        if lines:
            at = self.imports.place_for_more()
            self.edits[at, at] = "".join(f"{line}\n" for line in lines)
