"""Random numbers: frozen draws, states, generators, in-place fills, distributions."""

from __future__ import annotations

import copy
import pickle
import zlib

import numpy as np
import pytest
from scipy import stats

import autograd


def draws():
    """One of each distribution, in this order, from one seed."""
    m = autograd
    weights = m.tensor([0.1, 0.2, 0.3, 0.4])
    return [
        m.rand(3), m.rand(2, dtype=m.float64), m.randn(3), m.randn(2), m.randint(100, (4,)), m.randint(0, 2**40, (2,)),
        m.randperm(8), m.empty(8).bernoulli_(0.3), m.empty(2).exponential_(), m.empty(3).geometric_(0.3),
        m.empty(2).cauchy_(), m.empty(2).log_normal_(), m.poisson(m.tensor([0.5, 5.0, 50.0, 500.0])),
        m.multinomial(weights, 3), m.multinomial(weights, 8, True), m.empty(2, dtype=m.int64).random_(),
        m.rand(3, dtype=m.float16), m.normal(m.tensor([10.0, 20.0]), m.tensor([1.0, 2.0]))]


#: What PyTorch 2.13 draws.
FROZEN = [
    [0.028979241847991943, 0.4018985629081726, 0.25984418392181396], [0.9331309498442351, 0.6051582266610067],
    [-0.044578004628419876, -1.45167875289917, -1.292293667793274], [-0.03659534081816673, -0.7331019043922424],
    [82, 98, 32, 80], [947828256069, 346658415561], [7, 4, 2, 0, 6, 3, 5, 1], [1, 0, 0, 1, 0, 0, 0, 1],
    [0.022686516866087914, 0.6365405917167664], [4, 1, 3], [11.713090896606445, -0.8106626868247986],
    [4.2168965339660645, 5.1507110595703125], [0, 3, 45, 495], [2, 0, 3], [3, 1, 0, 1, 2, 0, 3, 2],
    [7602325414283764623, 5359224329264300042], [0.97265625, 0.97412109375, 0.453369140625],
    [8.981271743774414, 20.913724899291992],
]


def test_frozen_draws():
    autograd.manual_seed(1234)
    for ours, frozen in zip(draws(), FROZEN, strict=True):
        np.testing.assert_allclose(ours.numpy(), frozen, rtol=2e-7)


def test_frozen_blocks_of_normal_numbers():
    autograd.manual_seed(1234)
    single, double, odd = autograd.randn(1000), autograd.randn(1000, dtype=autograd.float64), autograd.randn(37)
    assert zlib.crc32(single.numpy().tobytes()) == 2460168745
    np.testing.assert_allclose(double.numpy()[[0, 1, 2, -1]], [
        0.09777317316922726, -0.6996283263886632, 0.09193360722437587, -0.9164619112602584], rtol=1e-14)
    assert zlib.crc32(odd.numpy().tobytes()) == 260339485


def test_state_has_the_layout_of_pytorch():
    autograd.manual_seed(1234)
    autograd.randn(3)
    state = autograd.get_rng_state()
    assert state.dtype is autograd.uint8 and state.shape == (5056,)
    data = state.numpy().tobytes()
    assert data[:24] == bytes([210, 4, *[0] * 6, 105, 2, 0, 0, 1, 0, 0, 0, 8, *[0] * 7])  # seed, left, seeded, next
    np.testing.assert_allclose(np.frombuffer(data, "<f8", 3, 5016), [0, 0.21673823500721034, 0])  # the stored normal
    assert autograd.rand(2).tolist() == [0.6738061308860779, 0.33146196603775024]


def test_state_goes_round():
    for before in (lambda: None, lambda: autograd.rand(624), lambda: autograd.randn(3), lambda: autograd.rand(1000)):
        autograd.manual_seed(5)
        before()
        state = autograd.get_rng_state()
        first = [t.tolist() for t in draws()]
        autograd.set_rng_state(state)
        assert autograd.get_rng_state().tolist() == state.tolist()
        assert [t.tolist() for t in draws()] == first


