"""Pooling against its definition; ties, NaN, padding; unpooling; resizing and sampling."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import ndimage

import autograd
from autograd import tensor
from nn import functional as F

RNG = np.random.default_rng(0)


def windows(size, window, stride, padding, dilation, ceil):
    """For each place of the output, the slices of the input inside its window."""
    starts = []
    for n, k, s, p, d in zip(size, window, stride, padding, dilation):
        span = d * (k - 1) + 1
        count = (math.ceil if ceil else math.floor)((n + 2 * p - span) / s) + 1
        if ceil and (count - 1) * s >= n + p:
            count -= 1
        starts.append([(o, [i for i in range(o * s - p, o * s - p + span, d) if 0 <= i < n]) for o in range(count)])
    return starts


def pooled(x, reduce, *geometry):
    axes = windows(x.shape[2:], *geometry)
    y = np.zeros((*x.shape[:2], *map(len, axes)))
    for combination in itertools.product(*axes):
        places, indices = zip(*combination)
        y[(..., *places)] = reduce(x[(slice(None), slice(None), *np.ix_(*indices))].reshape(*x.shape[:2], -1))
    return y


CASES = [
    ((8,), (2,), (2,), (0,), (1,), False), ((7,), (3,), (2,), (1,), (1,), True), ((9,), (3,), (1,), (1,), (2,), False),
    ((6, 6), (2, 2), (2, 2), (0, 0), (1, 1), False), ((5, 7), (2, 3), (1, 2), (1, 1), (1, 1), True),
    ((7, 7), (3, 3), (2, 2), (1, 0), (1, 2), False), ((9, 9), (7, 8), (2, 1), (3, 4), (1, 1), False),
    ((4, 5, 4), (2, 2, 3), (2, 1, 1), (1, 0, 1), (1, 1, 1), True),
]


@pytest.mark.parametrize("case", CASES)
def test_max_pooling_is_its_definition(case):
    size, window, stride, padding, dilation, ceil = case
    x = RNG.normal(size=(2, 3, *size))
    pool = getattr(F, f"max_pool{len(size)}d")
    found, indices = pool(tensor(x), window, stride, padding, dilation, ceil, return_indices=True)
    np.testing.assert_array_equal(found.numpy(), pooled(x, lambda v: v.max(-1), *case[1:]))
    np.testing.assert_array_equal(pool(tensor(x), window, stride, padding, dilation, ceil).numpy(), found.numpy())
    taken = np.take_along_axis(x.reshape(2, 3, -1), indices.numpy().reshape(2, 3, -1), 2)
    np.testing.assert_array_equal(taken.reshape(found.shape), found.numpy())


@pytest.mark.parametrize("case", [c for c in CASES if set(c[4]) == {1}])
@pytest.mark.parametrize("include_pad", [True, False])
def test_average_pooling_is_its_definition(case, include_pad):
    size, window, stride, padding, _, ceil = case
    x = RNG.normal(size=(2, 3, *size))
    sums = pooled(x, lambda v: v.sum(-1), *case[1:])
    counted = np.pad(np.ones((1, 1, *size)), [(0, 0), (0, 0), *[(p, p) for p in padding]], constant_values=include_pad)
    counts = pooled(counted, lambda v: v.sum(-1), window, stride, (0,) * len(size), (1,) * len(size), ceil)
    counts = counts[(..., *map(slice, sums.shape[2:]))]
    found = getattr(F, f"avg_pool{len(size)}d")(tensor(x), window, stride, padding, ceil, include_pad)
    np.testing.assert_allclose(found.numpy(), sums / counts, rtol=1e-12, atol=1e-14)


def test_the_gradient_of_a_tie_goes_to_the_first():
    x = autograd.ones(1, 1, 2, 4, requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    assert x.grad.tolist() == [[[[1, 0, 1, 0], [0, 0, 0, 0]]]]


def test_overlapping_windows_add_up():
    x = tensor([[[0.0, 5.0, 0.0, 1.0]]], requires_grad=True)
    F.max_pool1d(x, 2, 1).sum().backward()
    assert x.grad.tolist() == [[[0, 2, 0, 1]]]


@pytest.mark.parametrize("window", [2, 4])  # through the taps, and through the windows
def test_nan_wins_and_minus_infinity_has_a_place(window):
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 1, 1], x[0, 0, 0, 1] = np.nan, np.nan
    values, indices = F.max_pool2d(tensor(x), window, return_indices=True)
    assert math.isnan(values[0, 0, 0, 0].item()) and indices[0, 0, 0, 0].item() == 5
    values, indices = F.max_pool2d(autograd.full((1, 1, 4, 4), -math.inf), window, return_indices=True)
    assert values.max().item() == -math.inf and indices[0, 0, 0, 0].item() == 0


def test_integers_pool_too():
    x = tensor(np.array([[[-5, -7, -9, -8]]], "int8"))
    assert F.max_pool1d(x, 2).tolist() == [[[-5, -8]]]
    assert F.max_pool1d(x, 3, 2, 1).dtype is autograd.int8


@pytest.mark.parametrize(("size", "out"), [((6, 6), (3, 2)), ((7, 5), (3, 4)), ((3, 4), (5, 6)), ((4, 4), (1, 1))])
def test_adaptive_windows(size, out):
    x = RNG.normal(size=(2, 3, *size))
    edges = [[(i * n // m, -(-(i + 1) * n // m)) for i in range(m)] for n, m in zip(size, out)]
    for pool, reduce in ((F.adaptive_avg_pool2d, np.mean), (F.adaptive_max_pool2d, np.max)):
        expected = np.array([[reduce(x[:, :, a:b, c:d], axis=(2, 3)) for c, d in edges[1]] for a, b in edges[0]])
        np.testing.assert_allclose(pool(tensor(x), out).numpy(), np.moveaxis(expected, (0, 1), (2, 3)), rtol=1e-12)


def test_power_average():
    x = RNG.uniform(0.1, 1, (1, 2, 4, 4))
    expected = pooled(x, lambda v: (v**3).sum(-1) ** (1 / 3), (2, 2), (2, 2), (0, 0), (1, 1), False)
    np.testing.assert_allclose(F.lp_pool2d(tensor(x), 3, 2).numpy(), expected, rtol=1e-12)
    np.testing.assert_array_equal(F.lp_pool2d(tensor(-x), math.inf, 2).numpy(), F.max_pool2d(tensor(x), 2).numpy())


def test_lp_pool_of_zeros_has_a_gradient_of_zero():
    """As after a relu: the root's own derivative is infinite there."""
    x = autograd.zeros(1, 1, 4, 4, requires_grad=True)
    F.lp_pool2d(x, 2, 2).sum().backward()
    assert x.grad.tolist() == autograd.zeros(1, 1, 4, 4).tolist()


