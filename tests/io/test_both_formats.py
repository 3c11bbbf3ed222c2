"""What .pt and .npz files have in common: what comes back as it was, and what is refused."""

from __future__ import annotations

import io
import subprocess
import sys
from collections import Counter, OrderedDict, namedtuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import autograd
import nn
from autograd import Size, load, save

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.parametrize("format", ["pt", "npz"])


def round_trip(obj, format):
    file = io.BytesIO()
    save(obj, file, format=format)
    file.seek(0)
    return load(file)


# --- what comes back --------------------------------------------------------------------------------------

PLAIN = {
    "none": None, "true": True, "ints": [0, -1, 255, 256, 65535, 65536, -2**31, 2**31, -(2**70), 10**700], "float": 0.1,
    "nan": float("nan"), "inf": -float("inf"), "complex": complex(1.5, -0.0), "text": 'a"/\\\n\0é\ud800', "bytes": b"\0\xff",
    "empty bytes": b"", "bytearray": bytearray(b"x"), "list": [1, [2, []]], "tuple": (1, (), "x", 4, 5), "set": {1, 2},
    "empty": {}, "": "empty key", 1: "key", (1, "x"): [], "size": Size([2, 3]), "counter": Counter("abca"),
    "dtype": autograd.float16, "device": autograd.device("cpu"), "ordered": OrderedDict([("b", 1), ("a", 2)]),
}


def test_plain_values_come_back_with_their_types(format):
    assert repr(round_trip(PLAIN, format)) == repr(PLAIN)  # repr also tells 1 from True and () from []


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=3) | st.integers() | st.booleans(), inner, max_size=3), max_leaves=12)


@given(obj=plain)
@settings(max_examples=60, deadline=None)
def test_any_plain_nesting_comes_back(format, obj):
    assert repr(round_trip(obj, format)) == repr(obj)


@pytest.mark.parametrize("dtype", [d.name for d in autograd.dtypes.ALL])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4), (1, 3, 1)])
def test_tensors_are_kept_to_the_bit(format, dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, 24)[:int(np.prod(shape))].reshape(shape).astype(dtype)
    t = autograd.tensor(array)
    back = round_trip({"tensor": t, "transposed": t.T if t.dim() > 1 else t}, format)
    assert type(back["tensor"]) is autograd.Tensor
    assert back["tensor"].dtype == t.dtype and back["tensor"].shape == shape and back["tensor"].stride() == t.stride()
    assert back["tensor"]._a.tobytes() == array.tobytes()
    assert back["transposed"]._a.tobytes() == (array.T if t.dim() > 1 else array).tobytes()


def test_objects_that_occur_twice_come_back_as_one(format):
    w = autograd.tensor([1.0, 2.0])
    back = round_trip({"a": w, "b": [w], "other": autograd.tensor([1.0, 2.0])}, format)
    assert back["a"] is back["b"][0] and back["a"] is not back["other"]


def test_parameters_and_requires_grad(format):
    x = autograd.ones(2, requires_grad=True)
    back = round_trip([nn.Parameter(autograd.ones(2)), nn.Parameter(autograd.ones(2), requires_grad=False), x, x * 2,
                       x.detach()], format)
    assert [type(t) for t in back] == [nn.Parameter] * 2 + [autograd.Tensor] * 3
    assert [t.requires_grad for t in back] == [True, False, True, True, False] and all(t.is_leaf for t in back)


def test_parameters_load_where_nn_was_not_imported(format, tmp_path):
    path = tmp_path / f"p.{format}"
    save(nn.Parameter(autograd.ones(2)), path)
    program = f"import autograd; print(type(autograd.load(r'{path}')).__name__)"
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert found.stdout.split() == ["Parameter"], found.stderr


def test_a_state_dict_keeps_the_versions_of_its_modules(format):
    state = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).state_dict()
    back = round_trip(state, format)
    assert type(back) is OrderedDict and back._metadata == state._metadata and list(back) == list(state)


def test_loaded_tensors_are_writable_and_trainable(format):
    model = nn.Linear(3, 2)
    other = nn.Linear(3, 2)
    other.load_state_dict(round_trip(model.state_dict(), format), assign=True)
    other(autograd.ones(1, 3)).sum().backward()
    other.weight.data.add_(1)
    assert other.weight.grad.tolist() == [[1, 1, 1]] * 2
    assert other.weight.tolist() == (model.weight + 1).tolist()


# --- what is refused --------------------------------------------------------------------------------------


class Custom:
    pass


class CustomDict(dict):
    pass


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize("value", [Custom(), len, CustomDict(a=1), Point(1, 2), np.array([Custom()], object), Custom])
def test_what_is_not_data_is_refused_with_its_place(format, value, tmp_path):
    with pytest.raises(TypeError, match=r"model/0"):
        save({"model": [value]}, tmp_path / f"f.{format}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("make", [lambda inner: [inner], lambda inner: {"a": inner}, lambda inner: (inner,),
                                  lambda inner: OrderedDict(a=inner)])
def test_a_container_inside_itself_is_refused(format, make):
    obj: list = []
    obj.append(make(obj))
    with pytest.raises(ValueError, match="contains itself"):
        save(obj, io.BytesIO(), format=format)
    shared = [1]
    assert round_trip([shared, shared], format) == [[1], [1]]
