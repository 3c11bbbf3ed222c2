"""What programs ask before they choose a device: there is no GPU here.

The answers are those of PyTorch without CUDA: questions have answers, and what would need a GPU raises.

>>> import autograd
>>> autograd.device("cuda" if autograd.cuda.is_available() else "cpu")
device(type='cpu')
"""

from __future__ import annotations

from typing import Any

from ..errors import DeviceError, fail
from ..refusal import Refusal
from . import amp as amp

__all__ = [
    "device_count", "empty_cache", "get_arch_list", "get_rng_state_all", "is_available", "is_bf16_supported",
    "is_initialized", "manual_seed", "manual_seed_all", "max_memory_allocated", "max_memory_reserved",
    "memory_allocated", "memory_reserved", "seed", "seed_all", "set_rng_state_all",
]

def is_available() -> bool:
    """Whether there is a GPU to compute on: never.

    >>> import autograd
    >>> autograd.cuda.is_available()
    False
    """
    return False


def is_initialized() -> bool:
    """Whether CUDA is in use: never.

    >>> import autograd
    >>> autograd.cuda.is_initialized()
    False
    """
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the GPU computes in bfloat16: there is none.

    >>> import autograd
    >>> autograd.cuda.is_bf16_supported()
    False
    """
    return False


def device_count() -> int:
    """The number of GPUs: none.

    >>> import autograd
    >>> autograd.cuda.device_count()
    0
    """
    return 0


def manual_seed(seed: int) -> None:
    """Seed the GPU's generator: there is none, so this does nothing, as in PyTorch without a GPU.

    >>> import autograd
    >>> autograd.cuda.manual_seed(0)
    """


manual_seed_all = manual_seed


def seed() -> None:
    """Seed the GPU's generator from the clock: there is none, so this does nothing.

    >>> import autograd
    >>> autograd.cuda.seed()
    """


seed_all = seed


def empty_cache() -> None:
    """Give memory of the GPU back: there is none, so this does nothing.

    >>> import autograd
    >>> autograd.cuda.empty_cache()
    """


def memory_allocated(device: Any = None) -> int:
    """Bytes of the GPU that tensors take: none.

    >>> import autograd
    >>> autograd.cuda.memory_allocated()
    0
    """
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def get_rng_state_all() -> list[Any]:
    """The states of the generators of all GPUs: there are none.

    >>> import autograd
    >>> autograd.cuda.get_rng_state_all()
    []
    """
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Set the states of the generators of all GPUs; with a state for one, raises.

    >>> import autograd
    >>> autograd.cuda.set_rng_state_all([])
    """
    if len(new_states):
        fail(DeviceError, f"there are no GPUs here that could take {len(new_states)} states of generators")


def get_arch_list() -> list[str]:
    """The kinds of GPU that this library has code for: none.

    >>> import autograd
    >>> autograd.cuda.get_arch_list()
    []
    """
    return []


#: What raises on a machine without a GPU.
_NEED_A_GPU = frozenset((
    "Event", "Stream", "can_device_access_peer", "current_device", "current_stream", "default_stream", "device",
    "get_device_capability", "get_device_name", "get_device_properties", "get_rng_state", "init", "initial_seed",
    "ipc_collect", "mem_get_info", "memory_stats", "memory_summary", "reset_max_memory_allocated",
    "reset_peak_memory_stats", "set_device", "set_rng_state", "stream", "synchronize", "BFloat16Tensor", "BoolTensor",
    "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor", "ShortTensor",
))


def __getattr__(name: str) -> Any:
    if name not in _NEED_A_GPU:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return Refusal(f"cuda.{name} needs a GPU with CUDA, and tensors live on the CPU here. Use it only where "
                   "cuda.is_available()", TypeError if name.endswith("Tensor") else DeviceError)
