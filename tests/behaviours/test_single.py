"""Rules on one vessel's own motion: a real drift, calibrated rates, memories that expire, what raises an event."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import makara
from makara.base import ids
from makara.base.geo import distance_scalar, wrap_lon
from makara.base.time import parse
from makara.behaviours import find
from makara.behaviours._cases import Vessel, sea
from makara.behaviours._rule import ordered
from makara.behaviours._speeds import flat_m, made_good, made_good_at

DAY = timedelta(days=1)


def run(kind: str, *vessels: Vessel, **more: Any) -> pl.DataFrame:
    known = {v.mover: v.kind for v in vessels}
    kinds = pl.DataFrame({"mover": list(known), "class": list(known.values())}, schema_overrides={"mover": pl.Int64()})
    vessels_table = more.pop("vessels", kinds)
    return find(kind, pl.concat([v.points() for v in vessels]), vessels=vessels_table, **more)


def details(events: pl.DataFrame) -> dict[str, Any]:
    assert len(events) == 1
    return dict(json.loads(events["details"][0]))


# --- speeds -------------------------------------------------------------------------------------------------------


@given(
    lon=st.floats(-180, 179.99),
    lat=st.floats(-89.9, 89.9),
    east=st.floats(-1, 1),
    north=st.floats(-0.4, 0.4),
)
def test_flat_distances_are_right_to_a_thousandth_across_180_and_near_the_poles(
    lon: float, lat: float, east: float, north: float
) -> None:
    to = float(wrap_lon(lon + east)), float(np.clip(lat + north, -90, 90))
    far = distance_scalar(lon, lat, *to)
    assert flat_m(lon, lat, *to) == pytest.approx(far, rel=1e-3, abs=0.5)


def test_speed_made_good_at_a_row_is_that_of_the_whole() -> None:
    points = ordered(sea.vessel(every_s=47).sail(1, speed_kn=9).dark(3).sail(1, 10, 3).points())
    rows = np.arange(len(points))
    bridge = 2 * 3600 * 1_000_000
    found = made_good(points, bridge)
    assert np.array_equal(found, made_good_at(points, rows, bridge))
    assert np.median(found[20:70]) / 1000 * 3600 / 1852 == pytest.approx(9, abs=0.05)


# --- drifting -----------------------------------------------------------------------------------------------------


def test_the_ship_that_an_authority_labelled_as_drifting_is_found(data_dir: Path) -> None:
    decoded = makara.decode([data_dir / "nmea" / "dma_aisabnormal__212123000_drift_1.ais"])
    placed = decoded.reports.filter(pl.col("lon_deg").is_not_null(), pl.col("t_seen").is_not_null())
    events = find("drifting", makara.segment(placed))
    assert len(events) == 1
    start, end = events["t_start"][0], events["t_end"][0]
    assert parse("2014-10-02T16:55:00Z") < start < parse("2014-10-02T17:30:00Z")  # she stopped her engine at 16:54
    assert parse("2014-10-03T05:10:00Z") < end < parse("2014-10-03T05:35:00Z")  # and got under way at 05:30
    assert details(events)["off_heading_deg"] > 90


def test_a_drift_within_reach_of_a_coast_is_for_someone_to_look_at_but_not_a_fishing_vessels() -> None:
    def severity(kind: str, off_nmi: float) -> int:
        v = sea.vessel(kind=kind, off_nmi=off_nmi).sail(2).adrift(3, 60, 0.9, heading_deg=170).sail(1)
        return int(run("drifting", v)["severity"].item())

    assert severity("tanker", 40) == 1
    assert severity("tanker", 3) == 2
    assert severity("fishing", 3) == 0


# --- speed range --------------------------------------------------------------------------------------------------


def test_reported_speeds_that_contradict_the_track_weigh_against_it() -> None:
    park = sea.square("zo-park", "mpa", (130.0, -10.0), 0.5)
    points = sea.vessel().sail(3, speed_kn=3.0).points()
    honest = find("speed_range", points, zones=park)
    lying = find("speed_range", points.with_columns(sog_kn=pl.lit(11.0, pl.Float32())), zones=park)
    assert (honest["severity"].item(), lying["severity"].item()) == (1, 0)
    assert lying["p"].item() < honest["p"].item()
    assert details(lying)["mean_speed_kn"] == pytest.approx(3.0, abs=0.05)
    without = find("speed_range", points.drop("sog_kn"), zones=park)
    assert without["severity"].item() == 1


def test_kinds_and_range_are_parameters() -> None:
    eez = sea.square("zo-eez", "eez", (130.0, -10.0), 0.5)
    points = sea.vessel().sail(3, speed_kn=8.0).points()
    assert len(find("speed_range", points, zones=eez)) == 0
    assert len(find("speed_range", points, zones=eez, kinds="eez", lo_kn=7.0, hi_kn=9.0)) == 1


# --- drop-off -----------------------------------------------------------------------------------------------------

SHIP = sea.vessel(kind="cargo").sail(5, speed_kn=14).drift(1, speed_kn=0.8).sail(5, speed_kn=14)
NEAR = (131.195, -10.01)


def test_only_a_small_craft_that_comes_to_the_place_in_time_raises_a_drop() -> None:
    def came(hours: float, kind: str = "small", **more: Any) -> tuple[int, str | None]:
        start = (parse("2025-03-01T00:00:00Z") + timedelta(hours=hours)).isoformat()
        craft = sea.vessel(mover=412000099, at=(131.0, -10.0), start=start, every_s=300, kind=kind)
        found = run("drop_off", SHIP, craft.sail(2, speed_kn=12), **more)
        return int(found["severity"].item()), details(found)["craft"]

    assert came(7) == (2, "MMSI 412000099")
    assert came(2) == (1, None)  # it had passed before
    assert came(20) == (1, None)  # too late
    assert came(7, kind="cargo") == (1, None)
    lengths = pl.DataFrame({"mover": [412000001, 412000099], "class": ["cargo", "fishing"], "length_m": [180.0, 11.0]})
    assert came(7, vessels=lengths)[0] == 2


def test_a_craft_without_ais_counts_once_the_ship_has_left() -> None:
    def seen(at: str, length: float | None = 9.0) -> int:
        tables = sea.unmatched(("de-1", *NEAR, f"2025-03-01T{at}:00Z", length))
        return int(run("drop_off", SHIP, **tables)["severity"].item())

    assert seen("08:00") == 2
    assert seen("05:30") == 1  # the ship itself may be meant
    assert seen("08:00", length=60.0) == 1
    assert seen("08:00", length=None) == 1


def test_the_time_lost_tells_when_it_was_slow_though_reports_are_an_hour_apart() -> None:
    v = sea.vessel(kind="tanker", every_s=300).sail(6, speed_kn=12).drift(2, speed_kn=0.5).sail(6, speed_kn=12)
    sparse = v.points().filter(pl.int_range(pl.len()) % 11 == 0)
    found = find("drop_off", sparse)
    assert abs(found["t_start"].item() - parse("2025-03-01T06:00:00Z")) < timedelta(minutes=10)
    assert abs(found["t_end"].item() - parse("2025-03-01T08:00:00Z")) < timedelta(minutes=10)


def test_one_wrong_speed_is_no_drop() -> None:
    points = sea.vessel(kind="cargo", every_s=300).sail(10, speed_kn=12).points()
    wrong = pl.when(pl.int_range(pl.len()) == 80).then(0.0).otherwise("sog_kn").cast(pl.Float32)
    assert len(find("drop_off", points.with_columns(sog_kn=wrong))) == 0


# --- first visit --------------------------------------------------------------------------------------------------

COAST = sea.square("zo-coast", "port", (131.0, -10.0), 0.5)
FIRST = sea.vessel(mover=412000009, at=(130.8, -10.1), start="2023-01-10T00:00:00Z").sail(2)
SEEN = sea.vessel(at=(120.0, -10.0), start="2025-01-12T00:00:00Z").sail(2)
LISTED = pl.DataFrame({"list": ["iuu"], "mmsi": [412000001]})


def test_a_visit_is_the_first_again_after_twelve_months() -> None:
    def visit(days_before: float) -> int:
        start = parse("2025-03-01T00:00:00Z") - timedelta(days=days_before)
        earlier = sea.vessel(at=(130.9, -10.1), start=start.isoformat(), track=1).sail(1)
        found = run("first_visit", FIRST, earlier, sea.vessel(track=2).sail(8), zones=COAST, lists=LISTED)
        return found.filter(pl.col("t_start") > parse("2025-03-01T00:00:00Z")).height

    assert visit(300) == 0
    assert visit(400) == 1


def test_lists_count_by_imo_number_and_date_but_not_registers_nor_former_entries() -> None:
    def severity(**entry: Any) -> int:
        lists = pl.DataFrame([{"list": "iuu", **entry}])
        vessels = pl.DataFrame({"mover": [412000001], "class": ["fishing"], "imo": [9074729]})
        found = run("first_visit", FIRST, SEEN, sea.vessel().sail(8), zones=COAST, lists=lists, vessels=vessels)
        return int(found["severity"].sum())

    assert severity(imo=9074729) == 2
    assert severity(mmsi=412000001) == 2
    assert severity(imo=9074729, **{"from": parse("2026-01-01T00:00:00Z")}) == 0
    assert severity(imo=9074729, former=True) == 0
    assert severity(imo=9074729, list="carrier_register") == 0
    assert severity(imo=1234567) == 0


def test_the_marks_of_the_list_mark_the_visit() -> None:
    lists = LISTED.with_columns(mark=pl.lit("mk-secret-list"))
    found = run("first_visit", FIRST, SEEN, sea.vessel().sail(8), zones=COAST, lists=lists)
    assert found["marks"].to_list() == [["mk-case", "mk-secret-list"]]


# --- anomaly ------------------------------------------------------------------------------------------------------


FLEET = 412000000


def fleet(vessels: int, hours: int, seed: int) -> pl.DataFrame:
    """Track points, one an hour, of vessels that go to and fro between ports of their own, each in its own way."""
    rng = np.random.default_rng(seed)
    frames = []
    for k in range(vessels):
        home, mean = np.array([rng.uniform(0, 40), rng.uniform(-20, 20)]), rng.uniform(6, 16)
        ports = home + rng.uniform(-2.5, 2.5, (int(rng.integers(3, 7)), 2))
        place, x, speed, course = ports[0], [], [], []
        while len(x) < hours:
            goal = ports[rng.integers(len(ports))]
            legs = max(1, int(np.hypot(*(goal - place)) * 60 / mean))
            pace = mean + rng.normal(0, 1.2) + rng.normal(0, 0.8, legs)
            steps = place + np.linspace(0, 1, legs + 1)[1:, None] * (goal - place) + rng.normal(0, 0.02, (legs, 2))
            course += list(np.degrees(np.arctan2(*(goal - place))) + rng.normal(0, 12, legs))
            x, speed, place = x + list(steps), speed + list(pace), goal
            wait = int(rng.geometric(0.1))
            x, speed, course = x + [goal] * wait, speed + [0.2] * wait, course + [0.0] * wait
        at = np.array(x)[:hours]
        frames.append(
            pl.DataFrame(
                {"mover": FLEET + k, "track": FLEET + k, "lon_deg": at[:, 0], "lat_deg": at[:, 1]},
            ).with_columns(
                sog_kn=pl.Series(np.clip(speed[:hours], 0, 40)),
                cog_deg=pl.Series(np.array(course[:hours]) % 360),
                t_seen=pl.lit(parse("2024-01-01T00:00:00Z")) + pl.duration(hours=pl.int_range(pl.len())),
                mark=pl.lit("mk"),
            )
        )
    points = pl.concat(frames)
    return points.with_columns(report=ids.bulk(points["mover"], points["t_seen"]))


def test_one_hour_in_a_thousand_of_vessels_without_anomaly_stands_out() -> None:
    hours, vessels = 3200, 40
    points = fleet(vessels, hours, seed=5)
    kinds = pl.DataFrame({"mover": range(FLEET, FLEET + vessels), "class": ["cargo", "tanker"] * (vessels // 2)})
    found = find("anomaly", points, vessels=kinds, apart_min_s=0)
    judged = vessels * (hours - 1 - 1200)  # the first hour of a track is none; 200 are learned and 1,000 ranked
    assert 0.5e-3 <= len(found) / judged <= 2e-3
    assert found["severity"].to_list() == [1] * len(found)


def test_a_history_too_short_says_nothing() -> None:
    assert len(find("anomaly", fleet(4, 1150, seed=1))) == 0


def test_what_others_of_its_class_do_there_is_not_unusual() -> None:
    def line(mover: int) -> Vessel:
        v = sea.vessel(mover=mover, start="2025-01-01T00:00:00Z", every_s=3600, kind="passenger")
        for _ in range(110):
            v = v.sail(6, 0, 10).sail(6, 180, 10)
        return v

    odd = line(412000001).sail(4, 90, 24)
    other = sea.vessel(mover=412000002, start="2025-01-02T00:00:00Z", every_s=3600, kind="passenger")
    for _ in range(40):
        other = other.sail(4, 90, 24).sail(4, 270, 24)
    assert len(run("anomaly", odd)) == 1
    alone, among = (details(run("anomaly", odd, *more))["surprise_bits"] for more in ((), (line(412000003),)))
    assert alone > 10
    assert among > 10
    assert run("anomaly", odd, other).filter(pl.col("participants").list.contains("mv412000001")).height == 0
