"""Machine code on disk: found again, keyed by everything it depends on, never needed."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from autograd.kernels.compiled import cache as compiled_cache  # noqa: E402
from autograd.kernels.compiled.cache import Patience, entry_point, fingerprint, jit  # noqa: E402
from autograd.kernels.compiled.direct import Direct  # noqa: E402
from autograd.kernels.compiled.fused import Formula  # noqa: E402
from autograd.kernels.compiled.loops import Loop  # noqa: E402


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "tapegrad" / "kernels"


def _add(number, key):
    """(compiled x -> x + number, whether it was found on disk)."""
    dispatcher = jit(key)(lambda x: x + number)
    entry_point(dispatcher, "add", key, numba.int64(numba.int64))
    return dispatcher, bool(sum(dispatcher._cache_hits.values()))


def test_found_again(folder):
    first, found = _add(1, "one")
    assert not found and first(1) == 2
    second, found = _add(1, "one")
    assert found and second(1) == 2
    assert len(list(folder.iterdir())) == 1


def test_another_closure_is_another_file(folder):
    assert _add(1, "one")[0](1) == 2
    assert _add(2, "two")[0](1) == 3
    assert len(list(folder.iterdir())) == 2


def test_changed_sources_are_not_served_old_code(folder, monkeypatch):
    _add(1, "one")
    monkeypatch.setattr(compiled_cache, "_stamp", lambda: b"other sources")
    changed, found = _add(3, "one")
    assert not found and changed(1) == 4


@pytest.mark.parametrize("what", ["CPU", "NumPy"])
def test_another_processor_or_numpy_is_another_file(folder, monkeypatch, what):
    _add(1, "one")
    if what == "NumPy":
        monkeypatch.setattr(np, "__version__", "0.1")
        monkeypatch.setattr(compiled_cache, "_stamp", compiled_cache._stamp.__wrapped__)
    else:
        from numba.core.codegen import JITCPUCodegen
        monkeypatch.setattr(JITCPUCodegen, "magic_tuple", lambda self: ("x86_64", "another", "+avx"))
    assert not _add(1, "one")[1]
    assert len(list(folder.iterdir())) == 2


# --- files that are not what was written ------------------------------------------------------------------


def _flipped(content):
    return content[:-100] + bytes([content[-100] ^ 1]) + content[-99:]


def _sound_but_foreign(content):
    """What another program wrote, with a checksum that is right."""
    import hashlib
    import pickle
    payload = pickle.dumps(("another", "program's"))
    return compiled_cache._MAGIC + hashlib.sha256(payload).digest() + payload


DAMAGES = {"truncated": lambda c: c[:len(c) // 2], "a bit": _flipped, "empty": lambda c: b"", "text": lambda c: b"hello",
           "foreign": _sound_but_foreign, "only a head": lambda c: c[:len(compiled_cache._MAGIC) + 32]}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_replaced(folder, caplog, damage):
    _add(1, "one")
    path, = folder.iterdir()
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with caplog.at_level(logging.DEBUG, "autograd"):
        again, found = _add(1, "one")
    assert not found and again(1) == 2
    assert any("damaged" in m or "could not be loaded" in m for m in caplog.messages)
    assert _add(1, "one")[1]
    assert [p.suffix for p in folder.iterdir()] == [".bin"]


def test_what_belongs_to_another_user_is_not_read(folder, monkeypatch, caplog):
    _add(1, "one")
    if not hasattr(os, "geteuid"):
        pytest.skip("files have no owners here")
    path, = folder.iterdir()
    real = os.fstat
    monkeypatch.setattr(os, "fstat", lambda fd: os.stat_result((*real(fd)[:4], 54321, *real(fd)[5:])))
    assert compiled_cache._read(path) is None
    assert "another user" in caplog.text


def test_nowhere_to_write(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    function, found = _add(1, "one")
    assert not found and function(1) == 2


@pytest.mark.parametrize("error", [OSError("disk full"), PermissionError("read-only")])
def test_a_write_that_fails_costs_nothing_but_time(folder, monkeypatch, error):
    def fail(*_):
        raise error
    monkeypatch.setattr(compiled_cache.Path, "write_bytes", fail)
    function, _ = _add(1, "one")
    assert function(1) == 2
    assert not list(folder.iterdir())


def test_no_home_folder(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(compiled_cache.Path, "home", no_home)
    assert _add(1, "one")[0](1) == 2


@pytest.mark.parametrize("home", ["", "relative"])
def test_a_home_that_is_no_place_is_not_written_to(monkeypatch, tmp_path, home):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "also relative")
    monkeypatch.setenv("HOME", home)
    assert _add(1, "one")[0](1) == 2
    assert not list(tmp_path.iterdir())


# --- how much is kept -------------------------------------------------------------------------------------


def test_what_was_used_last_stays(folder, monkeypatch):
    for i in range(4):
        _add(i, str(i))
    now = time.time()
    paths = sorted(folder.iterdir())
    for days, path in enumerate(paths):
        os.utime(path, (now - 86400 * (days + 2),) * 2)
    # The oldest is used, which makes it the youngest.
    used = paths[-1]
    assert compiled_cache._read(used) is not None
    sizes = {p: p.stat().st_size for p in paths}
    monkeypatch.setattr(compiled_cache, "LIMIT", sizes[used] + sizes[paths[0]])
    compiled_cache._prune(folder)
    assert sorted(folder.iterdir()) == sorted([used, paths[0]])


def test_a_new_file_makes_room(folder, monkeypatch):
    monkeypatch.setattr(compiled_cache, "LIMIT", 1)
    _add(1, "one")
    assert not list(folder.iterdir())
    monkeypatch.setattr(compiled_cache, "LIMIT", 1 << 20)
    for i in range(3):
        _add(i, str(i))
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 1 << 20


def test_drafts_of_killed_processes_go(folder):
    _add(1, "one")
    old, young = folder / "add-1.bin.aaaa", folder / "add-2.bin.bbbb"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    compiled_cache._prune(folder)
    assert young.exists() and not old.exists()


# --- several processes ------------------------------------------------------------------------------------

CHILD = """if True:
    import sys, time
    import numpy as np
    from autograd.kernels import maps
    from autograd.kernels.compiled import late
    from autograd.kernels.compiled.fused import fused
    late.choose("now").__enter__()
    @fused
    def slope(g, out):
        return g * (1 - out * out)
    while time.time() < float(sys.argv[1]):
        pass
    x, out = np.linspace(-3, 3, 1000), np.empty(1000)
    for d in (np.dtype("float32"), np.dtype("float64")):
        y = np.empty(1000, d)
        maps.silu.compile(d)(x.astype(d), y)
        assert np.allclose(y, x / (1 + np.exp(-x)), atol=1e-6)
    late.LATE[slope].compile()
    f = late.LATE[slope].current
    assert isinstance(f, np.ufunc) and np.array_equal(f(x, x), x * (1 - x * x))
