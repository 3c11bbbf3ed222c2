"""Convolution, pooling, resizing and normalization beside PyTorch's, on random sizes, strides, paddings, dilations,
groups.

Values, gradients, and gradients of gradients, in float64.
"""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from nn import functional as F

torch = pytest.importorskip("torch")
TF = torch.nn.functional

# PyTorch says that it copies the input; nothing is wrong.
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")

ROUNDS = 12
rounds = pytest.mark.parametrize("seed", range(ROUNDS))
dimensions = pytest.mark.parametrize("n", [1, 2, 3])


def both(name, arrays, *args, order=2, tolerance=1e-9, **options):
    """Compare ``name(*arrays, *args, **options)`` and its derivatives; None stands for an argument left out."""
    ours = [None if a is None else autograd.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    theirs = [None if a is None else torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    mine, other = getattr(F, name)(*ours, *args, **options), getattr(TF, name)(*theirs, *args, **options)
    mine, other = (list(x) if isinstance(x, tuple) else [x] for x in (mine, other))
    leaves, others = ([x for x in xs if x is not None and x.requires_grad] for xs in (ours, theirs))
    rng = np.random.default_rng(0)
    for _ in range(order + 1):
        for x, y in zip(mine, other, strict=True):
            np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), rtol=tolerance, atol=tolerance)
        pairs = [(x, y) for x, y in zip(mine, other, strict=True) if x.requires_grad and y.requires_grad]
        if not pairs:
            return
        g = [rng.normal(size=tuple(x.shape)) for x, _ in pairs]
        mine = autograd.grad([x for x, _ in pairs], leaves, [autograd.tensor(v, requires_grad=True) for v in g],
                             create_graph=True, materialize_grads=True)
        other = torch.autograd.grad([y for _, y in pairs], others, [torch.tensor(v, requires_grad=True) for v in g],
                                    create_graph=True, materialize_grads=True)


class Draw:
    """Random numbers by name of what they are."""

    def __init__(self, seed, n):
        self.rng, self.n = np.random.default_rng([seed, n]), n

    def sizes(self, low, high):
        return tuple(int(v) for v in self.rng.integers(low, high, self.n))

    def array(self, *shape):
        return self.rng.normal(size=shape)

    def size_for(self, window, padding, dilation):
        """A spatial size that the window fits, often by means of the padding alone."""
        return tuple(int(self.rng.integers(max(1, d * (k - 1) + 1 - 2 * p), d * (k - 1) + 6))
                     for k, p, d in zip(window, padding, dilation))

    def maybe(self, value):
        return value if self.rng.random() < 0.6 else None


