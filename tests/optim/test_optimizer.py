"""Optimizers: the rules against their formulas, and what must hold whatever the rule."""

import copy
import math
import pickle

import numpy as np
import pytest

import autograd
import nn
import optim
from optim.batch import LARGE
from optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook, required

ALL = ["ASGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop", "Rprop", "SGD"]
SHAPES = [(3, 2), (4,), (), (LARGE + 1,), (0,), (5, 1)]
RNG = np.random.default_rng(0)


def parameters(shapes=SHAPES, dtype=autograd.float64):
    rng = np.random.default_rng(1)
    return [nn.Parameter(autograd.tensor(rng.standard_normal(s), dtype=dtype)) for s in shapes]


def gradients(ps, seed):
    rng = np.random.default_rng(seed)
    for p in ps:
        p.grad = autograd.tensor(rng.standard_normal(p.shape), dtype=p.dtype)


def values(ps):
    return [p.detach().numpy().copy() for p in ps]


# --- the rules, one parameter at a time, as the formulas stand in the papers -------------------------------


def sgd(p, gs, lr, momentum=0, dampening=0, nesterov=False):
    b = None
    for g in gs:
        b = g if b is None else momentum * b + (1 - dampening) * g
        p = p - lr * (g + momentum * b if nesterov else b if momentum else g)
    return p


def adam(p, gs, lr, beta1=0.9, beta2=0.999, eps=1e-8, amsgrad=False, decay=0.0):
    m = v = largest = 0
    for t, g in enumerate(gs, 1):
        p = (1 - lr * decay) * p
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        largest = np.maximum(largest, v)
        u = largest if amsgrad else v
        p = p - lr * (m / (1 - beta1**t)) / (np.sqrt(u / (1 - beta2**t)) + eps)
    return p


