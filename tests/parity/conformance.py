"""Runs PyTorch's own operator database on PyTorch and on this library, and compares.

    python tests/parity/conformance.py [--only REGEX] [-v] [--json FILE] [--record]

For each entry of ``op_db`` and each of its samples: the values, shapes and dtypes of the result (float64, float32,
int64, bool, complex128), the gradient and the second derivative for random cotangents, the in-place form, the method,
and the inputs that must raise. An operator *passes entirely* when all of these but ``complex`` and ``errors`` hold on
all samples.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import itertools
import json
import random
import re
import signal
import sys
import time
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [p for p in (str(ROOT), str(ROOT / "tests")) if p not in sys.path]

import numpy as np  # noqa: E402
import torch  # noqa: E402
from parity import exclusions  # noqa: E402
from parity.comparison import (  # noqa: E402
    GRADIENT_TOLERANCE,
    SECOND_TOLERANCE,
    Mismatch,
    compare,
    compare_gradients,
    derivatives,
)
from parity.translation import Missing, Untranslatable, convert, copy, function  # noqa: E402
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402

import autograd  # noqa: E402

#: What the last recorded run gave; `test_conformance` fails below it.
SCORE = Path(__file__).with_name("score.json")
SAMPLES = 12  # per operator and dtype, spread over all that the database gives
SECONDS = 12  # per operator and category
CATEGORIES = ("float64", "float32", "int64", "bool", "gradient", "second", "inplace", "method", "complex", "errors")
#: The categories that decide whether an operator passes entirely.
DECISIVE = CATEGORIES[:8]
FORWARD = {"float64": torch.float64, "float32": torch.float32, "int64": torch.int64, "bool": torch.bool}
#: Results that are only defined up to a phase or a basis are compared as the database's own gradient tests do.
PHASE = re.compile(r"(linalg\.)?(eigh|eig|svd|svd_lowrank|pca_lowrank)")
#: Their elements are arbitrary: only shape and dtype are compared.
UNINITIALISED = re.compile(r"(new_)?empty(_like|_strided|_permuted)?|resize_|resize_as_")


class TimeUp(BaseException):
    pass


@dataclass
class Outcome:
    """Samples passed and tried in one category, and the first failure."""

    passed: int = 0
    tried: int = 0
    failure: str = ""


@dataclass
class Result:
    """What one entry of the database gave."""

    name: str
    excluded: str = ""
    missing: str = ""
    seconds: float = 0.0
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @property
    def entirely(self) -> bool:
        tried = [o for c, o in self.outcomes.items() if c in DECISIVE]
        return not self.excluded and not self.missing and bool(tried) and all(o.passed == o.tried for o in tried)


# --- samples ----------------------------------------------------------------------------------------------


def seed(text: str) -> None:
    number = zlib.crc32(text.encode())
    torch.manual_seed(number)
    np.random.seed(number % 2**32)
    random.seed(number)


def reseed() -> None:
    torch.manual_seed(7)
    with contextlib.suppress(ImportError):
        autograd.manual_seed(7)


def spread(items: list[Any], count: int) -> list[Any]:
    if len(items) <= count:
        return items
    return [items[round(i * (len(items) - 1) / (count - 1))] for i in range(count)]


def samples_of(info: Any, dtype: torch.dtype, requires_grad: bool, count: int = SAMPLES) -> list[Any]:
    seed(f"{info.name}.{info.variant_test_name}.{dtype}")
    made = info.sample_inputs("cpu", dtype, requires_grad=requires_grad)
    return spread(list(itertools.islice(made, 400)), count)


@dataclass
class Call:
    """Arguments on one side: PyTorch's or ours."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    leaves: list[Any]


def arguments(sample: Any) -> tuple[Call, Call]:
    whole = ((sample.input, *sample.args), sample.kwargs)
    theirs: list[Any] = []
    ours: list[Any] = []
    args, kwargs = copy(whole, theirs, {})
    our_args, our_kwargs = convert(whole, ours, {})
    return Call(args, kwargs, theirs), Call(our_args, our_kwargs, ours)


def summary(sample: Any) -> str:
    text = re.sub(r', device="cpu"|dtype=torch\.|, broadcasts_input=False|, name=\'\'', "", sample.summary())
    return text if len(text) < 300 else text[:297] + "..."


# --- one operator -----------------------------------------------------------------------------------------


def first_line(error: BaseException) -> str:
    if isinstance(error, Mismatch):
        return str(error)
    text = " ".join(str(error).split())
    frames = traceback.extract_tb(error.__traceback__)
    place = next((f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames)
                  if "autograd" in f.filename or "/nn/" in f.filename), "")
    return f"{type(error).__name__}: {text[:200]} {f'({place})' if place else ''}".strip()


