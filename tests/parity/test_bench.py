"""Every row of the benchmarks runs, and all peers that are here agree on its numbers, at tiny sizes."""

from __future__ import annotations

import os

import pytest

from autograd.kernels.compiled.late import choose
from tapegrad.bench.case import Case
from tapegrad.bench.measure import TRIAL
from tapegrad.bench.peers import find
from tapegrad.bench.sections import SECTIONS, fresh, training

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def peers():
    return find()


@pytest.mark.parametrize("jit", ["0", "now"])
@pytest.mark.parametrize("section", [s for s in SECTIONS if isinstance(s.rows(True)[0], Case)], ids=lambda s: s.name)
def test_sides_agree(section, jit, peers):
    if section.name == "threads":
        pytest.importorskip("threadpoolctl")
    for row in section.rows(True):
        with choose(jit), row.sides(peers) as sides:
            assert "PyTorch" in sides
            assert row.problem(sides) is None, row.name
            assert all(side.time(1) > 0 for side in sides.values())


def test_threads_are_put_back(peers):
    pytest.importorskip("threadpoolctl")
    before = torch.get_num_threads()
    row = training.mlp((3, 4, 2), 5, "Tanh", "CrossEntropyLoss").case(threads=2)
    assert row.measure(peers, TRIAL).problem is None and torch.get_num_threads() == before


def test_fresh_processes_are_timed(peers):
    row = next(row for row in fresh.starts() if row.name.startswith("first gradient"))
    found = row.measure(peers, TRIAL)
    assert found.problem is None and {"ours", "PyTorch"} <= set(found.sides)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the kernel's account of a process is Linux's")
def test_memory_of_training(peers):
    whole, above, more = (next(r for r in fresh.memory(True) if (r.network, r.kind) == ("mlp", kind)) for kind in fresh.KINDS)
    a, b, c = (row.measure(peers, TRIAL) for row in (whole, above, more))
    for side in ("ours", "PyTorch"):
        assert 1 << 20 < b.sides[side].median < a.sides[side].median < 4 << 30
        assert 1 <= c.sides[side].median < b.sides[side].median
