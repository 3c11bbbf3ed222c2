r"""NAdam: Adam with Nesterov's momentum.

With :math:`\mu_t = \beta_1 (1 - \tfrac12\, 0.96^{t \psi})` and :math:`\Pi_t = \prod_{i \le t} \mu_i`:

.. math::
    m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
    v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
    \hat m &= \frac{\mu_{t+1}}{1 - \Pi_{t+1}} m + \frac{1 - \mu_t}{1 - \Pi_t} g \\
    p &\leftarrow p - \gamma \frac{\hat m}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

Dozat, "Incorporating Nesterov momentum into Adam" (2016).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor

from .optimizer import kept
from .options import check, checked
from .rule import RuleOptimizer, ascent


def _product(product: Any, factor: Any) -> Any:
    """The product as PyTorch has it: both are rounded to the type in which it is kept."""
    if isinstance(product, Tensor) or isinstance(factor, Tensor):
        return product * factor
    return kept(kept(product) * kept(factor))


class NAdam(RuleOptimizer):
    """NAdam: `Adam` with Nesterov's momentum.

    Dozat, "Incorporating Nesterov momentum into Adam" (2016). The formula opens the module's text.

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        betas: how much of the running averages of the gradient and of its square is kept.
        eps: added to the denominator.
        weight_decay: factor of the L2 penalty.
        momentum_decay: how fast the momentum grows to its final value.
        decoupled_weight_decay: shrink the parameters instead of adding to the gradient.
        maximize: go up instead of down.
        differentiable: record the steps, so that gradients flow through them.
        foreach, capturable: accepted; there is one implementation.

    Raises:
        ValueError: an option is out of its range.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([1., 2.]))
    >>> optimizer = optim.NAdam([p], lr=0.1)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([0.8944, 1.8944], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:
        check("momentum_decay value", momentum_decay)
        super().__init__(params, checked(locals()))

    def _scalars(self, group: dict[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "mu_product": 1.0}

    def _arrays(self, group: dict[str, Any]) -> dict[str, Any]:
        return {"exp_avg": 0, "exp_avg_sq": 0}

    def _constants(self, group: dict[str, Any], scalars: dict[str, float]) -> tuple[float, ...]:
        beta1, beta2 = group["betas"]
        lr, decay = group["lr"], group["weight_decay"]
        t = scalars["step"] = scalars["step"] + 1
        mu, next_mu = (beta1 * (1 - 0.5 * 0.96 ** (k * group["momentum_decay"])) for k in (t, t + 1))
        product = scalars["mu_product"] = _product(scalars["mu_product"], mu)
        return (beta1, 1 - beta1, beta2, 1 - beta2, 1 - beta2 ** t, group["eps"],
                lr * (1 - mu) / (1 - product), lr * next_mu / (1 - product * next_mu),
                1 - lr * decay if group["decoupled_weight_decay"] else decay)

    def _choices(self, group: dict[str, Any], constants: tuple[float, ...], fresh: bool) -> tuple[Any, ...]:
        return group["maximize"], group["weight_decay"], group["decoupled_weight_decay"]

    @staticmethod
    def _formula(choices: tuple[bool, ...], p: Any, g: Any, state: list[Any], constants: list[Any]) -> tuple[Any, ...]:
        maximize, decays, decoupled = choices
        beta1, rest1, beta2, rest2, bias2, eps, rate_g, rate_m, decay = constants
        m, v = state
        g = ascent(p, g, maximize, decays and not decoupled, decay)
        p = p * decay if decays and decoupled else p
        m = m * beta1 + g * rest1
        v = v * beta2 + g * g * rest2
        return p - (g * rate_g + m * rate_m) / (np.sqrt(v / bias2) + eps), m, v
