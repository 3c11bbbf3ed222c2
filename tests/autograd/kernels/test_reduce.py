"""Long sums keep their digits, whatever the axes and the layout."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd.kernels import reduce

CASES = [((300_000, 2), (0,)), ((100_003, 3), (0,)), ((1025, 4), (0,)), ((700, 700, 2), (0, 1)), ((3, 50_001, 4), (1,)),
         ((100_000, 2, 1), (0, 2)), ((40_000, 2, 3), (0, 2)), ((2, 3, 70_000), (0, 2)), ((5, 300_000), (1,))]


@pytest.mark.parametrize("layout", ["C", "F", "gaps", "backwards"])
@pytest.mark.parametrize(("shape", "axes"), CASES)
def test_errors_do_not_grow_with_length(shape, axes, layout):
    x = np.random.default_rng(0).uniform(0, 2, shape).astype("f4")
    x = {"C": x, "F": np.asfortranarray(x), "gaps": np.repeat(x, 2, 0)[::2], "backwards": x[::-1]}[layout]
    exact = x.sum(axes, dtype="f8")
    for keepdims in (False, True):
        found = reduce.add_up(x, axes, keepdims)
        assert found.dtype == "f4" and found.shape == x.sum(axes, keepdims=keepdims).shape
        assert np.abs(found - exact.reshape(found.shape)).max() <= 16 * np.finfo("f4").eps * exact.max()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "c16"])
def test_types_and_missing_numbers(dtype):
    x = np.ones((5000, 3), dtype)
    x[4000, 1] = np.nan
    found = reduce.sum(x, 0, False)
    assert found.dtype == dtype and np.isnan(found[1]) and found[0] == found[2] == 5000


@pytest.mark.parametrize("shape", [(0, 3), (3000, 0), (2000, 1), (1, 5000)])
def test_no_elements_and_single_ones(shape):
    x = np.ones(shape, "f4")
    for axes in ((0,), (1,), (0, 1)):
        np.testing.assert_array_equal(reduce.add_up(x, axes, False), x.sum(axes))


def test_what_is_made_of_sums():
    rng = np.random.default_rng(0)
    x = rng.normal(1, 1, (1_000_000, 2)).astype("f4")
    t, wide = autograd.from_numpy(x), x.astype("f8")
    near = 16 * np.finfo("f4").eps
    np.testing.assert_allclose(t.sum(0).numpy(), wide.sum(0), rtol=near)
    np.testing.assert_allclose(t.mean(0).numpy(), wide.mean(0), rtol=near)
    np.testing.assert_allclose(t.var(0).numpy(), wide.var(0, ddof=1), rtol=near)
    np.testing.assert_allclose(t.norm(dim=0).numpy(), np.sqrt((wide * wide).sum(0)), rtol=near)
    layer, shift = nn.Linear(1, 2), autograd.zeros(2, requires_grad=True)
    (layer(autograd.ones(1_000_000, 1)) + shift).backward(t)
    for g in (layer.bias.grad, shift.grad, t.sum_to_size(1, 2)[0]):
        np.testing.assert_allclose(g.numpy(), wide.sum(0), rtol=near)
