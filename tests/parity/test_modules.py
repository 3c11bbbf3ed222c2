"""PyTorch's own database of modules: same names, same initial values from the same seed, same outputs and gradients."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from parity.comparison import GRADIENT_TOLERANCE, compare, compare_gradients, derivatives  # noqa: E402
from parity.translation import Untranslatable, array_of, convert, copy, find, remember_arguments  # noqa: E402
from torch.testing._internal.common_modules import module_db  # noqa: E402

import autograd  # noqa: E402

#: Modules whose gradient is not compared, with the reason.
NO_GRADIENT = {"nn.CTCLoss": "PyTorch adds the softmax to it, as if log_softmax came before; ours is the derivative by the "
                             "log-probabilities. They agree after log_softmax, as the operator database checks"}
INPUTS = 16  # per module and mode, of those that the database gives


def build(made: Any, info: Any) -> tuple[Any, Any]:
    """The module in both libraries, from the same seed."""
    options = (made.constructor_input.args, made.constructor_input.kwargs)
    torch.manual_seed(1)
    args, kwargs = copy(options)
    theirs = info.module_cls(*args, **kwargs)
    our_args, our_kwargs = convert(options)
    autograd.manual_seed(1)
    return theirs, find(info.name)(*our_args, **our_kwargs)


def compare_states(theirs: Any, ours: Any, what: str, tolerance: float = 0.0) -> None:
    a, b = theirs.state_dict(), ours.state_dict()
    assert list(a) == list(b), f"{what}: the keys of the state"
    for key in a:
        x, y = array_of(a[key]), b[key].detach().numpy()
        assert x.dtype == y.dtype and x.shape == y.shape, f"{what}: {key}"
        np.testing.assert_allclose(y, x, rtol=0, atol=tolerance * max(1.0, float(np.abs(x).max(initial=0.0))),
                                   err_msg=f"{what}: {key}")


def check(made: Any, info: Any, training: bool) -> None:
    theirs, ours = build(made, info)
    assert repr(ours) == repr(theirs)
    if not info.is_lazy:
        compare_states(theirs, ours, "initial values", 1e-6)
    theirs.to(torch.float64).train(training)
    ours.to(autograd.float64).train(training)
    inputs = (made.forward_input.args, made.forward_input.kwargs)
    leaves: list[Any] = []
    args, kwargs = copy(inputs, leaves, {})
    our_leaves: list[Any] = []
    our_args, our_kwargs = convert(inputs, our_leaves, {})
    torch.manual_seed(2)
    autograd.manual_seed(2)
    if info.is_lazy:
        with torch.no_grad(), autograd.no_grad():
            theirs(*args, **kwargs)
            ours(*our_args, **our_kwargs)
    # Initial values were drawn in float32 by both; rounding in the draws must not count below.
    for p, q in zip(theirs.state_dict().values(), ours.state_dict().values(), strict=True):
        q.detach().copy_(autograd.tensor(array_of(p)))
    results: dict[str, Any] = {}

    def run(lib: Any, module: Any, *rest: Any, **options: Any) -> Any:
        lib.manual_seed(3)
        results[lib.__name__] = module(*rest, **options)
        return results[lib.__name__]

    expected = derivatives(torch, torch.autograd.grad, lambda: run(torch, theirs, *args, **kwargs),
                           leaves + list(theirs.parameters()), False)
    found = derivatives(autograd, autograd.grad, lambda: run(autograd, ours, *our_args, **our_kwargs),
                        our_leaves + list(ours.parameters()), False)
    compare(results["torch"], results["autograd"], "result")
    if info.name not in NO_GRADIENT:
        compare_gradients(expected, found, GRADIENT_TOLERANCE)
    compare_states(theirs, ours, "state after a call", 1e-10)


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("info", module_db, ids=[m.name for m in module_db])
def test_module(info: Any, training: bool) -> None:
    ran = 0
    with warnings.catch_warnings(), remember_arguments(torch.nn.TransformerEncoderLayer):
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        made = list(itertools.islice(info.module_inputs_func(
            info, device="cpu", dtype=torch.float64, requires_grad=True, training=training), 200))
        step = max(1, len(made) // INPUTS)
        for i, m in enumerate(made[::step]):
            try:
                check(m, info, training)
            except Untranslatable:
                continue
            except Exception as error:
                error.add_note(f"input {i * step}: {m.constructor_input.args} {m.constructor_input.kwargs}")
                raise
            ran += 1
    assert ran
