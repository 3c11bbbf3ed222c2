r"""Adagrad: steps scaled by the root of the sum of all squared gradients.

.. math::
    s &\leftarrow s + g^2 \\
    p &\leftarrow p - \frac{\gamma}{1 + (t - 1) \eta} \frac{g}{\sqrt{s} + \epsilon}

Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization" (2011).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.tape import wrap_node

from .optimizer import scalar_type
from .options import check, checked
from .rule import RuleOptimizer, ascent


class Adagrad(RuleOptimizer):
    """Adagrad: ``p -= lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)``, with the sum ``s`` of all ``g ** 2``.

    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization" (2011).

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        lr_decay: :math:`\\eta`, how fast the learning rate falls with the steps.
        weight_decay: factor of the L2 penalty.
        initial_accumulator_value: where the sum of squares starts.
        eps: added to the denominator.
        maximize: go up instead of down.
        differentiable: record the steps, so that gradients flow through them.
        foreach, fused: accepted; there is one implementation.

    Raises:
        ValueError: an option is out of its range.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([1., 2.]))
    >>> optimizer = optim.Adagrad([p], lr=0.1)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([0.9000, 1.9000], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *,
        maximize: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:
        check("lr_decay value", lr_decay)
        check("initial_accumulator_value value", initial_accumulator_value)
        super().__init__(params, checked(locals()))
        # The state is there from the start, as PyTorch has it.
        for group in self.param_groups:
            for p in group["params"]:
                total = np.empty(p._a.shape, p._a.dtype)
                total.reshape(-1).view(total.real.dtype)[...] = group["initial_accumulator_value"]
                self.state[p] = {"step": wrap_node(np.zeros((), scalar_type()), None), "sum": wrap_node(total, None)}

    def _arrays(self, group: dict[str, Any]) -> dict[str, Any]:
        return {"sum": group["initial_accumulator_value"]}

    def _constants(self, group: dict[str, Any], scalars: dict[str, float]) -> tuple[float, ...]:
        t = scalars["step"] = scalars["step"] + 1
        return group["lr"] / (1 + (t - 1) * group["lr_decay"]), group["eps"], group["weight_decay"]

    @staticmethod
    def _formula(choices: tuple[bool, ...], p: Any, g: Any, state: list[Any], constants: list[Any]) -> tuple[Any, ...]:
        maximize, decays = choices
        rate, eps, decay = constants
        s, = state
        g = ascent(p, g, maximize, decays, decay)
        s = s + g * g
        return p - g / (np.sqrt(s) + eps) * rate, s
