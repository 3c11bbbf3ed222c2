"""What a tensor answers when it is asked where and how it lies: on the CPU, dense, in memory of its own."""

from __future__ import annotations

from typing import Any

from .dtypes import device as Device, on_cpu
from .layouts import layout, strided


def _never(what: str) -> Any:
    return property(lambda self: False, doc=f"Whether it is {what}: never here.")


class Place:
    """The questions about devices and layouts, for `Tensor` to inherit."""

    __slots__ = ()

    is_cuda = _never("on a GPU by CUDA")
    is_mps = _never("on a GPU by Metal")
    is_xpu = _never("on a GPU by oneAPI")
    is_meta = _never("a tensor without elements")
    is_sparse = _never("sparse")
    is_quantized = _never("quantized")
    is_nested = _never("nested")

    @property
    def is_cpu(self) -> bool:
        """Whether it is on the CPU: always here."""
        return True

    @property
    def layout(self) -> layout:
        """How its elements are kept: always ``autograd.strided``."""
        return strided

    def get_device(self) -> int:
        """The number of the GPU it is on: -1 for the CPU."""
        return -1

    def cuda(self, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Any:
        """Raises RuntimeError: there is no such device here."""
        on_cpu(Device("cuda") if device is None or isinstance(device, int) else device)
        return self

    def pin_memory(self, device: Any = None) -> Any:
        """The tensor itself: there is no device to copy to from pinned memory."""
        return self

    def is_pinned(self, device: Any = None) -> bool:
        """Whether it is in memory that a GPU reads: never here."""
        return False
