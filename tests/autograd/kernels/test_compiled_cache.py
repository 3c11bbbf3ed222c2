"""Machine code on disk: found again, keyed by everything it depends on, never needed."""

from __future__ import annotations

import pytest

numba = pytest.importorskip("numba")

from autograd.kernels import compiled_cache  # noqa: E402
from autograd.kernels.compiled_cache import CompiledCache, tagged  # noqa: E402


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "tapegrad" / "kernels"


def _add(number, key):
    """(compiled x -> x + number, whether it was found on disk)."""
    dispatcher = numba.njit(tagged(key)(lambda x: x + number))
    dispatcher._cache = CompiledCache("add", key)
    dispatcher.compile("int64(int64)")
    return dispatcher, bool(dispatcher.stats.cache_hits)


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


def test_a_damaged_file_is_replaced(folder):
    _add(1, "one")
    path, = folder.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    again, found = _add(1, "one")
    assert not found and again(1) == 2
    assert _add(1, "one")[1]


def test_nowhere_to_write(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    function, found = _add(1, "one")
    assert not found and function(1) == 2
