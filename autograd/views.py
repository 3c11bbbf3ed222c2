"""Tensors that share memory: what a view remembers, and how a write through it reaches the graph.

A view remembers its recipe: ``(source, op, options, stamp)``, the tensor it was taken from, the operation that took
it, and
the clock of the last write for which its node is valid. Writing into a view in place is recorded as writing the view's
new value back into its base (`view_scatter`), and the view then becomes the same view of the base's new value.
Other views of the base notice by the version counter they share, and renew their nodes when they are next used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .errors import fail
from .modes import recording
from .on_first_call import RUNTIME
from .tape import Node, clock, wrap_node

if TYPE_CHECKING:
    from .primitive import Primitive
    from .tensor import Tensor

# A plain tuple, because it is made for every view: an object with these fields costs four times as much.
Recipe = tuple[Any, Any, tuple[Any, ...], int]
Chain = list[tuple["Primitive", tuple[Any, ...]]]


class Meta:
    """What few tensors have, beside a recipe: a gradient of their own, a leaf set aside, a mark.

    Attributes:
        recipe: the view's recipe, or None.
        grad: the gradient kept for a non-leaf (`retain_grad`), or set by the user.
        leaf: the `Leaf` that requires_grad_(False) set aside, so that the gradient survives.
        retains: whether `retain_grad` was called.
        made: how this view was made, where its history cannot follow writes: a key of `UNTRACED`, or "".
    """

    __slots__ = ("__weakref__", "grad", "leaf", "made", "recipe", "retains")

    def __init__(self, recipe: Recipe | None = None) -> None:
        self.recipe = recipe
        self.grad: Any = None
        self.leaf: Any = None
        self.retains = False
        self.made = ""


#: Ways to make a view whose history cannot follow writes to its memory: what the view is, and what to do instead.
UNTRACED = {
    "no_grad": ("A view was created in no_grad mode",
                "Make the view outside no_grad(), or clone() it before the write"),
    "function": ("A view was created inside a custom Function (or an input was returned as it is)",
                 "The write would replace the Function's own backward: clone() what the Function returns"),
}


def untraced(t: Tensor) -> str:
    """How ``t``, or a view that it is a view of, was made, where its history cannot follow writes; else ""."""
    while True:
        meta = t._meta
        if meta.__class__ is Meta:
            if meta.made:
                return meta.made
            meta = meta.recipe
        if meta is None:
            return ""
        t = meta[0]


def refuse_write(t: Tensor, made: str, written: str, name: str = "") -> NoReturn:
    """Raise for the view ``t``, made in the way ``made``, because ``written`` was modified in place."""
    what, fix = UNTRACED[made]
    if not (isinstance(t._meta, Meta) and t._meta.made):
        what = f"A view of a view: {what[0].lower()}{what[1:]}"
    fail(RuntimeError, f"{name}{what} and {written} modified inplace with grad mode enabled. {fix}")


def meta_of(t: Tensor) -> Meta:
    """The `Meta` of ``t``, made where it has none."""
    meta = t._meta
    if not isinstance(meta, Meta):
        meta = t._meta = Meta(meta)
    return meta


def recipe_of(t: Tensor) -> Recipe | None:
    meta = t._meta
    return meta.recipe if isinstance(meta, Meta) else meta


def base_of(t: Tensor) -> Tensor | None:
    """The tensor that ``t`` is a view of, at the end of the chain of views; None where ``t`` is no view."""
    recipe = recipe_of(t)
    base = None
    while recipe is not None:
        base = recipe[0]
        recipe = recipe_of(base)
    return base


def chain_of(t: Tensor) -> Chain:
    """The operations from the base to the view ``t``, in order."""
    steps: Chain = []
    recipe = recipe_of(t)
    while recipe is not None:
        steps.append((recipe[1], recipe[2]))
        recipe = recipe_of(recipe[0])
    return steps[::-1]


def node_of(t: Tensor) -> Node | None:
    """The node of a tensor, renewed where it is a view whose base was written to since."""
    meta = t._meta
    recipe = meta.recipe if meta.__class__ is Meta else meta
    if recipe is not None and recipe[3] != t._vc[1]:
        made = untraced(t)
        if not made:
            _renew(t)
        elif recording() and (t._node is not None or base_of(t)._node is not None):  # type: ignore[union-attr]
            refuse_write(t, made, "its base or another view of its base has been")
        refresh(t)
    return t._node


def has_history(t: Tensor) -> bool:
    """Whether ``t`` requires grad; unlike `node_of` it does not raise where its history is not known any more."""
    recipe = recipe_of(t)
    if recipe is not None and recipe[3] != t._vc[1] and untraced(t):
        return t._node is not None or base_of(t)._node is not None  # type: ignore[union-attr]
    return node_of(t) is not None


def refresh(t: Tensor) -> None:
    """Note that the node of the view ``t`` holds for its memory as it is now."""
    meta = t._meta
    if meta.__class__ is Meta:
        meta.recipe = (*meta.recipe[:3], t._vc[1])
    else:
        t._meta = (*meta[:3], t._vc[1])


def _renew(t: Tensor) -> None:
    """Derive the node of ``t`` afresh from its base's present node."""
    base = base_of(t)
    assert base is not None
    node = base._node if base._meta is None else node_of(base)
    if node is None:
        t._node = None
        return
    current = wrap_node(base._a, node)
    for op, options in chain_of(t):
        current = op.core(current, *options)
    t._node = current._node


def apply_chain(x: Any, chain: Chain) -> Any:
    """The view of ``x``: an array, a Tensor, or what else operations answer for."""
    for op, options in chain:
        x = (op.forward(x, *options) if isinstance(x, np.ndarray) else op.core(x, *options) if hasattr(x, "_a") else
             RUNTIME["general"](op, (x, *options)))
    return x


def shares_memory(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    """Whether the two arrays may overlap, by the bounds of their memory."""
    return a.size > 0 and b.size > 0 and np.may_share_memory(a, b)


RUNTIME.update(node_of=node_of, clock=clock)
