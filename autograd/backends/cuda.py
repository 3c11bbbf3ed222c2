"""Switches of CUDA's libraries, which are not there: they keep what they are set to, and nothing depends on them."""

from __future__ import annotations


class _Matmul:
    """How a GPU multiplies matrices."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True


matmul = _Matmul()


def is_built() -> bool:
    """Whether this library has code for CUDA: it does not.

    >>> import autograd
    >>> autograd.backends.cuda.is_built()
    False
    """
    return False


def _switch(enabled: bool) -> None:
    """Allow a way to compute attention on a GPU; there is none, so nothing changes.

    >>> import autograd
    >>> autograd.backends.cuda.enable_flash_sdp(False)
    """


enable_flash_sdp = enable_math_sdp = enable_mem_efficient_sdp = enable_cudnn_sdp = _switch
