r"""Adadelta: steps in the units of earlier steps.

.. math::
    v &\leftarrow \rho v + (1 - \rho) g^2 \\
    d &= \frac{\sqrt{u + \epsilon}}{\sqrt{v + \epsilon}}\, g \\
    u &\leftarrow \rho u + (1 - \rho) d^2 \\
    p &\leftarrow p - \gamma d

Zeiler, "ADADELTA: an adaptive learning rate method" (2012).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .options import check, checked
from .rule import RuleOptimizer, ascent


class Adadelta(RuleOptimizer):
    """Adadelta: ``p -= lr * d`` with ``d = sqrt(u + eps) / sqrt(v + eps) * g``.

    ``v`` and ``u`` are running averages of ``g ** 2`` and of ``d ** 2``. Zeiler, "ADADELTA: an adaptive learning rate
    method" (2012).

    Args:
        params: parameters, or groups of them.
        lr: factor of the step.
        rho: how much of the running averages is kept.
        eps: added under the roots.
        weight_decay: factor of the L2 penalty.
        maximize: go up instead of down.
        differentiable: record the steps, so that gradients flow through them.
        foreach, capturable: accepted; there is one implementation.

    Raises:
        ValueError: an option is out of its range.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([1., 2.]))
    >>> optimizer = optim.Adadelta([p], lr=0.1)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([0.9997, 1.9997], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
        foreach: bool | None = None, *, capturable: bool = False, maximize: bool = False, differentiable: bool = False,
    ) -> None:
        check("rho value", rho, at_most=1.0)
        super().__init__(params, checked(locals()))

    def _arrays(self, group: dict[str, Any]) -> dict[str, Any]:
        return {"square_avg": 0, "acc_delta": 0}

    def _constants(self, group: dict[str, Any], scalars: dict[str, float]) -> tuple[float, ...]:
        scalars["step"] += 1
        rho = group["rho"]
        return rho, 1 - rho, group["eps"], group["lr"], group["weight_decay"]

    @staticmethod
    def _formula(choices: tuple[bool, ...], p: Any, g: Any, state: list[Any], constants: list[Any]) -> tuple[Any, ...]:
        maximize, decays = choices
        rho, rest, eps, lr, decay = constants
        v, u = state
        g = ascent(p, g, maximize, decays, decay)
        v = v * rho + g * g * rest
        d = np.sqrt(u + eps) / np.sqrt(v + eps) * g
        u = u * rho + d * d * rest
        return p - d * lr, v, u
