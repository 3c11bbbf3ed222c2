"""Processes of a DataLoader's workers, as the tests see them, and programs in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the process table of Linux")


def children(pid=None):
    """Processes whose parent is ``pid``, by id, without multiprocessing's own resource tracker."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_text().replace("\0", " ")
        except OSError:  # it ended meanwhile
            continue
        if parent == (pid or os.getpid()) and "resource_tracker" not in command:
            found[int(entry.name)] = command
    return found


def asleep(pid, readings=20):
    """Whether the main thread of a process is blocked, and not only for the moment another thread holds the GIL."""
    for _ in range(readings):
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
            return False
        time.sleep(0.01)
    return True


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def exists(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(autouse=True)
def nothing_left_behind():
    yield
    if Path("/proc/self/stat").exists():
        assert wait_until(lambda: not children(), 5), children()


def values(loader):
    return [batch.tolist() for batch in loader]


def script(code, tmp_path=None, **options):
    path = (tmp_path or Path(os.environ.get("TMPDIR", "/tmp"))) / f"script_{os.getpid()}_{time.monotonic_ns()}.py"
    path.write_text(textwrap.dedent(code))
    try:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        return subprocess.run([sys.executable, path], env=environment, capture_output=True, text=True, timeout=120,
                              check=False, **options)
    finally:
        path.unlink()
