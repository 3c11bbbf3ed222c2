"""Places in a script's text: from the positions of its syntax tree to offsets, and into its formatted strings."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator


class Text:
    """Source text, or a piece of it that stands ``base`` characters from the start of the whole."""

    def __init__(self, source: str, base: int = 0) -> None:
        self.source, self.base = source, base
        self._lines = re.findall("[^\n]*\n|[^\n]+", source) or [""]  # as Python counts lines; str.splitlines finds more
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        """The offset, in the whole, of a position of the tree: a line from 1, and a column in bytes of UTF-8."""
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return self.base + self._starts[line - 1] + len(text.encode()[:column].decode())

    def span(self, node: ast.expr | ast.stmt | ast.alias) -> tuple[int, int]:
        """Where a node begins and ends in the whole."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)


def format_strings(text: Text) -> Iterator[tuple[int, str]]:
    """The formatted string literals of a text, each with its offset in the whole.

    Before Python 3.12 the tree has no reliable positions inside of them, and the tokenizer gives each as one token.
    """
    for token in tokenize.generate_tokens(io.StringIO(text.source).readline):
        if token.type == tokenize.STRING and "f" in re.split("['\"]", token.string, maxsplit=1)[0].lower():
            line, column = token.start
            yield text.offset(line, len(token.line[:column].encode())), token.string


def fields(literal: str) -> Iterator[tuple[int, str]]:
    """The expressions in a formatted string literal, with their offsets in it; those in format specifications, too."""
    start = re.match("[a-zA-Z]*('''|\"\"\"|'|\")", literal)
    assert start is not None
    yield from _literal_part(literal, start.end(), len(literal) - len(start[1]), "r" in start[0].lower())


def _literal_part(text: str, position: int, end: int, raw: bool) -> Iterator[tuple[int, str]]:
    while position < end:
        if text.startswith(("{{", "}}"), position):
            position += 2
        elif not raw and text.startswith("\\N{", position):
            position = text.index("}", position) + 1
        elif text[position] == "{":
            stop = _end_of_expression(text, position + 1)
            yield position + 1, text[position + 1:stop].rstrip().removesuffix("=")
            close = _end_of_field(text, stop)
            yield from _literal_part(text, stop + 1, close, raw)
            position = close + 1
        else:
            position += 1


def _end_of_expression(text: str, position: int) -> int:
    """Where the expression that begins at ``position`` ends: at its ``!``, ``:`` or ``}``."""
    depth = 0
    while True:
        character = text[position]
        if character in "'\"":
            position = _end_of_string(text, position)
            continue
        if depth == 0 and (character in ":}" or (character == "!" and text[position + 1] != "=")):
            return position
        depth += (character in "([{") - (character in ")]}")
        position += 1


def _end_of_string(text: str, position: int) -> int:
    quotes = re.compile("'''|\"\"\"|'|\"").match(text, position)
    assert quotes is not None
    return text.index(quotes[0], quotes.end()) + len(quotes[0])


def _end_of_field(text: str, position: int) -> int:
    """Where the field ends whose expression ends at ``position``; its format may have fields of its own."""
    depth = 0
    while depth or text[position] != "}":
        depth += (text[position] == "{") - (text[position] == "}")
        position += 1
    return position
