r"""Stochastic gradient descent, with momentum.

With the gradient :math:`g` (plus :math:`\lambda p` for weight decay :math:`\lambda`), momentum :math:`\mu`, dampening
:math:`\tau`:

.. math::
    b &\leftarrow \mu b + (1 - \tau) g \qquad \text{(the first time } b \leftarrow g) \\
    p &\leftarrow p - \gamma b \qquad \text{(Nesterov: } p - \gamma (g + \mu b))

Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), in the form where the
learning rate stands outside the momentum.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd.errors import fail

from .options import checked
from .rule import RuleOptimizer, ascent


class SGD(RuleOptimizer):
    """Stochastic gradient descent: ``p -= lr * b`` with ``b = momentum * b + (1 - dampening) * g``.

    The first time ``b`` is ``g``; with ``nesterov`` the step is along ``g + momentum * b``. Sutskever et al., "On the
    importance of initialization and momentum in deep learning" (2013).

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        momentum: how much of the last update is kept.
        dampening: what part of a new gradient does not enter the momentum.
        weight_decay: factor of the L2 penalty.
        nesterov: look ahead along the momentum.
        maximize: go up instead of down.
        differentiable: record the steps, so that gradients flow through them.
        foreach, fused: accepted; there is one implementation.

    Raises:
        ValueError: an option is out of its range.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([1., 2.]))
    >>> optimizer = optim.SGD([p], lr=0.1)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([0.8000, 1.6000], requires_grad=True)
    """

    _usual = tuple({"momentum": momentum, "nesterov": nesterov, "weight_decay": decay}
                   for momentum, nesterov in ((0, False), (0.9, False), (0.9, True)) for decay in (0, 0.1))

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-3, momentum: float = 0, dampening: float = 0, weight_decay: float = 0,
        nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None, differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        if nesterov and (momentum <= 0 or dampening != 0):
            fail(ValueError, "Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, checked(locals()))

    def _scalars(self, group: dict[str, Any]) -> dict[str, float]:
        return {}

    def _arrays(self, group: dict[str, Any]) -> dict[str, Any]:
        return {"momentum_buffer": None} if group["momentum"] else {}

    def _constants(self, group: dict[str, Any], scalars: dict[str, float]) -> tuple[float, ...]:
        return group["lr"], group["momentum"], 1 - group["dampening"], group["weight_decay"]

    def _choices(self, group: dict[str, Any], constants: tuple[float, ...], fresh: bool) -> tuple[Any, ...]:
        return group["maximize"], group["weight_decay"], group["momentum"], group["dampening"], group["nesterov"], fresh

    @staticmethod
    def _formula(choices: tuple[bool, ...], p: Any, g: Any, state: list[Any], constants: list[Any]) -> tuple[Any, ...]:
        maximize, decays, moves, dampened, nesterov, fresh = choices
        lr, momentum, share, decay = constants
        g = ascent(p, g, maximize, decays, decay)
        if not moves:
            return (p - g * lr,)
        b, = state
        b = g if fresh else b * momentum + (g * share if dampened else g)
        return p - (g + b * momentum if nesterov else b) * lr, b