def stated_tolerance(info: Any) -> float:
    """How far, by the database itself, PyTorch's float64 results may be off (its Bessel functions, by 1e-6)."""
    found = 0.0
    for decorator in info.decorators:
        stated = getattr(decorator, "d", {}).get(torch.float64)
        if stated is not None:
            found = max(found, stated if isinstance(stated, float) else stated.atol)
    return found


class Operator:
    """Runs one entry of the database."""

    def __init__(self, info: Any) -> None:
        self.info = info
        self.name = info.name + (f"[{info.variant_test_name}]" if info.variant_test_name else "")
        self.result = Result(self.name, excluded=exclusions.reason(info.name) or "")
        supported = info.supported_dtypes("cpu")
        self.supported = supported
        kinds = (torch.float64, torch.complex128, torch.int64, torch.bool)
        self.main = next((d for d in kinds if d in supported), None)
        self.tolerance = stated_tolerance(info)
        self.values = not (info.has_nondeterministic_output or UNINITIALISED.fullmatch(info.name))

    def run(self) -> Result:
        if self.result.excluded:
            return self.result
        if self.main is None:
            self.result.excluded = "supports no element type on the CPU that exists here"
            return self.result
        start = time.perf_counter()
        try:
            self.ours = function(self.info.op, self.info.name if self._named() else None)
        except Missing as error:
            self.result.missing = str(error)
        else:
            self._check_all()
        self.result.seconds = time.perf_counter() - start
        return self.result

    def _named(self) -> bool:
        """Whether the database's callable is the public function of the entry's name."""
        module = getattr(self.info.op, "__module__", None) or ""
        return not module.startswith("torch.testing") and not isinstance(
            self.info.op, (type(torch.Tensor.add), type(torch.Tensor.__getitem__)))

    def _check_all(self) -> None:
        info = self.info
        for category, dtype in FORWARD.items():
            if dtype in self.supported or (dtype is torch.float64 and self.main is torch.complex128):
                dtype = self.main if category == "float64" else dtype
                self._category(category, dtype, self._forward)
                if self.result.missing:
                    return
        backward = info.supported_backward_dtypes("cpu")
        if info.supports_autograd and self.main in backward and self.main.is_floating_point | self.main.is_complex:
            self._category("gradient", self.main, self._gradient, True)
            if info.supports_gradgrad:
                self._category("second", self.main, self._second, True, 6)
        for variant, category in ((info.inplace_variant, "inplace"), (info.method_variant, "method")):
            self._variant(category, variant)
        for variant, category in ((info.inplace_operator_variant, "inplace"), (info.operator_variant, "method")):
            if variant is not None:
                self._variant(category, variant, operator=True)
        if torch.complex128 in self.supported and self.main is not torch.complex128:
            self._category("complex", torch.complex128, self._forward)
            if info.supports_autograd and torch.complex128 in backward:
                self._category("complex", torch.complex128, self._gradient, True, 6)
        if info.error_inputs_func is not None:
            self._guard("errors", self._errors)

    def _guard(self, category: str, body: Callable[[Outcome], None]) -> None:
        outcome = self.result.outcomes.setdefault(category, Outcome())
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            body(outcome)
        except TimeUp:
            outcome.tried += 1
            outcome.failure = outcome.failure or f"took more than {SECONDS} s"
        except Exception as error:
            outcome.tried += 1
            outcome.failure = outcome.failure or f"{first_line(error)}"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if not outcome.tried:
            del self.result.outcomes[category]

    def _category(self, category: str, dtype: torch.dtype, check: Callable[[Any], None], requires_grad: bool = False,
                  count: int = SAMPLES) -> None:
        def body(outcome: Outcome) -> None:
            for s in samples_of(self.info, dtype, requires_grad, count):
                self._one(outcome, lambda s=s: check(s), lambda s=s: summary(s))
        self._guard(category, body)

    def _one(self, outcome: Outcome, check: Callable[[], Any], describe: Callable[[], str]) -> None:
        outcome.tried += 1
        try:
            if check() is False:
                outcome.tried -= 1
                return
            outcome.passed += 1
        except Untranslatable:
            outcome.tried -= 1
        except Missing as error:
            self.result.missing = outcome.failure = str(error)
        except Exception as error:
            if not outcome.failure:
                outcome.failure = f"{first_line(error)}\n        {describe()}"

    def _forward(self, sample: Any) -> bool | None:
        theirs, ours = arguments(sample)
        reseed()
        try:
            expected = self.info.op(*theirs.args, **theirs.kwargs)
        except Exception:
            return False
        found = self.ours(*ours.args, **ours.kwargs)
        if PHASE.fullmatch(self.info.name):
            expected = sample.output_process_fn_grad(expected)
            found = function(sample.output_process_fn_grad)(found)
        compare(expected, found, "result", self.tolerance, self.values)
        return None

    def _run_for_gradient(self, sample: Any, second: bool) -> bool | None:
        if PHASE.fullmatch(self.info.name) is None and not self.values:
            return False
        theirs, ours = arguments(sample)
        if not theirs.leaves:
            return False
        wrapper = self.info.gradcheck_wrapper
        reseed()
        try:
            expected = derivatives(
                torch, torch.autograd.grad, lambda: sample.output_process_fn_grad(
                    wrapper(self.info.op, *theirs.args, **theirs.kwargs)), theirs.leaves, second)
        except Exception:
            return False
        our_wrapper, process = function(wrapper), function(sample.output_process_fn_grad)
        found = derivatives(
            autograd, autograd.grad, lambda: process(our_wrapper(self.ours, *ours.args, **ours.kwargs)), ours.leaves,
            second)
        compare_gradients(expected, found, SECOND_TOLERANCE if second else GRADIENT_TOLERANCE)
        return None

    def _gradient(self, sample: Any) -> bool | None:
        return self._run_for_gradient(sample, False)

    def _second(self, sample: Any) -> bool | None:
        return self._run_for_gradient(sample, True)

    def _variant(self, category: str, variant: Any, operator: bool = False) -> None:
        """The method or the in-place form: same values, and for the latter the same memory and gradient."""
        if variant is None:
            return

        def body(outcome: Outcome) -> None:
            inplace = category == "inplace"
            if operator:
                ours = variant
            else:
                try:
                    ours = function(variant)
                except Missing as error:
                    outcome.tried += 1
                    outcome.failure = outcome.failure or str(error)
                    return
            kinds = [self.main] if not inplace else [d for d in (self.main, torch.int64) if d in self.supported]
            grad = inplace and self.info.supports_inplace_autograd and self.main is torch.float64
            for dtype in dict.fromkeys(kinds):
                for s in samples_of(self.info, dtype, grad and dtype is self.main):
                    if (operator and (s.kwargs or len(s.args) != 1)) or not isinstance(s.input, torch.Tensor):
                        continue
                    check = self._inplace if inplace else self._method
                    self._one(outcome, lambda s=s, check=check: check(variant, ours, s), lambda s=s: summary(s))
        self._guard(category, body)

    def _method(self, variant: Any, our_variant: Any, sample: Any) -> bool | None:
        theirs, ours = arguments(sample)
        reseed()
        try:
            expected = variant(*theirs.args, **theirs.kwargs)
        except Exception:
            return False
        found = our_variant(*ours.args, **ours.kwargs)
        if PHASE.fullmatch(self.info.name):
            expected = sample.output_process_fn_grad(expected)
            found = function(sample.output_process_fn_grad)(found)
        compare(expected, found, "method", self.tolerance, self.values)
        return None

    def _inplace(self, variant: Any, our_variant: Any, sample: Any) -> bool | None:
        theirs, ours = arguments(sample)
        sides = []
        for call, f in ((theirs, variant), (ours, our_variant)):
            reseed()
            target = call.args[0].clone()
            try:
                out = f(target, *call.args[1:], **call.kwargs)
                sides.append((target, out, None))
            except (Missing, Untranslatable):
                raise
            except Exception as error:
                sides.append((target, None, error))
        (expected, _, theirs_failed), (target, out, ours_failed) = sides
        if theirs_failed is None and sample.broadcasts_input:
            return False  # should raise by the database itself, and does not (addbmm_ resizes)
        if theirs_failed is not None:
            if ours_failed is None:
                raise Mismatch(f"does not raise; PyTorch: {first_line(theirs_failed)}")
            return None
        if ours_failed is not None:
            raise ours_failed
        if out is not target:
            raise Mismatch("the in-place form does not return the tensor it wrote to")
        compare(expected, target, "in place", self.tolerance, self.values)
        if theirs.leaves and expected.requires_grad:
            compare_gradients(
                derivatives(torch, torch.autograd.grad, lambda: expected, theirs.leaves, False),
                derivatives(autograd, autograd.grad, lambda: target, ours.leaves, False), GRADIENT_TOLERANCE)
        return None

    def _errors(self, outcome: Outcome) -> None:
        seed(self.name)
        for case in spread(list(itertools.islice(self.info.error_inputs("cpu"), 100)), 2 * SAMPLES):
            self._one(outcome, lambda case=case: self._error(case), lambda case=case: summary(case.sample_input))

    def _error(self, case: Any) -> bool | None:
        if "out" in case.sample_input.kwargs:
            return False  # there is no out= here
        theirs, ours = arguments(case.sample_input)
        try:
            self.info.op(*theirs.args, **theirs.kwargs)
            return False
        except Exception as error:
            expected = error
        try:
            self.ours(*ours.args, **ours.kwargs)
        except Exception as error:
            families = (RuntimeError, TypeError, IndexError, ValueError)
            family = next((f for f in families if isinstance(expected, f)), Exception)
            if not isinstance(error, family):
                raise Mismatch(f"raises {first_line(error)}; PyTorch: {first_line(expected)}") from error
            return None
        raise Mismatch(f"does not raise; PyTorch: {first_line(expected)}")


