"""Rows that a query asks for are the rows that reading all and filtering gives, whatever files they stand in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely

import makara
from makara.base.errors import LakeDamagedError, NotFoundError, UsageError
from makara.lake import order
from makara.sharing import OWNER, Mark
from makara.sharing.marks import ROW, key, row
from makara.tables import table

T0 = datetime(2026, 1, 1, 18, tzinfo=UTC)
ACROSS = shapely.MultiPolygon([shapely.box(178, -20, 180, -15), shapely.box(-180, -20, -177, -15)])
CORNERS = shapely.Polygon([(-10, -10), (10, -10), (0, 0), (10, 10), (-10, 10)])
BOXES = [(-10.0, -10.0, 10.0, 10.0), (178.0, -20.0, -177.0, -15.0), (50.0, 50.0, 50.5, 50.5)]


def sea(n: int, seed: int) -> pl.DataFrame:
    """Reports of 60 movers over two and a half days: off Africa, around 180 degrees, at a pole; some without place."""
    rng = np.random.default_rng(seed)
    mover = rng.integers(1, 61, n)
    home = mover % 3
    lon = np.where(home == 0, rng.uniform(-12, 12, n), rng.uniform(176, 186, n))
    lat = np.where(
        home == 2, rng.uniform(85, 90, n), np.where(home == 0, rng.uniform(-12, 12, n), rng.uniform(-22, -13, n))
    )
    placed = rng.random(n) < 0.95
    minutes = pl.Series(rng.integers(0, 60 * 60, n))
    rows = pl.DataFrame({
        "report": rng.integers(-(2**62), 2**62, n), "mover": mover, "mmsi": mover.astype(np.int32),
        "lon_deg": np.where(placed, np.round((lon + 180) % 360 - 180, 5), np.nan),
        "lat_deg": np.where(placed, np.round(lat, 5), np.nan),
        "receiver": rng.choice(["terrestrial", "satellite"], n), "station": [None if x % 7 else f"s{x}" for x in mover],
        "flags": [["bad_place"] if x else [] for x in ~placed],
    })  # fmt: skip
    stamps = {"source": pl.lit("nmea"), "mark": pl.lit(key(Mark.own(OWNER))), "t_known": pl.lit(T0)}
    times = {"t_seen": pl.lit(T0) + pl.duration(minutes=minutes)}
    return table("reports").conform(
        rows.with_columns(**times, transponder=pl.lit("class_a"), own=pl.lit(False), **stamps)
    )


def zones() -> pl.DataFrame:
    kept = [("za", ACROSS, None, None), ("zc", CORNERS, T0 + timedelta(hours=5), T0 + timedelta(hours=30))]
    rows = [
        {"zone": z, "name": z.upper(), "kind": "eez", "geometry": shapely.to_wkb(g), "from": a, "to": b,
         "box": {"w": 178.0, "s": -20.0, "e": -177.0, "n": -15.0}, "attributes": "{}"}
        for z, g, a, b in [*kept, ("line", shapely.LineString([(0, 0), (5, 5)]), None, None)]
    ]  # fmt: skip
    stamps = {"source": pl.lit("zones"), "mark": pl.lit(key(Mark.own(OWNER))), "t_known": pl.lit(T0)}
    found = pl.DataFrame(rows, schema_overrides={c: pl.Datetime("us", "UTC") for c in ("from", "to")})
    return table("zones").conform(found.with_columns(**stamps))


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> makara.Session:
    """A lake whose reports came in five commits, in row groups of 64 rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "GROUP_ROWS", 64)
        s = makara.open(tmp_path_factory.mktemp("found") / "lake")
        for k in range(5):
            with s.lake.write() as commit:
                commit.append("reports", sea(1200, k))
                if k == 0:
                    commit.put("zones", zones())
                    own = {"source": pl.lit("x"), "t_known": pl.lit(T0), "mark": pl.lit(key(Mark.own(OWNER)))}
                    commit.put("marks", pl.DataFrame([row(Mark.own(OWNER))], schema=ROW).with_columns(**own))
    return s