def test_unpooling_puts_maxima_back():
    x = tensor(RNG.normal(size=(2, 3, 5, 5)))
    values, indices = F.max_pool2d(x, 2, return_indices=True)
    back = F.max_unpool2d(values, indices, 2, output_size=(5, 5))
    assert back.shape == x.shape and (back != 0).sum() == values.numel()
    np.testing.assert_array_equal(F.max_pool2d(back.abs(), 2).numpy(), values.abs().numpy())
    with pytest.raises(RuntimeError, match="invalid max index: 99"):
        F.max_unpool2d(values, indices * 0 + 99, 2)
    with pytest.raises(ValueError, match="invalid output_size"):
        F.max_unpool2d(values, indices, 2, output_size=(9, 5))


def test_fractional_windows_cover_the_input():
    autograd.manual_seed(0)
    x = tensor(np.arange(81.0).reshape(1, 1, 9, 9))
    values, indices = F.fractional_max_pool2d(x, 2, output_ratio=0.5, return_indices=True)
    assert values.shape == (1, 1, 4, 4)
    np.testing.assert_array_equal(values.numpy(), indices.numpy())
    assert values[0, 0, -1, -1].item() == 80
    steps = np.diff(np.unique(indices.numpy() % 9))
    assert ((steps >= 1) & (steps <= 3)).all()
    with pytest.raises(ValueError, match="either an output_size or an output_ratio"):
        F.fractional_max_pool2d(x, 2)


