"""The formula of a node: the derivative rule that runs, run on symbols."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..dispatch import unbroadcast
from ..errors import NonDifferentiableError, fail
from ..node import Leaf, Node, Output, Parts, unpack_saved
from ..ops import load_all
from ..primitive import REGISTRY, Primitive
from .printing import Text, repeated
from .simplify import local_derivative, simplified
from .symbols import ELEMENTWISE, Expr, Symbol, apply, expr_of, unwrapped
from .typeset import Box, latex, layout, mathml

#: What a rule does, in words, where its formula says it less well: names of operations, and the sentence.
WORDS = (
    (r"sort_along|top_along|.*extreme.*|(max|min|kth|median|nanmedian|mode)_along|cummax.*|cummin.*",
     "Each gradient goes back to the place its element came from; the order itself is locally constant."),
    (r"slice_view|select|narrow|pick_along|gather.*|index_select|take_.*|diagonal|unfold|strided_view|as_strided",
     "Each gradient goes back to the place its element was read from; places read several times add up."),
    (r"slice_grad|put_.*|scatter.*|index_(add|copy|fill).*|.*_grad_at|view_scatter|masked_.*|add_along_each",
     "Each gradient is read from the place its element was written to; what was overwritten gets none."),
    (r".*max_pool.*|.*maxima.*|gather_planes|place_planes|scatter_planes",
     "Each gradient goes to the largest element of its window."),
    (r"floor|ceil|trunc|round|sign|.*heaviside.*|div_rounded|overwritten|filled_with|drawn_with",
     "Constant almost everywhere: the derivative is zero."),
    (r"(rnn|lstm|gru)_layer",
     "Backpropagation through time: from the last step to the first, what comes to a step's output goes through its "
     "gates to the input, the weights, and the output of the step before; each adds to the gradients of the weights."),
    (r"module_boundary", "The gradient as the module's backward hooks return it."),
    (r"custom_function.*|.*Function.*", "The backward method of a custom Function."),
)


# A formula of theirs would be as long as the sequence.
_LOOPS = ("rnn_layer", "lstm_layer", "gru_layer")


def words_for(op: Primitive) -> str | None:
    """What the rule of ``op`` does, in words, where that says more than the formula."""
    return next((words for names, words in WORDS if re.fullmatch(names, op.name)), None)


@dataclass(frozen=True, repr=False)
class Formula:
    """What flows back along one edge of a node.

    Attributes:
        op: the operation's name.
        input: which input the gradient is of.
        expr: the rule as a tree, upstream gradient times local derivative; None where there is no formula.
        words: the rule in words; for operations without a formula, why there is none.
        values: the arrays that the names in the formula stand for.

    >>> import autograd
    >>> from autograd import viz
    >>> x = autograd.tensor(2., requires_grad=True)
    >>> formula = viz.formulas(x.exp())[0]
    >>> formula.input, formula.text(), formula.local_latex()
    ('input', 'g * out', 'z')
    """

    op: str
    input: str
    expr: Any
    words: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"{self.op} by {self.input}: {self.text()}"

    @property
    def local(self) -> Any:
        """The local derivative as a tree, or None where the rule is no product with one: a matrix product, a sum."""
        return None if self.expr is None else local_derivative(self.expr)

    def text(self, names: Mapping[str, str] | None = None) -> str:
        """The rule as Python, on one line; ``names`` are what to call the variables.

        >>> import autograd
        >>> from autograd import viz
        >>> x = autograd.tensor(2., requires_grad=True)
        >>> viz.formulas(x.tanh())[0].text()
        'g * (1 - out**2)'
        """
        if self.expr is None:
            return self.words or ""
        return "; ".join(Text(names).program(self.expr))

    def local_text(self, names: Mapping[str, str] | None = None) -> str:
        """The local derivative as Python; where there is none, the rule as a map of ``g``."""
        local = self.local
        return "; ".join(Text(names).program(local)) if local is not None else f"g -> {self.text(names)}"

    def latex(self, names: Mapping[str, str] | None = None) -> str:
        r"""The rule as LaTeX: ``\bar z`` is the upstream gradient, ``x`` and ``y`` the inputs, ``z`` the output."""
        return latex(Box(10, "text", self.words or "") if self.expr is None else self._layout(self.expr, names))

    def local_latex(self, names: Mapping[str, str] | None = None) -> str:
        """The local derivative as LaTeX."""
        local = self.local
        if local is not None:
            return latex(self._layout(local, names))
        return self.latex(names) if self.expr is None else rf"\bar z \mapsto {self.latex(names)}"

    def mathml(self, names: Mapping[str, str] | None = None, local: bool = False) -> str:
        """The rule, or the local derivative, as a ``<math>`` element."""
        expr = self.local if local else self.expr
        if expr is not None:
            inner = mathml(self._layout(expr, names))
        elif self.expr is not None:
            inner = f"<mover><mi>z</mi><mo>¯</mo></mover><mo>↦</mo>{mathml(self._layout(self.expr, names))}"
        else:
            inner = mathml(Box(10, "text", self.words or ""))
        return f'<math xmlns="http://www.w3.org/1998/Math/MathML"><mrow>{inner}</mrow></math>'

    @staticmethod
    def _layout(expr: Any, names: Mapping[str, str] | None) -> Any:
        shared = repeated(expr) if isinstance(expr, Expr) else []
        if not shared:
            return layout(expr, names)
        bound = {id(p): Expr("name", (f"t_{{{i}}}",)) for i, p in enumerate(shared, 1)}
        rows = []
        for part in shared:
            rows += [layout(bound[id(part)], names), "=", layout(_replaced(part, bound, top=True), names), ";"]
        return _row([*rows, layout(_replaced(expr, bound), names)])

    def evaluate(self, values: Mapping[str, Any] | None = None) -> Any:
        """The number that the printed formula gives, with arrays for its names (the node's own, unless given)."""
        if self.expr is None:
            fail(ValueError, f"{self.op} has no formula: {self.words}")
        printer = Text()
        *lines, last = printer.program(self.expr)
        names = {**namespace(), **self.values, **(values or {}), **printer.constants}
        with np.errstate(all="ignore"):
            for line in lines:
                name, _, text = line.partition(" = ")
                names[name] = unwrapped(eval(text, names))
            return unwrapped(eval(last, names))


def _row(parts: list[Any]) -> Any:
    return Box(0, "row", *[Box(10, "sign", p) if isinstance(p, str) else p for p in parts])


def _replaced(value: Any, bound: Mapping[int, Expr], top: bool = False) -> Any:
    if isinstance(value, Expr):
        if not top and id(value) in bound:
            return bound[id(value)]
        return Expr(value.head, tuple([_replaced(a, bound) for a in value.args]),
                    {k: _replaced(v, bound) for k, v in value.kwargs.items()})
    if type(value) in (list, tuple):
        return type(value)([_replaced(v, bound) for v in value])
    return value


def namespace() -> dict[str, Any]:
    """What printed formulas may name: elementwise functions, operations on arrays, ``np``."""
    load_all()
    names: dict[str, Any] = {name: op.function for name, op in REGISTRY.items()}
    names |= {name: getattr(np, name) for name in ELEMENTWISE if hasattr(np, name)}
    return names | {"np": np, "pi": np.pi, "inf": np.inf, "nan": np.nan, "dtype": np.dtype, "abs": np.abs,
                    "conj": np.conjugate, "sign": REGISTRY["sgn"].function, "where": np.where, "slice": slice}


# --- running the rules on symbols ---------------------------------------------------------------------------------


def formulas(of: Any, g: Any = None) -> list[Formula | None]:
    """The formula for each input of a node.

    Args:
        of: a Tensor (the node that made it is meant) or a node; its saved values must not have been released.
        g: the upstream gradient, where the formula depends on which outputs of the node have one. Default: ones.

    Returns:
        A `Formula` for each edge; None where no gradient is wanted.

    >>> import autograd
    >>> from autograd import viz
    >>> x, y = autograd.tensor(2., requires_grad=True), autograd.tensor(3., requires_grad=True)
    >>> viz.formulas(x * y)
    [mul by input: g * other, mul by other: g * input]
    """
    node = getattr(of, "grad_fn", None) if hasattr(of, "_a") else of
    if node is None or isinstance(node, Leaf):
        fail(ValueError, "no operation made this tensor: it is a leaf, and its gradient is what arrives there")
    if isinstance(node, Output):
        node = node.edges[0]
    op = node.op
    inputs = _input_names(node)
    if not isinstance(op, Primitive):
        return [None if e is None else Formula(op.name, k, None, "The backward method of a custom Function.")
                for k, e in zip(inputs, node.edges, strict=True)]
    if node.saved is None:
        fail(RuntimeError, f"the values saved by {op.name} were released: ask before backward, or run it with "
                           "retain_graph=True")
    if op.name in _LOOPS:
        return [None if e is None else Formula(op.name, k, None, words_for(op))
                for k, e in zip(inputs, node.edges, strict=True)]
    try:
        values, results = _traced(node, g)
    except NonDifferentiableError as error:
        return [None if e is None else Formula(op.name, k, None, f"No derivative: {error}")
                for k, e in zip(inputs, node.edges, strict=True)]
    words = words_for(op)
    return [None if e is None else
            Formula(op.name, k, None, words or "No gradient flows to this input.") if r is None else
            Formula(op.name, k, simplified(expr_of(unwrapped(r))), words, values)
            for k, e, r in zip(inputs, node.edges, results, strict=True)]


def _input_names(node: Node) -> list[str]:
    params = getattr(node.op, "inputs", ())
    if getattr(node.op, "variadic", False) or len(params) != len(node.edges):
        name = params[0] if params else "input"
        return [f"{name}[{i}]" for i in range(len(node.edges))]
    return list(params)


def _traced(node: Node, g: Any) -> tuple[dict[str, Any], list[Any]]:
    """The arrays a rule of ``node`` names, and what it gives on symbols.

    Without an upstream gradient one is made. A rule may refuse that one: gradients that no loss can have, because an
    eigenvector's phase is free, or real ones where the output is complex. Zeros are always a gradient.
    """
    with np.errstate(all="ignore"):
        if g is not None:
            values, named = _variables(node, unwrapped_gradient(node, g))
            return values, _run(node, named)
        refusal: Exception | None = None
        for make, kind in ((np.ones, None), (np.zeros, None), (np.ones, np.complex128)):
            values, named = _variables(node, _made(node, make, kind))
            try:
                return values, _run(node, named)
            except NonDifferentiableError:
                raise
            except RuntimeError as error:
                refusal = refusal or error
        assert refusal is not None
        raise refusal


def _variables(node: Node, g: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values a rule of ``node`` names, as arrays and as symbols."""
    op = node.op
    saved = node.saved or ()
    if node.extra is not None and node.extra.packed:
        saved = unpack_saved(saved)
    values = dict(zip(op.saved_names, saved, strict=True))
    values = {name: values[name] for name in op.kept}
    values["g"] = g
    named = {name: _symbols(v, Expr("name", (name,))) for name, v in values.items()}
    return {k: v for k, v in values.items() if named[k] is not v}, named


def _symbols(value: Any, expr: Expr) -> Any:
    if isinstance(value, np.ndarray):
        return Symbol(value, expr)
    if type(value) in (list, tuple) and any(isinstance(v, np.ndarray) for v in value):
        return type(value)([_symbols(v, Expr("index", (expr, i))) for i, v in enumerate(value)])
    return value


def unwrapped_gradient(node: Node, g: Any) -> Any:
    """The upstream gradient as a rule gets it: an array, or a tuple for several outputs."""
    if isinstance(g, Parts):
        parts = [g.by_index.get(i) for i in range(len(node.shape))]
        return tuple([None if part is None else np.asarray(unwrapped(part)) for part in parts])
    return np.asarray(unwrapped(g))


def _made(node: Node, make: Callable[..., Any], kind: Any) -> Any:
    saved = [v for v in node.saved or () if isinstance(v, (np.ndarray, tuple, list))]
    arrays = [a for v in saved for a in (v if isinstance(v, (tuple, list)) else [v]) if isinstance(a, np.ndarray)]
    dtype = np.dtype(kind) if kind else next((a.dtype for a in arrays if a.dtype.kind in "fc"), np.dtype("float32"))
    if not isinstance(node.shape, list):
        return make(node.shape, dtype)
    by_name = dict(zip(node.op.saved_names, node.saved or ()))
    outs = by_name.get("out") or [None] * len(node.shape)
    kinds = [a.dtype if isinstance(a, np.ndarray) else dtype for a in outs]
    return tuple([make(s, d) if d.kind in "fc" else None for s, d in zip(node.shape, kinds, strict=True)])


def _run(node: Node, named: dict[str, Any]) -> list[Any]:
    op = node.op
    g = named["g"]
    complex_ = op.holomorphic and op.outputs == 1 and g.dtype.kind == "c"
    if complex_:
        named = {**named, "g": np.conjugate(g)}
    if op.joint is not None:
        named = {**named, "needs": tuple([e is not None for e in node.edges])}
        results = list(op.joint(*[named[p] for p in op.rule_params[""]]))
        results += [None] * (len(node.edges) - len(results))
    else:
        results = []
        for p, e in zip(op.inputs, node.edges, strict=True):
            if e is None or p not in op.rules:
                results.append(None)
                continue
            result = op.rules[p](*[e.shape if name == f"{p}_shape" else named[name] for name in op.rule_params[p]])
            if op.broadcasts and len(op.inputs) > 1 and result is not None and result.shape != e.shape:
                result = apply("primitive", unbroadcast, (result, tuple(e.shape)), name="sum_to_size")
            results.append(result)
    return [None if r is None else np.conjugate(r) for r in results] if complex_ else results

