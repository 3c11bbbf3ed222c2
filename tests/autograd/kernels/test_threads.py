"""The pool that kernels share work in, and BLAS held to one thread."""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd.kernels.compiled import late
from autograd.kernels.machine import blas, threads

ROOT = Path(__file__).resolve().parents[3]

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def fork():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer versions of Python warn where there are threads
        return os.fork()


@pytest.fixture(params=[1, 2, 3, 5])
def count(request):
    before = threads.count()
    threads.set_count(request.param)
    yield request.param
    threads.set_count(before)


@pytest.fixture
def four():
    before = threads.count()
    threads.set_count(4)
    yield
    threads.set_count(before)


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 64, 65, 1000])
@pytest.mark.parametrize("multiple", [1, 8, 48])
def test_ranges_make_up_the_whole(count, rows, multiple):
    found = []
    threads.share(lambda i, j: found.append((i, j)), rows, 1.0, multiple)
    found.sort()
    assert [i for i, _ in found] == [0, *[j for _, j in found[:-1]]] and found[-1][1] == rows
    assert all(i % multiple == 0 for i, _ in found)
    assert len(found) == 1 or all(j - i >= multiple for i, j in found)
    assert count > 1 or len(found) == 1


def test_long_work_is_cut_into_large_ranges_first(four):
    found = []
    threads.share(lambda i, j: found.append((i, j)), 10_000, 1.0)
    sizes = [j - i for i, j in sorted(found)]
    assert len(sizes) > 8 and sizes[0] > 3 * sizes[-1] and sizes == sorted(sizes, reverse=True)


def test_what_prepares_for_itself_is_cut_once_for_each_thread(count):
    found = []
    threads.share(lambda i, j: found.append(j - i), 1000, 1.0, alone=True)
    assert sorted(found) == sorted(1000 * (i + 1) // count - 1000 * i // count for i in range(count))


def test_little_work_stays_in_its_thread(four):
    found = []
    threads.share(lambda i, j: found.append((i, j, threading.get_ident())), 1000, 1.9 * threads.LEAST)
    assert found == [(0, 1000, threading.get_ident())]


def test_ranges_run_at_once(four):
    meeting = threading.Barrier(4, timeout=30)  # broken, and an error, if fewer than four threads come
    threads.share(lambda i, j: meeting.wait(), 4, 1.0)


def test_a_thread_waits_awake_until_the_number_changes():
    pytest.importorskip("numba")
    cells, seen = np.zeros(1, np.int64), []
    threads._wait(cells, 1)  # it is another one already
    threads._wait(cells, 0)  # and comes back though it does not change

    def look():
        while cells[0] == 0:
            threads._wait(cells, 0)
        seen.append(int(cells[0]))
    thread = threading.Thread(target=look)
    thread.start()
    cells[0] = 7
    thread.join(30)
    assert seen == [7]


def test_without_the_compiled_wait_threads_sleep_and_work(four, monkeypatch):
    monkeypatch.setattr(threads, "_waiting", {None: None})
    meeting = threading.Barrier(4, timeout=30)
    for _ in range(5):
        threads.share(lambda i, j: meeting.wait(), 4, 1.0)


def test_an_error_is_raised_where_the_work_was_asked_for(four):
    def run(i, j):
        if i:
            raise ArithmeticError(i)
    with pytest.raises(ArithmeticError):
        threads.share(run, 100, 1.0)
    found = []
    threads.share(lambda i, j: found.append(j - i), 100, 1.0)
    assert sum(found) == 100


def test_shared_work_sees_the_state_of_its_thread(four):
    def run(i, j):
        meeting.wait()
        np.zeros(2) / np.zeros(2)
    meeting = threading.Barrier(4, timeout=30)
    with np.errstate(invalid="ignore"):
        threads.share(run, 4, 1.0)
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
        threads.share(run, 4, 1.0)


def test_shared_work_shares_work(four):
    total = np.zeros(1000)

    def outer(i, j):
        threads.share(lambda k, m: total[i * 10 + k:i * 10 + m].__iadd__(1), (j - i) * 10, 1.0)
    threads.share(outer, 100, 1.0)
    assert (total == 1).all()


def test_many_threads_share_work_at_once(four):
    def task(seed):
        out = np.zeros(500)
        threads.share(lambda i, j: out[i:j].__iadd__(seed), 500, 1.0)
        return (out == seed).all()
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(task, range(200)))


def test_arrays_are_let_go_when_the_work_is_done(four):
    class Array(np.ndarray):
        gone = 0

        def __del__(self):
            Array.gone += 1

    def work():
        a = np.zeros(10).view(Array)
        threads.share(lambda i, j: a.size, 10, 1.0)
    for _ in range(20):
        work()
    deadline = time.monotonic() + 10  # threads that woke too late have to notice
    while Array.gone < 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert Array.gone == 20


def test_as_many_threads_as_asked_for(count):
    def run(i, j):
        seen.add(threading.get_ident())
        time.sleep(1e-3)
    seen = set()
    for _ in range(3):
        threads.share(run, 4 * count, 1.0)
    assert 1 <= len(seen) <= count
    assert sum(t.name.startswith("autograd-") for t in threading.enumerate()) >= count - 1


