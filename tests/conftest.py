"""Fixtures that several rooms share."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("makara", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("makara")

ROOT = Path(__file__).resolve().parents[1]

sys.path.insert(0, str(Path(__file__).parent))  # for what several rooms import


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
def shared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Gives a directory by its name to all test processes: the first that asks makes it, whoever asks then waits."""
    base = tmp_path_factory.getbasetemp()
    top = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def give(name: str, make: Callable[[Path], object]) -> Path:
        where, part = top / f"shared-{name}", top / f"shared-{name}-half-made"
        with (top / f"shared-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not where.exists():
                part.mkdir()
                make(part)
                part.rename(where)
        return where

    return give


@pytest.fixture(scope="session")
def sea_case(shared: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A simulated sea of six hours as a case directory (the demo's, smaller); to be read only."""
    from makara.session import exercise

    return shared("sea", lambda here: exercise(3, here / "case", hours=6, vessels=60)) / "case"
