"""Several threads at once, and processes made by fork."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd.modes import MODE

ROOT = Path(__file__).resolve().parents[2]


def run_script(text: str) -> str:
    """What a fresh interpreter prints that runs ``text``."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def eager_switching():
    """Let threads take turns as often as the interpreter can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


# --- modes ------------------------------------------------------------------------------------------------


def test_no_grad_in_one_thread_leaves_a_thread_beside_it_recording():
    inside, looked = threading.Event(), threading.Event()
    seen = {}

    def without():
        x = autograd.ones(1, requires_grad=True)
        with autograd.no_grad():
            inside.set()
            assert looked.wait(10)
            seen["without"] = (x * 2).requires_grad
        seen["afterwards"] = (x * 2).requires_grad

    thread = threading.Thread(target=without)
    thread.start()
    assert inside.wait(10)
    x = autograd.ones(1, requires_grad=True)
    seen["beside"] = (x * 2).requires_grad
    looked.set()
    thread.join()
    assert seen == {"without": False, "afterwards": True, "beside": True}


def test_a_mode_left_on_by_a_thread_ends_with_it():
    def leave_on() -> None:
        autograd.set_grad_enabled(False)

    thread = threading.Thread(target=leave_on)
    thread.start()
    thread.join()
    x = autograd.ones(1, requires_grad=True)
    assert autograd.is_grad_enabled() and (x * 2).requires_grad
    assert MODE.plain  # or every operation of the process would go the long way from now on


def test_modes_come_and_go_in_many_threads_at_once(eager_switching):
    def switch(_: int) -> bool:
        x, right = autograd.ones(1, requires_grad=True), True
        for _ in range(50):
            with autograd.no_grad():
                right &= not (x * 2).requires_grad
                with autograd.enable_grad():
                    right &= (x * 2).requires_grad
            with autograd.inference_mode():
                right &= (x * 2).is_inference()
            right &= (x * 2).requires_grad
        return right

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(switch, range(16)))


def test_hooks_on_saved_tensors_are_those_of_the_thread():
    packed = []

    def pack(t):
        packed.append(threading.get_ident())
        return t

    with autograd.saved_tensors_hooks(pack, lambda t: t), ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: autograd.ones(2, requires_grad=True).exp()).result()
        autograd.ones(2, requires_grad=True).exp()
    assert packed == [threading.get_ident()]


# --- backward ---------------------------------------------------------------------------------------------


def test_backward_in_a_thread_pool(eager_switching):
    def gradient(seed: int) -> np.ndarray:
        values = np.random.default_rng(seed).standard_normal((20, 30))
        x = autograd.tensor(values, requires_grad=True)
        ((x @ x.T).tanh().sum() + (x.exp() * x).mean()).backward()
        return x.grad.numpy()

    expected = [gradient(seed) for seed in range(20)]
    with ThreadPoolExecutor(8) as pool:
        for found, wanted in zip(pool.map(gradient, range(20)), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_a_graph_made_in_one_thread_runs_backward_in_another():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(y.backward).result()
    assert x.grad.tolist() == [2, 4]


def test_one_graph_runs_backward_in_many_threads_at_once(eager_switching):
    x = autograd.linspace(0, 1, 5000, dtype=autograd.float64, requires_grad=True)
    y = (x.sin() * x.exp()).sum()
    expected, = autograd.grad(y, x, retain_graph=True)

    def gradient(_: int) -> np.ndarray:
        return autograd.grad(y, x, retain_graph=True)[0].numpy()

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(gradient, range(40)):
            np.testing.assert_array_equal(found, expected.numpy())


@pytest.mark.parametrize("size", [4, 100_000])
def test_gradients_of_shared_parameters_all_arrive(size, eager_switching):
    """NumPy lets other threads run while it adds large arrays; what they add then must not be lost."""
    w = autograd.zeros(size, requires_grad=True)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: (w * 2).sum().backward(), range(200)))
    assert w.grad.min().item() == w.grad.max().item() == 400


def test_the_first_gradients_of_a_shared_parameter_all_arrive(eager_switching):
    for _ in range(50):
        w = autograd.zeros(20_000, requires_grad=True)
        together = threading.Barrier(4)

        def add(w=w, together=together):
            loss = (w * 2).sum()
            together.wait(10)
            loss.backward()

        threads = [threading.Thread(target=add) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert w.grad.min().item() == w.grad.max().item() == 8


def test_a_backward_hook_may_wait_for_a_backward_in_another_thread():
    x, y = autograd.ones(1, requires_grad=True), autograd.ones(1, requires_grad=True)

    def elsewhere(_: autograd.Tensor) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit((y * 3).sum().backward).result(10)

    x.register_post_accumulate_grad_hook(elsewhere)
    (x * 2).sum().backward()
    assert x.grad.item() == 2 and y.grad.item() == 3


# --- random numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [
    lambda g: autograd.randn(3, dtype=autograd.float64, generator=g), lambda g: autograd.randn(20, generator=g),
    lambda g: autograd.rand(3, generator=g), lambda g: autograd.poisson(autograd.full((3,), 4.0), g),
], ids=["normal by pairs", "normal by blocks", "uniform", "poisson"])
def test_threads_share_the_numbers_of_one_generator(draw, eager_switching):
    """Each call draws what some call would have drawn in one thread; none is drawn twice, none is lost."""
    generator = autograd.Generator().manual_seed(0)
    expected = sorted(draw(generator).tolist() for _ in range(800))
    generator = autograd.Generator().manual_seed(0)
    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(lambda _: draw(generator).tolist(), range(800)))
    assert found == expected


# --- the first call of an operation -----------------------------------------------------------------------

# The written functions take the place of their stubs on first use. To see what a badly timed switch of threads can do,
# the threads start at slightly different moments and pause at random between the instructions that write.
FIRST_CALLS = """
import random, sys, threading, time
import numpy as np
import autograd

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def softmax(x):
    return np.exp(x) / np.exp(x).sum(1, keepdims=True)

