"""Emissions of one emitter tied together, whatever their order; ellipses of other confidence."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makara.base import geo
from makara.sensors.rf import clusters, fuse, scale_to_95

T0 = datetime(2026, 3, 1, 4, tzinfo=UTC)
COLUMNS = ("t_seen", "lon_deg", "lat_deg", "semi_major_m", "semi_minor_m", "orientation_deg", "freq_hz", "emitter",
           "collection", "detection")  # fmt: skip


def emission(
    at_s: float = 0.0, east_m: float = 0.0, north_m: float = 0.0, *, lon: float = 180.0, lat: float = -17.5, **more: Any
) -> dict[str, Any]:
    bearing, way = np.degrees(np.arctan2(east_m, north_m)), float(np.hypot(east_m, north_m))
    x, y = geo.destination(lon, lat, bearing, way)
    row = {
        "t_seen": T0 + timedelta(seconds=at_s), "lon_deg": float(x), "lat_deg": float(y), "semi_major_m": 4000.0,
        "semi_minor_m": 1000.0, "orientation_deg": 0.0, "freq_hz": 9.41e9, "emitter": "x_band_radar",
        "collection": "co1", "detection": None,
    }  # fmt: skip
    return row | more


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    kinds = {"emitter": pl.String, "collection": pl.String, "detection": pl.String, "t_seen": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema={c: kinds.get(c, pl.Float64) for c in COLUMNS})


def tied(*rows: dict[str, Any], **more: float) -> list[int]:
    found: list[int] = clusters(frame(*rows), **more).to_list()
    return found


def test_repeated_emissions_across_180_are_one_emitter() -> None:
    rows = [emission(10.0 * k, 300.0 * (k - 2), 100.0 * k) for k in range(5)]
    assert {r["lon_deg"] < 0 for r in rows} == {True, False}
    assert tied(*rows) == [0] * 5


@pytest.mark.parametrize(
    ("other", "one"),
    [
        (emission(5, north_m=5000.0), True),  # along the long axes
        (emission(5, east_m=5000.0), False),  # across them
        (emission(5, east_m=5000.0, orientation_deg=90.0), False),
        (emission(600, east_m=9000.0), True),  # 30 kn for ten minutes are 9 km
        (emission(600, east_m=13_000.0), False),
        (emission(901), False),
        (emission(5, freq_hz=9.4105e9), True),
        (emission(5, freq_hz=9.412e9), False),
        (emission(5, freq_hz=None), True),
        (emission(5, emitter="s_band_radar"), False),
        (emission(5, emitter=None), True),
        (emission(5, collection="co2"), False),
        (emission(5, east_m=5000.0, semi_major_m=None, semi_minor_m=None), True),
    ],
)
def test_what_ties_two_emissions(other: dict[str, Any], one: bool) -> None:
    assert len(set(tied(emission(), other))) == (1 if one else 2)


def test_neighbouring_vhf_channels_stay_apart() -> None:
    assert tied(emission(freq_hz=156.8e6), emission(1, freq_hz=156.825e6)) in ([0, 1], [1, 0])


def test_a_row_of_anchored_ships_is_not_chained_into_one() -> None:
    rows = [emission(k, east_m=1200.0 * k) for k in range(12)]  # each within the next one's ellipse
    found = tied(*rows)
    assert len(set(found)) > 3
    for c in set(found):
        mine = [k for k, x in enumerate(found) if x == c]
        assert max(mine) - min(mine) <= 2, "every two of a cluster agree"


def test_the_best_placed_emission_stands_for_its_cluster() -> None:
    rows = frame(emission(0), emission(5, semi_major_m=1500.0), emission(9), emission(9, east_m=30_000.0))
    kept = fuse(rows.with_columns(flags=pl.lit(["x"], pl.List(pl.String))), clusters(rows))
    assert kept["t_seen"].to_list() == [T0 + timedelta(seconds=5), T0 + timedelta(seconds=9)]
    assert kept["flags"].to_list() == [["x", "emissions:3"], ["x"]]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(-3, 3), st.integers(-3, 3), st.integers(0, 2)), max_size=14),
       st.randoms(use_true_random=False))  # fmt: skip
def test_order_changes_nothing(drawn: list[tuple[int, int, int, int]], mixed: random.Random) -> None:
    rows = [emission(60.0 * t, 900.0 * x, 2500.0 * y, freq_hz=9.41e9 + 6e5 * f) for t, x, y, f in drawn]
    order = list(range(len(rows)))
    mixed.shuffle(order)
    a, b = tied(*rows), tied(*(rows[k] for k in order))
    back = {k: b[i] for i, k in enumerate(order)}
    same = {(tuple(rows[k].values()), a[k]) for k in order} == {(tuple(rows[k].values()), back[k]) for k in order}
    assert same, "equal numbers, whatever the order"


def test_a_months_passes_over_one_port_stay_apart_and_are_quick() -> None:
    rows = [emission(86_400.0 * d + k, 50.0 * k, collection=None) for d in range(300) for k in range(5)]
    found = tied(*rows)
    assert found == [d for d in range(300) for _ in range(5)]


def test_confidence_scales_as_a_rayleigh_quantile() -> None:
    given_ = pl.DataFrame({"c": [0.95, 95.0, 0.393469340287, 50.0, 0.99, 0.0, 100.0, -1.0, None]})
    found = given_.select(scale_to_95(pl.col("c"))).to_series().to_list()
    assert found[:5] == pytest.approx([1.0, 1.0, 2.4477, 2.0789, 0.8066], abs=1e-4)
    assert found[5:] == [None] * 4
    draws = np.random.default_rng(3).normal(size=(200_000, 2))
    inside = (np.hypot(*draws.T) < found[3] * np.sqrt(-2 * np.log(0.5))).mean()
    assert inside == pytest.approx(0.95, abs=0.002)
