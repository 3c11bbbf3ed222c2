"""Formulas as LaTeX and MathML, both drawn from one layout, so that they cannot differ in what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from .printing import ATOM, BINARY, BRACKETED, Text, known
from .symbols import Expr

#: Letters of the variables of rules.
LETTERS = {"g": r"\bar z", "input": "x", "other": "y", "out": "z", "weight": "w", "bias": "b", "target": "t",
           "pi": r"\pi", "exponent": "p", "alpha": r"\alpha", "beta": r"\beta", "end": "y", "mean": r"\mu",
           "var": r"\sigma^2"}
_GREEK = {r"\pi": "π", r"\alpha": "α", r"\beta": "β", r"\mu": "μ", r"\sigma": "σ", r"\psi": "ψ"}
_SIGNS = {"lt": "<", "le": r"\le", "gt": ">", "ge": r"\ge", "eq": "=", "ne": r"\ne", "and": r"\wedge", "or": r"\vee",
          "xor": r"\oplus", "add": "+", "sub": "-", "matmul": r"\,", "mul": r"\cdot"}
_FUNCTIONS = {"log": "ln", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
              "sigmoid": r"\sigma", "digamma": r"\psi", "maximum": "max", "minimum": "min", "sign": "sgn"}
_UNICODE = {r"\le": "≤", r"\ge": "≥", r"\ne": "≠", r"\wedge": "∧", r"\vee": "∨", r"\oplus": "⊕", r"\cdot": "·",
            r"\,": "\u2009", "-": "−", r"\neg": "¬", r"\mapsto": "↦", "<": "&lt;", ">": "&gt;", **_GREEK}


class Box(tuple):  # type: ignore[type-arg]
    """A piece of layout: ``(kind, *parts)``; the precedence of what it prints."""

    level: int

    def __new__(cls, level: int, kind: str, *parts: Any) -> Box:
        box = super().__new__(cls, (kind, *parts))
        box.level = level
        return box


def layout(value: Any, names: Mapping[str, str] | None = None) -> Box:
    """A formula as boxes: rows, fractions, powers, roots, cases."""
    letters = {**LETTERS, **(names or {})}

    def inside(v: Any, level: int, strict: bool = False) -> Box:
        box = lay(v)
        return Box(ATOM, "fence", box) if box.level < level or (strict and box.level == level) else box

    def call(name: str, args: list[Any]) -> Box:
        return Box(ATOM, "call", name, [lay(a) for a in args])

    def lay(v: Any) -> Box:
        v = known(v)
        if not isinstance(v, Expr):
            return _plain_box(v, lay)
        head, a = v.head, v.args
        if head == "name":
            return Box(ATOM, "letter", letters.get(a[0], a[0]))
        if head == "value":
            return _plain_box(a[0], lay)
        if head == "div":
            return Box(6, "frac", lay(a[0]), lay(a[1]))
        if head == "pow":
            return Box(8, "power", inside(a[0], 8, True), lay(a[1]))
        if head in ("square", "reciprocal"):
            return Box(8, "power", inside(a[0], 8, True), _plain_box(2 if head == "square" else -1, lay))
        if head == "mul":
            return _product(inside(a[0], 6), inside(a[1], 6))
        if head in _SIGNS and len(a) == 2:
            level = BINARY[head][1]
            strict = head != "add"
            return Box(level, "row", inside(a[0], level, head in BRACKETED), Box(ATOM, "sign", _SIGNS[head]),
                       inside(a[1], level, strict))
        if head == "neg":
            return Box(5, "row", Box(ATOM, "sign", "-"), inside(a[0], 6))
        if head == "not":
            return Box(7, "row", Box(ATOM, "sign", r"\neg"), inside(a[0], 7))
        if head in ("sqrt", "conj", "abs", "floor"):
            return Box(ATOM, head, lay(a[0]))
        if head == "exp":
            return Box(8, "power", Box(ATOM, "letter", "e"), lay(a[0]))
        if head == "exp2":
            return Box(8, "power", _plain_box(2, lay), lay(a[0]))
        if head in ("transpose", "mtranspose"):
            return Box(8, "power", inside(a[0], 8, True), Box(ATOM, "letter", r"\top"))
        if head == "where" and len(a) == 3:
            return Box(1, "cases", [(lay(a[1]), lay(a[0])), (lay(a[2]), None)])
        if head in ("index", "item"):
            return Box(9, "sub", inside(a[0], 9), Box(ATOM, "text", Text(letters_plain(letters)).index(a[1])))
        if head == "method":
            if a[0] == "reshape":
                return call("reshape", [a[1], a[2] if len(a) == 3 else a[2:]])
            return call(a[0], list(a[1:]) + list(v.kwargs.values()))
        if head == "primitive" and a[0] == "zero_gradient":
            return _plain_box(0, lay)
        if head in ("numpy", "primitive"):
            return call(a[0], list(a[1:]) + [x for x in v.kwargs.values() if x is not None])
        return call(_FUNCTIONS.get(head, head), list(a))

    return lay(value)


def letters_plain(letters: Mapping[str, str]) -> dict[str, str]:
    return {k: "".join(_GREEK.get(part, part) for part in v.split()) if v.startswith("\\") and v in _GREEK else
            {r"\bar z": "z̄"}.get(v, v) for k, v in letters.items()}


def _product(left: Box, right: Box) -> Box:
    first = right
    while first[0] in ("row", "power"):
        first = first[1]
    sign = r"\cdot" if first[0] in ("number", "frac", "cases") or left[0] == "call" else r"\,"
    return Box(6, "row", left, Box(ATOM, "sign", sign), right)


def _plain_box(v: Any, lay: Callable[[Any], Box]) -> Box:
    if isinstance(v, (bool, str)) or v is None:
        return Box(ATOM, "text", str(v))
    if isinstance(v, (int, float)):
        text = f"{v:.6g}"
        if "e" in text:
            mantissa, exponent = text.split("e")
            return Box(6, "row", Box(ATOM, "number", mantissa), Box(ATOM, "sign", r"\cdot"), Box(
                8, "power", Box(ATOM, "number", "10"), Box(ATOM, "number", str(int(exponent)))))
        return Box(5 if v < 0 else ATOM, "number", text)
    if isinstance(v, complex):
        return Box(5, "number", f"{v.real:g}{v.imag:+g}i")
    if isinstance(v, (tuple, list)):
        return Box(ATOM, "tuple", [lay(x) for x in v])
    if isinstance(v, np.ndarray):
        if v.size == 1:
            return _plain_box(v.reshape(()).item(), lay)
        if not v.any():
            return Box(ATOM, "number", "0")
        return Box(ATOM, "text", f"constant {list(v.shape)}")
    if isinstance(v, np.dtype):
        return Box(ATOM, "text", v.name)
    return Box(ATOM, "text", Text().index_part(v) if isinstance(v, slice) else "…")


_TEX = {"sqrt": r"\sqrt{%s}", "conj": r"\overline{%s}", "abs": r"\left|%s\right|",
        "floor": r"\left\lfloor %s\right\rfloor", "fence": r"\left(%s\right)"}
_PLAIN_FUNCTIONS = {"ln", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min"}


def _tex_text(text: str) -> str:
    for char, code in (("\\", r"\textbackslash "), ("_", r"\_"), ("{", r"\{"), ("}", r"\}"), ("#", r"\#"), ("%", r"\%"),
                       ("&", r"\&"), ("$", r"\$"), ("^", r"\^{}"), ("~", r"\~{}")):
        text = text.replace(char, code) if char != "\\" else text.replace(char, "\0")
    return text.replace("\0", r"\textbackslash ")


def latex(box: Box) -> str:
    """Boxes as LaTeX, for mathematics mode."""
    kind, parts = box[0], box[1:]
    if kind == "row":
        return " ".join(map(latex, parts))
    if kind in ("number", "sign"):
        return str(parts[0])
    if kind == "letter":
        name = parts[0]
        return name if name.startswith("\\") or len(name) == 1 or "^" in name or "_{" in name else (
            rf"\mathit{{{_tex_text(name)}}}")
    if kind == "text":
        return rf"\text{{{_tex_text(parts[0])}}}"
    if kind == "frac":
        return rf"\frac{{{latex(parts[0])}}}{{{latex(parts[1])}}}"
    if kind == "power":
        return f"{{{latex(parts[0])}}}^{{{latex(parts[1])}}}"
    if kind == "sub":
        return f"{{{latex(parts[0])}}}_{{{latex(parts[1])}}}"
    if kind in _TEX:
        return _TEX[kind] % latex(parts[0])
    if kind == "tuple":
        return rf"\left({', '.join(map(latex, parts[0]))}\right)"
    if kind == "cases":
        rows = [f"{latex(v)} & " + (r"\text{else}" if c is None else rf"\text{{if }} {latex(c)}") for v, c in parts[0]]
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"
    name = parts[0]
    head = (name if name.startswith("\\") else f"\\{name}" if name in _PLAIN_FUNCTIONS else
            rf"\operatorname{{{_tex_text(name)}}}")
    return rf"{head}\left({', '.join(map(latex, parts[1]))}\right)"


def mathml(box: Box) -> str:
    """Boxes as presentation MathML, without the ``<math>`` around them."""
    kind, parts = box[0], box[1:]
    if kind == "row":
        return f"<mrow>{''.join(map(mathml, parts))}</mrow>"
    if kind == "number":
        return f"<mn>{parts[0].replace('-', '−')}</mn>"
    if kind == "sign":
        return f"<mo>{_UNICODE.get(parts[0], parts[0])}</mo>"
    if kind == "letter":
        return _letter(parts[0])
    if kind == "text":
        return f"<mtext>{escape(parts[0])}</mtext>"
    if kind in ("frac", "power", "sub"):
        tag = {"frac": "mfrac", "power": "msup", "sub": "msub"}[kind]
        return f"<{tag}>{mathml(parts[0])}{mathml(parts[1])}</{tag}>"
    if kind == "sqrt":
        return f"<msqrt>{mathml(parts[0])}</msqrt>"
    if kind == "conj":
        return f"<mover>{mathml(parts[0])}<mo>¯</mo></mover>"
    if kind in ("abs", "floor", "fence"):
        left, right = {"abs": ("|", "|"), "floor": ("⌊", "⌋"), "fence": ("(", ")")}[kind]
        return f"<mrow><mo>{left}</mo>{mathml(parts[0])}<mo>{right}</mo></mrow>"
    if kind == "cases":
        rows = "".join(f"<mtr><mtd>{mathml(v)}</mtd><mtd>" + (
            "<mtext>else</mtext>" if c is None else f"<mrow><mtext>if </mtext>{mathml(c)}</mrow>") + "</mtd></mtr>"
            for v, c in parts[0])
        return f"<mrow><mo>{{</mo><mtable>{rows}</mtable></mrow>"
    inner = "<mo>,</mo>".join(map(mathml, parts[-1]))
    name = "" if kind == "tuple" else f"<mi>{escape(_GREEK.get(parts[0], parts[0]))}</mi><mo>&#x2061;</mo>"
    return f"<mrow>{name}<mrow><mo>(</mo>{inner}<mo>)</mo></mrow></mrow>"


def _letter(name: str) -> str:
    if name.startswith(r"\bar "):
        return f"<mover>{_letter(name[5:])}<mo>¯</mo></mover>"
    if name.startswith(r"\nabla "):
        return f"<mrow><mo>∇</mo>{_letter(name[7:])}</mrow>"
    if "^" in name:
        base, power = name.split("^")
        return f"<msup>{_letter(base)}<mn>{escape(power)}</mn></msup>"
    if "_{" in name:
        base, low = name[:-1].split("_{", 1)
        return f"<msub>{_letter(base)}<mn>{escape(low)}</mn></msub>"
    return f"<mi>{escape({chr(92) + 'top': '⊤'}.get(name, _GREEK.get(name, name)))}</mi>"

