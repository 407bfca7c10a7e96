"""A bulk load walks some movers at a time and lets their points go; the lake is the one that the whole makes."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

import makara
from makara.session import bulk
from makara.session.settings import default_settings
from makara.session.stored import Stored

TABLES = {"track_points": "report", "tracks": "track", "vessels": "vessel", "vessel_links": "vessel"}


def no_rules() -> str:
    """Settings with all rules off."""
    return re.sub(r"(\[rules\.\w+\][^\n]*\n)enabled = true", r"\1enabled = false", default_settings())


@pytest.fixture(scope="module")
def halves(sea_case: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The sea's logs, first half and second half, without detections."""
    where = tmp_path_factory.mktemp("halves")
    lines = gzip.decompress((sea_case / "reports_terrestrial.nmea.gz").read_bytes()).splitlines(keepends=True)
    heard = [re.search(rb"c:(\d+)", line) for line in lines]
    middle = len(lines) // 2
    while heard[middle] is None or (heard[middle - 1] and heard[middle - 1][0] == heard[middle][0]):
        middle += 1  # the second half is newer than the first
    out = []
    for name, part in (("a.nmea", lines[:middle]), ("b.nmea", lines[middle:])):
        (where / name).write_bytes(b"".join(part))
        out.append(where / name)
    return out


def loaded(lake: Path, halves: list[Path], runs: int) -> makara.Session:
    """A lake with both halves, walked after each (``runs`` 2) or after both."""
    session = makara.open(lake, settings=no_rules())
    for n, half in enumerate(halves, 1):
        session.ingest("nmea", half)
        if runs == 2 or n == len(halves):
            assert session.run()["steps"] == 1
    return session


@pytest.mark.parametrize("runs", [1, 2])
def test_parts_give_what_the_whole_gives(
    halves: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: int
) -> None:
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")
    whole = loaded(tmp_path / "whole", halves, 1)
    monkeypatch.setattr(bulk, "PART_ROWS", 700)
    taken: list[int] = []
    put = bulk.Spill.__call__
    monkeypatch.setattr(
        bulk.Spill, "__call__", lambda self, made, of: (taken.append(len(made)), put(self, made, of))[1]
    )
    parts = loaded(tmp_path / "parts", halves, runs)
    assert len(taken) > 3
    assert sum(taken) == len(whole.view("track_points"))
    for table, key in TABLES.items():
        drop = [c for c in ("t_known", "source") if c in whole.view(table).columns]
        left, right = (s.view(table).drop(drop).sort(key) for s in (whole, parts))
        assert left.to_dicts() == right.to_dicts(), table
    assert (
        whole.lake.state("horizons").drop("t_known").to_dicts()
        == parts.lake.state("horizons").drop("t_known").to_dicts()
    )


