"""Max pooling that always returns the indices, as `nn.functional` names it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from autograd.ops import adaptive_pool, pool, unpool


def _with_indices(pooling: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(pooling)
    def call(*args: Any, return_indices: bool = True, **kwargs: Any) -> Any:
        return pooling(*args, return_indices=True, **kwargs)

    call.__name__ = call.__qualname__ = pooling.__name__ + "_with_indices"
    return call


max_pool1d_with_indices = _with_indices(pool.max_pool1d)
max_pool2d_with_indices = _with_indices(pool.max_pool2d)
max_pool3d_with_indices = _with_indices(pool.max_pool3d)
adaptive_max_pool1d_with_indices = _with_indices(adaptive_pool.adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = _with_indices(adaptive_pool.adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = _with_indices(adaptive_pool.adaptive_max_pool3d)
fractional_max_pool2d_with_indices = _with_indices(unpool.fractional_max_pool2d)
fractional_max_pool3d_with_indices = _with_indices(unpool.fractional_max_pool3d)
