"""Averaged models, their batch statistics, and the schedule that goes with them."""

import copy

import numpy as np
import pytest

import autograd
import nn
import optim
from optim.swa_utils import (
    SWALR,
    AveragedModel,
    get_ema_avg_fn,
    get_ema_multi_avg_fn,
    get_swa_avg_fn,
    get_swa_multi_avg_fn,
    update_bn,
)


def model():
    autograd.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


def drift(module):
    """Change parameters and buffers, as a step of training does."""
    with autograd.no_grad():
        for p in module.parameters():
            p.add_(autograd.randn(p.shape))
    module(autograd.randn(8, 3))


def numbers(module):
    return [p.detach().numpy().copy() for p in module.parameters()]


AVERAGES = [
    ("swa", {}), ("swa", {"avg_fn": get_swa_avg_fn()}), ("swa", {"multi_avg_fn": get_swa_multi_avg_fn()}),
    ("ema", {"avg_fn": get_ema_avg_fn(0.8)}), ("ema", {"multi_avg_fn": get_ema_multi_avg_fn(0.8)}),
    ("own", {"avg_fn": lambda average, p, count: (average + count * p) / 2}),
]


@pytest.mark.parametrize(("kind", "options"), AVERAGES)
@pytest.mark.parametrize("use_buffers", [False, True])
def test_averages(kind, options, use_buffers):
    source = model()
    averaged = AveragedModel(source, use_buffers=use_buffers, **options)
    expected = None
    for count in range(6):
        drift(source)
        averaged.update_parameters(source)
        new = [t.detach().numpy().astype(float) for t in (*source.parameters(), *(source.buffers() if use_buffers else ()))]
        if expected is None:
            expected = new
        elif kind == "swa":
            expected = [a + (b - a) / (count + 1) for a, b in zip(expected, new, strict=True)]
        elif kind == "ema":
            expected = [0.8 * a + 0.2 * b for a, b in zip(expected, new, strict=True)]
        else:
            expected = [(a + count * b) / 2 for a, b in zip(expected, new, strict=True)]
        if use_buffers:
            expected[-1] = np.trunc(expected[-1])  # the count of batches is an integer
    assert averaged.n_averaged.item() == 6
    found = [*averaged.module.parameters(), *(averaged.module.buffers() if use_buffers else ())]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b, rtol=1e-5, atol=1e-6)
    if not use_buffers:
        for a, b in zip(averaged.module.buffers(), source.buffers(), strict=True):
            assert autograd.equal(a, b)


def test_average_is_a_module_of_its_own():
    source = model()
    averaged = AveragedModel(source)
    assert list(averaged.state_dict())[:2] == ["n_averaged", "module.0.weight"]
    averaged.update_parameters(source)
    before = numbers(averaged)
    drift(source)
    assert all((a == b).all() for a, b in zip(before, numbers(averaged), strict=True))
    averaged.eval()
    x = autograd.randn(3, 3)
    assert autograd.equal(averaged(x), averaged.module(x))
    other = AveragedModel(model())
    other.load_state_dict(averaged.state_dict())
    assert other.n_averaged.item() == 1
    other.update_parameters(source)
    averaged.update_parameters(source)
    assert all((a == b).all() for a, b in zip(numbers(other), numbers(averaged), strict=True))
    copied = copy.deepcopy(averaged)
    assert copied.n_averaged.item() == 2


def test_averages_of_several_types():
    source = nn.ParameterList([nn.Parameter(autograd.ones(2)), nn.Parameter(autograd.ones(2, dtype=autograd.float64)),
                               nn.Parameter(autograd.ones(2, dtype=autograd.complex64))])
    averaged = AveragedModel(source)
    for value in (1, 3, 5):
        with autograd.no_grad():
            for p in source:
                p.fill_(value)
        averaged.update_parameters(source)
    assert [p.tolist() for p in averaged.module] == [[3.0] * 2, [3.0] * 2, [3 + 0j] * 2]


def test_errors():
    for decay in (-0.1, 1.1):
        for make in (get_ema_avg_fn, get_ema_multi_avg_fn):
            with pytest.raises(ValueError, match="Invalid decay value"):
                make(decay)
    with pytest.raises(AssertionError, match="Only one of avg_fn and multi_avg_fn"):
        AveragedModel(model(), avg_fn=get_swa_avg_fn(), multi_avg_fn=get_swa_multi_avg_fn())
    with pytest.raises(ValueError, match="the model has 2 parameters, but the one that was copied had 6"):
        AveragedModel(model()).update_parameters(nn.Linear(3, 4))


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x, 0], lambda x: (x, x)])
def test_update_bn(wrap):
    module = model()
    drift(module)
    batches = [autograd.randn(8, 3) for _ in range(4)]
    module.eval()
    update_bn(map(wrap, batches), module)
    norm = module[1]
    assert not module.training and norm.momentum == 0.1 and norm.num_batches_tracked.item() == 4
    hidden = [module[0](x).detach().numpy() for x in batches]
    np.testing.assert_allclose(norm.running_mean.numpy(), np.mean([h.mean(0) for h in hidden], 0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(norm.running_var.numpy(), np.mean([h.var(0, ddof=1) for h in hidden], 0), rtol=1e-5)


def test_update_bn_without_batch_norm_reads_nothing():
    update_bn(iter(lambda: pytest.fail("a batch was read"), None), nn.Linear(1, 1))


def test_update_bn_that_fails_leaves_the_momentum():
    module = model()
    with pytest.raises(RuntimeError):
        update_bn([autograd.ones(2, 5)], module)
    assert module[1].momentum == 0.1 and module.training


def test_swalr_after_another_schedule():
    p = nn.Parameter(autograd.zeros(1))
    optimizer = optim.SGD([p], lr=1.0)
    schedule, averaging = optim.lr_scheduler.ExponentialLR(optimizer, 0.5), None
    rates = []
    for epoch in range(8):
        optimizer.step()
        if epoch < 3:
            schedule.step()
        else:
            averaging = averaging or SWALR(optimizer, swa_lr=0.05, anneal_epochs=2, anneal_strategy="linear")
            averaging.step()
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([0.5, 0.25, 0.125, 0.0875, 0.05, 0.05, 0.05, 0.05])
