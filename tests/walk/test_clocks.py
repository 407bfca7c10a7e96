"""Law 1 where a station's clock is found wrong, or right after all, by reports that come late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import makara
from makara.base import geo
from makara.sharing import OWNER
from makara.sharing.marks import ROW, Mark, key
from makara.sharing.marks import row as mark_row
from makara.tables import table

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def heard(hours: int = 6, movers: int = 5) -> pl.DataFrame:
    """Rows of reports: ships on straight courses, heard in turn by A, B, C and SAT, ten minutes wrong from 02:00 on."""
    parts = []
    for m in range(movers):
        t = np.arange(hours * 20) * 180.0 + 11.0 * m
        x, y = geo.destination(-20.0 + 0.4 * m, -30.0, 90.0, (9 + m) * 0.5144 * t)
        station = np.array(["A", "SAT", "B", "C", "SAT"])[np.arange(len(t)) % 5]
        wrong = (station == "SAT") & (t >= 7200)
        seen = [T0 + timedelta(seconds=float(s)) for s in t + np.where(wrong, 600.0, 0.0)]
        part = {"t_seen": seen, "lon_deg": x, "lat_deg": y, "station": station, "mover": [200_000_001 + m] * len(t)}
        part = {c: [v[0], *v] for c, v in part.items()}  # and each once long before: what a run does not load whole
        part["t_seen"][0] -= timedelta(days=500)
        parts.append(pl.DataFrame(part).with_columns(sog_kn=pl.lit(9.0 + m), cog_deg=pl.lit(90.0)))
    rows = pl.concat(parts).with_row_index("report")
    fill = {
        "mmsi": pl.col("mover"),
        "transponder": pl.lit("class_a"),
        "receiver": pl.lit("terrestrial"),
        "own": pl.lit(False),
        "flags": pl.lit([], dtype=pl.List(pl.String)),
        "source": pl.lit("test"),
        "mark": pl.lit(key(Mark.own(OWNER))),
        "t_known": pl.col("t_seen") + timedelta(minutes=11),
    }
    rows = rows.with_columns(**fill)
    absent = [pl.lit(None, t).alias(c) for c, t in table("reports").schema.items() if c not in rows.columns]
    return table("reports").conform(rows.with_columns(absent))


def give(to: makara.Session, *reports: pl.DataFrame) -> None:
    """Each batch taken in and walked."""
    with to.lake.write() as commit:
        own = pl.DataFrame([mark_row(Mark.own(OWNER))], schema=ROW)
        stamped = own.with_columns(source=pl.lit("test"), t_known=pl.lit(T0))
        commit.put("marks", table("marks").conform(stamped))
    for rows in reports:
        with to.lake.write() as commit:
            commit.append("reports", rows)
        to.run()


def picture(session: makara.Session) -> list[list[dict[str, object]]]:
    found = [session.view(n).drop("t_known", "source") for n in ("track_points", "tracks")]
    return [found[0].sort("report").to_dicts(), found[1].sort("track").to_dicts()]


def wrong(session: makara.Session) -> int:
    return session.view("track_points").filter(pl.col("flags").list.contains("clock_off")).height


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    """One step a run."""
    with pytest.MonkeyPatch.context() as m:
        m.setenv("MAKARA_RUN__STEP_S", "86400")
        yield


@pytest.fixture(scope="module")
def once(quick: None, tmp_path_factory: pytest.TempPathFactory) -> makara.Session:
    session = makara.open(tmp_path_factory.mktemp("clocks") / "lake")
    give(session, heard())
    return session


def test_the_walk_drops_what_a_wrong_clock_gave(once: makara.Session) -> None:
    points = once.view("track_points").join(heard().select("report", "station"), on="report")
    wrong_by_now = pl.col("t_seen") >= T0 + timedelta(hours=2, minutes=15)
    late = points.filter(pl.col("station") == "SAT", wrong_by_now)
    assert (late["flags"].list.first() == "clock_off").mean() > 0.95  # type: ignore[operator]
    assert late.filter(pl.col("flags").list.len() > 0)["track"].null_count() > 100
    assert once.view("tracks").filter(pl.col("t_end") > T0).height == 5
    assert points.filter(pl.col("station") != "SAT")["flags"].list.len().max() == 0


LATE = {
    "two of four stations": pl.col("station").is_in(["A", "C"]),
    "the wrong station": pl.col("station") == "SAT",
    "three of five ships": pl.col("mover") > 200_000_002,
}


@pytest.mark.parametrize("late", LATE)
def test_reports_that_come_late_change_nothing_in_the_end(once: makara.Session, late: str, tmp_path: Path) -> None:
    """Before they come nobody can tell whose clock is wrong; ships without new reports change too."""
    rows, new = heard(), LATE[late] & (pl.col("t_seen") >= T0)
    session = makara.open(tmp_path / "lake")
    give(session, rows.filter(~new))
    assert wrong(session) == 0
    give(session, rows.filter(new))
    assert wrong(session) == wrong(once) > 100
    assert picture(session) == picture(once)
