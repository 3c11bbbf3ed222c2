"""Switches of cuDNN, which is not there: they keep what they are set to, and nothing depends on them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

enabled = True
benchmark = False
benchmark_limit = 10
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """Whether cuDNN is there: never.

    >>> import autograd
    >>> autograd.backends.cudnn.is_available()
    False
    """
    return False


def version() -> None:
    """The version of cuDNN: None, because it is not there.

    >>> import autograd
    >>> autograd.backends.cudnn.version()
    """


@contextlib.contextmanager
def flags(enabled: bool = False, benchmark: bool = False, benchmark_limit: int = 10, deterministic: bool = False,
          allow_tf32: bool = True) -> Iterator[None]:
    """Set the switches for a block.

    >>> import autograd
    >>> with autograd.backends.cudnn.flags(enabled=False):
    ...     autograd.backends.cudnn.enabled
    False
    """
    given = {"enabled": enabled, "benchmark": benchmark, "benchmark_limit": benchmark_limit,
             "deterministic": deterministic, "allow_tf32": allow_tf32}
    before = {name: globals()[name] for name in given}
    globals().update(given)
    try:
        yield
    finally:
        globals().update(before)
