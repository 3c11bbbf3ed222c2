r"""RAdam: Adam that takes plain momentum steps until the average of squares can be trusted.

With :math:`\rho_\infty = \frac{2}{1 - \beta_2} - 1` and
:math:`\rho_t = \rho_\infty - \frac{2 t \beta_2^t}{1 - \beta_2^t}`:

.. math::
    m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
    v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
    p &\leftarrow p - \gamma \frac{m}{1 - \beta_1^t} \cdot
        \begin{cases}
            \sqrt{\frac{(\rho_t - 4)(\rho_t - 2) \rho_\infty}{(\rho_\infty - 4)(\rho_\infty - 2) \rho_t}}\;
            \frac{\sqrt{1 - \beta_2^t}}{\sqrt{v} + \epsilon} & \rho_t > 5 \\
            1 & \text{otherwise}
        \end{cases}

Liu et al., "On the variance of the adaptive learning rate and beyond" (2020).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .options import checked
from .rule import RuleOptimizer, ascent


class RAdam(RuleOptimizer):
    """RAdam: `Adam` that takes plain momentum steps until the average of squares can be trusted.

    Liu et al., "On the variance of the adaptive learning rate and beyond" (2020). The formula opens the module's text.

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        betas: how much of the running averages of the gradient and of its square is kept.
        eps: added to the denominator.
        weight_decay: factor of the L2 penalty.
        decoupled_weight_decay: shrink the parameters instead of adding to the gradient.
        maximize: go up instead of down.
        differentiable: record the steps, so that gradients flow through them.
        foreach, capturable: accepted; there is one implementation.

    Raises:
        ValueError: an option is out of its range.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([1., 2.]))
    >>> optimizer = optim.RAdam([p], lr=0.1)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([0.8000, 1.6000], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
        maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:
        super().__init__(params, checked(locals()))

    def _arrays(self, group: dict[str, Any]) -> dict[str, Any]:
        return {"exp_avg": 0, "exp_avg_sq": 0}

    def _constants(self, group: dict[str, Any], scalars: dict[str, float]) -> tuple[float, ...]:
        beta1, beta2 = group["betas"]
        lr, decay = group["lr"], group["weight_decay"]
        t = scalars["step"] = scalars["step"] + 1
        bias2 = 1 - beta2 ** t
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * t * beta2 ** t / bias2
        rate = lr / (1 - beta1 ** t)
        if length > 5:
            rate *= ((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length) * bias2) ** 0.5
        return (beta1, 1 - beta1, beta2, 1 - beta2, rate, float(length > 5), group["eps"],
                1 - lr * decay if group["decoupled_weight_decay"] else decay)

    def _choices(self, group: dict[str, Any], constants: tuple[float, ...], fresh: bool) -> tuple[Any, ...]:
        return group["maximize"], group["weight_decay"], group["decoupled_weight_decay"], constants[5]

    @staticmethod
    def _formula(choices: tuple[bool, ...], p: Any, g: Any, state: list[Any], constants: list[Any]) -> tuple[Any, ...]:
        maximize, decays, decoupled, adaptive = choices
        beta1, rest1, beta2, rest2, rate, _, eps, decay = constants
        m, v = state
        g = ascent(p, g, maximize, decays and not decoupled, decay)
        p = p * decay if decays and decoupled else p
        m = m * beta1 + g * rest1
        v = v * beta2 + g * g * rest2
        return p - (m / (np.sqrt(v) + eps) if adaptive else m) * rate, m, v
