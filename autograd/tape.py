"""The tape: the backward sweep over nodes, and the gradients it leaves at the leaves.

Nodes (see `autograd.node`) are numbered by a falling clock. The sweep visits them in order of that number, newest
first: when a node's turn comes, everything computed from it has already sent its gradient. The order needs no
recursion, no counting pass, and no list of all nodes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from heapq import heappop, heappush, heapreplace
from sys import getrefcount
from typing import Any

import numpy as np

from .errors import fail
from .kernels.reduce_loops import row_major
from .modes import MODE
from .node import (
    INFERENCE as INFERENCE,
    LEAF as LEAF,
    OUTPUT as OUTPUT,
    UNWRITTEN as UNWRITTEN,
    Extra as Extra,
    Handle as Handle,
    Leaf as Leaf,
    Modified as Modified,
    Node as Node,
    Output as Output,
    Packed as Packed,
    Parts as Parts,
    as_tensor as as_tensor,
    clock as clock,
    extra_of as extra_of,
    new_leaf as new_leaf,
    output_node as output_node,
    tick as tick,
    unpack_saved as unpack_saved,
    wrap_node as wrap_node,
    written as written,
)
from .where import note_backward


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
    sums: set[Node] = set()  # whose pending gradient is a sum made here, and so may be added to in place
    for node, seed in zip(roots, grads, strict=True):
        if node in pending:
            pending[node] = pending[node] + seed
        else:
            pending[node] = seed
            heappush(heap, (node.seq, node))
    needed = None if inputs is None else needed_nodes(roots, inputs)
    wanted = frozenset(() if inputs is None else inputs)
    observed = not MODE.plain and bool(MODE.state.observers)
    result: dict[Node, Any] = {}
    n: Node | None = None
    g: Any
    try:
        while True:
            # The newest node is in ``n``, its gradient in ``g``; ``pending`` and ``heap`` see what competes with it.
            if n is None:
                if not heap:
                    break
                n = heappop(heap)[1]
                g = pending.pop(n)
            elif heap and heap[0][0] < n.seq:
                pending[n] = g
                n = heapreplace(heap, (n.seq, n))[1]
                g = pending.pop(n)
            op = n.op
            edges = n.edges
            saved = n.saved
            extra = n.extra
            if extra is not None:
                g = extra.replace(g, create_graph)
            if op is LEAF:
                if needed is None or n in wanted:
                    result[n] = g
                n = None
                continue
            if needed is not None:
                if n in wanted:
                    result[n] = g
                edges = tuple([e if e in needed else None for e in edges])
                if not any(edges):
                    n = None
                    continue
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
                if e is n:
                    g = g + ge
                elif e in pending:
                    total = pending[e]
                    if e in sums:
                        total += ge
                        pending[e] = total
                    else:
                        pending[e] = total + ge
                        if not create_graph:
                            sums.add(e)
                elif e.op is LEAF and e.extra is None:
                    pending[e] = ge  # nothing runs there: it can wait for the end
                elif n is None:
                    n, g = e, ge
                elif n.seq < e.seq:
                    pending[e] = ge
                    heappush(heap, (e.seq, e))
                else:
                    pending[n] = g
                    heappush(heap, (n.seq, n))
                    n, g = e, ge
    except Modified:
        assert n is not None
        raise _modified(n) from None
    except Exception as failure:
        if n is not None:
            note_backward(failure, n)
        raise
    result.update(pending)
    return result


# Threads that share parameters add to the same gradients, and NumPy lets go of the interpreter while it adds.
_gathering = threading.RLock()
if hasattr(os, "register_at_fork"):  # a child must not find it held by a thread it does not have
    os.register_at_fork(
        before=_gathering.acquire, after_in_parent=_gathering.release, after_in_child=_gathering.release)


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
            # Held by the caller's loop and this frame alone, the array can be kept without a copy; a reshaped one, too.
            if getrefcount(g) > _SOLE or not g.flags.c_contiguous or not (g.base is None or _is_sole_view(g)):
                g = row_major(g)
        elif isinstance(g, np.generic):
            g = np.array(g)
        else:  # never the tensor itself, which may be the user's, or another leaf's gradient
            g = g.clone() if create_graph else np.array(g._a)
        leaf.grad = g
    elif create_graph:
        leaf.grad = as_tensor(total) + g
    elif total.__class__ is np.ndarray:
        total += g
    else:
        array = total._a
        array += getattr(g, "_a", g)
        written(total._vc)


def _is_sole_view(g: np.ndarray[Any, Any]) -> bool:
    """Whether ``g`` is all of an array that nothing else refers to."""
    base = g.base
    return (base.__class__ is np.ndarray and base.flags.owndata and base.size == g.size
            and getrefcount(base) <= _SOLE_BASE)


def _references_of_a_sole_base() -> int:
    """What `getrefcount` says in `_is_sole_view` of an array to which only a view refers."""
    def count(g: Any) -> int:
        base = g.base
        return getrefcount(base)

    return count(np.empty(1).reshape(1, 1))


_SOLE_BASE = _references_of_a_sole_base()


def _references_of_a_sole_argument() -> int:
    """What `getrefcount` says in a function whose argument only its caller's loop variable holds."""
    def count(g: Any) -> int:
        return getrefcount(g)

    holder = {0: np.empty(0)}
    _, g = holder.popitem()
    return count(g)


_SOLE = _references_of_a_sole_argument()


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


def _modified(n: Node) -> RuntimeError:
    what, array, version = next(found for found in n.op.saved_arrays(n) if found[2][1] < n.seq)
    error = RuntimeError(
        f"Inference tensors cannot be saved for backward: {what} of {n.op.name}, {array.dtype} {list(array.shape)}. To "
        "work around you can make a clone to get a normal tensor"
        if version is INFERENCE else
        f"one of the variables needed for gradient computation has been modified by an inplace operation: {what} of "
        f"{n.op.name}, {array.dtype} {list(array.shape)}, is at version {version[0]}, and was written to after "
        f"{n.op.name} saved it. Use the out-of-place form of the operation that wrote to it, or clone() the tensor "
        "before")
    note_backward(error, n)
    return error
