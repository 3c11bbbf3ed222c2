"""The same seed draws the same numbers in PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import autograd

torch = pytest.importorskip("torch")

SIZES = (0, 1, 5, 15, 16, 17, 31, 1000, 100003)
FLOATS = ("float16", "float32", "float64")


def seed_both(seed=7):
    torch.manual_seed(seed)
    autograd.manual_seed(seed)


def same(ours, theirs):
    ours, theirs = ours.numpy(), theirs.numpy()
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)
    assert autograd.get_rng_state().tolist() == torch.get_rng_state().tolist()


def run_both(program, seed=7):
    seed_both(seed)
    same(program(autograd), program(torch))


def assert_vectorised_like_avx2():
    """Single-precision normal numbers coincide bit for bit where PyTorch runs its AVX2 code."""
    if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        pytest.skip("PyTorch evaluates other polynomials on this processor")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", SIZES)
def test_uniform(n, dtype):
    run_both(lambda m: m.rand(n, dtype=getattr(m, dtype)))
    run_both(lambda m: m.empty(n, dtype=getattr(m, dtype)).uniform_(-0.3, 0.77))
    run_both(lambda m: m.empty(n, dtype=getattr(m, dtype)).uniform_(100, 101))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", SIZES)
def test_normal(n, dtype):
    if n >= 16 and dtype != "float64":
        assert_vectorised_like_avx2()
    run_both(lambda m: m.randn(n, dtype=getattr(m, dtype)))
    run_both(lambda m: m.empty(n, dtype=getattr(m, dtype)).normal_(3.3, 2.1))


def test_any_processor_draws_close_normal_numbers():
    seed_both()
    np.testing.assert_allclose(autograd.randn(100003).numpy(), torch.randn(100003).numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("n", [3, 20])
def test_complex(n, dtype):
    if n >= 16:
        assert_vectorised_like_avx2()
    run_both(lambda m: m.rand(n, dtype=getattr(m, dtype)))
    run_both(lambda m: m.randn(n, dtype=getattr(m, dtype)))
    run_both(lambda m: m.empty(n, dtype=getattr(m, dtype)).normal_(2, 3))


@pytest.mark.parametrize("bounds", [(0, 10), (-5, 2**28 - 6), (-5, 2**28 - 5), (0, 2**40), (-2**63, 2**63 - 1)])
def test_randint(bounds):
    run_both(lambda m: m.randint(*bounds, (1001,)))


@pytest.mark.parametrize("dtype", [*FLOATS, "int8", "uint8", "int16", "int32", "int64", "bool"])
def test_random(dtype):
    run_both(lambda m: m.empty(1001, dtype=getattr(m, dtype)).random_())
    run_both(lambda m: m.empty(1001, dtype=getattr(m, dtype)).random_(2))
    run_both(lambda m: m.randint(0, 2, (7, 3), dtype=getattr(m, dtype)))
    if dtype not in ("bool",):
        run_both(lambda m: m.empty(1001, dtype=getattr(m, dtype)).random_(3, 100))
        run_both(lambda m: m.empty(1001, dtype=getattr(m, dtype)).random_(3, None))


def test_random_of_all_64_bits():
    run_both(lambda m: m.empty(1001, dtype=m.int64).random_(-2**63, None))


@pytest.mark.parametrize("n", [0, 1, 2, 10, 10001])
def test_randperm(n):
    run_both(lambda m: m.randperm(n))
    run_both(lambda m: m.randperm(n, dtype=m.float64))


@pytest.mark.parametrize("dtype", [*FLOATS, "int64", "bool"])
@pytest.mark.parametrize("p", [0, 0.3, 0.9, 1])
def test_bernoulli_with_a_number(p, dtype):
    run_both(lambda m: m.empty(1001, dtype=getattr(m, dtype)).bernoulli_(p))
    run_both(lambda m: m.bernoulli(m.zeros(1001, dtype=getattr(m, dtype)), p))


@pytest.mark.parametrize("dtype", FLOATS)
def test_bernoulli_with_a_tensor(dtype):
    p = np.linspace(0, 1, 60).reshape(3, 20)
    run_both(lambda m: m.bernoulli(m.tensor(p, dtype=getattr(m, dtype))))
    run_both(lambda m: m.empty(3, 20).bernoulli_(m.tensor(p, dtype=getattr(m, dtype))))
    run_both(lambda m: m.empty(20, 3).t().bernoulli_(m.tensor(p, dtype=getattr(m, dtype))))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [0, 1, 5, 1001])
def test_other_distributions(n, dtype):
    for fill in (lambda x: x.exponential_(), lambda x: x.exponential_(1.3), lambda x: x.geometric_(0.3),
                 lambda x: x.cauchy_(), lambda x: x.cauchy_(0.3, 1.7), lambda x: x.log_normal_(0.3, 0.7)):
        run_both(lambda m, fill=fill: fill(m.empty(n, dtype=getattr(m, dtype))))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_poisson(dtype):
    rates = np.array([0, 0.5, 5, 9.99, 10, 37, 1e4] * 100)
    run_both(lambda m: m.poisson(m.tensor(rates, dtype=getattr(m, dtype))))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(50,), (7, 50)])
def test_multinomial(shape, dtype):
    weights = np.random.default_rng(0).random(shape)
    for n, replacement in ((1, False), (1, True), (20, False), (50, False), (200, True)):
        run_both(lambda m, n=n, r=replacement: m.multinomial(m.tensor(weights, dtype=getattr(m, dtype)), n, r))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_with_tensors(dtype):
    assert_vectorised_like_avx2()
    mean, std = np.arange(20.0), np.arange(20.0) / 7
    run_both(lambda m: m.normal(m.tensor(mean, dtype=getattr(m, dtype)), 2.1))
    run_both(lambda m: m.normal(2.1, m.tensor(std, dtype=getattr(m, dtype))))
    run_both(lambda m: m.normal(m.tensor(mean, dtype=getattr(m, dtype)), m.tensor(std, dtype=getattr(m, dtype))))
    run_both(lambda m: m.normal(m.tensor(mean[:3, None]), m.tensor(std[:4])))
    run_both(lambda m: m.normal(1.5, 2.5, (3, 4)))
    run_both(lambda m: m.normal(mean=1.5, std=2.5, size=(20,), dtype=m.float64))


@pytest.mark.parametrize("shape", [(3, 4), (5, 6)])
def test_like(shape):
    assert_vectorised_like_avx2()
    run_both(lambda m: m.rand_like(m.zeros(shape)))
    run_both(lambda m: m.randn_like(m.zeros(shape)))
    run_both(lambda m: m.randn_like(m.zeros(shape).t()))
    run_both(lambda m: m.randint_like(m.zeros(shape), 5))
    run_both(lambda m: m.randint_like(m.zeros(shape), 2, 9))
    run_both(lambda m: m.rand_like(m.zeros(shape, dtype=m.int64), dtype=m.float64))


def test_scattered_memory_is_filled_in_its_order():
    run_both(lambda m: m.zeros(6, 4).t().normal_())
    run_both(lambda m: m.zeros(6, 4, 3).permute(1, 2, 0).uniform_())
    run_both(lambda m: m.zeros(6, 40)[:, ::2].normal_())
    run_both(lambda m: m.zeros(6, 40)[:, 3].exponential_())


def test_mixed_calls_share_the_stored_normal_number():
    assert_vectorised_like_avx2()

    def program(m):
        return m.cat([m.randn(3), m.rand(2), m.randn(4), m.randn(17), m.empty(1).log_normal_(), m.randn(1),
                      m.randint(5, (3,)).float(), m.randn(5, dtype=m.float64).float(), m.randperm(4).float(),
                      m.randn(15)])
    run_both(program)


def test_states_are_exchanged():
    seed_both(123)
    torch.randn(5), torch.rand(1000)
    autograd.set_rng_state(autograd.tensor(torch.get_rng_state().numpy()))
    same(autograd.randn(3), torch.randn(3))
    autograd.rand(10), autograd.randn(1)
    torch.set_rng_state(torch.from_numpy(autograd.get_rng_state().numpy()))
    same(autograd.rand(700), torch.rand(700))
    assert autograd.initial_seed() == torch.initial_seed() == 123


@pytest.mark.parametrize("seed", [0, 1, -1, -2**63, 2**32, 2**64 - 1])
def test_seeds(seed):
    run_both(lambda m: m.rand(3), seed)
    assert autograd.initial_seed() == torch.initial_seed()


def test_generators():
    ours, theirs = autograd.Generator(), torch.Generator()
    assert ours.initial_seed() == theirs.initial_seed()
    for _ in range(2):
        np.testing.assert_array_equal(autograd.rand(5, generator=ours).numpy(), torch.rand(5, generator=theirs).numpy())
    assert ours.get_state().tolist() == theirs.get_state().tolist()
    copy, their_copy = ours.clone_state(), theirs.clone_state()
    np.testing.assert_array_equal(autograd.randperm(5, generator=copy).numpy(),
                                  torch.randperm(5, generator=their_copy).numpy())


@pytest.mark.parametrize("program", [
    "m.rand(2, dtype=m.int64)", "m.randn(2, dtype=m.int64)", "m.randint(5, 5, (2,))",
    "m.randint(0, 300, (2,), dtype=m.uint8)",
    "m.randint(1.5, (2,))", "m.randint(0, 2**70, (2,))", "m.randperm(-1)", "m.randperm(300, dtype=m.uint8)",
    "m.zeros(2).uniform_(1, 0)", "m.zeros(2).normal_(0, -1)", "m.zeros(2).exponential_(0)",
    "m.zeros(2, dtype=m.int64).exponential_()", "m.zeros(2).geometric_(1)", "m.zeros(2).cauchy_(0, 0)",
    "m.zeros(2, dtype=m.int64).log_normal_()", "m.zeros(2).bernoulli_(2)", "m.bernoulli(m.tensor([2.]))",
    "m.bernoulli(m.tensor([2]))", "m.zeros(3).random_(5, 5)", "m.zeros(3, dtype=m.bool).random_(0, 3)",
    "m.poisson(m.tensor([-1.]))", "m.poisson(m.tensor([1]))", "m.multinomial(m.ones(2, 2, 2), 1)",
    "m.multinomial(m.ones(2), 3)", "m.multinomial(m.ones(2), 0)", "m.multinomial(m.zeros(2), 1)",
    "m.multinomial(m.zeros(2), 2, True)", "m.multinomial(m.tensor([-1., 2.]), 3, True)", "m.normal(0., 1.)",
    "m.normal(m.zeros(2), m.tensor([-1., 1.]))", "m.rand()", "m.rand(2.)", "m.manual_seed(2**64)",
    "m.randperm(5, requires_grad=True)", "m.zeros(2, requires_grad=True).uniform_()",
])
def test_errors_have_the_same_type(program):
    with pytest.raises(Exception) as theirs:
        eval(program, {"m": torch})
    with pytest.raises(Exception) as ours:
        eval(program, {"m": autograd})
    assert type(ours.value) is type(theirs.value)
