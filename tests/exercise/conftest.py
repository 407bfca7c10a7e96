"""Small exercises, made once; lets the tests of this folder import their helper ``case_reading``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from makara.exercise import Case, simulate

sys.path.insert(0, str(Path(__file__).parent))

from case_reading import on_land, read

if TYPE_CHECKING:
    from case_reading import Read


@pytest.fixture(scope="session")
def sea_case() -> Read:
    return read(simulate(7, hours=6, vessels=110, land=on_land))


@pytest.fixture(scope="session")
def long_case() -> Case:
    return simulate(11, hours=14, vessels=40, land=on_land)


@pytest.fixture(scope="session")
def quiet_case() -> Case:
    return simulate(7, hours=4, vessels=40, quiet=True, land=on_land)
