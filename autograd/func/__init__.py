"""Transformations of functions, under the names of ``torch.func``: `grad`, `vjp`, `jvp`, `jacrev`, `hessian`, `vmap`.

Each takes a function and gives a function. The arguments by which one differentiates are tensors, or nested lists,
tuples and dictionaries of them; gradients come in the same containers. The transformations nest: ``grad(grad(f))``,
``vmap(grad(f))``, and they see what else is recorded around them.

`vmap` runs the function once for each slice. What it gives, and its derivatives, are those of PyTorch's `vmap`; its
time is that of a loop, so a function that broadcasts by itself is faster.
"""

from __future__ import annotations

from .derivatives import (
    grad as grad,
    grad_and_value as grad_and_value,
    hessian as hessian,
    jacfwd as jacfwd,
    jacrev as jacrev,
    jvp as jvp,
    linearize as linearize,
    vjp as vjp,
)
from .slices import stack_module_state as stack_module_state, vmap as vmap

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "stack_module_state", "vjp",
           "vmap"]
