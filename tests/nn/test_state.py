"""Saving and loading state: strictness, messages, hooks, and a failed load that leaves everything as it was."""

import copy

import pytest

import autograd
import nn


def net():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))


def values(module):
    return {k: v.clone() for k, v in module.state_dict().items()}


def same(a, b):
    return list(a) == list(b) and all(autograd.equal(a[k], b[k]) for k in a)


def test_round_trip_copies_into_the_same_tensors():
    a, b = net(), net()
    weight = b[0].weight
    result = b.load_state_dict(a.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    assert same(values(a), values(b)) and b[0].weight is weight and b[0].weight is not a[0].weight
    with autograd.no_grad():
        a[0].weight.add_(1)
    assert not same(values(a), values(b))


def test_state_dict_shares_memory_and_is_detached():
    m = net()
    state = m.state_dict()
    assert not state["0.weight"].requires_grad and m.state_dict(keep_vars=True)["0.weight"] is m[0].weight
    state["0.weight"].zero_()
    assert (m[0].weight == 0).all()
    assert next(iter(m.state_dict(prefix="x."))) == "x.0.weight"
    assert state._metadata["1"] == {"version": 2}


def broken(change):
    state = copy.deepcopy(dict(net().state_dict()))
    change(state)
    return state


BROKEN = {
    "missing": (lambda s: s.pop("2.bias"), r'Missing key\(s\) in state_dict: "2.bias". '),
    "unexpected": (lambda s: s.update(extra=s["2.bias"]), r'Unexpected key\(s\) in state_dict: "extra". '),
    "deeper": (lambda s: s.update({"0.x.y": s["2.bias"]}), r'Unexpected key\(s\) in state_dict: "0.x.y". '),
    "shape": (lambda s: s.update({"2.weight": autograd.zeros(4)}),
              r"size mismatch for 2.weight: copying a param with shape Size\(\[4\]\) from checkpoint, the shape in current "
              r"model is Size\(\[1, 3\]\)."),
    "kind": (lambda s: s.update({"2.weight": 3}), 'While copying the parameter named "2.weight", expected a Tensor'),
}


@pytest.mark.parametrize("assign", [False, True])
@pytest.mark.parametrize("case", BROKEN)
def test_failed_load_changes_nothing(case, assign):
    change, words = BROKEN[case]
    m = net()
    before, tensors = values(m), [*m.parameters(), *m.buffers()]
    with pytest.raises(RuntimeError, match=r"Error\(s\) in loading state_dict for Sequential:\n\t" + words):
        m.load_state_dict(broken(change), assign=assign)
    assert same(before, values(m))
    assert all(a is b for a, b in zip(tensors, [*m.parameters(), *m.buffers()], strict=True))


def test_failing_hook_takes_the_load_back():
    m = net()
    m[2].register_load_state_dict_pre_hook(lambda *args: 1 / 0)
    before = values(m)
    with pytest.raises(ZeroDivisionError):
        m.load_state_dict(net().state_dict())
    assert same(before, values(m))


def test_not_strict():
    m, state = net(), dict(net().state_dict())
    del state["0.weight"]
    state["other"] = state["2.bias"]
    before = m[0].weight.clone()
    result = m.load_state_dict(state, strict=False)
    assert result.missing_keys == ["0.weight"] and result.unexpected_keys == ["other"]
    assert autograd.equal(m[0].weight, before) and autograd.equal(m[2].bias, state["2.bias"])
    with pytest.raises(RuntimeError, match="size mismatch"):
        m.load_state_dict({"0.weight": autograd.zeros(7)}, strict=False)
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like"):
        m.load_state_dict([])


def test_assign_takes_the_tensors_and_keeps_requires_grad():
    m, state = net(), {k: v.double() for k, v in net().state_dict().items()}
    m[0].weight.requires_grad_(False)
    m.load_state_dict(state, assign=True)
    assert m[0].weight.dtype == autograd.float64 and isinstance(m[0].weight, nn.Parameter)
    assert m[0].weight.data_ptr() == state["0.weight"].data_ptr()
    assert not m[0].weight.requires_grad and m[0].bias.requires_grad
    assert m[1].running_mean is state["1.running_mean"]


class WithExtra(nn.Module):
    def __init__(self, extra):
        super().__init__()
        self.extra, self.w = extra, nn.Parameter(autograd.ones(1))

    def get_extra_state(self):
        return {"extra": self.extra}

    def set_extra_state(self, state):
        self.extra = state["extra"]


def test_extra_state():
    a, b = WithExtra(1), WithExtra(2)
    assert list(a.state_dict()) == ["w", "_extra_state"]
    b.load_state_dict(a.state_dict())
    assert b.extra == 1
    c = WithExtra(3)
    with pytest.raises(RuntimeError, match="Unexpected"):
        c.load_state_dict({**a.state_dict(), "x": autograd.ones(1)})
    assert c.extra == 3
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "_extra_state"'):
        c.load_state_dict({"w": autograd.ones(1)})


def test_hooks_see_and_change_state():
    m, calls = net(), []
    m.register_state_dict_pre_hook(lambda module, prefix, keep: calls.append(("pre", prefix, keep)))
    m.register_state_dict_post_hook(lambda module, state, prefix, metadata: state.update(note=autograd.ones(1)))
    state = m.state_dict()
    assert calls == [("pre", "", False)] and "note" in state

    def rename(module, state, prefix, metadata, strict, missing, unexpected, errors):
        assert module is m
        state["0.weight"] = state.pop("old.weight")

    handle = m.register_load_state_dict_pre_hook(rename)
    m.register_load_state_dict_post_hook(lambda module, keys: keys.unexpected_keys.clear())
    state["old.weight"] = state.pop("0.weight")
    m.load_state_dict(state)
    handle.remove()
    with pytest.raises(RuntimeError, match="Missing"):
        m.load_state_dict(state)
    m.register_state_dict_post_hook(lambda *args: {})
    with pytest.raises(RuntimeError, match="must return None"):
        m.state_dict()


def test_scalars_saved_with_one_dimension_load():
    m = nn.Module()
    m.p = nn.Parameter(autograd.zeros(()))
    m.load_state_dict({"p": autograd.ones(1)})
    assert m.p.item() == 1
