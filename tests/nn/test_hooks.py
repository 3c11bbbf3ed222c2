"""Hooks around forward and backward, and errors that say which module they passed."""

import pytest

import autograd
import nn
from nn import hooks


def test_forward_hooks_see_and_replace():
    m, seen = nn.Linear(2, 2), []
    m.register_forward_pre_hook(lambda module, args: seen.append("second"))
    m.register_forward_pre_hook(lambda module, args: (args[0] * 0,), prepend=True)
    handle = m.register_forward_hook(lambda module, args, out: out + 1)
    x = autograd.ones(1, 2)
    assert autograd.allclose(m(x), m.bias + 1) and seen == ["second"]
    handle.remove()
    assert autograd.allclose(m(x), m.bias.reshape(1, 2))
    with m.register_forward_hook(lambda module, args, out: None):
        m(x)
    assert not m._forward_hooks


def test_hooks_with_keywords():
    class Scale(nn.Module):
        def forward(self, x, factor=1.0):
            return x * factor

    m, x, seen = Scale(), autograd.ones(2), []
    m.register_forward_pre_hook(lambda module, args, kwargs: (args, {"factor": 3.0}), with_kwargs=True)
    m.register_forward_hook(lambda module, args, kwargs, out: seen.append(kwargs), with_kwargs=True)
    assert m(x, factor=2.0).tolist() == [3.0, 3.0] and seen == [{"factor": 3.0}]
    m.register_forward_pre_hook(lambda module, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match="forward pre-hook must return None or a tuple"):
        m(x)


def test_always_call_runs_after_an_error():
    m, seen = nn.Linear(2, 2), []
    m.register_forward_hook(lambda module, args, out: seen.append(out), always_call=True)
    m.register_forward_hook(lambda module, args, out: seen.append("never"))
    with pytest.raises(RuntimeError):
        m(autograd.ones(1, 3))
    assert seen == [None]
    m.register_forward_hook(lambda *args: 1 / 0, always_call=True)
    with pytest.raises(RuntimeError), pytest.warns(UserWarning, match="silenced as another error"):
        m(autograd.ones(1, 3))


def test_global_hooks():
    seen = []
    handles = [
        hooks.register_module_forward_pre_hook(lambda m, args: seen.append("pre " + type(m).__name__)),
        hooks.register_module_forward_hook(lambda m, args, out: seen.append("post " + type(m).__name__)),
        hooks.register_module_full_backward_pre_hook(lambda m, g: seen.append("backward " + type(m).__name__)),
        hooks.register_module_full_backward_hook(lambda m, gi, go: seen.append("done " + type(m).__name__)),
    ]
    try:
        nn.Sequential(nn.Linear(2, 2), nn.Tanh())(autograd.ones(1, 2, requires_grad=True)).sum().backward()
    finally:
        for h in handles:
            h.remove()
        del hooks.Hookable._hooked
    assert seen == ["pre Sequential", "pre Linear", "post Linear", "pre Tanh", "post Tanh", "post Sequential",
                    "backward Sequential", "backward Tanh", "done Tanh", "backward Linear", "done Linear", "done Sequential"]


def test_full_backward_hooks_see_the_modules_gradients():
    m, seen = nn.Linear(2, 1, bias=False), []
    m.register_full_backward_pre_hook(lambda module, g: seen.append(g))
    m.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    x = autograd.tensor([[1.0, 2.0]], requires_grad=True)
    (m(x) * 3).sum().backward()
    pre, (gi, go) = seen
    assert pre[0].tolist() == go[0].tolist() == [[3.0]]
    assert autograd.allclose(gi[0], 3 * m.weight) and autograd.allclose(x.grad, 3 * m.weight)


