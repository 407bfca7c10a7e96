"""Reporting intervals, silence, thinning, duplicates, late passes."""

from __future__ import annotations

import numpy as np
import pytest

from makara.exercise import radio
from makara.exercise.fleet import Fleet, Register, assemble
from makara.exercise.motion import Track

SPAN_S = 7200


def steady(sog_kn: float, status: int = 0, turn_deg_min: float = 0.0, lon: float = 98.3) -> Track:
    n = SPAN_S // 10 + 1
    flat = np.ones(n)
    heading = (np.arange(n) * turn_deg_min / 6.0) % 360.0
    return Track(lon * flat, 7.8 * flat, sog_kn * flat, heading, heading, np.full(n, status), ())


def fleet(*ships: tuple[str, Track], silent: tuple[tuple[float, float], ...] = ()) -> Fleet:
    register = Register(np.random.default_rng(1))
    return assemble([register.launch(kind, track, silent=silent) for kind, track in ships])


@pytest.mark.parametrize(
    ("kind", "track", "interval_s"),
    [
        ("cargo", steady(0.1, status=1), 180.0),
        ("cargo", steady(4.0, status=1), 10.0),
        ("cargo", steady(0.0, status=5), 180.0),
        ("cargo", steady(12.0), 10.0),
        ("cargo", steady(12.0, turn_deg_min=60.0), 10.0 / 3.0),
        ("cargo", steady(18.0), 6.0),
        ("cargo", steady(18.0, turn_deg_min=60.0), 2.0),
        ("ferry", steady(28.0), 2.0),
        ("yacht", steady(6.0), 30.0),
        ("yacht", steady(1.0), 180.0),
    ],
)
def test_intervals_of_m1371(kind: str, track: Track, interval_s: float) -> None:
    _, when = radio.transmissions(fleet((kind, track)), 5)
    steps = np.diff(when[when > 60.0])
    assert np.median(steps) == pytest.approx(interval_s, rel=0.03)
    assert (np.abs(steps - interval_s) <= 0.051 * interval_s).all()


def test_no_transponder_and_silence_say_nothing() -> None:
    who, when = radio.transmissions(
        fleet(("cargo", steady(12.0)), ("skiff", steady(12.0)), silent=((600.0, 3000.0),)), 5
    )
    assert set(who) == {0}
    assert not ((when >= 600.0) & (when < 3000.0)).any()
    assert ((when < 600.0).sum() > 50) and ((when > 3000.0).sum() > 400)


def test_stations_forward_one_position_a_minute_and_few_duplicates() -> None:
    heard = radio.listen(fleet(("cargo", steady(12.0)), ("yacht", steady(6.0))), (), 9)
    near = next(h for h in heard if h.what == "position" and not h.satellite)
    t = np.unique(near.t[near.vessel == 0])
    assert np.diff(t).min() >= radio.FORWARD_S
    assert 100 <= len(t) <= 125


def test_range_ends_smoothly() -> None:
    ships = [("cargo", steady(12.0, lon=lon)) for lon in (97.9, 97.68, 97.45, 96.5)]
    near = radio.listen(fleet(*ships), (), 9)[0]
    count = np.bincount(near.vessel, minlength=4)
    assert count[0] > 100
    assert count[3] == 0
    assert (np.diff(count) <= 5).all()


def test_passes_come_often_and_some_data_late() -> None:
    passes = radio.passes(np.random.default_rng(2), 86_400.0)
    starts = np.array([p.t_start for p in passes if p.region == 1])
    assert np.diff(starts).max() < 2.0 * 3600.0
    assert all(120.0 < p.t_end - p.t_start < 700.0 or p.t_end == 86_400.0 for p in passes)
    late = np.array([p.t_known - p.t_end for p in passes])
    assert (late >= 0.0).all()
    assert 0.1 < (late > 1.9 * 3600.0).mean() < 0.4
