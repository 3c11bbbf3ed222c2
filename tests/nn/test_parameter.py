"""Parameters and buffers."""

import copy
import pickle

import pytest

import autograd
import nn


def test_parameter_shares_memory_and_requires_grad():
    t = autograd.ones(2)
    p = nn.Parameter(t)
    assert p.requires_grad and p.is_leaf and isinstance(p, autograd.Tensor)
    t.zero_()
    assert p.tolist() == [0, 0] and p._version == t._version
    assert not nn.Parameter(t, requires_grad=False).requires_grad
    assert nn.Parameter().shape == (0,)
    assert nn.Parameter(autograd.tensor([1]), requires_grad=False).dtype == autograd.int64
    with autograd.no_grad():
        assert nn.Parameter(autograd.ones(1)).requires_grad


def test_results_are_plain_tensors():
    p = nn.Parameter(autograd.ones(2))
    assert type(p * 2) is autograd.Tensor and type(p.detach()) is autograd.Tensor


def test_parameter_of_a_computed_tensor_is_a_leaf():
    x = autograd.ones(2, requires_grad=True)
    p = nn.Parameter(x * 2)
    p.sum().backward()
    assert p.grad.tolist() == [1, 1] and x.grad is None


def test_repr():
    assert repr(nn.Parameter(autograd.ones(1))) == "Parameter containing:\ntensor([1.], requires_grad=True)"
    assert repr(nn.Parameter(autograd.ones(1), False)) == "Parameter containing:\ntensor([1.])"


def test_errors():
    with pytest.raises(RuntimeError, match="floating point and complex"):
        nn.Parameter(autograd.tensor([1]))
    with pytest.raises(TypeError, match="takes a Tensor, not list"):
        nn.Parameter([1.0])


def test_copies():
    p = nn.Parameter(autograd.ones(2))
    p.sum().backward()
    q = copy.deepcopy(p)
    assert type(q) is nn.Parameter and q.grad is None and q.data_ptr() != p.data_ptr()
    a, b = copy.deepcopy([p, p])
    assert a is b
    r = pickle.loads(pickle.dumps(p))
    assert type(r) is nn.Parameter and r.requires_grad and r.tolist() == [1, 1]


def test_buffers():
    b = nn.Buffer(autograd.ones(2), persistent=False)
    assert not b.persistent and not b.requires_grad
    for other in (copy.deepcopy(b), pickle.loads(pickle.dumps(b))):
        assert type(other) is nn.Buffer and not other.persistent
