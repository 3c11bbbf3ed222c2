"""Workers of a DataLoader that die, hang or are broken off: what is said, and that no process is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from loader_datasets import (
    Dies,
    Hangs,
    Pids,
)
from worker_processes import asleep, children, exists, linux, nothing_left_behind, script, values, wait_until  # noqa: F401 (a fixture)

from autograd.data import DataLoader


@linux
def test_a_worker_that_is_killed():
    loader = DataLoader(Pids(100), batch_size=1, num_workers=2)
    iterator = iter(loader)
    pid = int(next(iterator))
    os.kill(pid, signal.SIGKILL)
    started = time.monotonic()
    with pytest.raises(RuntimeError, match=rf"DataLoader worker \(pid\(s\) {pid}\) exited unexpectedly.*SIGKILL"):
        for _ in iterator:
            pass
    assert time.monotonic() - started < 5
    assert not children()
    with pytest.raises(StopIteration):
        next(iterator)


@linux
def test_a_worker_that_exits():
    with pytest.raises(RuntimeError, match="exited unexpectedly: worker 1 ended with exit code 7"):
        list(DataLoader(Dies(8), batch_size=1, num_workers=2))
    assert not children()


@linux
def test_a_killed_persistent_worker_is_replaced_at_the_next_pass():
    loader = DataLoader(Pids(4), batch_size=1, num_workers=1, persistent_workers=True)
    pid = values(loader)[0][0]
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="exited unexpectedly"):
        values(loader)
    assert values(loader)[0][0] != pid


@linux
def test_a_worker_that_hangs():
    iterator = iter(DataLoader(Hangs(8), batch_size=1, num_workers=2, timeout=8))
    assert [int(next(iterator)), int(next(iterator))] == [0, 1]
    started = time.monotonic()
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 8 seconds.*pid\(s\) \d+, \d+"):
        next(iterator)
    assert 7.5 < time.monotonic() - started < 14
    assert not children()


@linux
def test_breaking_off_leaves_no_process():
    for batch in DataLoader(Pids(1000), batch_size=1, num_workers=2):
        pid = int(batch)
        break
    assert wait_until(lambda: not exists(pid), 5) and not children()


@linux
def test_an_error_in_the_loop_leaves_no_process():
    with pytest.raises(ZeroDivisionError):
        for batch in DataLoader(Pids(1000), batch_size=1, num_workers=2):
            pid = int(batch)
            raise ZeroDivisionError
    assert wait_until(lambda: not exists(pid), 5)


INTERRUPTED = """
    import os, signal, sys
    from autograd.data import DataLoader
    from loader_datasets import Hangs, Pids
    if __name__ == "__main__":
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start with it ignored
        pid = int(next(iter(DataLoader(Pids(1), num_workers=1))))
        iterator = iter(DataLoader(Hangs(8), batch_size=1, num_workers=2))
        next(iterator), next(iterator)
        try:
            print("ready", flush=True)
            next(iterator)
        except KeyboardInterrupt:
            print("interrupted", iterator.stopped, flush=True)
            sys.exit(130)
"""


def start(code, tmp_path):
    path = tmp_path / "main.py"
    path.write_text(textwrap.dedent(code))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen([sys.executable, path], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, start_new_session=True)
    assert process.stdout.readline() == "ready\n"
    return process


@linux
def test_ctrl_c_ends_the_workers_silently(tmp_path):
    process = start(INTERRUPTED, tmp_path)
    workers = children(process.pid)
    assert len(workers) == 2
    assert wait_until(lambda: asleep(process.pid))  # in next(), past the print that told us
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    output, errors = process.communicate(timeout=20)
    assert (output, errors, process.returncode) == ("interrupted True\n", "", 130)
    assert wait_until(lambda: not any(map(exists, workers)))


@linux
def test_workers_end_when_the_parent_is_killed(tmp_path):
    process = start(INTERRUPTED, tmp_path)
    workers = children(process.pid)
    assert len(workers) == 2
    process.kill()
    process.communicate(timeout=20)
    assert wait_until(lambda: not any(map(exists, workers)))


@linux
def test_leaving_the_program_with_workers_alive(tmp_path):
    done = script("""
        from autograd.data import DataLoader
        from loader_datasets import Pids
        if __name__ == "__main__":
            loader = DataLoader(Pids(1000), batch_size=1, num_workers=2, persistent_workers=True)
            print(*(int(b) for b, _ in zip(loader, range(2))))
    """)
    assert done.returncode == 0 and done.stderr == ""
    assert wait_until(lambda: not any(exists(int(pid)) for pid in done.stdout.split()))


def test_a_script_without_a_main_guard_is_told_so():
    done = script("""
        from autograd.data import DataLoader
        from loader_datasets import Numbers
        list(DataLoader(Numbers(3), num_workers=1))
    """)
    assert done.returncode != 0 and "if __name__ == '__main__':" in done.stderr
    assert "exited unexpectedly: worker 0 ended with exit code 1" in done.stderr
