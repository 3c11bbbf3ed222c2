"""Formulas as Python text that can be run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .symbols import Expr

BINARY = {"add": ("+", 5), "sub": ("-", 5), "mul": ("*", 6), "div": ("/", 6), "matmul": ("@", 6), "pow": ("**", 8),
           "lt": ("<", 3), "le": ("<=", 3), "gt": (">", 3), "ge": (">=", 3), "eq": ("==", 3), "ne": ("!=", 3),
           "and": ("&", 4), "or": ("|", 4), "xor": ("^", 4)}
_UNARY = {"neg": ("-", 7), "not": ("~", 7)}
ATOM = 10
#: Python binds ``&`` closer than ``<``, so operands of signs in the same row are bracketed.
BRACKETED = {"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "xor"}


def _e(head: str, *args: Any) -> Expr:
    return Expr(head, args)


_PI = _e("name", "pi")
#: Numbers that rules compute once, as they are known.
KNOWN = [
    (math.log(2), _e("log", 2)), (math.log(10), _e("log", 10)), (math.pi, _PI), (math.pi / 180, _e("div", _PI, 180)),
    (180 / math.pi, _e("div", 180, _PI)), (2 / math.sqrt(math.pi), _e("div", 2, _e("sqrt", _PI))),
    (-2 / math.sqrt(math.pi), _e("neg", _e("div", 2, _e("sqrt", _PI)))), (math.sqrt(2), _e("sqrt", 2)),
    (math.sqrt(math.pi) / 2, _e("div", _e("sqrt", _PI), 2)), (math.sqrt(0.5), _e("sqrt", _e("div", 1, 2))),
    (math.sqrt(2 * math.pi), _e("sqrt", _e("mul", 2, _PI))), (math.sqrt(2 / math.pi), _e("sqrt", _e("div", 2, _PI))),
    (1 / math.sqrt(2 * math.pi), _e("div", 1, _e("sqrt", _e("mul", 2, _PI)))),
    (1 / 3, _e("div", 1, 3)), (1 / 6, _e("div", 1, 6)),
]


def known(value: Any) -> Any:
    if isinstance(value, float) and not math.isinf(value) and not math.isnan(value):
        for number, expr in KNOWN:
            if abs(value - number) <= 2e-16 * abs(number):
                return expr
        if value == int(value) and abs(value) < 1e6:
            return int(value)
    return value


class Text:
    """Prints formulas as Python.

    Args:
        names: what variables are called in print, where not by their own names.

    Attributes:
        constants: the arrays that are no variables, by the names they got in print.
    """

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self.names = names or {}
        self.constants: dict[str, Any] = {}
        self._bound: dict[int, str] = {}

    def program(self, expr: Any, shared: bool = True) -> list[str]:
        """The lines that compute ``expr``: parts that occur more than once first, where it is long."""
        lines = []
        if shared and isinstance(expr, Expr):
            for i, part in enumerate(repeated(expr), 1):
                text = self(part)
                lines.append(f"t{i} = {text}")
                self._bound[id(part)] = f"t{i}"
        return [*lines, self(expr)]

    def __call__(self, value: Any) -> str:
        return self._print(value)[0]

    def _print(self, value: Any) -> tuple[str, int]:
        value = known(value)
        if not isinstance(value, Expr):
            return self._plain(value)
        if id(value) in self._bound:
            return self._bound[id(value)], ATOM
        head, args = value.head, value.args
        if head == "name":
            return self.names.get(args[0], args[0]), ATOM
        if head == "value":
            return self._constant(args[0]), ATOM
        if head in BINARY and len(args) == 2:
            sign, level = BINARY[head]
            strict = head in BRACKETED
            left = self._inside(args[0], level, strict or head == "pow", head)
            right = self._inside(args[1], level, True if head != "add" else strict, head)
            return f"{left} {sign} {right}" if sign != "**" else f"{left}**{right}", level
        if head in _UNARY:
            sign, level = _UNARY[head]
            return sign + self._inside(args[0], level, False, head), level
        if head == "transpose":
            return f"{self._inside(args[0], ATOM, False, head)}.T", ATOM
        if head == "mtranspose":
            return f"{self._inside(args[0], ATOM, False, head)}.mT", ATOM
        if head == "index":
            return f"{self._inside(args[0], ATOM, False, head)}[{self.index(args[1])}]", ATOM
        if head == "item":
            return f"{self._inside(args[0], ATOM, False, head)}[{args[1]}]", ATOM
        if head == "method":
            return f"{self._inside(args[1], ATOM, False, head)}.{args[0]}({self._arguments(args[2:], value)})", ATOM
        if head == "numpy":
            return f"np.{args[0]}({self._arguments(args[1:], value)})", ATOM
        if head == "primitive":
            return f"{args[0]}({self._arguments(args[1:], value)})", ATOM
        return f"{head}({self._arguments(args, value)})", ATOM

    def _inside(self, value: Any, level: int, strict: bool, head: str) -> str:
        text, own = self._print(value)
        return f"({text})" if own < level or (strict and own == level) else text

    def _arguments(self, args: Any, expr: Expr) -> str:
        return ", ".join([*map(self, args), *(f"{k}={self(v)}" for k, v in expr.kwargs.items())])

    def index(self, index: Any) -> str:
        if isinstance(index, tuple):
            return ", ".join(map(self.index_part, index)) + ("," if len(index) == 1 else "") if index else "()"
        return self.index_part(index)

    def index_part(self, part: Any) -> str:
        if isinstance(part, slice):
            bounds = ["" if b is None else self(b) for b in (part.start, part.stop)]
            return ":".join(bounds) + ("" if part.step is None else f":{self(part.step)}")
        return "..." if part is Ellipsis else self(part)

    def _plain(self, value: Any) -> tuple[str, int]:
        if isinstance(value, bool) or value is None or isinstance(value, (str, int)):
            return repr(value), 7 if isinstance(value, int) and value < 0 else ATOM
        if isinstance(value, float):
            text = repr(value) if math.isfinite(value) else str(value)  # inf and nan are names
            return text, 7 if text.startswith("-") else ATOM
        if isinstance(value, complex):
            return f"({value!r})".replace("((", "(").replace("))", ")"), ATOM
        if isinstance(value, np.dtype):
            return f"dtype({value.name!r})", ATOM
        if isinstance(value, tuple) and type(value) is tuple:
            return f"({', '.join(map(self, value))}{',' if len(value) == 1 else ''})", ATOM
        if type(value) is list:
            return f"[{', '.join(map(self, value))}]", ATOM
        if isinstance(value, slice):
            return f"slice({self(value.start)}, {self(value.stop)}, {self(value.step)})", ATOM
        if value is Ellipsis:
            return "...", ATOM
        return self._constant(value), ATOM

    def _constant(self, value: Any) -> str:
        if isinstance(value, np.ndarray) and value.size and value.dtype.kind in "fc":
            first = value.flat[0].item()
            if first in (0, 1) and (value == first).all():
                shape = self(value.shape)
                return f"np.{'ones' if first else 'zeros'}({shape}, {value.dtype.name!r})"
        for name, known_value in self.constants.items():
            if known_value is value:
                return name
        name = f"c{len(self.constants) + 1}"
        self.constants[name] = value
        return name


def size_of(expr: Any, limit: int = 10**6) -> int:
    """How many signs the formula has in print, up to ``limit``."""
    memo: dict[int, int] = {}
    for part in _by_depth(expr):
        memo[id(part)] = min(limit, 1 + sum(memo[id(p)] for p in part.parts()))
    return memo[id(expr)]


def _by_depth(expr: Expr) -> list[Expr]:
    """The parts of a formula, each once and after its own parts."""
    order: list[Expr] = []
    seen: set[int] = set()
    stack: list[tuple[Expr, bool]] = [(expr, False)]
    while stack:
        part, ready = stack.pop()
        if ready:
            order.append(part)
        elif id(part) not in seen:
            seen.add(id(part))
            stack.append((part, True))
            stack += [(p, False) for p in part.parts()]
    return order


def repeated(expr: Expr) -> list[Expr]:
    """Parts that a long formula holds more than once, inner ones first; none of a formula that fits a line."""
    if size_of(expr) <= 24:
        return []
    order = _by_depth(expr)
    uses: dict[int, int] = {}
    for part in order:
        for p in part.parts():
            uses[id(p)] = uses.get(id(p), 0) + 1
    return [p for p in order if uses.get(id(p), 0) > 1 and p.head not in ("name", "value") and size_of(p) > 2]
