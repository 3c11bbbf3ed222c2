"""The printed formula of every operation, run as printed, against the rule that runs."""

from __future__ import annotations

import contextlib
import functools
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from op_samples import Constant, Sample

import autograd
import nn
from autograd import ops, viz
from autograd.node import Node, Parts
from autograd.primitive import COMPOSITES, REGISTRY, Primitive
from autograd.tape import wrap_node

ops.load_all()

OPERATIONS = sorted(name for name, op in REGISTRY.items() if op.differentiable and "." not in op.forward.__qualname__
                    and not op.forward.__module__.startswith(("test", "__")))
#: Nodes of one operation that are looked at: of its own samples, of derivatives, of composites that use it.
MOST = 12

#: Operations whose rule raises: they say so in place of a formula.
REFUSE = {"bincount", "floor_divide", "heaviside", "histogram_counts", "packed_ldl", "reflectors", "runs",
          "unique_elements", "ctc_gradient"}


@functools.cache
def samples() -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for path in sorted((Path(__file__).parents[2] / "samples").glob("*.py")):
        for name, items in importlib.import_module(f"samples.{path.stem}").SAMPLES.items():
            found.setdefault(name, []).extend(items)
    return found


def function_of(name: str) -> Any:
    if name in REGISTRY or name in COMPOSITES:
        return (REGISTRY.get(name) or COMPOSITES[name]).function
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def as_tensors(value: Any) -> Any:
    if isinstance(value, Constant):
        return wrap_node(value.array.copy(), None)
    if isinstance(value, np.ndarray):
        t = wrap_node(value.copy(), None)
        return t.requires_grad_() if value.dtype.kind in "fc" else t
    if isinstance(value, (list, tuple)):
        return type(value)([as_tensors(v) for v in value]) if type(value) in (list, tuple) else value
    return value


def tensors_in(value: Any) -> Iterator[Any]:
    if isinstance(value, autograd.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from tensors_in(v)


def nodes_of(name: str, sample: Sample) -> Iterator[Node]:
    """The nodes of a sample's graph and of that of its derivatives."""
    autograd.manual_seed(0)
    args, kwargs = as_tensors(sample.args), {k: as_tensors(v) for k, v in sample.kwargs.items()}
    outs = [t for t in tensors_in(function_of(name)(*args, **kwargs)) if t.requires_grad]
    leaves = [t for t in tensors_in((args, list(kwargs.values()))) if t.requires_grad]
    if not (outs and leaves):
        return
    stack = [t._node for t in outs]
    with contextlib.suppress(RuntimeError, NotImplementedError):  # derivatives that are refused
        grads = autograd.grad(outs, leaves, [autograd.ones_like(t) for t in outs], create_graph=True, allow_unused=True)
        stack += [t._node for t in grads if t is not None]
    seen = set()
    while stack:
        node = stack.pop()
        if node is not None and node not in seen:
            seen.add(node)
            stack.extend(node.edges)
            if isinstance(node.op, Primitive):
                yield node


@functools.cache
def nodes() -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = defaultdict(list)
    for name, items in samples().items():
        for sample in items:
            for node in nodes_of(name, sample):
                if len(found[node.op.name]) < MOST:
                    found[node.op.name].append(node)
    return found


def drawn_like(array: Any, rng: np.random.Generator) -> Any:
    if array is None:
        return None
    values = rng.uniform(0.5, 1.5, array.shape)
    return (values + 1j * rng.uniform(0.5, 1.5, array.shape) if array.dtype.kind == "c" else values).astype(array.dtype)


def upstream(formula: Any, rng: np.random.Generator) -> Any:
    g = formula.values["g"]
    if not isinstance(g, tuple):
        return drawn_like(g, rng)
    # A loss cannot depend on the phase of a complex eigenvector: no gradient but zero is sure to be one.
    free = formula.op in ("eigen", "singular", "hermitian_eigen")
    return tuple(a * 0 if free and a is not None and a.dtype.kind == "c" else drawn_like(a, rng) for a in g)


@pytest.mark.parametrize("name", OPERATIONS)
def test_printed_formula_computes_what_the_rule_computes(name: str) -> None:
    if name in REFUSE or name == "module_boundary":
        return  # below
    found = nodes()[name]
    assert found, f"no sample makes a node of {name}"
    rng, compared = np.random.default_rng(0), 0
    for node in found:
        for i, formula in enumerate(viz.formulas(node)):
            if formula is None:
                continue
            if formula.expr is None:
                assert formula.words.startswith(
                        "Backprop" if name.endswith("_layer") else ("No derivative: ", "No gradient")), formula.words
                continue
            g = upstream(formula, rng)
            rule = node.op.vjp(Parts(dict(enumerate(g))) if isinstance(g, tuple) else g, node.saved, node.edges,
                               node.seq)[i]
            wanted = np.asarray(getattr(rule, "_a", rule))
            got = np.broadcast_to(formula.evaluate({"g": g}), wanted.shape)
            # Sums in another order, over a few hundred elements.
            eps = np.finfo(wanted.dtype).eps if wanted.dtype.kind in "fc" else 0
            np.testing.assert_allclose(got, wanted, rtol=300 * eps, atol=300 * eps * max(1, np.abs(wanted).max(initial=0)),
                                       err_msg=formula.text())
            local = formula.local
            if local is not None and not isinstance(g, tuple) and wanted.shape == g.shape:
                one = np.broadcast_to(formula.evaluate({"g": np.ones_like(g)}), wanted.shape)
                with np.errstate(all="ignore"):
                    np.testing.assert_allclose(one * g, wanted, rtol=1e-9 if eps < 1e-10 else 1e-3, atol=1e-9)
            for text in (formula.latex(), formula.local_latex()):
                assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}"), text
                assert text.count(r"\left") == text.count(r"\right"), text
            for local_too in (False, True):
                ElementTree.fromstring(formula.mathml(local=local_too))
            compared += 1
    assert compared or name.endswith("_layer") or all(None not in viz.formulas(n) and "No" in viz.formulas(n)[0].words for n in found)


