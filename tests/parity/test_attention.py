"""Attention against PyTorch: values, gradients, fully masked rows, infinite scores."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd.kernels.compiled.late import choose
from nn import functional as F

torch = pytest.importorskip("torch")
torch_sdpa = torch.nn.functional.scaled_dot_product_attention

SHAPES = [((2, 4, 64, 16), (2, 4, 64, 16)), ((1, 2, 70, 32), (1, 2, 300, 32)), ((2, 6, 33, 8), (2, 2, 40, 8)),
          ((1, 1, 520, 64), (1, 1, 520, 64)), ((3, 50, 24), (3, 45, 24)), ((9, 5), (7, 5))]


def both(arrays, g, choice="now", **options):
    """(out, gradients) of each side; a mask is an array."""
    found = []
    for lib, sdpa in ((autograd, F.scaled_dot_product_attention), (torch, torch_sdpa)):
        given = {k: lib.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        tensors = [lib.tensor(a, requires_grad=True) for a in arrays]
        with choose(choice):
            out = sdpa(*tensors, **given)
            out.backward(lib.tensor(g))
        found.append([out.detach().numpy(), *(t.grad.numpy() for t in tensors)])
    return zip(*found, strict=True)


def masks(rng, queries, keys, dtype):
    full = (*queries[:-1], keys[-2])
    yield {}
    yield {"is_causal": True}
    yield {"scale": 0.1}
    allowed = rng.random(full[-2:]) < 0.6
    allowed[1] = False
    allowed[2, :-1] = False
    yield {"attn_mask": allowed}
    yield {"attn_mask": rng.normal(size=(1,) * (len(full) - 1) + full[-1:]).astype(dtype)}
    yield {"attn_mask": np.where(allowed, 0, -math.inf).astype(dtype)}
    if len(full) > 2:
        yield {"attn_mask": rng.random((full[0], *(1,) * (len(full) - 2), full[-1])) < 0.7}


@pytest.mark.parametrize("choice", ["now", "0"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("queries, keys", SHAPES, ids=str)
def test_values_and_gradients(queries, keys, dtype, choice):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s).astype(dtype) for s in (queries, keys, keys)]
    g = rng.normal(size=queries).astype(dtype)
    shared = {"enable_gqa": True} if queries[:-2] != keys[:-2] else {}
    for options in masks(rng, queries, keys, dtype):
        for ours, theirs in both(arrays, g, choice, **options, **shared):
            torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs), equal_nan=True)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_infinite_and_missing_numbers(value):
    rng = np.random.default_rng(1)
    q, k, v, g = rng.normal(size=(4, 1, 2, 64, 16)).astype("float32")
    for what in (q, k, v, g):
        arrays = [np.abs(q) if x is q else x.copy() for x in (q, k, v, g)]
        changed = arrays[[x is what for x in (q, k, v, g)].index(True)]
        changed[0, 0, 20, 3] = value
        for options in ({}, {"is_causal": True}):
            for ours, theirs in both(arrays[:3], arrays[3], **options):
                # With a block of another size PyTorch multiplies other zeros by what is not finite.
                rows = np.isfinite(ours).all(-1) & np.isfinite(theirs).all(-1)
                torch.testing.assert_close(torch.tensor(ours[rows]), torch.tensor(theirs[rows]))
                assert np.isnan(ours).any() == np.isnan(theirs).any()


def test_keys_of_minus_infinity():
    rng = np.random.default_rng(2)
    q, k, v, g = np.abs(rng.normal(size=(4, 1, 2, 64, 16))).astype("float32")
    k[0, 0, :, 0] = -math.inf
    for ours, theirs in both([q, k, v], g):
        torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs), equal_nan=True)


def test_the_weights_that_are_dropped_are_pytorchs():
    rng = np.random.default_rng(3)
    q, k, v, g = rng.normal(size=(4, 2, 3, 20, 8)).astype("float32")
    for options in ({}, {"is_causal": True}, {"attn_mask": rng.random((20, 20)) < 0.8}):
        autograd.manual_seed(5)
        torch.manual_seed(5)
        for ours, theirs in both([q, k, v], g, dropout_p=0.3, **options):
            torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs))


@pytest.mark.parametrize("shape, order, width", [
    ((2, 3, 5, 16), (0, 1, 2, 3), 16), ((2, 5, 3, 16), (0, 2, 1, 3), 16), ((5, 2, 3, 16), (1, 2, 0, 3), 16),
    ((2, 5, 3, 16), (0, 2, 1, 3), 32), ((2, 3, 16, 5), (0, 1, 3, 2), 16), ((5, 3, 16), (1, 0, 2), 16),
], ids=str)
@pytest.mark.parametrize("choice", ["now", "0"])
def test_layout_of_the_result(shape, order, width, choice):
    strides = []
    for lib, sdpa in ((autograd, F.scaled_dot_product_attention), (torch, torch_sdpa)):
        q = lib.ones(*shape).permute(*order)
        v = q if width == 16 else lib.ones(*q.shape[:-1], width)
        with choose(choice):
            strides.append(tuple(sdpa(q, q, v).stride()))
    assert strides[0] == strides[1]
