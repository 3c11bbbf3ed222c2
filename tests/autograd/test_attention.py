"""Attention in one node: what it shares, keeps, refuses and leaves to products."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.kernels.compiled.late import choose
from autograd.ops import splitting
from nn import functional as F


def heads(*shape, seed=0):
    autograd.manual_seed(seed)
    return [autograd.randn(*shape, dtype=autograd.float64, requires_grad=True) for _ in range(3)]


def test_one_node():
    q, k, v = heads(2, 3, 5, 4)
    for options in ({}, {"is_causal": True}, {"attn_mask": autograd.ones(5, 5, dtype=autograd.bool)}):
        out = F.scaled_dot_product_attention(q, k, v, **options)
        assert out.grad_fn.name() == "ScaledDotProductFlashAttentionForCpuBackward0"
        assert out.is_contiguous() and {edge[0].name() for edge in out.grad_fn.next_functions if edge[0]} == {
            "AccumulateGrad"}


def test_what_takes_several_nodes():
    q, k, v = heads(2, 3, 5, 4)
    bias = autograd.zeros(5, 5, dtype=autograd.float64, requires_grad=True)
    found = F.scaled_dot_product_attention(q, k, v, bias)
    np.testing.assert_allclose(found.numpy(force=True), F.scaled_dot_product_attention(q, k, v).numpy(force=True),
                               rtol=1e-12)
    found.sum().backward()
    assert bias.grad.abs().max() > 0
    assert F.scaled_dot_product_attention(q, k[:1], v[:1]).shape == q.shape  # dimensions in front broadcast
    half = [x.detach().half() for x in (q, k, v)]
    assert F.scaled_dot_product_attention(*half).dtype == autograd.float16


@pytest.mark.parametrize("choice", ["0", "now"])
def test_the_gradients_of_one_projection_are_written_side_by_side(choice, monkeypatch):
    if choice == "now":
        pytest.importorskip("numba")
    joined = []
    found_by = splitting._joined_already
    monkeypatch.setattr(splitting, "_joined_already", lambda *args: joined.append(found_by(*args)) or joined[-1])
    autograd.manual_seed(0)
    x = autograd.randn(2, 6, 24, dtype=autograd.float64, requires_grad=True)

    def attend(parts):
        q, k, v = (p.reshape(2, 6, 2, 4).transpose(1, 2) for p in parts)
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    with choose(choice):
        attend(x.split(8, 2)).sum().backward()
        first, x.grad = x.grad, None
        attend([x[..., i:i + 8] for i in (0, 8, 16)]).sum().backward()
    assert (joined[0] is not None) == (choice == "now")
    np.testing.assert_array_equal(first.numpy(), x.grad.numpy())


def test_parts_that_are_not_side_by_side():
    x = autograd.arange(6.).requires_grad_()
    a, b = x.split(3)
    g = autograd.arange(6.)
    autograd.backward([b, a], [g[:3], g[3:]])
    assert x.grad.tolist() == [3, 4, 5, 0, 1, 2]
    whole = np.arange(6.)
    parts = whole[:3], whole[3:]
    assert splitting._joined_already(parts, 0, (6,)) is whole
    assert splitting._joined_already(parts[::-1], 0, (6,)) is None
    assert splitting._joined_already((parts[0], None), 0, (6,)) is None
    assert splitting._joined_already((whole[:3], whole[2:5]), 0, (6,)) is None
    assert splitting._joined_already((whole[::2], whole[1::2]), 0, (6,)) is None


def test_a_written_output_is_noticed():
    q, k, v = heads(2, 5, 4)
    out = F.scaled_dot_product_attention(q, k, v)
    with autograd.no_grad():
        out.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()


@pytest.mark.parametrize("choice", ["0", "now"])
def test_derivatives_of_derivatives(choice):
    if choice == "now":
        pytest.importorskip("numba")
    from autograd.testing import gradcheck, gradgradcheck

    q, k, v = heads(1, 2, 4, 3)
    few = [x[:, :1].detach().requires_grad_() for x in (k, v)]
    mask = autograd.tensor([[True, False, False, True], [False] * 4, [True] * 4, [True, True, False, False]])

    def masked(q, k, v):
        return F.scaled_dot_product_attention(q, k, v, mask, scale=-0.7, enable_gqa=True)
    with choose(choice):
        for inputs in ((q, k, v), (q, *few)):
            assert gradcheck(masked, inputs) and gradgradcheck(masked, inputs)
        assert gradgradcheck(lambda *x: F.scaled_dot_product_attention(*x, is_causal=True), (q, k, v))
