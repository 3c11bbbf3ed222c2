"""no_grad and its kin, inference mode, anomaly mode, saved-tensor hooks, checkpointing."""

from __future__ import annotations

import numpy as np
import pytest

import autograd


def leaf(*values: float) -> autograd.Tensor:
    return autograd.tensor(list(values), requires_grad=True)


def test_no_grad_as_context_and_decorator():
    x = leaf(1.0)
    with autograd.no_grad():
        assert not (x * 2.0).requires_grad
        with autograd.enable_grad():
            assert (x * 2.0).requires_grad
    assert (x * 2.0).requires_grad

    @autograd.no_grad()
    def f(t):
        return t * 2.0

    @autograd.no_grad
    def g(t):
        return t * 2.0
    assert not f(x).requires_grad and not g(x).requires_grad
    assert autograd.is_grad_enabled()


def test_no_grad_ends_when_the_block_raises():
    with pytest.raises(ValueError), autograd.no_grad():
        raise ValueError
    assert autograd.is_grad_enabled()


def test_no_grad_generator_holds_only_while_it_runs():
    @autograd.no_grad()
    def numbers():
        seen = yield autograd.is_grad_enabled()
        yield seen, autograd.is_grad_enabled()

    generator = numbers()
    assert next(generator) is False
    assert autograd.is_grad_enabled()
    assert generator.send("sent") == ("sent", False)
    generator.close()
    assert autograd.is_grad_enabled()


def test_set_grad_enabled():
    x = leaf(1.0)
    with autograd.set_grad_enabled(False):
        assert not (x * 2.0).requires_grad
    assert autograd.is_grad_enabled()
    autograd.set_grad_enabled(False)
    assert not autograd.is_grad_enabled()
    autograd.set_grad_enabled(True)
    assert autograd.is_grad_enabled()

    @autograd.set_grad_enabled(False)
    def f():
        return autograd.is_grad_enabled()
    assert autograd.is_grad_enabled() and f() is False


def test_one_mode_object_may_be_entered_twice():
    mode = autograd.no_grad()
    with mode, mode:
        assert not autograd.is_grad_enabled()
    assert autograd.is_grad_enabled()


def test_inference_mode():
    x = leaf(1.0, 2.0)
    with autograd.inference_mode():
        y = x * 2.0
        assert autograd.is_inference_mode_enabled() and not y.requires_grad
        y.add_(1.0)
    assert y.is_inference() and not x.is_inference()
    with pytest.raises(RuntimeError, match="inference tensor"):
        y.add_(1.0)
    with pytest.raises(RuntimeError, match="[Ii]nference"):  # noqa: RUF043
        (x * y).sum().backward()
    with pytest.raises(RuntimeError, match="version counter"):
        _ = y._version
    (x * y.clone()).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3, 5])


def test_anomaly_mode_names_the_forward_line():
    x = leaf(0.0)
    with autograd.detect_anomaly():
        y = x.sqrt() * 0.0  # the line that is named
        with pytest.raises(RuntimeError, match=r"SqrtBackward0.*nan(.|\n)*test_modes.py(.|\n)*the line that is named"):
            y.backward()
    assert not autograd.is_anomaly_enabled()


def test_anomaly_mode_adds_the_forward_line_to_errors():
    class Bad(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1.0

        @staticmethod
        def backward(ctx, g):
            raise KeyError("inside")

    with autograd.detect_anomaly(check_nan=False):
        y = Bad.apply(leaf(1.0))
        with pytest.raises(KeyError) as caught:
            y.backward()
    assert any("test_modes.py" in note for note in caught.value.__notes__)


def test_set_detect_anomaly():
    autograd.set_detect_anomaly(True)
    assert autograd.is_anomaly_enabled()
    autograd.set_detect_anomaly(False)
    assert not autograd.is_anomaly_enabled()
    with autograd.set_detect_anomaly(True):
        assert autograd.is_anomaly_enabled()
    assert not autograd.is_anomaly_enabled()


def test_saved_tensor_hooks_see_and_replace_what_is_saved():
    x = leaf(1.0, 2.0)
    packed = []

    def pack(t):
        packed.append(t)
        return t * 10.0
    with autograd.saved_tensors_hooks(pack, lambda t: t / 10.0):
        y = (x * x).sum()
    assert len(packed) == 2
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), [2, 4], rtol=1e-6)


