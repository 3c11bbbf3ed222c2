r"""Rprop: steps from the signs of gradients alone.

With :math:`s = \operatorname{sign}(g \cdot g_{\text{prev}})`:

.. math::
    \delta &\leftarrow \operatorname{clip}(\delta \cdot
        \{\eta_+ \text{ if } s > 0,\ \eta_- \text{ if } s < 0,\ 1 \text{ if } s = 0\},
        \delta_{\min}, \delta_{\max}) \\
    g &\leftarrow 0 \quad \text{where } s < 0 \\
    p &\leftarrow p - \delta \operatorname{sign}(g), \qquad g_{\text{prev}} \leftarrow g

Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning" (1993).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import fail

from .options import checked
from .rule import RuleOptimizer


class Rprop(RuleOptimizer):
    """Resilient backpropagation: each element has a step size of its own, and moves by it against the gradient's sign.

    The size grows while the sign stays, and shrinks when it turns. Riedmiller and Braun, "A direct adaptive method for
    faster backpropagation learning" (1993).

    Args:
        params: parameters, or groups of them.
        lr: the first step size.
        etas: factors of the step size where the sign of the gradient changes, and where it stays.
        step_sizes: smallest and largest step size.
        maximize: go up instead of down.
        differentiable: record the steps, so that gradients flow through them.
        foreach, capturable: accepted; there is one implementation.

    Raises:
        ValueError: an option is out of its range.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([1., 2.]))
    >>> optimizer = optim.Rprop([p], lr=0.1)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([0.9000, 1.9000], requires_grad=True)
    """

    _usual = ({},)

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            fail(ValueError, f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(params, checked(locals()))

    def _arrays(self, group: dict[str, Any]) -> dict[str, Any]:
        return {"prev": 0, "step_size": group["lr"]}

    def _constants(self, group: dict[str, Any], scalars: dict[str, float]) -> tuple[float, ...]:
        scalars["step"] += 1
        return (*group["etas"], *group["step_sizes"])

    def _choices(self, group: dict[str, Any], constants: tuple[float, ...], fresh: bool) -> tuple[Any, ...]:
        return (group["maximize"],)

    @staticmethod
    def _formula(choices: tuple[bool, ...], p: Any, g: Any, state: list[Any], constants: list[Any]) -> tuple[Any, ...]:
        maximize, = choices
        shrink, grow, smallest, largest = constants
        previous, size = state
        g = -g if maximize else g
        agreement = g * previous
        size = np.where(agreement > 0, size * grow, np.where(agreement < 0, size * shrink, size))
        size = np.minimum(np.maximum(size, smallest), largest)
        g = np.where(agreement < 0, 0, g)
        move = np.sign(g) * size
        # A gradient that is not a number moves nothing, as in PyTorch.
        return p - np.where(g > 0, move, np.where(g < 0, move, 0)), g, size
