"""Runs one module of PyTorch's on both libraries: those of its own database, and those of `module_samples`."""

from __future__ import annotations

import itertools
import re
import signal
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch
from parity.calls import seed, spread
from parity.comparison import (
    GRADIENT_TOLERANCE,
    SECOND_TOLERANCE,
    TOLERANCE,
    Derivatives,
    Mismatch,
    compare,
    compare_arrays,
    compare_gradients,
    derivatives,
    flatten,
)
from parity.module_samples import Given, cases_by_module
from parity.operators import Outcome, Result, TimeUp, first_line
from parity.translation import Missing, Untranslatable, array_of, convert, copy, find, remember_arguments
from torch.testing._internal.common_modules import ModuleErrorEnum, module_db

import autograd
import nn

SECONDS = 120  # per module
INPUTS = 200  # per module and mode, spread over all that the database gives
CATEGORIES = ("repr", "state", "initial", "train", "eval", "inputs", "parameters", "second", "float32", "complex",
              "updated", "exchange", "errors")

#: Modules left out, with the reason.
EXCLUSIONS: dict[str, str] = {
    "nn.CrossMapLRN2d": "PyTorch's never takes the first channel out of its sliding window, and its gradient is that of "
                        "another window; ours is LocalResponseNorm, whose formula its documentation gives",
}
#: The loss takes log-probabilities. PyTorch's gradient is that by the scores before `log_softmax`, and so is wrong by
#: itself and right after `log_softmax`; ours is right in both places. They are compared where PyTorch's is right.
AFTER_LOG_SOFTMAX = ("nn.CTCLoss",)
#: PyTorch's gradient multiplies by 1/6 rounded to single precision.
SINGLE_PRECISION_INSIDE = ("nn.Hardsigmoid",)


def text_of(module: Any) -> str:
    """Its repr, without the name of the library before types and shapes."""
    return re.sub(r"\b(torch|autograd)\.", "", repr(module))


def database(info: Any, dtype: torch.dtype, training: bool) -> list[Given]:
    """What the database gives for one module."""
    seed(f"{info.name}{dtype}{training}")
    made = info.module_inputs_func(info, device="cpu", dtype=dtype, requires_grad=True, training=training)
    return [_given(info, m) for m in spread(list(itertools.islice(made, 2000)), INPUTS)]


def _given(info: Any, made: Any) -> Given:
    options = (made.constructor_input.args, made.constructor_input.kwargs)

    def make(library: Any) -> Any:
        if library is torch.nn:
            args, kwargs = copy(options)
            return info.module_cls(*args, **kwargs)
        args, kwargs = convert(options)
        return find(info.name)(*args, **kwargs)

    call = made.forward_input
    return Given(f"{info.name}{options[0]} {options[1]}", make, None if call is None else call.args,
                 {} if call is None else call.kwargs)


class Pair:
    """One module in both libraries, made from the same seed."""

    def __init__(self, name: str, given: Given, training: bool, dtype: str) -> None:
        self.name, self.given = name, given
        self.libraries = (torch, autograd)
        self.modules = [given.build(lib) for lib in self.libraries]
        self.training, self.dtype = training, dtype
        self.calls: list[tuple[Any, Any]] = []
        self.leaves: list[list[Any]] = []
        self.results: list[Any] = [None, None]

    def convert(self) -> None:
        """To the dtype and the mode, with the arguments of the call, and with PyTorch's numbers in both."""
        for lib, module in zip(self.libraries, self.modules, strict=True):
            module.to(getattr(lib, self.dtype)).train(self.training)
            leaves: list[Any] = []
            self.calls.append(self._cast(lib, self.given.arguments(lib, leaves), leaves))
            self.leaves.append(leaves)
            if any(hasattr(m, "initialize_parameters") for m in module.modules()):
                lib.manual_seed(2)
                with lib.no_grad():
                    module(*self.calls[-1][0], **self.calls[-1][1])
        theirs, ours = self.modules
        # Initial values were drawn in single precision by both; rounding in the draws must not count below.
        ours.load_state_dict({k: autograd.tensor(array_of(v)) for k, v in theirs.state_dict().items()})

    def _cast(self, lib: Any, value: Any, leaves: list[Any]) -> Any:
        """``value`` with its tensors of double precision in the dtype, where that is another."""
        if isinstance(value, lib.Tensor):
            if self.dtype != "float32" or value.dtype != lib.float64:
                return value
            made = value.detach().to(lib.float32).requires_grad_(value.requires_grad)
            leaves[:] = [made if leaf is value else leaf for leaf in leaves]
            return made
        if isinstance(value, dict):
            return {k: self._cast(lib, v, leaves) for k, v in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self._cast(lib, v, leaves) for v in value)
        return value

    def run(self, side: int) -> Any:
        lib, module, (args, kwargs) = self.libraries[side], self.modules[side], self.calls[side]
        if self.name in AFTER_LOG_SOFTMAX:
            args = (args[0].log_softmax(-1), *args[1:])
        lib.manual_seed(3)
        self.results[side] = module(*args, **kwargs)
        return self.results[side]

    def derivatives(self, second: bool) -> list[Derivatives]:
        """By inputs and parameters, in both libraries."""
        return [derivatives(lib, lib.autograd.grad if lib is torch else lib.grad, lambda side=side: self.run(side),
                            self.leaves[side] + list(self.modules[side].parameters()), second)
                for side, lib in enumerate(self.libraries)]


