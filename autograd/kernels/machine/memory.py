"""Memory that freed arrays leave is kept for the next ones.

A training step frees what it has computed and asks for the same again in the next one. By default glibc gives such
memory back to the system, which then has to clear each page before it lends it again: for the activations of a small
convolutional network that is a sixth of the step, for large ones a third.
"""

from __future__ import annotations

import ctypes
import os
import sys

#: Bytes that a process keeps at most.
KEPT = 1 << 30
#: Arrays that are larger get memory of their own, and it goes back when they are freed. It is the most glibc takes.
LARGEST = 1 << 25
# glibc's names of the two.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


def keep_freed() -> bool:
    """Ask the C library to keep memory that is freed; whether it will.

    Where the environment says how it shall behave (``MALLOC_TRIM_THRESHOLD_`` and the like, ``GLIBC_TUNABLES``), and
    with other C libraries, nothing changes.
    """
    if sys.platform != "linux" or "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", ""):
        return False
    if any(name in os.environ for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_")):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_TRIM_THRESHOLD, KEPT)) and bool(mallopt(_MMAP_THRESHOLD, LARGEST))
