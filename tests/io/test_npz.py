"""Saving in .npz files: what comes back, what is refused, and what a crash or a bad file does."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import Counter, OrderedDict, namedtuple

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import autograd
import nn
from autograd.io import load, save

PLAIN = {
    "none": None, "true": True, "int": -(2**70), "float": 0.1, "nan": float("nan"), "inf": -float("inf"),
    "complex": complex(1.5, -0.0), "text": 'a"/\\\n\0é', "bytes": b"\0\xff", "list": [1, [2, []]],
    "tuple": (1, (), "x"), "set": {1, 2}, "bytearray": bytearray(b"x"), "counter": Counter("abca"),
    "device": autograd.device("cpu"), "empty": {}, "": "empty key",
}


def round_trip(obj):
    file = io.BytesIO()
    save(obj, file, format="npz")
    file.seek(0)
    return load(file)


def test_plain_values_come_back_with_their_types():
    back = round_trip(PLAIN)
    assert repr(back) == repr(PLAIN)  # repr also tells 1 from True and () from []


def test_dict_keys_keep_type_and_order():
    obj = {0: "a", "0": "b", 1.5: "c", None: "d", (1, "x"): "e", True: "f"} | {"z": 1, "a": 2}
    back = round_trip(obj)
    assert list(back.items()) == list(obj.items())
    ordered = round_trip(OrderedDict([("b", 1), ("a", 2)]))
    assert type(ordered) is OrderedDict and list(ordered) == ["b", "a"]


@pytest.mark.parametrize("dtype", [d.name for d in autograd.dtypes.ALL])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_arrays_and_tensors_are_kept_to_the_bit(dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, 24)[:int(np.prod(shape))].reshape(shape).astype(dtype)
    back = round_trip({"array": array, "tensor": autograd.tensor(array), "transposed": array.T})
    for name, kind in (("array", np.ndarray), ("tensor", autograd.Tensor)):
        assert type(back[name]) is kind
        assert np.asarray(getattr(back[name], "_a", back[name])).dtype == dtype
        assert tuple(back[name].shape) == shape
    assert np.asarray(back["tensor"]._a).tobytes() == array.tobytes()
    np.testing.assert_array_equal(back["transposed"], array.T)


def test_signed_zeros_and_nan_payloads_are_kept():
    bits = np.array([0x80000000, 0x7FC00123, 0xFF800000], np.uint32)
    assert round_trip(autograd.tensor(bits.view(np.float32)))._a.view(np.uint32).tolist() == bits.tolist()


def test_numpy_scalars_sizes_and_dtypes():
    back = round_trip([np.float32(0.1), np.int64(3), autograd.Size([2, 3]), autograd.float16])
    assert type(back[0]) is np.float32 and back[0] == np.float32(0.1) and type(back[1]) is np.int64
    assert type(back[2]) is autograd.Size and back[2] == (2, 3)
    assert back[3] is autograd.float16


def test_a_tensor_that_occurs_twice_comes_back_as_one():
    tied = autograd.tensor([1.0, 2.0])
    back = round_trip({"encoder": tied, "decoder": [tied], "other": autograd.tensor([1.0, 2.0])})
    assert back["encoder"] is back["decoder"][0] and back["encoder"] is not back["other"]


def test_requires_grad_is_kept():
    leaf = autograd.tensor([1.0], requires_grad=True)
    back = round_trip([leaf, leaf * 2, leaf.detach()])
    assert all(t.is_leaf for t in back) and [t.requires_grad for t in back] == [True, True, False]


def test_parameters_come_back_as_parameters():
    back = round_trip([nn.Parameter(autograd.ones(2)), nn.Parameter(autograd.ones(2), requires_grad=False)])
    assert [type(p) for p in back] == [nn.Parameter] * 2 and [p.requires_grad for p in back] == [True, False]


def test_a_state_dict_keeps_the_versions_of_its_modules():
    state = nn.BatchNorm1d(2).state_dict()
    assert round_trip(state)._metadata == state._metadata


def test_tied_weights_are_kept_once_and_come_back_tied():
    w = autograd.ones(3)
    back = round_trip({"a": w, "b": w.detach(), "p": nn.Parameter(w), "array": w.numpy()})
    back["p"].data.fill_(2.0)
    assert back["a"].tolist() == back["b"].tolist() == back["array"].tolist() == [2.0] * 3


def test_loaded_arrays_are_new_and_writable():
    back = round_trip({"a": np.zeros(2), "t": autograd.zeros(2)})
    back["a"][0] = 1
    back["t"].add_(1)


def test_numpy_reads_the_arrays(tmp_path):
    path = tmp_path / "state.npz"
    save({"layer": {"weight": autograd.tensor([1.0, 2.0])}, "bias": np.arange(3)}, path)
    with np.load(path, allow_pickle=False) as archive:
        assert archive["layer/weight"].tolist() == [1, 2] and archive["bias"].tolist() == [0, 1, 2]


def test_equal_objects_give_equal_files(tmp_path):
    for name in "ab":
        save({"x": np.arange(5), "y": PLAIN}, tmp_path / f"{name}.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("key", ["../../etc/passwd", "/abs", "a\0b", "a:b", "x" * 70_000, "skeleton.json", "file", "ü"])
def test_any_key_can_name_an_array(key):
    back = round_trip({key: np.arange(2), "other": {key: np.arange(3)}})
    assert back[key].tolist() == [0, 1] and back["other"][key].tolist() == [0, 1, 2]


def test_names_that_become_equal_stay_apart():
    obj = {"a/b": np.array(1), "a": {"b": np.array(2)}, "a:b": np.array(3), "a?b": np.array(4), 0: np.array(5),
           "0": np.array(6)}
    back = round_trip(obj)
    assert [int(back[k]) for k in ("a/b", "a:b", "a?b", 0, "0")] == [1, 3, 4, 5, 6] and int(back["a"]["b"]) == 2


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=3) | st.integers() | st.booleans(), inner, max_size=3), max_leaves=12)


@given(plain)
@settings(max_examples=60, deadline=None)
def test_any_plain_nesting_comes_back(obj):
    assert repr(round_trip(obj)) == repr(obj)


class Custom:
    pass


class CustomDict(dict):
    pass


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize("value", [Custom(), len, CustomDict(a=1), Point(1, 2), np.array([Custom()], object), Custom])
def test_what_is_not_data_is_refused_with_its_place(value, tmp_path):
    path = tmp_path / "f.npz"
    with pytest.raises(TypeError, match=r"model/0"):
        save({"model": [value]}, path)
    assert list(tmp_path.iterdir()) == []


def test_a_container_inside_itself_is_refused():
    obj: list = []
    obj.append({"again": obj})
    with pytest.raises(ValueError, match="contains itself"):
        save(obj, io.BytesIO())
    shared = [1]
    assert round_trip([shared, shared]) == [[1], [1]]


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "state.npz"
    save({"w": np.arange(100.0), "t": autograd.tensor([1.0]), "epoch": 3}, path)
    return path


def test_every_truncation_is_reported(saved):
    content = saved.read_bytes()
    for length in [0, 1, 10, *range(30, len(content), 97), len(content) - 1]:
        saved.write_bytes(content[:length])
        with pytest.raises(RuntimeError, match=r"state\.npz (is damaged|was not written)"):
            load(saved)


def test_every_changed_byte_is_reported_or_harmless(saved):
    content = saved.read_bytes()
    original = load(saved)
    for i in range(0, len(content), 3):
        saved.write_bytes(content[:i] + bytes([content[i] ^ 0x55]) + content[i + 1:])
        try:
            back = load(saved)
        except RuntimeError as error:
            assert "state.npz" in str(error)
        else:  # a byte of a date, say
            assert back["epoch"] == 3 and np.array_equal(back["w"], original["w"])


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("bomb-went-off",)


def test_foreign_files_are_named_and_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pickle").write_bytes(pickle.dumps(Bomb()))
    np.save(tmp_path / "array.npy", np.arange(3))
    np.savez(tmp_path / "plain.npz", a=np.arange(3))
    (tmp_path / "text").write_text("hello")
    with zipfile.ZipFile(tmp_path / "torch.pt", "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps(Bomb()))
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("readme", "x")
    with zipfile.ZipFile(tmp_path / "newer", "w") as archive:
        archive.writestr("skeleton.json", '{"format": "tapegrad", "version": 99, "root": 1}')
    hint = {"pickle": "pickle", "array.npy": "NumPy array", "plain.npz": "numpy.load", "text": "not written",
            "torch.pt": "PyTorch", "zip": "not written", "newer": "version 99"}
    for name, words in hint.items():
        with pytest.raises(RuntimeError, match=words):
            load(name)
    assert not os.path.exists("bomb-went-off")


def test_object_arrays_inside_are_not_unpickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("f.npz", "w") as archive:
        archive.writestr("skeleton.json", '{"format": "tapegrad", "version": 1, "root": {"array": "a"}}')
        with archive.open("a.npy", "w") as member:
            np.lib.format.write_array(member, np.array([Bomb()], object), allow_pickle=True)
    with pytest.raises(RuntimeError, match=r"f\.npz"):
        load("f.npz")
    assert not os.path.exists("bomb-went-off")


def test_pytorchs_arguments(saved):
    assert load(saved, map_location="cpu", weights_only=True)["epoch"] == 3
    with pytest.raises(RuntimeError, match="cuda"):
        load(saved, map_location="cuda")
