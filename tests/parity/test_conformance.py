"""PyTorch's operator database as a ratchet: what passed once must go on passing."""

from __future__ import annotations

from pathlib import Path

import pytest
from parity.ratchet import scores

pytest.importorskip("torch")

def test_no_operator_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = scores("conformance.py", "score.json", tmp_path, capsys)
    assert found["scores"]["entirely"] >= 0.9 * found["scores"]["operators"]


def test_exclusions_all_have_an_entry_and_a_reason() -> None:
    import re

    from parity.exclusions import EXCLUSIONS, reason
    from torch.testing._internal.common_methods_invocations import op_db
    names = {info.name for info in op_db} | {f"{info.name}[{info.variant_test_name}]" for info in op_db}
    for pattern, why in EXCLUSIONS:
        assert why
        assert any(re.fullmatch(pattern, name) for name in names), f"{pattern} leaves nothing out"
    assert reason("add") is None
