"""A run goes on from what rules carried at a midnight, and gives what one walk from the beginning gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_laws import same

import makara
import makara.session.run
from makara.base.time import EPOCH
from makara.session import exercise


def test_going_on_from_what_was_carried_gives_what_one_walk_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 30 hours, the last ones come when the state of midnight is kept; what lies long before is not walked again."""
    monkeypatch.setenv("MAKARA_SUBSCRIPTIONS__WATCH__BUDGET", "2")
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "43200")
    exercise(5, tmp_path / "case", hours=30, vessels=10)
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
    parts.run(to=first + (last - first) * 0.9)  # type: ignore[operator]
    parts.run()
    assert floors[0] == EPOCH
    assert any(f > EPOCH for f in floors), "no run went on from what was carried"
    same(whole, parts)