def adamax(p, gs, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = u = 0
    for t, g in enumerate(gs, 1):
        m, u = beta1 * m + (1 - beta1) * g, np.maximum(beta2 * u, np.abs(g) + eps)
        p = p - lr / (1 - beta1**t) * m / u
    return p


def adagrad(p, gs, lr, decay=0.0, eps=1e-10, start=0.0):
    s = start
    for t, g in enumerate(gs):
        s = s + g**2
        p = p - lr / (1 + t * decay) * g / (np.sqrt(s) + eps)
    return p


def adadelta(p, gs, lr, rho=0.9, eps=1e-6):
    v = u = 0
    for g in gs:
        v = rho * v + (1 - rho) * g**2
        d = np.sqrt(u + eps) / np.sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d**2
        p = p - lr * d
    return p


def rmsprop(p, gs, lr, alpha=0.99, eps=1e-8, momentum=0, centered=False):
    v = mean = b = 0
    for g in gs:
        v, mean = alpha * v + (1 - alpha) * g**2, alpha * mean + (1 - alpha) * g
        b = momentum * b + g / (np.sqrt(v - mean**2 if centered else v) + eps)
        p = p - lr * b
    return p


def rprop(p, gs, lr, etas=(0.5, 1.2), sizes=(1e-6, 50)):
    previous, size = 0, np.full(np.shape(p), lr)
    for g in gs:
        s = np.sign(g * previous)
        size = np.clip(size * np.choose((s + 1).astype(int), [etas[0], 1, etas[1]]), *sizes)
        previous = np.where(s < 0, 0, g)
        p = p - size * np.sign(previous)
    return p


def radam(p, gs, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = v = 0
    longest = 2 / (1 - beta2) - 1
    for t, g in enumerate(gs, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        length = longest - 2 * t * beta2**t / (1 - beta2**t)
        step = m / (1 - beta1**t)
        if length > 5:
            r = math.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
            step = step * r * math.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)
        p = p - lr * step
    return p


def nadam(p, gs, lr, beta1=0.9, beta2=0.999, eps=1e-8, psi=4e-3):
    m = v = 0
    product = 1

    def mu(t):
        return beta1 * (1 - 0.5 * 0.96 ** (t * psi))

    for t, g in enumerate(gs, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        product *= mu(t)
        step = mu(t + 1) * m / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
        p = p - lr * step / (np.sqrt(v / (1 - beta2**t)) + eps)
    return p


def asgd(p, gs, lr, lambd=1e-4, alpha=0.75):
    eta = lr
    for t, g in enumerate(gs, 1):
        p = p * (1 - lambd * eta) - eta * g
        eta = lr / (1 + lambd * lr * t) ** alpha
    return p


RULES = [
    ("SGD", {}, sgd, {}), ("SGD", {"momentum": 0.9, "dampening": 0.3}, sgd, {"momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"momentum": 0.9, "nesterov": True}, sgd, {"momentum": 0.9, "nesterov": True}),
    ("Adam", {}, adam, {}),
    ("Adam", {"amsgrad": True, "betas": (0.5, 0.6)}, adam, {"amsgrad": True, "beta1": 0.5, "beta2": 0.6}),
    ("AdamW", {"weight_decay": 0.2}, adam, {"decay": 0.2}), ("Adamax", {}, adamax, {}), ("NAdam", {}, nadam, {}),
    ("RAdam", {"betas": (0.9, 0.8)}, radam, {"beta2": 0.8}), ("RAdam", {}, radam, {}),
    ("Adagrad", {"lr_decay": 0.2, "initial_accumulator_value": 0.5}, adagrad, {"decay": 0.2, "start": 0.5}),
    ("Adadelta", {}, adadelta, {}), ("RMSprop", {}, rmsprop, {}), ("ASGD", {"lambd": 0.1}, asgd, {"lambd": 0.1}),
    ("RMSprop", {"momentum": 0.9, "centered": True}, rmsprop, {"momentum": 0.9, "centered": True}),
    ("Rprop", {}, rprop, {}),
]


@pytest.fixture
def double():
    """State that is one number for each parameter has the default type."""
    autograd.set_default_dtype(autograd.float64)
    yield
    autograd.set_default_dtype(autograd.float32)


@pytest.mark.parametrize(("name", "options", "rule", "same"), RULES, ids=[f"{n}-{o}" for n, o, _, _ in RULES])
def test_rule(name, options, rule, same, double):
    ps = parameters()
    starts, history = values(ps), []
    optimizer = getattr(optim, name)(ps, lr=0.05, **options)
    for step in range(12):
        gradients(ps, step)
        history.append([p.grad.numpy().copy() for p in ps])
        optimizer.step()
    for i, p in enumerate(ps):
        expected = rule(starts[i], [g[i] for g in history], 0.05, **same)
        np.testing.assert_allclose(p.detach().numpy(), expected, rtol=1e-10, atol=1e-12)


# --- what must hold whatever the rule -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_together_is_the_same_as_alone(name):
    together, alone = parameters(), parameters()
    one = getattr(optim, name)(together, lr=0.01)
    many = [getattr(optim, name)([p], lr=0.01) for p in alone]
    for step in range(5):
        gradients(together, step)
        gradients(alone, step)
        one.step()
        for o in many:
            o.step()
    for p, q in zip(together, alone, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-13)
    for p, q, o in zip(together, alone, many, strict=True):
        for key, value in o.state[q].items():
            np.testing.assert_allclose(one.state[p][key].numpy(), value.numpy(), rtol=1e-13)


@pytest.mark.parametrize("name", ALL)
def test_goes_down_and_maximize_goes_up(name):
    for maximize, sign in ((False, 1), (True, -1)):
        p = nn.Parameter(autograd.tensor([2.0, -3.0]))
        optimizer = getattr(optim, name)([p], maximize=maximize, lr=0.1)
        before = (p ** 2).sum().item()
        for _ in range(20):
            optimizer.zero_grad()
            (sign * (p ** 2).sum()).backward()
            optimizer.step()
        assert (p ** 2).sum().item() < before


@pytest.mark.parametrize("name", ALL)
def test_layouts_types_and_missing_gradients(name):
    base = autograd.tensor(np.arange(12.0).reshape(3, 4))
    turned = nn.Parameter(base.T)
    large = nn.Parameter(autograd.ones(100, LARGE // 50).T)
    ps = [turned, nn.Parameter(autograd.ones(2, dtype=autograd.float32)), large, nn.Parameter(autograd.ones(3).half()),
          nn.Parameter(autograd.ones(2, dtype=autograd.complex64)), nn.Parameter(autograd.ones(1))]
    optimizer = getattr(optim, name)(ps, lr=0.1)
    for _ in range(2):
        for p in ps[:-1]:
            p.grad = autograd.ones_like(p)
        optimizer.step()
    assert not turned.is_contiguous() and (turned != autograd.tensor(np.arange(12.0).reshape(3, 4)).T).all()
    assert (large != 1).all() and large.detach().numpy().std() < 1e-6
    assert [p.dtype for p in ps[1:4]] == [autograd.float32, autograd.float32, autograd.float16]
    assert (ps[3] != 1).all() and (ps[4].real != 1).all()
    assert ps[-1].item() == 1
    if name not in ("Adagrad",):
        assert ps[-1] not in optimizer.state


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_gradients_that_come_and_go(name):
    options = {"momentum": 0.9} if name == "SGD" else {}
    ps, alone = parameters([(2,), (3,)]), parameters([(2,), (3,)])
    one, many = getattr(optim,
                        name)(ps, lr=0.1, **options), [getattr(optim, name)([p], lr=0.1, **options) for p in alone]
    for step in range(8):
        gradients(ps, step)
        gradients(alone, step)
        if step % 3:
            ps[0].grad = alone[0].grad = None
        one.step()
        for o in many:
            o.step()
    for p, q in zip(ps, alone, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-13)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adagrad"])
def test_replaced_data_and_state_are_noticed(name):
    options = {"momentum": 0.9} if name == "SGD" else {}
    key = {"SGD": "momentum_buffer", "Adam": "exp_avg", "Adagrad": "sum"}[name]
    ps, qs = parameters([(2,), (3,)]), parameters([(2,), (3,)])
    a, b = getattr(optim, name)(ps, lr=0.1, **options), getattr(optim, name)(qs, lr=0.1, **options)
    for step in range(4):
        gradients(ps, step)
        gradients(qs, step)
        a.step()
        b.step()
        if step == 1:
            ps[0].data = autograd.ones(2, dtype=autograd.float64)  # another array
            with autograd.no_grad():
                qs[0].fill_(1)                                     # the same, written to
            a.state[ps[1]][key] = autograd.zeros(3, dtype=autograd.float64)
            b.state[qs[1]][key].zero_()
    for p, q in zip(ps, qs, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-13)
    a.state.clear()
    gradients(ps, 9)
    a.step()
    assert a.state[ps[0]][key].shape == (2,)


def test_state_tensors_are_shared_with_the_update():
    ps = parameters([(2,), (2, 2)])
    optimizer = optim.Adam(ps)
    gradients(ps, 0)
    optimizer.step()
    first = optimizer.state[ps[1]]["exp_avg"]
    gradients(ps, 1)
    optimizer.step()
    assert optimizer.state[ps[1]]["exp_avg"] is first and first._version > 0
    assert optimizer.state[ps[0]]["step"].item() == 2


def test_a_step_counts_as_a_write():
    for shape in ((2,), (LARGE + 1,)):
        p, q = nn.Parameter(autograd.ones(shape)), nn.Parameter(autograd.ones(shape))
        optimizer = optim.SGD([p, q], lr=0.1)
        y = (p * q).sum()
        y.backward(retain_graph=True)
        optimizer.step()
        assert p._version == 1
        with pytest.raises(RuntimeError, match="modified by an inplace"):
            y.backward()


def test_tensor_learning_rate_and_changed_options():
    p, q = nn.Parameter(autograd.ones(2)), nn.Parameter(autograd.ones(2))
    a, b = optim.Adam([p], lr=autograd.tensor(0.1)), optim.Adam([q], lr=0.1)
    for step in range(4):
        for x, o in ((p, a), (q, b)):
            x.grad = autograd.ones(2)
            o.step()
        if step == 1:
            a.param_groups[0]["lr"].fill_(0.5)
            b.param_groups[0]["lr"] = 0.5
            for o in (a, b):
                o.param_groups[0]["betas"] = (0.5, 0.5)
                o.param_groups[0]["amsgrad"] = True
    assert autograd.allclose(p, q) and "max_exp_avg_sq" in a.state[p]
    with pytest.raises(ValueError, match="1-element"):
        optim.SGD([p], lr=autograd.ones(2))


def test_groups():
    ps = parameters([(1,), (1,), (1,)])
    optimizer = optim.SGD([{"params": [ps[0]]}, {"params": ps[1], "lr": 1.0}], lr=0.1)
    optimizer.add_param_group({"params": [ps[2]], "lr": 10.0})
    before = values(ps)
    for p in ps:
        p.grad = autograd.ones_like(p)
    optimizer.step()
    assert [float((a - b.detach().numpy())[0]) for a, b in zip(before, ps, strict=True)] == pytest.approx([0.1, 1, 10])
    assert "Parameter Group 2\n    dampening: 0" in repr(optimizer)


@pytest.mark.parametrize(("make", "error", "words"), [
    (lambda p: optim.SGD([]), ValueError, "optimizer got an empty parameter list"),
    (lambda p: optim.SGD(p[0]), TypeError, "should be an iterable of Tensors or dicts"),
    (lambda p: optim.SGD([3]), TypeError, "can only optimize Tensors, but one of the params is int"),
    (lambda p: optim.SGD([p[0] * 2]), ValueError, "can't optimize a non-leaf Tensor"),
    (lambda p: optim.SGD([{"params": set(p)}]), TypeError, "ordered collections"),
    (lambda p: optim.SGD([{"params": p}, {"params": p[:1]}]), ValueError, "more than one parameter group"),
    (lambda p: optim.SGD([("a", p[0]), p[1]]), ValueError, "Some param names are missing"),
    (lambda p: optim.SGD([{"params": [("a", p[0])]}, {"params": [p[1]]}]), ValueError, "with/without names"),
    (lambda p: optim.SGD(p).add_param_group([p]), TypeError, "param_group must be a dict"),
    (lambda p: optim.SGD(p, lr=-1), ValueError, "Invalid learning rate: -1"),
    (lambda p: optim.Adam(p, betas=(0.9, 1.0)), ValueError, "Invalid beta parameter at index 1: 1.0"),
    (lambda p: optim.Adam(p, lr=math.nan), ValueError, "Invalid learning rate: nan"),
    (lambda p: optim.Adam(p, fused=True, foreach=True), RuntimeError, "cannot be `True` together"),
    (lambda p: optim.Optimizer(p, {"lr": required}), ValueError, "required optimization parameter lr"),
    (lambda p: optim.Optimizer(p, {}).step(), NotImplementedError, "does not define step"),
])
def test_errors(make, error, words):
    with pytest.raises(error, match=words):
        make(parameters([(1,), (1,)]))


def test_duplicates_warn_and_names_are_kept():
    p = parameters([(1,)])[0]
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optim.SGD([p, p])
    m = nn.Linear(1, 1)
    optimizer = optim.SGD(m.named_parameters())
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


def test_zero_grad():
    ps = parameters([(2,), (3,)])
    optimizer = optim.SGD(ps)
    gradients(ps, 0)
    ps[1].requires_grad_(False)
    optimizer.zero_grad(set_to_none=False)
    assert all((p.grad == 0).all() for p in ps)
    optimizer.zero_grad()
    assert all(p.grad is None for p in ps)


def test_closure_runs_with_gradients_on():
    p = nn.Parameter(autograd.ones(1))
    optimizer = optim.SGD([p], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (p * 2).sum()
        loss.backward()
        return loss

    with autograd.no_grad():
        assert optimizer.step(closure).item() == 2
    assert p.item() == 0


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
