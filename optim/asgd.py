r"""ASGD: stochastic gradient descent that averages its iterates.

.. math::
    p &\leftarrow (1 - \lambda \eta) p - \eta g \\
    \bar p &\leftarrow \bar p + \mu (p - \bar p) \\
    \eta &\leftarrow \frac{\gamma}{(1 + \lambda \gamma t)^\alpha}, \qquad
    \mu \leftarrow \frac{1}{\max(1, t - t_0)}

Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .options import checked
from .rule import RuleOptimizer, ascent


class ASGD(RuleOptimizer):
    """Averaged stochastic gradient descent; the averages are ``state[p]["ax"]``.

    Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992).

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        lambd: :math:`\\lambda`, the decay.
        alpha: power with which the learning rate falls.
        t0: step at which averaging starts.
        weight_decay: factor of the L2 penalty.
        maximize: go up instead of down.
        differentiable: record the steps, so that gradients flow through them.
        foreach, capturable: accepted; there is one implementation.

    Raises:
        ValueError: an option is out of its range.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([1., 2.]))
    >>> optimizer = optim.ASGD([p], lr=0.1)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([0.8000, 1.6000], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
        weight_decay: float = 0, foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, checked(locals()))

    def _scalars(self, group: dict[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "eta": group["lr"], "mu": 1.0}

    def _arrays(self, group: dict[str, Any]) -> dict[str, Any]:
        return {"ax": 0}

    def _constants(self, group: dict[str, Any], scalars: dict[str, float]) -> tuple[float, ...]:
        lr, lambd = group["lr"], group["lambd"]
        eta, mu = scalars["eta"], scalars["mu"]
        t = scalars["step"] = scalars["step"] + 1
        scalars["eta"] = lr / (1 + lambd * lr * t) ** group["alpha"]
        scalars["mu"] = 1 / max(1, t - group["t0"])
        return 1 - lambd * eta, eta, mu, group["weight_decay"]

    def _choices(self, group: dict[str, Any], constants: tuple[float, ...], fresh: bool) -> tuple[Any, ...]:
        return group["maximize"], group["weight_decay"], constants[2] == 1

    @staticmethod
    def _formula(choices: tuple[bool, ...], p: Any, g: Any, state: list[Any], constants: list[Any]) -> tuple[Any, ...]:
        maximize, decays, starts = choices
        keep, eta, mu, decay = constants
        average, = state
        g = ascent(p, g, maximize, decays, decay)
        p = p * keep - g * eta
        return p, p if starts else average + (p - average) * mu
