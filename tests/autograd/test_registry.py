"""Every differentiable operation on samples of its arguments, driven by the registry.

The operations are those that declare a derivative rule and the composites; their samples stand in ``tests/samples``.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from op_samples import Constant, Sample

import autograd
from autograd import ops
from autograd.primitive import COMPOSITES, REGISTRY
from autograd.tape import wrap_node
from autograd.testing import gradcheck, gradgradcheck

ops.load_all()  # the registry is walked below

Array = np.ndarray[Any, Any]
FILES = sorted(p.stem for p in (Path(__file__).parents[1] / "samples").glob("*.py"))

#: Names of composites that need no samples, each with the reason.
WITHOUT_SAMPLES = (
    (r".*_|setitem", "writes in place: checked through the form without the underscore, and by hand where there is none"),
    (r"(new_)?(tensor|zeros|ones|empty|full|empty_strided|empty_permuted)|(as_|scalar_)tensor|asarray|from_numpy|frombuffer"
     r"|arange|range|linspace|logspace|eye|tril_indices|triu_indices", "makes a tensor from numbers"),
    (r"(zeros|ones|empty|full|rand|randn|randint)_like", "takes only the shape and type of its argument"),
    (r"rand|randn|randint|randperm|bernoulli|poisson|multinomial|normal", "draws: its result has no derivative"),
    (r"equal|allclose|isclose|isin|is_.*|broadcast_shapes|unravel_index|argwhere|nonzero|nonzero_static|histogram(dd)?"
     r"|histc|bincount|count_nonzero|one_hot|linalg_matrix_rank", "gives numbers, bools or indices"),
    (r"int|long|short|char|byte|bool|numpy|type|tolist", "gives integers, bools, or no tensor"),
    (r"detach", "stops the gradient by definition"),
    (r"cuda", "always raises"),
)

#: Sums in another order round differently; everything else must be equal.
ROUNDING = 1e-11


@functools.cache
def samples() -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for name in FILES:
        # A file that does not load fails test_file_of_samples_loads, and not the collection of all the others.
        with contextlib.suppress(Exception):
            for op, items in importlib.import_module(f"samples.{name}").SAMPLES.items():
                found.setdefault(op, []).extend(items)
    return found


def function_of(name: str) -> Callable[..., Any]:
    if name in REGISTRY:
        return REGISTRY[name].function
    if name in COMPOSITES:
        return COMPOSITES[name].function
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


CASES = [(name, i) for name, items in sorted(samples().items()) for i in range(len(items))]
each_sample = pytest.mark.parametrize(("name", "index"), CASES, ids=[f"{n}-{i}" for n, i in CASES])


# --- calling an operation with arrays ---------------------------------------------------------------------


def tensors_of(value: Any, layout: Callable[[Array], Array], grad: bool = True) -> Any:
    """``value`` with its arrays as Tensors whose memory is as ``layout`` makes it."""
    if isinstance(value, np.ndarray):
        t = wrap_node(layout(value), None)
        return t.requires_grad_() if grad and value.dtype.kind in "fc" else t
    if isinstance(value, Constant):
        return tensors_of(value.array, layout, False)
    if isinstance(value, (list, tuple)):
        items = [tensors_of(v, layout, grad) for v in value]
        return type(value)(items) if type(value) in (list, tuple) else type(value)(*items)
    if isinstance(value, dict):
        return {k: tensors_of(v, layout, grad) for k, v in value.items()}
    return value


def leaves_of(value: Any) -> Iterator[Any]:
    if isinstance(value, autograd.Tensor):
        if value.requires_grad:
            yield value
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from leaves_of(v)
    elif isinstance(value, dict):
        yield from leaves_of(list(value.values()))


class Call:
    """An operation on the arguments of a sample, as a function of the tensors that require grad."""

    def __init__(self, name: str, sample: Sample, layout: Callable[[Array], Array]) -> None:
        self.function = function_of(name)
        self.args, self.kwargs = tensors_of((sample.args, sample.kwargs), layout)
        self.leaves = list(leaves_of((self.args, self.kwargs)))

    def __call__(self, *leaves: Any) -> Any:
        new = {id(old): t for old, t in zip(self.leaves, leaves, strict=True)}

        def put(value: Any) -> Any:
            if isinstance(value, autograd.Tensor):
                return new.get(id(value), value)
            if isinstance(value, (list, tuple)):
                items = [put(v) for v in value]
                return type(value)(items) if type(value) in (list, tuple) else type(value)(*items)
            return value

        autograd.manual_seed(0)
        result = self.function(*put(self.args), **{k: put(v) for k, v in self.kwargs.items()})
        return result if isinstance(result, autograd.Tensor) else tuple(
            t for t in result if isinstance(t, autograd.Tensor))

    def results(self, second: bool = True) -> list[Array]:
        """The outputs, the gradients by all leaves for fixed cotangents, and the gradients of those."""
        outs = self(*self.leaves)
        outs = [outs] if isinstance(outs, autograd.Tensor) else list(outs)
        found = [np.array(t._a) for t in outs]
        roots = [t for t in outs if t.requires_grad]
        if not roots or not self.leaves:
            return found
        first = autograd.grad(roots, self.leaves, [cotangent(t, i) for i, t in enumerate(roots)], create_graph=second,
                              allow_unused=True, materialize_grads=True)
        found += [np.array(t._a) for t in first]
        roots = [t for t in first if t.requires_grad]
        if second and roots:
            again = autograd.grad(roots, self.leaves, [cotangent(t, i) for i, t in enumerate(roots)],
                                  allow_unused=True, materialize_grads=True)
            found += [np.array(t._a) for t in again]
        return found


def cotangent(t: Any, number: int) -> Any:
    rng = np.random.default_rng(number)
    g = rng.uniform(-1, 1, t._a.shape)
    if t._a.dtype.kind == "c":
        g = g + 1j * rng.uniform(-1, 1, t._a.shape)
    return autograd.tensor(np.asarray(g, t._a.dtype))


# --- layouts ----------------------------------------------------------------------------------------------


def contiguous(a: Array) -> Array:
    return np.array(a, order="C")


def transposed(a: Array) -> Array:
    return np.array(a.T, order="C").T


def strided(a: Array) -> Array:
    """Every other element along each dimension of a larger array."""
    if not a.ndim:
        return contiguous(a)
    wide = np.zeros([2 * n for n in a.shape], a.dtype)
    view = wide[(slice(None, None, 2),) * a.ndim]
    view[...] = a
    return view


def reversed_(a: Array) -> Array:
    """Negative strides."""
    turn = (slice(None, None, -1),) * a.ndim
    return np.array(a[turn], order="C")[turn] if a.ndim else contiguous(a)


def expanded(a: Array) -> Array:
    """The first row for all rows: stride 0, and read-only."""
    return np.broadcast_to(a[:1].copy(), a.shape) if a.ndim and len(a) else contiguous(a)


def same_values_as_expanded(a: Array) -> Array:
    return np.array(expanded(a), order="C")


#: How the memory is laid out, and the contiguous arrays of the same values.
LAYOUTS = {"transposed": (transposed, contiguous), "strided": (strided, contiguous),
           "reversed": (reversed_, contiguous), "expanded": (expanded, same_values_as_expanded)}


def outcome(name: str, sample: Sample, layout: Callable[[Array], Array], second: bool = True) -> Any:
    """The results, or the type of the exception that says these values are not allowed."""
    try:
        return Call(name, sample, layout).results(second)
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        return type(error), str(error)


# --- the tests --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_file_of_samples_loads(name: str) -> None:
    for op, items in importlib.import_module(f"samples.{name}").SAMPLES.items():
        assert callable(function_of(op))
        assert items and all(isinstance(s, Sample) for s in items), op


def test_every_differentiable_operation_has_samples() -> None:
    # An operation from elsewhere, such as the one behind a module's backward hooks, is tested there.
    wanted = {n for n, op in REGISTRY.items() if op.differentiable and op.forward.__module__.startswith("autograd.")}
    wanted |= {n for n in COMPOSITES if not any(re.fullmatch(pattern, n) for pattern, _ in WITHOUT_SAMPLES)}
    missing = sorted(wanted - set(samples()))
    assert not missing, f"{len(missing)} differentiable operations have no samples: {' '.join(missing)}"


def test_reasons_are_needed() -> None:
    for pattern, why in WITHOUT_SAMPLES:
        assert why and any(re.fullmatch(pattern, n) for n in COMPOSITES), pattern


@each_sample
def test_gradient(name: str, index: int) -> None:
    sample = samples()[name][index]
    call = Call(name, sample, contiguous)
    if "gradcheck" in sample.skipped or not call.leaves:
        call(*call.leaves)
        return
    assert gradcheck(call, tuple(call.leaves), fast_mode=True)


@each_sample
def test_second_derivative(name: str, index: int) -> None:
    sample = samples()[name][index]
    call = Call(name, sample, contiguous)
    result = call(*call.leaves)
    outputs = [result] if isinstance(result, autograd.Tensor) else result
    if {"gradcheck", "gradgradcheck"} & sample.skipped or not any(t.requires_grad for t in outputs):
        return
    assert gradgradcheck(call, tuple(call.leaves), fast_mode=True)


@pytest.mark.parametrize("layout", LAYOUTS)
@each_sample
def test_layout(name: str, index: int, layout: str) -> None:
    sample = samples()[name][index]
    if "layouts" in sample.skipped:
        return
    make, plain = LAYOUTS[layout]
    second = "gradgradcheck" not in sample.skipped
    expected, found = outcome(name, sample, plain, second), outcome(name, sample, make, second)
    if isinstance(expected, tuple):
        assert layout == "expanded", expected
        assert isinstance(found, tuple), f"raises {expected} on contiguous arrays, and not on {layout} ones"
        assert found[0] is expected[0]
        return
    assert isinstance(found, list), found
    assert len(found) == len(expected)
    for i, (x, y) in enumerate(zip(expected, found, strict=True)):
        assert x.shape == y.shape and x.dtype == y.dtype
        finite = x[np.isfinite(x)]
        scale = max(1.0, float(np.abs(finite).max())) if finite.size else 1.0
        np.testing.assert_allclose(y, x, rtol=0, atol=ROUNDING * scale, err_msg=f"result {i}")


@each_sample
def test_zero_size(name: str, index: int) -> None:
    """No elements along the first dimension: gradients of the right shape, or an exception in the op's own words."""
    sample = samples()[name][index]
    if "zero_size" in sample.skipped:
        return
    clean(name, sample, lambda a: np.array(a[:0]) if a.ndim else a)


