"""Runs one entry of PyTorch's operator database on both libraries."""

from __future__ import annotations

import itertools
import re
import signal
import time
import traceback
import unittest
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from parity import exclusions, outputs
from parity.calls import SAMPLES, Call, arguments, reseed, samples_of, seed, spread, summary
from parity.comparison import (
    GRADIENT_TOLERANCE,
    SECOND_TOLERANCE,
    TOLERANCE,
    Mismatch,
    compare,
    compare_gradients,
    derivatives,
)
from parity.translation import Missing, Untranslatable, convert, function
from torch.testing._internal.opinfo.core import DecorateInfo

import autograd

SECONDS = 60  # per operator and category
OUT_SAMPLES = 12  # per operator, each with several kinds of out
CATEGORIES = ("float64", "float32", "int64", "bool", "gradient", "second", "inplace", "method", "out", "complex",
              "errors")
#: The categories that decide whether an operator passes entirely.
DECISIVE = CATEGORIES[:9]
FORWARD = {"float64": torch.float64, "float32": torch.float32, "int64": torch.int64, "bool": torch.bool}
#: Results that are only defined up to a phase or a basis are compared as the database's own gradient tests do.
PHASE = re.compile(r"(linalg\.)?(eigh|eig|svd|svd_lowrank|pca_lowrank)")
#: PyTorch's float64 gradient multiplies by 1/6 rounded to float32.
SINGLE_PRECISION_INSIDE = ("nn.functional.hardsigmoid",)
#: Which of equal elements the index means is not defined.
TIES = {"sort": ("dim", "descending"), "argsort": ("dim", "descending"), "topk": ("k", "dim"),
        "kthvalue": ("k", "dim", "keepdim"), "mode": ("dim", "keepdim")}
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
    decisive: tuple[str, ...] = DECISIVE

    @property
    def entirely(self) -> bool:
        tried = [o for c, o in self.outcomes.items() if c in self.decisive]
        return not self.excluded and not self.missing and bool(tried) and all(o.passed == o.tried for o in tried)


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


def expected_to_fail(info: Any, test: str) -> bool:
    """Whether the database marks one of PyTorch's own tests of this entry as failing."""
    return any(isinstance(d, DecorateInfo) and d.test_name == test and d.device_type in (None, "cpu")
               and unittest.expectedFailure in d.decorators for d in info.decorators)


class Operator:
    """Runs one entry of the database."""

    def __init__(self, info: Any) -> None:
        self.info = info
        self.name = info.name + (f"[{info.variant_test_name}]" if info.variant_test_name else "")
        self.result = Result(self.name, excluded=exclusions.reason(self.name) or "")
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
                self._category("second", self.main, self._second, True)
        for variant, category in ((info.inplace_variant, "inplace"), (info.method_variant, "method")):
            self._variant(category, variant)
        for variant, category in ((info.inplace_operator_variant, "inplace"), (info.operator_variant, "method")):
            if variant is not None:
                self._variant(category, variant, operator=True)
        if info.supports_out:
            self._guard("out", self._out)
        if torch.complex128 in self.supported and self.main is not torch.complex128:
            self._category("complex", torch.complex128, self._forward)
            if info.supports_autograd and torch.complex128 in backward:
                self._category("complex", torch.complex128, self._gradient, True)
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

    def _category(self, category: str, dtype: torch.dtype, check: Callable[[Any], None], requires_grad: bool = False) -> None:
        def body(outcome: Outcome) -> None:
            for s in samples_of(self.info, dtype, requires_grad):
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
        expected, found = self._canonical(sample, theirs, expected, found)
        compare(expected, found, "result", self.tolerance, self.values)
        return None

    def _canonical(self, sample: Any, call: Call, expected: Any, found: Any) -> tuple[Any, Any]:
        """The two results with what is not defined taken out of them."""
        if PHASE.fullmatch(self.info.name):
            return sample.output_process_fn_grad(expected), function(sample.output_process_fn_grad)(found)
        if self.info.name in TIES and not call.kwargs.get("stable") and call.args[0].ndim:
            return self._what_indices_mean(call, expected), self._what_indices_mean(call, found)
        return expected, found

    def _what_indices_mean(self, call: Call, result: Any) -> list[Any]:
        """The elements at the indices, beside the other results and the shape and type of the indices."""
        x = call.args[0].detach()
        named = {**dict(zip(TIES[self.info.name], call.args[1:], strict=False)), **call.kwargs}
        dim, kept = named.get("dim", -1), named.get("keepdim", self.info.name not in ("kthvalue", "mode"))
        *others, indices = [result] if self.info.name == "argsort" else list(result)
        i = torch.from_numpy(np.array(getattr(indices, "_a", indices)))
        elements = torch.take_along_dim(x, i if kept else i.unsqueeze(dim), dim)
        return [*others, tuple(i.shape), str(i.dtype), convert(elements) if hasattr(indices, "_a") else elements]

    def _run_for_gradient(self, sample: Any, second: bool) -> bool | None:
        if PHASE.fullmatch(self.info.name) is None and not self.values:
            return False
        theirs, ours = arguments(sample)
        if not theirs.leaves:
            return False
        tolerance = max(GRADIENT_TOLERANCE, self.tolerance) if not second else SECOND_TOLERANCE
        if self.info.name in SINGLE_PRECISION_INSIDE:
            tolerance = TOLERANCE["float32"]
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
        try:
            compare_gradients(expected, found, tolerance)
        except Mismatch:
            # PyTorch's own comparison with finite differences is marked to fail.
            tests = ("test_fn_grad", "test_fn_gradgrad") if second else ("test_fn_grad",)
            if any(expected_to_fail(self.info, test) for test in tests):
                return False
            raise
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

    def _out(self, outcome: Outcome) -> None:
        for s in samples_of(self.info, self.main, False, OUT_SAMPLES):
            self._one(outcome, lambda s=s: outputs.check(self.info.name, self.info.op, self.ours, s, self.tolerance, self.values,
                                                         self._canonical), lambda s=s: summary(s))

    def _method(self, variant: Any, our_variant: Any, sample: Any) -> bool | None:
        theirs, ours = arguments(sample)
        reseed()
        try:
            expected = variant(*theirs.args, **theirs.kwargs)
        except Exception:
            return False
        found = our_variant(*ours.args, **ours.kwargs)
        expected, found = self._canonical(sample, theirs, expected, found)
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
                derivatives(autograd, autograd.grad, lambda: target, ours.leaves, False),
                TOLERANCE["float32"] if self.info.name in SINGLE_PRECISION_INSIDE else GRADIENT_TOLERANCE)
        return None

    def _errors(self, outcome: Outcome) -> None:
        seed(self.name)
        for case in spread(list(itertools.islice(self.info.error_inputs("cpu"), 100)), SAMPLES):
            self._one(outcome, lambda case=case: self._error(case), lambda case=case: summary(case.sample_input))

    def _error(self, case: Any) -> bool | None:
        if self.name.startswith("__") and not isinstance(case.sample_input.input, torch.Tensor):
            return False  # a method called on something else by way of its class
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
