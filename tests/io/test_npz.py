"""Saving in .npz files: what comes back, what is refused, and what a crash or a bad file does."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

import autograd
import nn
from autograd.io import load, save


def round_trip(obj):
    file = io.BytesIO()
    save(obj, file, format="npz")
    file.seek(0)
    return load(file)


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
        save({"x": np.arange(5), "y": [1, ("a", None)]}, tmp_path / f"{name}.npz")
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
