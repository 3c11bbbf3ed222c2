"""What programs ask about accelerators of any kind: there are none.

>>> import autograd
>>> device = autograd.accelerator.current_accelerator() if autograd.accelerator.is_available() else "cpu"
>>> device
'cpu'
"""

from __future__ import annotations


def is_available() -> bool:
    """Whether there is an accelerator: never.

    >>> import autograd
    >>> autograd.accelerator.is_available()
    False
    """
    return False


def device_count() -> int:
    """The number of accelerators: none.

    >>> import autograd
    >>> autograd.accelerator.device_count()
    0
    """
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """The accelerator in use: None.

    >>> import autograd
    >>> autograd.accelerator.current_accelerator()
    """
