"""Parametrized tensors: reading, assigning, adding, taking away, copying."""

import copy
import gc
import pickle
import weakref

import pytest

import autograd
import nn
import optim
from nn.utils import parametrizations, parametrize


class Double(nn.Module):
    """Twice its input; counts how often it runs."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return 2 * x

    def right_inverse(self, x):
        return x / 2


class Sum(nn.Module):
    def forward(self, x, y):
        return x + y

    def right_inverse(self, x):
        return x / 4, x * 3 / 4


def layer(*modules, name="weight", **options):
    m = nn.Linear(2, 3)
    for module in modules:
        parametrize.register_parametrization(m, name, module, **options)
    return m


def test_the_tensor_keeps_its_values_and_the_optimizer_its_parameter():
    m = nn.Linear(2, 3)
    before, values = m.weight, m.weight.detach().clone()
    optimizer = optim.SGD(m.parameters(), lr=0.5)
    parametrize.register_parametrization(m, "weight", Double())
    assert autograd.equal(m.weight, values) and m.parametrizations.weight.original is before
    m(autograd.ones(1, 2)).sum().backward()
    assert autograd.equal(before.grad, autograd.full((3, 2), 2.0))
    optimizer.step()
    assert autograd.allclose(m.weight, values - 2)


def test_one_after_the_other():
    m = layer(Double(), Double())
    assert len(m.parametrizations.weight) == 2
    m.weight = autograd.full((3, 2), 8.0)
    assert m.parametrizations.weight.original.tolist() == [[2.0] * 2] * 3 and m.weight[0, 0].item() == 8


def test_from_several_tensors():
    m = layer(Sum())
    assert [n for n, _ in m.named_parameters()] == ["bias", *(f"parametrizations.weight.original{i}" for i in (0, 1))]
    m.weight = autograd.ones(3, 2)
    m(autograd.ones(1, 2)).sum().backward()
    first, second = m.parametrizations.weight.originals()
    assert first.mean().item() == 0.25 and autograd.equal(first.grad, second.grad)
    parametrize.remove_parametrizations(m, "weight")
    assert isinstance(m.weight, nn.Parameter) and m.weight.is_leaf and m.weight.mean().item() == 1


def test_names_classes_and_repr():
    m = layer(Double())
    assert type(m).__name__ == "ParametrizedLinear" and isinstance(m, nn.Linear)
    assert repr(m) == ("ParametrizedLinear(\n  in_features=2, out_features=3, bias=True\n  (parametrizations): ModuleDict(\n"
                       "    (weight): ParametrizationList(\n      (0): Double()\n    )\n  )\n)")
    parametrize.register_parametrization(m, "bias", Double())
    parametrize.remove_parametrizations(m, "weight")
    assert type(m).__name__ == "ParametrizedLinear" and not parametrize.is_parametrized(m, "weight")
    parametrize.remove_parametrizations(m, "bias", leave_parametrized=False)
    assert type(m) is nn.Linear and not hasattr(m, "parametrizations") and list(m.state_dict()) == ["weight", "bias"]


def test_buffers():
    m = nn.BatchNorm1d(2)
    parametrize.register_parametrization(m, "running_var", Double())
    assert "parametrizations.running_var.original" in m.state_dict() and m.running_var.tolist() == [1, 1]
    parametrize.remove_parametrizations(m, "running_var")
    assert isinstance(m._buffers["running_var"], autograd.Tensor) and m.running_var.tolist() == [1, 1]


def test_cached_computes_once_and_sees_assignment():
    double = Double()
    m = layer(double)
    double.calls = 0
    with parametrize.cached():
        first = m.weight
        with parametrize.cached():
            assert m.weight is first
        assert m.weight is first and double.calls == 1
        m.weight = autograd.zeros(3, 2)
        assert m.weight.sum().item() == 0
    assert m.weight is not m.weight


def test_copies_are_independent():
    m = layer(Double())
    other = copy.deepcopy(m)
    parametrize.remove_parametrizations(other, "weight")
    assert type(other) is nn.Linear and parametrize.is_parametrized(m, "weight")
    with autograd.no_grad():
        other.weight.zero_()
    assert m.weight.abs().sum() > 0
    again = copy.deepcopy(m)
    assert repr(again) == repr(m) and autograd.equal(again.weight, m.weight) and again.parametrizations is not m.parametrizations
    with pytest.raises(RuntimeError, match="state_dict"):
        pickle.dumps(m)


def test_state_goes_from_one_to_the_other():
    a, b = layer(Double()), layer(Double())
    assert str(b.load_state_dict(a.state_dict())) == "<All keys matched successfully>"
    assert autograd.equal(a.weight, b.weight)


def test_memory_is_freed_without_the_collector():
    gc.disable()
    try:
        m = layer(Double())
        watched = weakref.ref(m.parametrizations.weight.original)
        del m
        assert watched() is None
    finally:
        gc.enable()


def test_apply_like_calls_reach_the_originals():
    m = layer(Double()).double()
    assert m.weight.dtype == autograd.float64
    m.requires_grad_(False)
    assert not m.weight.requires_grad
    m.eval()
    assert not m.parametrizations.weight[0].training


def test_transfer():
    a, b = layer(Sum()), nn.Linear(2, 3)
    assert parametrize.transfer_parametrizations_and_params(a, b) is b
    assert b.parametrizations.weight.original0 is a.parametrizations.weight.original0 and autograd.equal(a.weight, b.weight)
    c = nn.ReLU()
    parametrize.transfer_parametrizations_and_params(layer(Double()), c, "weight")
    assert parametrize.type_before_parametrizations(c) is nn.ReLU and c.weight.shape == (3, 2)


def flat(x):
    return x.flatten()


def function_module(forward, right_inverse=None):
    m = type("Given", (nn.Module,), {"forward": lambda self, *x: forward(*x)})()
    if right_inverse is not None:
        object.__setattr__(m, "right_inverse", right_inverse)
    return m


@pytest.mark.parametrize(("do", "error", "words"), [
    (lambda: layer(Double(), name="w"), ValueError, "does not have a parameter"),
    (lambda: layer(function_module(flat)), ValueError, "may not change the shape"),
    (lambda: layer(function_module(lambda x: x.double())), ValueError, "may not change the dtype"),
    (lambda: layer(function_module(lambda x: 3)), ValueError, "must return a tensor. Got int"),
    (lambda: layer(function_module(flat, lambda x: 3)), ValueError, "must return a Tensor or a Sequence"),
    (lambda: layer(function_module(flat, lambda x: [3])), ValueError, "Got element 0"),
    (lambda: layer(function_module(flat, lambda x: x.double())), ValueError, "may not change the dtype"),
    (lambda: layer(Double(), function_module(flat)), ValueError, "module.weight.shape"),
    (lambda: layer(Double(), function_module(abs, flat)), ValueError, "right_inverse must have the same shape"),
    (lambda: layer(Double(), function_module(abs, lambda x: [x])), ValueError, "Got: list"),
    (lambda: setattr(layer(function_module(abs)), "weight", autograd.ones(3, 2)), RuntimeError, "does not implement"),
    (lambda: setattr(layer(Double()), "weight", autograd.ones(3, 2).double()), ValueError, "float64"),
    (lambda: setattr(layer(Sum()), "weight", autograd.ones(3, 2).double()), ValueError, "Tensor 0"),
    (lambda: parametrize.remove_parametrizations(nn.Linear(1, 1), "weight"), ValueError, "does not have a parametrization"),
    (lambda: parametrize.remove_parametrizations(layer(Sum()), "weight", False), ValueError, "sequence of tensors"),
    (lambda: parametrize.ParametrizationList([], autograd.ones(1)), ValueError, "one or more"),
    (lambda: setattr(layer(Double()), "weight", nn.Parameter(autograd.ones(3, 2))), KeyError, "already exists"),
])
def test_errors(do, error, words):
    with pytest.raises(error, match=words):
        do()


def test_a_failed_registration_leaves_the_module_as_it_was():
    m = nn.Linear(2, 3)
    values = m.weight.detach().clone()
    with pytest.raises(ValueError):
        parametrize.register_parametrization(m, "weight", function_module(flat, lambda x: x + 1))
    assert type(m) is nn.Linear and list(m.state_dict()) == ["weight", "bias"] and autograd.equal(m.weight, values)


def test_unsafe_may_change_the_shape():
    m = parametrize.register_parametrization(nn.Linear(2, 3), "weight", function_module(flat), unsafe=True)
    assert m.weight.shape == (6,)


@pytest.mark.parametrize("trivial", [True, False])
@pytest.mark.parametrize("name", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 5), (2, 4, 3)])
def test_orthogonal_stays_orthogonal(shape, name, trivial):
    autograd.manual_seed(0)
    m = nn.Module()
    m.weight = nn.Parameter(autograd.randn(shape, dtype=autograd.float64))
    parametrizations.orthogonal(m, orthogonal_map=name, use_trivialization=trivial)
    optimizer = optim.SGD(m.parameters(), lr=0.01)
    target = autograd.randn(shape, dtype=autograd.float64)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        losses.append(((m.weight - target) ** 2).sum())
        losses[-1].backward()
        optimizer.step()
        w = m.weight if shape[-2] >= shape[-1] else m.weight.mT
        assert autograd.allclose(w.mT @ w, autograd.eye(w.shape[-1], dtype=w.dtype), atol=1e-12)
    assert losses[-1] < losses[0]


def test_orthogonal_keeps_what_is_orthogonal():
    m = nn.Linear(3, 3, dtype=autograd.float64)
    nn.init.orthogonal_(m.weight)
    before = m.weight.detach().clone()
    assert autograd.allclose(parametrizations.orthogonal(m).weight, before, atol=1e-12)


@pytest.mark.parametrize("make", [parametrizations.spectral_norm, nn.utils.spectral_norm])
@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
def test_spectral_norm_becomes_one(make, kind):
    m = make(kind(3, 4, 2), n_power_iterations=50)
    m(autograd.ones(1, 3, 3, 3))
    w = m.weight.transpose(0, 1) if kind is nn.ConvTranspose2d else m.weight
    assert autograd.linalg.matrix_norm(w.flatten(1), 2).item() == pytest.approx(1, abs=1e-4)


def test_spectral_norm_twice_before_one_backward():
    m = parametrizations.spectral_norm(nn.Linear(3, 2))
    (m(autograd.ones(1, 3)) - m(autograd.zeros(1, 3))).sum().backward()
    old = nn.utils.spectral_norm(nn.Linear(3, 2))
    (old(autograd.ones(1, 3)) - old(autograd.zeros(1, 3))).sum().backward()
    assert old.weight_orig.grad is not None and m.parametrizations.weight.original.grad is not None


def test_spectral_norm_in_evaluation_changes_nothing():
    m = parametrizations.spectral_norm(nn.Linear(30, 20)).eval()
    assert autograd.equal(m.weight, m.weight)
    m.train()
    before = m.parametrizations.weight[0]._u.clone()
    m.weight  # noqa: B018 reading it is what iterates
    assert not autograd.equal(before, m.parametrizations.weight[0]._u)


def test_weight_norm_reads_the_older_state():
    with pytest.warns(FutureWarning, match="parametrizations"):
        old = nn.utils.weight_norm(nn.Linear(3, 2), dim=1)
    new = parametrizations.weight_norm(nn.Linear(3, 2), dim=1)
    new.load_state_dict(old.state_dict())
    assert autograd.equal(new.weight, old.weight) and old.weight_g.shape == (1, 3)


def test_weight_norm_gradient():
    m = parametrizations.weight_norm(nn.Linear(3, 2, dtype=autograd.float64), dim=None)
    g, v = m.parametrizations.weight.originals()
    norm = parametrizations._WeightNorm(None)
    autograd.testing.gradgradcheck(norm.forward, (g.detach().requires_grad_(), v.detach().requires_grad_()))


def test_removing_hooks():
    m = nn.utils.spectral_norm(nn.Linear(3, 2))
    nn.utils.remove_spectral_norm(m)
    assert not m._forward_pre_hooks and not m._state_dict_hooks and not m._load_state_dict_pre_hooks
    assert list(m.state_dict()) == ["bias", "weight"]