@dimensions
@rounds
def test_convolution(n, seed):
    d = Draw(seed, n)
    groups = int(d.rng.integers(1, 4))
    c, o = groups * int(d.rng.integers(1, 3)), groups * int(d.rng.integers(1, 3))
    window, stride, padding, dilation = d.sizes(1, 4), d.sizes(1, 4), d.sizes(0, 4), d.sizes(1, 3)
    size = d.size_for(window, padding, dilation)
    lead = (int(d.rng.integers(1, 4)),) if d.rng.random() < 0.8 else ()
    options = {"stride": stride, "dilation": dilation, "groups": groups}
    w = d.array(o, c // groups, *window)
    both(f"conv{n}d", [d.array(*lead, c, *size), w, d.maybe(d.array(o))], padding=padding, **options)
    extra = tuple(int(d.rng.integers(0, max(s, k))) for s, k in zip(stride, dilation))
    both(f"conv_transpose{n}d", [d.array(*lead, o, *d.sizes(3, 6)), w, d.maybe(d.array(c))], padding=(0,) * n,
         output_padding=extra, **options)
    options["stride"] = 1
    both(f"conv{n}d", [d.array(*lead, c, *d.sizes(4, 7)), w], padding="same", **options)


@dimensions
@rounds
def test_pooling(n, seed):
    d = Draw(seed, n)
    window, stride, ceil = d.sizes(1, 5), d.sizes(1, 4), bool(d.rng.integers(2))
    padding = tuple(int(d.rng.integers(0, k // 2 + 1)) for k in window)
    size = tuple(max(m, k) for m, k in zip(d.size_for(window, padding, (1,) * n), window))
    x = d.rng.permutation(int(2 * np.prod(size))).reshape(1, 2, *size) / 7.0
    both(f"max_pool{n}d", [x], window, stride, padding, ceil_mode=ceil, return_indices=True)
    include = bool(d.rng.integers(2))
    both(f"avg_pool{n}d", [x], window, d.maybe(stride), padding, ceil_mode=ceil, count_include_pad=include)
    out = d.sizes(1, 6)
    both(f"adaptive_avg_pool{n}d", [x], out)
    both(f"adaptive_max_pool{n}d", [x], out, return_indices=True)
    values, indices = getattr(TF, f"max_pool{n}d")(torch.tensor(x), window, window, return_indices=True)
    both(f"max_unpool{n}d", [values.numpy(), indices.numpy()], window, output_size=size)


@rounds
def test_unfold_and_fold(seed):
    d = Draw(seed, 2)
    window, stride, padding, dilation = d.sizes(1, 4), d.sizes(1, 4), d.sizes(0, 3), d.sizes(1, 3)
    size = d.size_for(window, padding, dilation)
    x = d.array(2, 3, *size)
    both("unfold", [x], window, dilation, padding, stride)
    columns = TF.unfold(torch.tensor(x), window, dilation, padding, stride).numpy()
    both("fold", [d.array(*columns.shape)], size, window, dilation, padding, stride)


MODES = {1: ["nearest-exact", "area", "linear"], 2: ["nearest-exact", "area", "bilinear", "bicubic"],
         3: ["nearest-exact", "area", "trilinear"]}


@dimensions
@rounds
def test_interpolation(n, seed):
    d = Draw(seed, n)
    x = d.array(1, 2, *d.sizes(2, 8))
    for mode in MODES[n]:
        options = {} if mode in ("nearest-exact", "area") else {"align_corners": bool(d.rng.integers(2))}
        both("interpolate", [x], d.sizes(1, 10), mode=mode, **options)
        factor = float(d.rng.choice([0.5, 0.7, 1.5, 2, 2.3]))
        both("interpolate", [x], scale_factor=factor, mode=mode, recompute_scale_factor=bool(d.rng.integers(2)),
             **options)
    both("interpolate", [x], d.sizes(1, 10))  # with a factor PyTorch's gradient of "nearest" is not that of its forward
    if n == 2:
        for mode in ("bilinear", "bicubic", "lanczos"):  # with a size of 1 PyTorch repeats one row
            both("interpolate", [x], d.sizes(2, 10), mode=mode, antialias=True)


@pytest.mark.parametrize("n", [2, 3])
@rounds
def test_sampling_on_grids(n, seed):
    d = Draw(seed, n)
    for mode in ("bilinear", "nearest", "bicubic")[:5 - n]:
        for padding in ("zeros", "border", "reflection"):
            grid = d.rng.uniform(-1.6, 1.6, (1, *d.sizes(1, 4), n))
            both("grid_sample", [d.array(1, 2, *d.sizes(2, 6)), grid], mode, padding, bool(d.rng.integers(2)), order=1)
    both("affine_grid", [d.array(2, n, n + 1)], (2, 1, *d.sizes(2, 5)), align_corners=bool(d.rng.integers(2)))


@rounds
def test_normalization(seed):
    d = Draw(seed, int(seed % 3))
    c = 2 * int(d.rng.integers(1, 4))
    x = d.array(3, c, *d.sizes(2, 5)) * 2 + 1
    w, b = d.array(c), d.array(c)
    both("batch_norm", [x, None, None, w, b], True)
    for training in (True, False):
        stats = [d.array(c), np.abs(d.array(c))]
        mine, other = [autograd.tensor(v) for v in stats], [torch.tensor(v) for v in stats]
        found = F.batch_norm(autograd.tensor(x), *mine, autograd.tensor(w), None, training, 0.3)
        expected = TF.batch_norm(torch.tensor(x), *other, torch.tensor(w), None, training, 0.3)
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-10, atol=1e-12)
        for a, e in zip(mine, other):
            np.testing.assert_allclose(a.numpy(), e.numpy(), rtol=1e-12)
    last = x.shape[int(d.rng.integers(1, x.ndim)):]
    both("layer_norm", [x], last, eps=0.01)
    both("rms_norm", [x], last)
    if x[0].size > 2:
        both("group_norm", [x], 2, eps=0.01)
    if x.ndim > 2:
        both("instance_norm", [x], eps=0.01)
        both("local_response_norm", [x], int(d.rng.integers(1, 6)), 0.3, 0.6, 1.2)


def test_draws_of_dropout():
    for name, shape in (("dropout", (5, 7)), ("dropout1d", (3, 4, 5)), ("dropout2d", (3, 4, 5, 2)),
                        ("dropout3d", (3, 2, 2, 2)),
                        ("alpha_dropout", (5, 7)), ("feature_alpha_dropout", (3, 4, 2))):
        x = np.random.default_rng(0).normal(size=shape).astype("f")
        torch.manual_seed(3)
        autograd.manual_seed(3)
        mine = getattr(F, name)(autograd.tensor(x), 0.3, True)
        np.testing.assert_allclose(mine.numpy(), getattr(TF, name)(torch.tensor(x), 0.3, True).numpy(), rtol=1e-5,
                                   atol=1e-6)


def test_draws_of_fractional_pooling_and_gumbel_softmax():
    x = np.random.default_rng(0).normal(size=(2, 3, 9, 9)).astype("f")
    for name, options in (("fractional_max_pool2d", {"kernel_size": 2, "output_size": (4, 5)}),
                          ("gumbel_softmax", {"tau": 0.7})):
        torch.manual_seed(3)
        autograd.manual_seed(3)
        mine = getattr(F, name)(autograd.tensor(x), **options)
        np.testing.assert_allclose(mine.numpy(), getattr(TF, name)(torch.tensor(x), **options).numpy(), rtol=1e-4,
                                   atol=1e-6)
