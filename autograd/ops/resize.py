"""Resizing: interpolation between the elements of signals, images and volumes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import fail
from ..kernels import resample as kernel
from ..primitive import composite, primitive

_RANK = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5, "lanczos": 4}


@primitive(vjp={"input": lambda g, taps: resample(g, tuple([t.transposed for t in taps]))}, method=False)
def resample(input, taps):
    """The last dimensions of ``input`` resampled, each by its `Taps`."""
    x = input.astype(np.float32) if input.dtype == np.float16 else input
    first = x.ndim - len(taps)
    for d in sorted(range(len(taps)), key=lambda d: taps[d].out / max(taps[d].n, 1)):  # shrink first
        x = kernel.resample(x, taps[d], first + d)
    return x.astype(input.dtype, copy=False)


def _target(input: Any, size: Any, scale_factor: Any, recompute: bool,
            smallest: int) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """The output size, and the scale factors that count in computing positions."""
    spatial = tuple(input.shape[2:])
    n = len(spatial)
    if size is not None and scale_factor is not None:
        fail(ValueError, "only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        fail(ValueError, "either size or scale_factor should be defined")
    given = scale_factor if size is None else size
    values = tuple(given) if isinstance(given, (list, tuple)) else (given,) * n
    if len(values) != n:
        what = "scale_factor of shape" if size is None else "output size of"
        fail(ValueError, f"Input and {'scale_factor' if size is None else 'output'} must have the same number of "
                         f"spatial dimensions, but got input with spatial dimensions of {list(spatial)} and {what} "
                         f"{given}.")
    if size is not None:
        if recompute:
            fail(ValueError, "recompute_scale_factor is not meaningful with an explicit size.")
        if not all(isinstance(v, (int, np.integer)) for v in values):
            fail(TypeError, "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], "
                            f"but got size with types {[type(v) for v in values]}")
        out, scales = values, (None,) * n
    else:
        out = tuple([int(m * s) for m, s in zip(spatial, values, strict=True)])
        scales = (None,) * n if recompute else values
    if 0 in spatial or min(out) < smallest:
        fail(RuntimeError, f"Input and output sizes should be greater than 0, but got input {list(spatial)} output "
                           f"{list(out)}")
    return out, scales


def _taps(mode: str, n: int, out: int, align_corners: bool, given: float | None, antialias: bool,
          kind: Any) -> kernel.Taps:
    if mode == "area":
        return kernel.adaptive_taps(n, out)
    scale = kernel.scale_of(n, out, align_corners, given)
    if mode.startswith("nearest"):
        return kernel.nearest_taps(n, out, scale, mode == "nearest-exact")
    if antialias:
        return kernel.smooth_taps(n, out, scale, mode)
    make = kernel.cubic_taps if mode == "bicubic" else kernel.linear_taps
    return make(n, out, scale, align_corners, kind)


@composite(method=False)
def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None,
                antialias=False):
    """Resize signals, images or volumes.

    Args:
        input: (N, C, W), (N, C, H, W) or (N, C, D, H, W).
        size: the output size, an int or one for each spatial dimension, or
        scale_factor: the output size over the input size, likewise.
        mode: ``"nearest"``, ``"nearest-exact"``, ``"area"``; ``"linear"`` (3-D input), ``"bilinear"``, ``"bicubic"``
            (4-D), ``"trilinear"`` (5-D), ``"lanczos"`` (4-D, with antialias).
        align_corners: the corner elements of input and output lie on each other, rather than their outer edges.
        recompute_scale_factor: derive the scale from the sizes, rather than use ``scale_factor``, when computing
            positions.
        antialias: when shrinking, average over all the input elements that an output element covers.

    Raises:
        ValueError, NotImplementedError: the arguments do not go together.

    >>> import autograd
    >>> from nn.functional import interpolate
    >>> interpolate(autograd.tensor([[[1., 3.]]]), scale_factor=2, mode="linear")
    tensor([[[1.0000, 1.5000, 2.5000, 3.0000]]])
    """
    if mode in ("nearest", "nearest-exact", "area"):
        if align_corners is not None:
            fail(ValueError, "align_corners option can only be set with the interpolating modes: linear | bilinear | "
                             "bicubic | trilinear")
    elif align_corners is None:
        align_corners = False
    if mode not in ("nearest", "nearest-exact", "area", *_RANK) or input.ndim not in (3, 4, 5):
        fail(NotImplementedError, "Input Error: Only 3D, 4D and 5D input Tensors supported (got "
                                  f"{input.ndim}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | "
                                  f"area | nearest-exact (got {mode})")
    is_area = mode == "area"
    out, scales = _target(input, size, scale_factor, bool(recompute_scale_factor) or (is_area and size is None),
                          1 - is_area)
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and input.ndim == 4):
        fail(ValueError, "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D "
                         "tensor as input")
    if input.ndim != _RANK.get(mode, input.ndim):
        fail(NotImplementedError, f"Got {input.ndim}D input, but {mode} mode needs {_RANK[mode]}D input")
    if mode == "lanczos" and (align_corners or not antialias):
        fail(ValueError, "Lanczos mode does not support align_corners=True" if align_corners else
                         "Lanczos mode requires antialias=True")
    if not input.is_floating_point() and not (mode.startswith("nearest") and input.dtype == np.dtype(np.uint8)):
        fail(NotImplementedError, f"interpolation in mode {mode!r} is not implemented for {input.dtype}; convert to a "
                                  "floating type")
    kind = np.float64 if input.dtype == np.dtype(np.float64) else np.float32
    return resample(input, tuple([_taps(mode, n, m, bool(align_corners), s, antialias, kind)
                                  for n, m, s in zip(input.shape[2:], out, scales, strict=True)]))


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """The older name of `interpolate`.

    >>> import autograd, warnings
    >>> from nn.functional import upsample
    >>> warnings.simplefilter("ignore")
    >>> upsample(autograd.tensor([[[1., 3.]]]), scale_factor=2)
    tensor([[[1., 1., 3., 3.]]])
    """
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    """The older name of `interpolate` in mode ``"nearest"``.

    >>> import autograd, warnings
    >>> from nn.functional import upsample_nearest
    >>> warnings.simplefilter("ignore")
    >>> upsample_nearest(autograd.tensor([[[1., 3.]]]), scale_factor=2)
    tensor([[[1., 1., 3., 3.]]])
    """
    warnings.warn("`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.",
                  stacklevel=2)
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input, size=None, scale_factor=None):
    """The older name of `interpolate` in mode ``"bilinear"`` with ``align_corners``.

    >>> import autograd, warnings
    >>> from nn.functional import upsample_bilinear
    >>> warnings.simplefilter("ignore")
    >>> upsample_bilinear(autograd.tensor([[[[1., 3.]]]]), size=(1, 3))
    tensor([[[[1., 2., 3.]]]])
    """
    warnings.warn("`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.",
                  stacklevel=2)
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)