@each_sample
def test_zero_dim(name: str, index: int) -> None:
    """All arrays 0-d: gradients of the right shape, or an exception in the op's own words."""
    sample = samples()[name][index]
    if "zero_dim" in sample.skipped:
        return
    clean(name, sample, lambda a: np.array(a[(0,) * a.ndim] if a.size else 0.5, a.dtype))


def clean(name: str, sample: Sample, layout: Callable[[Array], Array]) -> None:
    call = Call(name, sample, layout)
    result = outcome(name, sample, layout, "gradgradcheck" not in sample.skipped)
    if isinstance(result, tuple):
        assert result[1], f"{result[0].__name__} without a message"
        return
    outputs = call(*call.leaves)
    count = 1 if isinstance(outputs, autograd.Tensor) else len(outputs)
    for g, leaf in zip(result[count:], call.leaves, strict=False):
        assert g.shape == leaf.shape and g.dtype == leaf._a.dtype


INPLACE = [(n, i) for n, i in CASES if getattr(REGISTRY.get(n) or COMPOSITES.get(n), "inplace", False)]


@pytest.mark.parametrize(("name", "index"), INPLACE, ids=[f"{n}-{i}" for n, i in INPLACE])
def test_inplace(name: str, index: int) -> None:
    """``op_`` writes what ``op`` returns, into the same memory, and has its gradient."""
    sample = samples()[name][index]
    call = Call(name, sample, contiguous)
    if "inplace" in sample.skipped or not isinstance(call.args[0], autograd.Tensor):
        return
    expected = call(*call.leaves)
    if expected.shape != call.args[0].shape or not autograd.can_cast(expected.dtype, call.args[0].dtype):
        with pytest.raises(RuntimeError):
            getattr(call.args[0].clone(), name + "_")(*call.args[1:], **call.kwargs)
        return
    target = call.args[0].clone()
    memory = target._a
    autograd.manual_seed(0)
    assert getattr(target, name + "_")(*call.args[1:], **call.kwargs) is target
    assert target._a is memory
    np.testing.assert_array_equal(target._a, expected._a)
    assert target.requires_grad == expected.requires_grad
    if expected.requires_grad and expected.dtype is target.dtype:
        g = cotangent(expected, 0)
        options = {"allow_unused": True, "materialize_grads": True}
        for x, y in zip(autograd.grad(expected, call.leaves, g, **options),
                        autograd.grad(target, call.leaves, g, **options), strict=True):
            np.testing.assert_allclose(y._a, x._a, rtol=0, atol=ROUNDING * max(1.0, float(np.abs(x._a).max(initial=0))))
