"""Every module of PyTorch's ``nn``, as a ratchet: what passed once must go on passing."""

from __future__ import annotations

from pathlib import Path

import pytest
from parity.ratchet import scores

torch = pytest.importorskip("torch")

def test_no_module_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores("module_conformance.py", "module_score.json", tmp_path, capsys)


def test_every_module_has_samples() -> None:
    from parity.modules import EXCLUSIONS, every_module

    modules = every_module()
    assert set(EXCLUSIONS) <= {m.name for m in modules} and all(EXCLUSIONS.values())
    without = [m.name for m in modules if m.info is None and not m.cases and not m.result.excluded]
    assert not without, f"no samples for {without}"


def test_a_difference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner itself: a layer that computes something else, is called otherwise, or prints otherwise."""
    from parity.modules import Checked, every_module

    import nn

    def failing(attribute: str, value: object) -> set[str]:
        monkeypatch.setattr(nn.Linear, attribute, value)
        module = next(m for m in every_module() if m.name == "nn.Linear")
        result = Checked(module.name, module.info).run()
        monkeypatch.undo()
        assert not result.entirely
        return {c for c, o in result.outcomes.items() if o.passed != o.tried}

    forward = nn.Linear.forward
    assert failing("forward", lambda self, input: forward(self, input) + 1e-6) == {"train", "eval"}
    assert failing("forward", lambda self, input: forward(self, input * 1.001)) >= {"train", "inputs", "parameters", "second", "float32"}
    assert failing("extra_repr", lambda self: "") == {"repr"}
    assert failing("reset_parameters", lambda self: nn.init.ones_(self.weight)) == {"initial"}
