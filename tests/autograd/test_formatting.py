"""How tensors print."""

from __future__ import annotations

import numpy as np
import pytest

import autograd

CASES = [
    ([1.0, 2.0, 3.0], "tensor([1., 2., 3.])"),
    ([0.1, -22.25], "tensor([  0.1000, -22.2500])"),
    ([1e-6, 1.0], "tensor([1.0000e-06, 1.0000e+00])"),
    ([float("nan"), 1.5, float("inf")], "tensor([   nan, 1.5000,    inf])"),
    (3.5, "tensor(3.5000)"),
    (7, "tensor(7)"),
    ([True, False], "tensor([ True, False])"),
    ([[1, 2], [3, 400]], "tensor([[  1,   2],\n        [  3, 400]])"),
    ([], "tensor([])"),
    ([1 + 2j, -3.5 - 1j], "tensor([ 1.0000+2.j, -3.5000-1.j])"),
]


@pytest.mark.parametrize(("data", "text"), CASES, ids=[c[1] for c in CASES])
def test_repr(data, text):
    assert repr(autograd.tensor(data)) == text


def test_notes():
    x = autograd.tensor([1.0], requires_grad=True)
    assert repr(x) == "tensor([1.], requires_grad=True)"
    assert repr(x * 2.0) == "tensor([2.], grad_fn=<MulBackward0>)"
    assert repr(autograd.tensor([1, 2], dtype=autograd.int32)) == "tensor([1, 2], dtype=autograd.int32)"
    assert repr(autograd.zeros(0, 3)) == "tensor([], size=(0, 3))"
    assert repr(x.shape) == "Size([1])"
    assert repr(autograd.float16) == "autograd.float16"
    assert str(x.device) == "cpu" and repr(x.device) == "device(type='cpu')"


def test_large_tensors_are_summarised():
    text = repr(autograd.arange(2000))
    assert text == "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"
    assert repr(autograd.zeros(100, 100)).count("...") == 7


def test_print_options():
    try:
        autograd.set_printoptions(precision=2)
        assert repr(autograd.tensor([1.2345])) == "tensor([1.23])"
        autograd.set_printoptions(profile="full")
        assert "..." not in repr(autograd.arange(2000))
        autograd.set_printoptions(sci_mode=True)
        assert "e+00" in repr(autograd.tensor([1.5]))
        with pytest.raises(ValueError, match="profile"):
            autograd.set_printoptions(profile="loud")
    finally:
        autograd.set_printoptions(profile="default")


def test_html():
    page = autograd.tensor(np.arange(6.0).reshape(2, 3))._repr_html_()
    assert page.count("<tr>") == 2 and page.count("<td") == 6 and "float64 [2, 3]" in page
    assert "&hellip;" in autograd.zeros(100, 100)._repr_html_()
    assert "<pre>" in autograd.zeros(2, 2, 2)._repr_html_()
