"""Hooks on tensors and nodes, and gradients that are retained."""

from __future__ import annotations

import numpy as np
import pytest

import autograd


def leaf(*values: float) -> autograd.Tensor:
    return autograd.tensor(list(values), requires_grad=True)


def test_hooks_replace_gradients_and_can_be_removed():
    x = leaf(1.0, 2.0)
    y = x * 2.0
    handle = y.register_hook(lambda g: g * 10.0)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [20, 20])
    handle.remove()
    x.grad = None
    (x * 2.0).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 2])


def test_leaf_hook_sees_the_total_once():
    x = leaf(1.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 2.0 + x * 3.0).backward()
    assert seen == [5]


def test_post_accumulate_hook_runs_after_grad_is_set():
    x = leaf(1.0)
    seen = []
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.item()))
    (x * 2.0).backward()
    assert seen == [2]


def test_node_hooks():
    x = leaf(1.0)
    y = x * 3.0
    seen = []
    y.grad_fn.register_prehook(lambda grads: (grads[0] * 2.0,))
    y.grad_fn.register_hook(lambda inputs, outputs: seen.append((inputs[0].item(), outputs[0].item())))
    y.backward()
    assert x.grad.item() == 6
    assert seen == [(6.0, 2.0)]


def test_hook_of_the_wrong_shape_is_refused():
    x = leaf(1.0, 2.0)
    y = x * 2.0
    y.register_hook(lambda g: g[:1])
    with pytest.raises(RuntimeError, match="changed the size"):
        y.sum().backward()


def test_retain_grad():
    x = leaf(1.0, 2.0)
    y = x * 2.0
    assert y.grad is None
    y.retain_grad()
    (y * y).sum().backward()
    np.testing.assert_array_equal(y.grad.numpy(), [4, 8])
    assert y.retains_grad
    with pytest.raises(RuntimeError, match="requires_grad=False"):
        autograd.tensor([1.0]).retain_grad()


def test_retained_gradient_is_that_of_the_last_value():
    x = leaf(1.0)
    y = x * 2.0
    y.retain_grad()
    y.mul_(3.0)
    (y * 5.0).backward()
    assert y.grad.item() == 5
    assert x.grad.item() == 30
