"""Fishing: what the rule promises beside the laws of all rules. And the class of a vessel by how it moves."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import makara
from makara.base.errors import ColumnsError
from makara.base.time import parse
from makara.base.units import HOUR_S, S_US
from makara.behaviours import find, rule
from makara.behaviours._cases import Vessel, sea

T0 = parse("2025-03-03T00:00:00Z")
Piece = tuple[float, float, float, float]
"""Hours, knots, turn at its start and wander in degrees."""


def track(pieces: list[Piece], seed: int, mover: int = 412000009, every_s: int = 120) -> pl.DataFrame:
    """Points of a vessel that does one thing after another, roughly, heard every two minutes."""
    rng = np.random.default_rng(seed)
    knots, course, heading = [], [], float(rng.uniform(0, 360))
    for hours, kn, turn, wander in pieces:
        n = int(hours * HOUR_S / every_s)
        heading += turn
        course.append(heading + np.cumsum(rng.normal(0, wander, n)))
        knots.append(np.maximum(kn * (1 + rng.normal(0, 0.05, n)), 0.0))
        heading = float(course[-1][-1])
    way = np.concatenate(knots) * 1852 / 3600 * every_s / 111_200
    angle = np.radians(np.concatenate(course))
    lat = -12.0 + np.cumsum(way * np.cos(angle)) + rng.normal(0, 5e-5, way.size)
    lon = 130.0 + np.cumsum(way * np.sin(angle)) / np.cos(np.radians(12)) + rng.normal(0, 5e-5, way.size)
    return pl.DataFrame(
        {
            "report": np.arange(way.size) + mover * 100_000,
            "t_seen": pl.Series(np.arange(way.size) * every_s * S_US).cast(pl.Duration("us")) + T0,
            "lon_deg": lon,
            "lat_deg": lat,
            "sog_kn": np.concatenate(knots).round(1),
        }
    ).with_columns(
        mover=pl.lit(mover, pl.Int64), track=pl.lit(mover, pl.Int64), shore_m=pl.lit(60_000.0), mark=pl.lit("mk")
    )


def trawler(seed: int, mover: int = 412000009, tows: int = 9) -> pl.DataFrame:
    """Steams out, tows for three hours at a time with short hauls between, steams home."""
    tow: list[Piece] = [(3.0, 3.3, 160.0, 1.5), (0.4, 1.0, 90.0, 20.0)]
    return track([(8.0, 9.5, 0.0, 0.3), *(tow * tows), (8.0, 9.5, 60.0, 0.3)], seed, mover)


def fishers(*movers: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"mover": list(movers), "class": ["fishing"] * len(movers)}, schema_overrides={"mover": pl.Int64}
    )


def hours_of(points: pl.DataFrame) -> set[int]:
    """Hours since the start in which most of the time was fishing."""
    out: set[int] = set()
    for row in find("fishing", points, vessels=fishers(412000009)).iter_rows(named=True):
        a, b = ((row[c] - T0) / timedelta(hours=1) for c in ("t_start", "t_end_floor"))
        out |= {h for h in range(int(a), int(b) + 1) if min(b, h + 1) - max(a, h) >= 0.5}
    return out


def test_tows_are_found_and_the_way_out_and_home_is_not() -> None:
    points = trawler(1)
    towing = set(range(8, 38))
    found = hours_of(points)
    assert len(found & towing) >= 0.9 * len(towing)
    assert len(found - towing) <= 3


@pytest.mark.parametrize(("every", "least"), [(5, 0.95), (15, 0.85)])
def test_a_track_thinned_to_10_or_30_minutes_fishes_in_the_same_hours(every: int, least: float) -> None:
    agree = []
    for seed in range(4):
        points = trawler(seed)
        full, thin = hours_of(points), hours_of(points.gather_every(every))
        agree += [(h in full) == (h in thin) for h in range(46)]
    assert np.mean(agree) >= least


def test_only_fishing_vessels_and_unknown_ones_are_asked() -> None:
    points = trawler(2)
    for kind, least in (("fishing", 1), ("fishing_a", 1), ("cargo", 0), ("tug", 0)):
        classes = pl.DataFrame({"mover": [412000009], "class": [kind]})
        assert bool(len(find("fishing", points, vessels=classes))) == bool(least), kind


def test_a_silence_of_more_than_two_hours_parts_two_events() -> None:
    points = trawler(3).filter(~pl.col("t_seen").is_between(T0 + timedelta(hours=19), T0 + timedelta(hours=22.5)))
    events = find("fishing", points, vessels=fishers(412000009)).sort("t_start")
    edges = [(e - T0) / timedelta(hours=1) for e in events["t_end_floor"]]
    assert len(events) >= 2
    assert any(18.5 <= e <= 19 for e in edges)


def zone() -> pl.DataFrame:
    return sea.square("zo-closed", "closed", (130.0, -12.0), 4.0)


def guarded(points: pl.DataFrame, **tables: Any) -> tuple[list[int], dict[str, Any]]:
    events = find("fishing", points, vessels=fishers(412000009), zones=zone(), **tables)
    return events["severity"].to_list(), json.loads(events["details"][0])


def test_severity_is_the_zone_the_licence_and_how_sure_it_is() -> None:
    points = trawler(4)
    assert set(find("fishing", points, vessels=fishers(412000009))["severity"]) == {0}
    severity, details = guarded(points)
    assert max(severity) == 2
    assert details["authorised"] is False
    assert details["guarded_s"] > HOUR_S
    assert max(guarded(points, sure_min=0.999)[0]) == 1
    licence = {"mmsi": [412000009], "zone": ["zo-closed"], "gear": [None], "from": [None], "to": [None]}
    times = {"from": pl.Datetime("us", "UTC"), "to": pl.Datetime("us", "UTC")}
    unknown = pl.DataFrame({"mover": [1], "class": ["fishing"]})
    assert set(find("fishing", points, vessels=unknown, zones=zone())["severity"]) <= {0, 1}
    severity, details = guarded(points, authorisations=pl.DataFrame(licence, schema_overrides=times))
    assert set(severity) == {0}
    assert details["authorised"] is True


def test_a_position_is_settled_an_hour_after_it() -> None:
    points = trawler(5)
    end = T0 + timedelta(hours=20)
    events = find("fishing", points.filter(pl.col("t_seen") < end), vessels=fishers(412000009), to=end)
    last = events.filter(pl.col("state") == "open")["t_end_floor"].max()
    assert isinstance(last, type(end))
    assert end - timedelta(hours=1.3) <= last <= end - timedelta(minutes=45)


def test_words_for_the_radio_name_the_gear_or_say_that_it_is_not_told() -> None:
    why = rule("fishing").why
    for row in find("fishing", trawler(6), vessels=fishers(412000009)).iter_rows(named=True):
        gear = json.loads(row["details"])["gear"]
        assert ("gear not told" in why(row)) == (gear is None)


def test_the_class_of_a_vessel_by_how_it_moves() -> None:
    ship = track([(60.0, 13.0, 0.0, 0.1), (70.0, 13.2, 5.0, 0.1)], 7, mover=412000010)
    short = sea.vessel(mover=412000011).sail(2).points()
    short = short.with_columns(pl.col("sog_kn").cast(pl.Float64))
    columns = ["report", "t_seen", "lon_deg", "lat_deg", "sog_kn", "mover", "track"]
    both = pl.concat(f.select(columns) for f in (trawler(8, tows=30), ship, short))
    got = makara.vessel_class(both)
    assert got.columns == ["mover", "class", "p", "p_cargo", "p_tanker", "p_passenger", "p_fishing"]
    by = {r["mover"]: r for r in got.iter_rows(named=True)}
    assert by[412000009]["class"] == "fishing"
    assert by[412000010]["p_fishing"] < 0.2
    assert by[412000011]["class"] is None
    assert by[412000011]["p"] is None
    assert makara.vessel_class(both.to_pandas()).equals(got)
    with pytest.raises(ColumnsError, match="track"):
        makara.vessel_class(both.drop("track"))


def test_merchant_ships_of_western_australia_do_not_fish(data_dir: Path) -> None:
    raw = pl.read_parquet(data_dir / "ais" / "omtad_west_australia_2018_2019.parquet")
    kept = raw.filter(pl.col("vtype").is_in(["cargo", "tanker"])).with_columns(
        (-pl.col("CRAFT_ID").rank("dense").cast(pl.Int64)).alias("mover")  # numbers of our own
    )
    points = kept.filter(pl.col("mover") % 40 == 0).select(
        "mover", pl.col("mover").alias("track"), pl.col("TIMESTAMP").alias("t_seen"), pl.col("LON").alias("lon_deg"),
        pl.col("LAT").alias("lat_deg"), pl.col("SPEED").alias("sog_kn"),
        pl.int_range(pl.len()).alias("report"),
    )  # fmt: skip
    assert len(points) > 10_000
    events = find("fishing", points)  # their class unknown, so that they are asked
    fished = sum(json.loads(d)["positions"] for d in events["details"])
    assert fished < 0.01 * len(points)


def test_a_vessel_drifts_by_day_and_night_without_jigging_for_long() -> None:
    adrift = Vessel(mover=412000009, kind="fishing", every_s=900).sail(5, 20, 9).drift(4, 30, 0.1).sail(5, 200, 9)
    events = find("fishing", adrift.points(), vessels=fishers(412000009))
    assert not len(events)
