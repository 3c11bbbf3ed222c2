"""PyTorch's own database of optimizers: the same options give the same steps, state and errors."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch")

from parity.optimizers import CATEGORIES, SCORE, run_all, table
from torch.testing._internal.common_optimizers import optim_db


def test_all_of_the_database_passes(capsys: pytest.CaptureFixture[str]) -> None:
    results = run_all()
    with capsys.disabled():
        print("\n" + table(results))
    failures = [f"{name} {category}: {failure}" for name, outcomes in results.items()
                for category, outcome in outcomes.items() for failure in outcome.failures]
    assert not failures, "\n".join(failures)
    assert set(results) == {info.optim_cls.__name__ for info in optim_db}
    for name, kept in json.loads(SCORE.read_text()).items():
        for category in CATEGORIES:
            assert results[name][category].passed >= kept[category], f"{name}: fewer cases of {category} than before"
