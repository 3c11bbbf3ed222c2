"""Memory of training: the same at each step, freed as backward goes, and less under checkpointing."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import autograd
import nn
import optim


@pytest.fixture
def peak_of() -> Iterator[Callable[[Callable[[], object]], int]]:
    """Measures by how many bytes a call at its peak exceeds what was there before it."""
    gc.collect()
    gc.disable()  # reference counts alone must free what is not needed
    tracemalloc.start()

    def measure(call: Callable[[], object]) -> int:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        call()
        return tracemalloc.get_traced_memory()[1] - before

    yield measure
    tracemalloc.stop()
    gc.enable()


def array_bytes() -> int:
    """The memory of all arrays. Python's own objects are left out: it keeps some freed ones for later use."""
    arrays = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([arrays]).traces)


def small_convnet() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Dropout(0.25), nn.Linear(16 * 8 * 8, 10))


@pytest.mark.parametrize("make", [
    lambda p: optim.SGD(p, lr=0.01, momentum=0.9), lambda p: optim.Adam(p, lr=0.001)], ids=["SGD", "Adam"])
def test_the_peak_of_a_training_step_of_a_convnet_is_constant(peak_of, make):
    autograd.manual_seed(0)
    model = small_convnet()
    optimizer = make(model.parameters())
    x, target = autograd.randn(16, 3, 16, 16), autograd.randint(10, (16,))

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), target).backward()
        optimizer.step()

    for _ in range(2):  # what is made once: written functions, the optimizer's state
        step()
    held = array_bytes()
    peaks = [peak_of(step) for _ in range(20)]
    assert max(peaks) < 1.01 * min(peaks), peaks
    assert array_bytes() == held
    assert min(peaks) > x.nbytes  # the measurement sees arrays


def chain(x: autograd.Tensor, length: int) -> autograd.Tensor:
    for _ in range(length):
        x = x.sin()  # keeps its input
    return x


ROW = np.zeros(50_000, np.float32)


def test_backward_frees_what_it_has_used(peak_of):
    x = autograd.tensor(ROW, requires_grad=True)
    y = chain(x, 20).sum()
    held = tracemalloc.get_traced_memory()[0]
    # Gradients take turns in two arrays' worth of memory, while the 20 kept ones go.
    assert peak_of(y.backward) < 4 * ROW.nbytes
    assert held - tracemalloc.get_traced_memory()[0] > 17 * ROW.nbytes


def test_a_graph_that_is_retained_keeps_what_it_saved():
    tracemalloc.start()
    x = autograd.tensor(ROW, requires_grad=True)
    y = chain(x, 20).sum()
    held = tracemalloc.get_traced_memory()[0]
    y.backward(retain_graph=True)
    kept = tracemalloc.get_traced_memory()[0] - held
    tracemalloc.stop()
    assert ROW.nbytes <= kept < 1.1 * ROW.nbytes  # the gradient of x and nothing else


def test_without_recording_nothing_is_kept(peak_of):
    x = autograd.tensor(ROW, requires_grad=True)

    def forward() -> None:
        with autograd.no_grad():
            chain(x, 20)

    assert peak_of(forward) < 3 * ROW.nbytes
    assert peak_of(lambda: chain(x, 20)) > 19 * ROW.nbytes


def test_checkpointing_lowers_the_peak(peak_of):
    """16 steps in 4 segments: the 4 inputs of segments and the 4 values of one segment, instead of 16."""
    gradients = []

    def run(segments: int) -> None:
        x = autograd.tensor(ROW + 1, requires_grad=True)
        y = x
        for _ in range(segments):
            y = autograd.checkpoint(lambda t: chain(t, 16 // segments), y) if segments > 1 else chain(y, 16)
        y.sum().backward()
        gradients.append(x.grad[0].item())

    plain, checkpointed = peak_of(lambda: run(1)), peak_of(lambda: run(4))
    assert plain > 16 * ROW.nbytes
    assert checkpointed < 12 * ROW.nbytes
    assert gradients[0] == gradients[1]


def test_checkpointing_a_convnet_lowers_the_peak(peak_of):
    """Of a block's four values only the last, the next one's input, is kept.

    With what a convolution gathers for itself (nine times its input) that makes 12 * 4 + 9 arrays in one case, and
    12 + 3 + 9 in the other.
    """
    autograd.manual_seed(0)
    blocks = [nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Tanh(), nn.BatchNorm2d(4), nn.Tanh(),
                            nn.BatchNorm2d(4), nn.Tanh()) for _ in range(12)]
    x = autograd.randn(4, 4, 32, 32)
    found: list[np.ndarray] = []

    def run(checkpointed: bool) -> None:
        y = x
        for block in blocks:
            block.zero_grad()
            y = autograd.checkpoint(block, y) if checkpointed else block(y)
        y.square().mean().backward()
        found.append(blocks[0][0].weight.grad.numpy().copy())

    run(False), run(True)
    plain, checkpointed = peak_of(lambda: run(False)), peak_of(lambda: run(True))
    assert plain > 12 * 4 * x.nbytes
    assert checkpointed < 0.6 * plain
    for gradient in found[1:]:
        np.testing.assert_array_equal(gradient, found[0])
