"""The tape: nodes, gradient modes, and the backward sweep.

Every recorded operation makes one `Node`. A node knows its operation, the nodes its inputs came from
(its edges) and the values its derivative rules name; it does not know its output tensor, so there are no
reference cycles and memory is freed by reference counts alone.

Nodes are numbered by a falling clock. The sweep visits them in order of that number, newest first: when a node's
turn comes, everything computed from it has already sent its gradient. The order needs no recursion, no
counting pass, and no list of all nodes.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from sys import getrefcount
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .errors import fail
from .modes import MODE

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


class Extra:
    """What few nodes have: hooks on the gradient (``tensor``), before the node runs (``pre``), after (``post``),
    after a
    leaf has gathered its gradient (``accumulated``); a place that keeps the gradient (``retain``); whether saved values
    went through saved-tensor hooks (``packed``); notes.
    """

    __slots__ = ("accumulated", "metadata", "packed", "post", "pre", "retain", "tensor")

    def __init__(self) -> None:
        self.tensor: dict[int, Callable[..., Any]] = {}
        self.pre: dict[int, Callable[..., Any]] = {}
        self.post: dict[int, Callable[..., Any]] = {}
        self.accumulated: dict[int, Callable[..., Any]] = {}
        self.retain: Callable[[Any], None] | None = None
        self.metadata: dict[Any, Any] = {}
        self.packed = False

    def add(self, kind: str, hook: Callable[..., Any]) -> Handle:
        table: dict[int, Callable[..., Any]] = getattr(self, kind)
        key = tick()
        table[key] = hook
        return Handle(table, key)

    def replace(self, g: Any, create_graph: bool) -> Any:
        """``g`` after the tensor hooks and pre-hooks, each of which may replace it."""
        for hook in tuple(self.tensor.values()):
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


def needed_nodes(roots: Sequence[Node], inputs: Sequence[Node]) -> set[Node]:
    """The nodes on some path from ``roots`` to ``inputs``."""
    oldest = max(n.seq for n in inputs)
    found: set[Node] = set()
    stack = list(roots)
    while stack:
        n = stack.pop()
        if n in found or n.seq > oldest:
            continue
        found.add(n)
        stack.extend(e for e in n.edges if e is not None)
    needed = set(inputs)
    for n in sorted(found, key=lambda n: -n.seq):  # oldest first: edges are settled before their users
        if n not in needed and any(e in needed for e in n.edges):
            needed.add(n)
    return needed


def sweep(
    roots: Sequence[Node], grads: Sequence[Any], *,
    retain_graph: bool, create_graph: bool, inputs: Sequence[Node] | None = None,
) -> dict[Node, Any]:
    """Run the rules from ``roots`` down, newest node first.

    Args:
        roots: the nodes to start from.
        grads: the gradient at each root, arrays (Tensors where ``create_graph``).
        retain_graph: keep saved values for another sweep.
        create_graph: run the rules on Tensors, so that the gradients have a graph of their own.
        inputs: the nodes whose gradients are wanted, or None for every leaf.

    Returns:
        The gradient of each wanted node that was reached.
    """
    pending: dict[Node, Any] = {}
    heap: list[tuple[int, Node]] = []
    for node, g in zip(roots, grads, strict=True):
        if node in pending:
            pending[node] = pending[node] + g
        else:
            pending[node] = g
            heappush(heap, (node.seq, node))
    needed = None if inputs is None else needed_nodes(roots, inputs)
    wanted = frozenset(() if inputs is None else inputs)
    observed = not MODE.plain and bool(MODE.state.observers)
    result: dict[Node, Any] = {}
    n: Node | None = None
    try:
        while n is not None or heap:
            if n is None:
                n = heappop(heap)[1]
            g = pending.pop(n)
            op = n.op
            extra = n.extra
            if extra is not None:
                g = extra.replace(g, create_graph)
            if op is LEAF:
                result[n] = g
                n = None
                continue
            edges = n.edges
            if needed is not None:
                if n in wanted:
                    result[n] = g
                edges = tuple([e if e in needed else None for e in edges])
                if not any(edges):
                    n = None
                    continue
            saved = n.saved
            if saved is None:
                fail(RuntimeError, _freed_message(n))
            if extra is not None and extra.packed:
                saved = unpack_saved(saved)
            if create_graph:
                saved = op.lift(n, saved)
            if observed:
                contributions = MODE.observe(n, g, saved, edges)
            else:
                contributions = op.vjp(g, saved, edges, n.seq)
            if extra is not None and extra.post:
                contributions = _run_post_hooks(extra, g, contributions, create_graph)
            if op.saves_tensors and not retain_graph:
                n.saved = None
            n = None
            for e, ge in zip(edges, contributions):
                if e is None or ge is None:
                    continue
                if e in pending:
                    pending[e] = pending[e] + ge
                    continue
                pending[e] = ge
                if e.op is LEAF and e.extra is None:
                    continue  # nothing runs there: it can wait in ``pending`` for the end
                # Keep the newest in a local; the heap only sees nodes that compete with it.
                if n is None:
                    n = e
                elif n.seq < e.seq:
                    heappush(heap, (e.seq, e))
                else:
                    heappush(heap, (n.seq, n))
                    n = e
            if heap and n is not None and heap[0][0] < n.seq:
                heappush(heap, (n.seq, n))
                n = heappop(heap)[1]
    except Modified:
        assert n is not None
        _raise_modified(n)
    result.update(pending)
    return result


# Threads that share parameters add to the same gradients, and NumPy lets go of the interpreter while it adds.
_gathering = threading.RLock()


def _renew_lock() -> None:
    global _gathering
    _gathering = threading.RLock()


if hasattr(os, "register_at_fork"):  # the thread that held the lock is not in the child
    os.register_at_fork(after_in_child=_renew_lock)


def accumulate_all(found: dict[Node, Any], create_graph: bool) -> None:
    """Empty ``found`` into what its leaves have gathered, then run the leaves' hooks."""
    hooked = []
    with _gathering:
        while found:
            leaf, g = found.popitem()
            if leaf.op is LEAF:
                accumulate(leaf, g, create_graph)  # type: ignore[arg-type]
                if leaf.extra is not None:
                    hooked.append(leaf.extra)
    for extra in hooked:
        for hook in tuple(extra.accumulated.values()):
            hook()


