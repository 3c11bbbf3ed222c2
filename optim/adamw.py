r"""AdamW: Adam whose weight decay shrinks the parameters, apart from the gradient.

.. math::
    p \leftarrow (1 - \gamma \lambda) p \qquad \text{and then Adam's step.}

Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .adam import Adam
from .options import options


class AdamW(Adam):
    """Adam with decoupled weight decay: ``p *= 1 - lr * weight_decay``, then `Adam`'s step; its arguments.

    Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([1., 2.]))
    >>> optimizer = optim.AdamW([p], lr=0.1)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([0.8990, 1.8980], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:
        super().__init__(params, **options(locals()), decoupled_weight_decay=True)
