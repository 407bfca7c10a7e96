"""Stations' clocks: what is found, what is left open, what it does to tracks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from makara.base import geo
from makara.tracks import _heard, clocks, off_between, segment, touched
from makara.tracks.clocks import off_minutes, off_of

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def _jumps(points: pl.DataFrame) -> int:
    """Reports of a mover that no hull could make after the one before: further than 1 km at over 50 kn."""
    p = points.sort("mover", "t_seen")
    x, y = p["lon_deg"].to_numpy(), p["lat_deg"].to_numpy()
    away = geo.distance_m(x[:-1], y[:-1], x[1:], y[1:])
    dt = np.diff(p["t_seen"].to_physical().to_numpy()) / 1e6
    same = np.diff(p["mover"].to_numpy()) == 0
    return int((same & (away > 1000) & (away > 50 * 0.5144 * dt)).sum())


def off(reports: pl.DataFrame) -> pl.DataFrame:
    return clocks(reports).filter(pl.col("off"))


@pytest.mark.parametrize("wrong_s", [600.0, -600.0, 45.0, 5400.0])
def test_a_satellite_with_a_wrong_clock_is_found(sea, wrong_s):
    found = off(sea(wrong_s=wrong_s))
    assert found["station"].unique().to_list() == ["SAT"]
    assert found["offset_s"].to_numpy() == pytest.approx(wrong_s, abs=15)
    right = clocks(sea(wrong_s=wrong_s)).filter(pl.col("station") != "SAT", pl.col("off").is_not_null())
    assert len(right)
    assert not right["off"].any()


@pytest.mark.parametrize("wrong_s", [0.0, 12.0, -20.0])
def test_small_differences_are_no_fault(sea, wrong_s):
    verdicts = clocks(sea(wrong_s=wrong_s))
    assert not verdicts["off"].fill_null(False).any()
    assert verdicts["off"].eq(False).any()


def test_a_minority_cannot_be_told(sea):
    """Two stations that differ: either may be wrong. One vessel: it may be the vessel."""
    assert off(sea(stations=("A",))).is_empty()
    assert off(sea(movers=2)).is_empty()
    assert clocks(sea().with_columns(station=pl.lit(None, pl.String))).is_empty()
    assert clocks(sea().with_columns(sog_kn=pl.lit(0.0, pl.Float32))).is_empty()


def test_a_wrong_clock_that_is_put_back_between_hours_is_followed_to_the_minute(sea):
    """Wrong by ten minutes from 01:00 to 02:00: by its own clock from 01:10 to 02:10."""
    found = off(sea(wrong_from=3600, wrong_to=7200))
    assert found["hour"].to_list() == [T0 + timedelta(hours=1)]
    assert abs(found["t_to"][0] - (T0 + timedelta(hours=2, minutes=10))) <= timedelta(minutes=2)


def test_what_looks_like_spoofing_is_a_clock(sea):
    """The satellite hears five ships ten minutes late: they seem to jump two miles back and forth, as if cloned."""
    reports = sea(wrong_s=600.0)
    believed = segment(reports.drop("station"))
    checked = segment(reports)
    wrong = reports.filter(pl.col("station") == "SAT")
    flags = checked.join(wrong, on="report", how="semi")
    assert (flags["flags"].list.first() == "clock_off").all()
    assert flags["track"].null_count() == len(flags)
    kept = checked.filter(pl.col("track").is_not_null())
    assert kept["track"].n_unique() == kept["mover"].n_unique()
    assert believed.filter(pl.col("track").is_not_null())["track"].n_unique() > kept["track"].n_unique()
    assert _jumps(believed) > 100
    assert _jumps(kept) == 0


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_order_changes_nothing(sea, seed):
    reports = sea(wrong_s=300.0)
    assert_frame_equal(clocks(reports), clocks(reports.sample(fraction=1.0, shuffle=True, seed=seed)))


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 4 * 60), st.integers(1, 60))
def test_verdicts_change_only_where_new_reports_reach(sea, start_min, minutes):
    """Reports between two instants change verdicts within ``touched`` only, and these follow from reports around."""
    reports = sea(wrong_s=600.0, wrong_from=3600, wrong_to=9000)
    first = T0 + timedelta(minutes=start_min)
    last = first + timedelta(minutes=minutes)
    before = reports.filter(~pl.col("t_seen").is_between(first, last))
    frm, to = touched(first, last)
    was, now = off_minutes(clocks(before)), off_minutes(clocks(reports))
    outside = (pl.col("minute") < frm) | (pl.col("minute") >= to)
    assert_frame_equal(was.filter(outside), now.filter(outside))
    assert_frame_equal(off_between(reports, frm, to), now.filter(~outside))


@pytest.mark.parametrize("cells", [_heard.CELLS_MAX, 0])
@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.sampled_from([5.0, 30.0, 33.0, 300.0]))
def test_what_is_plainly_right_need_not_be_looked_at(cells, seed, wrong_s):
    """Minutes found with and without a verdict on every station-hour: noisy clocks, some of them off for a while."""
    rng = np.random.default_rng(seed)
    movers, n = 12, 90
    t = np.sort(rng.integers(0, 5 * 3600, (movers, n)), axis=1).ravel()
    station = rng.choice(5, movers * n, p=[0.3, 0.3, 0.2, 0.15, 0.05])
    wrong = np.array([(0.0, wrong_s)[int(k)] for k in rng.integers(0, 2, 5)])
    shown = t + wrong[station] * (t % 10_000 < 6_000) + rng.normal(0.0, 8.0, movers * n)
    reports = pl.DataFrame(
        {
            "report": np.arange(movers * n),
            "mover": np.repeat(np.arange(movers), n),
            "t_seen": pl.Series((shown * 1e6).astype(np.int64)).cast(pl.Duration("us")) + T0,
            "lon_deg": np.repeat(rng.uniform(-180, 180, movers), n),
            "lat_deg": np.repeat(rng.uniform(-60, 60, movers), n) + t * 10.0 / 3600.0 / 60.0,
            "sog_kn": pl.Series(np.full(movers * n, 10.0), dtype=pl.Float32),
            "cog_deg": pl.Series(np.zeros(movers * n), dtype=pl.Float32),
            "station": pl.Series([f"s{k}" for k in station]),
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_heard, "CELLS_MAX", cells)
        assert_frame_equal(off_of(reports), off_minutes(clocks(reports)))


def test_longitudes_across_180_and_over_the_pole(sea):
    for lon, lat in ((179.9, -17.0), (10.0, 89.7)):
        found = off(sea(wrong_s=600.0, lon=lon, lat=lat))
        assert found["station"].unique().to_list() == ["SAT"]
        assert np.abs(found["offset_s"].to_numpy() - 600.0).max() < 20
