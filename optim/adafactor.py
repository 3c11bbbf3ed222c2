r"""Adafactor: steps scaled by a running average of squared gradients that is kept as a row and a column.

For a parameter of several dimensions, with means of :math:`g^2` over columns and over rows, and
:math:`w_t = t^{\text{beta2\_decay}}`:

.. math::
    R &\leftarrow R + w_t (\operatorname{mean}_{\text{columns}} g^2 - R), \qquad
    C \leftarrow C + w_t (\operatorname{mean}_{\text{rows}} g^2 - C) \\
    V &= \frac{R\, C}{\max(\operatorname{mean} R,\ \epsilon_1)} \\
    u &= \frac{g}{\sqrt{\max(V, \epsilon_1^2)}} \\
    p &\leftarrow p - \frac{\max(\epsilon_2, \operatorname{rms}(p)) \min(\gamma, 1/\sqrt t)}
        {\max(1, \operatorname{rms}(u) / d)}\, u

For a vector :math:`V` itself is the running average. Shazeer and Stern, "Adafactor" (2018).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import fail
from autograd.kernels.machine.blas import in_one_thread
from autograd.tape import wrap_node

from .optimizer import scalar_type
from .options import check_single, options, require
from .rule import SingleOptimizer


class Adafactor(SingleOptimizer):
    """Adafactor: steps scaled by a running average of squared gradients that is kept as a row and a column.

    Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost" (2018). The formula opens the
    module's text.

    Args:
        params: parameters, or groups of them.
        lr: the largest step relative to the size of the parameter.
        beta2_decay: how the weight of a new gradient falls with the steps.
        eps: the least mean square of gradients (default: that of the type), and the least size of a parameter.
        d: the largest root mean square of an update before it is scaled down.
        weight_decay: how much parameters shrink, apart from the gradient.
        foreach: accepted; there is one implementation.
        maximize: go up instead of down.

    Raises:
        ValueError: an option is out of its range.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([1., 2.]))
    >>> optimizer = optim.Adafactor([p], lr=0.1)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([0.8419, 1.8419], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-2, beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3), d: float = 1.0, weight_decay: float = 0.0, *,
        foreach: bool | None = None, maximize: bool = False,
    ) -> None:
        check_single("lr", lr)
        require("Learning rate should be >= 0", lr, lr >= 0.0)
        require("beta2_decay should be <= 0", beta2_decay, beta2_decay <= 0.0)
        require("epsilon1 should be >= 0", eps[0], eps[0] is None or eps[0] >= 0.0)
        require("epsilon2 should be >= 0", eps[1], eps[1] >= 0.0)
        require("Clipping threshold d should be >= 1", d, d >= 1.0)
        require("weight_decay should be >= 0", weight_decay, weight_decay >= 0.0)
        super().__init__(params, options(locals()))

    def _update(self, group: dict[str, Any], p: Any, g: Any, state: dict[str, Any]) -> None:
        a = p._a
        if a.dtype.kind == "c":
            fail(RuntimeError, "Adafactor does not support complex parameters")
        if not state:
            _start(state, g)
        if group["maximize"]:
            g = -g
        least = group["eps"][0]
        least = float(np.finfo(a.dtype).eps) if least is None else least
        state["step"]._a += 1
        t = state["step"]._a.item()
        lr, weight = group["lr"], t ** group["beta2_decay"]
        size = max(group["eps"][1], _rms(a)) * min(lr, 1 / t ** 0.5)
        if group["weight_decay"]:
            a *= a.dtype.type(1 - lr * group["weight_decay"])
        square = g * g
        if g.ndim > 1:
            row, column = state["row_var"]._a, state["col_var"]._a
            _approach(row, square.mean(-1, keepdims=True), weight)
            _approach(column, square.mean(-2, keepdims=True), weight)
            np.multiply(row, column, square)  # in the memory of the squares, as all that follows
            square /= np.maximum(row.mean(-2, keepdims=True), a.dtype.type(least))
            variance = square
        else:
            variance = state["variance"]._a
            _approach(variance, square, weight)
        update = np.maximum(variance, a.dtype.type(least * least), out=square)
        np.divide(g, np.sqrt(update, update), update)
        update *= a.dtype.type(size / max(1.0, _rms(update) / group["d"]))
        a -= update


def _start(state: dict[str, Any], g: Any) -> None:
    state["step"] = wrap_node(np.zeros((), scalar_type()), None)
    shapes = {"variance": g.shape}
    if g.ndim > 1:
        shapes = {"row_var": (*g.shape[:-1], 1), "col_var": (*g.shape[:-2], 1, g.shape[-1])}
    for name, shape in shapes.items():
        state[name] = wrap_node(np.zeros(shape, g.dtype), None)


@in_one_thread
def _rms(a: Any) -> float:
    return float(np.linalg.norm(a.ravel())) / max(a.size, 1) ** 0.5


def _approach(average: Any, new: Any, weight: float) -> None:
    average += (new - average) * average.dtype.type(weight)
