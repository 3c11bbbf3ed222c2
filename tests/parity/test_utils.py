"""nn.utils in both libraries: the same program, the same names, draws, values, gradients and errors."""

from __future__ import annotations

import copy
import re
import warnings
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torch.nn.utils.prune")


from parity.utils_programs import OURS, PROGRAMS, TORCH, Program, described, symmetric, trained  # noqa: E402


def same(a: Any, b: Any, where: str = "") -> None:
    assert type(a) is type(b), f"{where}: {b!r} {a!r}"
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype and a.shape == b.shape, where
        # Some hundred units in the last place: products and norms are summed in another order.
        rtol = 2e-5 if a.dtype.itemsize // (2 if a.dtype.kind == "c" else 1) == 4 else 1e-10
        np.testing.assert_allclose(b, a, rtol=rtol, atol=rtol, err_msg=where)
    elif isinstance(a, dict):
        assert list(a) == list(b), where
        for k in a:
            same(a[k], b[k], f"{where}.{k}")
    elif isinstance(a, list):
        assert len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            same(x, y, f"{where}[{i}]")
    else:
        assert a == b, where


def run(program: Program, t: Any, dtype: str) -> Any:
    t.lib.manual_seed(7)
    t.lib.set_default_dtype(getattr(t.lib, dtype))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            result = program(t)
    finally:
        t.lib.set_default_dtype(t.lib.float32)
    return described([result, t.lib.rand(3)])  # what the generator gives next is the same, too


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_program(program: Program, dtype: str) -> None:
    same(run(program, TORCH, dtype), run(program, OURS, dtype))


