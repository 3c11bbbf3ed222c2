"""Reductions, scans and sorting in the forms that callers write, against PyTorch: values, types, first gradients."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import autograd

torch = pytest.importorskip("torch")

TOLERANCE = {"float16": 3e-3, "float32": 5e-6, "complex64": 5e-6}
DTYPES = ("float16", "float32", "float64", "complex128", "int64", "uint8", "bool")

#: Of ``x``, 2 x 3 x 4; ``m`` is the library.
EXPRESSIONS = [
    "x.sum()", "x.sum(1)", "x.sum((0, 2), True)", "x.sum(dtype=m.float64)", "m.sum(x, dim=-1)", "x.sum(())",
    "x.mean()", "x.mean((0, 1))", "x.mean(2, True)", "x.mean(0, dtype=m.float32)", "x.nansum(1)", "x.nanmean((0, 2))",
    "x.prod()", "x.prod(1)", "x.prod(-1, True)", "x.prod(dtype=m.float64)", "x.all()", "x.any(1)",
    "x.all((0, 1), True)",
    "x.amax()", "x.amax((0, 2))", "x.amin(1, True)", "x.max()", "x.min()", "x.argmax()", "x.argmin(1)",
    "x.argmax(-1, True)", "x.argmin(keepdim=True)", "x.aminmax()", "m.max(x, x[0])", "m.min(x, other=x[1])",
    "x.var()", "x.var(False)", "x.var(1, False, True)", "x.std((0, 2), unbiased=False)", "x.std(0, correction=0)",
    "m.var_mean(x)", "m.var_mean(x, 1, correction=2)", "m.std_mean(x, (1, 2), True, True)",
    "x.norm()", "x.norm(1)", "x.norm(3, 1)", "x.norm(math.inf, (0, 1), True)", "x.norm('fro', (0, 1))", "x.norm(0)",
    "m.norm(x, dim=2, dtype=m.float64)", "x.logsumexp(1)", "x.logsumexp((0, 2), True)", "m.dist(x, x[0], 3)",
    "x.renorm(2, 1, 0.7)", "x.count_nonzero()", "x.count_nonzero((0, 1))",
    "x.cumsum(1)", "x.cumsum(0, dtype=m.float64)", "x.cumprod(-1)", "x.logcumsumexp(1)", "x.cummax(1)", "x.cummin(0)",
    "x.diff()", "x.diff(2, 1)", "m.diff(x, dim=0, prepend=x)", "m.trapezoid(x)", "m.trapz(x, dx=0.5, dim=1)",
    "m.trapezoid(x, m.tensor([0., 1., 3.]), dim=1)", "m.cumulative_trapezoid(x, dim=1)",
    "x.sort(stable=True)", "x.sort(1, True)", "m.sort(x, descending=True, dim=0)", "x.msort()",
    "m.argsort(x, dim=1, stable=True)",
    "x.unique()", "x.unique(return_inverse=True, return_counts=True)", "x.unique(dim=1)", "x.unique_consecutive()",
    "m.cov(x[0])", "m.cov(x[0, 0], correction=0)", "m.corrcoef(x[1])", "x.nonzero()", "x.nonzero(as_tuple=True)",
    "x.sum(3)", "x.sum((1, 1))", "x.max(-4)", "x.prod((0, 1))", "x.norm('other')", "x.topk(5)", "x.kthvalue(0)",
]
#: Where the order of ties is not specified: of distinct elements.
DISTINCT = [
    "x.max(1)", "x.min(0, True)", "x.topk(2)", "x.topk(2, 1, False)", "x.kthvalue(2, 1)", "x.kthvalue(1, 0, True)",
    "x.median()", "x.median(1)", "x.nanmedian(2, True)", "x.quantile(0.3)", "x.quantile(0.3, 1, True)",
    "x.quantile(m.tensor([0.1, 0.8], dtype=x.dtype), 2)", "x.nanquantile(0.6, interpolation='midpoint')", "x.mode()",
]


def evaluate(m, text, array):
    """The results, and the gradient for fixed cotangents; or the exception."""
    x = m.tensor(array)
    if array.dtype.kind in "fc":
        x.requires_grad_()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = eval(text, {"m": m, "math": math, "x": x})
            found = list(found) if isinstance(found, tuple) else [found]
            roots = [t for t in found if t.requires_grad]
            arrays = [t.detach().numpy() for t in found]
            if roots:
                rng = np.random.default_rng(0)
                seeds = [m.tensor(np.asarray(rng.normal(size=tuple(t.shape)), t.detach().numpy().dtype)) for t in roots]
                grad = torch.autograd.grad if m is torch else autograd.grad
                try:
                    g, = grad(roots, x, seeds, allow_unused=True)
                except RuntimeError as error:
                    arrays.append(np.array("not implemented" in str(error)))
                else:
                    arrays.append(np.zeros(0) if g is None else g.resolve_conj().numpy())
    except Exception as error:
        return error
    return arrays


def check(text, array):
    ours, theirs = evaluate(autograd, text, array), evaluate(torch, text, array)
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs).__mro__[:-3] or Exception), (ours, theirs)
        return
    assert isinstance(ours, list), ours
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        tolerance = TOLERANCE.get(b.dtype.name, 1e-12)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expression(text, dtype):
    rng = np.random.default_rng(7)
    array = rng.normal(size=(2, 3, 4)) * 2
    if dtype == "complex128":
        array = array + 1j * rng.normal(size=(2, 3, 4))
    elif dtype == "uint8":
        array = np.abs(array)
    check(text, array.astype(dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("text", DISTINCT)
def test_expression_of_distinct_elements(text, dtype):
    check(text, np.random.default_rng(8).permutation(24).reshape(2, 3, 4).astype(dtype))


@pytest.mark.parametrize("values", [
    [2.0, 0, 3], [0.0, 0, 3], [1.0, 1, 1], [math.nan, 1, 2], [math.inf, 1, -math.inf], [0.0]])
@pytest.mark.parametrize("text", [
    "x.sum()", "x.mean(0)", "x.prod(0)", "x.amax()", "x.max()", "x.argmax()", "x.norm()", "x.norm(1)",
    "x.norm(math.inf)", "x.norm(0.5)", "x.logsumexp(0)", "x.cumsum(0)", "x.cummax(0)", "x.cummin(0)", "x.sort()", "x.nansum()",
    "x.nanmean()", "x.median()", "x.nanmedian()"])
def test_edges(text, values):
    check(text, np.array(values))
