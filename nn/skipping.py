"""Making modules without initial values; see `nn.utils.skip_init`."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class _Skipping(threading.local):
    active = False


_SKIPPING = _Skipping()


@contextlib.contextmanager
def skipped() -> Iterator[None]:
    """Inside, the functions of ``nn.init`` leave their tensors, and the generator, as they are; for this thread."""
    before, _SKIPPING.active = _SKIPPING.active, True
    try:
        yield
    finally:
        _SKIPPING.active = before


def unless_skipped(function: F) -> F:
    """Let a function that fills a tensor do nothing inside `skipped`."""
    @functools.wraps(function)
    def fill(tensor: Any, *args: Any, **kwargs: Any) -> Any:
        return tensor if _SKIPPING.active else function(tensor, *args, **kwargs)

    return fill  # type: ignore[return-value]