def test_saved_tensor_hooks_and_double_backward():
    x = leaf(2.0)
    with autograd.saved_tensors_hooks(lambda t: t, lambda t: t):
        y = x * x * x
    g, = autograd.grad(y, x, create_graph=True)
    assert autograd.grad(g, x)[0].item() == 12


def test_saved_tensor_hooks_of_functions():
    class Square(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return g * 2.0 * ctx.saved_tensors[0]
    x = leaf(3.0)
    count = []
    with autograd.saved_tensors_hooks(lambda t: count.append(1) or t, lambda t: t):
        y = Square.apply(x)
    y.backward()
    assert count and x.grad.item() == 6


def test_unpack_must_return_a_tensor():
    x = leaf(3.0)
    with autograd.saved_tensors_hooks(lambda t: t, lambda t: None):
        y = x.exp()
    with pytest.raises(TypeError, match="unpack_hook"):
        y.backward()


def test_save_on_cpu_protects_against_later_writes():
    x = leaf(1.0)
    with autograd.save_on_cpu():
        y = x * 1.0
        z = y * y
    y.detach().zero_()
    z.backward()
    assert x.grad.item() == 2


def _block(t):
    return (t.exp().sin() * t).tanh()


def test_checkpoint_gives_the_same_gradients():
    a, b = leaf(0.3, -0.7), leaf(0.3, -0.7)
    _block(_block(a)).sum().backward()
    autograd.checkpoint(_block, autograd.checkpoint(_block, b, use_reentrant=False)).sum().backward()
    np.testing.assert_array_equal(a.grad.numpy(), b.grad.numpy())


def test_checkpoint_to_second_order():
    x = leaf(0.3)
    expected, = autograd.grad(autograd.grad(_block(x), x, create_graph=True)[0], x)
    g, = autograd.grad(autograd.checkpoint(_block, x), x, create_graph=True)
    np.testing.assert_allclose(autograd.grad(g, x)[0].numpy(), expected.numpy(), rtol=1e-6)


def test_checkpoint_keeps_nothing_and_recomputes_once():
    x = leaf(0.3, 0.4)
    runs = []

    def f(t):
        runs.append(1)
        return t.exp().exp().exp()
    y = autograd.checkpoint(f, x)
    assert len(runs) == 1
    y.sum().backward()
    assert len(runs) == 2


def test_checkpoint_sees_the_same_random_numbers():
    autograd.manual_seed(0)
    x = autograd.ones(100, requires_grad=True)
    masks = []

    def f(t):
        mask = autograd.bernoulli(autograd.full((100,), 0.5))
        masks.append(mask)
        return t * mask * t
    y = autograd.checkpoint(f, x)
    after = autograd.rand(1)
    y.sum().backward()
    np.testing.assert_array_equal(masks[0].numpy(), masks[1].numpy())
    np.testing.assert_array_equal(x.grad.numpy(), 2 * masks[0].numpy())
    autograd.manual_seed(0)
    autograd.bernoulli(autograd.full((100,), 0.5))
    assert after.item() == autograd.rand(1).item()


def test_checkpoint_of_a_function_that_changes_is_refused():
    x = leaf(0.3)
    runs = []

    def f(t):
        runs.append(1)
        return t.exp() if len(runs) > 1 else t.exp().exp()
    y = autograd.checkpoint(f, x)
    with pytest.raises(RuntimeError, match="different number of tensors"):
        y.backward()


def test_checkpoint_sequential():
    x, y = leaf(0.3), leaf(0.3)
    functions = [_block, _block, _block]
    autograd.checkpoint_sequential(functions, 2, x).backward()
    _block(_block(_block(y))).backward()
    assert x.grad.item() == y.grad.item()
