r"""Muon: steps along the momentum with its singular values made nearly equal.

With momentum :math:`\mu`, and :math:`\gamma'` the learning rate adjusted to the shape:

.. math::
    b &\leftarrow b + (1 - \mu)(g - b) \\
    X_0 &= \frac{u}{\lVert u \rVert_F}, \qquad u = b \quad \text{(Nesterov: } u = g + \mu (b - g)) \\
    X_{k+1} &= \alpha X_k + (\beta X_k X_k^T + \kappa (X_k X_k^T)^2) X_k \\
    p &\leftarrow (1 - \gamma \lambda) p - \gamma' X_K

Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024); the adjustment ``"match_rms_adamw"`` is
from Liu et al., "Muon is scalable for LLM training" (2025).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import fail
from autograd.kernels.bfloat16 import combination, round_to_bfloat16 as rounded
from autograd.kernels.machine.blas import in_one_thread
from autograd.kernels.matmul import matmul
from autograd.tape import wrap_node

from .options import check_single, options, require
from .rule import SingleOptimizer


class Muon(SingleOptimizer):
    """Muon, for the weight matrices of hidden layers. Give biases, embeddings and heads to another optimizer.

    Steps go along the momentum with its singular values made nearly equal. Jordan et al., "Muon: an optimizer for
    hidden layers in neural networks" (2024). The formula opens the module's text.

    As in PyTorch the iteration rounds its matrices to bfloat16, which is part of the method's numbers; the products
    themselves are summed in float32.

    Args:
        params: matrices, or groups of them.
        lr: learning rate.
        weight_decay: how much parameters shrink, apart from the gradient.
        momentum: how much of the running average of the gradient is kept.
        nesterov: look ahead along the momentum.
        ns_coefficients: :math:`\\alpha, \\beta, \\kappa` of the iteration.
        eps: the least norm that a gradient is divided by.
        ns_steps: how many iterations; below 100.
        adjust_lr_fn: how the shape enters the learning rate: ``"original"`` (the default), times
            ``sqrt(max(1, rows / columns))``; ``"match_rms_adamw"``, times ``0.2 * sqrt(max(rows, columns))``.

    Raises:
        ValueError: an option is out of range, or a parameter is not a matrix.
        RuntimeError: in ``step``, for a complex parameter.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([[1., 0.], [0., 2.]]))
    >>> optimizer = optim.Muon([p], lr=0.1, weight_decay=0.)
    >>> (p ** 2).sum().backward()
    >>> optimizer.step()
    >>> p
    Parameter containing:
    tensor([[0.8883, 0.0000],
            [0.0000, 1.9309]], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-3, weight_decay: float = 0.1, momentum: float = 0.95,
        nesterov: bool = True, ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7, ns_steps: int = 5, adjust_lr_fn: str | None = None,
    ) -> None:
        check_single("lr", lr)
        require("Learning rate should be >= 0", lr, lr >= 0.0)
        require("momentum should be >= 0", momentum, momentum >= 0.0)
        require("weight decay should be >= 0", weight_decay, weight_decay >= 0.0)
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            fail(ValueError, f"Adjust learning rate function {adjust_lr_fn} is not supported; give 'original' or "
                             "'match_rms_adamw'")
        super().__init__(params, options(locals()))

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add matrices with options of their own.

        Args:
            param_group: ``"params"``, and any options that differ from the defaults.
        """
        super().add_param_group(param_group)
        for p in param_group["params"]:
            if p.ndim != 2:
                self.param_groups.pop()
                fail(ValueError, f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}."
                                 " Give biases and the like to another optimizer, such as AdamW")

    def _update(self, group: dict[str, Any], p: Any, g: Any, state: dict[str, Any]) -> None:
        a = p._a
        if a.dtype.kind == "c":
            fail(RuntimeError, "Muon does not support complex parameters")
        if not state:
            state["momentum_buffer"] = wrap_node(np.zeros_like(g), None)
        average = state["momentum_buffer"]._a
        number = a.dtype.type
        average += (g - average) * number(1 - group["momentum"])
        update = g + (average - g) * number(group["momentum"]) if group["nesterov"] else average
        update = orthogonalized(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
        a *= number(1 - group["lr"] * group["weight_decay"])
        a -= update.astype(a.dtype) * number(group["lr"] * _ratio(group["adjust_lr_fn"], *a.shape))


def _ratio(kind: str | None, rows: int, columns: int) -> float:
    if kind == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))


def orthogonalized(matrix: Any, coefficients: tuple[float, float, float], steps: int, eps: float) -> Any:
    """A matrix with the same singular vectors and singular values near 1, in float32 rounded to bfloat16.

    Raises:
        ValueError: there are 100 steps or more, or not three coefficients.
    """
    if steps >= 100:
        fail(ValueError, f"Number of steps must be less than 100 for computational efficiency, but ns_steps={steps}")
    if len(coefficients) != 3:
        fail(ValueError, f"Coefficients must be a tuple of exactly 3 values, but ns_coefficients={coefficients}")
    alpha, beta, kappa = (float(np.float32(c)) for c in coefficients)
    x = rounded(matrix)
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    norm = rounded(in_one_thread(np.linalg.norm)(x.astype(np.float64)))
    x = rounded(x / np.maximum(norm, rounded(eps)))
    for _ in range(steps):
        gram = rounded(matmul(x, x.T))
        # In float64 the sums have one rounding to float32, as with a fused multiply-add.
        polynomial = combination(beta, gram, kappa, matmul(gram, gram))
        x = combination(alpha, x, 1.0, matmul(polynomial, x))
    return x.T if tall else x