@pytest.mark.parametrize("name", sorted(REFUSE))
def test_operation_without_derivative_says_why(name: str) -> None:
    x = autograd.tensor([[4.0, 1.0], [1.0, 3.0]], dtype=autograd.float64, requires_grad=True)
    flat = autograd.tensor([1.5, 2.5], requires_grad=True)
    calls = {
        "bincount": lambda: autograd.bincount(autograd.tensor([0, 1]), flat),
        "floor_divide": lambda: autograd.floor_divide(x, 2.0),
        "heaviside": lambda: autograd.heaviside(x, x),
        "histogram_counts": lambda: autograd.histogram(autograd.tensor([0.5, 0.7]), 2, weight=flat)[0],
        "packed_ldl": lambda: autograd.linalg.ldl_factor(x)[0],
        "reflectors": lambda: autograd.geqrf(x)[0],
        "runs": lambda: autograd.unique_consecutive(flat),
        "unique_elements": lambda: autograd.unique(flat),
        "ctc_gradient": lambda: nodes()["ctc_gradient"][0],
    }
    found = [f for f in viz.formulas(calls[name]()) if f is not None]
    assert found and all(f.expr is None and f.words.startswith("No derivative: ") for f in found)
    assert re.search(r"\\text", found[0].latex()) and found[0].local_text()


@pytest.mark.parametrize(("make", "text", "local", "latex"), [
    (lambda x: x.tanh(), "g * (1 - out**2)", "1 - out**2", r"\bar z \, \left(1 - {z}^{2}\right)"),
    (lambda x: x.log(), "g / input", "1 / input", r"\frac{\bar z}{x}"),
    (lambda x: x.relu(), "where(out != 0, g, 0)", "where(out != 0, 1, 0)",
     r"\begin{cases} \bar z & \text{if } z \ne 0 \\ 0 & \text{else} \end{cases}"),
    (lambda x: x.cos(), "-(g * sin(input))", "-sin(input)", r"- \bar z \, \sin\left(x\right)"),
    (lambda x: x**3, "g * (3 * input**2)", "3 * input**2", r"\bar z \cdot 3 \, {x}^{2}"),
    (lambda x: x.exp2(), "g * (out * log(2))", "out * log(2)", r"\bar z \, z \, \ln\left(2\right)"),
    (lambda x: x @ autograd.ones(2, 2), "g @ other.T", "g -> g @ other.T", r"\bar z \, {y}^{\top}"),
    (lambda x: x.floor(), "zero_gradient(g)", "0", "0"),
    (lambda x: x.sum(), "expand(g, (2, 2))", "g -> expand(g, (2, 2))", r"\operatorname{expand}\left(\bar z, \left(2, 2\right)\right)"),
])
def test_formulas_read_as_in_a_textbook(make: Any, text: str, local: str, latex: str) -> None:
    x = autograd.tensor([[0.5, 1.5], [2.0, 3.0]], requires_grad=True)
    formula = viz.formulas(make(x))[0]
    assert (formula.text(), formula.local_text(), formula.latex()) == (text, local, latex)


def test_variables_can_be_renamed() -> None:
    x = autograd.tensor(2.0, requires_grad=True)
    assert viz.formulas(x.tanh())[0].text({"g": "v̄1", "out": "v1"}) == "v̄1 * (1 - v1**2)"
    assert viz.formulas(x.tanh())[0].latex({"out": "v_{1}"}) == r"\bar z \, \left(1 - {v_{1}}^{2}\right)"


def test_fused_rules_are_shown_as_written() -> None:
    x = nn.functional.hardtanh(autograd.tensor([0.5], requires_grad=True))
    assert viz.formulas(x)[0].text() == "where((input > -1) & (input < 1), g, 0)"


def test_custom_functions_and_leaves_say_what_they_are() -> None:
    class Double(autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = autograd.tensor(1.0, requires_grad=True)
    assert "custom Function" in viz.formulas(Double.apply(x))[0].text()
    with pytest.raises(ValueError, match="leaf"):
        viz.formulas(x)
    y = x.exp()
    y.backward()
    with pytest.raises(RuntimeError, match="released"):
        viz.formulas(y)


def test_formulas_print_as_the_rule() -> None:
    x, y = autograd.ones(1, requires_grad=True), autograd.ones(1, requires_grad=True)
    assert repr(viz.formulas(x / y)[0]) == "true_divide by input: g / other"
