"""Files changed at random: each gives a clean error, or loads.

By default a thousand of each kind; the variable TAPEGRAD_FUZZ says another number.
"""

from __future__ import annotations

import importlib.util
import io
import math
import os
import random
import zipfile
from collections import OrderedDict

import pytest

import autograd
import nn
from autograd.io import load, save

ROUNDS = int(os.environ.get("TAPEGRAD_FUZZ", 1000))
FORMATS = ["pt", "npz"] + ["safetensors"] * (importlib.util.find_spec("safetensors") is not None)

KINDS = [d.name for d in autograd.dtypes.ALL]
TENSORS = OrderedDict((name, autograd.arange(6).to(name).reshape(2, 3)) for name in KINDS if name != "complex128")
NESTED = {
    "tensors": TENSORS, "view": TENSORS["float32"].T[1:], "empty": autograd.zeros(0, 3), "number": autograd.tensor(3),
    "parameter": nn.Parameter(autograd.ones(2)), "state": nn.BatchNorm1d(2).state_dict(), "wide": autograd.ones(1).expand(4),
    "plain": [None, True, -1, 70000, 10**30, 0.1, 1j, "text", b"bytes", bytearray(b"x"), (1, (2,)), {1, 2}],
    "types": (autograd.float32, autograd.Size([2]), autograd.device("cpu")), 3: OrderedDict(a=1),
}


def content(format):
    file = io.BytesIO()
    save(TENSORS if format == "safetensors" else NESTED, file, format=format)
    return file.getvalue()


def mutated(data, rng):
    """``data`` with a few changes: of bits, of bytes, of numbers, pieces taken away, doubled, moved."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(data) + 1)
        length = min(rng.choice((1, 1, 2, 4, 8, 30)), len(data) - at)
        kind = rng.randrange(8)
        if kind == 0 and length:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at:at + length] = rng.randbytes(length)
        elif kind == 2:
            data[at:at + length] = rng.choice((b"\0", b"\xff", b"\x7f", b"9")) * length
        elif kind == 3:
            del data[at:at + length]
        elif kind == 4:
            data[at:at] = data[at:at + length]
        elif kind == 5:
            other = rng.randrange(len(data) + 1)
            data[at:at + length] = data[other:other + length]
        elif kind == 6 and rng.random() < 0.2:
            del data[at:]
        elif kind == 7:
            data[at:at] = rng.randbytes(rng.choice((1, 2, 8)))
    return bytes(data)


def mutated_inside(data, rng):
    """A zip archive with one member changed, and checksums that fit."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        names = old.namelist()
        # The members that say how the others are to be read, more often than others.
        chosen = rng.choice([names[0], rng.choice(names)])
        for name in names:
            member = old.read(name)
            new.writestr(name, mutated(member, rng) if name == chosen else member)
    return file.getvalue()


def values(obj):
    """All tensors in a loaded object, touched, so that a bad address would show; and the other values in words."""
    if isinstance(obj, autograd.Tensor):
        return [(obj.dtype, obj.shape, obj._a.tobytes())] if math.prod(obj.shape) < 10_000 else []
    if isinstance(obj, dict):
        return [values(k) + values(v) for k, v in obj.items()]
    if isinstance(obj, (list, tuple)):
        return [values(v) for v in obj]
    return [repr(obj)]


@pytest.mark.parametrize("format", FORMATS)
def test_changed_files(format):
    data, rng = content(format), random.Random(0)
    right = values(load(io.BytesIO(data)))
    loaded = 0
    for i in range(ROUNDS):
        inside = format != "safetensors" and i % 2
        bad = (mutated_inside if inside else mutated)(data, rng)
        try:
            found = load(io.BytesIO(bad))
        except RuntimeError as error:
            assert type(error) is RuntimeError and str(error).startswith("the file object "), repr(error)
        else:
            loaded += 1
            found = values(found)
            if not inside and format != "safetensors":
                # Checksums tell every change of content; what else is in a zip archive, a date say, does not matter.
                assert found == right
    assert 0 < loaded < ROUNDS


@pytest.mark.parametrize("format", ["pt", "npz"])
def test_changed_files_mapped_into_memory(format, tmp_path):
    data, rng = content(format), random.Random(1)
    for i in range(ROUNDS // 10):
        path = tmp_path / f"{i}.pt"
        path.write_bytes(mutated(data, rng))
        try:
            values(load(path, mmap=True))
        except RuntimeError as error:
            assert type(error) is RuntimeError and str(path) in str(error)
        path.unlink()


@pytest.mark.parametrize("format", FORMATS)
def test_every_truncation(format):
    data = content(format)
    for length in range(0, len(data), 1 + len(data) // 400):
        with pytest.raises(RuntimeError, match="the file object"):
            load(io.BytesIO(data[:length]))


def test_random_bytes():
    rng = random.Random(2)
    for i in range(ROUNDS // 10):
        start = (b"", b"PK\3\4", b"\x10\0\0\0\0\0\0\0{", b"\x80\2")[i % 4]
        if start[8:] and "safetensors" not in FORMATS:
            continue
        with pytest.raises(RuntimeError, match="the file object"):
            load(io.BytesIO(start + rng.randbytes(rng.randrange(1, 300))))
