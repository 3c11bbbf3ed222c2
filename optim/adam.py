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
from autograd.kernels.optimizer import adam, adam_pass, amsgrad_pass, compiled

from .options import checked
from .rule import RuleOptimizer, gradient


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

    def _compiled(self, group: dict[str, Any], p: Any, g: Any, state: list[Any], constants: Any, fresh: bool) -> bool:
        run = compiled(amsgrad_pass if group["amsgrad"] else adam_pass, p, g)
        if run is None:
            return False
        decay, shrink = (0.0, constants[6]) if group["decoupled_weight_decay"] else (constants[6], 1.0)
        run(p, g, *state, constants, -1.0 if group["maximize"] else 1.0, decay, shrink)
        return True

    def _rule(self, group: dict[str, Any], p: Any, g: Any, state: list[Any], constants: list[Any], work: list[Any],
              fresh: bool) -> None:
        beta1, rest1, beta2, rest2, rate, eps, decay = constants
        m, v = state[:2]
        w, g_work = work
        if group["decoupled_weight_decay"]:
            g = np.negative(g, g_work) if group["maximize"] else g
            if group["weight_decay"]:
                np.multiply(p, decay, p)
        else:
            g = gradient(group, p, g, decay, g_work, w)
        if not group["amsgrad"]:
            adam(p, g, m, v, constants, w)
            return
        np.multiply(m, beta1, m)
        np.add(m, np.multiply(g, rest1, w), m)
        np.multiply(v, beta2, v)
        np.multiply(g, g, w)
        np.add(v, np.multiply(w, rest2, w), v)
        largest = np.maximum(state[2], v, out=state[2])
        np.add(np.sqrt(largest, w), eps, w)
        np.divide(m, w, w)
        np.subtract(p, np.multiply(w, rate, w), p)
