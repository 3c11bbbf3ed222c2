"""Functions that PyTorch's operator database does not hold, against PyTorch's own."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import autograd  # noqa: E402

RNG = np.random.default_rng(0)
X, POSITIVE = RNG.normal(size=(6, 3)), np.abs(RNG.normal(size=(4, 4))) + 0.5
S = RNG.normal(size=(12, 12))
SYMMETRIC, DEFINITE = S + S.T, S @ S.T + 12 * np.eye(12)

CALLS: dict[str, tuple[Callable[..., Any], tuple[np.ndarray[Any, Any], ...]]] = {
    **{f"segment_reduce {how}": (lambda lib, x, how=how: lib.segment_reduce(
        x, how, lengths=lib.tensor([2, 0, 4]), initial=2.0), (X,)) for how in ("sum", "mean", "max", "min", "prod")},
    "segment_reduce of empty runs": (lambda lib, x: lib.segment_reduce(x, "mean", lengths=lib.tensor([2, 0, 4])), (X,)),
    "segment_reduce by offsets": (lambda lib, x: lib.segment_reduce(x, "sum", offsets=lib.tensor([0, 2, 6])), (X,)),
    "segment_reduce along 1": (lambda lib, x: lib.segment_reduce(
        x, "max", lengths=lib.tensor([[1, 2]] * 6), axis=1), (X,)),
    "segment_reduce, too short": (lambda lib, x: lib.segment_reduce(x, "sum", lengths=lib.tensor([2, 2])), (X,)),
    "segment_reduce, unknown": (lambda lib, x: lib.segment_reduce(x, "var", lengths=lib.tensor([6])), (X,)),
    "fake_quantize": (lambda lib, x: lib.fake_quantize_per_tensor_affine(x, 0.1, 3, 0, 20), (X,)),
    "fake_quantize by tensors": (lambda lib, x: lib.fake_quantize_per_tensor_affine(
        x.float(), lib.tensor(0.1), lib.tensor(3, dtype=lib.int32), 0, 20), (X,)),
    "fake_quantize by channel": (lambda lib, x: lib.fake_quantize_per_channel_affine(
        x.float(), lib.tensor([0.1, 0.2, 0.3]), lib.tensor([0, 1, 2], dtype=lib.int32), 1, 0, 20), (X,)),
    "fake_quantize, zero point outside": (lambda lib, x: lib.fake_quantize_per_tensor_affine(x, 0.1, 30, 0, 20), (X,)),
    "conv_tbc": (lambda lib, x, w, b: lib.conv_tbc(x, w, b, 1),
                 (RNG.normal(size=(5, 2, 3)), RNG.normal(size=(2, 3, 4)), RNG.normal(size=4))),
    "conv_tbc of a matrix": (lambda lib, x, w, b: lib.conv_tbc(x, w, b), (X, X, X)),
    "norm_except_dim": (lambda lib, x: lib.norm_except_dim(x, 2, 1), (X,)),
    "nuclear_norm": (lambda lib, x: lib.nuclear_norm(x), (X,)),
    "frobenius_norm": (lambda lib, x: lib.frobenius_norm(x, (0, 1)), (X,)),
    "lobpcg": (lambda lib, x: lib.lobpcg(x, 2, niter=200)[0], (SYMMETRIC,)),
    "lobpcg, least": (lambda lib, x: lib.lobpcg(x, 2, largest=False, niter=200)[0], (SYMMETRIC,)),
    "lobpcg of a pencil": (lambda lib, x, b: lib.lobpcg(x.detach(), 2, b.detach(), niter=200)[0] + 0 * (x + b).sum(), (SYMMETRIC, DEFINITE)),
    "lobpcg of too few rows": (lambda lib, x: lib.lobpcg(x[:3, :3], 2), (SYMMETRIC,)),
    "unsafe_split_with_sizes": (lambda lib, x: lib.unsafe_split_with_sizes(x, [1, 5])[1], (X,)),
    **{f"{name} of {n} points{'' if periodic else ', symmetric'}": (
        lambda lib, name=name, n=n, periodic=periodic: getattr(lib, name)(n, periodic, dtype=lib.float64), ())
       for name in ("hann_window", "hamming_window", "blackman_window", "bartlett_window", "kaiser_window")
       for n in (-1, 0, 1, 2, 7, 8) for periodic in (True, False)},
    "hamming_window by its coefficients": (lambda lib: lib.hamming_window(5, False, 0.6, 0.3), ()),
    "kaiser_window by its beta": (lambda lib: lib.kaiser_window(5, False, 5.0), ()),
    "window of ints": (lambda lib: lib.hann_window(5, dtype=lib.int64), ()),
}


def outcome(lib: Any, name: str) -> Any:
    """The result and the gradients, or the exception."""
    call, arrays = CALLS[name]
    inputs = [lib.tensor(a, requires_grad=True) for a in arrays]
    try:
        out = call(lib, *inputs)
        if inputs:
            weights = np.cos(np.arange(out.numel(), dtype=np.float64)).reshape(tuple(out.shape))
            (out.nan_to_num(0.0) * lib.tensor(weights)).sum().backward()
    except Exception as error:
        return error
    return [out.detach().numpy(), *[t.grad.numpy() for t in inputs]]


@pytest.mark.parametrize("name", CALLS)
def test_call(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what PyTorch deprecates
        expected = outcome(torch, name)
    found = outcome(autograd, name)
    if isinstance(expected, Exception):
        assert type(found) is type(expected), f"{found!r}; PyTorch: {expected!r}"
        return
    assert not isinstance(found, Exception), found
    for a, b in zip(expected, found, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(b, a, rtol=1e-6 if a.dtype == np.float32 else 1e-9, atol=1e-7 if "lobpcg" in name else 1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(5))
def test_binomial_draws_the_same_numbers(dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = rng.integers(-1, 200, (1, 60)).astype(dtype)
    p = np.concatenate([rng.uniform(0, 1, (3, 58)), np.tile([0.0, 1.0], (3, 1))], 1).astype(dtype)
    torch.manual_seed(seed)
    autograd.manual_seed(seed)
    expected = torch.binomial(torch.tensor(n).expand(3, 60).contiguous(), torch.tensor(p))
    found = autograd.binomial(autograd.tensor(n), autograd.tensor(p))
    np.testing.assert_array_equal(found.numpy(), expected.numpy())
    np.testing.assert_array_equal(autograd.get_rng_state().numpy(), torch.get_rng_state().numpy())


def methods(lib: Any) -> list[Any]:
    x = lib.tensor(X)
    t = x[2:, 1:].t()
    y = lib.zeros(2, 2, dtype=lib.float64)
    return [
        t.storage_offset(), t.dim_order(), t.is_set_to(t), x.is_set_to(x.clone()), x.untyped_storage().nbytes(), x.nelement(),
        x.ndimension(), x.is_same_size(t), x[0, 0].is_nonzero(), x.is_shared(), x.new(2, 3).shape == (2, 3),
        x.to_dense().tolist(), [r.tolist() for r in reversed(x)], x.clone().apply_(lambda v: v * 2).tolist(),
        x.clone().map_(x, lambda a, b: a - 2 * b).tolist(), lib.zeros(7, 3).fill_diagonal_(2, wrap=True).tolist(),
        lib.zeros(3, 3, 3).fill_diagonal_(1).tolist(), y.set_(x, 2, (2, 3), (3, 1)).tolist(), lib.is_signed(x), lib.typename(3),
        lib.is_storage(x), x.unsafe_split_with_sizes([2, 4])[1].tolist(),
    ]


def test_methods() -> None:
    assert methods(autograd) == methods(torch)