def compare_states(theirs: Any, ours: Any, tolerance: float) -> None:
    a, b = theirs.state_dict(), ours.state_dict()
    for key in a:
        if not isinstance(b[key], nn.parameter.Uninitialized):
            compare_arrays(array_of(a[key]), b[key].detach().numpy(), key, tolerance)


class Checked:
    """Runs the checks of one module."""

    def __init__(self, name: str, info: Any = None, cases: list[Given] | None = None) -> None:
        self.name, self.info, self.cases = name, info, cases or []
        self.result = Result(name, excluded=EXCLUSIONS.get(name, ""), decisive=CATEGORIES)

    def run(self) -> Result:
        if self.result.excluded:
            return self.result
        start = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            find(self.name)
            with warnings.catch_warnings(), remember_arguments(torch.nn.TransformerEncoderLayer):
                warnings.simplefilter("ignore")
                self._all()
        except Missing as error:
            self.result.missing = str(error)
        except TimeUp:
            self._outcome("errors").tried += 1
            self._outcome("errors").failure = f"took more than {SECONDS} s"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        self.result.seconds = time.perf_counter() - start
        return self.result

    def _all(self) -> None:
        for training in (True, False):
            cases = self.cases if self.info is None else database(self.info, torch.float64, training)
            for given in cases:
                self._case(given, training)
            if self.info is not None and torch.complex128 in self.info.dtypes:
                for given in database(self.info, torch.complex128, training):
                    self._one("complex", given, lambda given=given, mode=training: self._complex(given, mode))
            if self.info is not None and self.info.module_error_inputs_func is not None:
                for case in self.info.module_error_inputs_func(
                        self.info, device="cpu", dtype=torch.float64, requires_grad=False, training=training):
                    given = _given(self.info, case.module_error_input)
                    self._one("errors", given, lambda given=given, case=case: self._error(given, case))

    def _outcome(self, category: str) -> Outcome:
        return self.result.outcomes.setdefault(category, Outcome())

    def _one(self, category: str, given: Given, check: Callable[[], Any]) -> None:
        """Run one check; it returns False where there is nothing to compare."""
        outcome = self._outcome(category)
        outcome.tried += 1
        try:
            if check() is False:
                outcome.tried -= 1
            else:
                outcome.passed += 1
        except Untranslatable:
            outcome.tried -= 1
        except Exception as error:
            outcome.failure = outcome.failure or f"{first_line(error)}\n        {given.text[:300]}"
        if not outcome.tried:
            del self.result.outcomes[category]

    def _case(self, given: Given, training: bool) -> None:
        pair: Pair | None = None

        def made() -> Pair:
            assert pair is not None
            return pair

        try:
            pair = Pair(self.name, given, training, "float64")
        except Untranslatable:
            return
        except Exception:
            self._one("repr", given, lambda: Pair(self.name, given, training, "float64"))
            return
        self._one("repr", given, lambda: self._repr(made()))
        self._one("state", given, lambda: self._keys(made()))
        self._one("initial", given, lambda: compare_states(*made().modules, 1e-6))
        if given.args is None:
            self._one("exchange", given, lambda: self._exchange(made()))
            return
        mode = "train" if training else "eval"
        try:
            pair.convert()
        except Untranslatable:
            return
        except Exception as error:
            self._one(mode, given, lambda error=error: self._raise(error))
            return
        self._one(mode, given, lambda: compare(made().run(0), made().run(1), "result"))
        self._gradients(given, pair)
        self._one("updated", given, lambda: (self._keys(made()), compare_states(*made().modules, 1e-10))[0])
        self._one("repr", given, lambda: self._repr(made()))
        self._one("exchange", given, lambda: self._exchange(made()))
        self._one("float32", given, lambda: self._single(given, training))

    @staticmethod
    def _raise(error: Exception) -> None:
        raise error

    @staticmethod
    def _repr(pair: Pair) -> None:
        a, b = (text_of(module) for module in pair.modules)
        if a != b:
            raise Mismatch(f"repr {b}, PyTorch's {a}")

    @staticmethod
    def _keys(pair: Pair) -> None:
        """Names of the state, and of parameters and buffers with whether they are trained; their order too."""
        sides = [[list(m.state_dict()), [(n, p.requires_grad) for n, p in m.named_parameters()],
                  [n for n, _ in m.named_buffers()], [n for n, _ in m.named_modules()]] for m in pair.modules]
        for a, b in zip(*sides, strict=True):
            if a != b:
                raise Mismatch(f"names {b}, PyTorch's {a}")

    @staticmethod
    def _exchange(pair: Pair) -> None:
        """The state of each side loads into a new module of the other, and comes out as it was."""
        theirs, ours = pair.modules
        if any(isinstance(p, nn.parameter.Uninitialized) for p in ours.parameters()):
            return
        new_theirs, new_ours = (pair.given.build(lib) for lib in pair.libraries)
        if pair.calls:
            new_theirs.to(torch.float64)
            new_ours.to(autograd.float64)
        new_ours.load_state_dict({k: autograd.tensor(array_of(v)) for k, v in theirs.state_dict().items()})
        new_theirs.load_state_dict({k: torch.from_numpy(v.detach().numpy().copy()) for k, v in ours.state_dict().items()})
        compare_states(theirs, new_ours, 0.0)
        compare_states(new_theirs, ours, 0.0)

    def _gradients(self, given: Given, pair: Pair) -> None:
        found: list[Derivatives] = []
        inputs = len(pair.leaves[0])

        def part(first: int, last: int | None) -> bool | None:
            if not found:
                found.extend(pair.derivatives(False))
            if found[0].outputs and found[0].gradients[first:last] == []:
                return False
            compare_gradients(*(Derivatives(d.outputs, d.gradients[first:last]) for d in found),
                              TOLERANCE["float32"] if self.name in SINGLE_PRECISION_INSIDE else GRADIENT_TOLERANCE)
            return None if found[0].outputs else False

        self._one("inputs", given, lambda: part(0, inputs))
        self._one("parameters", given, lambda: part(inputs, None))
        if self.info is None or self.info.supports_gradgrad:
            self._one("second", given, lambda: self._second(pair))

    @staticmethod
    def _second(pair: Pair) -> bool | None:
        if getattr(pair.modules[0], "options", None) is not None:
            return False  # PyTorch computes in pieces then, without second derivatives, and gives zeros for them
        try:
            theirs = derivatives(torch, torch.autograd.grad, lambda: pair.run(0),
                                 pair.leaves[0] + list(pair.modules[0].parameters()), True)
        except (RuntimeError, NotImplementedError):
            return False  # PyTorch has none
        if any(t.isnan().any() for t in flatten(pair.results[0]) if isinstance(t, torch.Tensor)):
            return False  # the mean of nothing
        ours = derivatives(autograd, autograd.grad, lambda: pair.run(1),
                           pair.leaves[1] + list(pair.modules[1].parameters()), True)
        compare_gradients(theirs, ours, SECOND_TOLERANCE)
        return None if theirs.outputs else False

    def _single(self, given: Given, training: bool) -> bool | None:
        pair = Pair(self.name, given, training, "float32")
        try:
            pair.convert()
            expected = pair.run(0)
        except RuntimeError:
            return False  # PyTorch wants inputs of double precision here
        compare(expected, pair.run(1), "result")
        return None if flatten(expected) else False

    def _complex(self, given: Given, training: bool) -> None:
        pair = Pair(self.name, given, training, "complex128")
        pair.convert()
        compare(pair.run(0), pair.run(1), "result")
        compare_gradients(*pair.derivatives(False), GRADIENT_TOLERANCE)

    def _error(self, given: Given, case: Any) -> None:
        def provoke(lib: Any) -> Exception | None:
            try:
                module = given.build(lib)
                if case.error_on is not ModuleErrorEnum.CONSTRUCTION_ERROR:
                    args, kwargs = given.arguments(lib, [])
                    module.to(lib.float64)(*args, **kwargs)
            except Exception as error:
                return error
            return None

        expected, found = provoke(torch), provoke(autograd)
        if expected is None:
            return
        if not isinstance(found, type(expected)):
            what = "does not raise" if found is None else f"raises {first_line(found)}"
            raise Mismatch(f"{what}; PyTorch: {first_line(expected)}")


def every_module() -> list[Checked]:
    """One for each module that PyTorch's ``nn`` has."""
    infos = {info.name: info for info in module_db}
    cases = cases_by_module()
    names = [f"nn.{n}" for n, v in vars(torch.nn).items() if isinstance(v, type) and issubclass(v, torch.nn.Module)]
    assert not set(cases) - set(names), set(cases) - set(names)
    return [Checked(name, infos.get(name), cases.get(name)) for name in sorted(names)]


