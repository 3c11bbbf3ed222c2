"""Methods about the memory of a tensor, and those that go through it element by element."""

from __future__ import annotations

import os

import numpy as np
import pytest

import autograd


def test_views_share_a_storage() -> None:
    x = autograd.arange(6.0).reshape(2, 3)
    assert x[1].storage_offset() == 3
    assert x[1].untyped_storage().data_ptr() == x.untyped_storage().data_ptr() == x.data_ptr()
    assert len(x[1].storage()) == 6 and x[1].storage().tolist() == [0, 1, 2, 3, 4, 5]
    assert x.untyped_storage().nbytes() == 24 == x.untyped_storage().size()
    assert x.clone().untyped_storage().data_ptr() != x.data_ptr()
    assert autograd.is_storage(x.storage()) and not autograd.is_storage(x)


def test_set() -> None:
    x, y = autograd.arange(6.0), autograd.zeros(2)
    assert y.set_(x) is y and y.is_set_to(x)
    y.set_(x, 1, (2, 2), (1, 2))
    assert y.tolist() == [[1, 3], [2, 4]]
    y[0, 0] = 9
    assert x[1].item() == 9
    assert y.set_().shape == (0,)
    with pytest.raises(RuntimeError, match="types must be equal"):
        y.set_(autograd.zeros(2, dtype=autograd.int64))
    with pytest.raises(RuntimeError, match="requires grad"):
        autograd.ones(2, requires_grad=True).set_(x)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_forked_processes_share_memory() -> None:
    x = autograd.zeros(2)
    assert not x.is_shared()
    assert x.share_memory_() is x and x.is_shared() and x[1:].is_shared()
    child = os.fork()
    if not child:
        x._a[1] = 5
        os._exit(0)
    os.waitpid(child, 0)
    assert x.tolist() == [0, 5]


def test_dim_order() -> None:
    x = autograd.zeros(2, 3, 4)
    assert x.dim_order() == (0, 1, 2) and x.permute(2, 0, 1).dim_order() == (1, 2, 0)
    with pytest.raises(RuntimeError, match="unique dim order"):
        autograd.zeros(6).as_strided((2, 3), (1, 1)).dim_order(ambiguity_check=True)


def test_element_by_element() -> None:
    x = autograd.tensor([1, 2, 3])
    assert x.apply_(lambda v: v * v) is x and x.tolist() == [1, 4, 9]
    assert x.map_(autograd.tensor([1, 1, 1]), lambda a, b: a - b).tolist() == [0, 3, 8]
    assert x.map2_(x.clone(), x.clone(), lambda a, b, c: a + b + c).tolist() == [0, 9, 24]
    with pytest.raises(RuntimeError, match="requires grad"):
        autograd.ones(2, requires_grad=True).detach().requires_grad_().apply_(abs)
    with pytest.raises(TypeError, match="expected a tensor of type"):
        x.map_(autograd.ones(3), max)


def test_fill_diagonal() -> None:
    x = autograd.zeros(3, 3, requires_grad=True)
    y = (x * 1).fill_diagonal_(2.0)
    assert np.array_equal(y.detach().numpy(), 2 * np.eye(3))
    y.sum().backward()
    assert np.array_equal(x.grad.numpy(), 1 - np.eye(3))
    assert autograd.zeros(5, 2).fill_diagonal_(1, wrap=True)[:, 0].tolist() == [1, 0, 0, 1, 0]
    with pytest.raises(RuntimeError, match="dimensions must larger than 1"):
        autograd.zeros(3).fill_diagonal_(1)
    with pytest.raises(RuntimeError, match="equal length"):
        autograd.zeros(2, 2, 3).fill_diagonal_(1)


def test_small_ones() -> None:
    x = autograd.arange(3.0)
    assert [t.item() for t in reversed(x)] == [2, 1, 0]
    assert x.new([1, 2]).dtype is autograd.float32 and x.new(2, 3).shape == (2, 3) and x.new().shape == (0,)
    assert x.to_dense() is x and x.to_dense(autograd.float64).dtype is autograd.float64
    assert x.nelement() == 3 and x.ndimension() == 1 and x.is_same_size(x) and x[1].is_nonzero()
    assert x.const_data_ptr() == x.data_ptr()
