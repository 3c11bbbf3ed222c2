"""Rules of operations with several outputs keep the outputs they name, and no others."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd.primitive import REGISTRY, primitive
from autograd.testing import gradcheck, gradgradcheck


@pytest.fixture
def parts():
    """``x**2`` and ``exp(x)``; the rule names the second only."""
    def rule(g, x, out_1):
        total = 0
        if g[0] is not None:
            total = total + g[0] * 2 * x
        if g[1] is not None:
            total = total + g[1] * out_1
        return total

    @primitive(vjp={"x": rule}, outputs=2, method=False, name="square_and_exponential")
    def forward(x):
        return [x * x, np.exp(x)]

    yield forward
    del REGISTRY["square_and_exponential"]


def test_derivatives(parts):
    x = autograd.tensor([0.5, -1.0], dtype="float64", requires_grad=True)
    assert gradcheck(parts, x)
    assert gradgradcheck(parts, x)


def test_an_output_that_no_rule_names_may_be_written_to(parts):
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    square, exponential = parts(x)
    square.add_(1.0)
    (square.sum() + exponential.sum()).backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * x.detach().numpy() + np.exp(x.detach().numpy()), rtol=1e-6)


def test_one_that_is_named_may_not(parts):
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    square, exponential = parts(x)
    exponential.add_(1.0)
    with pytest.raises(RuntimeError, match=r"the output \[1\] of square_and_exponential"):
        (square.sum() + exponential.sum()).backward()


def test_what_is_not_named_is_not_kept_alive(parts):
    x = autograd.ones(1000, requires_grad=True)
    square, exponential = parts(x)
    gone = weakref.ref(square._a)
    del square
    gc.collect()
    assert gone() is None
    assert exponential.requires_grad


def test_unknown_output():
    with pytest.raises(TypeError, match="out_2"):
        primitive(vjp={"x": lambda g, out_2: out_2}, outputs=2, method=False)(lambda x: [x, x])


def test_in_place_after_normalization():
    """The usual ``relu_(batch_norm(x))``: the gradient needs mean and variance, not the result."""
    x = autograd.tensor(np.random.default_rng(0).normal(size=(4, 3, 2)), requires_grad=True)
    for normalize in (lambda x: F.batch_norm(x, None, None, training=True), lambda x: F.layer_norm(x, (2,)),
                      lambda x: F.group_norm(x, 1), lambda x: F.max_pool1d(x, 2, return_indices=True)[0]):
        expected, = autograd.grad(F.relu(normalize(x)).sum(), x)
        found, = autograd.grad(F.relu(normalize(x), inplace=True).sum(), x)
        np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-12)
