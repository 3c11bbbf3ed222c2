"""Embeddings, bags, one-hot vectors, and attention: meaning, edges, errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

import autograd
from autograd import tensor
from nn import functional as F

RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(6, 3))


def test_rows_and_where_their_gradient_goes():
    weight = tensor(TABLE, requires_grad=True)
    index = tensor([[1, 4], [4, 4]])
    out = F.embedding(index, weight)
    np.testing.assert_array_equal(out.detach().numpy(), TABLE[[[1, 4], [4, 4]]])
    out.sum().backward()
    assert weight.grad[:, 0].tolist() == [0, 1, 0, 0, 3, 0]


def test_padding_and_frequency_change_the_gradient_only():
    index = tensor([1, 4, 4, 2])
    for options, expected in (({"padding_idx": 4}, [0, 1, 1, 0, 0, 0]), ({"padding_idx": -2}, [0, 1, 1, 0, 0, 0]),
                              ({"scale_grad_by_freq": True}, [0, 1, 1, 0, 1, 0])):
        weight = tensor(TABLE, requires_grad=True)
        out = F.embedding(index, weight, **options)
        np.testing.assert_array_equal(out.detach().numpy(), TABLE[[1, 4, 4, 2]])
        out.sum().backward()
        assert weight.grad[:, 0].tolist() == expected


def test_rows_in_use_shrink_in_place():
    weight = tensor(TABLE * 10)
    F.embedding(tensor([1, 3]), weight, max_norm=2.0)
    norms = np.linalg.norm(weight.numpy(), axis=1)
    np.testing.assert_allclose(norms[[1, 3]], 2, rtol=1e-6)
    np.testing.assert_array_equal(weight.numpy()[[0, 2, 4, 5]], TABLE[[0, 2, 4, 5]] * 10)


@pytest.mark.parametrize(("index", "options", "kind", "words"), [
    ([6], {}, IndexError, "index out of range in self"), ([-1], {}, IndexError, "index out of range in self"),
    ([1.0], {}, RuntimeError, "Long, Int"), ([1], {"padding_idx": 6}, AssertionError, "within num_embeddings"),
    ([1], {"sparse": True}, NotImplementedError, "sparse=False"),
])
def test_embedding_errors(index, options, kind, words):
    with pytest.raises(kind, match=words):
        F.embedding(tensor(index), tensor(TABLE), **options)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_bags(mode):
    reduce = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode]
    index, offsets = [5, 0, 1, 3, 3], [0, 2, 2, 3]
    bags = [[5, 0], [], [1], [3, 3]]
    expected = [reduce(TABLE[b], axis=0) if b else np.zeros(3) for b in bags]
    found = F.embedding_bag(tensor(index), tensor(TABLE), tensor(offsets), mode=mode)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)
    closed = F.embedding_bag(tensor(index), tensor(TABLE), tensor([*offsets, 5]), mode=mode, include_last_offset=True)
    np.testing.assert_array_equal(closed.numpy(), found.numpy())
    without = F.embedding_bag(tensor([[5, 0, 1], [0, 0, 0]]), tensor(TABLE), mode=mode, padding_idx=0)
    np.testing.assert_allclose(without.numpy(), [reduce(TABLE[[5, 1]], axis=0), np.zeros(3)], rtol=1e-12)


def test_weighted_bags():
    w = tensor([2.0, -1.0, 0.5], dtype=autograd.float64, requires_grad=True)
    found = F.embedding_bag(tensor([0, 1, 2]), tensor(TABLE), tensor([0, 2]), mode="sum", per_sample_weights=w)
    np.testing.assert_allclose(found.detach().numpy(), [2 * TABLE[0] - TABLE[1], TABLE[2] / 2], rtol=1e-12)
    found.sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), TABLE[:3].sum(1), rtol=1e-12)


@pytest.mark.parametrize(("arguments", "options", "kind", "words"), [
    (([1, 2], None), {}, ValueError, "offsets has to be a 1D Tensor"),
    (([[1, 2]], [0]), {}, ValueError, "offsets has to be None"), (([1, 2], [1]), {}, RuntimeError,
                                                                  r"offsets\[0\] has to be 0"),
    (([1, 2], [0, 3]), {}, RuntimeError, "can not be greater than input's length"),
    (([1, 2], [0]), {"mode": "other"}, ValueError, "sum, mean or max"),
    (([1, 2], [0]), {"per_sample_weights": autograd.ones(2)}, NotImplementedError, "mode='sum'"),
    (([1, 2], [0]), {"per_sample_weights": autograd.ones(3), "mode": "sum"}, ValueError, "same shape as the input"),
])
def test_bag_errors(arguments, options, kind, words):
    index, offsets = arguments
    with pytest.raises(kind, match=words):
        F.embedding_bag(tensor(index), tensor(TABLE), None if offsets is None else tensor(offsets), **options)


def test_one_hot():
    np.testing.assert_array_equal(F.one_hot(tensor([[0], [2]])).numpy(), np.eye(3, dtype=int)[[[0], [2]]])
    assert F.one_hot(tensor(1), 4).tolist() == [0, 1, 0, 0]
    assert F.one_hot(autograd.zeros(0, dtype=autograd.int64), 3).shape == (0, 3)
    for index, classes, words in (([3], 3, "smaller than num_classes"), ([-1], 3, "non-negative"),
                                  ([1.0], 3, "LongTensor"),
                                  ([], -1, "empty")):
        with pytest.raises(RuntimeError, match=words):
            F.one_hot(tensor(index, dtype=None if index else autograd.int64), classes)


# --- attention --------------------------------------------------------------------------------------------


def attention(q, k, v, mask=0.0, scale=None):
    scores = q @ np.swapaxes(k, -1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale) + mask
    return special.softmax(scores, -1) @ v


def test_attention_is_its_formula():
    q, k, v = RNG.normal(size=(2, 3, 4, 5)), RNG.normal(size=(2, 3, 6, 5)), RNG.normal(size=(2, 3, 6, 2))
    a, b, c = map(tensor, (q, k, v))
    bias, keep = RNG.normal(size=(4, 6)), RNG.uniform(size=(4, 6)) < 0.7
    keep[:, 0] = True
    close = {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(F.scaled_dot_product_attention(a, b, c).numpy(), attention(q, k, v), **close)
    np.testing.assert_allclose(F.scaled_dot_product_attention(a, b, c, tensor(bias), scale=0.3).numpy(),
                               attention(q, k, v, bias, 0.3), **close)
    np.testing.assert_allclose(F.scaled_dot_product_attention(a, b, c, tensor(keep)).numpy(),
                               attention(q, k, v, np.where(keep, 0, -math.inf)), **close)
    causal = np.where(np.tril(np.ones((4, 6))) > 0, 0, -math.inf)
    np.testing.assert_allclose(F.scaled_dot_product_attention(a, b, c, is_causal=True).numpy(),
                               attention(q, k, v, causal), **close)


def test_a_query_without_keys_gets_zeros():
    x = autograd.ones(2, 3, requires_grad=True)
    keep = tensor([[True, False], [False, False]])
    out = F.scaled_dot_product_attention(x, x, x, keep)
    assert out.tolist() == [[1, 1, 1], [0, 0, 0]]
    out.sum().backward()
    assert x.grad.isfinite().all()


def test_groups_of_heads_share_keys():
    q, k, v = RNG.normal(size=(2, 6, 4, 5)), RNG.normal(size=(2, 2, 4, 5)), RNG.normal(size=(2, 2, 4, 5))
    found = F.scaled_dot_product_attention(*map(tensor, (q, k, v)), enable_gqa=True)
    np.testing.assert_allclose(found.numpy(), attention(q, k.repeat(3, 1), v.repeat(3, 1)), rtol=1e-10)


def test_attention_errors():
    x = autograd.ones(2, 3)
    with pytest.raises(RuntimeError, match="should not be set when is_causal"):
        F.scaled_dot_product_attention(x, x, x, autograd.ones(2, 2), is_causal=True)
    with pytest.raises(RuntimeError, match="attn_mask dtype to be bool"):
        F.scaled_dot_product_attention(x, x, x, autograd.ones(2, 2, dtype=autograd.int64))
    with pytest.raises(RuntimeError, match="same dtype"):
        F.scaled_dot_product_attention(x, x.double(), x)


def test_two_heads_are_two_attentions():
    x = RNG.normal(size=(5, 4))
    w, out = RNG.normal(size=(12, 4)), RNG.normal(size=(4, 4))
    q, k, v = (x @ part.T for part in np.split(w, 3))
    heads = [attention(q[:, s], k[:, s], v[:, s]) for s in (slice(0, 2), slice(2, 4))]
    t = tensor(x)
    found, weights = F.multi_head_attention_forward(t, t, t, 4, 2, tensor(w), None, None, None, False, 0.0, tensor(out),
                                                    None)
    np.testing.assert_allclose(found.numpy(), np.concatenate(heads, 1) @ out.T, rtol=1e-10)
    np.testing.assert_allclose(weights.numpy().sum(-1), 1, rtol=1e-12)
    again, none = F.multi_head_attention_forward(t, t, t, 4, 2, tensor(w), None, None, None, False, 0.0, tensor(out),
                                                 None,
                                                 need_weights=False)
    assert none is None
    np.testing.assert_allclose(again.numpy(), found.numpy(), rtol=1e-10)


def test_padded_keys_do_not_matter():
    x = RNG.normal(size=(4, 1, 4))
    w, out = tensor(RNG.normal(size=(12, 4))), tensor(np.eye(4))

    def attend(values):
        t = tensor(values)
        padding = tensor([[False, False, False, True]])
        return F.multi_head_attention_forward(t[:3], t, t, 4, 2, w, None, None, None, False, 0.0, out, None,
                                              key_padding_mask=padding)[0].numpy()
    other = x.copy()
    other[3] += 7
    np.testing.assert_array_equal(attend(x), attend(other))


def test_head_errors():
    t, w, out = autograd.ones(3, 4), autograd.ones(12, 4), autograd.ones(4, 4)

    def attend(width=4, heads=2, **options):
        return F.multi_head_attention_forward(t, t, t, width, heads, w, None, None, None, False, 0.0, out, None,
                                              **options)
    with pytest.raises(AssertionError, match="embedding dimension of 5"):
        attend(5)
    with pytest.raises(AssertionError, match="not divisible by num_heads"):
        attend(heads=3)
    with pytest.raises(RuntimeError, match="2D attn_mask"):
        attend(attn_mask=autograd.ones(2, 3))
    with pytest.raises(RuntimeError, match="Need attn_mask"):
        attend(is_causal=True)
