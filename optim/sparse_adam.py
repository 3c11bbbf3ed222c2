r"""SparseAdam: Adam on those rows of a parameter that a step has a gradient for.

For the rows :math:`i` with a gradient:

.. math::
    m_i &\leftarrow m_i + (1 - \beta_1) (g_i - m_i) \\
    v_i &\leftarrow v_i + (1 - \beta_2) (g_i^2 - v_i) \\
    p_i &\leftarrow p_i - \gamma\, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \frac{m_i}{\sqrt{v_i} + \epsilon}

Kingma and Ba, "Adam: a method for stochastic optimization" (2015), with lazy updates.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import fail
from autograd.tape import wrap_node

from .options import check, checked
from .rule import SingleOptimizer


class SparseAdam(SingleOptimizer):
    """Adam that leaves rows without a gradient, and their running averages, as they are.

    There are no sparse tensors here, so the rows are read off the dense gradient: row ``i`` of a parameter takes part
    in a step where any element of ``p.grad[i]`` is not zero (NaN is not zero). All elements of such a row are updated;
    ``t`` counts the steps of the parameter, not those of the row. In a parameter of one dimension each element is a
    row, one of no dimension is a single row.

    PyTorch's takes sparse gradients only, and their indices say which rows take part. The steps are the same except
    where such a gradient lists a row of zeros: there PyTorch lets the averages of the row decay.

    Args:
        params: parameters, or groups of them.
        lr: learning rate, above 0.
        betas: how much of the running averages of the gradient and of its square is kept.
        eps: added to the denominator, above 0.
        maximize: go up instead of down.

    Raises:
        ValueError: an option is out of range, or a parameter is complex.

    >>> import autograd, nn, optim
    >>> table = nn.Embedding(3, 2)
    >>> _ = nn.init.ones_(table.weight)
    >>> optimizer = optim.SparseAdam(table.parameters(), lr=0.1)
    >>> table(autograd.tensor([2])).sum().backward()
    >>> optimizer.step()
    >>> table.weight
    Parameter containing:
    tensor([[1.0000, 1.0000],
            [1.0000, 1.0000],
            [0.9000, 0.9000]], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        found = checked(locals())
        check("learning rate", lr, positive=True)
        check("epsilon value", eps, positive=True)
        super().__init__(params, found)
        bad = [[i, k] for i, group in enumerate(self.param_groups) for k, p in enumerate(group["params"])
               if p.is_complex()]
        if bad:
            fail(ValueError, f"Complex params at indices {bad}: SparseAdam does not support complex parameters")

    def _update(self, group: dict[str, Any], p: Any, g: Any, state: dict[str, Any]) -> None:
        if not state:
            state["step"] = 0
            for name in ("exp_avg", "exp_avg_sq"):
                state[name] = wrap_node(np.zeros_like(p._a), None)
        state["step"] += 1
        a, m, v = (np.atleast_1d(x) for x in (p._a, state["exp_avg"]._a, state["exp_avg_sq"]._a))
        g = np.atleast_1d(g)
        rows = np.flatnonzero(g.reshape(len(g), -1).any(axis=1))
        if not rows.size:
            return
        g = -g[rows] if group["maximize"] else g[rows]
        (beta1, beta2), t = group["betas"], state["step"]
        number = a.dtype.type
        m_rows = m[rows] + (g - m[rows]) * number(1 - beta1)
        v_rows = v[rows] + (g * g - v[rows]) * number(1 - beta2)
        m[rows], v[rows] = m_rows, v_rows
        rate = group["lr"] * (1 - beta2 ** t) ** 0.5 / (1 - beta1 ** t)
        a[rows] -= m_rows / (np.sqrt(v_rows) + number(group["eps"])) * number(rate)
