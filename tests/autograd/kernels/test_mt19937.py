"""The compiled stream of random numbers is the stream that NumPy's bit generator gives."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.kernels import mt19937
from autograd.kernels.compiled.late import choose

pytest.importorskip("numba")


def draws(choice):
    """Many numbers and few, in turn, so that each begins elsewhere in the state; and the state they leave."""
    engine = mt19937.Engine(5)
    found = []
    with choose(choice):
        for n in (mt19937._MANY, 3, mt19937._MANY + 1, 311, 20000):
            found += [engine.doubles(n), engine.singles(n % 7)]
    return found, engine.get_state()


def test_the_same_stream():
    (compiled, state), (twin, state_of_twin) = draws("now"), draws("0")
    for a, b in zip(compiled, twin, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    assert state == state_of_twin


def test_it_is_the_compiled_one(monkeypatch):
    calls = []
    on = mt19937._doubles.on
    monkeypatch.setattr(mt19937._doubles, "on", lambda *args: (calls.append(on(*args)), calls[-1])[1])
    draws("now")
    assert len(calls) == 3 and all(found is not None for found in calls)
