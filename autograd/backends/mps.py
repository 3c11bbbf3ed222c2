"""Whether Apple's GPUs can be used: they cannot."""

from __future__ import annotations


def is_available() -> bool:
    """Whether there is a GPU to use by Metal: never.

    >>> import autograd
    >>> autograd.backends.mps.is_available()
    False
    """
    return False


is_built = is_available
