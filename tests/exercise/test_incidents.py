"""Incidents: false places, changed numbers, plots of radars, wrong clocks; small craft; look-alikes of a quiet sea."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
from case_reading import Read, seconds

from makara.base import geo
from makara.behaviours import names
from makara.exercise import START, Case
from makara.exercise.feed import _SLOW_CLOCK, _as_stamped
from makara.exercise.places import STATIONS
from makara.exercise.world import bridged, runs


def _events(case: Read, kind: str) -> list[dict[str, object]]:
    return [e for e in case.truth["events"] if e["kind"] == kind and e["planted"]]


def test_a_false_place_is_heard_where_the_vessel_is(sea_case: Read) -> None:
    """What a lying transponder states lies far off, and the stations that receive it are those near the vessel."""
    at = {s.name: (s.lon, s.lat) for s in STATIONS}
    liars = [v for v in sea_case.truth["vessels"] if v["false_position"]]
    planted = {e["mmsi"][0] for e in _events(sea_case, "spoofing")}
    assert len(planted) >= 2
    for v in liars:
        if v["mmsi"] not in planted:
            continue
        ((a, b),) = v["false_position"]
        rows = [
            (t, m.lon, m.lat, s)
            for f, t, s, m in sea_case.messages
            if m.msg_type in (1, 3) and m.mmsi == v["mmsi"] and "terr" in f
        ]
        inside = [r for r in rows if seconds(a) + 2 <= r[0] - START.timestamp() <= seconds(b) - 2]
        assert len(inside) >= 5
        far = [float(geo.distance_m(x, y, *at[s])) for _, x, y, s in inside]
        outside = [float(geo.distance_m(x, y, *at[s])) for t, x, y, s in rows if (t, x, y, s) not in inside]
        assert max(outside, default=0.0) < 110_000.0
        same = len({(x, y) for _, x, y, _ in inside}) == 1
        assert same or max(far) > 60_000.0, "repeats one place, or is told from where no station could hear it"


def test_a_number_changed_at_sea_is_heard_before_and_after(sea_case: Read) -> None:
    (e,) = [e for e in _events(sea_case, "identity") if len(e["mmsi"]) > 1 and len(e["vessels"]) == 1]  # type: ignore[arg-type]
    old, new = (np.array([p[0] for p in sea_case.positions(m)]) for m in e["mmsi"])  # type: ignore[attr-defined]
    assert len(old) > 10
    assert len(new) > 10
    assert old.max() < new.min()
    assert seconds(str(e["t_start"])) < new.min() < seconds(str(e["t_end"]))


def test_coastal_radars_plot_without_lengths_every_six_minutes(sea_case: Read) -> None:
    looks = {f["properties"]["collection"]: f["properties"] for f in sea_case.json("collections.geojson")["features"]}
    plots = [r for r in sea_case.rows("detections.csv") if r["sensor"] == "radar"]
    assert len(plots) > 50
    for r in plots:
        look = looks[r["collection"]]
        assert r["length_m"] == ""
        if sea_case.truth["detections"][r["detection"]]:
            late = seconds(r["t_seen"]) - seconds(look["t_start"]) - 20.0
            assert abs(late / 360.0 - round(late / 360.0)) < 1e-3
    assert {p["sensor"] for p in looks.values()} >= {"radar", "patrol"}


def test_attackers_come_fast_and_are_seen_coming(sea_case: Read) -> None:
    """Plots of a skiff before it reaches the ship are as far apart as its speed makes them."""
    rows = {r["detection"]: r for r in sea_case.rows("detections.csv")}
    attacks = _events(sea_case, "piracy_approach")
    assert len(attacks) == 2
    fastest = []
    for e in attacks:
        for skiff in e["vessels"][1:]:  # type: ignore[index]
            own = sorted((seconds(rows[d]["t_seen"]), float(rows[d]["lon"]), float(rows[d]["lat"]))
                         for d in e["detections"] if sea_case.truth["detections"][d] == skiff)  # type: ignore[attr-defined]  # fmt: skip
            t, lon, lat = np.array(own).T
            fastest.append((geo.distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]) / np.diff(t)).max() * 3600 / 1852)
    assert 15.0 < max(fastest) < 34.0


def test_one_station_stamps_its_lines_with_a_wrong_clock_for_a_while() -> None:
    name, first, last, wrong_s = _SLOW_CLOCK
    k, other = [s.name for s in STATIONS].index(name), 0 if STATIONS[0].name != name else 1
    t = np.arange(0, 86_400, 600)
    said = _as_stamped(t, np.full(len(t), k), 0, 86_400.0)
    off = said != t
    assert set((said - t)[off]) == {wrong_s}
    assert abs(off.sum() * 600 - (last - first) * 86_400) <= 600
    assert (_as_stamped(t, np.full(len(t), other), 0, 86_400.0) == t).all()
    assert (_as_stamped(t, np.full(len(t), k), 0, 6 * 3600.0) == t).all(), "short exercises keep their clocks"


def test_a_quiet_sea_keeps_the_look_alikes(quiet_case: Case, sea_case: Read) -> None:
    """Who is there in a quiet sea besides traffic: those that look like something, each with a motion of its own."""
    quiet = Counter(v["class"] for v in json.loads(quiet_case.files["truth.json"])["vessels"])
    assert quiet["survey"] == 2
    assert quiet["cable_ship"] == 1
    assert quiet["dhow"] >= 1
    assert quiet["skiff"] >= 4
    assert "fastboat" not in quiet
    assert Counter(v["class"] for v in sea_case.truth["vessels"])["fastboat"] == 2


def test_every_listed_vessel_is_on_the_air_and_some_only_look_like_one(sea_case: Read) -> None:
    rows = sea_case.rows("lists.csv")
    listed = {int(r["mmsi"]) for r in rows if r["list"] == "iuu"}
    visits = {m for e in _events(sea_case, "first_visit") for m in e["mmsi"]}  # type: ignore[attr-defined]
    assert visits and visits < listed
    named = {m.mmsi for *_, m in sea_case.messages if m.msg_type == 5 and m.shipname.strip() in
             {r["name"] for r in rows if r["list"] == "iuu"}}  # fmt: skip
    assert named - listed, "a namesake"


def test_a_day_plants_every_kind_of_event_twice_and_shows_it(long_case: Case) -> None:
    truth = json.loads(long_case.files["truth.json"])
    shown = Counter(e["kind"] for e in truth["events"] if e["planted"] and e["observable"])
    wanted = {*names(), "piracy_approach", "mother_ship", "mother_daughter", "dark_rendezvous", "anomaly", "drop_off",
              "disabling", "go_fast", "cable", "ship_to_ship", "drifting", "first_visit", "speed_range", "port_visit",
              "transshipment", "fishing", "spoofing"}  # fmt: skip
    assert {k: shown[k] for k in wanted - {"anomaly"} if shown[k] < 2} == {}
    assert sum(e["kind"] == "anomaly" and e["planted"] for e in truth["events"]) == 2
    assert not shown["anomaly"], "without other ships nothing is unusual"


def test_runs_and_bridges() -> None:
    mask = np.array([0, 1, 1, 0, 1, 0, 0, 1], bool)
    assert list(runs(mask)) == [(1, 3), (4, 5), (7, 8)]
    assert list(runs(bridged(mask, 1))) == [(1, 5), (7, 8)]
    assert list(runs(bridged(mask, 2))) == [(1, 8)]
