"""Back-tests: what would have been raised, without writing anything; the same as a run raises, whatever the parts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import makara
from makara.base.errors import NotFoundError, SettingsError, UsageError
from makara.behaviours import names
from makara.cli.main import cli
from makara.replay import CONTENTS
from makara.session import backtest as parts

KEYS = ["event", "kind", "scope", "t_start", *(c for c in CONTENTS if c != "mark")]


def ran(session: makara.Session, kind: str) -> list[dict[str, Any]]:
    """What the run found."""
    events = session.events(kind=kind).filter(pl.col("state") != "withdrawn")
    return events.select(KEYS).sort("event").to_dicts()


def tried(found: Any) -> list[dict[str, Any]]:
    """What a back-test found."""
    rows: pl.DataFrame = found.tried[0].events
    return rows.select(KEYS).sort("event").to_dicts()


@pytest.mark.parametrize("kind", names())
def test_with_what_is_in_force_it_finds_what_the_run_found_whatever_the_parts(
    walked: makara.Session, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    want = ran(walked, kind)
    assert tried(walked.backtest(kind)) == want
    monkeypatch.setattr(parts, "PART_ROWS", 2000)
    monkeypatch.setattr(parts, "CLAIM_ROWS", 50)
    assert tried(walked.backtest(kind)) == want


def test_it_counts_what_would_have_alerted(walked: makara.Session) -> None:
    found = walked.backtest("zone_entry")
    (only,) = found.tried
    alerted = walked.alerts().join(walked.events(kind="zone_entry"), on="event", how="semi")
    assert len(only.alerts) == len(alerted) > 0
    told = found.summary()["setting"]
    json.dumps(found.summary())
    days = (found.until - found.since) / timedelta(days=1)
    assert told["alerts_a_day"] == pytest.approx(len(alerted) / days, abs=1e-3)
    assert sum(d["alerts"] for d in told["by_day"]) == sum(p["alerts"] for p in told["by_place"]) == len(alerted)
    assert all(z["name"] for z in told["by_zone"])
    assert 0 < len(told["examples"]) <= 10
    assert all(len(e["why"]) > 20 and e["innocent"] for e in told["examples"])
    assert sum(c["alerts"] for c in told["by_class"]) == sum(c["alerts"] for c in told["by_flag"]) == len(alerted)


def test_two_settings_stand_side_by_side(walked: makara.Session) -> None:
    found = walked.backtest("gap", {"duration_min_s": 1800}, against={})
    mine, theirs = found.tried
    assert len(mine.events) > len(theirs.events)
    assert (mine.parameters["duration_min_s"], theirs.parameters["duration_min_s"]) == (1800, 21600)
    alone = found.only(0)
    assert len(found.only(1)) == 0 and len(alone) == len(mine.alerts) - len(theirs.alerts)
    same = walked.backtest("zone_entry", against={})
    assert len(same.only(0)) == len(same.only(1)) == 0


def test_a_span_and_a_box_narrow_what_is_counted_and_nothing_else(walked: makara.Session) -> None:
    whole = walked.backtest("zone_entry").tried[0].events
    at: datetime = whole["t_start"].quantile(0.5, "nearest")  # type: ignore[assignment]
    late = walked.backtest("zone_entry", since=at).tried[0].events
    assert late.to_dicts() == whole.filter(pl.col("t_start") >= at).to_dicts()
    lon, lat = whole["lon_deg"].median(), whole["lat_deg"].median()
    box = (lon - 2, lat - 2, lon + 2, lat + 2)  # type: ignore[operator]
    near = walked.backtest("zone_entry", bbox=box).tried[0].events
    inside = pl.col("lon_deg").is_between(box[0], box[2]) & pl.col("lat_deg").is_between(box[1], box[3])
    assert near.to_dicts() == whole.filter(inside).to_dicts()
    assert 0 < len(near) < len(whole)
    early = walked.backtest("gap", until=at)
    assert early.until == at and all(e < at for e in early.tried[0].events["t_start"])


def test_a_box_across_180_holds_both_sides() -> None:
    places = pl.DataFrame({"lon_deg": [179.5, -179.5, 0.0, 178.0], "lat_deg": [-17.0] * 4})
    near = parts._near((179.0, -18.0, -179.0, -16.0), 0.0)
    assert places.select(near.alias("in"))["in"].to_list() == [True, True, False, False]
    assert places.select(parts._near((-180.0, -18.0, 180.0, -16.0), 3.0).alias("in"))["in"].all()


def test_nothing_is_written_and_wrong_questions_are_told(walked: makara.Session) -> None:
    def files() -> dict[str, int]:
        return {str(p): p.stat().st_mtime_ns for p in Path(walked.lake.path).rglob("*") if p.is_file()}

    before, snapshot = files(), walked.snapshot_id()
    walked.backtest("dark", {"p_dark_min": 0.1}, against={})
    with pytest.raises(SettingsError, match="duration_min_s"):
        walked.backtest("gap", {"hours": 3})
    with pytest.raises(NotFoundError, match="gap"):
        walked.backtest("gapp")
    with pytest.raises(UsageError, match="empty"):
        walked.backtest("gap", since=datetime.fromisoformat("2999-01-01T00:00:00+00:00"))
    assert (files(), walked.snapshot_id()) == (before, snapshot)


def test_an_empty_lake_gives_no_alerts(tmp_path: Path) -> None:
    session = makara.open(tmp_path / "lake")
    assert session.backtest("gap").summary()["setting"]["alerts"] == 0


def test_the_command_prints_counts_rows_and_places(walked: makara.Session) -> None:
    def run(*args: str) -> str:
        done = CliRunner().invoke(cli, ["backtest", str(walked.lake.path), *args], catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    people = run("zone_entry", "--set", "hysteresis_m=2000", "--against", "in-force")
    assert "alerts_a_day" in people and "against" in people and "looks the same" in people
    told = json.loads(run("zone_entry", "--format", "json"))
    assert told["rule"] == "zone_entry" and told["setting"]["alerts"] > 0
    shapes = json.loads(run("zone_entry", "--format", "geojson"))
    assert len(shapes["features"]) == told["setting"]["alerts"]
    assert shapes["features"][0]["properties"]["setting"] == "setting"
