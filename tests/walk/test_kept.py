"""Runs go on from what rules carried at noons and midnights, and give what one walk from the beginning gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_laws import same

import makara
import makara.session.run
from makara.base.time import EPOCH
from makara.session import exercise

pytestmark = pytest.mark.usefixtures("few_alerts")


@pytest.fixture
def few_alerts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of six hours; so few alerts a watch that some are listed."""
    monkeypatch.setenv("MAKARA_SUBSCRIPTIONS__WATCH__BUDGET", "2")
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "21600")


def test_going_on_from_what_was_carried_gives_what_one_walk_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercise(5, tmp_path / "case", hours=36, vessels=24)
    whole = makara.open(tmp_path / "whole")
    whole.ingest("case", tmp_path / "case")
    whole.run()

    floors: list[Any] = []

    def loaded(*given: Any) -> Any:
        picture = load(*given)
        floors.append(picture.floor)
        return picture

    load = makara.session.run.load_picture
    monkeypatch.setattr(makara.session.run, "load_picture", loaded)
    parts = makara.open(tmp_path / "parts")
    parts.ingest("case", tmp_path / "case")
    known = parts.reports()["t_known"]
    first, last = known.min(), known.max()
    for share in (0.6, 0.8, 0.9):
        parts.run(to=first + (last - first) * share)  # type: ignore[operator]
    parts.run()
    assert floors[0] == EPOCH
    assert len({f for f in floors if f > EPOCH}) > 1, "no run went on from what was carried"
    same(whole, parts)
