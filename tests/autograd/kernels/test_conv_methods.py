"""Every method of convolution on random shapes beside the twin in double precision, whichever would be chosen.

By default a sample; the variable TAPEGRAD_FUZZ says another number of shapes, and then narrower vectors and the shapes of
the benchmarks take part, too.
"""

from __future__ import annotations

import json
import os
from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("numba")

import autograd
from autograd.kernels import conv
from autograd.kernels.compiled.late import choose
from autograd.kernels.convolution import choice as conv_choice
from autograd.kernels.convolution.plans import methods
from autograd.kernels.machine import threads
from autograd.kernels.vectors.ir import Target, host
from autograd.kernels.windows import output_size

ASKED = os.environ.get("TAPEGRAD_FUZZ")
ROUNDS = int(ASKED or 40)
KINDS = ("forward", "input", "weight")
#: PyTorch's `assert_close`: relative and absolute.
CLOSE = {np.dtype("float32"): (1.3e-6, 1e-5), np.dtype("float64"): (1e-7, 1e-7)}
NARROW = {"AVX2": Target(32, 16, True, False), "no FMA": Target(16, 16, False, False),
          "NEON": Target(16, 32, True, False)}


def random_case(seed):
    """Shapes of input and weight, stride, padding, dilation, groups: odd sizes, and padding beyond the window."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([1, 2, 2, 2, 3]))
    groups = int(rng.choice([1, 1, 1, 2, 5, 17]))
    c, o = (int(v) for v in rng.choice([1, 1, 2, 3, 7, 16, 32, 33], 2))
    if groups > 2:
        c, o = min(c, 3), min(o, 3)
    window = tuple(int(v) for v in rng.integers(1, [8, 6, 4][n - 1], n))
    if n == 2 and rng.random() < 0.3:
        window = (3, 3)
    simple = rng.random() < 0.4
    stride = (1,) * n if simple else tuple(int(v) for v in rng.integers(1, 4, n))
    dilation = (1,) * n if simple else tuple(int(v) for v in rng.choice([1, 1, 2, 3], n))
    padding = tuple((int(p), int(p)) for p in rng.choice([0, 0, 1, 2, max(window) + 2], n))
    size = tuple(int(rng.integers(max(1, d * (k - 1) + 1 - 2 * p), [60, 24, 9][n - 1] + d * (k - 1)))
                 for k, d, (p, _) in zip(window, dilation, padding))
    return (int(rng.integers(1, 6)), c * groups, *size), (o * groups, c, *window), stride, padding, dilation, groups


def operands(case, dtype):
    """Input, weight, biases, and the gradients for both gradients, so that results are about 1."""
    x, w, *options, _ = case
    rng = np.random.default_rng(7)
    out = (x[0], w[0], *output_size(x[2:], w[2:], *options))
    draw = [rng.standard_normal(x), rng.standard_normal(w) / np.sqrt(np.prod(w[1:])), rng.standard_normal(w[0]),
            rng.standard_normal(x[1]), rng.standard_normal(out),
            rng.standard_normal(out) / np.sqrt(x[0] * np.prod(out[2:]))]
    return [a.astype(dtype) for a in draw]


def references(case, arrays):
    x, w, bias, back, g, h = (a.astype(np.float64) for a in arrays)
    shape, window, *options = case
    with choose("0"):
        return {"forward": conv.convolve(x, w, bias, *options),
                "input": conv.input_gradient(g, w, back, shape[2:], *options),
                "weight": conv.weight_gradient(h, x, window[2:], *options)}


def calls(case, arrays):
    """For each kind and method: a function that computes it."""
    x, w, bias, back, g, h = arrays
    geometry = conv_choice.geometry(case[0], case[1], *case[2:])
    given = {"forward": ((x, w, bias), g.shape), "input": ((g, w, back), x.shape), "weight": ((h, x), w.shape)}
    for kind in KINDS:
        for method in methods(kind, geometry, *conv_choice.vectors(x.itemsize), x.itemsize):
            yield kind, method, geometry, given[kind]


def check(case, dtype, only_chosen=False):
    arrays = operands(case, dtype)
    expected = references(case, arrays)
    size = arrays[0].itemsize
    for kind, method, geometry, given in calls(case, arrays):
        if only_chosen and method != conv_choice._chosen(kind, geometry, *conv_choice.vectors(size), size, False)[0]:
            continue
        found = conv_choice.run(method, kind, geometry, *given)
        e, (relative, absolute) = expected[kind], CLOSE[np.dtype(dtype)]
        if method == "winograd4":
            absolute = 2e-5 * max(1, np.abs(e).max())
        np.testing.assert_allclose(found, e, rtol=relative, atol=absolute, err_msg=f"{kind} by {method} of {case}")


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_random_shapes(seed):
    check(random_case(seed), np.float64 if seed % 4 == 3 else np.float32)


@pytest.fixture
def forced(monkeypatch, request):
    """As on a processor with other vectors."""
    if host().width < request.param.width:
        pytest.skip("this processor has no such vectors")
    monkeypatch.setattr("autograd.kernels.vectors.ir.host", lambda: request.param)
    monkeypatch.setattr(conv_choice, "_compiled", _FORCED.setdefault(request.param, {}))
    for kept in (conv_choice._target, conv_choice._chosen):
        kept.cache_clear()
    yield
    for kept in (conv_choice._target, conv_choice._chosen):
        kept.cache_clear()


_FORCED = {}


@pytest.mark.parametrize("forced", list(NARROW.values() if ASKED else [NARROW["AVX2"]]), ids=str, indirect=True)
@pytest.mark.parametrize("seed", range(500, 500 + ROUNDS // 4))
def test_narrow_vectors(forced, seed):
    check(random_case(seed), np.float32)


PARTS = {
    "3x3": ((5, 32, 9, 8), (64, 32, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    "many images": ((9, 3, 40, 41), (20, 3, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    "1x1": ((3, 40, 9, 8), (50, 40, 1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "thin, strided": ((4, 3, 20, 41), (40, 3, 5, 5), (2, 2), ((2, 2), (2, 2)), (1, 1), 1),
    "depthwise": ((4, 50, 9, 21), (50, 1, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 50),
    "grouped": ((4, 60, 6, 7), (80, 3, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 20),
    "volume": ((3, 20, 5, 6, 7), (35, 20, 3, 2, 3), (1, 2, 1), ((1, 1), (0, 0), (1, 1)), (1, 1, 1), 1),
}


@pytest.mark.parametrize("forced", [NARROW["AVX2"]], ids=str, indirect=True)
def test_narrow_vectors_on_windows_of_one_element(forced):
    check(PARTS["1x1"], np.float32)
    check(((2, 70, 9, 11), (9, 70, 1, 1), *PARTS["1x1"][2:]), np.float32)


@pytest.mark.parametrize("name", PARTS)
def test_parts_give_the_bits_of_the_whole(name):
    """Any samples, any vectors of channels, whatever memory holds."""
    case = PARTS[name]
    for kind, method, geometry, (arrays, shape) in calls(case, operands(case, np.float32)):
        kernel, plan = conv_choice.compile(method, kind, geometry, arrays[0].dtype)
        out = np.empty(shape, np.float32)
        flat = [*[a.ravel() for a in arrays], out.reshape(-1)]

        def fill(plan, cuts, flat=flat, out=out, kernel=kernel):
            out[...] = np.nan
            for start, stop in pairwise(sorted(cuts)):
                memory = np.full(plan.memory, 255, np.uint8)
                assert kernel(*flat, plan.table, memory, plan.part(start, stop)) is not False
            return out.copy()

        whole = conv_choice.run(method, kind, geometry, arrays, shape)
        for by_samples in (False, True) if kind != "weight" else (False,):
            divided = plan._replace(by_samples=by_samples, slices=1)
            found = fill(divided, {0, 1, divided.rows() // 2, divided.rows()})
            if plan.slices > 1:
                whole = fill(divided, {0, divided.rows()})
            np.testing.assert_array_equal(found, whole, err_msg=f"{kind} by {method}")


def test_slices_are_cut_by_the_shape_alone():
    """A sum over samples has the same parts whoever adds them up."""
    case = PARTS["many images"]
    for kind, method, geometry, _ in calls(case, operands(case, np.float32)):
        _, plan = conv_choice.compile(method, kind, geometry, np.dtype(np.float32))
        if kind == "weight":
            assert plan.slices == plan.rows() == 4
            assert [plan.part(i, i + 1)[:2] for i in range(4)] == [(0, 2), (2, 4), (4, 6), (6, 9)]
    check(case, np.float32)
    check(case, np.float64)


@pytest.mark.parametrize("name", PARTS)
def test_threads_give_the_same_bits(name, monkeypatch):
    case = PARTS[name]
    monkeypatch.setattr(conv_choice, "_seconds", lambda *_: 1.0)
    found = []
    before = threads.count()
    try:
        for number in (1, 2, 5):
            threads.set_count(number)
            found.append([conv_choice.run(method, kind, geometry, *given) for kind, method, geometry, given in
                          calls(case, operands(case, np.float32))])
    finally:
        threads.set_count(before)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["3x3", "depthwise", "1x1", "thin, strided"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_where_it_belongs(name, bad):
    case = PARTS[name]
    arrays = operands(case, np.float32)
    for a in (arrays[0], arrays[4], arrays[5]):
        a[1, 2, 3, 4] = bad
    expected = references(case, arrays)
    for kind, method, geometry, given in calls(case, arrays):
        found = conv_choice.run(method, kind, geometry, *given)
        if found is None:  # another method is taken then
            assert method.startswith("winograd") or (method, kind) == ("planes", "weight")
            continue
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected[kind]), err_msg=f"{kind} by {method}")
        np.testing.assert_array_equal(np.isinf(found), np.isinf(expected[kind]), err_msg=f"{kind} by {method}")


def test_winograd_4x4_is_taken_where_it_is_allowed():
    case = ((8, 64, 24, 24), (64, 64, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1)
    x, w, bias, *_ = arrays = operands(case, np.float32)
    expected = references(case, arrays)["forward"]
    with choose("now"):
        exact = conv.convolve(x, w, bias, *case[2:])
        with autograd.backends.cpu.flags(allow_winograd_4x4=True):
            fast = conv.convolve(x, w, bias, *case[2:])
            x[0, 0, 0, 0] = np.inf
            spoilt = conv.convolve(x, w, bias, *case[2:])
    assert not autograd.backends.cpu.allow_winograd_4x4
    errors = [np.abs(y - expected).max() / np.abs(expected).max() for y in (exact, fast)]
    assert errors[0] < 2e-6 and errors[0] < errors[1] < 2e-5
    assert np.isfinite(spoilt).sum() == spoilt.size - 4 * 64


@pytest.mark.parametrize("value", ["a", None, {}, {"forward": {}}, {"forward": 1, "input": 2, "weight": 3}])
def test_a_damaged_table_of_costs_is_not_used(tmp_path, caplog, value):
    from autograd.kernels.convolution.costs import SHIPPED, read, write
    path = tmp_path / "deep" / "costs.json"
    assert read(path, "mine") is None
    write(path, "other", SHIPPED)
    assert read(path, "mine") is None and read(path, "other") == SHIPPED and not caplog.messages
    path.write_text('{"other": ' + json.dumps(value) + "}")
    assert read(path, "other") is None and len(caplog.messages) == 1
    path.write_text("{")
    assert read(path, "other") is None and len(caplog.messages) == 2
    write(path, "mine", SHIPPED)
    assert read(path, "mine") == SHIPPED


def test_a_table_of_costs_decides(tmp_path, monkeypatch):
    from autograd.kernels.convolution.costs import SHIPPED, write
    from autograd.kernels.vectors.ir import processor
    g = conv_choice.geometry((8, 64, 24, 24), (64, 64, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1)
    arguments = ("forward", g, 16, 8, 4, False)
    table = {kind: {m: list(row) for m, row in rows.items()} for kind, rows in SHIPPED.items()}
    table["forward"]["implicit"] = [1e-3] * 4
    write(tmp_path / "costs.json", processor(), table)
    kept = (conv_choice.costs, conv_choice._chosen)
    try:
        for place, chosen in ((tmp_path / "none.json", ("winograd2", "direct")), (tmp_path / "costs.json", ("implicit",))):
            monkeypatch.setattr(conv_choice, "costs_file", lambda place=place: place)
            for function in kept:
                function.cache_clear()
            assert conv_choice._chosen(*arguments) == chosen
    finally:
        for function in kept:
            function.cache_clear()


@pytest.mark.skipif(not ASKED, reason="takes minutes; TAPEGRAD_FUZZ=500 asks for it")
def test_shapes_of_the_benchmarks():
    from tapegrad.bench.tune import SHAPES
    for shape in SHAPES:
        d = len(shape.size)
        if not shape.transposed:
            check(((shape.n, shape.c, *shape.size), shape.arrays()[1].shape, (shape.stride,) * d,
                   ((shape.padding,) * 2,) * d, (1,) * d, shape.groups), np.float32, only_chosen=True)
