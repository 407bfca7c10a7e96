"""Law 1 on a small sea: the picture is a pure function of the inputs known.

Batch size, order of arrival and restarts change nothing of what is known in the end; what was known then can be asked.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

import makara
from makara.behaviours import names
from makara.replay import CONTENTS

KEYS = ["event", "kind", "profile", "scope", "t_start", *CONTENTS]


def contents(session: makara.Session) -> pl.DataFrame:
    """What stands, without its history."""
    return session.events().filter(pl.col("state") != "withdrawn").select(KEYS).sort("event")


def same(a: makara.Session, b: makara.Session) -> None:
    """Two nodes with the same inputs agree on every id and content."""
    x, y = contents(a), contents(b)
    assert len(x)
    assert x.to_dicts() == y.to_dicts()
    for table, key in (("tracks", "track"), ("matches", "detection"), ("track_points", "report")):
        drop = ["t_known", "source"]
        left, right = (s.view(table).drop(drop).sort(key) for s in (a, b))
        assert left.to_dicts() == right.to_dicts(), table
    standing = [s.alerts().filter(pl.col("state") != "withdrawn").sort("alert") for s in (a, b)]
    alerts = [rows.select("alert", "listed", "suppressed_by").rows() for rows in standing]
    assert alerts[0] == alerts[1]
    assert standing[0]["listed"].any(), "some are beyond the budget"


@pytest.fixture(scope="module", autouse=True)
def settings() -> Iterator[None]:
    """So few alerts a watch that some are listed; steps of half an hour, unless a test asks for others."""
    with pytest.MonkeyPatch.context() as m:
        m.setenv("MAKARA_SUBSCRIPTIONS__WATCH__BUDGET", "2")
        m.setenv("MAKARA_RUN__STEP_S", "1800")
        yield


@pytest.fixture
def long_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of two and a half hours, which end elsewhere than those that they are held against."""
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "9000")


@pytest.fixture
def one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step a run."""
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")


@pytest.fixture(scope="module")
def walked(sea_case: Path, tmp_path_factory: pytest.TempPathFactory) -> makara.Session:
    """The sea, taken in whole and walked in steps of 30 minutes."""
    session = makara.open(tmp_path_factory.mktemp("laws") / "lake")
    session.ingest("case", sea_case)
    session.run()
    return session


@pytest.mark.usefixtures("one_step")
def test_one_great_step_gives_what_many_small_ones_give(walked: makara.Session, sea_case: Path, tmp_path: Path) -> None:
    whole = makara.open(tmp_path / "lake")
    whole.ingest("case", sea_case)
    assert whole.run()["steps"] < 3
    same(walked, whole)


@pytest.mark.usefixtures("long_steps")
def test_runs_in_between_change_nothing(walked: makara.Session, sea_case: Path, tmp_path: Path) -> None:
    """Walking part of the way, closing the lake, and walking on gives what one walk gives."""
    parts = makara.open(tmp_path / "lake")
    parts.ingest("case", sea_case)
    known = parts.reports()["t_known"]
    first, last = known.min(), known.max()
    for share in (0.4, 0.7):
        parts.run(to=first + (last - first) * share)  # type: ignore[operator]
        parts = makara.open(tmp_path / "lake")
    parts.run()
    same(walked, parts)


@pytest.mark.usefixtures("long_steps")
def test_files_that_come_late_change_nothing_in_the_end(walked: makara.Session, sea_case: Path, tmp_path: Path) -> None:
    """The satellite file and the detections come after the rest was walked."""
    early, late = tmp_path / "early", tmp_path / "late"
    shutil.copytree(sea_case, early)
    late.mkdir()
    for name in ("reports_satellite.nmea.gz", "detections.csv", "collections.geojson", "known.csv"):
        shutil.copy(sea_case / name, late / name)
        (early / name).unlink()
    session = makara.open(tmp_path / "lake")
    session.ingest("case", early)
    session.run()
    before = session.events()
    session.ingest("case", late)
    session.run()
    same(walked, session)
    versions = session.lake.read("events")
    assert versions["version"].max() > 1  # type: ignore[operator]
    kept = versions.join(before.select("event", "version"), on=["event", "version"], how="semi")
    assert len(kept) == len(before), "no version that was shown is lost"


@pytest.mark.usefixtures("one_step")
def test_zones_that_come_after_a_run_change_nothing_in_the_end(
    walked: makara.Session, sea_case: Path, tmp_path: Path
) -> None:
    """What was walked without them is tagged and judged anew."""
    bare = tmp_path / "case"
    shutil.copytree(sea_case, bare)
    (bare / "zones.geojson").unlink()
    session = makara.open(tmp_path / "lake")
    session.ingest("case", bare)
    assert "zone_entry" not in session.run()["events"]
    session.ingest("zones", sea_case / "zones.geojson")
    session.run()
    ours, theirs = (contents(s).drop("mark") for s in (walked, session))
    assert ours.to_dicts() == theirs.to_dicts()


def test_redoing_the_rules_changes_nothing_and_a_run_never_goes_back(walked: makara.Session, tmp_path: Path) -> None:
    shutil.copytree(walked.lake.path, tmp_path / "lake")
    again = makara.open(tmp_path / "lake")
    versions, first = again.lake.read("events"), again.reports()["t_seen"].min()
    again.run(frm=first + timedelta(hours=1))  # type: ignore[operator]
    same(walked, again)
    again.run(frm=first, to=first)  # type: ignore[arg-type]
    same(walked, again)
    again.run(to=first)  # type: ignore[arg-type]
    same(walked, again)
    assert len(again.lake.read("events")) == len(versions)
    assert again.view("vessels").drop("t_known").to_dicts() == walked.view("vessels").drop("t_known").to_dicts()


def test_what_was_known_then_can_be_asked(walked: makara.Session) -> None:
    versions = walked.lake.read("events")
    known = versions["t_known"].min() + timedelta(minutes=30)  # type: ignore[operator]
    then = walked.events(as_known_at=known)
    assert 0 < len(then) <= len(walked.events())
    shown = versions.filter(pl.col("t_known") <= known).sort("version").unique("event", keep="last")
    assert then.sort("event").to_dicts() == shown.sort("event").to_dicts()


def test_every_event_bears_reasons_evidence_innocent_explanations_and_a_mark(walked: makara.Session) -> None:
    events = walked.events()
    marks = set(walked.lake.state("marks")["mark"])
    for e in events.iter_rows(named=True):
        assert e["innocent"], e["kind"]
        assert e["evidence"], e["kind"]
        assert e["mark"] in marks
        assert e["rule"].startswith(e["kind"] + "@")
        assert isinstance(json.loads(e["details"]), dict)
        why = walked.explain(e["event"])
        assert why["why"]


def test_no_event_is_cut_at_midnight_or_knows_a_sentinel(walked: makara.Session) -> None:
    reports = walked.reports()
    for column, sentinels in {"lon_deg": [181.0], "lat_deg": [91.0], "sog_kn": [102.3], "heading_deg": [511.0]}.items():
        assert not reports[column].is_in(sentinels).any()


@pytest.mark.usefixtures("one_step")
def test_a_rule_on_trial_alerts_nobody(sea_case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in names():
        monkeypatch.setenv(f"MAKARA_RULES__{kind}__SHADOW", "true")
    session = makara.open(tmp_path / "lake")
    session.ingest("case", sea_case)
    assert session.run()["events"]
    assert session.alerts().is_empty()
