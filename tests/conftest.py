"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("makara", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("makara")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Real data: MAKARA_DATA, else ../shared/data beside the repository. Skips when absent, fails under CI."""
    path = Path(os.environ.get("MAKARA_DATA", ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        message = f"no real data at {path}; set MAKARA_DATA"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def sea_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated sea of six hours as a case directory (the demo's, smaller)."""
    from makara.session import exercise

    where = tmp_path_factory.mktemp("sea") / "case"
    exercise(3, where, hours=6, vessels=60)
    return where
