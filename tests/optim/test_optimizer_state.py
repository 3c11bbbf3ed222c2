"""Saving and loading the state of optimizers, hooks, and an optimizer of one's own."""

import copy
import pickle

import pytest
from optimizer_setup import ALL, gradients, parameters

import autograd
import nn
import optim
from optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

# --- saving and loading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("how", ["state_dict", "deepcopy", "pickle"])
def test_going_on_from_a_copy(name, how):
    ps = parameters()
    optimizer = getattr(optim, name)(ps, lr=0.01)
    for step in range(3):
        gradients(ps, step)
        optimizer.step()
    if how == "state_dict":
        qs = [nn.Parameter(p.detach().clone()) for p in ps]
        other = getattr(optim, name)(qs, lr=99.0)
        other.load_state_dict(pickle.loads(pickle.dumps(optimizer.state_dict())))
    else:
        pair = (ps, optimizer)
        qs, other = copy.deepcopy(pair) if how == "deepcopy" else pickle.loads(pickle.dumps(pair))
        assert other.param_groups[0]["params"][0] is qs[0]
    for step in range(3, 6):
        gradients(ps, step)
        gradients(qs, step)
        optimizer.step()
        other.step()
    for p, q in zip(ps, qs, strict=True):
        assert autograd.equal(p, q)
    assert repr(other) == repr(optimizer)


def test_loaded_state_is_a_copy():
    ps, qs = parameters([(2,), (2,)]), parameters([(2,), (2,)])
    a, b = optim.Adam(ps), optim.Adam(qs)
    gradients(ps, 0)
    a.step()
    b.load_state_dict(a.state_dict())
    before = a.state[ps[0]]["exp_avg"].clone()
    gradients(qs, 1)
    b.step()
    assert autograd.equal(a.state[ps[0]]["exp_avg"], before)
    assert b.state[qs[0]]["step"].item() == 2 and a.state[ps[0]]["step"].item() == 1


@pytest.mark.parametrize("change", [
    lambda s: s["param_groups"].append(s["param_groups"][0]), lambda s: s["param_groups"][0]["params"].pop(),
    lambda s: s["state"][1].update(exp_avg=autograd.zeros(7)), lambda s: s.pop("state"),
])
def test_failed_load_changes_nothing(change):
    ps = parameters([(2,), (3,)])
    optimizer = optim.Adam(ps, lr=0.1)
    gradients(ps, 0)
    optimizer.step()
    bad = copy.deepcopy(optimizer.state_dict())
    bad["param_groups"][0]["lr"] = 5.0
    bad["state"][0]["exp_avg"].zero_()
    change(bad)
    before, state = repr(optimizer), {k: v.clone() for k, v in optimizer.state[ps[0]].items()}
    with pytest.raises((ValueError, KeyError)):
        optimizer.load_state_dict(bad)
    assert repr(optimizer) == before
    assert all(autograd.equal(v, optimizer.state[ps[0]][k]) for k, v in state.items())


def test_a_failing_hook_takes_the_load_back():
    ps = parameters([(2,)])
    optimizer = optim.Adam(ps, lr=0.1)
    gradients(ps, 0)
    optimizer.step()
    saved = copy.deepcopy(optimizer.state_dict())
    saved["param_groups"][0]["lr"] = 5.0
    hook = optimizer.register_load_state_dict_post_hook(lambda o: 1 / 0)
    text, state = repr(optimizer), optimizer.state[ps[0]]
    with pytest.raises(ZeroDivisionError):
        optimizer.load_state_dict(saved)
    assert repr(optimizer) == text and optimizer.state[ps[0]] is state
    hook.remove()
    gradients(ps, 1)
    optimizer.step()
    assert state["step"].item() == 2


def test_loading_casts_to_the_parameters_type():
    ps, qs = parameters([(2,)]), parameters([(2,)], autograd.float32)
    a, b = optim.Adam(ps), optim.Adam(qs)
    gradients(ps, 0)
    a.step()
    b.load_state_dict(a.state_dict())
    assert b.state[qs[0]]["exp_avg"].dtype == autograd.float32
    gradients(qs, 1)
    b.step()


# --- hooks ----------------------------------------------------------------------------------------------------


def test_hooks_run_in_order_and_can_be_removed():
    seen = []
    optimizer = optim.SGD(parameters([(1,)]))
    handles = [
        register_optimizer_step_pre_hook(lambda o, args, kwargs: seen.append("all before")),
        register_optimizer_step_post_hook(lambda o, args, kwargs: seen.append("all after")),
        optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append("before")),
        optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append("after")),
    ]
    optimizer.step()
    assert seen == ["all before", "before", "after", "all after"]
    for h in handles:
        h.remove()
    optimizer.step()
    assert len(seen) == 4
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((*args, lambda: 7), kwargs))
    assert optimizer.step() == 7
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
    with pytest.raises(RuntimeError, match="must return None or a tuple"):
        optimizer.step()


def test_state_dict_hooks():
    optimizer, seen = optim.SGD(parameters([(1,)])), []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("save"))
    optimizer.register_state_dict_post_hook(lambda o, s: {**s, "note": 1})
    optimizer.register_load_state_dict_pre_hook(lambda o, s: seen.append(s["note"]))
    optimizer.register_load_state_dict_pre_hook(lambda o, s: seen.append("first"), prepend=True)
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded"))
    optimizer.load_state_dict(optimizer.state_dict())
    assert seen == ["save", "first", 1, "loaded"]


def test_an_optimizer_of_ones_own():
    class Halve(optim.Optimizer):
        def __init__(self, params, factor=0.5):
            super().__init__(params, {"factor": factor})

        @autograd.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.mul_(group["factor"])
                    self.state[p]["count"] = self.state[p].get("count", 0) + 1

    p = nn.Parameter(autograd.ones(2))
    optimizer, seen = Halve([p]), []
    optimizer.register_step_post_hook(lambda *args: seen.append(1))
    optimizer.step()
    assert p.tolist() == [0.5, 0.5] and seen == [1] and optimizer.state_dict()["state"] == {0: {"count": 1}}
    assert optim.lr_scheduler.LRScheduler  # schedulers need an "lr"; this one has none
    with pytest.raises(KeyError):
        optim.lr_scheduler.StepLR(optimizer, 1)
