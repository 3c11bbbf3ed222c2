"""Training gives the same bits in each process, and with one thread or two."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: With products of odd sizes that BLAS, left to itself, would divide among its threads and round differently.
PROGRAM = """
import hashlib
import autograd, nn, optim
from nn import functional as F

class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 32)
        layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 50)

    def forward(self, x):
        return self.head(self.encoder(self.embed(x))).flatten(0, 1)

def train(model, batch, optimizer):
    for _ in range(10):
        x, y = batch()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    bits = b"".join(t.detach().numpy().tobytes() for t in [*model.state_dict().values(), loss])
    print(hashlib.sha256(bits).hexdigest())

autograd.manual_seed(0)
cnn = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3),
                    nn.GELU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64, 10))
train(cnn, lambda: (autograd.randn(8, 3, 17, 17), autograd.randint(10, (8,))), optim.AdamW(cnn.parameters(), lr=1e-2))
wide = nn.Sequential(nn.Linear(301, 1203), nn.ReLU(), nn.Linear(1203, 77), nn.Tanh(), nn.Linear(77, 1))
batch = lambda: (autograd.randn(519, 301), autograd.randint(1, (519,)))
train(wide, batch, optim.SGD(wide.parameters(), lr=0.1, momentum=0.9))
model = Transformer()
train(model, lambda: (autograd.randint(50, (8, 12)), autograd.randint(50, (8, 12))),
      optim.SGD(model.parameters(), lr=0.1, momentum=0.9))

a = autograd.randn(150, 150, dtype=autograd.float64, requires_grad=True)
symmetric = a @ a.mT
y = autograd.linalg.inv(a).sum() + autograd.linalg.svdvals(a).sum() + autograd.linalg.eigvalsh(symmetric).sum()
y = y + autograd.linalg.cholesky(symmetric + 150 * autograd.eye(150)).sum() + (a @ a[0]).sum() + autograd.cdist(a, a).sum()
y.backward()
points = autograd.randn(300, 100, requires_grad=True)
fit = optim.LBFGS([points], max_iter=5)
fit.step(lambda: (fit.zero_grad(), loss := points.square().cos().sum(), loss.backward())[1])
print(hashlib.sha256(b"".join(t.detach().numpy().tobytes() for t in (y, a.grad, points))).hexdigest())

# Everything but products, on arrays that are large enough to be worth dividing among threads.
x = autograd.randn(300, 5000, requires_grad=True)
y = F.layer_norm(F.gelu(x).cumsum(1), (5000,)).softmax(0) + F.dropout(x, 0.3)
z = y.sum() + y.logsumexp(1).mean() + y.var() + y.norm() + y.sort(1).values[:, 7].prod()
z.backward()
print(hashlib.sha256(z.detach().numpy().tobytes() + x.grad.numpy().tobytes()).hexdigest())
"""


@functools.cache
def digests(threads: int, run: int, jit: str = "1") -> str:
    variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
                 "VECLIB_MAXIMUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(variables, str(threads)), "PYTHONPATH": str(ROOT),
                   "PYTHONHASHSEED": str(run), "AUTOGRAD_JIT": jit}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 5
    return done.stdout


def test_two_processes_compute_the_same_bits() -> None:
    assert digests(1, 1) == digests(1, 2)


@pytest.mark.parametrize("jit", ["0", "1", "now"])
def test_the_number_of_threads_does_not_change_the_bits(jit: str) -> None:
    one = digests(1, 1, jit)
    for threads in (2, 3):
        assert digests(threads, 1, jit) == one
