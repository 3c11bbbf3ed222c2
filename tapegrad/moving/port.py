"""``tapegrad port``: a PyTorch script with its imports and names changed to ours, and all else as it was written.

The script's syntax tree says what to change and where; the text is edited at these places, so comments and layout stay.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .findings import Finding, attribute_findings, call_findings, device_findings, name_findings, script_findings
from .imports import ImportChanges
from .kinds import Kinds
from .lookup import absent_part, is_module, locate, missing
from .roots import Roots
from .scopes import SCOPES, Scope, scope_of
from .table import MODULES
from .text import Text, fields, format_strings

#: What some editors write at the start of a file; no part of the program.
BOM = "\ufeff"


class Ported(NamedTuple):
    """A script with our imports, and what of it will not work, or may not."""

    source: str
    findings: list[Finding]

    @property
    def works(self) -> bool:
        """Whether nothing of it is known not to work."""
        return not any(finding.certain for finding in self.findings)


def ported(source: str, filename: str = "<script>") -> Ported:
    """The script with PyTorch's names changed to ours.

    Raises:
        SyntaxError: it is not Python.

    >>> print(ported("import torch\\nx = torch.nn.Linear(2, 1)(torch.ones(2))\\n").source, end="")
    import nn
    import autograd
    x = nn.Linear(2, 1)(autograd.ones(2))
    """
    if source.startswith(BOM):
        result = ported(source.removeprefix(BOM), filename)
        return result._replace(source=BOM + result.source)
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
        self.kinds = Kinds(tree)
        self.line: int | None = None  # of a string that is being read as code
        self.guarded = self.caught = False  # whether a condition decides if it runs; whether an error in it is caught
        self.literals = list(format_strings(self.text))

    def edited(self) -> str:
        result, position = [], 0
        for (start, end), text in sorted(self.edits.items()):
            result += [self.source[position:start], text]
            position = end
        return "".join([*result, self.source[position:]])

    def found(self, findings: Iterable[Finding], line: int | None = None) -> None:
        """Keep what was found; errors in a ``try`` may be what it waits for."""
        self.findings += [f._replace(line=self.line or line or f.line, certain=f.certain and not self.caught)
                          for f in findings]

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
            while isinstance(node, ast.Attribute):
                self.found(self.where_guarded(attribute_findings(node, scope, self.kinds)))
                node = node.value
        elif isinstance(node, ast.JoinedStr) and sys.version_info < (3, 12):
            self.format_string(node, scope)
        elif annotation and isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.quoted(node, scope)
        else:
            if isinstance(node, ast.Call):
                self.found(call_findings(node, scope, self.kinds))
                self.found(self.where_guarded(device_findings(node, scope, self.kinds)))
            if isinstance(node, ast.Attribute):
                self.found(self.where_guarded(attribute_findings(node, scope, self.kinds)))
            for name, value in ast.iter_fields(node):
                before = self.guarded, self.caught
                self.guarded |= isinstance(node, (ast.If, ast.IfExp)) and name in ("body", "orelse")
                self.caught |= isinstance(node, ast.Try) and name == "body" and bool(node.handlers)
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        self.visit(child, scope, annotation or name == "annotation")
                self.guarded, self.caught = before

    def where_guarded(self, findings: Iterable[Finding]) -> Iterable[Finding]:
        """Of what is to be used only under a condition: certain where there is none."""
        return [f._replace(certain=f.certain and not self.guarded) for f in findings]

    def change_import(self, node: ast.Import | ast.ImportFrom) -> None:
        change = self.imports.of(node)
        self.edits.update(change.edits)
        self.found(change.findings)

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
        nodes: list[ast.expr] = [root]
        for part in parts:
            if not is_module(name):
                break
            name = f"{name}.{part.attr}"
            nodes.append(part)
        ours = locate(name)
        if ours is not None:
            self.found(self.where_guarded(name_findings(name, ours)), node.lineno)
        else:
            if binding.other:  # it may mean something else here
                return True
            if MODULES.get(name) != ():
                self.found([Finding(node.lineno, missing(name))])
            place = None if absent_part(name) and name.count(".") > 1 else locate(name.rpartition(".")[0])
            if place is None:
                return True
            ours = f"{place}.{name.rpartition('.')[2]}"
        self.rename(nodes, self.roots.spelled(ours, root.id, binding))
        return True

    def rename(self, nodes: Sequence[ast.expr], name: str) -> None:
        """Give the dotted name whose parts are ``nodes`` another name; comments and breaks between its parts stay."""
        old, new = [n.attr if isinstance(n, ast.Attribute) else n.id for n in nodes], name.split(".")  # type: ignore[attr-defined]
        while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
            old, new = old[:-1], new[:-1]
        if old == new:
            return
        start, end = self.text.span(nodes[0])
        self.edits[start, end] = ".".join(new)
        for node in nodes[1:len(old)]:
            before, end = end, self.text.span(node)[1]
            between = re.sub("#[^\n]*", lambda comment: " " * len(comment[0]), self.source[before:end])
            dot = before + between.index(".")
            self.edits[dot, dot + 1] = ""
            self.edits[before + len(between) - len(node.attr), end] = ""  # type: ignore[attr-defined]

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
