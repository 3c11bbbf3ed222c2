"""New arrays begin with a line of the cache, and otherwise nothing about memory changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("llvmlite")

ROOT = Path(__file__).resolve().parents[3]

START = """
import numpy as np
from numpy._core.multiarray import get_handler_name
from autograd.kernels.machine import aligned
before = np.arange(100_000)
small_before = np.arange(3)
aligned.align_new()
"""


def run(program: str, start: str = START) -> str:
    done = subprocess.run([sys.executable, "-c", start + program], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout


def test_addresses_and_contents():
    run("""
for n in [0, 1, 7, 100, 1023, 1024, 1025, 4095, 4096, 5000, 100_000, 1 << 23]:
    empty, zeros, ones = np.empty(n), np.zeros(n), np.ones(n)
    assert get_handler_name(empty).startswith("tapegrad")
    for a in (empty, zeros, ones):
        assert a.ctypes.data % (64 if a.nbytes >= aligned.LEAST else 16) == 0, (n, a.ctypes.data)
    assert not zeros.any() and ones.sum() == n
    empty[:] = 3
    assert (zeros == 0).all() and (ones == 1).all()
""")


def test_every_block_keeps_to_itself():
    run("""
rng = np.random.default_rng(0)
kept = {}
for step in range(20_000):
    i = int(rng.integers(100))
    if i in kept:
        assert (kept[i] == i).all()
    n = int(10 ** rng.uniform(0, 4.5))
    kept[i] = np.full(n, i) if step % 2 else np.zeros(n, int) + i
before[:] = 5
assert small_before.tolist() == [0, 1, 2]
""")


def test_resized_arrays_keep_what_they_held():
    run("""
for first in (0, 1, 10, 1000, 2000, 50_000):
    for second in (1, 10, 1000, 2000, 50_000, 3):
        a = np.arange(first)
        a.resize(second, refcheck=False)
        assert a[:first].tolist() == list(range(min(first, second))), (first, second)
        assert not a[first:].any()
for a in (before, small_before):  # what others gave stays theirs
    n = a.size
    a.resize(200_000, refcheck=False)
    assert a[:n].tolist() == list(range(n)) and not a[n:].any()
assert np.fromiter(range(70_000), float).sum() == sum(range(70_000))
""")


def test_too_much_is_an_error_as_before():
    run("""
for make in (np.empty, np.zeros):
    try:
        make((1 << 46,))
    except MemoryError:
        pass
    else:
        raise AssertionError
""")


def test_tracemalloc_counts_what_was_asked_for():
    run("""
import tracemalloc
tracemalloc.start()
a = np.empty(1_000_000, np.uint8)
held = tracemalloc.get_traced_memory()[0]
assert 1_000_000 <= held < 1_010_000, held
del a
assert tracemalloc.get_traced_memory()[0] < 10_000
""")


def test_once_is_enough():
    run("""
get, _ = aligned._numpy_functions()
first = get()
aligned.align_new()
assert get() is first
""")


def test_threads_have_their_own_choice_and_free_what_others_made():
    run("""
import threading
made = [np.ones(50_000) for _ in range(50)]
def work():
    assert not get_handler_name(np.empty(10)).startswith("tapegrad")
    while made:
        made.pop()
    aligned.align_new()
    made.extend(np.full(50_000, 2.0) for _ in range(50))
    assert made[0].ctypes.data % 64 == 0
for _ in range(3):
    t = threading.Thread(target=work)
    t.start()
    t.join()
assert all((a == 2).all() for a in made)
""")


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="no fork")
def test_forked_processes():
    run("""
import os
a = np.arange(50_000)
child = os.fork()
if child == 0:
    b = a * 2
    del a
    ok = b[-1] == 99_998 and b.ctypes.data % 64 == 0
    del b
    os._exit(0 if ok else 1)
assert os.waitpid(child, 0)[1] == 0
""")


def test_arrays_that_are_freed_last():
    """When the interpreter ends, modules and objects go in any order."""
    for _ in range(3):
        run("""
import builtins, sys, atexit, numba
class Late:
    def __init__(self): self.a = np.ones(10_000); self.me = self
    def __del__(self): self.a = self.a * 2 if np is not None else None
builtins.kept_to_the_end = [np.ones(n) for n in (1, 1000, 100_000)]
sys.kept = Late()
np.kept = numba.kept = Late()
atexit.register(lambda a=np.ones(30_000): None)
circle = [np.ones(20_000)]; circle.append(circle)
""")


def test_the_handler_outlives_its_module():
    """Arrays may be freed when the memory of what modules held is in use again."""
    run("""
import gc
a = np.empty(10_000)
for name in [name for name in sys.modules if name.startswith("autograd")]:
    del sys.modules[name]
del aligned, name
gc.collect()
others = [b"%011d" % i for i in range(100_000)]
del a
""", start="import sys" + START)


def test_loading_a_kernel_aligns():
    pytest.importorskip("numba")
    run("""
import numpy as np
import autograd
from autograd.kernels.compiled import cache as compiled_cache
from autograd.kernels.compiled.late import choose
from numpy._core.multiarray import get_handler_name
compiled_cache.patience.silence()
x = autograd.ones(50_000)
assert not get_handler_name(x.numpy()).startswith("tapegrad")
with choose("now"):
    y = x.exp()
assert get_handler_name(np.empty(3)).startswith("tapegrad")
assert y.numpy().ctypes.data % 64 == 0
""", start="")
