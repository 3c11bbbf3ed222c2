"""Runs PyTorch's own database of optimizers on PyTorch and on this library, and compares.

    python tests/parity/optimizers.py [--only NAME] [--record]

For each optimizer of ``optim_db``, for each of its option sets:

- ``float64`` and ``float32``: the parameters after each of 50 steps, in two groups where there may be two;
- ``implementations``: 20 steps with ``foreach``, ``fused`` and ``maximize``, where PyTorch has them;
- ``state``: the entries of the state and of the groups, their types, shapes and values, after 5 steps;
- ``exchange``: 10 steps there, then 10 here from that checkpoint; and the other way;
- ``schedulers``: with the schedulers of the database;

and ``errors``: the inputs that must raise, or warn, say the same.
"""

from __future__ import annotations

import argparse
import collections
import json
import re
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [p for p in (str(ROOT), str(ROOT / "tests")) if p not in sys.path]

import torch  # noqa: E402
from parity.translation import Untranslatable, array_of, convert  # noqa: E402
from torch.testing._internal.common_optimizers import OptimizerErrorEnum, optim_db  # noqa: E402

import autograd  # noqa: E402
import nn  # noqa: E402
import optim  # noqa: E402

#: Entries of the state that hold what only one step looks at.
SCRATCH = "al"
#: What the last recorded run gave; `test_optimizers` fails below it.
SCORE = Path(__file__).with_name("optim_score.json")
CATEGORIES = ("float64", "float32", "implementations", "state", "exchange", "schedulers", "errors")
STEPS, FEWER = 50, 20
#: Of the values' size. Each step adds a few roundings: 50 steps of 10 roundings are 500 units in the last place.
TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
SHAPES = ((4, 3), (2, 5), (3, 3))

Array = np.ndarray[Any, Any]


class Outcome:
    """How many of the things tried in a category are right, and what was wrong first."""

    def __init__(self) -> None:
        self.passed = self.tried = 0
        self.failures: list[str] = []
        self.left_out: list[str] = []

    def add(self, what: str, failure: str) -> None:
        self.tried += 1
        self.passed += not failure
        if failure:
            self.failures.append(f"{what}: {failure}")


class Side:
    """One of the two libraries, under the names of this file."""

    def __init__(self, lib: Any, layers: Any, optimizers: Any) -> None:
        self.lib, self.layers, self.optimizers = lib, layers, optimizers

    def parameters(self, dtype: str, shift: float = 0.0) -> list[Any]:
        rng = np.random.default_rng(0)
        return [self.layers.Parameter(self.lib.tensor((rng.uniform(-1, 1, shape) + shift).astype(dtype)))
                for shape in SHAPES]

    def optimizer(self, info: Any, params: list[Any], options: dict[str, Any]) -> Any:
        """In two groups, the second with another learning rate, where there may be two."""
        options = options if self is THEIRS else convert(options)
        kind = getattr(self.optimizers, info.optim_cls.__name__)
        if not info.supports_param_groups or "lr" not in kind(self.parameters("float64"), **options).defaults:
            return kind(params, **options)
        rate = 0.5 * float(kind(self.parameters("float64"), **options).defaults["lr"])
        return kind([{"params": params[:1]}, {"params": params[1:], "lr": rate}], **options)

    def step(self, info: Any, optimizer: Any, params: list[Any], count: int) -> float:
        """One step on a bounded function, so that going up does not diverge; a quasi-Newton step on a valley."""
        def closure() -> Any:
            optimizer.zero_grad()
            if info.step_requires_closure:
                loss = sum(((p * p - 0.5) ** 2).sum() + 0.1 * p.sum() for p in params)
            else:
                loss = sum(((2 * p).sin() * (i + 1) + (p + 0.3).cos() * 0.5 + 0.05 * p * p.sin()).sum()
                           for i, p in enumerate(params))
            loss.backward()
            if info.only_supports_sparse_grads:
                self._keep_some_rows(params, count)
            return loss

        return float(optimizer.step(closure))

    def _keep_some_rows(self, params: list[Any], count: int) -> None:
        """Gradients of some rows only: sparse there, zeros here."""
        rng = np.random.default_rng(count)
        for p in params:
            rows = rng.random((len(p), 1)) < 0.5
            grad = p.grad * self.lib.tensor(rows, dtype=p.dtype)
            p.grad = grad.to_sparse(1) if self is THEIRS else grad


