"""A whole exercise: form, determinism, nothing on land, incidents planted and visible."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

import numpy as np
import pytest
import shapely
from case_reading import LINE, Read, on_land, seconds
from shapely.geometry import shape

from makara.base import geo
from makara.base.errors import UsageError
from makara.exercise import START, Case, simulate
from makara.exercise.detections import SLANT_M, azimuth_shift_m
from makara.exercise.looks import Look, scene

FILES = {"reports_terrestrial.nmea.gz", "reports_satellite.nmea.gz", "known.csv", "detections.csv", "truth.json",
         "collections.geojson", "zones.geojson", "authorisations.csv", "lists.csv"}  # fmt: skip


def test_same_seed_same_bytes_and_another_seed_another_sea(quiet_case: Case) -> None:
    assert simulate(7, hours=4, vessels=40, quiet=True, land=on_land) == quiet_case
    other = simulate(8, hours=4, vessels=40, quiet=True, land=on_land)
    same = {k for k in FILES if other.files[k] == quiet_case.files[k]}
    assert same == {"zones.geojson"}


def test_nothing_is_on_land(sea_case: Read) -> None:
    lied = {v["mmsi"] for v in sea_case.truth["vessels"] if v["false_position"]}
    own = [m for *_, m in sea_case.messages if m.msg_type in (1, 3, 18, 27) and m.mmsi not in lied]
    lon, lat = (np.array([getattr(m, c) for m in own]) for c in ("lon", "lat"))
    assert len(lon) > 5000
    exact = np.array([m.msg_type != 27 for m in own])
    assert not on_land(lon[exact], lat[exact]).any()
    found = {k for k, v in sea_case.truth["detections"].items() if v is None}
    alarms = [r for r in sea_case.rows("detections.csv") if r["detection"] in found]
    assert not on_land(np.array([float(r["lon"]) for r in alarms]), np.array([float(r["lat"]) for r in alarms])).any()


def test_all_files_are_there_and_parse(sea_case: Read) -> None:
    assert set(sea_case.case.files) == FILES
    assert sea_case.case.name == "exercise-7"
    for name in ("zones.geojson", "collections.geojson"):
        for f in sea_case.json(name)["features"]:
            g = shape(f["geometry"])
            assert g.is_valid
            assert -180.0 <= g.bounds[0] <= g.bounds[2] <= 180.0
    assert len(sea_case.rows("authorisations.csv")) > 3
    assert {r["list"] for r in sea_case.rows("lists.csv")} == {"carrier_register", "iuu"}
    t = [int(m[4]) for m in map(LINE.fullmatch, sea_case.lines["reports_terrestrial.nmea.gz"]) if m and m[4]]
    assert t == sorted(t)
    assert t[0] >= START.timestamp()
    assert t[-1] <= START.timestamp() + 6 * 3600


def test_message_types_and_dirt(sea_case: Read) -> None:
    kinds = Counter(m.msg_type for *_, m in sea_case.messages)
    assert set(kinds) >= {1, 3, 4, 5, 18, 21, 24, 27}
    assert 0 < sea_case.broken < 0.003 * sum(map(len, sea_case.lines.values()))
    copies = Counter(
        (t, m.mmsi, m.lon, m.lat) for f, t, _, m in sea_case.messages if m.msg_type in (1, 18) and "terr" in f
    )
    assert max(copies.values()) == 2


def test_known_names_each_satellite_line_once(sea_case: Read) -> None:
    rows, lines = sea_case.rows("known.csv"), sea_case.lines["reports_satellite.nmea.gz"]
    assert [int(r["line"]) for r in rows] == list(range(1, len(lines) + 1))
    assert {r["file"] for r in rows} == {"reports_satellite.nmea.gz"}
    late = []
    for r, line in zip(rows, lines, strict=True):
        m = LINE.fullmatch(line)
        if m and m[4]:
            late.append(datetime.fromisoformat(r["t_known"]).timestamp() - int(m[4]))
    assert min(late) >= 0
    assert max(late) > 2 * 3600


def test_stated_places_are_near_the_true_ones(sea_case: Read) -> None:
    """A vessel at anchor states places within its swing and noise; the speed stated is the speed made."""
    by_mover: dict[int, list[tuple[float, float, float, float]]] = {}
    for _, t, _, m in sea_case.messages:
        if m.msg_type in (1, 3):
            by_mover.setdefault(m.mmsi, []).append((t, m.lon, m.lat, m.speed))
    many = Counter(v["mmsi"] for v in sea_case.truth["vessels"])
    twice = {m for m, n in many.items() if n > 1}
    twice |= {v["mmsi"] for v in sea_case.truth["vessels"] if v["false_position"]}
    checked = 0
    for mmsi, rows in by_mover.items():
        t, lon, lat, sog = np.array(sorted(set(rows))).T
        step = np.diff(t)
        close = (step > 30) & (step < 150)
        if mmsi in twice or close.sum() < 50:
            continue
        made = geo.distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:])[close] / step[close] * 3600 / 1852
        assert np.median(np.abs(made - sog[1:][close])) < 0.8
        assert made.max() < 36.0
        checked += 1
    assert checked > 10


def test_detections_lie_in_their_looks_and_scores_are_calibrated(sea_case: Read) -> None:
    looks = {f["properties"]["collection"]: f for f in sea_case.json("collections.geojson")["features"]}
    rows = sea_case.rows("detections.csv")
    assert {p["properties"]["sensor"] for p in looks.values()} >= {"sar", "viirs", "rf"}
    assert len({p["properties"]["licence"] for p in looks.values()}) >= 3
    truth = sea_case.truth["detections"]
    assert [r["detection"] for r in rows] == list(truth)
    for r in rows:
        look = looks[r["collection"]]
        about = look["properties"]
        assert seconds(about["t_start"]) - 1e-3 <= seconds(r["t_seen"]) <= seconds(about["t_end"]) + 1e-3
        assert shapely.distance(shape(look["geometry"]), shapely.Point(float(r["lon"]), float(r["lat"]))) < 1e-5
        assert -180.0 <= float(r["lon"]) < 180.0
        assert r["axis_deg"] == "" or 0.0 <= float(r["axis_deg"]) < 180.0
    p = np.array([float(r["score"]) for r in rows])
    real = np.array([truth[r["detection"]] is not None for r in rows])
    assert abs(p.mean() - real.mean()) < 0.08
    assert real[p > 0.9].mean() > 0.9
    empty = set(looks) - {r["collection"] for r in rows if truth[r["detection"]]}
    assert empty, "a look that found nothing is a look too"


def test_radar_shifts_an_approaching_mover_ahead() -> None:
    look = Look("s", "sar", "p", "m", 0.0, 1.0, scene(0, 0, 1e4, 1e4, 0.0), 20.0, "open", 20.0, 0.0, 90.0)
    shift = azimuth_shift_m(look, np.array([10.0, 10.0, 10.0]), np.array([270.0, 90.0, 0.0]))
    v = 10.0 * 1852 / 3600
    assert shift == pytest.approx([SLANT_M * v / 7500, -SLANT_M * v / 7500, 0.0], abs=1e-6)


def test_planted_incidents_are_there_and_visible(sea_case: Read) -> None:
    planted = [e for e in sea_case.truth["events"] if e["planted"] and e["observable"]]
    kinds = Counter(e["kind"] for e in planted)
    twice = ("encounter", "dark", "dark_rendezvous", "drifting", "identity", "loitering", "piracy_approach", "spoofing",
             "mother_ship", "mother_daughter", "drop_off", "transshipment", "zone_entry")  # fmt: skip
    assert {k for k in twice if kinds[k] < 2} == set()
    assert set(kinds) >= {"cable", "disabling", "fishing", "go_fast", "first_visit", "speed_range"}
    known = {r["detection"] for r in sea_case.rows("detections.csv")}
    unseen = ("dark", "go_fast", "mother_ship")
    for e in planted:
        assert set(e["detections"]) <= known
        assert e["mmsi"] or e["kind"] in unseen
        if e["kind"] in ("loitering", "encounter", "zone_entry", "cable", "fishing", "dark_rendezvous"):
            t0, t1 = seconds(e["t_start"]), seconds(e["t_end"]) if e["t_end"] else 6 * 3600.0
            for mmsi in e["mmsi"]:
                t = sorted(p[0] for p in sea_case.positions(mmsi) if t0 <= p[0] <= t1)
                assert len(t) >= 4, (e["kind"], mmsi)
                if e["kind"] in ("loitering", "encounter"):
                    assert (np.diff(t) < 3700).all()


def test_the_silent_vessel_is_silent_then_seen_by_radar(sea_case: Read) -> None:
    (v,) = [v for v in sea_case.truth["vessels"] if v["silent"] and v["class"] == "fishing_a"]
    ((a, b),) = v["silent"]
    t = np.array([p[0] for p in sea_case.positions(v["mmsi"])])
    assert (t < seconds(a)).sum() >= 10
    assert not ((t > seconds(a) + 2) & (t < seconds(b) - 2)).any()
    seen = [k for k, own in sea_case.truth["detections"].items() if own == v["vessel"]]
    assert len(seen) >= 2


def test_a_planted_gap_is_closed_long_and_well_heard_around(long_case: Case) -> None:
    truth = json.loads(long_case.files["truth.json"])
    gaps = [e for e in truth["events"] if e["kind"] == "gap" and e["planted"]]
    assert len(gaps) == 2
    for gap in gaps:
        assert gap["observable"]
        assert seconds(gap["t_end"]) - seconds(gap["t_start"]) >= 6 * 3600
    assert all(seconds(e["t_end"]) - seconds(e["t_start"]) >= 6 * 3600 for e in truth["events"]
               if e["kind"] == "gap" and e["t_end"])  # fmt: skip


def test_one_number_in_two_places(sea_case: Read) -> None:
    (e,) = [e for e in sea_case.truth["events"] if e["kind"] == "identity" and len(e["vessels"]) > len(e["mmsi"])]
    rows = sorted(sea_case.positions(e["mmsi"][0]))
    t, lon, lat = np.array(rows).T
    speed = geo.distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]) / np.maximum(np.diff(t), 1.0) * 3600 / 1852
    assert (speed > 1000).sum() > 20


def test_the_fiji_incident_crosses_180_inside_its_waters(sea_case: Read) -> None:
    (e,) = [e for e in sea_case.truth["events"] if e["kind"] == "encounter" and e["lat"] < 0]
    zones = {f["properties"]["zone"]: f for f in sea_case.json("zones.geojson")["features"]}
    fiji, closed = (zones[k]["geometry"] for k in ("eez-fji", "closed-koro-line"))
    assert fiji["type"] == closed["type"] == "MultiPolygon"
    assert shape(closed).bounds[0] == -180.0
    assert shape(closed).bounds[2] == 180.0
    for mmsi in e["mmsi"]:
        rows = sea_case.positions(mmsi)
        assert {lon > 0 for _, lon, _ in rows} == {True, False}
        assert shapely.intersects_xy(shape(fiji), [r[1] for r in rows], [r[2] for r in rows]).all()
    entries = [z for z in sea_case.truth["events"] if z["kind"] == "zone_entry" and z["planted"] and z["lat"] < 0]
    assert {z["zone"] for z in entries} == {"closed-koro-line"}
    assert {m for z in entries for m in z["mmsi"]} == set(e["mmsi"])


def test_licensed_boats_fish_in_the_closure_and_poachers_hold_no_licence(sea_case: Read) -> None:
    licensed = {int(r["mmsi"]) for r in sea_case.rows("authorisations.csv") if r["zone"] == "closed-similan"}
    entered = {m: e["planted"] for e in sea_case.truth["events"] if e["zone"] == "closed-similan" for m in e["mmsi"]}
    assert {m for m, planted in entered.items() if not planted} & licensed
    assert not {m for m, planted in entered.items() if planted} & licensed


def test_quiet_plants_nothing_but_keeps_look_alikes(quiet_case: Case) -> None:
    truth = json.loads(quiet_case.files["truth.json"])
    assert not [e for e in truth["events"] if e["planted"]]
    assert not [v for v in truth["vessels"] if v["silent"]]
    assert [v for v in truth["vessels"] if v["mmsi"] is None]
    assert b"closed-similan" in quiet_case.files["authorisations.csv"]


def test_names_and_numbers(sea_case: Read) -> None:
    vessels = sea_case.truth["vessels"]
    numbers = [v["mmsi"] for v in vessels if v["mmsi"]]
    assert len(numbers) - len(set(numbers)) == 2, "one clone, one number that a maker left in two sets"
    false = set()
    for *_, m in sea_case.messages:
        if m.msg_type == 5 and m.imo:
            digits = [int(c) for c in str(m.imo)]
            assert len(digits) == 7
            if sum(d * w for d, w in zip(digits, range(7, 1, -1), strict=False)) % 10 != digits[6]:
                false.add(m.mmsi)
    assert len(false) == 2, "one planted, one typing error"


def test_the_smallest_exercise_is_a_case_too() -> None:
    case = simulate(1, hours=1, vessels=0, land=on_land)
    assert set(case.files) == FILES
    for e in json.loads(case.files["truth.json"])["events"]:
        assert e["t_end"] is None or seconds(e["t_start"]) <= seconds(e["t_end"])


@pytest.mark.parametrize(
    "wrong", [{"hours": 0.5}, {"hours": float("nan")}, {"vessels": -1}, {"start": datetime(2026, 1, 1)}]
)
def test_wrong_arguments_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        simulate(1, land=on_land, **wrong)  # type: ignore[arg-type]