A = np.random.default_rng(0).uniform(0.2, 0.8, (3, 4))
ones = np.ones_like
# arguments, value, derivative of the sum of the values
CASES = {
    "exp": ((), np.exp, np.exp),
    "log": ((), np.log, lambda x: 1 / x),
    "sqrt": ((), np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "sin": ((), np.sin, np.cos),
    "cos": ((), np.cos, lambda x: -np.sin(x)),
    "tan": ((), np.tan, lambda x: 1 / np.cos(x)**2),
    "tanh": ((), np.tanh, lambda x: 1 - np.tanh(x)**2),
    "asin": ((), np.arcsin, lambda x: 1 / np.sqrt(1 - x * x)),
    "atan": ((), np.arctan, lambda x: 1 / (1 + x * x)),
    "expm1": ((), np.expm1, np.exp),
    "log1p": ((), np.log1p, lambda x: 1 / (1 + x)),
    "rsqrt": ((), lambda x: x**-0.5, lambda x: -0.5 * x**-1.5),
    "reciprocal": ((), lambda x: 1 / x, lambda x: -1 / x**2),
    "square": ((), np.square, lambda x: 2 * x),
    "sigmoid": ((), sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "neg": ((), np.negative, lambda x: -ones(x)),
    "abs": ((), np.abs, ones),
    "relu": ((), lambda x: np.maximum(x, 0), ones),
    "pow": ((3,), lambda x: x**3, lambda x: 3 * x**2),
    "clamp": ((0.1, 0.9), lambda x: x, ones),
    "sum": ((1,), lambda x: x.sum(1), ones),
    "mean": ((1,), lambda x: x.mean(1), lambda x: ones(x) / 4),
    "var": ((1,), lambda x: x.var(1, ddof=1), lambda x: 2 / 3 * (x - x.mean(1, keepdims=True))),
    "prod": ((1,), lambda x: x.prod(1), lambda x: x.prod(1, keepdims=True) / x),
    "cumsum": ((1,), lambda x: x.cumsum(1), lambda x: ones(x) * [4, 3, 2, 1]),
    "logsumexp": ((1,), lambda x: np.log(np.exp(x).sum(1)), softmax),
    "softmax": ((1,), softmax, np.zeros_like),
    "flip": (((1,),), lambda x: x[:, ::-1], ones),
    "roll": ((1, 1), lambda x: np.roll(x, 1, 1), ones),
    "tril": ((), np.tril, lambda x: np.tril(ones(x))),
    "unsqueeze": ((1,), lambda x: x[:, None], ones),
    "transpose": ((0, 1), np.transpose, ones),
    "stack": ((), lambda x: np.stack([x, x]), lambda x: 2 * ones(x)),
}
x = autograd.tensor(A, requires_grad=True)
together = threading.Barrier(8)
wrong = []

def pause(frame, event, argument):
    if random.random() < 0.1:
        time.sleep(2e-5)
    return pause

def trace(frame, event, argument):
    if frame.f_code.co_name == "become":
        frame.f_trace_opcodes = True
        return pause

def call(name):
    arguments, value, derivative = CASES[name]
    y = getattr(autograd, name)([x, x] if name == "stack" else x, *arguments)
    g, = autograd.grad(y.sum(), x)
    np.testing.assert_allclose(y.detach().numpy(), value(A), rtol=1e-12)
    np.testing.assert_allclose(g.numpy(), derivative(A), rtol=1e-12, atol=1e-15)

def work(number):
    chance = random.Random(number)
    for name in CASES:
        together.wait()
        time.sleep(chance.random() * 1e-3)
        sys.settrace(trace)
        try:
            call(name)
        except BaseException as error:
            wrong.append(f"{name}: {error!r}")
        sys.settrace(None)

sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
for t in threads: t.start()
for t in threads: t.join()
for name in CASES:
    call(name)
print(len(CASES), wrong)
"""


@pytest.mark.parametrize("round", range(5))
def test_threads_call_an_operation_for_the_first_time_together(round):
    assert run_script(FIRST_CALLS) == "33 []\n"


# --- fork -------------------------------------------------------------------------------------------------

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

# In the child: the gradient of |x @ x|^2 / 2 at the identity, in at most ten seconds; exits with 0 where it is right.
CHILD = """
import os, signal, sys, threading
import numpy as np
import autograd

def child(size):
    signal.alarm(10)
    x = autograd.eye(size, requires_grad=True)
    ((x @ x).square().sum() / 2).backward()
    autograd.randn(5), autograd.linalg.inv(x.detach())
    os._exit(0 if np.array_equal(x.grad.numpy(), 2 * np.eye(size)) else 3)

def fork(size):
    pid = os.fork()
    if pid == 0:
        try:
            child(size)
        finally:
            os._exit(4)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""


@needs_fork
def test_a_forked_process_computes_gradients_after_its_parent_used_numpy():
    assert run_script(CHILD + """
a = np.random.default_rng(0).standard_normal((500, 500))
np.linalg.inv(a @ a.T)  # starts the threads of BLAS
autograd.tensor(a, requires_grad=True).matmul(autograd.tensor(a)).sum().backward()
print(fork(300), [fork(3) for _ in range(3)])
""") == "0 [0, 0, 0]\n"


@needs_fork
def test_a_process_forked_while_another_thread_trains():
    assert run_script(CHILD + """
w = autograd.zeros(1_000_000, requires_grad=True)
stop = False

def train():
    while not stop:
        (w * 2).sum().backward()
        autograd.randn(100_000)

autograd.randn(1)  # loads what draws: a child forked during an import waits for it forever
thread = threading.Thread(target=train)
thread.start()
print([fork(3) for _ in range(20)] == [0] * 20)
stop = True
thread.join()
""") == "True\n"


@needs_fork
def test_a_process_forked_while_another_thread_compiles(tmp_path):
    """Numba's lock is held by a thread that the child has not: it computes with NumPy."""
    pytest.importorskip("numba")
    assert run_script(CHILD + f"""
os.environ["XDG_CACHE_HOME"] = {str(tmp_path)!r}
from autograd.kernels import maps
from autograd.kernels.compiled import late
from numba.core.compiler_lock import global_compiler_lock as lock

def compile():
    with lock:
        begun.set()
        ended.wait()

begun, ended = threading.Event(), threading.Event()
thread = threading.Thread(target=compile)
thread.start()
begun.wait()
late._compiling.acquire()
with late.choose("now"):
    print(fork(300), fork(3))
ended.set()
thread.join()
late._compiling.release()

pid = os.fork()  # nobody compiles any more
if pid == 0:
    signal.alarm(50)
    os._exit(0 if not late._compiling.locked() and maps.cube.compile(np.dtype("float32")) else 3)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
""") == "0 0\n0\n"