def test_points_that_come_late_are_walked_whole(
    halves: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies before points that the lake has is no bulk load: those points are made anew."""
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")
    whole = loaded(tmp_path / "whole", halves, 1)
    monkeypatch.setattr(bulk, "PART_ROWS", 700)
    late = loaded(tmp_path / "late", halves[::-1], 2)
    left, right = (s.view("track_points").drop("t_known", "source").sort("report") for s in (whole, late))
    assert left.to_dicts() == right.to_dicts()


def standing(session: makara.Session) -> dict[str, list[dict[str, object]]]:
    """All that the walk makes, without when it became known."""
    events = session.events().filter(pl.col("state") != "withdrawn").drop("version", "supersedes", "t_known")
    made = {n: session.view(n).drop("t_known", "source", strict=False).sort(k) for n, k in TABLES.items()}
    made |= {"matches": session.lake.read("matches").drop("t_known", "source").sort("detection")}
    alerts = session.alerts().filter(pl.col("state") != "withdrawn").select("alert", "event", "listed").sort("alert")
    return {n: f.to_dicts() for n, f in (made | {"events": events.sort("event"), "alerts": alerts}).items()}


def seen(lake: Path, sea: Path, halves: list[Path], runs: int) -> makara.Session:
    """A lake with all rules on, and with looks, zones and registers."""
    case = lake.with_name(f"{lake.name}-case")
    shutil.copytree(sea, case, ignore=shutil.ignore_patterns("reports*", "known.csv"))
    session = makara.open(lake)
    session.ingest("case", case)
    for n, half in enumerate(halves, 1):
        session.ingest("nmea", half)
        if runs == 2 or n == len(halves):
            session.run()
    return session


def test_rules_and_matches_read_points_where_they_are_kept(
    sea_case: Path, halves: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether they are walked whole, in parts, in parts on top of earlier ones, or all rules once more."""
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")
    whole = standing(seen(tmp_path / "whole", sea_case, halves, 1))
    assert whole["events"]
    assert any(m["track"] for m in whole["matches"])
    monkeypatch.setattr(bulk, "PART_ROWS", 700)
    read: list[int] = []
    between = Stored.between
    monkeypatch.setattr(Stored, "between", lambda *a: (read.append(1), between(*a))[1])
    for runs in (1, 2):
        parts = seen(tmp_path / f"parts{runs}", sea_case, halves, runs)
        assert len(read) > 20 * runs
        assert standing(parts) == whole
    read.clear()
    parts.run(frm=parts.reports()["t_seen"].min())  # type: ignore[arg-type]
    assert len(read) > 20
    assert standing(parts) == whole
    assert not (parts.lake.path / "drafts").exists()


def test_steps_are_walked_and_committed_a_stretch_at_a_time(
    sea_case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports that become known step by step, and zones after them: all as if nothing had been too much at once."""
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "7200")
    bare = tmp_path / "case"
    shutil.copytree(sea_case, bare, ignore=shutil.ignore_patterns("zones.geojson"))
    made = []
    for rows in (bulk.PART_ROWS, 5_000):
        monkeypatch.setattr(bulk, "PART_ROWS", rows)
        session = makara.open(tmp_path / f"lake{rows}")
        session.ingest("case", bare)
        told: list[int] = []
        done = session.run(progress=told.append)
        assert told == list(range(1, done["steps"] + 1))
        first = standing(session)
        session.ingest("zones", sea_case / "zones.geojson")
        session.run()
        made.append((first, standing(session), session.lake.state("runs")))
    assert len(made[0][2]) == 2
    assert len(made[1][2]) > 3, "a run for each stretch"
    assert made[0][:2] == made[1][:2]
    assert made[0][0]["track_points"] != made[0][1]["track_points"], "zones tag points anew"


def restationed(lines: list[bytes]) -> list[bytes]:
    """Single lines as four stations in turn heard them, the first of which has a clock ten minutes ahead."""
    out = []
    for k, line in enumerate(ln for ln in lines if rb"\s:" in ln and b",1,1,," in ln):
        seen = re.match(rb"\\s:[^,]+,c:(\d+)\*..\\(.*)", line, re.DOTALL)
        assert seen is not None
        block = b"s:X%d,c:%d" % (k % 4, int(seen[1]) + 600 * (k % 4 == 0))
        check = 0
        for sign in block:
            check ^= sign
        out.append(b"\\%s*%02X\\%s" % (block, check, seen[2]))
    return out


@pytest.mark.parametrize("runs", [1, 2])
def test_clocks_are_checked_over_all_parts(
    halves: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: int
) -> None:
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")
    files = []
    for half in halves:
        files.append(tmp_path / half.name)
        files[-1].write_bytes(b"".join(restationed(half.read_bytes().splitlines(keepends=True))))
    whole = loaded(tmp_path / "whole", files, 1)
    monkeypatch.setattr(bulk, "PART_ROWS", 700)
    monkeypatch.setattr(bulk, "CLOCK_ROWS", 2_000)
    parts = loaded(tmp_path / "parts", files, runs)
    left, right = (s.view("track_points").drop("t_known", "source").sort("report") for s in (whole, parts))
    assert left.filter(pl.col("flags").list.contains("clock_off")).height > 50
    assert left.to_dicts() == right.to_dicts()
