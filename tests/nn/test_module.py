"""Module: registration, the tree, state, conversions, repr, copies."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import autograd
import nn
from nn.hooks import Hookable


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 2)])
        self.scale = nn.Parameter(autograd.ones(2))
        self.register_buffer("seen", autograd.zeros(2))
        self.register_buffer("scratch", autograd.zeros(1), persistent=False)

    def forward(self, x):
        x = self.first(x).tanh()
        for layer in self.layers:
            x = layer(x)
        return x * self.scale


def test_assignment_registers():
    net = Net()
    assert [n for n, _ in net.named_parameters()] == [
        "scale", "first.weight", "first.bias", "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    assert [n for n, _ in net.named_buffers()] == ["seen", "scratch"]
    assert [n for n, _ in net.named_children()] == ["first", "layers"]
    assert [n for n, _ in net.named_modules()] == ["", "first", "layers", "layers.0", "layers.1"]
    assert list(net.state_dict()) == ["scale", "seen", "first.weight", "first.bias", "layers.0.weight", "layers.0.bias",
                                      "layers.1.weight", "layers.1.bias"]
    assert {"first", "scale", "seen", "training", "forward"} <= set(dir(net))


def test_reassignment_changes_the_kind():
    m = nn.Module()
    m.x = 1
    m.x = nn.Parameter(autograd.ones(1))
    assert list(m._parameters) == ["x"]
    m.x = nn.Linear(1, 1)
    assert not m._parameters and list(m._modules) == ["x"]
    m.x = nn.Buffer(autograd.ones(1), persistent=False)
    assert not m._modules and list(m._buffers) == ["x"] and not m.state_dict()
    m.x = autograd.zeros(3)
    assert m._buffers["x"].shape == (3,) and not m.state_dict()
    m.x = None
    assert m._buffers == {"x": None} and m.x is None
    del m.x
    assert not m._buffers and not hasattr(m, "x")
    with pytest.raises(AttributeError):
        del m.x


def test_members_can_be_changed_through_their_dictionaries():
    m = nn.Linear(2, 2)
    new = nn.Parameter(autograd.ones(2, 2))
    m._parameters["weight"] = new
    assert m.weight is new
    del m._parameters["bias"]
    assert not hasattr(m, "bias")
    m._parameters.update(bias=None)
    assert m.bias is None
    assert m._parameters.pop("bias", 1) is None and m._parameters.pop("bias", 1) == 1
    m._parameters.clear()
    assert not hasattr(m, "weight")


@pytest.mark.parametrize(("do", "error", "words"), [
    (lambda m: setattr(m, "weight", 3), TypeError, "cannot assign 'int' as parameter 'weight'"),
    (lambda m: setattr(m, "weight", autograd.ones(2)), TypeError, "cannot assign 'Tensor' as parameter 'weight'"),
    (lambda m: setattr(m, "child", autograd.ones(2)), TypeError, "as child module 'child'"),
    (lambda m: setattr(m, "buffer", "text"), TypeError, "as buffer 'buffer'"),
    (lambda m: m.register_parameter("a.b", None), KeyError, 'parameter name can.*contain'),
    (lambda m: m.register_parameter("", None), KeyError, "empty string"),
    (lambda m: m.register_parameter("child", None), KeyError, "attribute 'child' already exists"),
    (lambda m: m.register_parameter(1, None), TypeError, "should be a string"),
    (lambda m: m.register_parameter("p", autograd.ones(1)), TypeError, "object to parameter 'p'"),
    (lambda m: m.register_buffer("forward", None), KeyError, "already exists"),
    (lambda m: m.register_buffer("b", 3), TypeError, "object to buffer 'b'"),
    (lambda m: m.add_module("x", 3), TypeError, "int is not a Module subclass"),
    (lambda m: m.nothing, AttributeError, "'Module' object has no attribute 'nothing'"),
    (lambda m: m(1), NotImplementedError, 'missing the required "forward" function'),
    (lambda m: m.train("yes"), ValueError, "training mode is expected to be boolean"),
    (lambda m: m.to(autograd.int64), TypeError, "only accepts floating point or complex"),
    (lambda m: m.to("cuda"), RuntimeError, "not available"), (lambda m: m.cuda(), RuntimeError, "not available"),
    (lambda m: m.get_submodule("child.x"), AttributeError, "ReLU has no attribute `x`"),
    (lambda m: m.get_submodule("weight"), AttributeError, "`weight` is not an nn.Module"),
    (lambda m: m.get_parameter("child"), AttributeError, "`child` is not an nn.Parameter"),
    (lambda m: m.get_buffer("weight"), AttributeError, "`weight` is not a buffer"),
    (lambda m: m.get_extra_state(), RuntimeError, "define get_extra_state"),
])
def test_errors_say_what_is_wrong(do, error, words):
    m = nn.Module()
    m.weight = nn.Parameter(autograd.ones(1))
    m.child = nn.ReLU()
    m.register_buffer("buffer", autograd.ones(1))
    with pytest.raises(error, match=words):
        do(m)


def test_forgotten_init_is_named():
    class Forgetful(nn.Module):
        def __init__(self, what):
            self.x = what

    for what, kind in ((nn.ReLU(), "module"), (nn.Parameter(autograd.ones(1)), "parameters"),
                       (nn.Buffer(autograd.ones(1)), "buffer")):
        with pytest.raises(AttributeError, match=rf"cannot assign {kind} before Module.__init__\(\) call: "
                                                 r"Forgetful.__init__ must call super\(\).__init__\(\)"):
            Forgetful(what)
    with pytest.raises(AttributeError, match="did not call super"):
        Forgetful(3).weight  # noqa: B018


def test_shared_modules_and_parameters_appear_once():
    one = nn.Linear(2, 2)
    net = nn.Sequential(one, one)
    assert len(list(net.parameters())) == 2
    assert len(list(net.named_parameters(remove_duplicate=False))) == 4
    assert [n for n, _ in net.named_modules()] == ["", "0"]
    assert [n for n, _ in net.named_children()] == ["0"]
    assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    other = nn.Linear(2, 2)
    other.weight = one.weight
    assert len(list(nn.ModuleList([one, other]).parameters())) == 3


def test_getting_and_setting_by_dotted_name():
    net = Net()
    assert net.get_submodule("layers.1") is net.layers[1] and net.get_submodule("") is net
    assert net.get_parameter("layers.1.bias") is net.layers[1].bias
    assert net.get_buffer("seen") is net.seen
    new = nn.Identity()
    net.set_submodule("layers.1", new)
    assert net.layers[1] is new
    with pytest.raises(AttributeError, match="has no attribute `9`"):
        net.set_submodule("layers.9", new, strict=True)
    with pytest.raises(ValueError):
        net.set_submodule("", new)


def test_apply_train_and_requires_grad():
    net, order = Net(), []
    assert net.apply(lambda m: order.append(type(m).__name__)) is net
    assert order == ["Linear", "Linear", "Linear", "ModuleList", "Net"]
    assert net.eval() is net and not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules())
    assert not any(p.requires_grad for p in net.requires_grad_(False).parameters())


def test_zero_grad():
    net = Net()
    net(autograd.ones(1, 3)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert all((p.grad == 0).all() for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.parametrize("convert", [lambda m: m.double(), lambda m: m.to(autograd.float64),
lambda m: m.to(dtype=autograd.float64),
                                     lambda m: m.to("cpu", autograd.float64),
                                     lambda m: m.to(autograd.zeros(1, dtype=autograd.float64))])
def test_conversion_keeps_parameters_and_converts_gradients(convert):
    net = Net()
    net.register_buffer("count", autograd.tensor(3))
    net(autograd.ones(1, 3)).sum().backward()
    before = list(net.parameters())
    assert convert(net) is net
    for p, q in zip(net.parameters(), before, strict=True):
        assert p is q and p.dtype == autograd.float64 and p.grad.dtype == autograd.float64 and p.requires_grad
    assert net.seen.dtype == autograd.float64 and net.count.dtype == autograd.int64
    net.zero_grad()
    net(autograd.ones(1, 3, dtype=autograd.float64)).sum().backward()
    assert net.scale.grad.dtype == autograd.float64
    assert net.half().scale.dtype == autograd.float16 and net.float().scale.dtype == autograd.float32


def test_repr():
    assert repr(Net()) == (
        "Net(\n  (first): Linear(in_features=3, out_features=4, bias=True)\n  (layers): ModuleList(\n"
        "    (0): Linear(in_features=4, out_features=4, bias=True)\n    (1): Linear(in_features=4, out_features=2, bias=True)\n"
        "  )\n)")


def test_copies_and_pickles_keep_types_sharing_and_names():
    net = Net()
    net.layers[1].weight.requires_grad_(False)
    net.first.bias.tag = "kept"
    net.tied = net.first
    net(autograd.ones(1, 3)).sum().backward()
    x = autograd.ones(2, 3)
    pickled = pickle.loads(pickle.dumps(net))
    copied = copy.deepcopy(net)
    for other in (pickled, copied):
        assert isinstance(other.scale, nn.Parameter) and other.tied is other.first
        assert [n for n, _ in other.named_parameters()] == [n for n, _ in net.named_parameters()]
        assert [p.requires_grad for p in other.parameters()] == [p.requires_grad for p in net.parameters()]
        assert all(p is not q for p, q in zip(other.parameters(), net.parameters(), strict=True))
        assert autograd.equal(other(x), net(x))
        assert other.first.weight is other.first._parameters["weight"]
        other.first.weight = nn.Parameter(autograd.zeros(4, 3))
        assert (other.state_dict()["first.weight"] == 0).all() and not (net.first.weight == 0).all()
        other.new = nn.Linear(1, 1)
        assert "new" in other._modules and "new" not in net._modules
    assert pickled.first.bias.tag == "kept"


def test_unpickled_parameters_take_the_fast_path():
    net = pickle.loads(pickle.dumps(nn.Linear(2, 2)))
    assert net.weight._a.dtype is np.dtype("float32")


def test_modules_are_freed_without_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        net = Net()
        net.register_forward_hook(lambda *a: None)
        net(autograd.ones(1, 3)).sum().backward()
        alive = [weakref.ref(net), weakref.ref(net.first.weight)]
        del net
        assert [r() for r in alive] == [None, None]
    finally:
        gc.enable()


def test_no_hooks_means_one_flag():
    assert not hasattr(Hookable, "_hooked") and nn.ReLU()._hooked is False
