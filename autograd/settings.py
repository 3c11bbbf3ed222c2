"""Switches of PyTorch that programs set at their start. Where there is nothing to switch, they only remember."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from .dtypes import device as Device, on_cpu
from .errors import fail
from .kernels.machine.threads import count, set_count

__all__ = [
    "are_deterministic_algorithms_enabled", "compile", "get_default_device", "get_float32_matmul_precision",
    "get_num_interop_threads", "get_num_threads", "set_default_device", "set_flush_denormal",
    "set_float32_matmul_precision", "set_num_interop_threads", "set_num_threads", "use_deterministic_algorithms",
]

F = TypeVar("F", bound=Callable[..., Any])


class _State:
    deterministic = False
    precision = "highest"


def compile(model: Any = None, *, fullgraph: bool = False, dynamic: bool | None = None, backend: Any = "inductor",
            mode: str | None = None, options: dict[str, Any] | None = None, disable: bool = False) -> Any:
    """The function or module itself, or the decorator that gives it: there is no compiler of whole models here.

    Args:
        model: a function or a module; None where ``compile`` stands above a function with arguments of its own.
        fullgraph, dynamic, backend, mode, options, disable: what PyTorch's compiler is told; they change nothing.

    >>> import autograd
    >>> @autograd.compile(mode="reduce-overhead")
    ... def f(x):
    ...     return x * 2
    >>> f(autograd.ones(2))
    tensor([2., 2.])
    """
    if model is None:
        return lambda function: function
    if not callable(model):
        fail(TypeError, f"compile expected a function or a module, got {type(model).__name__}")
    return model


def set_num_threads(threads: int) -> None:
    """Let kernels compute on at most so many threads. Results do not depend on it.

    BLAS and LAPACK always compute in one thread for this package; other code may use the threads that it gave them.

    Raises:
        RuntimeError: it is not a positive integer.

    >>> import autograd
    >>> autograd.set_num_threads(autograd.get_num_threads())
    """
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        fail(RuntimeError, f"set_num_threads expects a positive integer, got {threads!r}")
    set_count(threads)


def get_num_threads() -> int:
    """The threads that kernels may use.

    That is what `set_num_threads` was told, else ``OMP_NUM_THREADS`` of the environment, else the number of processors
    that the process may use, or the share of them that its container is given (cgroups of Linux), rounded up.

    >>> import autograd
    >>> autograd.get_num_threads() >= 1
    True
    """
    return count()


def set_num_interop_threads(threads: int) -> None:
    """Let so many operations run at once. They run one after the other, so nothing changes.

    >>> import autograd
    >>> autograd.set_num_interop_threads(2)
    """


def get_num_interop_threads() -> int:
    """The operations that run at once: one.

    >>> import autograd
    >>> autograd.get_num_interop_threads()
    1
    """
    return 1


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same results in every run; they are the same anyway.

    >>> import autograd
    >>> autograd.use_deterministic_algorithms(True)
    >>> autograd.are_deterministic_algorithms_enabled()
    True
    >>> autograd.use_deterministic_algorithms(False)
    """
    _State.deterministic = bool(mode)


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` was told last.

    >>> import autograd
    >>> autograd.are_deterministic_algorithms_enabled()
    False
    """
    return _State.deterministic


def set_float32_matmul_precision(precision: str) -> None:
    """Allow faster and less precise products of float32 matrices; there are none here, so nothing changes.

    Args:
        precision: ``"highest"``, ``"high"`` or ``"medium"``. Another one gives a UserWarning, as in PyTorch.

    >>> import autograd
    >>> autograd.set_float32_matmul_precision("high")
    >>> autograd.get_float32_matmul_precision()
    'high'
    >>> autograd.set_float32_matmul_precision("highest")
    """
    if precision not in ("highest", "high", "medium"):
        warnings.warn(f"{precision} is not one of 'highest', 'high' or 'medium'; the precision stays as it was",
                      stacklevel=2)
        return
    _State.precision = precision


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was told last.

    >>> import autograd
    >>> autograd.get_float32_matmul_precision()
    'highest'
    """
    return _State.precision


def set_flush_denormal(mode: bool) -> bool:
    """Ask the processor to take denormal numbers for zero; it is not done here, so the answer is False.

    >>> import autograd
    >>> autograd.set_flush_denormal(True)
    False
    """
    return False


def set_default_device(device: Any) -> None:
    """Make new tensors on this device: the CPU, or None, which means the same.

    Raises:
        RuntimeError: it is another device.

    >>> import autograd
    >>> autograd.set_default_device("cpu")
    """
    on_cpu(device)


def get_default_device() -> Device:
    """Where new tensors lie: on the CPU.

    >>> import autograd
    >>> autograd.get_default_device()
    device(type='cpu')
    """
    return Device("cpu")
