"""What tensors are called: by the parameters of a model, by the user, by the variables of the caller."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import FrameType
from typing import Any

from ..errors import fail
from ..node import LEAF, Node, Output
from .recording import note_of


class Names:
    """Names of nodes and of arrays, and the values of the named tensors.

    The first name given stays.
    """

    def __init__(self) -> None:
        self.nodes: dict[Node, str] = {}
        self.arrays: dict[int, str] = {}
        self.values: dict[Node, Any] = {}
        self.parameters: set[Node] = set()
        self._held: list[Any] = []

    def add(self, name: str, t: Any, parameter: bool = False) -> None:
        # Not node_of: naming must not renew the nodes of views.
        node = t._node
        self._held.append(t._a)
        self.arrays.setdefault(id(t._a), name)
        if node is not None:
            self.nodes.setdefault(node, name)
            self.values.setdefault(node, t._a)
            if parameter:
                self.parameters.add(node)

    def add_params(self, params: Any) -> None:
        """The names a user gives: of a module, a mapping, or pairs, or bare tensors, which are numbered."""
        if params is None:
            return
        if hasattr(params, "named_parameters"):
            for name, t in (*params.named_parameters(), *params.named_buffers()):
                self.add(name, t, hasattr(t, "requires_grad") and t.requires_grad)
            return
        pairs: Iterable[Any] = params.items() if isinstance(params, Mapping) else params
        for i, item in enumerate(pairs):
            name, t = item if isinstance(item, tuple) and len(item) == 2 else (f"params[{i}]", item)
            if not hasattr(t, "_node"):
                fail(TypeError, "params must be a Module, a mapping of names to tensors, or a sequence of tensors or "
                                f"of (name, tensor), but element {i} is {type(t).__name__}")
            self.add(str(name), t, True)

    def add_roots(self, nodes: Iterable[Node]) -> None:
        """The parameters of the models whose calls `record` noted."""
        seen = set()
        for node in nodes:
            note = note_of(node)
            root = None if note is None or note.call is None else note.call.root()
            if root is not None and id(root) not in seen:
                seen.add(id(root))
                self.add_params(root)

    def add_variables(self, frame: FrameType | None) -> None:
        """The caller's variables: tensors by their names, parameters of modules as ``model.weight``."""
        if frame is None:
            return
        found = [(k, v) for k, v in frame.f_locals.items() if not k.startswith("_")]
        for name, value in found:
            if hasattr(value, "_vc"):
                self.add(name, value)
        for name, value in found:
            if hasattr(value, "named_parameters") and not isinstance(value, type):
                for path, t in value.named_parameters():
                    self.add(f"{name}.{path}", t, True)


# Where the name that PyTorch gives a node says less than that of the function.
_FUNCTIONS = {"Addmm": "linear", "Mm": "matmul", "NativeBatchNorm": "batch_norm", "NativeLayerNorm": "layer_norm",
              "Convolution": "conv", "CrossEntropyLoss": "cross_entropy", "WindowMeans": "avg_pool"}
_INFIX = {"add": "+", "sub": "−", "mul": "×", "true_divide": "÷", "matmul": "@", "matrix_product": "@"}
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def function_name(op: Any) -> str:
    """What users call an operation: ``div`` for ``true_divide``, ``cross_entropy`` for the kernel below it."""
    if op.name == "square":  # of PyTorch's node only the exponent would tell
        return "square"
    name = re.sub(r"Backward\d*$", "", getattr(op, "node_name", "")) or op.name
    return _FUNCTIONS.get(name) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def expression(op: Any, inputs: Sequence[str], options: Mapping[str, Any]) -> str:
    """An operation on inputs as one would write it: ``a × b``, ``e²``, ``tanh(v1)``."""
    if op.name in _INFIX and len(inputs) == 2 and options.get("alpha", "1") == "1":
        return f"{inputs[0]} {_INFIX[op.name]} {inputs[1]}"
    if op.name == "neg":
        return f"−{inputs[0]}"
    if op.name == "square":
        return f"{inputs[0]}²"
    if op.name == "pow_number" and "exponent" in options:
        power = re.sub(r"\.0$", "", str(options["exponent"]))
        return inputs[0] + (power.translate(_RAISED) if re.fullmatch(r"-?\d+", power) else f"^{power}")
    return f"{function_name(op)}({', '.join(inputs)})"


def numbered(nodes: Sequence[Node], names: Mapping[Node, str]) -> dict[Node, str]:
    """A name for every node: the given ones, and v1, v2, ... for operations and x1, x2, ... for leaves without."""
    found: dict[Any, str] = {n: names[n] for n in nodes if n in names}
    taken, counts = set(found.values()), {"x": 0, "v": 0}
    for n in nodes:
        if n in found:
            continue
        if isinstance(n, Output) and n.edges[0] in found:
            found[n] = f"{found[n.edges[0]]}.{n.index}"
            continue
        letter = "x" if n.op is LEAF else "v"
        while True:
            counts[letter] += 1
            name = f"{letter}{counts[letter]}"
            if name not in taken:
                break
        found[n] = name
    return found
