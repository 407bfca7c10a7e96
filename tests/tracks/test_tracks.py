"""Tracks and chains."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from makara.tables import table
from makara.tracks import chain, segment, tracks


def test_a_track_says_when_where_and_how_far(line):
    k = tracks(segment(line(lon=179.9, lat=-17.0, kn=12.0, n=13)))
    row = k.row(0, named=True)
    assert k.columns == [c for c in table("tracks").schema if c not in ("source", "t_known", "mark")]
    assert (row["n"], row["quality"], row["joins"]) == (13, "good", None)
    assert row["length_m"] == pytest.approx(2 * 12 * 1852, abs=2)
    assert row["box"]["w"] == pytest.approx(179.9)
    assert row["box"]["e"] == pytest.approx(-179.6825, abs=1e-3)
    table("tracks").conform(k.with_columns(source=pl.lit("s"), t_known=pl.col("t_start"), mark=pl.lit("m")))


def test_quality(line):
    clone = pl.concat([line(n=20), line(lon=40.0, n=20, first=50, start_s=300)])
    assert tracks(segment(clone))["quality"].to_list() == ["overlapping", "overlapping"]
    assert tracks(segment(line(n=9)))["quality"].to_list() == ["short"]
    assert tracks(segment(line(n=2)))["quality"].to_list() == ["noise"]
    assert len(tracks(segment(line(n=0)))) == 0


def test_tracks_of_one_hull_form_a_chain_that_a_clone_does_not_break(line):
    day = 86_400
    parts = [
        line(n=12),
        line(lon=11.0, n=12, first=20, start_s=2 * day),
        line(lon=12.0, n=12, first=40, start_s=4 * day),
    ]
    clone = [line(lon=60.0, n=600, first=1000, start_s=300, kn=1.0)]
    k = tracks(segment(pl.concat([*parts, *clone])))
    c = k.join(chain(k), on="track").sort("t_start")
    hull = c.filter(pl.col("n") < 100)
    assert len(hull) == 3
    assert hull["chain"].unique().to_list() == [hull["track"][0]]
    assert c["chain"].n_unique() == 2


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_order_and_later_reports(messy, seed):
    points = segment(messy(seed))
    k = tracks(points)
    assert_frame_equal(k, tracks(points.sample(fraction=1.0, shuffle=True, seed=1)))
    assert int(k["n"].sum()) == points["track"].count()
    earlier = tracks(points.filter(pl.col("t_seen") < points["t_seen"].median()))
    assert set(earlier["track"]) <= set(k["track"])
    assert k["joins"].drop_nulls().is_unique().all()
