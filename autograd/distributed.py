"""What programs ask before they train in several processes: they cannot, here.

>>> import autograd
>>> autograd.distributed.is_available() and autograd.distributed.is_initialized()
False
"""

from __future__ import annotations

from typing import Any

from .refusal import Refusal

#: What needs other processes.
_NEED_A_GROUP = frozenset((
    "DistributedDataParallel", "DistributedSampler", "ReduceOp", "all_gather", "all_gather_object", "all_reduce",
    "all_to_all", "barrier", "broadcast", "broadcast_object_list", "destroy_process_group", "gather", "get_backend",
    "get_rank", "get_world_size", "init_process_group", "irecv", "isend", "new_group", "recv", "reduce",
    "reduce_scatter", "scatter", "send",
))


def is_available() -> bool:
    """Whether several processes can train together: never.

    >>> import autograd
    >>> autograd.distributed.is_available()
    False
    """
    return False


def is_initialized() -> bool:
    """Whether this process belongs to a group: never.

    >>> import autograd
    >>> autograd.distributed.is_initialized()
    False
    """
    return False


def __getattr__(name: str) -> Any:
    if name not in _NEED_A_GROUP:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return Refusal(f"distributed.{name} needs several processes that train together, and one trains here. Use it only "
                   "where distributed.is_initialized()", RuntimeError)