THEIRS, OURS = Side(torch, torch.nn, torch.optim), Side(autograd, nn, optim)


def values(params: list[Any]) -> Array:
    return np.concatenate([p.detach().numpy().ravel() for p in params])


def trajectory(side: Side, info: Any, options: dict[str, Any], dtype: str, schedulers: Any = (),
               steps: int = STEPS, shift: float = 0.0) -> tuple[list[Array], Any, list[Any]]:
    """The parameters after each step, the optimizer, and the parameters."""
    params = side.parameters(dtype, shift)
    optimizer = side.optimizer(info, params, options)
    made = [make(optimizer) for make in schedulers]
    seen = []
    for count in range(steps if not info.step_requires_closure else steps // 5):  # a step is 20 iterations there
        loss = side.step(info, optimizer, params, count)
        for scheduler in made:
            scheduler.step(loss) if "Plateau" in type(scheduler).__name__ else scheduler.step()
        seen.append(values(params))
    return seen, optimizer, params


class Reference:
    """PyTorch's parameters after each step, and how far from them ours may be.

    Some runs enlarge rounding: those of a quasi-Newton method, which divides small differences of gradients, and those
    that pass a ridge. Ours may be ten times as far from PyTorch's as PyTorch's is from itself when its start, or
    its implementation, moves it by a unit in the last place.
    """

    def __init__(self, info: Any, options: dict[str, Any], dtype: str = "float64", schedulers: Any = (),
                 steps: int = STEPS) -> None:
        self.arguments: tuple[Any, ...] = info, options, dtype, schedulers, steps
        self.expected = trajectory(THEIRS, *self.arguments)[0]
        self.allowed = [TOLERANCE[dtype] * max(1.0, float(np.abs(x).max())) for x in self.expected]
        if info.optim_cls.__name__ == "Muon":
            # Rounds to bfloat16: where a product is summed in another order, an element of a step moves by 2 ** -8.
            self.allowed = [a + float(options.get("lr", 1e-3)) * 2 ** -7 for a in self.allowed]

    def compare(self, found: list[Array]) -> str:
        """Where ours are too far off; an empty text where they are not."""
        failure = self._compare(found)
        if failure:
            info, options, dtype, *rest = self.arguments
            unit = float(np.finfo(dtype).eps)
            plain = {k: v for k, v in options.items() if k not in ("foreach", "fused")}
            others = [trajectory(THEIRS, info, plain, dtype, *rest, shift=s)[0] for s in (0.0, unit, -unit)]
            off = [max(float(np.abs(x - other[i]).max()) for other in others) for i, x in enumerate(self.expected)]
            moved = np.maximum.accumulate(off)
            self.allowed = [a + 10 * float(b) for a, b in zip(self.allowed, moved, strict=True)]
            failure = self._compare(found)
        return failure

    def _compare(self, found: list[Array]) -> str:
        for step, (x, y, allowed) in enumerate(zip(self.expected, found, self.allowed, strict=False)):
            if not np.isfinite(x).all():
                return f"step {step}: PyTorch's own are not finite"
            off = np.abs(x - y).max()
            if not off <= allowed:
                return f"step {step}: off by {off:.2g}, allowed {allowed:.2g}"
        return ""


def option_sets(info: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(made.desc, made.kwargs) for made in info.optim_inputs_func("cpu")]


def implementations(info: Any, options: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The option set with each implementation, and each direction, that PyTorch has on a CPU."""
    flags = [f for f in ("foreach", "fused") if f in info.supported_impls and (
        f != "fused" or "cpu" in info.supports_fused_on)]
    if "maximize" in info.optim_cls.__init__.__code__.co_varnames:
        flags.append("maximize")
    for flag in flags:
        if flag not in options:
            yield flag, {**options, flag: True}


def differences(theirs: Any, ours: Any, allowed: float, where: str = "") -> str:
    """What is not the same in two state dicts."""
    if isinstance(theirs, torch.Tensor):
        if not isinstance(ours, autograd.Tensor):
            return f"{where} is a {type(ours).__name__}, not a Tensor"
        if tuple(ours.shape) != tuple(theirs.shape) or str(ours.dtype).split(".")[-1] != str(theirs.dtype).split(".")[-1]:
            return f"{where} is {ours.dtype} {list(ours.shape)}, not {theirs.dtype} {list(theirs.shape)}"
        # Numbers such as mu_product are kept in single precision.
        unit = 1e-6 if theirs.dtype == torch.float32 else allowed
        off = np.abs(np.asarray(ours) - array_of(theirs))
        return "" if (off <= unit * np.maximum(1, np.abs(array_of(theirs)))).all() else f"{where} is off by {off.max():.2g}"
    if isinstance(theirs, dict):
        if theirs.keys() != ours.keys():
            return f"{where} has the keys {list(ours)}, not {list(theirs)}"
        return next(filter(None, (differences(theirs[k], ours[k], allowed, f"{where}[{k!r}]") for k in theirs
                                  if k != SCRATCH)), "")
    if isinstance(theirs, (list, tuple)):
        if len(theirs) != len(ours):
            return f"{where} has the length {len(ours)}, not {len(theirs)}"
        return next(filter(None, (differences(x, y, allowed, f"{where}[{i}]")
                                  for i, (x, y) in enumerate(zip(theirs, ours, strict=True)))), "")
    if isinstance(theirs, float):
        return "" if abs(theirs - float(ours)) <= max(allowed, 1e-12) * max(1, abs(theirs)) else f"{where}: {ours}, not {theirs}"
    return "" if theirs == ours else f"{where} is {ours}, not {theirs}"


def exchange(info: Any, options: dict[str, Any], giver: Side, taker: Side) -> list[Array]:
    """Half of the steps in one library, the rest in the other from the state dict of the first."""
    params = giver.parameters("float64")
    optimizer = giver.optimizer(info, params, options)
    seen = []
    for count in range(FEWER // 2):
        giver.step(info, optimizer, params, count)
        seen.append(values(params))
    others = taker.parameters("float64")
    for p, q in zip(others, params, strict=True):
        p.data = taker.lib.tensor(q.detach().numpy().copy())
    resumed = taker.optimizer(info, others, options)
    resumed.load_state_dict(translated(optimizer.state_dict(), taker))
    for count in range(FEWER // 2, FEWER):
        taker.step(info, resumed, others, count)
        seen.append(values(others))
    return seen


def translated(value: Any, side: Side) -> Any:
    """A state dict with the other library's tensors in it."""
    if isinstance(value, (torch.Tensor, autograd.Tensor)):
        return side.lib.tensor(np.array(value.detach().numpy()))
    if isinstance(value, dict):
        return {k: translated(v, side) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(translated(v, side) for v in value)
    return value


def our_scheduler(make: Any) -> Any:
    """A function of the database that makes a scheduler, for ours."""
    return types.FunctionType(make.__code__, vars(optim.lr_scheduler))


def error(info: Any, side: Side, case: Any) -> tuple[str, str]:
    """The type and the text of what is raised, or warned, and '' where nothing is."""
    made = case.optimizer_error_input
    params, options = made.params, made.kwargs
    if side is OURS:
        memo: dict[int, Any] = {}
        params, options = convert(params, memo=memo), convert(options)
        for given in _tensors(made.params):
            if given.grad is not None:
                memo[id(given)].grad = convert(given.grad)
    if params is None:
        params = side.parameters("float32")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            optimizer = getattr(side.optimizers, info.optim_cls.__name__)(params, **options)
            if case.error_on is OptimizerErrorEnum.STEP_ERROR:
                optimizer.step()
        except Exception as raised:
            return type(raised).__name__, str(raised)
    return (warned[0].category.__name__, str(warned[0].message)) if warned else ("", "")


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [t for part in parts for t in _tensors(part)]


def run(info: Any) -> dict[str, Outcome]:
    """All that is compared of one optimizer."""
    outcomes = {category: Outcome() for category in CATEGORIES}
    for desc, options in option_sets(info):
        for dtype in ("float64", "float32"):
            reference = Reference(info, options, dtype)
            found = trajectory(OURS, info, options, dtype)[0]
            outcomes[dtype].add(desc, reference.compare(found))
            if dtype == "float64":
                early = [trajectory(side, info, options, dtype, steps=5)[1].state_dict() for side in (THEIRS, OURS)]
                outcomes["state"].add(desc, differences(*early, 1e-9 + 100 * reference.allowed[4]))
                for giver, taker, way in ((THEIRS, OURS, "from there"), (OURS, THEIRS, "to there")):
                    seen = exchange(info, options, giver, taker)
                    outcomes["exchange"].add(f"{desc}, {way}", reference.compare(seen))
        for flag, more in implementations(info, options):
            found = trajectory(OURS, info, more, "float64", steps=FEWER)[0]
            outcomes["implementations"].add(f"{desc}, {flag}", Reference(info, more, steps=FEWER).compare(found))
    for made in info.scheduler_inputs:
        found = trajectory(OURS, info, {}, "float64", [our_scheduler(make) for make in made])[0]
        outcomes["schedulers"].add(f"{len(made)} schedulers", Reference(info, {}, schedulers=made).compare(found))
    for case in info.optim_error_inputs_func("cpu", torch.float32):
        desc = case.optimizer_error_input.desc
        try:
            kind, text = error(info, OURS, case)
        except Untranslatable as why:
            outcomes["errors"].left_out.append(f"{desc}: {why}, which cannot be made here")
            continue
        right = kind == case.error_type.__name__ and re.search(case.error_regex, text)
        outcomes["errors"].add(desc, "" if right else f"expected {case.error_type.__name__} {case.error_regex!r}, "
                                                      f"got {kind} {text!r}")
    return outcomes


def table(results: dict[str, dict[str, Outcome]]) -> str:
    lines = [f"{'':12}" + "".join(f"{c:>17}" for c in CATEGORIES)]
    total: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
    for name, outcomes in results.items():
        lines.append(f"{name:12}" + "".join(f"{f'{o.passed}/{o.tried}':>17}" for o in outcomes.values()))
        for category, o in outcomes.items():
            total[category][0] += o.passed
            total[category][1] += o.tried
    lines.append(f"{'all':12}" + "".join(f"{f'{p}/{t}':>17}" for p, t in total.values()))
    entirely = sum(all(o.passed == o.tried for o in outcomes.values()) for outcomes in results.values())
    left_out = [f"left out of {name}, {text}" for name, outcomes in results.items() for o in outcomes.values()
                for text in o.left_out]
    return "\n".join([*lines, *left_out, f"optim_db: {entirely} of {len(results)} optimizers pass entirely"])


def run_all(only: str = "") -> dict[str, dict[str, Outcome]]:
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {info.optim_cls.__name__: run(info) for info in optim_db
                if not only or re.fullmatch(only, info.optim_cls.__name__)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="regular expression of whole names, such as 'Adam.*'")
    parser.add_argument("--record", action="store_true", help="keep the numbers in optim_score.json, which the test holds")
    given = parser.parse_args()
    results = run_all(given.only)
    for name, outcomes in results.items():
        for category, outcome in outcomes.items():
            for failure in outcome.failures:
                print(f"{name} {category}: {failure}")
    print(table(results))
    if given.record and not given.only:
        SCORE.write_text(json.dumps({name: {c: o.passed for c, o in outcomes.items()}
                                     for name, outcomes in results.items()}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
