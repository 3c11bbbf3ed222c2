"""PyTorch's zip format: what comes back, what is refused, and how little memory a bad file gets."""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
import tracemalloc
import zipfile
from collections import Counter, OrderedDict
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import load, save

ROOT = Path(__file__).resolve().parents[2]


def round_trip(obj):
    file = io.BytesIO()
    save(obj, file)
    file.seek(0)
    return load(file)


def archive(code, storages=None, folder="m/", compression=zipfile.ZIP_STORED, **members):
    """A file with this pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        made.writestr(f"{folder}data.pkl", code)
        for key, content in (storages or {}).items():
            made.writestr(f"{folder}data/{key}", content)
        for name, content in members.items():
            made.writestr(folder + name, content)
    file.seek(0)
    return file


# --- what comes back --------------------------------------------------------------------------------------

def test_negative_strides_come_back_as_values():
    a = np.arange(6.0).reshape(2, 3)
    assert round_trip(autograd.from_numpy(a[::-1, ::-1])).tolist() == a[::-1, ::-1].tolist()


def test_many_strings_and_objects():
    obj = {f"key {i}": [f"value {i % 7}", (i, autograd.tensor(i))] for i in range(700)}
    assert repr(round_trip(obj)) == repr(obj)


def test_views_of_one_memory_share_it_again():
    x = autograd.arange(24.0)
    views = {"x": x, "part": x[4:10:2], "matrix": x.reshape(4, 6).T, "wide": x[3:4].expand(5), "again": x.detach()}
    back = round_trip(views)
    for name, view in views.items():
        assert back[name].tolist() == view.tolist() and back[name].stride() == view.stride()
    back["x"].fill_(7.0)
    assert all(set(np.ravel(t.numpy())) == {7.0} for t in back.values())
    with pytest.raises(RuntimeError):  # as in PyTorch: several elements lie in one place
        back["wide"].add_(1)


def test_views_that_do_not_overlap_bring_nothing_else_along():
    x = autograd.zeros(100_000)
    file = io.BytesIO()
    save([x[:10], x[-10:], x[50:90:4]], file)
    assert len(file.getvalue()) < 3000


def test_columns_of_a_matrix_share_memory():
    x = autograd.arange(6.0).reshape(3, 2)
    a, b = round_trip([x[:, 0], x[:, 1]])
    assert a.tolist() == [0, 2, 4] and b.tolist() == [1, 3, 5] and b.data_ptr() == a.data_ptr() + 4


def test_overlapping_pieces_of_which_none_is_all():
    x = autograd.arange(10.0)
    back = round_trip([x[4:8], x[:5], x[7:], autograd.zeros(0), x[3:3]])
    assert [t.tolist() for t in back] == [[4, 5, 6, 7], [0, 1, 2, 3, 4], [7, 8, 9], [], []]
    assert back[0].data_ptr() == back[1].data_ptr() + 16


def test_one_memory_of_two_types_is_refused():
    z = autograd.ones(2, dtype=autograd.complex64)
    with pytest.raises(RuntimeError, match=r"view the same data as different types \(complex64, float32\)"):
        save([z, autograd.view_as_real(z)], io.BytesIO())


def test_objects_that_occur_twice_come_back_as_one():
    w, shared = autograd.ones(2), [1]
    back = round_trip({"a": w, "b": [w], "c": shared, "d": (shared, shared)})
    assert back["a"] is back["b"][0] and back["c"] is back["d"][0] is back["d"][1]


def test_mapping_into_memory(tmp_path):
    path = tmp_path / "f.pt"
    save({"x": autograd.arange(1000.0), "e": autograd.zeros(0), "b": autograd.tensor([True])}, path)
    before = path.read_bytes()
    back = load(path, mmap=True)
    back["x"].mul_(2)  # stays in memory
    assert back["x"][-1].item() == 1998 and back["e"].shape == (0,) and back["b"].tolist() == [True]
    assert path.read_bytes() == before
    del back
    with open(path, "r+b") as file:  # content changed, checksum not
        file.seek(before.index(struct.pack("<f", 999)))
        file.write(struct.pack("<f", -1))
    assert load(path, mmap=True)["x"][-1].item() == -1
    with pytest.raises(RuntimeError, match="CRC"):
        load(path)


def test_records_are_aligned_and_equal_objects_give_equal_files():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        save({f"t{i}": autograd.ones(i) for i in range(5)}, file)
    assert files[0].getvalue() == files[1].getvalue()
    with zipfile.ZipFile(files[0]) as made:
        for info in made.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            name, extra = struct.unpack_from("<HH", files[0].getvalue(), info.header_offset + 26)
            assert (info.header_offset + 30 + name + extra) % 64 == 0
        assert made.read("archive/version") == b"3\n" and made.read("archive/byteorder") == sys.byteorder.encode()
        assert len(made.read("archive/.data/serialization_id")) == 40


# --- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.zeros(2), np.float64(1.0), frozenset([1])])
def test_what_the_format_has_no_place_for_is_refused(value, tmp_path):
    with pytest.raises(TypeError, match=r"model/0"):
        save({"model": [value]}, tmp_path / "f.pt")
    assert list(tmp_path.iterdir()) == []


def test_nesting_too_deep_to_save_is_refused():
    obj: list = []
    for _ in range(100_000):
        obj = [obj]
    with pytest.raises(ValueError, match="nested so deep"):
        save(obj, io.BytesIO())


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("bomb-went-off",)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_other_globals_are_refused_by_name_and_never_run(tmp_path, monkeypatch, protocol):
    monkeypatch.chdir(tmp_path)
    for obj, name in ((Bomb(), "posix.mkdir|nt.mkdir"), (np.float64(1), "numpy"), (print, "builtins.print"),
                      (Path("x"), "pathlib"), (getattr, "builtins.getattr")):
        with pytest.raises(RuntimeError, match=f"needs ({name}).* nothing is loaded that could run code"):
            load(archive(pickle.dumps({"a": [obj]}, protocol)))
    assert not os.path.exists("bomb-went-off")


def test_plain_pickles_of_every_binary_version():
    obj = {"a": [1, 2.5, None, True, "é" * 300, b"x" * 300, -5, 10**30], "b": (1, {2}, frozenset([3]), bytearray(b"4")),
           "c": OrderedDict(x=Counter("aab")), "d": complex(1, 2)}
    for protocol in (2, 3, 4, 5):
        assert load(archive(pickle.dumps(obj, protocol))) == obj


def test_kinds_of_files_are_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "script.pt", "w") as made:
        made.writestr("m/data.pkl", b"\x80\2}.")
        made.writestr("m/constants.pkl", b"\x80\2).")
    (tmp_path / "legacy.pt").write_bytes(b"\x80\2\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\2M\xe9\3.")
    (tmp_path / "squeezed.pt").write_bytes(archive(b"\x80\2}." + b" " * 1000, compression=zipfile.ZIP_DEFLATED).getvalue())
    (tmp_path / "version.pt").write_bytes(archive(b"\x80\7}.").getvalue())
    for name, words in {"script": "TorchScript", "legacy": r"before version 1\.6", "squeezed": "compress", "version": "version 7"}.items():
        with pytest.raises(RuntimeError, match=words):
            load(tmp_path / f"{name}.pt")


REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


def tensor_arguments(kind="FloatStorage", key="0", count=4, offset=0, size="K\4\x85", stride="K\1\x85"):
    """What the call that makes a tensor gets, as instructions of a pickle."""
    def text(s):
        return f"X{chr(len(s))}\0\0\0{s}"
    storage = f"({text('storage')}ctorch\n{kind}\n{text(key)}{text('cuda:3')}K{chr(count)}tQ"
    return f"({storage}K{chr(offset)}{size}{stride}\x89ccollections\nOrderedDict\n)Rt".encode("latin-1")


def tensor_code(**options):
    """The pickle of one tensor."""
    return b"\x80\2" + REBUILD + tensor_arguments(**options) + b"R."


FLOATS = np.arange(4.0, dtype=np.float32)


def test_a_tensor_made_by_hand():
    assert load(archive(tensor_code(), {"0": FLOATS})).tolist() == [0, 1, 2, 3]
    assert load(archive(tensor_code(), {"0": FLOATS}, folder="")).tolist() == [0, 1, 2, 3]


def test_the_order_of_bytes():
    big = archive(tensor_code(), {"0": FLOATS.byteswap()}, byteorder=b"big")
    assert load(big).tolist() == [0, 1, 2, 3]
    assert load(archive(tensor_code(), {"0": FLOATS}, byteorder=b"little")).tolist() == [0, 1, 2, 3]
    with pytest.raises(RuntimeError, match="order of bytes"):
        load(archive(tensor_code(), {"0": FLOATS}, byteorder=b"middle"))


def test_bfloat16_becomes_float32():
    upper = (np.array([1.5, -2, np.nan, 3], np.float32).view(np.uint32) >> 16).astype(np.uint16)
    back = load(archive(tensor_code(kind="BFloat16Storage"), {"0": upper}))
    assert back.dtype is autograd.float32 and repr(back.tolist()) == "[1.5, -2.0, nan, 3.0]"
    back = load(archive(tensor_code(kind="BFloat16Storage"), {"0": upper.byteswap()}, byteorder=b"big"))
    assert back.dtype is autograd.float32 and repr(back.tolist()) == "[1.5, -2.0, nan, 3.0]"


def test_bools_are_0_or_1():
    back = load(archive(tensor_code(kind="BoolStorage"), {"0": b"\0\1\2\xff"}))
    assert back.numpy().view(np.uint8).tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize(("code", "words"), [
    (tensor_code(kind="HalfStorage"), "storage 0 has 8 elements"),
    (tensor_code(kind="QUInt8Storage"), "needs torch.QUInt8Storage"),
    (tensor_code(kind="UntypedStorage"), "needs torch.UntypedStorage"),
    (tensor_code(count=5), "its pickle says 5"),
    (tensor_code(key="1"), "no member m/data/1"),
    (tensor_code(key="../../x"), "no member"),
    (tensor_code(offset=1), "reaches beyond its storage"),
    (tensor_code(stride="K\2\x85"), "reaches beyond its storage"),
    (tensor_code(size="K\2K\2\x86"), "shorter than|longer than"),
    (tensor_code(size="J\xff\xff\xff\xff\x85"), "a tensor in its pickle has size"),
    (tensor_code(size="\x88\x85"), "a tensor in its pickle has size"),
    (tensor_code(size="G" + "\0" * 8 + "\x85"), "a tensor in its pickle has size"),
    (tensor_code(size="\x8a\x08" + "\xff" * 7 + "\x7f" + "\x85", stride="K\0\x85"), "damaged"),
    (tensor_code(size="(" + "K\1" * 70 + "t", stride="(" + "K\0" * 70 + "t"), "damaged"),
    (b"\x80\2ctorch\nFloatStorage\n.", "contains torch.FloatStorage itself"),
    (b"\x80\2]ctorch._utils\n_rebuild_tensor_v2\na.", "_rebuild_tensor_v2 itself"),
    (b"\x80\2(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpuK\4tQ.", "a bare storage"),
    (b"\x80\2", "wants 1 bytes"), (b"\x80\2]", "wants 1 bytes"), (b"\x80\2.", "pop from empty"), (b"", "wants 1 bytes"),
    (b"\x80\2h\7.", "damaged"), (b"\x80\2X\xff\xff\xff\x7f", "wants 2147483647 bytes"),
    (b"\x80\2]]R.", "calls a list"), (b"\x80\2}](K\1K\1u.", "sets items of a list"), (b"\x80\2}]K\1s.", "unhashable"),
    (b"\x80\2ccollections\nOrderedDict\n)R}X\5\0\0\0itemsK\1sb.", "replaces OrderedDict.items"),
    (b"\x80\2}}X\1\0\0\0aK\1sb.", "sets the state of a dict"),
    (b"\x80\2ibuiltins\nprint\n.", "instruction b'i'"), (b"\x80\2I1\n.", "instruction b'I'"),
    (b"\x80\2c__builtin__\neval\nX\3\0\0\x001+1\x85R.", "needs builtins.eval"),
    (b"\x80\4X\2\0\0\0osX\6\0\0\0system\x93.", "needs os.system"),
    (b"\x80\4]X\6\0\0\0system\x93.", "has no name"),
    (b"\x80\2c_codecs\nencode\nX\1\0\0\0aX\5\0\0\0rot13\x86R.", "not written as they should be"),
])
def test_bad_pickles(code, words):
    with pytest.raises(RuntimeError, match=words) as caught:
        load(archive(code, {"0": FLOATS}))
    assert type(caught.value) is RuntimeError and str(caught.value).startswith("the file object ")


def test_a_tensor_with_attributes():
    def code(state):
        return (b"\x80\2ctorch._tensor\n_rebuild_from_type_v2\n(" + REBUILD + b"ctorch\nTensor\n" + tensor_arguments()
                + state + b"tR.")
    back = load(archive(code(b"}X\4\0\0\0noteX\2\0\0\0his"), {"0": FLOATS}))
    assert back.note == "hi" and back.tolist() == [0, 1, 2, 3]
    with pytest.raises(RuntimeError, match=r"replaces Tensor\.numpy"):
        load(archive(code(b"}X\5\0\0\0numpyNs"), {"0": FLOATS}))
    with pytest.raises(RuntimeError, match=r"torch\.FloatStorage itself"):
        load(archive(code(b"}X\4\0\0\0notectorch\nFloatStorage\ns"), {"0": FLOATS}))


def test_a_list_that_contains_itself():
    back = load(archive(b"\x80\2]q\0h\0a."))
    assert back[0] is back


# --- bombs ------------------------------------------------------------------------------------------------


def chain(item, count, step):
    return b"\x80\2" + item + step * count


BOMBS = {
    "text of 4 GB": b"\x80\2X\xff\xff\xff\xff",
    "bytes of 10^18": b"\x80\5\x8e" + struct.pack("<Q", 10**18),
    "bytearray of 10^18": b"\x80\5\x96" + struct.pack("<Q", 10**18),
    "integer of 2 GB": b"\x80\2\x8b\xff\xff\xff\x7f",
    "frame of 10^18": b"\x80\4\x95" + struct.pack("<Q", 10**18),
    "number in the memo": b"\x80\2]r\xff\xff\xff\xffj\xff\xff\xff\xfej\xff\xff\xff\xff.",
    "deep tuple": chain(b")", 200_000, b"\x85") + b".",
    "deep list": b"\x80\2]" + b"q\0" + b"]q\1h\0aq\0" * 20_000 + b".",
    "deep key": b"\x80\2}" + b")" + b"\x85" * 200_000 + b"K\1s.",
    "key of 2^60 items": b"\x80\2})" + b"q\0h\0\x86" * 60 + b"K\1s.",
    "marks": b"\x80\2" + b"(" * 20_000 + b".",
    "a set copied again and again": b"\x80\2](" + b"".join(b"M" + struct.pack("<H", i) for i in range(3000)) + b"eq\0"
                                    + b"(" + b"c__builtin__\nset\nh\0\x85R" * 3000 + b"t.",
    "bytes copied again and again": b"\x80\2X" + struct.pack("<I", 3000) + b"a" * 3000 + b"q\0"
                                    + b"(" + b"c_codecs\nencode\nh\0X\6\0\0\0latin1\x86R" * 3000 + b"t.",
    "tensor of 10^18 elements in one": tensor_code(size="\x8a\x08" + "\0" * 7 + "\x0d\x85", stride="K\1\x85"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_with_little_memory(name):
    file = archive(BOMBS[name], {"0": FLOATS})
    tracemalloc.start()
    try:
        with pytest.raises(RuntimeError, match="the file object"):
            load(file)
        assert tracemalloc.get_traced_memory()[1] < 100 * len(BOMBS[name]) + 1_000_000
    finally:
        tracemalloc.stop()


def patched(data, **fields):
    """A zip archive whose only member has other lengths in the directory."""
    at = data.rindex(b"PK\1\2")
    for name, place in {"packed": 20, "length": 24, "method": 10, "flags": 8}.items():
        if name in fields:
            struct.pack_into("<H" if name in ("method", "flags") else "<I", data, at + place, fields[name])
    return io.BytesIO(bytes(data))


@pytest.mark.parametrize("fields", [
    {"length": 4_000_000_000}, {"length": 4_000_000_000, "packed": 4_000_000_000}, {"packed": 1}, {"length": 1},
    {"method": 8}, {"method": 8, "length": 4_000_000_000}, {"method": 99}, {"flags": 1},
])
@pytest.mark.parametrize("mapped", [False, True])
def test_lengths_in_the_directory_that_are_not_true(tmp_path, fields, mapped):
    file = patched(bytearray(archive(b"\x80\2}.").getvalue()), **fields)
    (tmp_path / "f.pt").write_bytes(file.getvalue())
    tracemalloc.start()
    try:
        with pytest.raises(RuntimeError, match=r"f\.pt"):
            load(tmp_path / "f.pt", mmap=mapped)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_compressed_bomb_is_not_unpacked():
    file = archive(b"\x80\2]" + b"]0" * 5_000_000 + b".", compression=zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    try:
        with pytest.raises(RuntimeError, match="compress"):
            load(file)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_an_expanded_tensor_of_any_size_takes_the_memory_of_one_element():
    back = load(archive(tensor_code(size="\x8a\x06" + "\0" * 5 + "\x10\x85", stride="K\0\x85"), {"0": FLOATS}))
    assert back.shape == (2**44,) and back[2**43].item() == 0
