r"""L-BFGS: Newton steps with an inverse Hessian estimated from the last gradients.

With :math:`s_i` the last steps, :math:`y_i` the changes of the gradient over them, and :math:`\rho_i = 1 / y_i^T s_i`:

.. math::
    H_{i+1} &= (I - \rho_i s_i y_i^T)\, H_i\, (I - \rho_i y_i s_i^T) + \rho_i s_i s_i^T, \qquad
    H_0 = \frac{y^T s}{y^T y} I \\
    p &\leftarrow p - t H g

Nocedal, "Updating quasi-Newton matrices with limited storage" (1980): two loops over the memory form the product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd import enable_grad
from autograd.errors import fail
from autograd.kernels.matmul import matmul as dot
from autograd.tape import tick, wrap_node

from .line_search import strong_wolfe
from .optimizer import Optimizer
from .options import checked, number

Array = np.ndarray[Any, Any]


class LBFGS(Optimizer):
    """L-BFGS: Newton steps with an inverse Hessian estimated from the last gradients.

    Nocedal, "Updating quasi-Newton matrices with limited storage" (1980). One step makes up to ``max_iter``
    iterations, and needs a closure that computes loss and gradients.

    Args:
        params: parameters, in one group.
        lr: length of a step, and the first that a line search tries.
        max_iter: iterations in a step.
        max_eval: evaluations of the closure in a step. Default: ``max_iter * 1.25``.
        tolerance_grad: the largest gradient that counts as none.
        tolerance_change: the largest change of parameters or loss that counts as none.
        history_size: how many steps are remembered.
        line_search_fn: ``"strong_wolfe"`` or None.

    Raises:
        ValueError: the parameters are in several groups, or a tensor as ``lr`` has several elements.

    >>> import autograd, nn, optim
    >>> p = nn.Parameter(autograd.tensor([3., -2.]))
    >>> optimizer = optim.LBFGS([p], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((p - 1) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).item()
    13.0
    >>> p
    Parameter containing:
    tensor([1.0000, 1.0000], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 1, max_iter: int = 20, max_eval: int | None = None,
        tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        super().__init__(params, checked(locals()))
        if len(self.param_groups) != 1:
            fail(ValueError, "LBFGS doesn't support per-parameter options (parameter groups)")

    @property
    def _params(self) -> list[Any]:
        return self.param_groups[0]["params"]

    def _gradient(self) -> Array:
        """All gradients as one real vector."""
        parts = []
        for p in self._params:
            g = np.zeros(p._a.shape, p._a.dtype) if p.grad is None else p.grad._a
            parts.append(np.ascontiguousarray(g).reshape(-1).view(g.real.dtype))
        return np.concatenate(parts)

    def _move(self, t: float, direction: Array) -> None:
        """Add ``t * direction`` to the parameters."""
        start, now = 0, tick()
        for p in self._params:
            count = p._a.size * (2 if p._a.dtype.kind == "c" else 1)
            step = direction[start:start + count] * direction.dtype.type(t)
            p._a += step.view(p._a.dtype).reshape(p._a.shape)
            p._vc[0] += 1
            p._vc[1] = now
            start += count

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Make up to ``max_iter`` iterations.

        Args:
            closure: zeroes the gradients, computes the loss, runs backward, and returns the loss.

        Returns:
            The loss before the step.
        """
        group = self.param_groups[0]
        lr, small, max_eval = number(group["lr"]), group["tolerance_change"], group["max_eval"]
        # The state is common to all parameters; it is kept with the first, so that it is saved and loaded.
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        def evaluate() -> tuple[Any, float, Array]:
            with enable_grad():
                loss = closure()
            return loss, float(loss), self._gradient()

        first_loss, loss, g = evaluate()
        evaluations = 1
        state["func_evals"] += 1
        if np.abs(g).max() <= group["tolerance_grad"]:
            return first_loss
        memory = _Memory(state, group["history_size"])
        t = number(state.get("t"))
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            direction = memory.direction(g, t)
            before = loss
            t = min(1.0, 1.0 / np.abs(g).sum()) * lr if state["n_iter"] == 1 else lr
            slope = dot(g, direction)
            if slope > -small:
                break
            used = 0
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    fail(RuntimeError, "only 'strong_wolfe' is supported")
                loss, g, t, used = self._search(evaluate, t, direction, loss, g, slope, max_eval - evaluations)
                self._move(t, direction)
            else:
                self._move(t, direction)
                if iteration < group["max_iter"]:
                    _, loss, g = evaluate()
                    used = 1
            evaluations += used
            state["func_evals"] += used
            if (evaluations >= max_eval or np.abs(g).max() <= group["tolerance_grad"]
                    or np.abs(direction * t).max() <= small or abs(loss - before) < small):
                break
        memory.save(state, t, before)
        return first_loss

    def _search(self, evaluate: Any, t: float, direction: Array, loss: float, g: Array, slope: float,
                evaluations: int) -> tuple[float, Array, float, int]:
        origin = [p._a.copy() for p in self._params]

        def at(t: float) -> tuple[float, Array]:
            self._move(t, direction)
            _, f, gradient = evaluate()
            for p, values in zip(self._params, origin, strict=True):
                p._a[...] = values
            return f, gradient

        return strong_wolfe(at, t, direction, loss, g, slope, max_ls=evaluations)


class _Memory:
    """The last steps and changes of the gradient.

    Products of vectors stay numbers of the vectors' type, so that what is computed from them rounds as PyTorch's does.
    """

    def __init__(self, state: dict[str, Any], size: int) -> None:
        self.size = size
        self.changes: list[Array] = [t._a for t in state.get("old_dirs", ())]
        self.steps: list[Array] = [t._a for t in state.get("old_stps", ())]
        self.ro: list[Any] = list(map(number, state.get("ro", ())))
        self.scale: Any = number(state.get("H_diag", 1))
        self.shares: list[Any] = [None] * size
        self.last: Array | None = state["d"]._a if "d" in state else None
        self.gradient: Array | None = state["prev_flat_grad"]._a if "prev_flat_grad" in state else None

    def direction(self, g: Array, t: float | None) -> Array:
        """``-H g``, after taking in the last step, ``t`` times the last direction."""
        kind = g.dtype.type
        if self.gradient is not None:
            assert self.last is not None
            y, s = g - self.gradient, self.last * kind(t)
            ys = dot(y, s)
            if ys > 1e-10:
                if len(self.changes) == self.size:
                    for memory in (self.changes, self.steps, self.ro):
                        memory.pop(0)
                self.changes.append(y)
                self.steps.append(s)
                self.ro.append(1.0 / ys)
                self.scale = ys / dot(y, y)
        q = -g
        shares: list[Any] = [0.0] * len(self.ro)
        for i in reversed(range(len(shares))):
            shares[i] = dot(self.steps[i], q) * self.ro[i]
            q -= self.changes[i] * kind(shares[i])
        q *= kind(self.scale)
        for i, share in enumerate(shares):
            q += self.steps[i] * kind(share - dot(self.changes[i], q) * self.ro[i])
        self.shares[:len(shares)] = shares
        self.last, self.gradient = q, g.copy()
        return q

    def save(self, state: dict[str, Any], t: Any, loss: float) -> None:
        """Put all into the optimizer's state."""
        assert self.gradient is not None
        kind = self.gradient.dtype

        def tensor(value: Any) -> Any:
            return None if value is None else wrap_node(np.asarray(value, kind), None)

        state.update(
            d=tensor(self.last), t=wrap_node(np.asarray(t), None) if isinstance(t, np.generic) else t,
            old_dirs=list(map(tensor, self.changes)), old_stps=list(map(tensor, self.steps)),
            ro=list(map(tensor, self.ro)), H_diag=tensor(self.scale), prev_flat_grad=tensor(self.gradient),
            prev_loss=loss, al=list(map(tensor, self.shares)))
