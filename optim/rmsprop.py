r"""RMSprop: steps scaled by a running average of the squared gradient.

.. math::
    v &\leftarrow \alpha v + (1 - \alpha) g^2 \\
    a &= \sqrt{v} \qquad \text{(centered: } \bar g \leftarrow \alpha \bar g + (1 - \alpha) g,\;
        a = \sqrt{v - \bar g^2}) \\
    b &\leftarrow \mu b + \frac{g}{a + \epsilon} \\
    p &\leftarrow p - \gamma b

Hinton, lecture 6 of "Neural networks for machine learning" (2012); centered: Graves, "Generating sequences with
recurrent neural networks" (2013).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .options import check, checked
from .rule import RuleOptimizer, ascent


class RMSprop(RuleOptimizer):
    """RMSprop: ``p -= lr * g / (sqrt(v) + eps)`` with ``v = alpha * v + (1 - alpha) * g ** 2``.

    Hinton, lecture 6 of "Neural networks for machine learning" (2012); ``centered``: Graves, "Generating sequences with
    recurrent neural networks" (2013).

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        alpha: how much of the running average is kept.
        eps: added to the denominator.
        weight_decay: factor of the L2 penalty.
        momentum: how much of the last step is kept.
        centered: divide by an estimate of the standard deviation.
        maximize: go up instead of down.
        differentiable: record the steps, so that gradients flow through them.
        foreach, capturable: accepted; there is one implementation.

    Raises:
        ValueError: an option is out of its range.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([1., 2.]))
    >>> optimizer = optim.RMSprop([p], lr=0.01)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([0.9000, 1.9000], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:
        check("alpha value", alpha)
        super().__init__(params, checked(locals()))

    def _arrays(self, group: dict[str, Any]) -> dict[str, Any]:
        names = ["square_avg"]
        if group["momentum"] > 0:
            names.append("momentum_buffer")
        if group["centered"]:
            names.append("grad_avg")
        return dict.fromkeys(names, 0)

    def _constants(self, group: dict[str, Any], scalars: dict[str, float]) -> tuple[float, ...]:
        scalars["step"] += 1
        alpha = group["alpha"]
        return alpha, 1 - alpha, group["eps"], group["momentum"], group["lr"], group["weight_decay"]

    def _choices(self, group: dict[str, Any], constants: tuple[float, ...], fresh: bool) -> tuple[Any, ...]:
        return group["maximize"], group["weight_decay"], group["momentum"] > 0, group["centered"]

    @staticmethod
    def _formula(choices: tuple[bool, ...], p: Any, g: Any, state: list[Any], constants: list[Any]) -> tuple[Any, ...]:
        maximize, decays, moves, centered = choices
        alpha, rest, eps, momentum, lr, decay = constants
        v, *others = state
        g = ascent(p, g, maximize, decays, decay)
        v = v * alpha + g * g * rest
        mean = [others[-1] * alpha + g * rest] if centered else []
        scaled = g / (np.sqrt(v - mean[0] * mean[0] if centered else v) + eps)
        moved = [others[0] * momentum + scaled] if moves else []
        return p - (moved[0] if moves else scaled) * lr, v, *moved, *mean
