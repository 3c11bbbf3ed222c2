"""What the tape promises: order, lifetime, threads, errors."""

from __future__ import annotations

import gc
import sys
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.kernels.compiled.late import choose


def leaf(*values: float) -> autograd.Tensor:
    return autograd.tensor(list(values), requires_grad=True)


def test_a_value_used_twice_adds_up():
    x = leaf(3.0)
    y = x * x
    (y * y + y).backward()
    np.testing.assert_allclose(x.grad.numpy(), [4 * 27 + 6])


def test_diamond_runs_each_node_once():
    x = leaf(2.0)
    calls = []
    a = x * 3.0
    a.register_hook(lambda g: calls.append(g.item()))
    (a * a + a).backward()
    assert calls == [2 * 6 + 1]


def test_gradients_add_up_over_backwards_and_stay_apart_from_each_other():
    x, y = leaf(1.0), leaf(2.0)
    (x + y).backward()
    (x + y).backward()
    assert x.grad.item() == y.grad.item() == 2
    x.grad.zero_()
    assert y.grad.item() == 2


def test_deep_chain_runs_and_is_freed_in_bounded_stack():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        x = leaf(1.0)
        y = x
        for _ in range(1_000_000):
            y = y * 1.0
        first = weakref.ref(y.grad_fn)
        y.backward()
        assert x.grad.item() == 1
        del y
        assert first() is None
    finally:
        sys.setrecursionlimit(limit)


