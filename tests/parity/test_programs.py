"""Whole programs, written for PyTorch: with their imports changed and nothing else, they give the same losses here."""

from __future__ import annotations

import re
import types
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
#: The changes of imports, in the order in which they are tried on a line.
IMPORTS = (
    (r"^import torch$", "import autograd as torch"),
    (r"^import torch\.nn as nn$", "import nn"),
    (r"^import torch\.optim as optim$", "import optim"),
    (r"^from torch import ((nn|optim)(, (nn|optim))*)$", r"import \1"),
    (r"^(import|from) torch\.(nn|optim)\b", r"\1 \2"),
    (r"^from torch\.utils\.data\b", "from autograd.data"),
    (r"^from torch\.autograd\b", "from autograd"),
)
#: Both sides round in float32 (a relative 6e-8 at each operation), in another order, for fifty steps. What amplifies
#: rounding is left out of the programs: with PyTorch's own other kernels (without oneDNN) instead of ours their curves
#: move as much. A ReLU whose input is within 1e-6 of zero is such an amplifier: one of them flips the sign of one term
#: of a gradient, and a U-Net's loss is another by 1e-3 thirty steps later. Hence SiLU in the two networks with batch
#: normalisation and 10^5 activations, and blocks that start as the identity in ResNet-18.
TOLERANCE = 1e-5
#: Likelihoods and critics' scores are differences of terms of size one, and pass zero.
NEAR_ZERO = 1e-6


def translated(source: str) -> str:
    for pattern, replacement in IMPORTS:
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE)
    return source


def losses(source: str, name: str) -> list[float]:
    module = types.ModuleType(name)
    exec(compile(source, name, "exec", dont_inherit=True), vars(module))
    return module.main()  # type: ignore[no-any-return]


def test_only_imports_change() -> None:
    for path in PROGRAMS:
        before, after = path.read_text().splitlines(), translated(path.read_text()).splitlines()
        for x, y in zip(before, after, strict=True):
            assert x == y or x.startswith(("import torch", "from torch"))
        assert not re.search(r"\btorch\b", "\n".join(y for y in after if y.startswith("from"))), path.name


@pytest.mark.parametrize("path", PROGRAMS, ids=[p.stem for p in PROGRAMS])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_losses_agree(path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        expected = losses(path.read_text(), f"{path.stem}_torch")
    finally:
        torch.set_num_threads(threads)
    found: Any = losses(translated(path.read_text()), path.stem)
    assert len(found) == len(expected) >= 50
    assert expected[0] != expected[-1]
    assert found == pytest.approx(expected, rel=TOLERANCE, abs=NEAR_ZERO)
