r"""Adamax: Adam with the largest gradient, decayed, in place of the root mean square.

.. math::
    m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
    u &\leftarrow \max(\beta_2 u, |g| + \epsilon) \\
    p &\leftarrow p - \frac{\gamma}{1 - \beta_1^t} \frac{m}{u}

Kingma and Ba, "Adam: a method for stochastic optimization" (2015), section 7.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .options import checked
from .rule import RuleOptimizer, ascent


class Adamax(RuleOptimizer):
    """Adamax: ``p -= lr / (1 - b1 ** t) * m / u``, with ``u = max(b2 * u, abs(g) + eps)`` and the ``m`` of `Adam`.

    Kingma and Ba, "Adam: a method for stochastic optimization" (2015), section 7.

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        betas: how much of the average and of the largest gradient is kept.
        eps: added to the size of each gradient.
        weight_decay: factor of the L2 penalty.
        maximize: go up instead of down.
        differentiable: record the steps, so that gradients flow through them.
        foreach, capturable: accepted; there is one implementation.

    Raises:
        ValueError: an option is out of its range.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([1., 2.]))
    >>> optimizer = optim.Adamax([p], lr=0.1)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([0.9000, 1.9000], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, checked(locals()))

    def _arrays(self, group: dict[str, Any]) -> dict[str, Any]:
        return {"exp_avg": 0, "exp_inf": 0}

    def _constants(self, group: dict[str, Any], scalars: dict[str, float]) -> tuple[float, ...]:
        beta1, beta2 = group["betas"]
        t = scalars["step"] = scalars["step"] + 1
        return (beta1, 1 - beta1, beta2, group["eps"], group["lr"] / (1 - beta1 ** t), group["weight_decay"])

    @staticmethod
    def _formula(choices: tuple[bool, ...], p: Any, g: Any, state: list[Any], constants: list[Any]) -> tuple[Any, ...]:
        maximize, decays = choices
        beta1, rest1, beta2, eps, rate, decay = constants
        m, u = state
        g = ascent(p, g, maximize, decays, decay)
        m = m * beta1 + g * rest1
        u = np.maximum(u * beta2, np.absolute(g) + eps)
        return p - m / u * rate, m, u
