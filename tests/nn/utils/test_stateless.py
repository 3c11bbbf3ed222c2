"""Modules called with other tensors, made without initial values, joined with their batch norm."""

import copy

import pytest

import autograd
import nn
from nn.utils import parametrizations, stateless


def net():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def test_the_module_stays_as_it_was():
    m, x = net(), autograd.randn(5, 3)
    before = copy.deepcopy(m.state_dict())
    parameters = list(m.parameters())
    given = {name: autograd.zeros_like(p) for name, p in m.named_parameters()}
    assert nn.func.functional_call(m, given, x).abs().sum().item() == 0
    assert all(p is q for p, q in zip(m.parameters(), parameters, strict=True))
    with pytest.raises(RuntimeError):
        nn.func.functional_call(m, given, autograd.randn(5, 7))
    assert all(p is q for p, q in zip(m.parameters(), parameters, strict=True))
    assert all(autograd.equal(m.state_dict()[k], v) for k, v in before.items() if "running" not in k and "num" not in k)


def test_buffers_that_are_written_are_the_ones_given():
    m, x = net(), autograd.randn(5, 3)
    buffers = {name: b.clone() for name, b in m.named_buffers()}
    nn.func.functional_call(m, buffers, x)
    assert buffers["1.num_batches_tracked"].item() == 1 and m[1].num_batches_tracked.item() == 0


def test_derivatives_through_an_inner_step():
    m = nn.Linear(2, 1, dtype=autograd.float64)
    x = autograd.randn(4, 2, dtype=autograd.float64)

    def outer(w):
        inner = {"weight": w, "bias": m.bias}
        g, = autograd.grad((nn.func.functional_call(m, inner, x) ** 2).sum(), w, create_graph=True)
        return (nn.func.functional_call(m, {"weight": w - 0.1 * g, "bias": m.bias}, (x,)) ** 2).sum()

    w = m.weight.detach().requires_grad_()
    assert autograd.testing.gradcheck(outer, (w,))


def test_tied_weights():
    m = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    m[1].weight = m[0].weight
    x, w = autograd.ones(1, 2), 2 * autograd.eye(2)
    call = nn.func.functional_call
    assert call(m, {"1.weight": w}, x).tolist() == [[4, 4]] and m[1].weight is m[0].weight
    assert autograd.equal(call(m, {"1.weight": w}, x, tie_weights=False), 2 * m[0](x))
    with pytest.raises(ValueError, match="tied"):
        call(m, {"0.weight": w, "1.weight": 1 * w}, x)
    assert call(m, {"0.weight": w, "1.weight": w}, x, strict=True).tolist() == [[4, 4]]


def test_with_parametrizations():
    m = parametrizations.weight_norm(nn.Linear(2, 2, bias=False))
    given = {f"parametrizations.weight.original{i}": t for i, t in enumerate((autograd.ones(2, 1), autograd.eye(2)))}
    assert nn.func.functional_call(m, given, autograd.tensor([[1.0, 2.0]])).tolist() == [[1, 2]]


def test_older_name():
    with pytest.warns(FutureWarning, match="nn.func"):
        y = stateless.functional_call(nn.Linear(2, 2), {"weight": autograd.eye(2), "bias": autograd.zeros(2)}, autograd.ones(2))
    assert y.tolist() == [1, 1]


@pytest.mark.parametrize(("given", "error"), [
    (3, ValueError), ([3], ValueError), ([{"bias": autograd.ones(2)}] * 2, ValueError), ({"weight": 3}, TypeError),
    ({"in_features": autograd.ones(1)}, TypeError), ({"a.b": autograd.ones(1)}, AttributeError), ({"": autograd.ones(1)}, KeyError),
])
def test_errors(given, error):
    m = nn.Linear(2, 2)
    weight = m.weight
    with pytest.raises(error):
        nn.func.functional_call(m, given, autograd.ones(2))
    assert m.weight is weight and m.in_features == 2


def test_strict():
    with pytest.raises(RuntimeError, match=r"Unexpected key\(s\): 'w'.\n\tMissing key\(s\): 'bias', 'weight'."):
        nn.func.functional_call(nn.Linear(2, 2), {"w": autograd.ones(1)}, autograd.ones(2), strict=True)


def test_skip_init_draws_nothing():
    state = autograd.get_rng_state()
    m = nn.utils.skip_init(nn.LSTM, 3, 4, num_layers=2)
    assert autograd.equal(autograd.get_rng_state(), state) and m.weight_hh_l1.shape == (16, 4) and m.weight_hh_l1.requires_grad
    nn.utils.skip_init(nn.BatchNorm1d, num_features=2, device="cpu")
    nn.init.ones_(m.bias_hh_l0)
    assert m.bias_hh_l0.sum().item() == 16
    for wrong in (3, nn.ReLU, dict):
        with pytest.raises(RuntimeError):
            nn.utils.skip_init(wrong)


@pytest.mark.parametrize(("make", "bn", "shape", "transpose"), [
    (nn.Conv1d, nn.BatchNorm1d, (2, 3, 6), False), (nn.Conv2d, nn.BatchNorm2d, (2, 3, 6, 6), False), (nn.Conv3d, nn.BatchNorm3d, (2, 3, 4, 4, 4), False),
    (nn.ConvTranspose1d, nn.BatchNorm1d, (2, 3, 6), True), (nn.ConvTranspose2d, nn.BatchNorm2d, (2, 3, 6, 6), True)])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_fusion_of_convolutions(make, bn, shape, transpose, affine, bias):
    conv, norm = make(3, 4, 2, bias=bias).double(), bn(4, affine=affine).double()
    x = autograd.randn(shape).double()
    norm(conv(x))
    conv, norm = conv.eval(), norm.eval()
    fused = nn.utils.fuse_conv_bn_eval(conv, norm, transpose)
    assert autograd.allclose(fused(x), norm(conv(x)), atol=1e-12) and type(fused) is make and fused.weight.is_leaf
    if bias:
        assert not autograd.equal(fused.bias, conv.bias)


def test_fusion_of_linear_layers():
    linear, norm = nn.Linear(3, 4).requires_grad_(False), nn.BatchNorm1d(4)
    x = autograd.randn(5, 3)
    norm(linear(x))
    fused = nn.utils.fuse_linear_bn_eval(linear.eval(), norm.eval())
    assert autograd.allclose(fused(x), norm(linear(x)), atol=1e-5) and not fused.weight.requires_grad
    for wrong in (lambda: nn.utils.fuse_linear_bn_eval(linear, nn.BatchNorm1d(3).eval()), lambda: nn.utils.fuse_conv_bn_eval(nn.Conv1d(1, 1, 1), norm),
                  lambda: nn.utils.fuse_linear_bn_eval(linear, nn.BatchNorm1d(4, track_running_stats=False).eval())):
        with pytest.raises(AssertionError):
            wrong()
