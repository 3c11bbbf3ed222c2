"""Sampling images at the points of a grid: spatial transformers (Jaderberg et al., 2015)."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

from ..dispatch import is_tensor
from ..errors import fail
from ..filled import ones, zeros
from ..primitive import composite
from ..ranges import linspace
from .joining import cat
from .pool import gather_planes

_MODES, _PADDINGS = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")


@composite(method=False)
def affine_grid(theta, size, align_corners=None):
    """The points that affine maps send the points of a regular grid to, for `grid_sample`.

    Args:
        theta: (N, 2, 3) for images, (N, 3, 4) for volumes.
        size: (N, C, H, W) or (N, C, D, H, W), of the images to be sampled.
        align_corners: -1 and 1 are the centers of the corner elements, rather than their outer edges.

    Returns:
        (N, H, W, 2) or (N, D, H, W, 3), coordinates in [-1, 1], x first.

    >>> import autograd
    >>> from nn.functional import affine_grid
    >>> affine_grid(autograd.tensor([[[1., 0., 0.], [0., 1., 0.]]]), (1, 1, 1, 2), align_corners=False)
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000]]]])
    """
    if align_corners is None:
        warnings.warn("Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. "
                      "Please specify align_corners=True if the old behavior is desired.", stacklevel=2)
        align_corners = False
    if not theta.is_floating_point():
        fail(ValueError, f"Expected theta to have floating point type, but got {theta.dtype}")
    n = len(size) - 2
    if n not in (2, 3):
        fail(NotImplementedError, "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, "
                                  f"respectively. Got size {tuple(size)}.")
    if theta.ndim != 3 or tuple(theta.shape[1:]) != (n, n + 1):
        fail(ValueError, f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {tuple(size)}. Got "
                         f"{list(theta.shape)}.")
    if min(size) <= 0:
        fail(ValueError, f"Expected non-zero, positive output size. Got {tuple(size)}")
    spatial = tuple(size[2:])
    points = [ones(*spatial, 1, dtype=theta.dtype)]
    for d, m in enumerate(spatial):
        line = linspace(-1, 1, m, dtype=theta.dtype) if m > 1 else zeros(1, dtype=theta.dtype)
        if not align_corners:
            line = line * ((m - 1) / m)
        shape = [1] * (n + 1)
        shape[d] = m
        points.insert(0, line.reshape(shape).expand(*spatial, 1))
    base = cat(points, -1).reshape(1, -1, n + 1)
    return (base @ theta.transpose(1, 2)).reshape(theta.shape[0], *spatial, n)


# --- coordinates ------------------------------------------------------------------------------------------


def _to_elements(x: Any, size: int, align_corners: bool) -> Any:
    """Coordinates in [-1, 1] as positions among ``size`` elements."""
    return (x + 1) * ((size - 1) / 2) if align_corners else ((x + 1) * size - 1) / 2


def _clip(x: Any, size: int) -> Any:
    """Positions moved into the range of the elements, NaN to 0; no gradient at the borders and beyond."""
    fixed = x.detach()
    fixed = fixed.where(fixed == fixed, 0.0).clamp(0, size - 1)
    return x.where((x > 0) & (x < size - 1), fixed)


def _reflect(x: Any, size: int, align_corners: bool) -> Any:
    """Positions reflected at the borders until they are inside."""
    low, span = (0.0, size - 1.0) if align_corners else (-0.5, float(size))
    if span == 0:
        return x * 0
    distance = (x - low).abs()
    flips = (distance.detach() / span).floor()
    extra = distance - flips * span
    return extra.where(flips % 2 == 0, span - extra) + low


def _pad(x: Any, size: int, padding_mode: str, align_corners: bool) -> Any:
    if padding_mode == "reflection":
        x = _reflect(x, size, align_corners)
    return x if padding_mode == "zeros" else _clip(x, size)


def _index(x: Any, size: int) -> tuple[Any, Any]:
    """(element of each whole position, whether there is one)."""
    inside = (x >= 0) & (x <= size - 1)
    return x.where(inside, 0.0).long(), inside


def _pick(input: Any, positions: Any) -> Any:
    """The elements at whole positions, for each dimension (N, *out): (N, C, *out); zero where there are none."""
    place, inside = 0, None
    for x, size in zip(positions, input.shape[2:], strict=True):
        index, found = _index(x.detach(), size)
        place = place * size + index
        inside = found if inside is None else inside & found
    n, c, out = input.shape[0], input.shape[1], tuple(place.shape[1:])
    flat = input.reshape(n, c, -1)
    taken = gather_planes(flat, place.reshape(n, 1, -1).expand(n, c, -1), 1).reshape(n, c, *out)
    return taken.where(inside.unsqueeze(1), 0.0)


def _cubic(t: Any) -> list[Any]:
    """Weights of the four neighbours at distance 1 + t, t, 1 - t, 2 - t (cubic convolution, a = -0.75)."""
    a = -0.75

    def near(x: Any) -> Any:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Any) -> Any:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _check(input: Any, grid: Any, mode: str, padding_mode: str) -> None:
    for what, x in (("input", input), ("grid", grid)):
        if not is_tensor(x):
            fail(TypeError, f"grid_sampler(): argument {what!r} must be Tensor, not {type(x).__name__}")
    if mode not in _MODES:
        fail(ValueError, "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but "
                         f"got: '{mode}'")
    if padding_mode not in _PADDINGS:
        fail(ValueError, "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or "
                         f"'reflection', but got: '{padding_mode}'")
    if input.dtype != grid.dtype:
        fail(RuntimeError, f"grid_sampler(): expected input and grid to have same dtype, but input has {input.dtype} "
                           f"and grid has {grid.dtype}")
    if input.ndim not in (4, 5) or input.ndim != grid.ndim:
        fail(RuntimeError, "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got "
                           f"input with sizes {list(input.shape)} and grid with sizes {list(grid.shape)}")
    if input.shape[0] != grid.shape[0]:
        fail(RuntimeError, "grid_sampler(): expected grid and input to have same batch size, but got input with sizes "
                           f"{list(input.shape)} and grid with sizes {list(grid.shape)}")
    if grid.shape[-1] != input.ndim - 2:
        fail(RuntimeError, f"grid_sampler(): expected grid to have size {input.ndim - 2} in last dimension, but got "
                           f"grid with sizes {list(grid.shape)}")
    if 0 in input.shape[2:]:
        fail(RuntimeError, "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
                           f"{list(input.shape)}")
    if mode == "bicubic" and input.ndim == 5:
        fail(RuntimeError, "grid_sampler(): bicubic interpolation only supports 4D input")


@composite(method=False)
def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    """The values of images or volumes at given points.

    Args:
        input: (N, C, H, W) or (N, C, D, H, W).
        grid: points (N, OH, OW, 2) or (N, OD, OH, OW, 3), x first; -1 and 1 are the borders.
        mode: ``"bilinear"`` (in volumes: trilinear), ``"nearest"`` or ``"bicubic"``.
        padding_mode: beyond the borders take ``"zeros"``, the ``"border"``, or the ``"reflection"``.
        align_corners: the borders are the centers of the corner elements, rather than their outer edges.

    Returns:
        (N, C, OH, OW) or (N, C, OD, OH, OW). In mode ``"nearest"`` the gradient by the grid is zero.

    >>> import autograd
    >>> from nn.functional import grid_sample
    >>> x = autograd.tensor([[[[0., 10.]]]])
    >>> grid_sample(x, autograd.tensor([[[[0.25, 0.]]]]), align_corners=True)
    tensor([[[[6.2500]]]])
    """
    _check(input, grid, mode, padding_mode)
    if align_corners is None:
        warnings.warn("Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. "
                      "Please specify align_corners=True if the old behavior is desired.", stacklevel=2)
        align_corners = False
    sizes = tuple(input.shape[2:])
    points = [_to_elements(x, m, align_corners) for x, m in zip(reversed(grid.unbind(-1)), sizes, strict=True)]
    if mode != "bicubic":
        points = [_pad(x, m, padding_mode, align_corners) for x, m in zip(points, sizes, strict=True)]
    if mode == "nearest":
        value = _pick(input, [x.detach().round() for x in points])
        for x in points:  # keeps the grid in the graph, with a gradient of zero
            value = value * x.where(x.detach() != x.detach(), 1.0).unsqueeze(1)
        return value
    lows = [x.detach().floor() for x in points]
    parts = [x - low for x, low in zip(points, lows, strict=True)]
    weights = [_cubic(t) for t in parts] if mode == "bicubic" else [[1 - t, t] for t in parts]
    first = -1 if mode == "bicubic" else 0
    total = None
    for taps in itertools.product(range(len(weights[0])), repeat=len(sizes)):
        places = [low + (k + first) for low, k in zip(lows, taps, strict=True)]
        if mode == "bicubic":
            places = [_pad(x, m, padding_mode, align_corners) for x, m in zip(places, sizes, strict=True)]
        weight = None
        for each, k in zip(weights, taps, strict=True):
            weight = each[k] if weight is None else weight * each[k]
        term = _pick(input, places) * weight.unsqueeze(1)
        total = term if total is None else total + term
    return total
