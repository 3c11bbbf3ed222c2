"""Anomaly mode: find the operation, element, module and line that made a NaN, in backward or before it in forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import fail
from .modes import MODE
from .node import LEAF, OUTPUT, Node
from .nonfinite import Finding, first_bad, forward_origin, modest, note_output, noted
from .where import forward_lines, is_noted, note_forward

#: Operations whose results are finite where their inputs are, and whose contributions to gradients are hardly larger
#: than the gradients they get: if what comes in was looked at, what goes out need not be.
_HARMLESS = frozenset(("relu", "tanh", "sigmoid", "gelu", "silu", "softmax", "log_softmax", "lstm_step", "gru_step",
                       "clone", "neg", "stack", "cat", "slices", "flip", "roll", "max_pool", "module_boundary"))
#: Products: what they send to a parameter is finite if the gradient and the other factor are, and neither is huge.
_PRODUCTS = frozenset(("linear", "matmul", "matrix_product", "convolve", "convolve_transposed"))


def _clean(node: Node) -> bool:
    """Whether the result of ``node`` was looked at and is finite."""
    while node.op is OUTPUT or getattr(node.op, "view", False):
        before = node.edges[0]
        if before is None:
            return False
        node = before
    return is_noted(node) and noted(node) is None


class _Watch:
    """The observer behind anomaly mode.

    A look at an array costs as much as an elementwise operation on it, so none is taken where its result is known.
    """

    def __init__(self, check_nan: bool) -> None:
        self.check_nan = check_nan
        #: What made the first infinity of the running backward pass.
        self.first_infinite: tuple[Node, str] | None = None
        self.last_seq = 0
        #: Whether a gradient of the running backward pass was not finite, or huge: from then on all are looked at.
        self.suspicious = False

    def after_forward(self, node: Node, t: Any) -> None:
        note_forward(node)
        op = node.op
        if not self.check_nan or getattr(op, "view", False):  # views have nothing new
            return
        if op.name in _HARMLESS:
            for e in node.edges:
                if e is None or not _clean(e):
                    break
            else:
                return
        for part in t if t.__class__ is tuple else (t,):
            note_output(node, part._a)

    def around_backward(self, node: Node, g: Any, run: Callable[[], Any]) -> Any:
        if node.seq < self.last_seq:  # a sweep goes from new to old, and numbers fall with time: this is another one
            self.first_infinite = None
            self.suspicious = not modest(g)
        self.last_seq = node.seq
        contributions = run()
        op = node.op
        if not self.check_nan or op is OUTPUT or getattr(op, "view", False):
            return contributions
        name = op.name
        known = not self.suspicious and _clean(node)
        if known and name in _HARMLESS:
            return contributions
        known = known and name in _PRODUCTS
        seen = g  # an addition passes on what it got, which was looked at before
        for i, c in enumerate(contributions):
            if c is None or c is seen:
                continue
            seen = c
            if known and node.edges[i] is not None and node.edges[i].op is LEAF:
                # A bias, or a weight whose product with what an operation computed: both are sums of modest numbers.
                other = node.edges[0]
                if i == 2 or (other is not None and other.op is not LEAF and _clean(other)):
                    continue
            if not modest(c):
                self.suspicious = True
                found = first_bad(c)
                if found is not None:
                    self._report(node, i, c, found)
        return contributions

    def _report(self, node: Node, i: int, contribution: Any, found: Finding) -> None:
        if not found.nan:
            if self.first_infinite is None:
                self.first_infinite = node, f"{_of_input(node, i)}: {found}"
            return
        nan = first_bad(contribution, nan_only=True)
        origin = _origin_before(node)
        text = (f"Function '{node.name()}' returned nan values in its {i}th output, {_of_input(node, i)}: {nan}. The "
                f"forward call that it belongs to:\n{forward_lines(node)}")
        if self.first_infinite is not None:
            maker, what = self.first_infinite
            text += (f"Before it, '{maker.name()}' returned an infinity, {what}. The forward call that it belongs to:\n"
                     f"{forward_lines(maker)}")
        if origin is not None:
            text += (f"In the forward pass the result of {origin.op.name} was not finite already: {noted(origin)}. It "
                     f"was called at:\n{forward_lines(origin)}")
        self.first_infinite = None
        fail(RuntimeError, text)


def _of_input(node: Node, i: int) -> str:
    inputs = getattr(node.op, "inputs", ())
    name = inputs[i] if len(inputs) == len(node.edges) else f"number {i}"
    return f"the gradient by {name!r}" if name in inputs else f"the gradient by input {name}"


def _origin_before(node: Node) -> Node | None:
    """The operation that made what was not finite in the forward pass up to ``node``."""
    found: set[Node] = set()
    stack = [node]
    while stack:
        n = stack.pop()
        if n not in found:
            found.add(n)
            stack.extend(e for e in n.edges if e is not None)
    bad = {n: f for n in found if (f := noted(n)) is not None}
    return forward_origin(bad, sorted(found, key=lambda n: -n.seq)) if bad else None


class detect_anomaly:
    """Inside the block, a backward that produces a NaN raises and says where it comes from.

    The error names the operation and the element, the module and the lines that called it forward, and where the first
    infinity of the backward pass, or a result that was not finite in forward, came from. Run the forward inside the
    block too, so that all this is known. For debugging: it takes time. `viz.explain_nan` says more, and finds
    infinities too.

    Args:
        check_nan: whether to look for NaN in every gradient; otherwise only errors get the forward line.

    >>> import autograd
    >>> x = autograd.tensor(0., requires_grad=True)
    >>> with autograd.detect_anomaly():
    ...     y = x.sqrt() * 0
    ...     y.backward()  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output. ...
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._watch = _Watch(check_nan)
        self._before: list[dict[str, Any]] = []

    def __enter__(self) -> None:
        self._before.append(MODE.set(observers=(*MODE.state.observers, self._watch)))

    def __exit__(self, *exc: object) -> None:
        MODE.set(**self._before.pop())


class set_detect_anomaly:
    """Turn anomaly mode on or off in this thread; as a context manager, until the end of the block.

    >>> import autograd
    >>> with autograd.set_detect_anomaly(True):
    ...     autograd.is_anomaly_enabled()
    True
    >>> autograd.is_anomaly_enabled()
    False
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        others = tuple(o for o in MODE.state.observers if not isinstance(o, _Watch))
        self._before = MODE.set(observers=(*others, _Watch(check_nan)) if mode else others)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: object) -> None:
        MODE.set(**self._before)


def is_anomaly_enabled() -> bool:
    """Whether this thread is in anomaly mode.

    >>> import autograd
    >>> with autograd.detect_anomaly():
    ...     autograd.is_anomaly_enabled()
    True
    """
    return any(isinstance(o, _Watch) for o in MODE.state.observers)
