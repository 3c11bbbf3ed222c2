"""The safetensors format, with its library and without."""

from __future__ import annotations

import io
import json
import struct
import sys
import tracemalloc

import numpy as np
import pytest

import autograd
import nn
from autograd import load, save


@pytest.fixture
def library():
    return pytest.importorskip("safetensors.numpy")


def header(entries, content=b""):
    """The bytes of a file with this header."""
    text = json.dumps(entries).encode()
    return io.BytesIO(struct.pack("<Q", len(text)) + text + content)


def test_a_model_comes_back(library, tmp_path):
    path = tmp_path / "model.safetensors"
    model, other = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    save(model.state_dict(), path)
    other.load_state_dict(load(path))
    for name, t in model.state_dict().items():
        assert t.equal(other.state_dict()[name])
    assert sorted(library.load_file(path)) == sorted(model.state_dict())
    with library.safe_open(path, "numpy") as file:
        assert file.metadata() == {"format": "pt"}


@pytest.mark.parametrize("dtype", [d.name for d in autograd.dtypes.ALL if d.name != "complex128"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 3, 4)])
def test_tensors_are_kept_to_the_bit(library, dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, 24)[:int(np.prod(shape))].reshape(shape).astype(dtype)
    t = autograd.tensor(array)
    file = io.BytesIO()
    save({"t": t, "turned": t.T if t.dim() > 1 else t}, file, format="safetensors")
    file.seek(0)
    back = load(file)
    assert back["t"].dtype is t.dtype and back["t"].shape == shape and back["t"]._a.tobytes() == array.tobytes()
    assert back["turned"].tolist() == (array.T if t.dim() > 1 else array).tolist()
    back["t"].fill_(1)


def test_bfloat16_becomes_float32_and_other_types_are_named(library):
    back = load(header({"x": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}, b"\xc0\x3f\x00\xc0"))
    assert back["x"].dtype is autograd.float32 and back["x"].tolist() == [1.5, -2.0]
    with pytest.raises(RuntimeError, match="type U16 in 'x'"):
        load(header({"x": {"dtype": "U16", "shape": [2], "data_offsets": [0, 4]}}, b"1234"))


@pytest.mark.parametrize(("obj", "words"), [
    ([autograd.ones(1)], "a dict of tensors by name"), ({"a": 1}, "'a' is a int"), ({1: autograd.ones(1)}, "one is 1"),
    ({"a": {"b": autograd.ones(1)}}, "'a' is a dict"), ({"__metadata__": autograd.ones(1)}, "__metadata__"),
    ({"a": np.ones(1)}, "'a' is a ndarray"), ({"a": autograd.ones(1, dtype=autograd.complex128)}, "complex128"),
])
def test_other_content_is_refused(tmp_path, obj, words):
    with pytest.raises(TypeError, match=words):
        save(obj, tmp_path / "f.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", [
    header({"x": {"dtype": "F32", "shape": [2_500_000_000], "data_offsets": [0, 10_000_000_000]}}, b"1234"),
    header({"x": {"dtype": "F32", "shape": [2**62, 8], "data_offsets": [0, 4]}}, b"1234"),
    header({f"x{i}": {"dtype": "U8", "shape": [1000], "data_offsets": [0, 1000]} for i in range(500)}, b"x" * 1000),
    io.BytesIO(struct.pack("<Q", 10**10) + b'{"x"'),
    header([[]]), io.BytesIO(struct.pack("<Q", 40_000) + b'{"x":' + b"[" * 39_995),
])
def test_bombs_are_refused_with_little_memory(library, file):
    tracemalloc.start()
    try:
        with pytest.raises(RuntimeError, match="the file object"):
            load(file)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_files_are_not_mapped_into_memory(library, tmp_path):
    save({"x": autograd.ones(1)}, tmp_path / "f.safetensors")
    with pytest.raises(RuntimeError, match="leave mmap out"):
        load(tmp_path / "f.safetensors", mmap=True)


def test_without_the_library(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match="pip install safetensors, or Tapegrad with its extra 'safetensors'"):
        save({"x": autograd.ones(1)}, tmp_path / "f.safetensors")
    with pytest.raises(ImportError, match="pip install safetensors, or Tapegrad with its extra 'safetensors'"):
        load(header({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, b"1234"))
    assert list(tmp_path.iterdir()) == []
