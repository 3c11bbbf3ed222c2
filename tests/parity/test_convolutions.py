"""Convolutions of tensors, compiled, beside PyTorch's in double precision: within the tolerance of its assert_close.

Random shapes, dtypes, and memory: one to three dimensions, transposed or not, tails, strides, dilations, groups, padding
beyond the window; operands that are contiguous, transposed, reversed, every other element, or read-only.
"""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.kernels.compiled.late import choose
from nn import functional as F
from tapegrad.bench.sections.convolutions import GROUPED, LINES, STRIDED, THREE, TRANSPOSED

torch = pytest.importorskip("torch")
pytest.importorskip("numba")
TF = torch.nn.functional

ROUNDS, EACH = 20, 25
#: Relative and absolute, as torch.testing.assert_close has them.
CLOSE = {"float64": (1e-7, 1e-7), "float32": (1.3e-6, 1e-5), "float16": (1e-3, 1e-5)}


def laid_out(rng, a):
    """An array of equal values whose memory lies in one of many ways."""
    way = rng.integers(6)
    if way == 1:
        a = np.asfortranarray(a)
    elif way == 2:
        axis = rng.integers(a.ndim)
        a = np.flip(np.flip(a, axis).copy(), axis)
    elif way == 3:
        a = np.repeat(a, 2, axis=-1)[..., ::2]
    elif way == 4:
        a = np.moveaxis(np.moveaxis(a, 0, -1).copy(), -1, 0)
    elif way == 5:
        a = a.copy()
        a.flags.writeable = False
    return a


def random_case(rng):
    """The function's name, the arrays of input, weight and bias, its options, and the dtype."""
    n = int(rng.choice([1, 2, 2, 3]))
    transposed = bool(rng.random() < 0.3)
    groups = int(rng.choice([1, 1, 1, 2, 3, 16]))
    c, o = (int(v) for v in rng.choice([1, 2, 3, 5, 8, 16, 17, 32], 2))
    if groups > 3:
        c, o = min(c, 2), min(o, 2)
    window = [int(v) for v in rng.integers(1, [8, 5, 4][n - 1], n)] if rng.random() < 0.7 else [3] * n
    plain = rng.random() < 0.4
    stride = [1 if plain else int(v) for v in rng.integers(1, 4, n)]
    dilation = [1 if plain else int(v) for v in rng.choice([1, 1, 2, 3], n)]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, window)]
    padding = [int(v) for v in rng.choice([0, 0, 1, 2, max(reach) + 1], n)]
    most = [40, 18, 7][n - 1]
    options = {"stride": tuple(stride), "padding": tuple(padding), "dilation": tuple(dilation), "groups": groups}
    if transposed:
        size = [int(rng.integers(max(1, -(-(2 * p - r) // s) + 2), most // 2 + 2 * p + 2)) for p, r, s in
                zip(padding, reach, stride)]
        options["output_padding"] = tuple(int(rng.integers(0, max(s, d))) for s, d in zip(stride, dilation))
        shapes = (c * groups, *size), (c * groups, o, *window), o * groups
    else:
        size = [int(rng.integers(max(1, r - 2 * p), max(1, r - 2 * p) + most)) for r, p in zip(reach, padding)]
        shapes = (c * groups, *size), (o * groups, c, *window), o * groups
    x, w, bias = shapes
    dtype = str(rng.choice(["float32", "float32", "float32", "float64", "float16"]))
    arrays = [rng.standard_normal((int(rng.choice([0, 1, 2, 3, 6], p=[0.04, 0.3, 0.3, 0.26, 0.1])), *x)),
              rng.standard_normal(w) / np.sqrt(c * np.prod(window)), rng.standard_normal(bias)]
    if rng.random() < 0.3:
        arrays[2] = None
    return f"conv{'_transpose' if transposed else ''}{n}d", arrays, options, dtype


def both(name, arrays, options, dtype, rng, arrange=laid_out):
    """Results and gradients of ours in a dtype, and PyTorch's in double precision from the same numbers."""
    arrays = [None if a is None else a.astype(dtype) for a in arrays]
    given = [None if a is None else arrange(rng, a) for a in arrays]
    # Where an array is read-only, so is what a tensor shares with it.
    ours = [None if a is None else autograd.asarray(a).requires_grad_() for a in given]
    theirs = [None if a is None else torch.tensor(a.astype(np.float64), requires_grad=True) for a in arrays]
    y, z = getattr(F, name)(*ours, **options), getattr(TF, name)(*theirs, **options)
    assert y.dtype is getattr(autograd, dtype) and tuple(y.shape) == tuple(z.shape)
    # So scaled that gradients of weights, sums over all positions, are about 1.
    positions = max(1, z.numel() // max(1, z.shape[1]))
    g = (rng.standard_normal(tuple(z.shape)) / np.sqrt(positions)).astype(dtype)
    y.backward(autograd.asarray(arrange(rng, g)))
    z.backward(torch.tensor(g.astype(np.float64)))
    yield "result", y.detach().numpy(), z.detach().numpy()
    for which, a, b in zip(("input", "weight", "bias"), ours, theirs):
        if a is not None:
            yield which, a.grad.numpy(), b.grad.numpy()


def check(name, arrays, options, dtype, rng, arrange=laid_out):
    relative, absolute = CLOSE[dtype]
    for which, found, expected in both(name, arrays, options, dtype, rng, arrange):
        shapes = [None if a is None else a.shape for a in arrays]
        np.testing.assert_allclose(found, expected, rtol=relative, atol=absolute,
                                   err_msg=f"{which} of {name} of {shapes}, {options}, {dtype}")


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_random_shapes(seed):
    rng = np.random.default_rng([seed, 13])
    with choose("now"):
        for _ in range(EACH):
            check(*random_case(rng), rng)


@pytest.mark.parametrize("shape", [*THREE, *STRIDED, *GROUPED, *LINES, *TRANSPOSED], ids=str)
def test_shapes_of_the_benchmarks(shape):
    """With two images, that all of them take little time."""
    rng = np.random.default_rng(3)
    x, w, bias = shape.arrays()
    fan = w[0].size * (1 if not shape.transposed else w.shape[0] / w.shape[1])
    name = f"conv{'_transpose' if shape.transposed else ''}{len(shape.size)}d"
    options = {"stride": shape.stride, "padding": shape.padding, "groups": shape.groups}
    with choose("now"):
        check(name, [x[:2], w / np.sqrt(fan), bias], options, "float32", rng, lambda rng, a: a)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("seed", range(8))
def test_what_is_not_finite_reaches_what_it_reaches_there(seed, bad):
    rng = np.random.default_rng([seed, 17])
    with choose("now"):
        for _ in range(8):
            name, arrays, options, dtype = random_case(rng)
            if arrays[0].size == 0:
                continue
            arrays[0].flat[rng.integers(arrays[0].size)] = bad
            for which, found, expected in both(name, arrays, options, dtype, rng):
                context = f"{which} of {name} of {[None if a is None else a.shape for a in arrays]}, {options}, {dtype}"
                np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), err_msg=context)
                np.testing.assert_array_equal(np.isposinf(found), np.isposinf(expected), err_msg=context)
                np.testing.assert_array_equal(np.isneginf(found), np.isneginf(expected), err_msg=context)
