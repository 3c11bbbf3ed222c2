"""Rounding to bfloat16 in NumPy."""

import math

import numpy as np
import pytest

from autograd.kernels.bfloat16 import combination, round_to_bfloat16
from autograd.kernels.compiled.late import choose

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("value", "rounded"), [
    (1.0, 1.0), (1 + 2 ** -8, 1.0), (1 + 3 * 2 ** -8, 1 + 2 ** -6), (1 + 2 ** -8 + 2 ** -20, 1 + 2 ** -7),
    (-1 - 2 ** -7, -1 - 2 ** -7), (0.0, 0.0), (math.inf, math.inf), (3.4e38, math.inf), (1e-40, 9.1835496e-41),
])
def test_rounding_to_bfloat16(value, rounded):
    found = round_to_bfloat16(np.array([value, -value]))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array([rounded, -rounded], np.float32))


def test_rounding_keeps_nan_and_is_a_projection():
    assert np.isnan(round_to_bfloat16(np.array([0x7FC00000, 0xFFC00000, 0x7F800001], np.uint32).view(np.float32))).all()
    x = round_to_bfloat16(RNG.standard_normal(1000) * 10.0 ** RNG.uniform(-30, 30, 1000))
    np.testing.assert_array_equal(round_to_bfloat16(x), x)
    assert not (x.view(np.uint32) & 0xFFFF).any()


def test_compiled_and_in_numpy_the_same_bits():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=5000), [np.nan, np.inf, -np.inf, 0, -0.0, 1e-45, 3.4e38]]).astype("float32")
    y = rng.normal(size=x.size).astype("float32")
    for compute in (lambda: round_to_bfloat16(x), lambda: round_to_bfloat16(x[::2]),
                    lambda: combination(3.5, x, -4.75, y), lambda: combination(0.1, x[::2], 1.0, y[::2])):
        found = []
        for choice in ("now", "0"):
            with choose(choice), np.errstate(over="ignore"):
                found.append(compute())
        np.testing.assert_array_equal(found[0].view(np.uint32), found[1].view(np.uint32))
