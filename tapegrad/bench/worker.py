"""The process of a peer with another interface: JAX, HIPS autograd or tinygrad. Run by path, with the peer's folder.

It imports nothing of Tapegrad, because HIPS autograd has the engine's import name.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

Step = Callable[[], Any]


def main() -> None:
    """Answer messages (what, ...) from standard input until it ends."""
    key, folder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if folder:
        sys.path.insert(0, folder)
    _limit(threads)
    clock = time.process_time if threads == 1 else time.perf_counter  # as measure.clock_for says
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is not an answer
    kinds = TinyKinds() if key == "tinygrad" else Kinds(_jax() if key == "jax" else _hips())
    step: Step = lambda: None  # noqa: E731
    while True:
        try:
            what, *rest = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        answer: Any = None
        if what == "make":
            kind, state = rest
            step = getattr(kinds, kind)(**state)
        elif what == "values":
            answer = [kinds.array(step()) for _ in range(3)]
        else:
            start = clock()
            for _ in range(rest[0]):
                out = step()
            kinds.array(out)
            answer = (clock() - start) / rest[0]
        pickle.dump(answer, answers)
        answers.flush()


def _limit(threads: int) -> None:
    """XLA takes as many threads as it sees cores."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    if threads == 1:
        os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"


class Peer:
    """What the programs below need of a library."""

    def __init__(self, np: Any, value_and_grad: Callable[..., Any], jit: Callable[..., Any],
                 array: Callable[[Any], Any], lax: Any = None) -> None:
        self.np, self.value_and_grad, self.jit, self.array, self.lax = np, value_and_grad, jit, array, lax


def _jax() -> Peer:
    import jax
    import numpy
    return Peer(jax.numpy, jax.value_and_grad, jax.jit, numpy.asarray, jax.lax)


def _hips() -> Peer:
    import autograd.numpy
    import numpy

    import autograd  # HIPS autograd, from its folder
    if not hasattr(autograd, "value_and_grad"):
        raise ImportError(f"{autograd.__file__} is not HIPS autograd")
    return Peer(autograd.numpy, autograd.value_and_grad, lambda f: f, numpy.asarray)


