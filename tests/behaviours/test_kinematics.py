"""Features of a track: what they mean, that nothing later than an hour moves them, nor thinning, nor 180 degrees."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from makara.base.errors import InputError
from makara.base.geo import wrap_lon
from makara.base.units import HOUR_S, S_US
from makara.behaviours._activity import model
from makara.behaviours._kinematics import AHEAD_S, FEATURES, Slots, slots
from makara.behaviours._trees import Trees, trees_from
from makara.data import read

T0 = 1_740_000_000 * S_US
few = settings(max_examples=15, derandomize=True, deadline=None, database=None)
Floats = NDArray[np.float64]


def wander(seed: int, hours: float = 20.0, every_s: int = 120) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Times and places of a vessel that sails, tows, lies and turns about."""
    rng = np.random.default_rng(seed)
    t = T0 + np.arange(0, int(hours * HOUR_S), every_s) * S_US
    knots = np.repeat(rng.choice([0.1, 1.0, 3.5, 9.0, 12.0], t.size // 60 + 1), 60)[: t.size]
    course = np.radians(np.cumsum(rng.normal(0, 12, t.size)))
    step = knots * 1852 / 3600 * every_s / 111_200
    return (
        t,
        179.9 + np.cumsum(step * np.sin(course)) / np.cos(np.radians(17)),
        -17.0 + np.cumsum(step * np.cos(course)),
    )


def measured(t: NDArray[np.int64], lon: Floats, lat: Floats, to: int = 2**62, frm: int = 0) -> Slots:
    n = t.size
    unknown = np.full(n, np.nan)
    return slots(np.zeros(n, np.int64), t, wrap_lon(lon), lat, unknown, unknown, np.full(n, T0), frm, to)


def column(found: Slots, name: str) -> NDArray[np.float32]:
    return found.features[:, FEATURES.index(name)]


def test_a_straight_passage_at_ten_knots() -> None:
    t = T0 + np.arange(0, 16 * HOUR_S, 300) * S_US
    lat = -10.0 + np.arange(t.size) * 300 * 10 * 1852 / 3600 / 110_600
    late = measured(t, np.full(t.size, 179.99), lat).features[-8]
    got = dict(zip(FEATURES, late.tolist(), strict=True))
    for name in ("now_kn", "mean_2h_kn", "mean_6h_kn", "mean_12h_kn", "min_2h_kn", "max_2h_kn"):
        assert got[name] == pytest.approx(10.0, rel=0.01)
    assert got["straight_12h"] == pytest.approx(1.0, abs=0.001)
    assert got["turn_6h_deg"] == pytest.approx(0.0, abs=0.5)
    assert got["reach_12h_km"] == pytest.approx(11 * 18.52, rel=0.02)
    assert got["back_12h_km"] == pytest.approx(3.25 * 18.52, rel=0.02)
    assert (got["under_9kn_12h"], got["under_1kn_12h"]) == (0.0, 0.0)
    assert np.isnan(got["sun"])


def test_the_sun_is_told_where_a_vessel_is_slow() -> None:
    t = T0 + np.arange(0, 24 * HOUR_S, 900) * S_US
    sun = column(measured(t, np.full(t.size, -170.0), np.linspace(0, 0.1, t.size)), "sun")
    hour = (t / S_US / 3600 - 170 / 15) % 24
    known = np.isfinite(sun)
    assert known.sum() > 80
    assert np.allclose(sun[known], np.cos((hour[: sun.size][known] - 12) / 12 * np.pi), atol=0.001)


def test_what_lies_still_or_runs_fast_is_plain() -> None:
    t = T0 + np.arange(0, 10 * HOUR_S, 600) * S_US
    still = measured(t, np.full(t.size, 10.0), np.full(t.size, 50.0))
    fast = measured(t, 10.0 + np.arange(t.size) * 0.09, np.full(t.size, 0.0))
    assert still.plain[3:-3].all()
    assert fast.plain[3:-3].all()


@few
@given(seed=st.integers(0, 100), cut=st.floats(2.0, 19.0), frm=st.floats(0.0, 19.0))
def test_nothing_later_than_the_hour_ahead_moves_a_slot(seed: int, cut: float, frm: float) -> None:
    t, lon, lat = wander(seed)
    end, begin = T0 + int(cut * HOUR_S) * S_US, T0 + int(frm * HOUR_S) * S_US
    seen = t < end
    whole, part = measured(t, lon, lat, frm=begin), measured(t[seen], lon[seen], lat[seen], to=end, frm=begin)
    n = len(part.first)
    assert np.array_equal(part.features, whole.features[:n], equal_nan=True)
    assert np.array_equal(part.plain, whole.plain[:n])
    assert all(t[i] + AHEAD_S * S_US >= end for i in whole.first[n:])


@few
@given(seed=st.integers(0, 100), shift=st.floats(-360, 360))
def test_180_degrees_is_a_place_as_any_other(seed: int, shift: float) -> None:
    t, lon, lat = wander(seed)
    here, there = (np.delete(measured(t, x, lat).features, FEATURES.index("sun"), 1) for x in (lon, lon + shift))
    assert np.allclose(here, there, atol=0.0021, equal_nan=True)


@pytest.mark.parametrize(("every", "least"), [(5, 0.97), (15, 0.8)])
def test_thinning_to_ten_minutes_and_half_an_hour_moves_speeds_little(every: int, least: float) -> None:
    close = []
    for seed in range(8):
        t, lon, lat = wander(seed)
        dense, thin = measured(t, lon, lat), measured(t[::every], lon[::every], lat[::every])
        at = np.searchsorted(dense.first, thin.first * every, side="right") - 1
        for name in ("mean_2h_kn", "mean_6h_kn", "mean_12h_kn"):
            a, b = column(dense, name)[at], column(thin, name)
            both = np.isfinite(a) & np.isfinite(b)
            close.append(np.abs(a - b)[both] <= 0.5)
    assert np.concatenate(close).mean() >= least


def by_hand(trees: Trees, row: NDArray[np.float32]) -> Floats:
    """Probabilities by walking each tree of the file in plain Python."""
    with np.load(BytesIO(read("fishing.npz"))) as file:
        feature, threshold, left, missing, value, roots, base = (
            file[c] for c in ("feature", "threshold", "left", "missing", "value", "roots", "base")
        )
    sums = np.array(base, float)
    for tree in range(roots.shape[0]):
        for c in range(roots.shape[1]):
            node = roots[tree, c]
            while feature[node] >= 0:
                v = row[feature[node]]
                stays = missing[node] if np.isnan(v) else v <= threshold[node]
                node = left[node] + (0 if stays else 1)
            sums[c] += value[node]
    e = np.exp(sums / trees.about["temperature"] - (sums / trees.about["temperature"]).max())
    return np.asarray(e / e.sum())


def test_the_compiled_walk_is_the_plain_one() -> None:
    rng = np.random.default_rng(1)
    rows = rng.uniform(0, 12, (70, len(FEATURES))).astype(np.float32)
    rows[rng.random(rows.shape) < 0.2] = np.nan
    got = model().p(rows)
    assert np.allclose(got.sum(1), 1.0)
    for k in range(0, 70, 7):
        assert np.allclose(got[k], by_hand(model(), rows[k]), atol=1e-9)


def test_a_broken_model_file_says_so() -> None:
    with pytest.raises(InputError, match="install makara again"):
        trees_from(read("fishing.npz")[:1000], "fishing.npz")
    with pytest.raises(InputError, match="coast"):
        trees_from(read("coast.zip"), "coast.zip")
