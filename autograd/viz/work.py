"""How many floating point operations the products on a tape take: matrix products and convolutions.

A multiplication and the addition of its result count as two. Everything else is left out, as `torch.utils.flop_counter`
leaves it out: next to the products it is little, and what it costs is memory traffic.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ..errors import fail
from ..node import Node
from ..primitive import Primitive
from ..tensor import Tensor
from ..views import node_of
from .values import ordered, saved_by_name


class Flops(NamedTuple):
    """Operations of the forward pass and of the backward pass.

    >>> from autograd import viz
    >>> viz.Flops(48, 96).total
    144
    """

    forward: int
    backward: int

    @property
    def total(self) -> int:
        """Both."""
        return self.forward + self.backward


def flops(of: Any) -> Flops:
    """The floating point operations of the matrix products and convolutions that a result was computed by.

    Args:
        of: a Tensor, a sequence of Tensors, or one node of the graph. Ask before ``backward()``, which releases what
            the sizes are read from.

    Returns:
        ``(forward, backward)``; the backward pass computes one product of the same size for each factor that wants a
        gradient.

    >>> import autograd
    >>> from autograd import viz
    >>> x, w = autograd.ones(2, 3), autograd.ones(3, 4, requires_grad=True)
    >>> viz.flops(x @ w)
    Flops(forward=48, backward=48)
    """
    if isinstance(of, Node):
        return flops_of_node(of)
    tensors = of if isinstance(of, (list, tuple)) else [of]
    if not all(isinstance(t, Tensor) for t in tensors):
        fail(TypeError, f"flops() takes a Tensor, a sequence of Tensors or a node, not {type(of).__name__}")
    roots = [n for n in map(node_of, tensors) if n is not None]
    found = [flops_of_node(n) for n in ordered(roots)]
    return Flops(sum(f.forward for f in found), sum(f.backward for f in found))


def flops_of_node(node: Node) -> Flops:
    """Those of one operation."""
    if isinstance(node.op, Primitive) and node.op.name in _LAYERS:
        return Flops(0, 0) if node.saved is None else _recurrent(node)
    count = _PRODUCTS.get(node.op.name) if isinstance(node.op, Primitive) else None
    if count is None:
        return Flops(0, 0)
    factors = node.edges[:2]
    wanted = sum(e is not None for e in factors)
    once = 2 * count(node) if node.saved is not None else 0
    return Flops(once, wanted * once)


def _shape_of(node: Node, name: str) -> tuple[int, ...]:
    edge = node.edges[node.op.inputs.index(name)]
    if edge is not None:
        return tuple(edge.shape)
    saved = saved_by_name(node)
    found = saved.get(f"{name}_shape")
    if found is None and saved.get(name) is not None:
        found = saved[name].shape
    return () if found is None else tuple(found)


def _matrix(left: str, right: str) -> Any:
    def count(node: Node) -> int:
        a, b = _shape_of(node, left), _shape_of(node, right)
        shared = a[-1] if a else b[-2] if len(b) > 1 else b[0] if b else 1
        return math.prod(node.shape) * shared
    return count


def _linear(node: Node) -> int:
    weight, given = _shape_of(node, "weight"), _shape_of(node, "input")
    return math.prod(node.shape) * (weight[-1] if weight else given[-1])


def _convolution(node: Node) -> int:
    # Each element of the output is a product over one window of its group's channels.
    return math.prod(node.shape) * math.prod(_shape_of(node, "weight")[1:])


def _transposed_convolution(node: Node) -> int:
    given, weight = _shape_of(node, "input"), _shape_of(node, "weight")
    if not given:
        given = (node.shape[0], weight[0], *[1] * (len(node.shape) - 2))
    return math.prod(given) * math.prod(weight[1:])


def _recurrent(node: Node) -> Flops:
    """Products with the inputs, with the states, and projections; backward, states always want their gradients."""
    wanted = dict(zip(node.op.inputs, [e is not None for e in node.edges], strict=True))
    rows, w_ih, w_hh = math.prod(node.shape[0][:-1]), _shape_of(node, "w_ih"), _shape_of(node, "w_hh")
    by_input, by_state = 2 * rows * math.prod(w_ih), 2 * rows * math.prod(w_hh)
    projected = 2 * rows * math.prod(_shape_of(node, "w_hr") or (0,)) if "w_hr" in wanted else 0
    back = by_input * (wanted["x"] + wanted["w_ih"]) + by_state * (1 + wanted["w_hh"])
    return Flops(by_input + by_state + projected, back + projected * (1 + wanted.get("w_hr", False)))


_LAYERS = ("lstm_layer", "gru_layer", "rnn_layer")
_PRODUCTS = {
    "matmul": _matrix("input", "other"), "matrix_product": _matrix("left", "right"), "linear": _linear,
    "convolve": _convolution, "convolve_transposed": _transposed_convolution,
}