@pytest.mark.parametrize(("call", "words"), [
    (lambda x: F.max_pool2d(x, 2, padding=2), "at most half of effective kernel size"),
    (lambda x: F.max_pool2d(x, 6), r"Calculated output size: \(3x0x0\)"),
    (lambda x: F.max_pool2d(x, 2, 0), "stride should be greater than zero"),
    (lambda x: F.max_pool2d(x, 2, dilation=0), "dilation should be greater than zero"),
    (lambda x: F.max_pool2d(x, (2, 2, 2)), "two ints"),
    (lambda x: F.avg_pool2d(x, 2, divisor_override=0), "divisor must be not zero"),
    (lambda x: F.max_pool2d(x[..., :1], 2, padding=1, dilation=2), "lies altogether in the padding"),
    (lambda x: F.adaptive_avg_pool2d(x, -1), "greater than or equal to 0"),
])
def test_errors_say_what_is_wrong(call, words):
    with pytest.raises(RuntimeError, match=words):
        call(autograd.ones(2, 3, 5, 5))


# --- resizing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "out"), [(5, 9), (7, 4), (1, 3), (4, 4), (6, 1)])
def test_linear_interpolation(n, out):
    x = RNG.normal(size=(1, 2, n))
    places = np.linspace(0, n - 1, out) if out > 1 else np.zeros(1)
    expected = np.stack([np.interp(places, np.arange(n), row) for row in x[0]])
    found = F.interpolate(tensor(x), out, mode="linear", align_corners=True)
    np.testing.assert_allclose(found.numpy()[0], expected, rtol=1e-10, atol=1e-12)
    places = (np.arange(out) + 0.5) * n / out - 0.5
    expected = np.stack([np.interp(places, np.arange(n), row) for row in x[0]])  # np.interp repeats the border
    np.testing.assert_allclose(F.interpolate(tensor(x), out, mode="linear").numpy()[0], expected, rtol=1e-10,
                               atol=1e-12)


def test_nearest_takes_elements_and_keeps_infinities():
    x = tensor([[[1.0, math.inf, 3.0]]])
    assert F.interpolate(x, scale_factor=2).tolist() == [[[1, 1, math.inf, math.inf, 3, 3]]]
    assert F.interpolate(x, 2).tolist() == [[[1, math.inf]]]
    assert F.interpolate(x, 2, mode="nearest-exact").tolist() == [[[1, 3]]]
    bytes_ = tensor(np.array([[[1, 2]]], "uint8"))
    assert F.interpolate(bytes_, 4).tolist() == [[[1, 1, 2, 2]]]


def test_bicubic_weights():
    x = RNG.normal(size=12)
    image = tensor(np.tile(x, (1, 1, 12, 1)))
    found = F.interpolate(image, (12, 23), mode="bicubic", align_corners=True).numpy()[0, 0, 6]
    np.testing.assert_allclose(found[::2], x, atol=1e-12)
    # Half way between elements Keys' kernel with a = -3/4 gives -3/32, 19/32, 19/32, -3/32.
    between = (19 * (x[1:-2] + x[2:-1]) - 3 * (x[:-3] + x[3:])) / 32
    np.testing.assert_allclose(found[3:-3:2], between, atol=1e-12)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
def test_antialias_keeps_constants_and_removes_stripes(mode):
    ones = autograd.ones(1, 1, 16, 16, dtype=autograd.float64)
    np.testing.assert_allclose(F.interpolate(ones, (5, 7), mode=mode, antialias=True).numpy(), 1, rtol=1e-12)
    stripes = tensor(np.tile([0.0, 1.0], (1, 1, 16, 8)))
    smooth = F.interpolate(stripes, (16, 4), mode=mode, antialias=True).numpy()[..., 1:-1]
    np.testing.assert_allclose(smooth, 0.5, atol=0.02)


