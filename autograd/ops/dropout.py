"""Dropout: random zeros, with the rest scaled so that the mean stays (Srivastava et al., Dropout, 2014)."""

from __future__ import annotations

import warnings
from typing import Any

from ..errors import fail
from ..filled import empty, empty_like, zeros
from ..primitive import composite
from .checks import checked

#: The value that SELU saturates at, negated: scale * alpha (Klambauer et al., Self-normalizing neural networks, 2017).
_SATURATION = 1.7580993408473766


def _check(p: float) -> None:
    if p < 0.0 or p > 1.0:
        fail(ValueError, f"dropout probability has to be between 0 and 1, but got {p}")


def _noise(input: Any, p: float, lead: int | None) -> Any:
    """Ones with probability 1 - p, else zeros: for each element, or one for each index of the ``lead`` dimensions."""
    shape = tuple(input.shape)
    if p == 1:
        return zeros(shape, dtype=input.dtype)
    if lead is not None:
        if len(shape) < 2:
            fail(RuntimeError, "Feature dropout requires at least 2 dimensions in the input")
        return empty(shape[:lead] + (1,) * (len(shape) - lead), dtype=input.dtype).bernoulli_(1 - p)
    return empty_like(input).bernoulli_(1 - p)  # of the input's strides: the draws follow the order of memory


def _dropout(input: Any, p: float, training: bool, inplace: bool, lead: int | None = None) -> Any:
    _check(p)
    if not training or p == 0 or input.numel() == 0:
        return input
    noise = _noise(input, p, lead)
    if not input.is_floating_point():
        fail(RuntimeError, f"result type Float can't be cast to the desired output type {input.dtype}; convert the "
                           "input to a floating type")
    if p < 1:
        noise = noise.div_(1 - p)
    return input.mul_(noise) if inplace else input * noise


def _alpha_dropout(input: Any, p: float, training: bool, inplace: bool, lead: int | None) -> Any:
    _check(p)
    if not training or p == 0 or input.numel() == 0:
        return checked("alpha_dropout", input)
    noise = _noise(input, p, lead)
    if p == 1:
        return input.mul_(noise) if inplace else input * noise
    a = ((_SATURATION * _SATURATION * p + 1) * (1 - p)) ** -0.5
    shift = (noise - 1) * (_SATURATION * a) + _SATURATION * a * p
    noise = noise * a
    return input.mul_(noise).add_(shift) if inplace else input * noise + shift


@composite(method=False)
def dropout(input, p=0.5, training=True, inplace=False):
    """Set each element to zero with probability ``p``, and multiply the others by ``1 / (1 - p)``.

    Args:
        p: in [0, 1].
        training: without it, return the input.
        inplace: write into the input.

    Raises:
        ValueError: ``p`` is no probability.

    >>> import autograd
    >>> from nn.functional import dropout
    >>> _ = autograd.manual_seed(0)
    >>> dropout(autograd.ones(4))
    tensor([0., 0., 2., 0.])
    """
    return _dropout(input, p, training, inplace)


@composite(method=False)
def dropout1d(input, p=0.5, training=True, inplace=False):
    """Set each channel of (N, C, L) or (C, L) to zero with probability ``p``, and multiply the others by ``1 / (1 -
    p)``.

    >>> import autograd
    >>> from nn.functional import dropout1d
    >>> _ = autograd.manual_seed(0)
    >>> dropout1d(autograd.ones(1, 3, 2))
    tensor([[[0., 0.],
             [0., 0.],
             [2., 2.]]])
    """
    _check(p)
    if input.ndim not in (2, 3):
        fail(RuntimeError, f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that "
                           "dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, a "
                           "channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs).")
    return _dropout(input, p, training, inplace, input.ndim - 1)


def _warn_rank(name: str, spatial: int, rank: int) -> None:
    warnings.warn(f"{name}: Received a {rank}-D input to {name}, which is deprecated and will result in an error in a "
                  "future release. To retain the behavior and silence this warning, please use dropout instead. Note "
                  f"that {name} exists to provide channel-wise dropout on inputs with {spatial} spatial dimensions, a "
                  f"channel dimension, and an optional batch dimension (i.e. {spatial + 1}D or {spatial + 2}D "
                  "inputs).", stacklevel=3)


@composite(method=False)
def dropout2d(input, p=0.5, training=True, inplace=False):
    """Set each channel of images (N, C, H, W) to zero with probability ``p``; see `dropout1d`.

    A 3-D input is taken as (N, C, L), with a warning.

    >>> import autograd
    >>> from nn.functional import dropout2d
    >>> _ = autograd.manual_seed(0)
    >>> dropout2d(autograd.ones(1, 3, 1, 2)).flatten()
    tensor([0., 0., 0., 0., 2., 2.])
    """
    if input.ndim not in (3, 4):
        _warn_rank("dropout2d", 2, input.ndim)
    if input.ndim == 3:
        warnings.warn("dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior "
                      "is desired - input is interpreted as shape (N, C, L), where C is the channel dim. To maintain "
                      "this behavior, please switch to using dropout1d instead.", stacklevel=2)
    return _dropout(input, p, training, inplace, 2)


@composite(method=False)
def dropout3d(input, p=0.5, training=True, inplace=False):
    """Set each channel of volumes (N, C, D, H, W) or (C, D, H, W) to zero with probability ``p``; see `dropout1d`.

    >>> import autograd
    >>> from nn.functional import dropout3d
    >>> _ = autograd.manual_seed(0)
    >>> dropout3d(autograd.ones(1, 3, 1, 1, 2)).flatten()
    tensor([0., 0., 0., 0., 2., 2.])
    """
    if input.ndim not in (4, 5):
        _warn_rank("dropout3d", 3, input.ndim)
    return _dropout(input, p, training, inplace, 2 if input.ndim == 5 else 1)


@composite(method=False)
def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Set elements to the value that SELU saturates at with probability ``p``, then scale and shift so that mean 0 and
    variance 1 stay (Klambauer et al., Self-normalizing neural networks, 2017).

    >>> import autograd
    >>> from nn.functional import alpha_dropout
    >>> _ = autograd.manual_seed(0)
    >>> alpha_dropout(autograd.zeros(4), training=True)
    tensor([-0.7792, -0.7792,  0.7792, -0.7792])
    """
    return _alpha_dropout(input, p, training, inplace, None)


@composite(method=False)
def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """`alpha_dropout` of whole channels of (N, C, ...).

    >>> import autograd
    >>> from nn.functional import feature_alpha_dropout
    >>> _ = autograd.manual_seed(0)
    >>> feature_alpha_dropout(autograd.zeros(1, 3, 1), training=True).flatten()
    tensor([-0.7792, -0.7792,  0.7792])
    """
    return _alpha_dropout(input, p, training, inplace, 2)
