"""Softmax and relatives as `nn.functional` spells them: the dimension may be left out, with a warning."""

from __future__ import annotations

from typing import Any

from autograd.errors import warn
from autograd.ops import softmax as ops


def _chosen(name: str, dim: int | None, ndim: int) -> int:
    if dim is not None:
        return dim
    warn(f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.")
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """`autograd.softmax`; without ``dim``, along dimension 0 of 0-, 1- and 3-D inputs and dimension 1 of others.

    >>> import autograd, nn.functional as F
    >>> F.softmax(autograd.tensor([0., 0.]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return ops.softmax(input, _chosen("softmax", dim, input.ndim), dtype=dtype)


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """`autograd.log_softmax`; without ``dim`` as in `softmax`.

    >>> import autograd, nn.functional as F
    >>> F.log_softmax(autograd.tensor([0., 0.]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return ops.log_softmax(input, _chosen("log_softmax", dim, input.ndim), dtype=dtype)


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """Softmax of ``-input``; without ``dim`` as in `softmax`.

    >>> import autograd, nn.functional as F
    >>> F.softmin(autograd.tensor([0., 1000.]), dim=0)
    tensor([1., 0.])
    """
    return ops.softmin(input, _chosen("softmin", dim, input.ndim), dtype=dtype)
