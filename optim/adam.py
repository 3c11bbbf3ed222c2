r"""Adam: steps scaled by running averages of the gradient and of its square.

.. math::
    m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
    v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
    p &\leftarrow p - \gamma\,
        \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

Kingma and Ba, "Adam: a method for stochastic optimization" (2015). With ``amsgrad`` the largest :math:`v` so far stands
in the denominator: Reddi et al., "On the convergence of Adam and beyond" (2018).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import fail

from .options import checked
from .rule import RuleOptimizer, ascent


def _check_tensors(options: dict[str, Any]) -> None:
    kinds = [isinstance(beta, Tensor) for beta in options["betas"]]
    if not (all(kinds) or all(isinstance(beta, float) for beta in options["betas"])):
        fail(ValueError, f"betas must be either both floats or both Tensors, but are {options['betas']}")
    if options["foreach"] and not options["capturable"]:
        for name, is_tensor in (("lr", isinstance(options["lr"], Tensor)), ("betas[0]", kinds[0])):
            if is_tensor:
                fail(ValueError, f"{name} as a Tensor is not supported for capturable=False and foreach=True")


class Adam(RuleOptimizer):
    """Adam: ``p -= lr * m / (sqrt(v) + eps)``, with running averages ``m`` of the gradient and ``v`` of its square.

    ``m = b1 * m + (1 - b1) * g`` and ``v = b2 * v + (1 - b2) * g ** 2``, each divided by ``1 - b ** t`` at step ``t``,
    for ``betas = (b1, b2)``. Kingma and Ba, "Adam: a method for stochastic optimization" (2015); ``amsgrad``: Reddi et
    al., "On the convergence of Adam and beyond" (2018).

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        betas: how much of the running averages of the gradient and of its square is kept.
        eps: added to the denominator.
        weight_decay: factor of the L2 penalty.
        amsgrad: divide by the largest average so far.
        maximize: go up instead of down.
        differentiable: record the steps, so that gradients flow through them.
        decoupled_weight_decay: shrink the parameters instead of adding to the gradient, as `AdamW` does.
        foreach, capturable, fused: accepted; there is one implementation.

    Raises:
        ValueError: an option is out of its range.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([1., 2.]))
    >>> optimizer = optim.Adam([p], lr=0.1)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([0.9000, 1.9000], requires_grad=True)
    """

    _usual = ({}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled_weight_decay": True}, {"amsgrad": True})

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        options = checked(locals())
        _check_tensors(options)
        super().__init__(params, options)

    def _arrays(self, group: dict[str, Any]) -> dict[str, Any]:
        largest = {"max_exp_avg_sq": 0} if group["amsgrad"] else {}
        return {"exp_avg": 0, "exp_avg_sq": 0, **largest}

    def _constants(self, group: dict[str, Any], scalars: dict[str, float]) -> tuple[float, ...]:
        beta1, beta2 = group["betas"]
        lr, decay = group["lr"], group["weight_decay"]
        t = scalars["step"] = scalars["step"] + 1
        # sqrt(v / c) + eps = (sqrt(v) + eps * sqrt(c)) / sqrt(c): one pass over the array less
        root = (1 - beta2 ** t) ** 0.5
        return (beta1, 1 - beta1, beta2, 1 - beta2, lr * root / (1 - beta1 ** t), group["eps"] * root,
                1 - lr * decay if group["decoupled_weight_decay"] else decay)

    def _choices(self, group: dict[str, Any], constants: tuple[float, ...], fresh: bool) -> tuple[Any, ...]:
        return group["maximize"], group["weight_decay"], group["decoupled_weight_decay"], group["amsgrad"]

    @staticmethod
    def _formula(choices: tuple[bool, ...], p: Any, g: Any, state: list[Any], constants: list[Any]) -> tuple[Any, ...]:
        maximize, decays, decoupled, amsgrad = choices
        beta1, rest1, beta2, rest2, rate, eps, decay = constants
        m, v, *largest = state
        g = ascent(p, g, maximize, decays and not decoupled, decay)
        p = p * decay if decays and decoupled else p
        m = m * beta1 + g * rest1
        v = v * beta2 + g * g * rest2
        largest = [np.maximum(largest[0], v)] if amsgrad else []
        return p - m / (np.sqrt(largest[0] if amsgrad else v) + eps) * rate, m, v, *largest