# --- the whole run ----------------------------------------------------------------------------------------


def run(only: str = "", tell: Callable[[Result], None] | None = None) -> list[Result]:
    """Results of the entries whose name (with its variant in ``[]``, or without) matches the expression ``only``."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")

    def time_up(*_: Any) -> None:
        raise TimeUp

    signal.signal(signal.SIGALRM, time_up)
    results = []
    for info in op_db:
        operator = Operator(info)
        if only and not (re.fullmatch(only, info.name) or re.fullmatch(only, operator.name)):
            continue
        results.append(operator.run())
        if tell is not None:
            tell(results[-1])
    return results


def scores(results: list[Result]) -> dict[str, int]:
    """How many operators pass in each category, how many are tried, and how many pass entirely."""
    count: dict[str, int] = collections.Counter()
    run_at_all = [r for r in results if not r.excluded]
    count["operators"], count["excluded"] = len(run_at_all), len(results) - len(run_at_all)
    count["entirely"] = sum(r.entirely for r in run_at_all)
    count["missing"] = sum(bool(r.missing) for r in run_at_all)
    for c in CATEGORIES:
        tried = [r.outcomes[c] for r in run_at_all if c in r.outcomes]
        count[c], count[f"{c}_tried"] = sum(o.passed == o.tried for o in tried), len(tried)
    return dict(count)


def table(results: list[Result]) -> str:
    s = scores(results)
    lines = [f"{'category':<12}{'pass':>8}{'tried':>8}"]
    lines += [f"{c:<12}{s[c]:>8}{s[f'{c}_tried']:>8}" for c in CATEGORIES]
    lines.append(f"entirely: {s['entirely']} of {s['operators']} operators ({s['missing']} missing, "
                 f"{s['excluded']} excluded), {sum(r.seconds for r in results):.0f} s")
    return "\n".join(lines)


def details(r: Result, verbose: bool = True) -> Iterator[str]:
    if r.excluded:
        yield f"  --  {r.name}: excluded: {r.excluded}"
    elif r.missing:
        yield f"MISS  {r.name}: {r.missing}"
    else:
        passing = " ".join(f"{c}:{o.passed}/{o.tried}" for c, o in r.outcomes.items())
        yield f"{'pass' if r.entirely else 'FAIL'}  {r.name}  {passing}  {r.seconds:.1f} s"
        failures: dict[str, list[str]] = {}
        texts: dict[str, str] = {}
        for c, o in r.outcomes.items():
            if o.passed != o.tried and (verbose or c in DECISIVE):
                key = o.failure.split("\n")[0].replace("float32", "float64")
                failures.setdefault(key, []).append(c)
                texts.setdefault(key, o.failure)
        yield from (f"      {', '.join(categories)}: {texts[key]}" for key, categories in failures.items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="regular expression of whole names, such as 'nn.functional.conv.*'")
    parser.add_argument("-v", action="store_true", help="also operators that pass, exclusions, complex and errors")
    parser.add_argument("--json", type=Path, help="write scores and failures here")
    parser.add_argument("--record", action="store_true", help="keep the scores in score.json, which the test holds")
    options = parser.parse_args()

    def tell(r: Result) -> None:
        if options.v or options.only or not (r.entirely or r.excluded):
            print("\n".join(details(r, options.v or bool(options.only))), flush=True)

    results = run(options.only, tell)
    print(table(results))
    if options.json:
        options.json.write_text(json.dumps({
            "scores": scores(results),
            "results": {r.name: {"excluded": r.excluded, "missing": r.missing, "entirely": r.entirely,
                                 "outcomes": {c: vars(o) for c, o in r.outcomes.items()}} for r in results}}, indent=1))
    if options.record and not options.only:
        kept = {"scores": scores(results), "entirely": sorted(r.name for r in results if r.entirely)}
        SCORE.write_text(json.dumps(kept, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
