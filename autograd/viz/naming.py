"""What tensors are called: by the parameters of a model, by the user, by the variables of the caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Any

from ..errors import fail
from ..node import Node
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
