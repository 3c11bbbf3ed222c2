"""NaN and infinities in arrays: whether there are any, and which element is the first."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite, nan
from typing import Any, NamedTuple

import numpy as np

from .node import Node, Parts, extra_of

#: Operations that write infinities on purpose: masks of attention, constants.
MASKS = ("masked_fill_with", "choose", "masked_fill", "where", "constant_pad_nd", "filled_with", "put_at",
         "masked_scatter", "index_fill_with")

#: The key of a node's `Finding` in its metadata.
_KEY = "not finite"


class Finding(NamedTuple):
    """The first element that is not finite, its value, how many there are of how many, and whether one is NaN."""

    index: tuple[int, ...]
    value: complex
    count: int
    size: int
    nan: bool

    def __str__(self) -> str:
        what = number_text(self.value)
        if self.size == 1:
            return what
        return f"{what} at {list(self.index)}" + (f", and {self.count - 1} more" if self.count > 1 else "")


def number_text(value: Any) -> str:
    return str(value) if isinstance(value, complex) and value.imag else f"{getattr(value, 'real', value):.6g}"


def finite(a: Any) -> bool:
    """Whether all elements are finite.

    The product of an array with itself is finite only if it is, and takes a third of the time of a look at every
    element; what it says of finite numbers so large that their squares are not is looked at again.
    """
    if a.dtype.char in "fd":
        return isfinite(_square(a)) or bool(np.isfinite(a).all())
    return a.dtype.kind not in "fc" or bool(np.isfinite(a).all())


def modest(a: Any) -> bool:
    """Whether an array, or the parts of a gradient, is finite and has a norm of at most 1e12."""
    if a.__class__ is np.ndarray:
        return bool(_square(a) <= 1e24) if a.dtype.char in "fd" else finite(a)
    return first_bad(a) is None


def _square(a: Any) -> float:
    """The square of the norm, where that can be had quickly; NaN where not."""
    if a.ndim != 1:
        if not a.flags.c_contiguous:
            a = _in_order_of_memory(a)
            if not a.flags.c_contiguous:
                return nan
        a = a.reshape(-1)
    return float(a.dot(a))


def _in_order_of_memory(a: Any) -> Any:
    """The same elements without repetition, in the order in which they lie in memory."""
    strides = a.strides
    if 0 in strides:
        a = a[tuple([slice(None) if s else 0 for s in strides])]
        strides = a.strides
    return a.transpose(sorted(range(a.ndim), key=lambda d: -abs(strides[d])))


def first_bad(a: Any, nan_only: bool = False) -> Finding | None:
    """What is not finite (or, with ``nan_only``, not a number) in an array, the parts of a gradient, or None."""
    if isinstance(a, Parts):
        return next((f for part in a.by_index.values() if (f := first_bad(part, nan_only)) is not None), None)
    a = getattr(a, "_a", a)
    if a is None:
        return None
    a = np.asarray(a)
    if finite(a):
        return None
    nan = np.isnan(a)
    bad = nan if nan_only else ~np.isfinite(a)
    count = int(bad.sum())
    if not count:
        return None
    at = np.unravel_index(int(bad.argmax()), a.shape)
    return Finding(tuple(map(int, at)), a[at].item(), count, a.size, bool(nan.any()))


def note_output(node: Node, a: Any) -> bool:
    """Note on ``node`` if its output is not finite; says whether it is not."""
    if finite(a):
        return False
    extra_of(node).metadata.setdefault(_KEY, first_bad(a))
    return True


def noted(node: Node) -> Finding | None:
    """What `note_output` found."""
    return None if node.extra is None else node.extra.metadata.get(_KEY)


def forward_origin(bad: dict[Node, Finding], nodes: Iterable[Node]) -> Node | None:
    """The operation that made what is not finite in a forward pass.

    Args:
        bad: the nodes whose output is not finite.
        nodes: all that led to the result, oldest first.

    Where something is NaN, that is the first one that is, unless it came from an infinity; infinities that a mask
    wrote are meant, and no fault.
    """
    found = [n for n in nodes if n in bad]
    meant = {n for n in found if n.op.name in MASKS and not bad[n].nan}
    first_nan = next((n for n in found if bad[n].nan), None)
    if first_nan is None:
        return next((n for n in found if n not in meant), None)
    before: set[Node] = set()
    stack = [first_nan]
    while stack:
        for e in stack.pop().edges:
            if e is not None and e in bad and e not in before and e not in meant:
                before.add(e)
                stack.append(e)
    return next((n for n in found if n in before), first_nan)
