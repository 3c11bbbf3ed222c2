"""Joining samples to a batch."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from types import MappingProxyType

import numpy as np
import pytest

import autograd
from autograd.data import default_collate, default_convert

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(("batch", "dtype"), [
    ([1, 2], "int64"), ([1.5, 2], "float64"), ([True, False], "bool"), ([np.float32(1), np.float32(2)], "float32"),
    ([np.int8(1), np.int8(2)], "int8"), ([np.bool_(True), np.bool_(False)], "bool"),
    ([np.arange(2, dtype=np.int16)] * 2, "int16"), ([np.float16(1)], "float16")])
def test_numbers_and_arrays(batch, dtype):
    made = default_collate(batch)
    assert made.dtype is getattr(autograd, dtype)
    assert made.tolist() == [np.asarray(b).tolist() for b in batch]


def test_tensors_are_stacked_with_their_history():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    made = default_collate([x, x * 3])
    made.sum().backward()
    assert made.tolist() == [[1, 2], [3, 6]] and x.grad.tolist() == [4, 4]


def test_strings_stay():
    assert default_collate(["a", "b"]) == ["a", "b"] and default_collate([b"a"]) == [b"a"]


def test_containers():
    made = default_collate([{"p": Point(1, 2.0), "l": [1, "a"]}, {"p": Point(3, 4.0), "l": [2, "b"]}])
    assert type(made) is dict and type(made["p"]) is Point and type(made["l"]) is list
    assert made["p"].x.tolist() == [1, 3] and made["p"].y.dtype is autograd.float64
    assert made["l"][0].tolist() == [1, 2] and list(made["l"][1]) == ["a", "b"]
    assert type(default_collate([(1, 2)])) is list
    ordered = default_collate([OrderedDict(b=1, a=2)])
    assert type(ordered) is OrderedDict and list(ordered) == ["b", "a"]
    assert default_collate([MappingProxyType({"a": 1})])["a"].tolist() == [1]
    assert [t.tolist() for t in default_collate([range(2), range(2)])] == [[0, 0], [1, 1]]


def test_samples_are_left_alone():
    samples = [{"a": [1, 2]}, {"a": [3, 4]}]
    default_collate(samples)
    default_convert(samples)
    assert samples == [{"a": [1, 2]}, {"a": [3, 4]}]


@pytest.mark.parametrize("batch", [[None], [object()], [np.array(["a"])], [np.array([None])]])
def test_other_kinds_are_refused(batch):
    with pytest.raises(TypeError, match="batch must contain tensors, numpy arrays, numbers, dicts or lists; found"):
        default_collate(batch)


def test_sizes_must_agree():
    with pytest.raises(RuntimeError, match="equal size"):
        default_collate([[1], [1, 2]])
    with pytest.raises(RuntimeError, match="equal size"):
        default_collate([autograd.zeros(2), autograd.zeros(3)])


def test_convert():
    made = default_convert([np.arange(2), 1, "a", {"x": np.float32(2)}, Point(np.zeros(1), 3), (np.ones(1), 2)])
    assert made[0].tolist() == [0, 1] and made[1:3] == [1, "a"] and made[3]["x"].dtype is autograd.float32
    assert type(made[4]) is Point and made[4].x.tolist() == [0] and made[4].y == 3
    assert type(made[5]) is list
    strings = np.array(["a"])
    assert default_convert(strings) is strings
