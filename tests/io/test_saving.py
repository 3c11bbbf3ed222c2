"""Which format a file gets, and that a file is written whole or not at all, whatever stops the writing."""

from __future__ import annotations

import builtins
import errno
import importlib.util
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from autograd.io import load, save
from autograd.io.atomic import write_atomically

ROOT = Path(__file__).resolve().parents[2]
FORMATS = ["pt", "npz"] + ["safetensors"] * (importlib.util.find_spec("safetensors") is not None)
STATE = {"weight": autograd.arange(2000.0), "bias": autograd.tensor([1.0, 2.0])}


def same(a, b):
    return a.keys() == b.keys() and all(a[k].tolist() == b[k].tolist() for k in a)


@pytest.mark.parametrize("format", FORMATS)
def test_the_end_of_the_name_says_the_format_and_the_content_says_it_back(tmp_path, format):
    path = tmp_path / f"model.{format}"
    save(STATE, path)
    save(STATE, tmp_path / "other.name", format=format)
    assert path.read_bytes() == (tmp_path / "other.name").read_bytes()
    assert same(load(path), STATE) and same(load(str(tmp_path / "other.name")), STATE)


def test_pytorchs_format_is_the_default(tmp_path):
    for name in ("a.pt", "a.pth", "a", "a.tar", "a.ckpt"):
        save(STATE, tmp_path / name)
    file = io.BytesIO()
    save(STATE, file)
    assert len({p.read_bytes() for p in tmp_path.iterdir()} | {file.getvalue()}) == 1


@pytest.mark.parametrize("format", FORMATS)
def test_file_objects(tmp_path, format):
    file = io.BytesIO()
    save(STATE, file, format=format)
    file.seek(0)
    assert same(load(file), STATE)
    path = tmp_path / f"f.{format}"
    with open(path, "wb") as file:
        save(STATE, file)  # an open file has a name
    with open(path, "rb") as file:
        assert same(load(file), STATE)


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match="no format 'hdf5'"):
        save(1, tmp_path / "f", format="hdf5")
    with pytest.raises(AttributeError, match="'write' attribute"):
        save(1, 3)
    with pytest.raises(AttributeError, match="'read' and 'seek'"):
        load(3)
    with pytest.raises(ValueError, match="must be a file path"):
        load(io.BytesIO(), mmap=True)
    read, write = os.pipe()
    os.close(write)
    with open(read, "rb") as pipe, pytest.raises(io.UnsupportedOperation, match="BytesIO"):
        load(pipe)
    assert list(tmp_path.iterdir()) == []


def test_top_level_names():
    assert autograd.save is save and autograd.load is load


def test_an_empty_file_is_damaged(tmp_path):
    (tmp_path / "f.pt").touch()
    with pytest.raises(RuntimeError, match=r"f\.pt is damaged \(it is empty\)"):
        load(tmp_path / "f.pt")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError):
        save(1, tmp_path / "no" / "folder")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "f"
    save("old", path)

    def write(file):
        file.write(b"half")
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, write)
    assert load(path) == "old" and os.listdir(tmp_path) == ["f"]


def test_permissions_and_links_survive(tmp_path):
    path, link = tmp_path / "real", tmp_path / "link"
    mask = os.umask(0o027)
    try:
        save(1, path)
    finally:
        os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o640
    path.chmod(0o600)
    link.symlink_to(path)
    save(2, link)
    assert link.is_symlink() and load(path) == 2 and path.stat().st_mode & 0o777 == 0o600


def test_errors_name_the_file_that_was_asked_for(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none" / "x.pt", tmp_path / "file" / "x.npz"):
        with pytest.raises((FileNotFoundError, NotADirectoryError)) as caught:
            save({}, path)
        assert caught.value.filename == str(path) and caught.value.__suppress_context__


def test_an_error_of_another_file_is_left_as_it_is(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        write_atomically(tmp_path / "x.pt", lambda file: file.write((tmp_path / "other").read_bytes()))
    assert caught.value.filename == str(tmp_path / "other")
    assert not list(tmp_path.iterdir())


def test_what_is_no_regular_file_is_written_in_place():
    save(STATE, os.devnull)
    assert not Path(os.devnull).is_file()


class Full:
    """A file on a disk that is full after some bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        self.room -= memoryview(data).nbytes
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.file.write(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, format):
    path = tmp_path / f"f.{format}"
    save(STATE, path)
    before = path.read_bytes()
    changed = {k: t + 1 for k, t in STATE.items()}
    for room in [0, 1, *range(30, len(before), 301), len(before) - 1]:
        monkeypatch.setattr("autograd.io.atomic.open", lambda *a, room=room: Full(builtins.open(*a), room), raising=False)  # noqa: SIM115
        with pytest.raises(OSError, match="No space left") as caught:
            save(changed, path)
        assert caught.value.filename == str(path)
        assert path.read_bytes() == before and os.listdir(tmp_path) == [path.name]
    monkeypatch.undo()
    save(changed, path)
    assert same(load(path), changed)


def test_a_sync_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "f"
    save(1, path)

    def fsync(_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="error"):
        save(2, path)
    assert load(path) == 1 and os.listdir(tmp_path) == ["f"]


# Each round a fork of this program saves in a loop, and is killed at a random time after its first save. What lies there
# then must be whole: every element of every tensor has one value, the number of the save, which goes up.
KILLED = """
import os, random, signal, sys, time
import numpy as np
import autograd

folder, formats, rounds = sys.argv[1], sys.argv[2].split(","), int(sys.argv[3])
random.seed(0)
last = dict.fromkeys(formats, -1)
for name in formats:
    autograd.save({"n": autograd.full((1,), -1)}, f"{folder}/f.{name}")
for i in range(rounds):
    name = formats[i % len(formats)]
    path = f"{folder}/f.{name}"
    done, report = os.pipe()
    child = os.fork()
    if not child:
        n = last[name]
        while True:
            n += 1
            autograd.save({k: autograd.full((size,), n) for k, size in zip("nabc", (1, 5, 3000, 20000))}, path)
            os.write(report, b".")
    os.close(report)
    os.read(done, 1)
    time.sleep(random.uniform(0, 0.02))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(done)
    assert os.WTERMSIG(status) == signal.SIGKILL, status
    state = autograd.load(path)
    found = {v for t in state.values() for v in np.unique(t.numpy()).tolist()}
    assert len(found) == 1 and min(found) > last[name], (last[name], found)
    last[name], = found
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path):
    found = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), ",".join(FORMATS), "200"], cwd=ROOT,
                           timeout=300, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_the_example_in_the_docs_runs(tmp_path, monkeypatch):
    text = (ROOT / "docs" / "saving.md").read_text(encoding="utf-8")
    code, = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(code, "saving.md", "exec"), names)
    assert names["state"]["epoch"] == 3 and os.listdir(tmp_path) == ["checkpoint.pt"]