def test_graph_is_freed_without_the_garbage_collector():
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        y = (x.exp() * x).sum()
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_training_steps_leave_memory_flat_without_the_garbage_collector():
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    x, y = autograd.randn(16, 2), autograd.randn(16, 1)

    @choose("0")  # kernels that begin to pay meanwhile would bring their compiler
    def steps(count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()

    gc.collect()
    gc.disable()
    try:
        steps(300)
        objects = len(gc.get_objects())
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        steps(10_000)
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert len(gc.get_objects()) - objects < 100
        assert grown < 100_000
    finally:
        gc.enable()


def _train(seed: int) -> list[bytes]:
    generator = autograd.Generator()
    generator.manual_seed(seed)
    w1 = autograd.randn(4, 16, generator=generator).requires_grad_()
    w2 = autograd.randn(16, 1, generator=generator).requires_grad_()
    x = autograd.randn(32, 4, generator=generator)
    optimizer = optim.SGD([w1, w2], lr=0.01, momentum=0.9)
    for step in range(60):
        optimizer.zero_grad()
        loss = ((x @ w1).tanh() @ w2).square().mean()
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            with autograd.no_grad():
                assert not (x @ w1).requires_grad
    return [w1.detach().numpy().tobytes(), w2.detach().numpy().tobytes()]


def test_threads_train_bit_for_bit_as_one_after_the_other():
    expected = [_train(seed) for seed in range(4)]
    found: dict[int, list[bytes]] = {}
    threads = [threading.Thread(target=lambda s=s: found.__setitem__(s, _train(s))) for s in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [found[s] for s in range(4)] == expected


def test_grad_mode_is_per_thread():
    seen = []
    with autograd.no_grad():
        t = threading.Thread(target=lambda: seen.append((autograd.is_grad_enabled(), (leaf(1.0) * 2.0).requires_grad)))
        t.start()
        t.join()
        assert not autograd.is_grad_enabled()
    assert seen == [(True, True)]
    assert autograd.is_grad_enabled()


def test_second_backward_says_what_to_do():
    x = leaf(2.0)
    y = x.exp()
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(RuntimeError, match=r"second time.*exp.*retain_graph=True"):
        y.backward()


def test_a_failing_rule_leaves_the_graph_as_it_was():
    x = leaf(2.0)
    y = x.exp()
    handle = y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        y.backward(retain_graph=True)
    handle.remove()
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([2.0]), rtol=1e-6)


def test_backward_inside_backward():
    x = leaf(2.0)

    def inner(g: autograd.Tensor) -> None:
        z = x * 10.0
        assert autograd.grad(z, x)[0].item() == 10
    y = x * x
    y.register_hook(inner)
    (y + x * 5.0).backward()
    assert x.grad.item() == 4 + 5


def test_grad_of_non_leaf_and_unused():
    x, unused = leaf(2.0), leaf(1.0)
    y = x * x
    z = y * 3.0
    gy, gx = autograd.grad(z, (y, x))
    assert (gy.item(), gx.item()) == (3, 12)
    assert x.grad is None
    with pytest.raises(RuntimeError, match="not have been used"):
        autograd.grad(x * 2.0, unused)
    assert autograd.grad(x * 2.0, unused, allow_unused=True) == (None,)
    assert autograd.grad(x * 2.0, unused, materialize_grads=True)[0].item() == 0


def test_grad_does_not_run_rules_it_does_not_need():
    x, y = leaf(2.0), leaf(3.0)
    a = x * 2.0
    b = y.exp()
    b.register_hook(lambda g: pytest.fail("y is not asked for"))
    assert autograd.grad(a + b, x)[0].item() == 2


def test_backward_with_inputs_leaves_others_alone():
    x, y = leaf(2.0), leaf(3.0)
    (x * y).backward(inputs=[x])
    assert x.grad.item() == 3
    assert y.grad is None


def test_batched_grads():
    x = leaf(1.0, 2.0, 3.0)
    y = x * x
    rows = autograd.tensor(np.eye(3, dtype=np.float32))
    jac, = autograd.grad(y, x, rows, is_grads_batched=True)
    np.testing.assert_array_equal(jac.numpy(), np.diag([2, 4, 6]))


def test_several_roots():
    x = leaf(2.0)
    a, b = x * 3.0, x * 5.0
    autograd.backward([a, b], [autograd.tensor([1.0]), autograd.tensor([10.0])])
    assert x.grad.item() == 53


def test_third_derivative():
    x = leaf(2.0)
    y = x * x * x * x
    for expected in (32.0, 48.0, 48.0):
        y, = autograd.grad(y, x, create_graph=True)
        assert y.item() == expected


def test_create_graph_accumulates_differentiable_gradients():
    x = leaf(3.0)
    (x * x).backward(create_graph=True)
    x.grad.sum().backward()
    assert x.grad.item() == 6 + 2


def test_names_and_edges():
    x = leaf(1.0)
    y = (x * x).exp()
    assert y.grad_fn.name() == "ExpBackward0"
    (mul, index), = y.grad_fn.next_functions
    assert mul.name() == "MulBackward0" and index == 0
    assert {e.name() for e, _ in mul.next_functions} == {"AccumulateGrad"}
    assert x.grad_fn is None and x.is_leaf


def test_metadata_is_kept_on_the_node():
    y = leaf(1.0) * 2.0
    y.grad_fn.metadata["note"] = "kept"
    assert y.grad_fn.metadata["note"] == "kept"


def test_what_no_rule_names_is_not_kept_alive():
    x = leaf(1.0, 2.0)
    y = x * 2.0
    array = weakref.ref(y._a)
    z = y + 1.0  # addition needs neither operand
    del y
    assert array() is None
    z.sum().backward()


def test_frozen_operand_lets_the_other_go():
    w = autograd.tensor([3.0])
    x = leaf(2.0)
    y = x * 1.0
    array = weakref.ref(y._a)
    z = y * w  # only w is needed: w takes no gradient
    del y
    assert array() is None
    z.backward()
    assert x.grad.item() == 3


def test_requires_grad_can_be_switched_and_keeps_the_gradient():
    x = leaf(1.0)
    (x * 2.0).backward()
    x.requires_grad_(False)
    assert not x.requires_grad and x.grad.item() == 2
    x.requires_grad_(True)
    (x * 3.0).backward()
    assert x.grad.item() == 5
    y = x * 1.0
    with pytest.raises(RuntimeError, match="leaf variables"):
        y.requires_grad_(False)


def test_grad_keeps_its_identity():
    x = leaf(1.0)
    (x * 2.0).backward()
    g = x.grad
    assert x.grad is g
    (x * 2.0).backward()
    assert x.grad is g and g.item() == 4


def test_gradient_does_not_share_memory_with_what_the_user_gave():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    seed = autograd.tensor([1.0, 1.0])
    (x + y).backward(seed)
    for t in (x, y):
        assert not np.shares_memory(t.grad._a, seed._a)
    assert not np.shares_memory(x.grad._a, y.grad._a)


def test_a_large_gradient_is_kept_without_a_copy():
    x = autograd.ones(1000, requires_grad=True)
    addresses = []

    class Spy(autograd.Function):
        @staticmethod
        def forward(ctx, t):
            return t * 1.0

        @staticmethod
        def backward(ctx, g):
            out = g * 2.0
            addresses.append(out.data_ptr())
            return out

    Spy.apply(x).sum().backward()
    assert x.grad.data_ptr() == addresses[0]


def test_gradients_with_a_graph_share_no_memory() -> None:
    x, y, g = autograd.ones(2, requires_grad=True), autograd.ones(2, requires_grad=True), autograd.ones(2)
    (x + y).backward(g, create_graph=True)
    x.grad.detach().zero_()
    assert y.grad.tolist() == g.tolist() == [1.0, 1.0]


def test_a_retained_gradient_adds_up() -> None:
    x = autograd.ones(2, requires_grad=True)
    y = x * 2
    y.retain_grad()
    s = y.sum()
    s.backward(retain_graph=True)
    s.backward()
    assert y.grad.tolist() == [2.0, 2.0]


def test_backward_adds_to_the_inputs_only() -> None:
    x, y = autograd.ones(2, requires_grad=True), autograd.ones(2, requires_grad=True)
    autograd.backward(x, autograd.ones(2), inputs=[y])
    assert x.grad is None


def test_grad_takes_only_inputs_in_pytorchs_place():
    x = autograd.tensor(3.0, requires_grad=True)
    assert autograd.grad(x * x, x, None, False, False, True, False)[0] == 6
    with pytest.warns(FutureWarning, match="only_inputs"):
        autograd.grad(x * x, x, only_inputs=False)
