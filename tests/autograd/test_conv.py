"""Convolution against its definition, its edges, and its errors; the linear maps beside it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import signal

import autograd
from autograd import tensor
from autograd.kernels import conv as kernel
from nn import functional as F

RNG = np.random.default_rng(0)


def definition(x, w, stride, padding, dilation, groups):
    """The sum written out, element by element."""
    n, _, *size = x.shape
    o, per_group, *window = w.shape
    padded = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in padding]])
    out = [(m + 2 * p - d * (k - 1) - 1) // s + 1 for m, p, d, k, s in zip(size, padding, dilation, window, stride)]
    y = np.zeros((n, o, *out))
    for place in np.ndindex(*out):
        for channel in range(o):
            group = channel // (o // groups)
            for offset in np.ndindex(*window):
                at = tuple(p * s + k * d for p, s, k, d in zip(place, stride, offset, dilation))
                part = padded[(slice(None), slice(group * per_group, (group + 1) * per_group), *at)]
                y[(slice(None), channel, *place)] += part @ w[(channel, slice(None), *offset)]
    return y


CASES = [
    # spatial size, window, stride, padding, dilation, groups, channels in and out
    ((7,), (3,), (1,), (0,), (1,), 1, 2, 3),
    ((7,), (3,), (2,), (2,), (2,), 2, 4, 2),
    ((5, 6), (3, 2), (1, 1), (0, 0), (1, 1), 1, 2, 3),
    ((5, 6), (3, 2), (2, 3), (1, 2), (1, 2), 1, 2, 3),
    ((5, 5), (3, 3), (1, 1), (1, 1), (1, 1), 4, 4, 4),
    ((1, 1), (2, 2), (1, 1), (4, 4), (1, 1), 1, 1, 1),  # padding larger than window and image
    ((6, 6), (1, 1), (2, 2), (0, 0), (1, 1), 1, 3, 2),
    ((3, 4, 3), (2, 2, 2), (1, 2, 1), (1, 0, 1), (1, 1, 2), 1, 2, 2),
]


@pytest.mark.parametrize("case", CASES)
def test_convolution_is_its_definition(case):
    size, window, stride, padding, dilation, groups, c, o = case
    x, w, b = RNG.normal(size=(3, c, *size)), RNG.normal(size=(o, c // groups, *window)), RNG.normal(size=o)
    convolve = getattr(F, f"conv{len(size)}d")
    expected = definition(x, w, stride, padding, dilation, groups)
    found = convolve(tensor(x), tensor(w), None, stride, padding, dilation, groups)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-12)
    found = convolve(tensor(x), tensor(w), tensor(b), stride, padding, dilation, groups)
    np.testing.assert_allclose(found.numpy(), expected + b.reshape(-1, *(1,) * len(size)), rtol=1e-12, atol=1e-12)
    single = convolve(tensor(x[0]), tensor(w), tensor(b), stride, padding, dilation, groups)
    np.testing.assert_array_equal(single.numpy(), found.numpy()[0])


@pytest.mark.parametrize("case", CASES)
def test_transposed_convolution_is_the_transpose(case):
    """<y, conv(x)> = <conv_transpose(y), x>, for all x and y."""
    size, window, stride, padding, dilation, groups, c, o = case
    n = len(size)
    x, w = RNG.normal(size=(2, c, *size)), RNG.normal(size=(o, c // groups, *window))
    out = getattr(F, f"conv{n}d")(tensor(x), tensor(w), None, stride, padding, dilation, groups).numpy()
    y = RNG.normal(size=out.shape)
    rest = tuple((m + 2 * p - d * (k - 1) - 1) % s for m, p, d, k, s in zip(size, padding, dilation, window, stride))
    back = getattr(F, f"conv_transpose{n}d")(tensor(y), tensor(w), None, stride, padding, rest, groups, dilation)
    assert back.shape == x.shape
    np.testing.assert_allclose((y * out).sum(), (back.numpy() * x).sum(), rtol=1e-10)


def test_same_padding_keeps_the_size():
    x = RNG.normal(size=(1, 1, 9))
    for k, d in itertools.product((1, 2, 3, 4), (1, 2)):
        w = RNG.normal(size=(1, 1, k))
        found = F.conv1d(tensor(x), tensor(w), padding="same", dilation=d)
        spread = np.zeros(d * (k - 1) + 1)
        spread[::d] = w[0, 0]
        before = (len(spread) - 1) // 2
        full = signal.correlate(x[0, 0], spread, "full")
        np.testing.assert_allclose(found.numpy()[0, 0], full[len(spread) - 1 - before:][:9], rtol=1e-12, atol=1e-12)


def test_batches_larger_than_a_chunk(monkeypatch):
    x, w, g = RNG.normal(size=(7, 4, 6, 6)), RNG.normal(size=(4, 2, 3, 3)), RNG.normal(size=(7, 4, 4, 4))
    options = (1, 1), ((0, 0), (0, 0)), (1, 1), 2
    whole = (kernel.convolve(x, w, None, *options), kernel.input_gradient(g, w, None, (6, 6), *options),
             kernel.weight_gradient(g, x, (3, 3), *options))
    for images in (1, 2, 3):
        monkeypatch.setattr(kernel, "_CHUNK", images * 4 * 9 * 16 * 8)
        parts = (kernel.convolve(x, w, None, *options), kernel.input_gradient(g, w, None, (6, 6), *options),
                 kernel.weight_gradient(g, x, (3, 3), *options))
        for a, b in zip(whole, parts, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_float32_is_as_accurate_as_its_sums():
    x, w = RNG.normal(size=(4, 16, 12, 12)).astype("f"), RNG.normal(size=(8, 16, 3, 3)).astype("f")
    exact = definition(x.astype("d"), w.astype("d"), (1, 1), (0, 0), (1, 1), 1)
    error = np.abs(F.conv2d(tensor(x), tensor(w)).numpy() - exact).max()
    assert error < 144 * 2**-24 * np.abs(exact).max()


def test_half_precision_sums_in_single():
    x, w = np.full((1, 1, 64, 64), 1, "float16"), np.full((1, 1, 64, 64), 1, "float16")
    found = F.conv2d(tensor(x), tensor(w))
    assert found.dtype is autograd.float16 and found.item() == 4096  # in half precision the sum stops at 2048


def test_integers_and_empty_batches():
    x = tensor(np.arange(9).reshape(1, 1, 3, 3))
    found = F.conv2d(x, autograd.ones(1, 1, 2, 2, dtype=autograd.int64))
    assert found.dtype is autograd.int64 and found.tolist() == [[[[8, 12], [20, 24]]]]
    x = autograd.zeros(0, 2, 4, 4, requires_grad=True)
    w = autograd.ones(3, 2, 3, 3, requires_grad=True)
    y = F.conv2d(x, w)
    assert y.shape == (0, 3, 2, 2)
    y.sum().backward()
    assert x.grad.shape == x.shape and not w.grad.numpy().any()


@pytest.mark.parametrize(("arguments", "options", "words"), [
    (((2, 2, 5, 5), (4, 3, 3, 3)), {}, r"weight of size \[4, 3, 3, 3\], expected input\[2, 2, 5, 5\] to have 3 "
                                        "channels"),
    (((2, 3, 2, 2), (4, 3, 3, 3)), {}, r"padded input size per channel: \(2 x 2\)\. Kernel size: \(3 x 3\)"),
    (((5, 5), (4, 3, 3, 3)), {}, r"Expected 3D \(unbatched\) or 4D \(batched\) input to conv2d"),
    (((2, 3, 5, 5), (4, 3, 3, 3), (3,)), {}, "expected bias to be 1-dimensional with 4 elements"),
    (((2, 3, 5, 5), (4, 3, 3, 3)), {"stride": 0}, "non-positive stride"),
    (((2, 3, 5, 5), (4, 3, 3, 3)), {"dilation": 0}, "non-positive dilation"),
    (((2, 3, 5, 5), (4, 3, 3, 3)), {"padding": -1}, "negative padding"),
    (((2, 3, 5, 5), (4, 3, 3, 3)), {"stride": (1, 2, 3)}, "two ints"),
    (((2, 4, 5, 5), (3, 2, 3, 3)), {"groups": 2}, "weight to be divisible by 2"),
    (((2, 4, 5, 5), (3, 2, 3, 3)), {"groups": 0}, "non-positive groups"),
    (((2, 3, 5, 5), (4, 3, 3, 3)), {"padding": "same", "stride": 2}, "not supported for strided"),
    (((2, 3, 5, 5), (4, 3, 3, 3)), {"padding": "other"}, "Invalid padding string: 'other'"),
])
def test_errors_say_what_is_wrong(arguments, options, words):
    with pytest.raises(RuntimeError, match=words):
        F.conv2d(*[autograd.ones(*shape) for shape in arguments], **options)


def test_transposed_errors():
    x = autograd.ones(1, 3, 4, 4)
    with pytest.raises(RuntimeError, match="expected input"):
        F.conv_transpose2d(x, autograd.ones(4, 3, 2, 2))
    with pytest.raises(RuntimeError, match="output padding must be smaller"):
        F.conv_transpose2d(x, autograd.ones(3, 4, 2, 2), output_padding=1)
    with pytest.raises(RuntimeError, match="Output size is too small"):
        F.conv_transpose2d(x, autograd.ones(3, 4, 2, 2), padding=4)


def test_unfold_gives_the_windows_and_fold_counts_them():
    x = tensor(RNG.normal(size=(2, 3, 5, 6)))
    columns = F.unfold(x, (2, 3), padding=1, stride=2)
    w = tensor(RNG.normal(size=(4, 3, 2, 3)))
    by_columns = (w.reshape(4, -1) @ columns).reshape(2, 4, 3, 3)
    np.testing.assert_allclose(by_columns.numpy(), F.conv2d(x, w, stride=2, padding=1).numpy(), rtol=1e-12, atol=1e-12)
    counts = F.fold(F.unfold(autograd.ones(1, 1, 4, 4), 3), 4, 3)
    assert counts[0, 0].tolist() == [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]
    with pytest.raises(RuntimeError, match="expected size of input's dimension 2 to match"):
        F.fold(autograd.ones(1, 4, 5), (3, 3), 2)


def test_channels_go_to_space_and_back():
    x = tensor(RNG.normal(size=(2, 12, 3, 4)))
    y = F.pixel_shuffle(x, 2)
    assert y.shape == (2, 3, 6, 8)
    np.testing.assert_array_equal(F.pixel_unshuffle(y, 2).numpy(), x.numpy())
    np.testing.assert_array_equal(y.numpy()[:, 1, 1::2, 0::2], x.numpy()[:, 1 * 4 + 1 * 2 + 0])
    np.testing.assert_array_equal(F.channel_shuffle(F.channel_shuffle(x, 3), 4).numpy(), x.numpy())


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (0, 4), (2, 0, 4)])
def test_linear_over_any_leading_dimensions(shape):
    x, w, b = RNG.normal(size=shape), RNG.normal(size=(5, 4)), RNG.normal(size=5)
    np.testing.assert_allclose(F.linear(tensor(x), tensor(w), tensor(b)).numpy(), x @ w.T + b, rtol=1e-12)
    np.testing.assert_allclose(F.linear(tensor(x), tensor(w[0])).numpy(), x @ w[0], rtol=1e-12)


def test_linear_is_one_node():
    out = F.linear(autograd.ones(2, 3, requires_grad=True), autograd.ones(4, 3), autograd.ones(4))
    assert out.grad_fn.name() == "AddmmBackward0"
    assert all(edge[0] is None or edge[0].name() == "AccumulateGrad" for edge in out.grad_fn.next_functions)


@pytest.mark.parametrize(("shapes", "words"), [
    (((2, 3), (4, 5)), r"cannot be multiplied \(2x3 and 5x4\)"), (((2, 3), (4, 3), (5,)), "5")])
def test_linear_errors(shapes, words):
    with pytest.raises(RuntimeError, match=words):
        F.linear(*[autograd.ones(*s) for s in shapes])


def test_bilinear_is_its_definition():
    x, y, w, b = (RNG.normal(size=s) for s in ((2, 3, 4), (2, 3, 5), (6, 4, 5), (6,)))
    expected = np.einsum("...i,oij,...j->...o", x, w, y) + b
    np.testing.assert_allclose(F.bilinear(*map(tensor, (x, y, w, b))).numpy(), expected, rtol=1e-12)