@pytest.mark.parametrize(("state", "error"), [
    (autograd.zeros(5056, dtype=autograd.uint8), RuntimeError),
    (autograd.zeros(10, dtype=autograd.uint8), RuntimeError), (autograd.zeros(5056), TypeError), (b"", TypeError)])
def test_states_that_are_none(state, error):
    before = autograd.get_rng_state().tolist()
    with pytest.raises(error):
        autograd.set_rng_state(state)
    assert autograd.get_rng_state().tolist() == before


def test_seeds():
    assert autograd.manual_seed(-1) is autograd.default_generator
    assert autograd.initial_seed() == 2**64 - 1
    assert autograd.seed() == autograd.initial_seed() != autograd.seed()
    with pytest.raises(ValueError, match="64 bits"):
        autograd.manual_seed(2**64)
    with pytest.raises(TypeError):
        autograd.manual_seed(1.5)


def test_generators_are_independent():
    g = autograd.Generator().manual_seed(3)
    autograd.manual_seed(3)
    expected = autograd.rand(4).tolist()
    autograd.rand(100)
    assert autograd.rand(4, generator=g).tolist() == expected
    clone = g.clone_state()
    copies = [clone, copy.deepcopy(g), pickle.loads(pickle.dumps(g))]
    wanted = autograd.randn(5, generator=g).tolist()
    for other in copies:
        assert autograd.randn(5, generator=other).tolist() == wanted
    assert g.initial_seed() == clone.initial_seed() == 3
    assert g.device == autograd.device("cpu")
    with pytest.raises(TypeError, match="Generator expected"):
        autograd.rand(2, generator=7)


def test_fork_rng():
    autograd.manual_seed(0)
    with autograd.random.fork_rng():
        inside = autograd.rand(3).tolist()
    assert autograd.rand(3).tolist() == inside
    with autograd.random.fork_rng(enabled=False):
        autograd.rand(1)
    autograd.manual_seed(0)
    with pytest.raises(KeyError), autograd.random.fork_rng():
        autograd.rand(3)
        raise KeyError
    assert autograd.rand(3).tolist() == inside


# --- distributions ----------------------------------------------------------------------------------------

N = 20000


@pytest.mark.parametrize(("fill", "cdf"), [
    (lambda x: x.uniform_(-1, 3), stats.uniform(-1, 4).cdf),
    (lambda x: x.normal_(2, 3), stats.norm(2, 3).cdf),
    (lambda x: x.exponential_(0.7), stats.expon(scale=1 / 0.7).cdf),
    (lambda x: x.cauchy_(1, 2), stats.cauchy(1, 2).cdf),
    (lambda x: x.log_normal_(0.2, 0.5), stats.lognorm(0.5, scale=np.exp(0.2)).cdf),
], ids=["uniform", "normal", "exponential", "cauchy", "log_normal"])
@pytest.mark.parametrize("dtype", [autograd.float32, autograd.float64])
@pytest.mark.parametrize("stride", [1, 2])
def test_continuous_distribution(fill, cdf, dtype, stride):
    autograd.manual_seed(11)
    x = autograd.zeros(N, stride, dtype=dtype)[:, 0]
    assert fill(x) is x
    assert stats.kstest(x.numpy(), cdf).pvalue > 1e-3


@pytest.mark.parametrize(("draw", "distribution"), [
    (lambda: autograd.poisson(autograd.full((N,), 3.0)), stats.poisson(3)),
    (lambda: autograd.poisson(autograd.full((N,), 30.0)), stats.poisson(30)),
    (lambda: autograd.empty(N).geometric_(0.2), stats.geom(0.2)),
    (lambda: autograd.randint(3, 9, (N,)), stats.randint(3, 9)),
    (lambda: autograd.bernoulli(autograd.full((N,), 0.3)), stats.bernoulli(0.3)),
    (lambda: autograd.multinomial(autograd.tensor([1.0, 2.0, 5.0]), N, True), stats.rv_discrete(
        values=([0, 1, 2], [0.125, 0.25, 0.625]))),
], ids=["poisson 3", "poisson 30", "geometric", "randint", "bernoulli", "multinomial"])
def test_discrete_distribution(draw, distribution):
    autograd.manual_seed(12)
    values, counts = np.unique(draw().numpy(), return_counts=True)
    expected = distribution.pmf(values) * N
    enough = expected > 5
    assert counts.sum() == N and enough.sum() > 1
    chi = ((counts - expected)[enough] ** 2 / expected[enough]).sum()
    assert stats.chi2(enough.sum() - 1).sf(chi) > 1e-3