def plainly(rows: pl.DataFrame, **q: Any) -> pl.DataFrame:
    """The rows asked for, by reading each one."""
    keep = []
    areas = {"za": (ACROSS, None, None), "ZC": (CORNERS, T0 + timedelta(hours=5), T0 + timedelta(hours=30))}
    for r in rows.iter_rows(named=True):
        ok = q.get("since") is None or r["t_seen"] >= q["since"]
        ok = ok and (q.get("until") is None or r["t_seen"] < q["until"])
        ok = ok and (q.get("mover") is None or r["mover"] in q["mover"])
        if q.get("bbox") and ok:
            w, s, e, n = q["bbox"]
            x, y = r["lon_deg"], r["lat_deg"]
            ok = x is not None and s <= y <= n and (w <= x <= e if w <= e else x >= w or x <= e)
        if q.get("zone") and ok:
            shape, since, until = areas[q["zone"]]
            ok = r["lon_deg"] is not None and bool(shape.intersects(shapely.Point(r["lon_deg"], r["lat_deg"])))
            ok = ok and (since is None or r["t_seen"] >= since) and (until is None or r["t_seen"] < until)
        keep.append(ok)
    return rows.filter(pl.Series(keep, dtype=pl.Boolean)).sort("report")


def test_what_is_found_is_what_a_full_reading_finds(session: makara.Session) -> None:
    every = session.lake.read("reports")
    spans = [(None, None), (T0 + timedelta(hours=3), T0 + timedelta(hours=27))]
    movers = [None, (7,), (3, 4, 61)]
    places: list[dict[str, Any]] = [{}, *({"bbox": b} for b in BOXES), {"zone": "za"}, {"zone": "ZC"}]
    some = 0
    for (since, until), mover, place in product(spans, movers, places):
        asked = {"since": since, "until": until, "mover": mover, **place}
        found = session.reports(**asked)
        want = plainly(every, **asked)
        assert found.equals(want, null_equal=True), asked
        some += len(want) > 0
    assert some > 25


def test_an_mmsi_is_a_mover_of_ais(session: makara.Session) -> None:
    assert session.reports(mmsi=7).equals(session.reports(mover=7)) and len(session.reports(mmsi=7)) > 50
    assert len(session.reports(mmsi=7, mover=8)) == 0
    assert len(session.reports(limit=10, offset=5)) == 10


def test_as_known_at(session: makara.Session) -> None:
    assert len(session.reports(as_known_at=T0)) == 6000
    assert len(session.reports(as_known_at=T0 - timedelta(seconds=1))) == 0


def test_what_cannot_be_asked(session: makara.Session) -> None:
    with pytest.raises(NotFoundError, match="no zone 'zz'"):
        session.reports(zone="zz")
    with pytest.raises(NotFoundError, match="no vessel 'vs1'"):
        session.reports(vessel="vs1")
    with pytest.raises(UsageError, match="tells no movers"):
        session.view("zones", mover=7)
    with pytest.raises(UsageError, match="tells no places"):
        session.view("claims", zone="za")
    assert len(session.reports(zone="line")) == 0


def told(rows: pl.DataFrame) -> str:
    return json.dumps(rows.to_dicts(), default=str)


def test_compaction_changes_no_answer(session: makara.Session) -> None:
    """Answers are the same before and after; the second time there is nothing to do."""
    asked: list[dict[str, Any]] = [{}, {"mover": (7, 9)}, {"zone": "za"}, {"bbox": BOXES[0], "since": T0}]
    before = [told(session.reports(**q)) for q in asked]
    number = session.lake.snapshot().number  # type: ignore[union-attr]
    done = session.compact()["reports"]
    assert done["files_before"] > done["files"] == 4 and done["bytes"] < done["bytes_before"] and done["rows"] == 6000
    assert [told(session.reports(**q)) for q in asked] == before
    assert session.lake.snapshot().number == number + 1  # type: ignore[union-attr]
    assert session.compact()["reports"]["files_before"] == 4
    assert session.lake.snapshot().number == number + 1  # type: ignore[union-attr]


def test_a_missing_file_is_told(session: makara.Session) -> None:
    for f in (session.lake.path / "tables" / "reports").rglob("*.parquet"):
        f.rename(f.with_suffix(".away"))
    with pytest.raises(LakeDamagedError, match="restore it from a backup"):
        makara.open(session.lake.path).reports(mover=7)
