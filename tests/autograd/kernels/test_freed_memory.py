"""Memory of freed arrays stays with the process."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

#: Page faults of ten steps that each free more than what glibc would keep by itself.
STEPS = """
import resource
import numpy as np
import autograd

def step():
    arrays = [np.ones(2_000_000, np.float32) for _ in range(8)]

for _ in range(5):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(**variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_"))}
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, timeout=60,
                          env=environment | {"PYTHONPATH": str(ROOT)} | variables)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries decide for themselves")
def test_steady_state_training_does_not_fault():
    assert faults() < 20


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries decide for themselves")
@pytest.mark.parametrize("variables", [{"MALLOC_TRIM_THRESHOLD_": "131072"},
                                       {"GLIBC_TUNABLES": "glibc.malloc.trim_threshold=131072"}])
def test_the_environment_has_the_last_word(variables):
    assert faults(**variables) > 20
