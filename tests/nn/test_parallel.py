"""What spreads work in PyTorch and passes it on here, and small things that programs import."""

from collections import OrderedDict

import pytest

import autograd
import nn
from nn.modules import utils


def test_data_parallel_passes_on():
    m = nn.Linear(3, 2)
    parallel = nn.DataParallel(m, device_ids=None)
    x = autograd.randn(4, 3)
    assert autograd.equal(parallel(x), m(x)) and parallel.module is m and nn.parallel.DataParallel is nn.DataParallel
    state = parallel.state_dict()
    utils.consume_prefix_in_state_dict_if_present(state, "module.")
    assert list(state) == ["weight", "bias"] and "" in state._metadata and "module" not in state._metadata
    m.load_state_dict(state)


def test_sync_batch_norm_is_batch_norm():
    net = nn.Sequential(nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm1d(2, affine=False)), nn.ReLU())
    weight, mean = net[0].weight, net[0].running_mean
    converted = nn.SyncBatchNorm.convert_sync_batchnorm(net)
    assert converted is net and type(net[0]) is type(net[1][0]) is nn.SyncBatchNorm
    assert net[0].weight is weight and net[0].running_mean is mean and net[1][0].weight is None
    assert type(nn.SyncBatchNorm.convert_sync_batchnorm(nn.BatchNorm1d(2).eval())) is nn.SyncBatchNorm
    x = autograd.randn(2, 3, 4, 4)
    assert autograd.allclose(net[0](x), nn.BatchNorm2d(3)(x), atol=1e-6)
    for wrong in (autograd.ones(3), autograd.ones(2, 0)):
        with pytest.raises(ValueError):
            nn.SyncBatchNorm(3)(wrong)


def test_container():
    with pytest.warns(FutureWarning, match="deprecated"):
        m = nn.Container(a=nn.Linear(1, 1), b=None)
    assert list(m.state_dict()) == ["a.weight", "a.bias"]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1}, {"dilation": 2, "groups": 2}])
def test_gradients_of_convolutions(n, options):
    x = autograd.randn(2, 4, *(7,) * n, dtype=autograd.float64, requires_grad=True)
    w = autograd.randn(6, 4 // options.get("groups", 1), *(3,) * n, dtype=autograd.float64, requires_grad=True)
    y = getattr(nn.functional, f"conv{n}d")(x, w, **options)
    g = autograd.randn(y.shape, dtype=autograd.float64)
    by_x, by_w = autograd.grad(y, (x, w), g)
    assert autograd.allclose(getattr(nn.grad, f"conv{n}d_input")(x.shape, w, g, **options), by_x)
    assert autograd.allclose(getattr(nn.grad, f"conv{n}d_weight")(x, w.shape, g, **options), by_w)


def test_factory_kwargs():
    assert nn.factory_kwargs(None) == {} and nn.factory_kwargs({"dtype": 1}) == {"dtype": 1}
    assert nn.factory_kwargs({"dtype": 1, "factory_kwargs": {"device": 2}}) == {"dtype": 1, "device": 2}
    for wrong in ({"size": 1}, {"dtype": 1, "factory_kwargs": {"dtype": 2}}):
        with pytest.raises(TypeError):
            nn.factory_kwargs(wrong)


def test_small_functions():
    assert utils._pair(3) == (3, 3) and utils._pair([1, 2]) == (1, 2) and utils._reverse_repeat_tuple((1, 2), 2) == (2, 2, 1, 1)
    state = OrderedDict(a=1)
    utils.consume_prefix_in_state_dict_if_present(state, "module.")
    assert state == {"a": 1} and nn.parameter.is_lazy(nn.LazyLinear(2).weight) and not nn.parameter.is_lazy(nn.Linear(1, 1).weight)


@pytest.mark.parametrize("options", [{"acc_policy": "x"}, {"chunking_method": "x"}, {"chunking_method": "aspect_ratio:0"},
                                     {"batch_chunk_size": 0}, {"acc_dtype": autograd.int64}])
def test_options_are_checked(options):
    with pytest.raises(ValueError):
        nn.LinearCrossEntropyOptions(**options)


def test_options_change_nothing():
    x, w, y = autograd.randn(4, 3), autograd.randn(5, 3), autograd.tensor([0, 1, 2, 4])
    options = nn.LinearCrossEntropyOptions(chunking_method="aspect_ratio:2", acc_dtype=autograd.float32)
    plain = nn.functional.linear_cross_entropy(x, w, y)
    assert autograd.equal(nn.functional.linear_cross_entropy(x, w, y, options=options), plain)


def test_modules_of_a_layer_kind_are_imported_by_their_names():
    from nn.modules.batchnorm import _BatchNorm
    from nn.modules.conv import _ConvNd
    assert issubclass(nn.BatchNorm1d, _BatchNorm) and issubclass(nn.Conv2d, _ConvNd)
