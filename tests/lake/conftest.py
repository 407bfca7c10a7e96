"""A new lake for each test; lets the tests of this folder import its helper ``lake_rows``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from makara.lake import Lake

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)