def test_without_replacement_no_index_comes_twice():
    found = autograd.multinomial(autograd.rand(7, 20) + 0.01, 20).numpy()
    assert (np.sort(found, 1) == np.arange(20)).all()
    heavy = autograd.tensor([0.0, 1.0, 0.0, 1.0])
    assert sorted(autograd.multinomial(heavy, 2).tolist()) == [1, 3]


def test_permutations_are_permutations():
    assert sorted(autograd.randperm(1000).tolist()) == list(range(1000))
    assert autograd.randperm(0).shape == (0,) and autograd.randperm(3, dtype=autograd.float32).dtype is autograd.float32


def test_the_upper_end_is_never_drawn():
    autograd.manual_seed(0)
    for dtype in (autograd.float16, autograd.float32, autograd.float64):
        x = autograd.empty(100_000, dtype=dtype).uniform_(1000, 1001)
        assert x.min() >= 1000 and x.max() < 1001


# --- writing in place -------------------------------------------------------------------------------------


def test_fills_count_as_writes():
    x = autograd.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        x.uniform_()
    with autograd.no_grad():
        version = x._version
        assert x.uniform_() is x and x._version == version + 1
    y = x * 2
    z = y * y
    y.normal_()
    with pytest.raises(RuntimeError, match="modified by an inplace"):
        z.sum().backward()


def test_what_was_drawn_is_constant():
    p = autograd.full((3,), 0.5, requires_grad=True)
    for draw in (autograd.bernoulli, autograd.poisson, lambda p: autograd.normal(p, p),
                 lambda p: autograd.normal(1.0, p), lambda p: autograd.normal(p, 1.0),
                 lambda p: (p * 2).uniform_(), lambda p: (p * 2)[1:].exponential_()):
        out = draw(p)
        assert out.requires_grad
        assert autograd.grad(out.sum(), p)[0].tolist() == [0, 0, 0]


def test_memory_is_filled_in_its_order():
    autograd.manual_seed(0)
    plain = autograd.rand(3, 4).numpy()
    autograd.manual_seed(0)
    x = autograd.empty(3, 4).t()
    x.uniform_()
    np.testing.assert_array_equal(x.numpy().T, plain)


def test_integers_stay_in_their_types():
    for dtype, last in ((autograd.int8, 127), (autograd.uint8, 255), (autograd.bool, 1), (autograd.float16, 2048)):
        x = autograd.empty(5000, dtype=dtype).random_().numpy()
        assert x.dtype == dtype.dtype and x.min() == 0 and x.max() == last
    with pytest.raises(RuntimeError, match="out of bounds"):
        autograd.randint(0, 300, (2,), dtype=autograd.uint8)
    with pytest.raises(RuntimeError, match="less than"):
        autograd.randint(3, 3, (2,))


def test_forms_of_randint():
    for draw in (lambda: autograd.randint(1, 5, (200,)), lambda: autograd.randint(low=1, high=5, size=(200,)),
                 lambda: autograd.randint(1, 5, size=(200,)), lambda: autograd.empty(200).random_(1, 5),
                 lambda: autograd.randint_like(autograd.empty(200), 1, 5)):
        assert set(draw().tolist()) == {1, 2, 3, 4}
    assert set(autograd.randint(3, (200,)).tolist()) == set(autograd.empty(200).random_(3).tolist()) == {0, 1, 2}
    with pytest.raises(TypeError, match="must be int"):
        autograd.randint(1.5, (2,))
    with pytest.raises(TypeError, match="size"):
        autograd.randint(3)


def test_complex_parts_share_the_variance():
    autograd.manual_seed(1)
    z = autograd.randn(N, dtype=autograd.complex128).numpy()
    assert abs(z.real.var() - 0.5) < 0.02 and abs(z.imag.var() - 0.5) < 0.02 and abs((z.real * z.imag).mean()) < 0.02