class Kinds:
    """The programs, each made from its state: a function that takes one step and returns its loss."""

    def __init__(self, peer: Peer) -> None:
        self.peer, self.array = peer, peer.array

    def mlp(self, parameters: Sequence[Any], x: Any, y: Any, activation: str, loss: str, optimizer: str,
            lr: float) -> Step:
        """Linear layers [out, in] with an activation between them."""
        return self._training(lambda p, x: self._layers(p, x, activation), loss, parameters, x, y, optimizer, lr)

    def cnn(self, parameters: Sequence[Any], x: Any, y: Any, loss: str, optimizer: str, lr: float) -> Step:
        """Three 3x3 convolutions, each with relu, max pooling after the first two, then linear layers."""
        np, lax = self.peer.np, self.peer.lax

        def model(p: Sequence[Any], x: Any) -> Any:
            for at in range(3):
                x = lax.conv(x, p[2 * at], (1, 1), "VALID") + p[2 * at + 1].reshape(1, -1, 1, 1)
                x = np.maximum(x, 0)
                if at < 2:
                    x = lax.reduce_window(x, -np.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
            return self._layers(p[6:], x.reshape(x.shape[0], -1), "relu")
        return self._training(model, loss, parameters, x, y, optimizer, lr)

    def scalar(self, x: float, y: float, rounds: int) -> Step:
        """The chain of scalar operations of sections/scalar.py."""
        np = self.peer.np

        def chain(inputs: Any) -> Any:
            a, b = inputs
            c = a
            for _ in range(rounds):
                c = np.tanh(c * b + a) - a / (b * b + 2.0)
            return c
        run = self.peer.jit(self.peer.value_and_grad(chain))

        def step() -> Any:
            value, (gx, gy) = run((x, y))
            return self.peer.np.stack([self.peer.np.asarray(v) for v in (value, gx, gy)])
        return step

    def _layers(self, parameters: Sequence[Any], x: Any, activation: str) -> Any:
        np = self.peer.np
        for at in range(0, len(parameters), 2):
            x = np.dot(x, parameters[at].T) + parameters[at + 1]
            if at + 2 < len(parameters):
                x = np.tanh(x) if activation == "Tanh" else np.maximum(x, 0)
        return x

    def _loss(self, name: str, out: Any, y: Any) -> Any:
        np = self.peer.np
        if name == "MSELoss":
            return np.mean((out - y) ** 2)
        if name == "BCEWithLogitsLoss":
            return np.mean(np.logaddexp(0.0, out) - out * y)
        largest = np.max(out, axis=1, keepdims=True)
        normalizer = np.log(np.sum(np.exp(out - largest), axis=1)) + largest[:, 0]
        return np.mean(normalizer - out[np.arange(len(y)), y])

    def _training(self, model: Callable[..., Any], loss: str, parameters: Sequence[Any], x: Any, y: Any,
                  optimizer: str, lr: float) -> Step:
        """Steps of SGD or of Adam (Kingma and Ba 2015); state and step are one compiled function where that exists."""
        np = self.peer.np
        gradients = self.peer.value_and_grad(lambda p, x, y: self._loss(loss, model(p, x), y))

        def sgd(state: Any, x: Any, y: Any) -> Any:
            p, = state
            value, g = gradients(p, x, y)
            return value, ([a - lr * b for a, b in zip(p, g)],)

        def adam(state: Any, x: Any, y: Any) -> Any:
            p, m, v, t = state
            value, g = gradients(p, x, y)
            t = t + 1.0
            m = [0.9 * a + 0.1 * b for a, b in zip(m, g)]
            v = [0.999 * a + 0.001 * b * b for a, b in zip(v, g)]
            first, second = 1 - 0.9 ** t, (1 - 0.999 ** t) ** 0.5  # not np.sqrt, whose float64 would make all float64
            p = [a - lr / first * b / (np.sqrt(c) / second + 1e-8) for a, b, c in zip(p, m, v)]
            return value, (p, m, v, t)
        parameters = [np.array(a) for a in parameters]
        x, y = np.array(x), np.array(y)
        zeros = [np.zeros_like(a) for a in parameters]
        state: list[Any] = [(parameters, zeros, zeros, 0.0) if optimizer == "Adam" else (parameters,)]
        update = self.peer.jit(adam if optimizer == "Adam" else sgd)

        def step() -> Any:
            value, state[0] = update(state[0], x, y)
            return value
        return step


class TinyKinds:
    """The same programs for tinygrad, whose interface is its own; each step is one compiled function."""

    def __init__(self) -> None:
        os.environ |= {"TRAINING": "1", "DEV": "CPU"}  # it reads them when it is imported
        import tinygrad
        from tinygrad.nn import optim
        self.tensor, self.jit, self.optim = tinygrad.Tensor, tinygrad.TinyJit, optim

    def array(self, tensor: Any) -> Any:
        return tensor.numpy()

    def mlp(self, parameters: Sequence[Any], x: Any, y: Any, activation: str, loss: str, optimizer: str,
            lr: float) -> Step:
        return self._training(lambda p, x: self._layers(p, x, activation), loss, parameters, x, y, optimizer, lr)

    def cnn(self, parameters: Sequence[Any], x: Any, y: Any, loss: str, optimizer: str, lr: float) -> Step:
        def model(p: Sequence[Any], x: Any) -> Any:
            for at in range(3):
                x = x.conv2d(p[2 * at], p[2 * at + 1]).relu()
                x = x.max_pool2d(2) if at < 2 else x
            return self._layers(p[6:], x.flatten(1), "ReLU")
        return self._training(model, loss, parameters, x, y, optimizer, lr)

    def _layers(self, parameters: Sequence[Any], x: Any, activation: str) -> Any:
        for at in range(0, len(parameters), 2):
            x = x.linear(parameters[at].T, parameters[at + 1])
            if at + 2 < len(parameters):
                x = x.tanh() if activation == "Tanh" else x.relu()
        return x

    def _training(self, model: Callable[..., Any], loss: str, parameters: Sequence[Any], x: Any, y: Any,
                  optimizer: str, lr: float) -> Step:
        parameters = [self.tensor(a) for a in parameters]
        for p in parameters:
            p.requires_grad = True
        make = self.optim.Adam if optimizer == "Adam" else self.optim.SGD
        steps = make(parameters, lr=lr)
        x, y = self.tensor(x).realize(), self.tensor(y).realize()

        def update() -> Any:
            out = model(parameters, x)
            if loss == "MSELoss":
                value = ((out - y) ** 2).mean()
            elif loss == "BCEWithLogitsLoss":
                value = out.binary_crossentropy_logits(y)
            else:
                value = out.sparse_categorical_crossentropy(y)
            steps.zero_grad()
            value.backward()
            return value.realize(*steps.schedule_step())
        step: Step = self.jit(update)
        return step


if __name__ == "__main__":
    main()