def accumulate(leaf: Leaf, g: Any, create_graph: bool) -> None:
    """Add ``g`` to what ``leaf`` has gathered."""
    total = leaf.grad
    if total is None:
        if g.__class__ is np.ndarray:
            # Held by the caller's loop and this frame alone, the array can be kept without a copy.
            if g.base is not None or getrefcount(g) > _SOLE or not g.flags.c_contiguous:
                g = np.array(g, order="C")
        elif isinstance(g, np.generic):
            g = np.array(g)
        elif not create_graph:
            g = np.array(g._a)
        leaf.grad = g
    elif create_graph:
        leaf.grad = as_tensor(total) + g
    elif total.__class__ is np.ndarray:
        total += g
    else:
        array = total._a
        array += getattr(g, "_a", g)
        written(total._vc)


def _references_of_a_sole_argument() -> int:
    """What `getrefcount` says in a function whose argument only its caller's loop variable holds."""
    def count(g: Any) -> int:
        return getrefcount(g)

    holder = {0: np.empty(0)}
    _, g = holder.popitem()
    return count(g)


_SOLE = _references_of_a_sole_argument()


def written(version: list[int]) -> None:
    """Note a write on a version counter."""
    if version is not INFERENCE:
        version[0] += 1
        version[1] = tick()


def _run_post_hooks(extra: Extra, g: Any, contributions: Sequence[Any], create_graph: bool) -> Sequence[Any]:
    for hook in tuple(extra.post.values()):
        outputs = tuple(g.by_index.values()) if isinstance(g, Parts) else (g,)
        new = hook(tuple(map(as_tensor, contributions)), tuple(map(as_tensor, outputs)))
        if new is not None:
            new = new if isinstance(new, tuple) else (new,)
            contributions = [t if create_graph else getattr(t, "_a", t) for t in new]
    return contributions


def _freed_message(n: Node) -> str:
    return (f"Trying to backward through the graph a second time (or directly access saved tensors after they "
            f"have already been freed): the values saved by {n.op.name} (output shape {list(n.shape)}) were "
            f"released by the first backward. Specify retain_graph=True in the first call if you need to "
            f"backward through the graph again or access saved tensors after calling backward")


def _raise_modified(n: Node) -> NoReturn:
    what, array, version = next(found for found in n.op.saved_arrays(n) if found[2][1] < n.seq)
    if version is INFERENCE:
        fail(RuntimeError, f"Inference tensors cannot be saved for backward: {what} of {n.op.name}, {array.dtype} "
                           f"{list(array.shape)}. To work around you can make a clone to get a normal tensor")
    fail(RuntimeError,
         f"one of the variables needed for gradient computation has been modified by an inplace operation: {what} of "
         f"{n.op.name}, {array.dtype} {list(array.shape)}, is at version {version[0]}, and was written to after "
         f"{n.op.name} saved it. Use the out-of-place form of the operation that wrote to it, or clone() the tensor "
         "before")
