"""Segment: laws (order, splits, longitude) as properties; clones, spikes and duplicates as cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import h3
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from makara.base import geo, ids
from makara.base.errors import ColumnsError, NotFoundError
from makara.tables import table
from makara.tracks import left_out, segment

T0 = datetime(2026, 3, 1, tzinfo=UTC)


PROPERTY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@PROPERTY
@given(st.integers(0, 10_000))
def test_order_of_the_input_changes_nothing(messy, seed):
    reports = messy(seed)
    assert_frame_equal(segment(reports), segment(reports.sample(fraction=1.0, shuffle=True, seed=seed)))


@PROPERTY
@given(st.integers(0, 10_000), st.lists(st.integers(0, 244), min_size=1, max_size=4), st.booleans())
def test_any_split_in_time_changes_nothing(messy, berth, seed, cuts, trim):
    reports = pl.concat([messy(seed), berth(seed, n=20).drop("hull")]).sort("t_seen")
    times = sorted({reports["t_seen"][k] for k in cuts})
    parts, done = [], None
    for a, b in zip([None, *times], [*times, None], strict=True):
        inside = (pl.lit(True) if a is None else pl.col("t_seen") >= a) & (
            pl.lit(True) if b is None else pl.col("t_seen") < b
        )
        context = done.filter(pl.col("t_seen") >= a - timedelta(hours=24)) if trim and done is not None else done
        parts.append(segment(reports.filter(inside), context=context))
        done = pl.concat(parts)
    assert_frame_equal(done.sort("mover", "t_seen", "report"), segment(reports))


@PROPERTY
@given(st.integers(0, 10_000), st.sampled_from([180.0, 140.5, -163.25]))
def test_shifting_longitudes_across_180_changes_no_track(messy, seed, shift):
    reports = messy(seed)
    moved = reports.with_columns(lon_deg=geo.wrap_lon(reports["lon_deg"].to_numpy() + shift))
    columns = ["report", "track", "flags"]
    assert_frame_equal(segment(reports).select(columns), segment(moved).select(columns))


def test_columns_types_and_key(line):
    out = segment(line(n=3).with_columns(mark=pl.lit("m"), transponder=pl.lit("class_a"), mmsi=pl.lit(1), odd=1))
    schema = table("track_points").schema
    assert out.columns == [c for c in schema if c not in ("source", "t_known", "mark")] + [
        "mmsi",
        "transponder",
        "mark",
    ]
    assert all(out.schema[c] == schema[c] for c in out.columns if c in schema)
    assert out["track"].unique().to_list() == ids.bulk(pl.Series(["makara"]), pl.Series([100_000])).to_list()
    assert out["receiver"].to_list() == ["unknown"] * 3


def test_cells_are_those_of_h3(line):
    out = segment(pl.concat([line(mover=k, lon=179.5, lat=lat, n=5) for k, lat in enumerate((-80, 0, 64.2, 89.9), 1)]))
    for row in out.iter_rows(named=True):
        assert h3.int_to_str(row["h3_3"]) == h3.latlng_to_cell(row["lat_deg"], row["lon_deg"], 3)


def test_a_shared_mmsi_gives_two_parallel_tracks(line):
    other = line(lon=30.0, n=20, first=50, start_s=300)
    out = segment(pl.concat([line(n=20), other])).join(
        other.select("report", twin=pl.lit(True)), on="report", how="left"
    )
    kept = out.filter(pl.col("track").is_not_null())
    assert kept.group_by("track").agg(pl.col("twin").n_unique())["twin"].to_list() == [1, 1]
    assert len(kept) == 39  # the twin's first report waited for its second
    assert out.filter(pl.col("track").is_null())["flags"].to_list() == [["too_fast"]]


@pytest.mark.parametrize("seed", range(4))
def test_hulls_moored_side_by_side_under_one_mmsi_become_as_many_tracks(berth, seed):
    reports = berth(seed)
    points = segment(reports.drop("hull")).join(reports.select("report", "hull"), on="report")
    late = points.filter(pl.col("t_seen") >= T0 + timedelta(minutes=2))
    assert late["track"].null_count() == 0
    per_track = late.group_by("track").agg(pl.col("hull").n_unique(), pl.len())
    assert (per_track.sort("len", descending=True)["hull"].head(4) == 1).all()
    assert late.group_by("hull").agg(pl.col("track").mode().first())["track"].n_unique() == 4


@pytest.mark.parametrize("wander_m", [5.0, 15.0, 30.0])
def test_one_moored_hull_whose_fixes_wander_stays_one_track(berth, wander_m):
    one = berth(1, hulls=1, n=400)
    rng = np.random.default_rng(5)
    x, y = geo.destination(one["lon_deg"], one["lat_deg"], rng.uniform(0, 360, 400), rng.exponential(wander_m, 400))
    assert segment(one.with_columns(lon_deg=x, lat_deg=y))["track"].n_unique() == 1


def test_a_single_outlier_is_flagged_and_makes_no_track(line):
    spike = line(lon=10.4, lat=52.0, n=1, first=90, start_s=3333)
    out = segment(pl.concat([line(n=20), spike]))
    assert out["track"].n_unique() == 2
    assert out.filter(pl.col("track").is_null())["report"].to_list() == spike["report"].to_list()


def test_repetitions_by_other_stations_are_flagged(line):
    a = line(n=10)
    b = a.with_columns(pl.col("report") + 50, pl.col("t_seen") + timedelta(seconds=2))
    out = segment(pl.concat([a, b]))
    assert out.filter(pl.col("track").is_null())["report"].to_list() == b["report"].to_list()
    assert out.filter(pl.col("track").is_null())["flags"].to_list() == [["duplicate"]] * 10


@pytest.mark.parametrize(("kn", "n"), [(28.0, 1), (45.0, 1), (0.0, 1)])
def test_a_hull_keeps_its_track_at_any_speed_it_states(line, kn, n):
    assert segment(line(kn=kn, n=30))["track"].n_unique() == n


def test_a_hull_that_states_no_speed_keeps_its_track_up_to_30_knots(line):
    assert segment(line(kn=29.0, n=30, step_s=3600, state=False))["track"].n_unique() == 1
    assert segment(line(kn=60.0, n=2, step_s=3600, state=False))["track"].null_count() == 1


def test_silence_over_24_hours_ends_a_track(line):
    out = segment(pl.concat([line(n=5), line(n=5, first=10, start_s=4 * 600 + 86_401)]))
    assert out["track"].n_unique() == 2
    assert out["track"].null_count() == 0


def test_rows_without_place_or_time_are_left_out(line):
    bad = line(n=6).with_columns(
        lon_deg=pl.Series([None, 181.0, 10.0, 10.0, 180.0, float("nan")]),
        lat_deg=pl.Series([50.0, 50.0, 91.0, 50.0, 50.0, 50.0]),
        t_seen=pl.Series([*[T0] * 3, None, T0, T0], dtype=pl.Datetime("us", "UTC")),
    )
    with pytest.warns(UserWarning, match="leaves out 2 of 6 rows"):
        assert segment(bad)["lon_deg"].to_list() == [-180.0]
    assert len(segment(bad.head(0))) == 0
    assert left_out(bad)["reason"].to_list() == ["missing_value", "bad_place", "bad_place", "no_time", "missing_value"]


def test_every_row_is_a_point_or_told_to_be_left_out(messy):
    given = pl.concat([messy(3), messy(3).head(7)])
    odd = given.with_columns(
        lon_deg=pl.when(pl.int_range(pl.len()) % 11 == 4).then(200.0).otherwise("lon_deg"),
        lat_deg=pl.when(pl.int_range(pl.len()) % 13 == 5).then(None).otherwise("lat_deg"),
    )
    with pytest.warns(UserWarning):
        points = segment(odd)
    told = left_out(odd)
    assert len(points) + len(told) == len(odd)
    assert set(told["reason"]) == {"bad_place", "missing_value", "repeated"}
    with pytest.raises(ColumnsError, match="left_out: missing column lat_deg"):
        left_out(odd.drop("lat_deg"))


def test_longitudes_from_0_to_360_give_the_tracks_of_those_from_minus_180(line):
    over = line(lon=179.9, lat=-17.0, n=30)
    west = pl.col("lon_deg") < 0
    pacific = over.with_columns(lon_deg=pl.when(west).then(pl.col("lon_deg") + 360.0).otherwise("lon_deg"))
    assert over.filter(west).height > 10
    assert_frame_equal(segment(pacific), segment(over))
    assert len(left_out(pacific)) == 0
    mixed = pl.concat([pacific, line(mover=2, lon=-20.0)])  # both conventions in one table: nobody can tell
    with pytest.warns(UserWarning, match="longitude"):
        assert len(segment(mixed)) + len(left_out(mixed)) == len(mixed)


def test_the_same_report_twice_counts_once(line):
    assert len(segment(pl.concat([line(n=5), line(n=5)]))) == 5


def test_errors_name_what_is_missing(line):
    with pytest.raises(ColumnsError, match="lat_deg"):
        segment(line().drop("lat_deg"))
    with pytest.raises(ColumnsError, match="segment: "):
        segment(line().with_columns(lon_deg=pl.lit("east")))
    with pytest.raises(NotFoundError, match="makara"):
        segment(line(), profile="none")


def test_an_mmsi_crowd_stays_bounded_and_resumable(line):
    crowd = pl.concat(
        [line(lon=float(k), lat=0.0, n=6, step_s=3600, start_s=k * 7, first=k * 10) for k in range(-60, 60, 2)]
    )
    whole = segment(crowd)
    cut = T0 + timedelta(hours=3)
    a = segment(crowd.filter(pl.col("t_seen") < cut))
    b = segment(crowd.filter(pl.col("t_seen") >= cut), context=a)
    assert_frame_equal(pl.concat([a, b]), whole)