"""


def _children(damage=None):
    start = str(time.time() + 3)
    children = [subprocess.Popen([sys.executable, "-c", CHILD, start], stderr=subprocess.PIPE, text=True)
                for _ in range(4)]
    while damage is not None and any(c.poll() is None for c in children):
        damage()
        time.sleep(0.01)
    for c in children:
        _, errors = c.communicate(timeout=120)
        assert c.returncode == 0, errors


def test_first_runs_at_the_same_time(folder):
    _children()
    paths = list(folder.iterdir())
    assert len(paths) == 4 and all(p.suffix == ".bin" and compiled_cache._read(p) for p in paths)
    before = {p: p.stat().st_mtime_ns for p in paths}
    _children()
    assert {p: p.stat().st_mtime_ns for p in folder.iterdir()} == before


def test_files_that_are_removed_and_damaged_while_processes_run(folder):
    rng = np.random.default_rng(0)

    def damage():
        for p in folder.glob("*.bin"):
            if rng.random() < 0.5:
                p.unlink(missing_ok=True)
            else:
                p.write_bytes(p.read_bytes()[:rng.integers(10000)])
    _children(damage)


# --- all kinds of kernels ---------------------------------------------------------------------------------


def _twice(x):
    return x * 2.0


def _fill(x, out):
    for i in range(x.size):
        out[i] = x[i] * 2.0


def _first(x, out):
    out[()] = x[0]


@pytest.mark.parametrize("make", [
    lambda: Formula(_twice, _twice, 1.0, 0.0).build(),
    lambda: Loop(_fill, "F1 F1", 1.0, False).compile(np.dtype("float32")),
    lambda: Direct(_first, _first, 1.0, (("float32", 1), ("float32", 0))).build(),
], ids=["formula", "loop", "direct"])
def test_all_kinds_are_kept_here(folder, make):
    make()
    first = {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}
    make()
    assert first and {p.name: p.stat().st_mtime_ns for p in folder.iterdir()} == first


def test_a_fingerprint_says_what_is_computed():
    def made(number, text="def f(x):\n    return h(x) * N + 1"):
        names = {"__name__": "somewhere"}
        exec(f"N = {number}\ndef h(x):\n    return x - N\n{text}", names)
        return fingerprint(names["f"])
    assert made(1) == made(1) != made(2)
    assert made(1) != made(1, "def f(x):\n    return h(x) * N + 2")
    assert made(1) != made(1, "def f(x):\n    return h(x) / N + 1")
    assert made(1) == made(1, "\n\ndef f(x):\n    # further down\n    return h(x) * N + 1")


# --- saying so --------------------------------------------------------------------------------------------


def test_long_compiling_is_said_once(caplog):
    patience = Patience()
    patience._left = 0.1
    stop = patience.start()
    time.sleep(0.05)
    stop()
    assert not caplog.messages
    stop = patience.start()  # half of the time is over
    deadline = time.monotonic() + 30
    while not caplog.messages and time.monotonic() < deadline:
        time.sleep(0.01)
    stop()
    patience.start()()
    assert len(caplog.messages) == 1 and "tapegrad warmup" in caplog.text


def test_it_is_said_where_one_looks():
    program = """if True:
        import time
        from autograd.kernels.compiled import cache as compiled_cache
        compiled_cache.patience._left = 0.01
        import numpy as np
        from autograd.kernels import maps
        maps.silu.compile(np.dtype("float32"))
        maps.silu_grad.compile(np.dtype("float32"))
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.count("\n") == 1 and "compiles kernels" in done.stderr
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""  # all was found
