"""Layers that learn the size of their input when they first see one."""

import copy
import pickle

import pytest

import autograd
import nn
import optim
from nn.lazy import LazyModuleMixin
from nn.parameter import UninitializedParameter


@pytest.mark.parametrize(("lazy", "shape", "eager"), [
    (lambda: nn.LazyLinear(4), (2, 3), lambda: nn.Linear(3, 4)),
    (lambda: nn.LazyLinear(4, bias=False), (2, 3), lambda: nn.Linear(3, 4, False)),
    (lambda: nn.LazyConv1d(4, 3, 2, 1, 1, 2), (2, 6, 9), lambda: nn.Conv1d(6, 4, 3, 2, 1, 1, 2)),
    (lambda: nn.LazyConv2d(4, 3), (6, 9, 9), lambda: nn.Conv2d(6, 4, 3)), (lambda: nn.LazyConv3d(2, 2),
    (1, 3, 4, 4, 4), lambda: nn.Conv3d(3, 2, 2)),
    (lambda: nn.LazyConvTranspose1d(4, 3), (2, 6, 9), lambda: nn.ConvTranspose1d(6, 4, 3)),
    (lambda: nn.LazyConvTranspose2d(4, 3, 2, 1, 1), (2, 6, 5, 5), lambda: nn.ConvTranspose2d(6, 4, 3, 2, 1, 1)),
    (lambda: nn.LazyConvTranspose3d(2, 2), (1, 3, 4, 4, 4), lambda: nn.ConvTranspose3d(3, 2, 2)),
    (lambda: nn.LazyBatchNorm1d(), (4, 3), lambda: nn.BatchNorm1d(3)), (lambda: nn.LazyBatchNorm2d(affine=False),
    (4, 3, 2, 2), lambda: nn.BatchNorm2d(3, affine=False)),
    (lambda: nn.LazyBatchNorm3d(), (4, 3, 2, 2, 2), lambda: nn.BatchNorm3d(3)),
    (lambda: nn.LazyInstanceNorm1d(affine=True),
    (2, 3, 5), lambda: nn.InstanceNorm1d(3, affine=True, track_running_stats=True)),
    (lambda: nn.LazyInstanceNorm2d(),
    (2, 3, 5, 5), lambda: nn.InstanceNorm2d(3, affine=True, track_running_stats=True)),
    (lambda: nn.LazyInstanceNorm3d(),
    (2, 3, 5, 5, 5), lambda: nn.InstanceNorm3d(3, affine=True, track_running_stats=True)),
])
def test_becomes_the_layer_it_stands_for(lazy, shape, eager):
    autograd.manual_seed(0)
    expected = eager()
    autograd.manual_seed(0)
    layer = lazy()
    assert layer.has_uninitialized_params()
    params = list(layer.parameters())
    x = autograd.arange(float(autograd.zeros(shape).numel())).reshape(shape)
    out = layer(x)
    assert type(layer) is type(expected) and repr(layer) == repr(expected) and autograd.equal(out, expected(x))
    assert list(layer.state_dict()) == list(expected.state_dict())
    assert all(a is b and type(a) is nn.Parameter and a.requires_grad for a,
               b in zip(params, layer.parameters(), strict=True))
    assert not layer._forward_pre_hooks and not hasattr(layer, "_load_hook")


def test_optimizer_and_conversion_before_the_first_call():
    m = nn.LazyLinear(2).double()
    optimizer = optim.SGD(m.parameters(), lr=1.0)
    m(autograd.ones(1, 3, dtype=autograd.float64)).sum().backward()
    before = m.weight.detach().clone()
    optimizer.step()
    assert m.weight.dtype == autograd.float64 and autograd.equal(m.weight, before - 1)


def test_use_before_the_first_call_is_refused():
    m = nn.LazyLinear(2)
    assert repr(m.weight) == "<UninitializedParameter>" and m.weight.requires_grad and m.weight.dtype == autograd.float32
    with pytest.raises(ValueError, match="uninitialized parameter"):
        m.weight + 1
    with pytest.raises(RuntimeError, match="Can't access the shape"):
        m.weight.shape  # noqa: B018
    m.requires_grad_(False)
    m(autograd.ones(1, 3))
    assert not m.weight.requires_grad


def test_state_goes_both_ways():
    ready = nn.Linear(3, 2)
    lazy = nn.LazyLinear(2)
    lazy.load_state_dict(ready.state_dict())
    assert autograd.equal(lazy.weight, ready.weight) and lazy(autograd.ones(1, 3)).shape == (1, 2)
    assert lazy.in_features == 3 and type(lazy) is nn.Linear
    waiting, other = nn.LazyLinear(2), nn.LazyLinear(2)
    other.load_state_dict(waiting.state_dict())
    assert other.has_uninitialized_params()
    with pytest.raises(RuntimeError, match="without a shape"):
        ready.load_state_dict(waiting.state_dict())


def test_a_failed_load_leaves_it_waiting():
    m = nn.Sequential(nn.LazyLinear(2), nn.LazyBatchNorm1d())
    state = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).state_dict()
    tensors = [*m.parameters(), *m.buffers()]
    del state["1.running_var"]
    with pytest.raises(RuntimeError, match="running_var"):
        m.load_state_dict(state)
    assert m[0].has_uninitialized_params() and m[1].has_uninitialized_params()
    assert all(a is b for a, b in zip(tensors, [*m.parameters(), *m.buffers()], strict=True))
    assert m(autograd.ones(4, 5)).shape == (4, 2) and m[0].weight.shape == (2, 5)


def test_copies():
    m = nn.Sequential(nn.LazyLinear(2, dtype=autograd.float64), nn.LazyBatchNorm1d())
    for other in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        assert isinstance(other[0].weight, UninitializedParameter)
        assert other[0](autograd.ones(4, 3, dtype=autograd.float64)).shape == (4, 2)
    assert isinstance(m[0].weight, UninitializedParameter)


def test_errors():
    with pytest.raises(RuntimeError, match=r"Expected 3D \(unbatched\) or 4D \(batched\) input to LazyConv2d"):
        nn.LazyConv2d(2, 3)(autograd.ones(2, 3))
    with pytest.raises(ValueError, match="divisible by groups"):
        nn.LazyConv1d(2, 3, groups=2)(autograd.ones(1, 3, 5))

    class Unfinished(LazyModuleMixin, nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = UninitializedParameter()

    with pytest.raises(NotImplementedError, match="initialize_parameters is not implemented"):
        Unfinished()(1)
    Unfinished.initialize_parameters = lambda self, x: None
    with pytest.raises(RuntimeError, match="has not been fully initialized"):
        Unfinished()(1)
