"""The tape in text: what was computed, one operation a line, in order (a Wengert list)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..codegen import defaults_of
from ..errors import fail
from ..node import LEAF, Node, Output
from ..primitive import Primitive
from ..tensor import Tensor
from ..views import node_of
from ..where import line_of, module_of, modules_of
from .adjoints import Adjoints, Step
from .naming import function_name, numbered
from .table import Table, shape_text, summary
from .values import constant_name, known_options, ordered, values_of

#: How operations of two inputs (and powers) are written.
_INFIX = {"add": "+", "sub": "-", "mul": "*", "true_divide": "/", "matmul": "@", "pow_tensor": "**"}
#: Longer operations are cut in tables.
_WIDE = 60
#: Inputs of an operation on a list that are written out.
_INPUTS = 6
#: Rows of a table in print; more are cut.
LIMIT = 120


class Tape:
    """The operations that computed some tensors, in the order in which they ran. `tape` makes it.

    Attributes:
        nodes: leaves and operations, oldest first; the outputs of an operation with several come after it.
        names: what each is called.
        values: the value of each that is known.
        adjoints: the backward pass, as far as `step` took it.

    >>> import autograd
    >>> x = autograd.tensor(3., requires_grad=True)
    >>> tape = autograd.tape(x * x)
    >>> [tape.operation(node) for node in tape]
    ['leaf', 'x * x']
    """

    def __init__(self, outputs: tuple[Any, ...], names: Mapping[str, Any]) -> None:
        self.outputs = outputs
        self.roots = [_root(t, i) for i, t in enumerate(outputs)]
        self.nodes = ordered(self.roots)
        self.values = values_of(self.nodes, [*outputs, *names.values()])
        self.names = _names(self.nodes, names)
        self.adjoints = Adjoints(self)

    # --- reading -----------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def find(self, of: Any) -> Node:
        """The node of a tensor, or of a name.

        Raises:
            KeyError: it is not on this tape.
        """
        node = next((n for n, name in self.names.items() if name == of), None) if isinstance(of, str) else (
            node_of(of) if isinstance(of, Tensor) else of)
        if node not in self.names:
            fail(KeyError, f"{of!r} is not on this tape; there are {', '.join(list(self.names.values())[:20])}")
        return node

    def operation(self, node: Node) -> str:
        """What ``node`` computed, of what: ``a * b``, ``sum(v3, dim=0)``; ``leaf`` for tensors that were given."""
        if node.op is LEAF:
            return "leaf"
        if isinstance(node, Output):
            return f"{self.names[node.edges[0]]}[{node.index}]"
        op = node.op
        name = op.name if hasattr(Tensor, op.name) else function_name(op)  # not that of the kernel below a function
        inputs = [constant_name(node, i) if e is None else self.names[e] for i, e in enumerate(node.edges)]
        if not isinstance(op, Primitive) or op.variadic or len(inputs) != len(op.inputs):
            if len(inputs) > _INPUTS:
                inputs = [*inputs[:2], f"… {len(inputs) - 3} more …", inputs[-1]]
            return f"{name}({', '.join(inputs)})"
        options = known_options(node)
        named = dict(zip(op.inputs, inputs, strict=True))
        if op.name in ("add", "sub") and options.get("alpha", 1) != 1:
            inputs[1] = f"{options['alpha']:g} * {inputs[1]}"
        if op.name in _INFIX:
            return f"{inputs[0]} {_INFIX[op.name]} {inputs[1]}"
        if op.name == "pow_number":
            return f"{inputs[0]}**{options['exponent']:g}"
        if op.name == "neg":
            return f"-{inputs[0]}"
        parts = [named[p] if p in named else f"{p}={_option(options[p])}" for p in op.params
                 if (p in named and not (named[p] == "const" and _defaults_to_none(op, p)))
                 or (p in options and _worth_saying(op, p, options[p]))]
        return f"{name}({', '.join(parts)})"

    def table(self) -> Table:
        """The list as a table."""
        operations = [n for n in self.nodes if n.op is not LEAF and not isinstance(n, Output)]
        dtypes = {str(v.dtype) for v in self.values.values()}
        one_type = len(dtypes) == 1
        scalars = all(n.shape == () for n in self.nodes)
        count = f"{len(operations)} operation{'s' * (len(operations) != 1)}"
        leaves = sum(n.op is LEAF for n in self.nodes)
        title = (f"tape of {', '.join(self.names[r] for r in self.roots)}: {count}, "
                 f"{leaves} lea{'f' if leaves == 1 else 'ves'}")
        if one_type:
            title += f", {dtypes.copy().pop()}"
        table = Table(["", "", "operation", "shape", "dtype", ">value", "module", "line"], title)
        for n in self.nodes:
            value = self.values.get(n)
            operation = self.operation(n)
            if len(operation) > _WIDE:
                operation = f"{operation[:_WIDE - 2]}…)"
            table.add(self.names[n], "" if n.op is LEAF else "=", operation,
                      "" if scalars else shape_text(n.shape),
                      "" if one_type or value is None else str(value.dtype),
                      "" if isinstance(n.shape, list) else summary(value), module_of(n), line_of(n))
        return table.without_empty()

    def __repr__(self) -> str:
        return self.table().text(LIMIT)

    def _repr_html_(self) -> str:
        return self.table().html()

    # --- running backward --------------------------------------------------------------------------------

    def backward(self, gradient: Any = None) -> Adjoints:
        """The backward pass to its end, as a list of adjoints. It adds to no ``grad`` and keeps the saved values.

        Args:
            gradient: the gradient to start from, of the output's shape (a tuple, for several outputs); by default
                one, for an output of one element.
        """
        self.adjoints = Adjoints(self, gradient)
        return self.adjoints.run()

    def step(self) -> Step | None:
        """Run backward through the next node; returns what happened there, or None at the end."""
        return self.adjoints.step()

    def rewind(self, steps: int | None = None) -> None:
        """Take back so many steps of the backward pass, by default all."""
        self.adjoints.rewind(steps)


def tape(*outputs: Any, names: Mapping[str, Any] | None = None) -> Tape:
    """The list of operations that computed ``outputs`` (a Wengert list), for reading and for stepping backward.

    A value is shown where a tensor that is still in use has it, where a derivative rule saved it, or where it can be
    computed again from those.

    Args:
        outputs: tensors, in most cases one: the loss.
        names: what tensors are to be called, by name. By default tensors are called as the variables of the calling
            function that hold them, parameters as in their module.

    Returns:
        A `Tape`: ``print`` shows it, ``backward()`` is its list of adjoints, ``step()`` and ``rewind()`` go through the
        backward pass one node at a time.

    Raises:
        RuntimeError: an output was not computed from anything that requires a gradient.

    >>> import autograd
    >>> a, b = autograd.tensor(2., requires_grad=True), autograd.tensor(-3., requires_grad=True)
    >>> loss = (a * b + a).tanh()
    >>> tape = autograd.tape(loss)
    >>> tape
    tape of loss: 3 operations, 2 leaves, float32
             operation    value
    ───────────────────────────
    a        leaf           2.0
    b        leaf          -3.0
    v1    =  a * b         -6.0
    v2    =  v1 + a        -4.0
    loss  =  tanh(v2)   -0.9993
    >>> tape.backward()
    adjoints of loss (∇v is d loss / d v): 3 of 3 steps
    step  through          adds                          contribution        sum
    ────────────────────────────────────────────────────────────────────────────
       0                   ∇loss = 1                              1.0        1.0
       1  loss = tanh(v2)  ∇v2 += ∇loss * (1 - loss**2)      0.001341   0.001341
       2  v2 = v1 + a      ∇v1 += ∇v2                        0.001341   0.001341
                           ∇a += ∇v2                         0.001341   0.001341
       3  v1 = a * b       ∇a += ∇v1 * b                    -0.004023  -0.002682
                           ∇b += ∇v1 * a                     0.002682   0.002682
    """
    if not outputs:
        fail(TypeError, "tape() needs a tensor: the loss, or another result")
    return Tape(outputs, names_around(1) if names is None else names)


def names_around(depth: int) -> dict[str, Any]:
    """The tensors that variables hold where the caller was called, ``depth`` calls up, and parameters in modules."""
    frame = sys._getframe(depth + 1)
    return dict(_named_tensors({**frame.f_globals, **frame.f_locals}))


def _root(t: Any, index: int) -> Node:
    if not isinstance(t, Tensor):
        fail(TypeError, f"tape() takes Tensors, but output {index} is {type(t).__name__}")
    node = node_of(t)
    if node is None:
        fail(RuntimeError, f"output {index} does not require grad and has no tape: nothing it was computed from has "
                           "requires_grad=True, or it was computed under no_grad, or detached")
    return node


# --- names ----------------------------------------------------------------------------------------------------


def _named_tensors(variables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The tensors among variables, and the parameters of the modules among them, with their names."""
    modules = []
    for name, value in reversed(list(variables.items())):  # a function's own variables before the module's
        if name.startswith("_"):
            continue
        if isinstance(value, Tensor):
            yield name, value
        elif hasattr(value, "named_parameters") and not isinstance(value, type):
            modules.append((name, value))
    for module_name, module in modules:
        for name, parameter in module.named_parameters():
            yield f"{module_name}.{name}" if len(modules) > 1 else name, parameter


def _names(nodes: list[Node], given: Mapping[str, Any]) -> dict[Node, str]:
    names: dict[Any, str] = {}
    for name, t in given.items():
        node = node_of(t)
        if node is not None:
            names.setdefault(node, name)
    for module in {id(m): m for n in nodes for m in modules_of(n)[:1]}.values():
        for name, parameter in module.named_parameters():
            names.setdefault(node_of(parameter), name)
    return numbered(nodes, names)


# --- words ----------------------------------------------------------------------------------------------------


def _defaults_to_none(op: Primitive, p: str) -> bool:
    return p in defaults_of(op.forward)


def _worth_saying(op: Primitive, p: str, value: Any) -> bool:
    defaults = defaults_of(op.forward)
    if p in defaults and (value is defaults[p] or (isinstance(value, (int, float, str)) and value == defaults[p])):
        return False
    return not isinstance(value, (np.ndarray, np.dtype)) and not callable(value) and value is not None


def _option(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    text = repr(value)
    text = text.replace("slice(None, None, None)", ":").replace("Ellipsis", "...")
    return text if len(text) <= 32 else f"{text[:31]}…"