ERRORS: list[Program] = [
    lambda t: t.P.register_parametrization(t.nn.Linear(2, 2), "w", t.nn.Identity()),
    lambda t: t.P.register_parametrization(t.nn.Linear(2, 3), "weight", t.nn.Flatten(0)),
    lambda t: t.P.register_parametrization(t.P.register_parametrization(t.nn.Linear(2, 3), "weight", t.nn.Identity()), "weight", t.nn.Flatten(0)),
    lambda t: setattr(t.P.register_parametrization(t.nn.Linear(2, 2), "weight", symmetric(t, False)), "weight", t.lib.ones(2, 2)),
    lambda t: t.P.remove_parametrizations(t.nn.Linear(2, 2), "weight"),
    lambda t: t.P.remove_parametrizations(t.Z.weight_norm(t.nn.Linear(2, 2)), "weight", leave_parametrized=False),
    lambda t: t.P.ParametrizationList([], t.lib.ones(2)),
    lambda t: t.P.register_parametrization(t.Z.weight_norm(t.nn.Linear(2, 2)), "weight", t.nn.Linear(2, 3)),
    lambda t: setattr(t.Z.weight_norm(t.nn.Linear(2, 2)), "weight", t.lib.ones(2, 2).double()),
    lambda t: t.Z.orthogonal(t.nn.Linear(2, 2), "bias"), lambda t: t.Z.orthogonal(t.nn.Linear(2, 2), "w"),
    lambda t: t.Z.orthogonal(t.nn.Linear(2, 2), orthogonal_map="qr"),
    lambda t: t.Z.orthogonal(t.nn.Linear(2, 2, dtype=t.lib.complex64), orthogonal_map="householder"),
    lambda t: setattr(t.Z.orthogonal(t.nn.Linear(2, 2)), "weight", t.lib.ones(3, 3)),
    lambda t: setattr(t.Z.orthogonal(t.nn.Linear(2, 2), use_trivialization=False), "weight", t.lib.ones(2, 2)),
    lambda t: t.Z.spectral_norm(t.nn.Linear(2, 2), "w"), lambda t: t.Z.spectral_norm(t.nn.Linear(2, 2), dim=2),
    lambda t: t.Z.spectral_norm(t.nn.Linear(2, 2), n_power_iterations=0),
    lambda t: t.U.spectral_norm(t.nn.Linear(2, 2), n_power_iterations=0),
    lambda t: t.U.spectral_norm(t.U.spectral_norm(t.nn.Linear(2, 2))), lambda t: t.U.weight_norm(t.U.weight_norm(t.nn.Linear(2, 2))),
    lambda t: t.U.spectral_norm(t.nn.LazyLinear(2)), lambda t: t.U.weight_norm(t.nn.LazyLinear(2)),
    lambda t: t.U.spectral_norm(t.nn.Linear(2, 2, bias=False), "bias"),
    lambda t: t.U.remove_weight_norm(t.nn.Linear(2, 2)), lambda t: t.U.remove_spectral_norm(t.nn.Linear(2, 2)),
    lambda t: t.prune.remove(t.nn.Linear(2, 2), "weight"), lambda t: t.prune.l1_unstructured(t.nn.Linear(2, 2), "weight", 5),
    lambda t: t.prune.l1_unstructured(t.nn.Linear(2, 2), "weight", 1.5), lambda t: t.prune.l1_unstructured(t.nn.Linear(2, 2), "weight", -1),
    lambda t: t.prune.l1_unstructured(t.nn.Linear(2, 2), "weight", "all"),
    lambda t: t.prune.l1_unstructured(t.nn.Linear(2, 2), "weight", 1, importance_scores=t.lib.ones(3)),
    lambda t: t.prune.L1Unstructured(1).prune(t.lib.ones(2), importance_scores=t.lib.ones(3)),
    lambda t: t.prune.random_structured(t.nn.Linear(2, 2), "bias", 1, 0), lambda t: t.prune.random_structured(t.nn.Linear(2, 2), "weight", 1, 2),
    lambda t: t.prune.custom_from_mask(t.nn.Linear(2, 2), "weight", t.lib.ones(3)),
    lambda t: t.prune.global_unstructured(3, t.prune.L1Unstructured, amount=1),
    lambda t: t.prune.global_unstructured([(t.nn.Linear(2, 2), "weight")], t.prune.LnStructured, amount=1, n=1),
    lambda t: t.prune.global_unstructured([(t.nn.Linear(2, 2), "weight")], t.prune.L1Unstructured, [1], amount=1),
    lambda t: t.prune.PruningContainer().add_pruning_method(3),
    lambda t: t.functional_call(t.nn.Linear(2, 2), {"weight": t.lib.ones(2, 2)}, t.lib.ones(2), strict=True),
    lambda t: t.functional_call(t.nn.Linear(2, 2), {"weight": 3}, t.lib.ones(2)),
    lambda t: t.functional_call(t.nn.Linear(2, 2), 3, t.lib.ones(2)), lambda t: t.functional_call(t.nn.Linear(2, 2), [3], t.lib.ones(2)),
    lambda t: t.functional_call(t.nn.Linear(2, 2), [{"bias": t.lib.ones(2)}] * 2, t.lib.ones(2)),
    lambda t: t.functional_call(t.nn.Linear(2, 2), {"in_features": t.lib.ones(2)}, t.lib.ones(2)),
    lambda t: t.U.fuse_conv_bn_eval(t.nn.Conv1d(1, 1, 1), t.nn.BatchNorm1d(1)),
    lambda t: t.U.fuse_conv_bn_eval(t.nn.Conv1d(1, 1, 1).eval(), t.nn.BatchNorm1d(1, track_running_stats=False).eval()),
    lambda t: t.U.fuse_linear_bn_eval(t.nn.Linear(2, 3).eval(), t.nn.BatchNorm1d(2).eval()),
    lambda t: t.U.skip_init(t.nn.ReLU),
    lambda t: t.U.clip_grad_norm_(trained(t, t.nn.Linear(2, 2), (1, 2)).parameters(), 1.0, float("nan"), error_if_nonfinite=True),
    lambda t: copy.copy(t.Z.weight_norm(t.nn.Linear(2, 2))),
]


@pytest.mark.parametrize("program", ERRORS, ids=range(len(ERRORS)))
def test_errors(program: Program) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(Exception) as theirs:
            program(TORCH)
        with pytest.raises(theirs.type) as found:
            program(OURS)
    texts = [re.sub(r"(torch|autograd|nn\.utils\.prune\.methods|nn\.utils\.prune)\.", "", str(e.value)) for e in (found, theirs)]
    assert texts[1].startswith(texts[0].split("\n  in ")[0]), texts


def test_warnings() -> None:
    for t in (TORCH, OURS):
        with pytest.warns(FutureWarning, match="weight_norm"):
            t.U.weight_norm(t.nn.Linear(2, 2))
        with pytest.warns(FutureWarning, match="functional_call"):
            t.U.stateless.functional_call(t.nn.Linear(2, 2), {}, t.lib.ones(2))
        with pytest.warns(UserWarning, match="empty generator"):
            t.U.clip_grad_norm_((p for p in []), 1.0)
        with pytest.warns(FutureWarning, match="clip_grad_norm"):
            t.U.clip_grad_norm([], 1.0)
