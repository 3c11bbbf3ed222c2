"""What programs ask before they choose a device: there is no GPU here.

>>> import autograd
>>> autograd.device("cuda" if autograd.cuda.is_available() else "cpu")
device(type='cpu')
"""

from __future__ import annotations


def is_available() -> bool:
    """Whether there is a GPU to compute on: never.

    >>> import autograd
    >>> autograd.cuda.is_available()
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
