"""The gfw profiles give what Global Fishing Watch's public pipelines gave on the same input, row for row.

The peer's answers were made by running its own code on 331,099 positions; every row of them is found, so there is none
to explain. What is not compared: the peer's own ids, and more than the first twenty happenings of a port visit, which
are all that its file holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import shapely

from makara.behaviours import find, rule

LEAST = 0.995
Row = dict[str, Any]


@pytest.fixture(scope="module")
def given(data_dir: Path) -> tuple[pl.DataFrame, dict[int, str]]:
    """The input as track points: a segment is a track, an ssvid a mover; and the segments' names."""
    points = pl.read_parquet(data_dir / "parity" / "gfw_parity_input_a.parquet").select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("report"),
        pl.col("ssvid").cast(pl.Int64).alias("mover"),
        pl.col("seg").rank("dense").cast(pl.Int64).alias("track"),
        pl.col("seg"),
        pl.col("timestamp").alias("t_seen"),
        pl.col("lon").alias("lon_deg"),
        pl.col("lat").alias("lat_deg"),
        pl.col("speed_kn").alias("sog_kn"),
        pl.col("course_deg").alias("cog_deg"),
        pl.col("receiver_type").alias("receiver"),
    )
    return points.drop("seg"), dict(points.select("track", "seg").unique().iter_rows())


