"""Injected faults, and whether operation, element, module and line are named."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from nan_faults import FAULTS, in_block, leaf, log_of_negative, nan_in_a_parameter, slope_of_sqrt_in_a_module

import autograd
import nn.functional as F
from autograd import viz

inf, nan = float("inf"), float("nan")


def line_here(function: Any) -> str:
    lines, start = inspect.getsourcelines(function)
    number = next(i for i, line in enumerate(lines) if line.rstrip().endswith("# here"))
    return f"nan_faults.py:{start + number}"


def named(function: Any, phase: str, op: str, element: tuple[int, ...], module: str) -> list[str]:
    """What of phase, operation, element, module and line is named wrongly."""
    found = viz.explain_nan(function)
    wanted = {"phase": phase, "op": op, "element": element, "line": line_here(function)}
    wrong = [f"{k}: {getattr(found, k)!r} instead of {v!r}" for k, v in wanted.items() if getattr(found, k) != v]
    if module not in found.module or bool(module) != bool(found.module):
        wrong.append(f"module: {found.module!r} instead of {module!r}")
    return wrong


@pytest.mark.filterwarnings("ignore:.*degrees of freedom")
def test_at_least_38_of_40_faults_are_named() -> None:
    wrong = {f[0].__name__: w for f in FAULTS if (w := named(*f))}
    print(f"{len(FAULTS) - len(wrong)} of {len(FAULTS)} faults named with operation, element, module and line")
    assert len(FAULTS) >= 40
    assert len(wrong) <= len(FAULTS) - 38 and not wrong, wrong


def test_explanations_read_as_sentences() -> None:
    assert repr(viz.explain_nan(log_of_negative)) == f"""\
first nan in forward: the result of log, element [1]
  log(-1) = nan
  at {line_here(log_of_negative)}: return x.log().sum()  # here
  {viz.nan_origin.ADVICE["log"]}"""
    found = viz.explain_nan(slope_of_sqrt_in_a_module)
    assert found.module == "middle (Middle) of Block" and found.reason == "g / (2 * out) = inf, where out = -0 and g = -0.551571"
    assert "the leaf 'layers.1.weight' holds nan at [1, 2]" in viz.explain_nan(nan_in_a_parameter).reason


def test_nothing_to_explain() -> None:
    x = leaf(1.0, 2.0)
    found = viz.explain_nan(x.exp())
    assert not found and repr(found) == ("all is finite: the result, 1 contributions to gradients, and the gradients of "
                                         "1 leaves")
    assert x.grad is None


def test_masks_are_no_faults() -> None:
    def attention() -> Any:
        autograd.manual_seed(0)
        q = autograd.randn(1, 2, 4, 8, requires_grad=True)
        return F.scaled_dot_product_attention(q, q, q, is_causal=True).sum()

    def by_hand() -> Any:
        scores = leaf([[1.0, 2.0], [3.0, 4.0]])
        return F.softmax(scores.masked_fill(autograd.tensor([[False, True], [False, False]]), -inf), 1).square().sum()

    assert not viz.explain_nan(attention) and not viz.explain_nan(by_hand)


def test_without_recording_the_operation_is_named_and_it_is_said_how_to_get_the_line() -> None:
    loss = log_of_negative()
    found = viz.explain_nan(loss)
    assert (found.op, found.element, found.line) == ("log", (1,), "") and "detect_anomaly" in repr(found)


def test_anomaly_mode_names_element_infinity_and_forward_origin() -> None:
    with autograd.detect_anomaly():
        loss = slope_of_sqrt_in_a_module()
        with pytest.raises(RuntimeError, match=r"MulBackward0.*the gradient by 'input': nan at \[0, 0\], and 5 more(.|\n)*"
                           r"'SqrtBackward0' returned an infinity, the gradient by 'input': inf at \[0, 0\](.|\n)*"
                           r"in module middle \(Middle\) of Block"):
            loss.backward()
        loss = (leaf(0.0, 1.0) * leaf(1.0, -1.0).log() * leaf(1.0, 1.0)).sum()
        with pytest.raises(RuntimeError, match=r"the result of log was not finite already: nan at \[1\]"):
            loss.backward()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64"])
def test_quick_look_at_arrays(dtype: str) -> None:
    from autograd.nonfinite import finite, first_bad
    a = np.ones((7, 9), dtype)
    assert finite(a) and finite(a[::2]) and finite(a[:0])
    assert finite(np.full(5, np.finfo(dtype).max))
    for value in (nan, inf, -inf):
        a[3, 4] = value
        for view in (a, a.T, a[::3]):
            assert not finite(view)
        found = first_bad(a)
        assert found is not None and found.index == (3, 4) and found.count == 1 and found.nan == np.isnan(value)
    assert first_bad(a, nan_only=True) is None


def test_the_path_is_on_the_graph() -> None:
    found = viz.explain_nan(lambda: in_block(lambda x: (x - 100).log()))
    graph = found.graph()
    node = graph.nodes[graph.about["fault"]["node"]]
    assert node["op"] == found.op == "log" and node["source"]["line"] > 0
    assert "path of the NaN" in graph.explore().html


def test_after_backward_it_is_said_what_to_do() -> None:
    x = leaf(4.0, 0.0)
    loss = (x.sqrt() * 3).sum()
    loss.backward()
    with pytest.raises(RuntimeError, match="backward\\(\\) released them: ask before backward"):
        viz.explain_nan(loss)
