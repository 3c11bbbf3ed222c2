"""Nodes of the graph: what a recorded operation keeps.

Every recorded operation makes one `Node`. A node knows its operation, the nodes its inputs came from (its edges) and
the values its derivative rules name; it does not know its output tensor, so there are no reference cycles and memory
is freed by reference counts alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import fail

if TYPE_CHECKING:
    from .primitive import Primitive
    from .tensor import Tensor

# One clock for nodes and for in-place writes, so that "written after it was saved" is one comparison.
clock = itertools.count(-1, -1)
tick: Callable[[], int] = clock.__next__

# The version counter of a value nobody can write to: [writes, clock of the last write].
UNWRITTEN = [0, 0]

# The version counter of every tensor made in inference mode: newer than any node, so that a node which saved one is
# refused.
INFERENCE = [0, -(1 << 62)]


class Node:
    """One recorded operation.

    Attributes:
        op: the operation, with its derivative rules.
        seq: its number on the tape's clock; newer nodes have smaller numbers.
        edges: for each input, the node that made it, or None where no gradient is wanted.
        saved: the values its rules name (arrays and options) and the version counters of those arrays, or None
            once released.
        shape: of the output; for several outputs a list of shapes.
        extra: hooks and notes (`Extra`), or None.
    """

    __slots__ = ("__weakref__", "edges", "extra", "op", "saved", "seq", "shape")

    op: Primitive
    seq: int
    edges: tuple[Any, ...]
    saved: tuple[Any, ...] | None
    shape: tuple[int, ...]
    extra: Extra | None

    def name(self) -> str:
        """The name PyTorch gives such a node: ``MulBackward0``."""
        return self.op.node_name

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """For each input the node that made it and the index of that node's output."""
        return tuple((None, 0) if e is None else e.as_edge() for e in self.edges)

    def as_edge(self) -> tuple[Node, int]:
        return self, 0

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for notes, such as the forward stack in anomaly mode."""
        return extra_of(self).metadata

    def register_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(grad_inputs, grad_outputs)`` after this node ran; it may return other input gradients."""
        return extra_of(self).add("post", hook)

    def register_prehook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(grad_outputs)`` before this node runs; it may return other output gradients."""
        return extra_of(self).add("pre", hook)

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


class Leaf(Node):
    """The end of the tape at a tensor the user made: gradients gather in ``grad``."""

    __slots__ = ("grad",)

    grad: Any  # None, an ndarray, or the Tensor handed out to the user

    def name(self) -> str:
        return "AccumulateGrad"


class Output(Node):
    """Output number ``index`` of a node with several outputs; its single edge is that node."""

    __slots__ = ("index",)

    index: int

    def as_edge(self) -> tuple[Node, int]:
        return self.edges[0], self.index


class Parts:
    """Gradients of some outputs of a many-output node, by index, adding up like arrays do."""

    __slots__ = ("by_index",)

    def __init__(self, by_index: dict[int, Any]) -> None:
        self.by_index = by_index

    def __add__(self, other: Parts) -> Parts:
        merged = dict(self.by_index)
        for index, g in other.by_index.items():
            merged[index] = merged[index] + g if index in merged else g
        return Parts(merged)


class Packed:
    """A saved array in the care of saved-tensor hooks."""

    __slots__ = ("unpack", "value")

    def __init__(self, value: Any, unpack: Callable[[Any], Any]) -> None:
        self.value, self.unpack = value, unpack

    def array(self) -> Any:
        t = self.unpack(self.value)
        if not hasattr(t, "_a"):
            fail(TypeError, f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                            f"{type(t).__name__}")
        return t._a


def unpack_saved(saved: Sequence[Any]) -> tuple[Any, ...]:
    """The saved values with `Packed` ones unpacked, also inside sequences."""
    return tuple([v.array() if v.__class__ is Packed
                  else [u.array() if u.__class__ is Packed else u for u in v] if v.__class__ is list else v
                  for v in saved])


class Modified(Exception):
    """A saved array was written to after it was saved; the sweep catches this and says which."""


class Handle:
    """Removes a hook: ``handle.remove()``, or leaving a ``with handle:`` block."""

    __slots__ = ("key", "table")

    def __init__(self, table: dict[int, Callable[..., Any]], key: int) -> None:
        self.table, self.key = table, key

    def remove(self) -> None:
        self.table.pop(self.key, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


_NONE: Any = MappingProxyType({})  # no hooks; a dictionary takes its place with the first


class Extra:
    """What few nodes have: hooks on the gradient (``tensor``), before the node runs (``pre``), after (``post``),
    after a
    leaf has gathered its gradient (``accumulated``); a place that keeps the gradient (``retain``); whether saved values
    went through saved-tensor hooks (``packed``); notes.
    """

    __slots__ = ("accumulated", "metadata", "packed", "post", "pre", "retain", "tensor")

    def __init__(self) -> None:
        self.tensor = self.pre = self.post = self.accumulated = _NONE
        self.retain: Callable[[Any], None] | None = None
        self.metadata: dict[Any, Any] = {}
        self.packed = False

    def add(self, kind: str, hook: Callable[..., Any]) -> Handle:
        if getattr(self, kind) is _NONE:
            setattr(self, kind, {})
        table: dict[int, Callable[..., Any]] = getattr(self, kind)
        key = tick()
        table[key] = hook
        return Handle(table, key)

    def replace(self, g: Any, create_graph: bool) -> Any:
        """``g`` after the tensor hooks and pre-hooks, each of which may replace it."""
        for hook in tuple(self.tensor.values()) if self.tensor else ():
            new = hook(as_tensor(g))
            if new is not None:
                g = _checked_replacement(new, g, create_graph)
        if self.pre and not isinstance(g, Parts):
            for hook in tuple(self.pre.values()):
                new = hook((as_tensor(g),))
                if new is not None:
                    g = _checked_replacement(new[0] if isinstance(new, tuple) else new, g, create_graph)
        if self.retain is not None:
            self.retain(g)
        return g


def extra_of(node: Node) -> Extra:
    if node.extra is None:
        node.extra = Extra()
    return node.extra


def _checked_replacement(new: Any, old: Any, create_graph: bool) -> Any:
    if not hasattr(new, "_a"):
        fail(TypeError, f"expected a hook to return a Tensor or None, got {type(new).__name__}")
    if new._a.shape != old.shape:
        fail(RuntimeError, f"hook has changed the size of value: expected {list(old.shape)}, "
                           f"got {list(new._a.shape)}")
    dtype = getattr(old, "_a", old).dtype
    if new._a.dtype != dtype:
        fail(RuntimeError, f"hook has changed the type of value (was {dtype} got {new._a.dtype})")
    return new if create_graph else new._a


# Set by tensor.py, which stands above this file: makes a bare Tensor.
new_tensor: Callable[[], Tensor]


def wrap_node(array: np.ndarray[Any, Any], node: Node | None) -> Tensor:
    """``array`` as a Tensor made by ``node``."""
    t = new_tensor()  # noqa: F821
    t._a, t._node, t._vc, t._meta = array, node, [0, 0], None
    return t


def as_tensor(g: Any) -> Any:
    return wrap_node(np.asarray(g), None) if isinstance(g, (np.ndarray, np.generic)) else g


def new_leaf(array: np.ndarray[Any, Any]) -> Leaf:
    leaf = Leaf()
    leaf.op = LEAF
    leaf.seq = tick()
    leaf.edges = leaf.saved = ()
    leaf.shape = array.shape
    leaf.extra = leaf.grad = None
    return leaf


class _EndOp:
    """Stands where a Primitive stands, for nodes that compute nothing: leaves and outputs."""

    saves_tensors = False

    def __init__(self, node_name: str, vjp: Any, lift: Any = None) -> None:
        self.name = self.node_name = node_name
        self.vjp, self.lift = vjp, lift

    def __repr__(self) -> str:
        return self.node_name


LEAF: Any = _EndOp("AccumulateGrad", None)
OUTPUT: Any = _EndOp("Output", lambda g, saved, edges, seq: (Parts({saved[0]: g}),), lambda node, saved: saved)


def output_node(node: Node, index: int, array: np.ndarray[Any, Any]) -> Output:
    """The node of output ``index`` of a many-output ``node``."""
    out = Output()
    out.op, out.seq, out.edges, out.saved = OUTPUT, tick(), (node,), (index,)
    out.shape, out.extra, out.index = array.shape, None, index
    return out


def written(version: list[int]) -> None:
    """Note a write on a version counter."""
    if version is not INFERENCE:
        version[0] += 1
        version[1] = tick()
