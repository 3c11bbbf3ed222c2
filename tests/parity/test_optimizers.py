"""PyTorch's own database of optimizers: the same options give the same steps and the same state."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from parity.translation import array_of, convert  # noqa: E402
from torch.testing._internal.common_optimizers import optim_db  # noqa: E402

import autograd  # noqa: E402

#: Optimizers of the database that are left out, with the reason.
EXCLUDED = {"SparseAdam": "takes sparse gradients only",
            "Muon": "PyTorch's rounds to bfloat16 inside, an element type that NumPy does not have"}
STEPS = 8
#: What the database's options say about another implementation of the same rule, which is not a different result.
IMPLEMENTATION = ("foreach", "fused", "capturable", "differentiable")


def parameters(lib: Any, dtype: str) -> list[Any]:
    rng = np.random.default_rng(0)
    shapes = ((4, 3), (2, 5), (3, 3))
    return [lib.tensor(rng.uniform(-1, 1, shape).astype(dtype), requires_grad=True) for shape in shapes]


def run(lib: Any, optimizer: Any, params: list[Any]) -> list[np.ndarray[Any, Any]]:
    """Parameters after each step on a function with a curved valley."""
    seen = []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = sum(((p * p - 0.5) ** 2).sum() + 0.1 * p.sum() for p in params)
        loss.backward()
        return loss

    for _ in range(STEPS):
        optimizer.step(closure)
        seen.append(np.concatenate([p.detach().numpy().ravel() for p in params]))
    return seen


def options_of(info: Any) -> list[tuple[str, dict[str, Any]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = info.optim_inputs_func("cpu")
    return [(m.desc, m.kwargs) for m in made if not any(m.kwargs.get(k) for k in IMPLEMENTATION)]


CASES = [(info.optim_cls.__name__, desc, kwargs) for info in optim_db if info.optim_cls.__name__ not in EXCLUDED
         for desc, kwargs in options_of(info)]


#: A quasi-Newton step divides small differences of gradients, so in float32 the last digits decide where it lands.
FLOAT64_ONLY = ("LBFGS",)
#: Entries of the state that only one step looks at.
SCRATCH = {"LBFGS": {"al"}}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "desc", "kwargs"), CASES, ids=[f"{n}-{d}" for n, d, _ in CASES])
def test_steps(name: str, desc: str, kwargs: dict[str, Any], dtype: str) -> None:
    if dtype == "float32" and name in FLOAT64_ONLY:
        pytest.skip("amplifies rounding")
    theirs, ours = parameters(torch, dtype), parameters(autograd, dtype)
    expected = run(torch, getattr(torch.optim, name)(theirs, **kwargs), theirs)
    ours_options = convert(kwargs)
    optimizer = find_optimizer(name)(ours, **ours_options)
    found = run(autograd, optimizer, ours)
    tolerance = 1e-10 if dtype == "float64" else 2e-5
    for step, (x, y) in enumerate(zip(expected, found, strict=True)):
        np.testing.assert_allclose(y, x, rtol=0, atol=tolerance, err_msg=f"after step {step}")


@pytest.mark.parametrize("name", sorted({n for n, _, _ in CASES}))
def test_state(name: str) -> None:
    """The state has PyTorch's keys and values, and a saved one is taken up again."""
    theirs, ours = parameters(torch, "float64"), parameters(autograd, "float64")
    reference, optimizer = getattr(torch.optim, name)(theirs), find_optimizer(name)(ours)
    run(torch, reference, theirs)
    run(autograd, optimizer, ours)
    a, b = reference.state_dict(), optimizer.state_dict()
    assert a["param_groups"][0]["params"] == b["param_groups"][0]["params"]
    missing = set(a["param_groups"][0]) - set(b["param_groups"][0]) - {*IMPLEMENTATION, "decoupled_weight_decay"}
    assert not missing, missing
    assert set(a["state"]) == set(b["state"])
    for i, state in a["state"].items():
        assert set(state) - SCRATCH.get(name, set()) == set(b["state"][i]) - SCRATCH.get(name, set())
        for key, value in state.items():
            if isinstance(value, torch.Tensor) and key in b["state"][i]:
                found = np.asarray(b["state"][i][key])
                np.testing.assert_allclose(found, array_of(value), rtol=1e-9, atol=1e-9, err_msg=key)
    again = find_optimizer(name)(ours)
    again.load_state_dict(b)
    fresh = parameters(autograd, "float64")
    with autograd.no_grad():
        for p, q in zip(fresh, ours, strict=True):
            p.copy_(q)
    resumed = find_optimizer(name)(fresh)
    resumed.load_state_dict(b)
    for x, y in zip(run(autograd, again, ours), run(autograd, resumed, fresh), strict=True):
        np.testing.assert_array_equal(x, y)


def find_optimizer(name: str) -> Any:
    import optim
    return getattr(optim, name)
