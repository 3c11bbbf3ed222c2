"""What a loss can see of its arguments beyond their values: what made the input, and shapes that nearly fit."""

from __future__ import annotations

from typing import Any

from ..errors import warn


def warn_of(made_by: str, loss: str, input: Any, dim: int | None, advice: str) -> None:
    """Warn where ``input`` is the output of the operation ``made_by``, also behind views.

    Args:
        made_by: ``softmax`` or ``sigmoid``.
        loss: the name of the loss.
        input: its input.
        dim: the dimension of the classes; None where there are none.
        advice: what to do instead.
    """
    node = getattr(input, "_node", None)
    if node is None:
        return
    first = node
    while getattr(node.op, "view", False) and node.edges[0] is not None:
        node = node.edges[0]
    if node.op.name != made_by or (dim is not None and not _is_along(node, input, dim, node is first)):
        return
    warn(f"{loss}: the input is the output of {made_by} (shape {list(input.shape)}), {advice}")


def _is_along(node: Any, input: Any, dim: int, direct: bool) -> bool:
    """Whether the softmax of ``node`` went over what is dimension ``dim`` of ``input``."""
    if node.saved is None:
        return False
    over = dict(zip(node.op.saved_names, node.saved, strict=True))["dim"]
    ndim = len(node.shape)
    # Behind views the dimensions may stand elsewhere; the class dimension then still has its size.
    return over % ndim == dim if direct else node.shape[over] == input.shape[dim]


def column_hint(input: Any, target: Any) -> str:
    """The fix for (N, 1) against (N) and the like, as the end of a message."""
    a, b = tuple(input.shape), tuple(target.shape)
    for first, second, one, other in ((a, b, "input", "target"), (b, a, "target", "input")):
        if first == (*second, 1):
            return f" Use {one}.squeeze(-1), or {other}.unsqueeze(-1)."
    return ""