def answers(data_dir: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(data_dir / "parity" / f"gfw_parity_{name}_a.parquet")


def close(a: float, b: float) -> bool:
    return abs(a - b) <= 0.01 * abs(b) + 1e-9


def at_once(a: datetime, b: datetime) -> bool:
    return abs((a - b).total_seconds()) <= 1


def events(found: pl.DataFrame) -> list[tuple[Row, Row]]:
    """Events with their details read; each can be said in words."""
    rows = [(r, json.loads(r["details"])) for r in found.iter_rows(named=True)]
    assert all(len(rule(r["kind"]).why(r)) > 20 for r, _ in rows[:5])
    return rows


def hold(
    name: str,
    want: Iterable[Row],
    found: pl.DataFrame,
    key_of_theirs: Callable[[Row], Any],
    key_of_ours: Callable[[Row, Row], Any],
    equal: Callable[[Row, Row, Row], bool],
) -> None:
    """Hold the share of their rows that we give, and of ours that they give, to the least."""
    ours = {key_of_ours(r, d): (r, d) for r, d in events(found)}
    theirs = list(want)
    differ = [t for t in theirs if key_of_theirs(t) not in ours or not equal(t, *ours[key_of_theirs(t)])]
    keys = {key_of_theirs(t) for t in theirs}
    extra = [k for k in ours if k not in keys]
    share = 1.0 - len(differ) / len(theirs)
    print(f"{name}: {share:.4f} of {len(theirs)} rows equal, {len(extra)} of ours beyond them")
    assert share >= LEAST, f"{name}: {share:.4f}; rows that differ: {differ[:5]}"
    assert len(extra) <= (1.0 - LEAST) * len(theirs), f"{name}: rows of ours that they lack: {extra[:5]}"


def test_raw_encounters(data_dir: Path, given: tuple[pl.DataFrame, dict[int, str]]) -> None:
    points, seg = given
    hold(
        "raw encounters",
        answers(data_dir, "encounters_raw").iter_rows(named=True),
        find("encounter", points, profile="gfw_raw"),
        lambda t: (t["vessel_1_seg_id"], t["vessel_2_seg_id"], t["start_time"]),
        lambda r, d: (seg[d["tracks_1"][0]], seg[d["tracks_2"][0]], r["t_start"]),
        lambda t, r, d: (
            at_once(r["t_end"], t["end_time"])
            and close(d["distance_median_m"], 1000 * t["median_distance_km"])
            and close(d["speed_median_kn"], t["median_speed_knots"])
            and (d["reports_1"], d["reports_2"]) == (t["vessel_1_point_count"], t["vessel_2_point_count"])
            and abs(r["lon_deg"] - t["mean_longitude"]) < 1e-5
            and abs(r["lat_deg"] - t["mean_latitude"]) < 1e-5
        ),
    )


def test_merged_encounters(data_dir: Path, given: tuple[pl.DataFrame, dict[int, str]]) -> None:
    points, seg = given
    hold(
        "merged encounters",
        answers(data_dir, "encounters_merged").iter_rows(named=True),
        find("encounter", points, profile="gfw"),
        lambda t: (int(t["vessel_1_id"]), int(t["vessel_2_id"]), t["start_time"]),
        lambda r, _: (*(int(m[2:]) for m in r["participants"]), r["t_start"]),
        lambda t, r, d: (
            at_once(r["t_end"], t["end_time"])
            and close(d["distance_median_m"], 1000 * t["median_distance_km"])
            and close(d["speed_median_kn"], t["median_speed_knots"])
            and sorted(seg[k] for k in d["tracks_1"]) == sorted(t["vessel_1_seg_ids"])
            and (d["reports_1"], d["reports_2"]) == (t["vessel_1_point_count"], t["vessel_2_point_count"])
        ),
    )


@pytest.mark.parametrize("hours", [6, 12])
def test_gaps(data_dir: Path, given: tuple[pl.DataFrame, dict[int, str]], hours: int) -> None:
    found = find("gap", given[0], profile="gfw", duration_min_s=3600 * hours)
    hold(
        f"gaps over {hours} h",
        answers(data_dir, "gaps").filter(pl.col("threshold_h") == hours).iter_rows(named=True),
        found.filter(pl.col("state") == "closed"),
        lambda t: (int(t["ssvid"]), t["OFF_timestamp"]),
        lambda r, _: (int(r["participants"][0][2:]), r["t_start"].timestamp()),
        lambda t, r, d: (
            abs(r["t_end"].timestamp() - t["ON_timestamp"]) <= 1
            and close(d["distance_m"], t["distance_m"])
            and close(d["speed_kn"], t["implied_speed_knots"])
            and d["heard_12h"] == t["positions_hours_before"]
            and d["terrestrial_12h"] == t["positions_hours_before_ter"]
            and d["satellite_12h"] == t["positions_hours_before_sat"]
        ),
    )


def test_daily_loitering(data_dir: Path, given: tuple[pl.DataFrame, dict[int, str]]) -> None:
    points, seg = given
    hold(
        "daily loitering",
        answers(data_dir, "loitering_daily").iter_rows(named=True),
        find("loitering", points, profile="gfw_raw"),
        lambda t: (t["seg_id"], t["loitering_start_timestamp"]),
        lambda r, d: (seg[d["track"]], r["t_start"]),
        lambda t, r, d: (
            at_once(r["t_end"], t["loitering_end_timestamp"])
            and close(d["distance_m"] / 1852, t["tot_distance_nm"])
            and close(d["mean_speed_kn"], t["avg_speed_knots"])
        ),
    )


def test_merged_loitering_joins_daily_rows_that_share_a_message(given: tuple[pl.DataFrame, dict[int, str]]) -> None:
    raw = [d for _, d in events(find("loitering", given[0], profile="gfw_raw"))]
    merged = [d for _, d in events(find("loitering", given[0], profile="gfw", duration_min_s=0, shore_min_m=0.0))]
    assert 0 < len(merged) < len(raw)
    assert sum(d["days"] for d in merged) == len(raw)
    assert sum(d["distance_m"] for d in merged) == pytest.approx(sum(d["distance_m"] for d in raw))


def test_port_visits(data_dir: Path, given: tuple[pl.DataFrame, dict[int, str]]) -> None:
    known = pl.read_csv(data_dir / "geo" / "gfw_anchorage_overrides.csv.gz")
    zones = known.select(
        zone="s2id",
        kind=pl.lit("anchorage"),
        geometry=pl.Series(shapely.to_wkb(shapely.points(known["longitude"], known["latitude"]))),
    )
    hold(
        "port visits",
        answers(data_dir, "port_visits").iter_rows(named=True),
        find("port_visit", given[0], profile="gfw", zones=zones, confidence_min=1),
        lambda t: (int(t["ssvid"]), t["start_timestamp"]),
        lambda r, _: (int(r["participants"][0][2:]), r["t_start"]),
        lambda t, r, d: (
            at_once(r["t_end"], t["end_timestamp"])
            and d["confidence"] == t["confidence"]
            and (d["anchorage_start"], d["anchorage_end"]) == (t["start_anchorage_id"], t["end_anchorage_id"])
            and d["happened"][:20] == t["events"].lower().replace("port_", "").split(",")[:20]
        ),
    )
