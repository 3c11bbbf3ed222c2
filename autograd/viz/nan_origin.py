"""Where a NaN or an infinity came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..anomaly import detect_anomaly
from ..errors import fail
from ..filled import ones_like
from ..node import LEAF, Node, Output
from ..nonfinite import Finding, first_bad, forward_origin, noted, number_text
from ..primitive import Primitive
from ..tensor import Tensor
from ..where import line_of, lines_of, module_of
from .adjoints import Adjoints, Step
from .recording import record
from .values import saved_by_name
from .wengert import Tape, names_around

if TYPE_CHECKING:
    from .model import Graph

#: What to do about it, by operation.
ADVICE = {
    "log": "the logarithm of 0 is -inf and that of a negative number nan: keep the argument positive, as in "
           "x.clamp(min=1e-8).log(), or use log_softmax, logsigmoid or logsumexp where it is of an exponential",
    "true_divide": "a division by zero: add a small number to the divisor, or leave out what is divided by zero before "
                   "(a where() after the division keeps the nan out of the result, but not out of the gradient)",
    "sqrt": "the root of a negative number is nan, and its slope at 0 is infinite: take the root of x + eps",
    "exp": "exp overflows above 88 in float32: subtract the maximum first, or use softmax, logsumexp, sigmoid or expm1",
    "pow_number": "0 to a negative power is infinite, a negative number to a fractional power nan",
    "pow_tensor": "0 to a negative power is infinite, a negative number to a fractional power nan",
    "acos": "acos and asin take numbers in [-1, 1], and their slope at the ends is infinite: clamp to (-1 + eps, "
            "1 - eps)",
    "acosh": "acosh takes numbers from 1 on, and its slope at 1 is infinite",
    "atanh": "atanh takes numbers in (-1, 1)",
    "rsqrt": "1 / sqrt(x) needs x > 0: add eps",
    "reciprocal": "a division by zero: add a small number",
    "softmax": "a row of scores that are all -inf has no softmax: leave one position of each row unmasked",
    "bernoulli_error": "probabilities of exactly 0 or 1, or outside of [0, 1]: use binary_cross_entropy_with_logits",
    "linalg_vector_norm": "the norm has no finite slope here: add eps inside",
    "mul": "0 times an infinity is nan, and large factors overflow",
    "sub": "an infinity minus itself is nan", "add": "inf + -inf is nan, and large terms overflow",
    "var_over": "the variance of one element, with correction=1, is 0 / 0",
    "mean": "the mean of no elements is 0 / 0",
}
ADVICE |= {"asin": ADVICE["acos"], "log2": ADVICE["log"], "log10": ADVICE["log"], "log1p": ADVICE["log"],
           "log_softmax": ADVICE["softmax"], "std_over": ADVICE["var_over"], "xlogy": ADVICE["log"]}


@dataclass
class Origin:
    """What made the first NaN or infinity. False where there is none.

    Attributes:
        phase: ``"forward"`` or ``"backward"``; None where everything is finite.
        op: the operation's name.
        element: the index of the first element that is not finite: in the operation's output (forward), in the gradient
            by ``input`` (backward), or in that input itself where it came in with it (forward, ``input`` given).
        value: its value.
        input: for backward, which input's gradient it is; for forward, the input that was not finite already, if one
            was.
        module: the module whose forward it ran in, with its path; "" outside of any, or where not noted.
        line: the ``file:line`` that called it; "" where not noted.
        reason: what happened there, in words.
        advice: what to do about it; "" where nothing is known.
        nodes: what was not finite from there on, along the graph.
        loss: the tensor that was looked at.

    >>> import autograd
    >>> from autograd import viz
    >>> found = viz.explain_nan(autograd.tensor([1., -1.], requires_grad=True).log().sum())
    >>> found.op, found.element, found.reason
    ('log', (1,), 'log(-1) = nan')
    >>> found.graph().about["fault"]["text"]
    'the first NaN of the forward pass arises here: all inputs are finite'
    """

    phase: str | None = None
    op: str = ""
    element: tuple[int, ...] = ()
    value: complex = 0.0
    input: str = ""
    module: str = ""
    line: str = ""
    reason: str = ""
    advice: str = ""
    nodes: list[Node] = field(default_factory=list, repr=False)
    source: str = field(default="", repr=False)
    loss: Any = field(default=None, repr=False)

    def graph(self) -> Graph:
        """The graph with the path of what is not finite marked: ``.explore()`` is the page, ``.save("nan.svg")`` a
        picture.
        """
        from .model import graph
        return graph(self.loss)

    def __bool__(self) -> bool:
        return self.phase is not None

    def __repr__(self) -> str:
        if not self:
            return self.reason
        what = number_text(self.value)
        of = f"the gradient by {self.input!r}" if self.phase == "backward" else "the result"
        at = f", element {list(self.element)}" if self.element else ""
        lines = [f"first {what} in {self.phase}: {of} of {self.op}{at}"]
        if self.reason:
            lines.append(f"  {self.reason}")
        if self.module:
            lines.append(f"  in module {self.module}")
        if self.line:
            lines.append(f"  at {self.line}" + (f": {self.source}" if self.source else ""))
        else:
            lines.append("  line and module are not known: run the forward inside detect_anomaly(), or give "
                         "explain_nan the function that computes the loss")
        if self.advice:
            lines.append(f"  {self.advice}")
        return "\n".join(lines)


def explain_nan(loss: Any, gradient: Any = None) -> Origin:
    """The first operation, in the forward or the backward pass, that made a NaN or an infinity.

    Args:
        loss: the tensor that is not finite, or whose gradients are not: from a forward that ran inside
            `detect_anomaly`, so that lines and modules are known, and before ``backward()``. Or a function of no
            arguments that computes it, which is called inside.
        gradient: where the backward pass starts from, as for ``backward``.

    Returns:
        An `Origin`, which prints as an explanation and is false where all is finite. No ``grad`` is touched.

    Raises:
        RuntimeError: ``backward()`` has released what the tape saved.

    >>> import autograd
    >>> from autograd import viz
    >>> x = autograd.tensor([4., 0.], requires_grad=True)
    >>> found = viz.explain_nan((x.sqrt() * 3).sum())
    >>> found.phase, found.op, found.element, found.reason
    ('backward', 'sqrt', (1,), 'g / (2 * out) = inf, where out = 0 and g = 3')
    """
    if callable(loss) and not isinstance(loss, Tensor):
        with detect_anomaly(), record():
            loss = loss()
    tape = Tape((loss,), names_around(1))
    if any(n.saved is None and n.op is not LEAF and not isinstance(n, Output) for n in tape.nodes) and not any(
            map(noted, tape.nodes)):
        fail(RuntimeError, "explain_nan() needs the values that the tape saved, and backward() released them: ask "
                           "before backward(), call that with retain_graph=True, or give explain_nan the function that "
                           "computes the loss: explain_nan(lambda: loss_of(batch))")
    found = _forward(tape) if first_bad(loss._a) is not None else _backward(tape, gradient)
    found.loss = loss
    return found


def _forward(tape: Tape) -> Origin:
    bad: dict[Node, Finding] = {}
    for n in tape.nodes:
        found = noted(n) or first_bad(tape.values.get(n))
        if found is not None:
            bad[n] = found
    root = tape.roots[0]
    if isinstance(root, Output) and root.edges[0] not in bad:
        bad[root.edges[0]] = bad[root]
    nodes = [n for n in tape.nodes if n in bad]
    leaf = next((n for n in nodes if n.op is LEAF), None)
    if leaf is not None:
        user = next(n for n in tape.nodes if leaf in n.edges)
        name = tape.names[leaf]
        place = Origin("forward", user.op.name, bad[leaf].index, bad[leaf].value, name,
                       reason=f"the leaf {name!r} holds {bad[leaf]} before any operation; this is the first that uses "
                              "it",
                       advice="look at the data, at how the parameter is made (empty() is not initialised), and at the "
                              "last optimizer step")
        return _placed(place, user, nodes)
    origin = forward_origin(bad, tape.nodes)
    if origin is None:
        return Origin(reason="the result is not finite, but no operation on its tape is known to have made that: run "
                             "the forward inside detect_anomaly()")
    if isinstance(origin, Output):
        bad.setdefault(origin.edges[0], bad[origin])
        origin = origin.edges[0]
    finding = bad[origin]
    constants = _constants(origin)
    spoilt = next((name for name, a in constants.items() if first_bad(a) is not None), "")
    if spoilt:
        finding = first_bad(constants[spoilt]) or finding
        reason = f"its input {spoilt!r}, which needs no gradient, holds {finding}: look at the data"
    else:
        reason = _computed(tape, origin, finding)
    place = Origin("forward", origin.op.name, finding.index, finding.value, spoilt, reason=reason,
                   advice="" if spoilt else ADVICE.get(origin.op.name, ""))
    return _placed(place, origin, [n for n in nodes if n.seq <= origin.seq])


def _placed(origin: Origin, node: Node, nodes: list[Node]) -> Origin:
    origin.module, origin.line, origin.nodes = module_of(node), line_of(node), nodes
    lines = lines_of(node)
    origin.source = lines[-1].line if lines else ""
    return origin


def _constants(node: Node) -> dict[str, Any]:
    """The inputs of ``node`` that want no gradient and that it kept."""
    op = node.op
    if not isinstance(op, Primitive) or op.variadic or node.saved is None or len(op.inputs) != len(node.edges):
        return {}
    saved = saved_by_name(node)
    return {p: saved[p] for p, e in zip(op.inputs, node.edges, strict=True)
            if e is None and isinstance(saved.get(p), np.ndarray)}


def _computed(tape: Tape, node: Node, finding: Finding) -> str:
    """``log(-1) = nan``: the operation at the element, where it works element by element and its inputs are known."""
    op = node.op
    if not isinstance(op, Primitive) or op.variadic or len(op.inputs) != len(node.edges):
        return ""
    inputs = {p: tape.values.get(e) for p, e in zip(op.inputs, node.edges, strict=True) if e is not None}
    inputs |= _constants(node)
    parts = []
    for p in op.inputs:
        if inputs.get(p) is None:
            if p in inputs or node.edges[op.inputs.index(p)] is not None:
                return ""
            continue
        at = _element(inputs[p], node.shape, finding.index)
        if at is None:
            return ""
        parts.append(number_text(at))
    return f"{op.name}({', '.join(parts)}) = {number_text(finding.value)}" if parts else ""


def _element(a: Any, shape: Any, index: tuple[int, ...]) -> Any:
    """The element of ``a`` that meets element ``index`` of a result of ``shape``, where it broadcasts to it."""
    try:
        return np.broadcast_to(a, shape)[index].item()
    except ValueError:
        return None


def _backward(tape: Tape, gradient: Any) -> Origin:
    root = tape.outputs[0]
    if gradient is None and root._a.size != 1:
        gradient = ones_like(root)
    adjoints = Adjoints(tape, gradient)
    first: tuple[Step, int, Finding] | None = None
    nodes: list[Node] = []
    count = 0
    while (step := adjoints.step()) is not None:
        flawed = False
        for i, _, value, _ in step.flows:
            count += 1
            found = first_bad(value)
            if found is not None:
                flawed = True
                if first is None and first_bad(step.upstream) is None:
                    first = step, i, found
        nodes += [step.node] if flawed else []
    leaves = [n for n in tape.nodes if n.op is LEAF]
    if first is None or all(first_bad(adjoints[n]) is None for n in leaves):
        return Origin(reason=f"all is finite: the result, {count} contributions to gradients, and the gradients of "
                             f"{len(leaves)} leaves")
    step, i, found = first
    formula = step.formulas[i] if i < len(step.formulas) else None
    reason = ""
    if formula is not None and formula.expr is not None:
        values = {}
        for name, a in formula.values.items():
            if isinstance(a, np.ndarray) and name in formula.text():
                at = _element(a, step.node.edges[i].shape, found.index)
                if at is not None:
                    values[name] = number_text(at)
        said = " and ".join(f"{k} = {v}" for k, v in values.items())
        reason = f"{formula.text()} = {number_text(found.value)}" + (f", where {said}" if said else "")
    before = noted(step.node)
    if before is not None:
        reason += f"; its result in forward was {before} already"
    names = getattr(step.node.op, "inputs", ())
    place = Origin("backward", step.node.op.name, found.index, found.value,
                   formula.input if formula is not None else names[i] if i < len(names) else str(i), reason=reason,
                   advice=ADVICE.get(step.node.op.name, ""))
    return _placed(place, step.node, nodes)