def test_area_is_adaptive_average():
    x = tensor(RNG.normal(size=(1, 2, 7, 5)))
    np.testing.assert_array_equal(F.interpolate(x, (3, 2), mode="area").numpy(),
                                  F.adaptive_avg_pool2d(x, (3, 2)).numpy())


@pytest.mark.parametrize(("options", "kind"), [
    ({}, ValueError), ({"size": 2, "scale_factor": 2}, ValueError), ({"size": (2, 2, 2)}, ValueError),
    ({"size": 2, "align_corners": True}, ValueError), ({"size": 2, "mode": "linear"}, NotImplementedError),
    ({"size": 2, "mode": "other"}, NotImplementedError), ({"size": 0}, RuntimeError),
    ({"size": 2, "mode": "lanczos"}, ValueError), ({"size": 2.5}, TypeError),
])
def test_interpolate_errors(options, kind):
    with pytest.raises(kind):
        F.interpolate(autograd.ones(1, 2, 5, 5), **options)


def test_older_names_warn():
    x = autograd.ones(1, 1, 2, 2)
    for name in ("upsample", "upsample_nearest", "upsample_bilinear"):
        with pytest.warns(UserWarning, match="deprecated"):
            assert getattr(F, name)(x, scale_factor=2).shape == (1, 1, 4, 4)


# --- sampling at points -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "order"), [("nearest", 0), ("bilinear", 1)])
@pytest.mark.parametrize(("padding", "boundary"), [("zeros", "constant"), ("border", "nearest"),
                                                   ("reflection", "mirror")])
def test_grid_sample_is_map_coordinates(mode, order, padding, boundary):
    x, grid = RNG.normal(size=(1, 1, 5, 6)), RNG.uniform(-0.95 if padding == "zeros" else -1.7, 0.95, (1, 4, 3, 2))
    found = F.grid_sample(tensor(x), tensor(grid), mode, padding, align_corners=True)
    places = [(grid[0, ..., 1] + 1) / 2 * 4, (grid[0, ..., 0] + 1) / 2 * 5]
    expected = ndimage.map_coordinates(x[0, 0], places, order=order, mode=boundary)
    np.testing.assert_allclose(found.numpy()[0, 0], expected, rtol=1e-9, atol=1e-9)


def test_the_identity_map_samples_the_image():
    theta = tensor([[[1.0, 0, 0], [0, 1, 0]]], dtype=autograd.float64)
    x = tensor(RNG.normal(size=(1, 2, 4, 5)))
    for align in (True, False):
        grid = F.affine_grid(theta, x.shape, align_corners=align)
        for mode in ("bilinear", "nearest", "bicubic"):
            found = F.grid_sample(x, grid, mode, align_corners=align)
            np.testing.assert_allclose(found.numpy(), x.numpy(), atol=1e-12)


def test_grid_errors_and_warning():
    x, grid = autograd.ones(1, 1, 2, 2), autograd.zeros(1, 1, 1, 2)
    with pytest.warns(UserWarning, match="align_corners"):
        F.grid_sample(x, grid)
    with pytest.raises(ValueError, match="expected mode"):
        F.grid_sample(x, grid, "other", align_corners=True)
    with pytest.raises(RuntimeError, match="size 2 in last dimension"):
        F.grid_sample(x, autograd.zeros(1, 1, 1, 3), align_corners=True)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "area"])
def test_an_infinity_stays_in_its_neighbourhood(mode):
    x = np.zeros((1, 1, 12, 12))
    x[0, 0, 0, 0] = math.inf
    found = F.interpolate(tensor(x), 7, mode=mode).numpy()[0, 0]
    assert not np.isfinite(found[0, 0]) and not found[3:].any() and not found[:, 3:].any()
