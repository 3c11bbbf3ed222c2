"""How many threads the sides in this process use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """Inside the block NumPy's BLAS, PyTorch and this engine use so many threads.

    Raises:
        ImportError: threadpoolctl is not installed; the command asks for it first.
    """
    from threadpoolctl import threadpool_limits
    libraries: list[Any] = [m for name in ("torch", "autograd")
                            if (m := sys.modules.get(name)) is not None and hasattr(m, "set_num_threads")]
    before = [m.get_num_threads() for m in libraries]
    with threadpool_limits(threads, user_api="blas"):
        try:
            for module in libraries:
                module.set_num_threads(threads)
            yield
        finally:
            for module, count in zip(libraries, before):
                module.set_num_threads(count)