def test_full_backward_hooks_replace_gradients():
    m = nn.Linear(2, 1, bias=False)
    m.register_full_backward_pre_hook(lambda module, g: (g[0] * 2,))
    m.register_full_backward_hook(lambda module, gi, go: (gi[0] + 100,))
    x = autograd.tensor([[1.0, 2.0]], requires_grad=True)
    m(x).sum().backward()
    assert autograd.allclose(x.grad, 2 * m.weight + 100) and m.weight.grad.tolist() == [[2.0, 4.0]]


def test_full_backward_hooks_without_input_gradients():
    m, seen = nn.Linear(2, 1), []
    m.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go[0].tolist())))
    m(autograd.ones(1, 2)).sum().backward()
    assert seen == [((None,), [[1.0]])]
    with autograd.no_grad():
        assert m(autograd.ones(1, 2)).grad_fn is None
    m.register_full_backward_hook(lambda module, gi, go: (autograd.ones(1),))
    with pytest.raises(RuntimeError, match="no input requires gradient"):
        m(autograd.ones(1, 2)).sum().backward()


def test_full_backward_hooks_with_several_tensors_and_create_graph():
    class Two(nn.Module):
        def forward(self, a, n, b):
            return a * b, b * n

    m, seen = Two(), []
    m.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    a, b = autograd.tensor([2.0], requires_grad=True), autograd.tensor([3.0], requires_grad=True)
    first, _ = m(a, 5.0, b)
    ga, gb = autograd.grad((first ** 2).sum(), [a, b], create_graph=True)
    (gi, go), = seen
    assert gi[1] is None and go[1] is None and go[0].item() == 12 and (ga.item(), gb.item()) == (36, 24)
    assert autograd.grad(ga.sum(), b)[0].item() == 24  # d(2 a b^2)/db
    m.register_full_backward_hook(lambda module, gi, go: gi[:1])
    with pytest.raises(RuntimeError, match="invalid number of grad_input"):
        m(a, 5.0, b)[0].sum().backward()


def test_backward_hooks_notice_writes_to_outputs():
    m = nn.Tanh()
    m.register_full_backward_hook(lambda module, gi, go: None)
    x = autograd.ones(2, requires_grad=True)
    y = m(x)
    y.detach().mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace"):
        y.sum().backward()


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Sequential(nn.ReLU(), nn.Linear(4, 4)), nn.Sequential(nn.Linear(5, 4))])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def test_errors_name_the_path_to_the_module():
    net = nn.Sequential(nn.Identity(), Block())
    with pytest.raises(RuntimeError) as info:
        net(autograd.ones(2, 4))
    assert str(info.value).splitlines()[-2:] == [
        "  in module 1.layers.1.0 (Linear 5->4) of Sequential, called with float32 [2, 4]",
        "  hint: the input has 4 features in its last dimension, the layer takes 5: make it Linear(4, 4), or change the "
        "layer before it"]
    assert str(info.value).count("in module") == 1
    with pytest.raises(RuntimeError, match=r"\n  in module Linear 2->2, called with float32 \[3\]"):
        nn.Linear(2, 2)(autograd.ones(3))


@pytest.mark.parametrize("error", [ValueError("words"), KeyError("key"), TypeError("a", 1), ArithmeticError()])
def test_error_types_stay(error):
    class Bad(nn.Module):
        def forward(self, x):
            raise error

    prints_its_argument = str(error) in error.args
    with pytest.raises(type(error)) as info:
        nn.Sequential(nn.Sequential(Bad()))(1)
    assert info.value is error
    if prints_its_argument:
        assert str(error) == "words\n  in module 0.0 (Bad) of Sequential, called with 1"
    else:
        assert error.__notes__ == ["in module 0.0 (Bad) of Sequential, called with 1"]


def test_module_outside_the_tree_is_marked():
    class Hidden(nn.Module):
        def __init__(self):
            super().__init__()
            self.plain = [nn.Linear(2, 2)]

        def forward(self, x):
            return self.plain[0](x)

    with pytest.raises(RuntimeError, match=r"in module \? \(Linear 2->2\) of Hidden"):
        Hidden()(autograd.ones(3))
