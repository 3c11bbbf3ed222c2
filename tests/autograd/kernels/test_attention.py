"""Compiled attention against its NumPy twin and against the formula in double precision."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from autograd.kernels import attention as kernel
from autograd.kernels.compiled.late import choose

pytest.importorskip("numba")

#: queries [..., L, E], keys [..., S, E], the width of values, the shape of a mask, causal.
CASES = [
    ((1, 1), (1, 1), 1, None, False),
    ((5, 3), (7, 3), 2, None, False),
    ((2, 4, 1, 8), (2, 2, 20, 8), 8, (20,), False),
    ((2, 33, 16), (2, 17, 16), 16, (33, 17), False),
    ((2, 3, 64, 16), (2, 3, 64, 16), 16, None, True),
    ((1, 2, 70, 20), (1, 2, 300, 20), 50, None, False),
    ((1, 2, 300, 8), (1, 2, 70, 8), 8, None, True),
    ((1, 1, 290, 64), (1, 1, 290, 64), 64, None, True),
    ((2, 4, 40, 8), (2, 2, 200, 8), 12, (2, 1, 1, 200), False),
    ((2, 4, 40, 8), (2, 1, 35, 8), 8, None, True),
    ((2, 2, 2, 9, 4), (2, 2, 2, 11, 4), 4, (2, 9, 1), False),
    ((2, 2, 2, 9, 4), (2, 2, 1, 11, 4), 4, (11,), False),
    ((2, 4, 1, 64), (2, 2, 2100, 64), 80, (2, 1, 1, 2100), False),
    ((1, 3, 4, 24), (1, 3, 1100, 24), 100, (4, 1100), False),
    ((2, 2, 3, 8), (2, 2, 40, 8), 8, None, True),
    ((2, 1, 16), (2, 5, 16), 16, None, True),
]


def arrays(queries, keys, width, mask, dtype, kind):
    rng = np.random.default_rng(0)
    q, k = rng.normal(size=queries).astype(dtype), rng.normal(size=keys).astype(dtype)
    v = rng.normal(size=(*keys[:-1], width)).astype(dtype)
    g = rng.normal(size=(*queries[:-1], width)).astype(dtype)
    if mask is not None:
        mask = rng.normal(size=mask).astype(dtype) if kind == "numbers" else rng.random(mask) < 0.7
    return g, q, k, v, mask


def compute(g, q, k, v, mask, causal, choice, scale=0.3):
    with choose(choice), np.errstate(all="ignore"):
        out, sums = kernel.attention(q, k, v, mask, causal, scale)
        return out, sums, *kernel.attention_grad(g, q, k, v, out, sums, mask, causal, scale)


def formula(g, q, k, v, mask, causal, scale=0.3):
    """The same in double precision, with all scores at once."""
    g, q, k, v = (x.astype(np.float64) for x in (g, q, k, v))
    heads = 1 if q.ndim < 3 else q.shape[-3] // k.shape[-3]
    keys, values = (x if heads == 1 else x.repeat(heads, -3) for x in (k, v))
    s = q @ keys.swapaxes(-1, -2) * scale
    if mask is not None:
        s = np.where(mask, s, -np.inf) if mask.dtype == bool else s + mask
    if causal:
        s = np.where(np.tri(*s.shape[-2:], dtype=bool), s, -np.inf)
    high = s.max(-1, keepdims=True)
    e = np.exp(s - np.where(high == -np.inf, 0, high))
    total = e.sum(-1, keepdims=True)
    p = e / np.where(total == 0, 1, total)
    with np.errstate(divide="ignore"):
        sums = np.where(total == 0, np.inf, high + np.log(total))[..., 0]
    slope = g @ values.swapaxes(-1, -2)
    slope = p * (slope - (slope * p).sum(-1, keepdims=True))

    def shared(x, like):
        return x if heads == 1 else x.reshape(*like.shape[:-2], heads, *like.shape[-2:]).sum(-3)
    return (p @ values, sums, slope @ keys * scale, shared(slope.swapaxes(-1, -2) @ q * scale, k),
            shared(p.swapaxes(-1, -2) @ g, v))


@pytest.mark.parametrize("kind", ["numbers", "booleans"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_formula(case, dtype, kind):
    *shapes, causal = case
    given = arrays(*shapes, dtype, kind)
    expected = formula(*given, causal)
    eps, terms = np.finfo(dtype).eps, sum(x.shape[-1] + x.shape[-2] for x in given[1:4])
    for choice in ("now", "0"):
        for found, right in zip(compute(*given, causal, choice), expected, strict=True):
            assert found.dtype == dtype and found.shape == right.shape
            size = np.abs(right[np.isfinite(right)]).max(initial=1)
            np.testing.assert_allclose(found, right, rtol=0, atol=4 * eps * np.sqrt(terms) * size)


@pytest.mark.parametrize("choice", ["now", "0"])
def test_queries_without_a_key(choice):
    g, q, k, v, _ = arrays((1, 2, 40, 8), (1, 2, 300, 8), 8, None, "float32", None)
    for mask in (np.ones((40, 300), bool), np.zeros((40, 300), "float32")):
        mask[[0, 17, 39]] = False if mask.dtype == bool else -np.inf
        mask[3, :290] = False if mask.dtype == bool else -np.inf  # none among the first blocks
        out, sums, g_q, _, _ = found = compute(g, q, k, v, mask, False, choice)
        assert (out[..., [0, 17, 39], :] == 0).all() and (g_q[..., [0, 17, 39], :] == 0).all()
        assert (sums[..., [0, 17, 39]] == np.inf).all()
        for a, right in zip(found, formula(g, q, k, v, mask, False), strict=True):
            np.testing.assert_allclose(a, right, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("queries", [1, 4])
@pytest.mark.parametrize("choice", ["now", "0"])
def test_few_queries_without_a_key(choice, queries):
    g, q, k, v, _ = arrays((2, queries, 8), (2, 2500, 8), 8, None, "float32", None)
    for seen in (slice(0), slice(2499, None), slice(5)):  # no key, one of the last block, those of the first
        mask = np.zeros((queries, 2500), bool)
        mask[0, seen] = True
        mask[1:] = True
        found = compute(g, q, k, v, mask, False, choice)
        for a, right in zip(found, formula(g, q, k, v, mask, False), strict=True):
            np.testing.assert_allclose(a, right, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("choice", ["now", "0"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_one_query_and_numbers_that_are_none(value, choice):
    g, q, k, v, _ = arrays((1, 1, 8), (1, 1500, 8), 8, None, "float32", None)
    k[0, 1400, 2] = value
    assert np.isnan(compute(g, np.abs(q), k, v, None, False, choice)[0]).all()


@pytest.mark.parametrize("choice", ["now", "0"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_infinite_and_missing_numbers(value, choice):
    g, q, k, v, _ = arrays((1, 1, 60, 8), (1, 1, 60, 8), 8, None, "float32", None)
    q = np.abs(q)
    k[0, 0, 41, 2] = value
    out = compute(g, q, k, v, None, True, choice)[0]
    assert np.isfinite(out[..., :41, :]).all()
    if value == -np.inf:  # that key has no weight
        others = np.delete(k, 41, 2), np.delete(v, 41, 2)
        right = formula(g[..., 42:, :], q[..., 42:, :], *others, np.tri(18, 59, 41, dtype=bool), False)[0]
        np.testing.assert_allclose(out[..., 42:, :], right, rtol=1e-5, atol=1e-5)
    else:
        assert np.isnan(out[..., 41:, :]).all()


def test_scores_far_apart():
    g, q, k, v, _ = arrays((2, 80, 8), (2, 400, 8), 8, None, "float32", None)
    for factor in (1e-30, 30.0, 1e4):
        given = g, q * np.float32(factor), k, v
        for choice in ("now", "0"):
            found = compute(*given, None, False, choice)[0]
            scores = np.abs(given[1] @ k.swapaxes(1, 2)).max() * 0.3
            rounding = 4 * np.finfo("float32").eps * max(1, scores)
            np.testing.assert_allclose(found, formula(*given, None, False)[0], rtol=0, atol=4 * rounding)


def test_layouts():
    g, q, k, v, _ = arrays((2, 3, 36, 16), (2, 3, 36, 16), 16, None, "float32", None)
    expected = compute(g, q, k, v, None, True, "now")
    joined = np.concatenate([x.transpose(0, 2, 1, 3).reshape(2, 36, 48) for x in (q, k, v)], 2)
    sections = [x.reshape(2, 36, 3, 16).transpose(0, 2, 1, 3) for x in np.split(joined, 3, 2)]
    for forms in (sections, [x.copy("F") for x in (q, k, v)], [np.repeat(x, 2, 3)[..., ::2] for x in (q, k, v)],
                  [x[..., ::-1].copy()[..., ::-1] for x in (q, k, v)]):
        for found, right in zip(compute(g.copy("F"), *forms, None, True, "now"), expected, strict=True):
            np.testing.assert_array_equal(found, right)
    g_q, g_k, g_v = compute(g, *sections, None, True, "now")[2:]
    assert g_q.base is g_k.base is g_v.base and g_q.base.shape == (2, 36, 144)
    assert [x.strides for x in (g_q, g_k, g_v)] == [x.strides for x in sections]


def test_a_range_of_heads_gives_the_same_bits():
    g, q, k, v, _ = arrays((2, 6, 50, 8), (2, 3, 50, 8), 8, None, "float32", None)
    out, sums, *grads = compute(g, q, k, v, None, True, "now")
    again, more = np.empty_like(out), np.empty_like(sums)
    found = [np.empty_like(x) for x in (q, k, v)]
    options = kernel._biases(q, k, None), 0.3, True
    with choose("now"):
        forward, backward = kernel._kernel(q, k, v, False), kernel._kernel(q, k, v, True)
    for start, stop in ((4, 6), (0, 1), (1, 4)):
        forward(q, k, v, again, more, *options, start, stop)
        backward(g, q, k, v, out, sums, *found, *options, start, stop)
    for a, b in zip([out, sums, *grads], [again, more, *found], strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_is_left_to_numpy():
    with choose("now"):
        for shape, dtype in (((0, 3), "float32"), ((3, 0), "float32"), ((3, 3), "float16")):
            x = np.ones(shape, dtype)
            assert kernel._kernel(x, x, x, False) is None
        one = np.ones((1, 3), "float32")
        assert kernel._kernel(one, one, one, False) is not None and kernel._kernel(one, one, one, True) is None


@pytest.mark.parametrize("choice", ["now", "0"])
def test_scores_are_never_there_all_at_once(choice):
    length = 4096
    g, q, k, v, _ = arrays((1, 1, length, 8), (1, 1, length, 8), 8, None, "float32", None)
    compute(g, q, k, v, None, True, choice)  # what is compiled stays
    tracemalloc.start()
    compute(g, q, k, v, None, True, choice)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (length ** 2 if choice == "0" else 12 * q.size) * q.itemsize


@pytest.mark.parametrize("queries", [13, 3, 1])
def test_a_processor_without_masks(queries):
    """The narrowest vectors, whose loads have no masks, on any processor."""
    from autograd.kernels import attention_tiles
    from autograd.kernels.vectors.ir import Target

    target = Target(16, 16, False, False)
    assert attention_tiles.whole_vectors(target) == 16
    forward, backward = (attention_tiles.compiled("float32", which, target) for which in (False, True))
    g, q, k, v, mask = arrays((1, 2, queries, 8), (1, 2, 70, 8), 20, (queries, 70), "float32", "booleans")
    out, sums, *grads = (np.empty_like(x) for x in (g, g[..., 0], q, k, v))
    options = kernel._biases(q, k, mask), 0.3, False, 0, 2
    forward(q, k, v, out, sums, *options)
    backward(g, q, k, v, out, sums, *grads, *options)
    for a, b in zip([out, sums, *grads], formula(g, q, k, v, mask, False), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
