"""Meetings beyond the cases of each rule: profiles, other rules' events given or found, contacts, risk, vicinity."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import shapely

from makara.base.geo import destination
from makara.base.time import EPOCH, parse, to_us
from makara.behaviours import carry, find, finish, merge, rule
from makara.behaviours._cases import START, Vessel, sea
from makara.behaviours._contacts import CONTACT, follow
from makara.behaviours._risk import risky
from makara.behaviours._rule import Window, nothing, ordered, unpack
from makara.behaviours._vicinity import near_any

CARRIER = sea.vessel(kind="carrier")
FISHER = sea.vessel(mover=412000002, at=(130.0, -9.998), kind="fishing", every_s=480)


def points(*vessels: Vessel) -> pl.DataFrame:
    return pl.concat([v.points() for v in vessels])


def classes(*vessels: Vessel) -> pl.DataFrame:
    return pl.DataFrame({"mover": [v.mover for v in vessels], "class": [v.kind for v in vessels]})


def encounters(profile: str, *vessels: Vessel) -> int:
    return len(find("encounter", points(*vessels), vessels=classes(*vessels), profile=profile))


def test_the_starboard_profile_wants_a_fishing_vessel_and_a_carrier_for_an_hour_to_six_days() -> None:
    hour = CARRIER.drift(1.5).sail(8), FISHER.drift(1.5).sail(8, 270)
    assert encounters("makara", *hour) == 0
    assert encounters("starboard", *hour) == 1
    other = Vessel(**{**FISHER.__dict__, "kind": "cargo"})
    assert encounters("starboard", CARRIER.drift(1.5).sail(8), other.drift(1.5).sail(8, 270)) == 0
    again = CARRIER.drift(1.5).sail(4, 0).sail(4, 180).drift(1.5), FISHER.drift(1.5).sail(4, 270).sail(4, 90).drift(1.5)
    assert encounters("starboard", *again) == 1  # eight hours apart: one event
    assert encounters("makara", CARRIER.drift(150), FISHER.drift(150)) == 1
    assert encounters("starboard", CARRIER.drift(150), FISHER.drift(150)) == 0


def test_the_skylight_profile_takes_half_an_hour_within_250_m() -> None:
    both = CARRIER.drift(0.8).sail(8), FISHER.drift(0.8).sail(8, 270)
    assert encounters("skylight", *both) == 1
    far = Vessel(**{**FISHER.__dict__, "at": (130.0, -9.9965)})
    assert encounters("skylight", CARRIER.drift(0.8).sail(8), far.drift(0.8).sail(8, 270)) == 0


def test_find_runs_the_rules_that_a_rule_builds_on_unless_their_events_are_given() -> None:
    both = CARRIER.drift(3).sail(4), FISHER.drift(3).sail(4, 270)
    own = find("transshipment", points(*both), vessels=classes(*both))
    assert len(own) == 1
    base = find("encounter", points(*both), vessels=classes(*both))
    assert find("transshipment", points(*both), vessels=classes(*both), events=base).equals(own)
    gone = base.with_columns(state=pl.lit("withdrawn"))
    assert len(find("transshipment", points(*both), vessels=classes(*both), events=gone)) == 0
    assert own["marks"].to_list() == [["mk-case"]]


def test_a_stay_beside_which_a_fishing_vessel_is_known_is_for_the_record() -> None:
    both = CARRIER.drift(9).sail(4), FISHER.drift(3).sail(9, 270)
    found = find("transshipment", points(*both), vessels=classes(*both))
    said = [(json.loads(r["details"])["variant"], r["severity"]) for r in found.iter_rows(named=True)]
    assert sorted(said) == [("inferred", 0), ("likely", 2)]


def test_numbers_that_meet_in_two_places_at_once_are_told_the_same_however_time_is_cut() -> None:
    here = points(CARRIER.drift(6).sail(8), FISHER.drift(6).sail(8, 270))
    later = pl.col("t_seen") + timedelta(hours=3, minutes=1)
    there = here.with_columns(later, pl.col("lon_deg") + 5, pl.col("track") + 1, pl.col("report") + 10**6)
    seen = ordered(pl.concat([here, there]))
    module, end = rule("encounter"), seen["t_seen"].max() + timedelta(seconds=1)  # type: ignore[operator]
    told = []
    for cuts in ([], [4.0], [3.5, 5.2]):
        edges = [EPOCH, *(parse(START) + timedelta(hours=h) for h in cuts), end]
        carried, found = nothing(), None
        for a, b in pairwise(edges):
            near = seen.filter(pl.col("t_seen") < b, pl.col("t_seen") >= max(EPOCH, a) - timedelta(hours=2))
            out = module.step(Window(a, b, {"track_points": near}), carried, p := module.RULE.resolve())
            events, carried = finish(module.RULE, p, out), carry(out)
            found = events if found is None else merge(found, events)
        told.append(found)
    assert len(told[0])
    assert told[0].equals(told[1])
    assert told[0].equals(told[2])


def test_a_transfer_after_a_silence_weighs_more() -> None:
    one = sea.vessel(kind="tanker", every_s=1200).sail(1, 0).dark(9, 180, 1).sail(5, speed_kn=4).sail(3)
    two = sea.vessel(412000002, (130.0, -9.985), "2025-03-01T10:00:00Z", every_s=1500, kind="tanker")
    found = find("ship_to_ship", points(one, two.sail(5, speed_kn=4).sail(3, 0)), vessels=classes(one, two))
    assert found["severity"].to_list() == [3]
    assert json.loads(found["details"][0])["gap_before"]
    plain = find(
        "ship_to_ship", points(one, two.sail(5, speed_kn=4).sail(3, 0)), vessels=classes(one, two), events=none()
    )
    assert plain["severity"].to_list() == [2]


def none() -> pl.DataFrame:
    """No events."""
    return find("gap", sea.vessel().sail(1).points())


def contacts(*boats: list[tuple[str, float, float, str, float | None]]) -> pl.DataFrame:
    tables = sea.unmatched(*(sighting for boat in boats for sighting in boat))
    window = Window(EPOCH, parse("2026-01-01T00:00:00Z"), tables)
    return follow(window, unpack(nothing(), CONTACT), 0.3).seen


def test_contacts_keep_boats_apart_that_cross() -> None:
    minutes = tuple(float(m) for m in range(0, 60, 6))
    east = sea.boat("ea", (130.0, -10.0), minutes, course_deg=90, speed_kn=20, length_m=None)
    x, y = destination(130.0, -10.0, 90.0, 9 * 1852.0)
    x, y = destination(x, y, 0.0, 9.5 * 1852.0)
    south = sea.boat("so", (float(x), float(y)), minutes, course_deg=180, speed_kn=20, length_m=None)
    seen = contacts(east, south).with_columns(boat=pl.col("detection").str.head(2))
    assert seen["key"].n_unique() == 2
    assert seen.group_by("key").agg(pl.col("boat").n_unique())["boat"].to_list() == [1, 1]
    assert seen.filter(pl.col("looks") > 1)["speed_kn"].to_numpy() == pytest.approx(20.0, abs=0.1)


def test_chance_grows_with_the_boats_around() -> None:
    run = sea.boat("go", (130.0, -10.0), (0.0, 15.0), speed_kn=35, length_m=None)
    alone = contacts(run).filter(pl.col("detection") == "go-1")["chance"].item()
    fleet = [sea.boat(f"f{k}", (130.1 + 0.07 * k, -10.5), (0.0,), length_m=40.0) for k in range(9)]
    among = contacts(run, *fleet).filter(pl.col("detection") == "go-1")["chance"].item()
    assert alone < -700
    assert among == pytest.approx(alone + 1000 * np.log10(9.5 / 0.5), abs=2)


def test_listed_areas_hold_while_in_force_and_incidents_for_a_while() -> None:
    day = timedelta(days=1)
    start = parse(START)
    square = sea.square("zo-a", "risk", (180.0, -17.0)).with_columns(
        **{"from": pl.lit(start), "to": pl.lit(start + 9 * day)}
    )
    incident = pl.DataFrame(
        {"zone": ["zo-b"], "name": ["b"], "kind": ["risk"], "geometry": [shapely.to_wkb(shapely.Point(-179.0, 5.0))]}
    )
    zones = pl.concat(
        [square, incident.with_columns(**{"from": pl.lit(start), "to": pl.lit(None, pl.Datetime("us", "UTC"))})]
    )
    lon = np.array([-179.9, -179.9, 179.9, 179.5, 179.5, -170.0])
    lat = np.array([-17.1, -17.1, -17.1, 5.0, 5.0, 0.0])
    t = np.array([to_us(start + d * day) for d in (1, 10, 1, 5, 91, 1)])
    got = risky(zones, t, lon, lat, 100 * 1852.0, to_us(EPOCH + 90 * day))
    assert got.tolist() == [True, False, True, True, False, False]
    assert not risky(None, t, lon, lat, 1.0, 1).any()


def test_vicinity_keeps_those_that_come_near_and_their_legs() -> None:
    small, near, far = (
        sea.vessel(412000001, (179.99, -17.0)).drift(3),
        sea.vessel(412000002, (-179.99, -17.0)).drift(3).sail(4),
        sea.vessel(412000003, (170.0, -17.0)).drift(3),
    )
    kept, close = near_any(ordered(points(small, near, far)), pl.Series([412000001]))
    assert kept["mover"].unique().sort().to_list() == [412000001, 412000002]
    late = kept["t_seen"] > parse(START) + timedelta(hours=6)
    assert close[: 3 * 6].all()
    assert not close[late.to_numpy()].any()


def test_two_measured_side_by_side_of_which_one_track_explains_one() -> None:
    ship = sea.vessel(kind="fishing", every_s=3000).sail(1.6).dark(1, speed_kn=1).sail(2)
    at = "2025-03-01T02:00:00Z"
    tables = sea.unmatched(("de-1", 130.285, -10.0, at, 12.0), ("de-2", 130.286, -10.0, at, 40.0))
    doubt = pl.DataFrame(
        {
            "detection": ["de-1", "de-2"],
            "against": ["ais", "ais"],
            "track": [412000001, None],
            "p_none": pl.Series([0.3, 0.7], dtype=pl.Float32()),
            "p_dark": pl.Series([0.25, 0.6], dtype=pl.Float32()),
        }
    )
    known = pl.DataFrame({"mover": [412000001], "class": ["fishing"], "length_m": [33.0]})
    found = find("mother_daughter", ship.points(), **{**tables, "matches": doubt}, vessels=known)
    assert found["participants"].to_list() == [["mv412000001", "de-1"]]
    alone = (
        tables["detections"]
        .filter(pl.col("detection") == "de-1")
        .select("detection", "collection", "t_seen", "lon_deg", "lat_deg")
    )
    assert len(find("mother_daughter", ship.points(), detections=alone, matches=doubt, vessels=known)) == 0
