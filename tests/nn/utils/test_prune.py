"""Pruning: masks, several of them, all parameters together, taking them off."""

import pytest

import autograd
import nn
import optim
from nn.utils import prune


def ordered():
    m = nn.Linear(4, 3)
    with autograd.no_grad():
        m.weight.copy_(autograd.arange(12.0).reshape(3, 4) - 6.3)
    return m


def test_pruned_elements_stay_zero_in_training():
    m = prune.l1_unstructured(ordered(), "weight", 5)
    assert (m.weight == 0).sum().item() == 5 and m.weight_mask.sum().item() == 7
    optimizer = optim.SGD(m.parameters(), lr=1.0)
    for _ in range(2):
        m(autograd.ones(1, 4)).sum().backward()
        optimizer.step()
    assert autograd.equal(m.weight_orig.grad, 2 * m.weight_mask)
    m(autograd.ones(1, 4))
    assert autograd.equal(m.weight == 0, m.weight_mask == 0)


def test_only_what_is_left_is_pruned():
    m = ordered()
    prune.l1_unstructured(m, "weight", 0.5)
    prune.l1_unstructured(m, "weight", 0.5)
    assert m.weight_mask.sum().item() == 3
    container = next(iter(m._forward_pre_hooks.values()))
    assert isinstance(container, prune.PruningContainer) and len(container) == 2 and len(m._forward_pre_hooks) == 1
    prune.ln_structured(m, "weight", 1, n=1, dim=0)
    assert len(next(iter(m._forward_pre_hooks.values()))) == 3 and m.weight_mask.sum().item() < 3


def test_structured():
    m = prune.ln_structured(ordered(), "weight", 1, n=2, dim=0)
    assert m.weight_mask.tolist() == [[1] * 4, [0] * 4, [1] * 4]
    prune.random_structured(m, "weight", 0.5, dim=1)
    assert m.weight_mask.sum(1).tolist() == [2, 0, 2]
    assert autograd.equal(prune.LnStructured(0, 1, 0).compute_mask(m.weight, m.weight_mask), m.weight_mask)


def test_together():
    net = nn.Sequential(nn.Linear(10, 4), nn.Linear(4, 1))
    with autograd.no_grad():
        net[0].weight.fill_(1).view(-1)[:3] = 0.1
        net[1].weight.fill_(0.2)
    pairs = [(net[0], "weight"), (net[1], "weight")]
    prune.global_unstructured(iter(pairs), prune.L1Unstructured, amount=5)
    assert [int((m == 0).sum()) for m in net.buffers()] == [3, 2]
    prune.global_unstructured(pairs, prune.RandomUnstructured, amount=2)
    assert sum(int((m == 0).sum()) for m in net.buffers()) == 7


def test_removing_keeps_zeros_and_the_parameter():
    m = prune.l1_unstructured(ordered(), "weight", 5)
    parameter = m.weight_orig
    assert prune.remove(m, "weight") is m and m.weight is parameter and (m.weight == 0).sum().item() == 5
    assert not prune.is_pruned(m) and list(m.state_dict()) == ["bias", "weight"]


def test_state():
    m = prune.random_unstructured(ordered(), "weight", 5)
    other = prune.identity(ordered(), "weight")
    other.load_state_dict(m.state_dict())
    x = autograd.ones(1, 4)
    assert list(m.state_dict()) == ["bias", "weight_orig", "weight_mask"] and autograd.equal(m(x), other(x))


def test_a_method_of_ones_own():
    class EveryOther(prune.BasePruningMethod):
        PRUNING_TYPE = "unstructured"

        def compute_mask(self, t, default_mask):
            mask = default_mask.clone()
            mask.view(-1)[::2] = 0
            return mask

    m = nn.Linear(4, 3)
    EveryOther.apply(m, "bias")
    EveryOther.apply(m, "bias")
    assert m.bias_mask.tolist() == [0, 0, 0] and prune.is_pruned(nn.Sequential(m))


@pytest.mark.parametrize("before", [False, True])
def test_a_failure_leaves_the_module_as_it_was(before):
    m = nn.Linear(4, 3)
    if before:
        prune.identity(m, "weight")
        prune.identity(m, "weight")
    names, hooks = list(m.state_dict()), [len(h) for h in m._forward_pre_hooks.values()]
    with pytest.raises(ValueError, match="should be smaller"):
        prune.l1_unstructured(m, "weight", 100)
    assert list(m.state_dict()) == names and [len(h) for h in m._forward_pre_hooks.values()] == hooks


class Odd(prune.Identity):
    PRUNING_TYPE = "odd"


class Channels(prune.Identity):
    PRUNING_TYPE = "structured"


@pytest.mark.parametrize(("do", "error"), [
    (lambda: prune.l1_unstructured(ordered(), "weight", 1.5), ValueError), (lambda: prune.l1_unstructured(ordered(), "weight", -1), ValueError),
    (lambda: prune.l1_unstructured(ordered(), "weight", "x"), TypeError), (lambda: prune.random_structured(ordered(), "bias", 1, 0), ValueError),
    (lambda: prune.ln_structured(ordered(), "weight", 1, 2, 2), IndexError), (lambda: prune.remove(ordered(), "weight"), ValueError),
    (lambda: prune.PruningContainer(3), AttributeError), (lambda: prune.PruningContainer().add_pruning_method(3), TypeError),
    (lambda: Odd.apply(prune.identity(ordered(), "weight"), "weight"), ValueError),
    (lambda: Channels.apply(prune.identity(ordered(), "weight"), "weight"), AttributeError),
    (lambda: prune.global_unstructured(3, prune.L1Unstructured, amount=1), TypeError),
    (lambda: prune.global_unstructured([(ordered(), "weight")], prune.LnStructured, amount=1, n=2), TypeError),
    (lambda: prune.global_unstructured([(ordered(), "weight")], prune.L1Unstructured, 3, amount=1), TypeError),
    (lambda: prune.custom_from_mask(ordered(), "weight", autograd.ones(3)), AssertionError),
    (lambda: prune.l1_unstructured(ordered(), "weight", 1, autograd.ones(3)), AssertionError),
    (lambda: prune.Identity().prune(autograd.ones(2), importance_scores=autograd.ones(3)), AssertionError),
])
def test_errors(do, error):
    with pytest.raises(error):
        do()


def test_methods_for_other_tensors_do_not_go_together():
    m = prune.identity(prune.identity(ordered(), "weight"), "bias")
    first, second = m._forward_pre_hooks.values()
    with pytest.raises(ValueError, match="Found 'bias'"):
        prune.PruningContainer(first).add_pruning_method(second)