@pytest.mark.parametrize("given", [0, 2])
def test_where_the_system_gives_no_threads_fewer_do_the_work(given, monkeypatch):
    start, started = threading.Thread.start, []

    def limited(thread):
        if len(started) == given:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)
    before = threads.count()
    monkeypatch.setattr(threading.Thread, "start", limited)
    monkeypatch.setattr(threads, "_pool", None)
    threads.set_count(9)
    found = []
    for _ in range(2):
        threads.share(lambda i, j: found.append(j - i), 1000, 1.0)
    threads.set_count(before)
    threads._pool.close()
    assert sum(found) == 2000 and len(started) == given


def test_threads_above_the_count_end():
    before = threads.count()
    for n in (6, 2):
        threads.set_count(n)
        threads.share(lambda i, j: None, 100, 1.0)
    deadline = time.monotonic() + 10
    while (alive := sum(t.name.startswith("autograd-") for t in threading.enumerate())) > 1 and (
            time.monotonic() < deadline):
        time.sleep(0.01)
    threads.set_count(before)
    assert alive == 1


@pytest.mark.parametrize("asked, count", [("3", "3"), ("2,4", "2"), ("0", ""), ("x", ""), ("", "")])
def test_how_many_there_are_at_first(asked, count):
    environment = {**os.environ, "OMP_NUM_THREADS": asked, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", "import autograd; print(autograd.get_num_threads())"],
                          capture_output=True, text=True, env=environment)
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert done.stdout.strip() == (count or str(processors)), done.stderr


# --- BLAS -------------------------------------------------------------------------------------------------


def controls():
    with blas.one_thread:
        found = blas.one_thread.found
    if found is None:
        pytest.skip("this NumPy's BLAS is none whose threads can be set")
    return found


@pytest.fixture
def two_of_blas():
    put, get = controls()
    before = get()
    put(2)
    if get() != 2:
        pytest.skip("this BLAS was built for one thread")
    yield get
    put(before)


def test_blas_has_one_thread_inside_and_its_own_outside(two_of_blas):
    with blas.one_thread:
        assert two_of_blas() == 1
        with blas.one_thread:
            assert two_of_blas() == 1
        assert two_of_blas() == 1
    assert two_of_blas() == 2


def test_blas_gets_its_threads_back_after_an_error(two_of_blas):
    @blas.in_one_thread
    def fails():
        assert two_of_blas() == 1
        raise KeyError
    with pytest.raises(KeyError):
        fails()
    assert two_of_blas() == 2


def test_many_threads_hold_blas(two_of_blas):
    def task(_):
        with blas.one_thread:
            time.sleep(1e-4)
            return two_of_blas()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(task, range(200))) == {1}
    assert two_of_blas() == 2


@pytest.mark.parametrize("call", [
    lambda x: x @ x, lambda x: x @ x[0], lambda x: (x[:1] @ x), lambda x: x.unsqueeze(0) @ x.unsqueeze(0),
    autograd.linalg.inv, autograd.linalg.svdvals, autograd.linalg.eigvalsh, lambda x: autograd.linalg.lu_factor(x)[0],
    autograd.linalg.det, lambda x: autograd.cdist(x, x),
], ids=["matrices", "matrix-vector", "vector-matrix", "batch", "inv", "svd", "eigh", "lu", "det", "cdist"])
def test_operations_hold_blas(two_of_blas, monkeypatch, call):
    """In the forward and in the backward."""
    entered = []
    enter = blas._Hold.__enter__
    monkeypatch.setattr(blas._Hold, "__enter__", lambda self: (entered.append(self), enter(self))[1])
    x = autograd.randn(300, 300, dtype=autograd.float64, requires_grad=True)
    with late.choose("0"):
        y = call(x)
        forward = len(entered)
        assert forward
        y.sum().backward()
        assert len(entered) > forward


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers of microseconds")
def test_ctrl_c_at_any_moment_leaves_blas_its_threads(two_of_blas):
    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    times = np.random.default_rng(0).uniform(1e-6, 3e-5, 1000)
    interrupted = 0
    try:
        for seconds in times:
            try:
                signal.setitimer(signal.ITIMER_REAL, seconds)
                while True:
                    with blas.one_thread:
                        pass
            except KeyboardInterrupt:
                interrupted += 1
            assert two_of_blas() == 2 and not blas.one_thread.inside
    finally:
        signal.signal(signal.SIGALRM, before)
    assert interrupted == len(times)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system sends threads no signals")
def test_ctrl_c_waits_for_those_who_still_write(four):
    main, started, ended = threading.get_ident(), threading.Event(), []

    def run(start, stop):
        if threading.get_ident() == main:
            assert started.wait(20)
            return
        started.set()
        time.sleep(0.05)  # the other is waiting by now
        signal.pthread_kill(main, signal.SIGINT)
        time.sleep(0.2)
        ended.append((start, stop))

    with pytest.raises(KeyboardInterrupt):
        threads.share(run, 2, 1.0)
    assert ended == [(0, 1)] or ended == [(1, 2)]


@needs_fork
def test_a_child_forked_while_blas_is_held_gets_its_threads(two_of_blas):
    with blas.one_thread:
        pid = fork()
        if pid == 0:
            os._exit(0 if two_of_blas() == 2 and not blas.one_thread.inside else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@needs_fork
def test_a_forked_child_makes_threads_of_its_own(four):
    threads.share(lambda i, j: None, 100, 1.0)
    pid = fork()
    if pid == 0:
        meeting = threading.Barrier(4, timeout=20)
        try:
            threads.share(lambda i, j: meeting.wait(), 4, 1.0)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
