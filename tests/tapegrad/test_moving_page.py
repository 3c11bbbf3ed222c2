"""docs/moving.md: every name of ours in its tables is there, and the tables agree with what ``port`` does."""

from __future__ import annotations

import re

import pytest
from moved import ROOT

from tapegrad.moving.lookup import fetch, locate, module

PAGE = (ROOT / "docs" / "moving.md").read_text()
ROWS = re.findall(r"^\| `([\w.]+)` \| `([\w.]+)` \|", PAGE, re.MULTILINE)


def test_the_page_has_its_tables():
    assert len(ROWS) > 90 and len({theirs for theirs, _ in ROWS}) == len(ROWS)


@pytest.mark.parametrize(("theirs", "ours"), [row for row in ROWS if row[0].startswith("torch")])
def test_rows_for_pytorch_are_the_table(theirs, ours):
    assert locate(theirs) == ours
    fetch(ours)


@pytest.mark.parametrize(("theirs", "ours"), [row for row in ROWS if not row[0].startswith("torch")])
def test_names_for_keras_are_there(theirs, ours):
    place, _, attribute = ours.rpartition(".")
    value = getattr(module(place) or fetch(place), attribute)
    assert callable(value)
