"""Silence, cables and changed numbers: what the cases beside the rules do not say."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from makara.behaviours import find, rule
from makara.behaviours._cases import Vessel, sea


def points(*vessels: Vessel, **columns: Any) -> pl.DataFrame:
    """Track points of vessels, in class A."""
    frame = pl.concat([v.points() for v in vessels]).with_columns(transponder=pl.lit("class_a"))
    return frame.with_columns(**columns)


def details(event: pl.DataFrame) -> dict[str, Any]:
    """Details of the one event."""
    assert len(event) == 1
    return dict(json.loads(event["details"][0]))


def closed(events: pl.DataFrame) -> pl.DataFrame:
    """Events that are over."""
    return events.filter(pl.col("state") == "closed")


def satellite(mover: int, every_s: float, **more: Any) -> Vessel:
    return sea.vessel(mover=mover, receiver="satellite", every_s=every_s, **more)


def test_the_published_definition_wants_a_well_heard_vessel_far_offshore() -> None:
    others = [satellite(412000010 + k, 1800.0, at=(130.0 + 0.05 * k, -10.1)).drift(40) for k in range(3)]
    dark = satellite(412000001, 1800.0).drift(10).dark(13, speed_kn=1).drift(10)
    assert details(closed(find("disabling", points(dark, *others), profile="gfw")))["satellite_12h"] == 20
    near = satellite(412000001, 1800.0, off_nmi=40).drift(10).dark(13, speed_kn=1).drift(10)
    rarely = satellite(412000001, 3600.0).drift(10).dark(13, speed_kn=1).drift(10)
    short = satellite(412000001, 1800.0).drift(10).dark(11, speed_kn=1).drift(10)
    for vessel in (near, rarely, short):
        assert not len(closed(find("disabling", points(vessel, *others), profile="gfw")))
    for every_s in (12_000.0, 6 * 3600.0, 11 * 3600.0):  # less than ten messages a day
        seldom = [satellite(412000010 + k, every_s, at=(130.0 + 0.05 * k, -10.1)).drift(40) for k in range(3)]
        assert not len(closed(find("disabling", points(dark, *seldom), profile="gfw")))


def test_the_chance_of_a_silence_grows_when_others_are_heard_badly() -> None:
    dark = sea.vessel().sail(6, speed_kn=1).dark(7, speed_kn=1).sail(2, speed_kn=1)
    well = [sea.vessel(mover=412000010 + k, at=(130.0 + 0.02 * k, -10.1)).drift(24) for k in range(8)]
    badly = [
        sea.vessel(mover=412000010 + k, at=(130.0 + 0.02 * k, -10.1), every_s=9000.0 + 60 * k).drift(24)
        for k in range(8)
    ]
    clear = details(closed(find("disabling", points(dark, *well))))["p_silence"]
    vague = details(closed(find("disabling", points(dark, *badly), silence_p_max=1.0)))["p_silence"]
    assert clear < 0.01 < vague


def callers(days: list[int]) -> list[Vessel]:
    """Vessels that come to where the others are, so many days before, fall silent for ten hours and come out again."""
    out = []
    for k, day in enumerate(days):
        v = sea.vessel(mover=412000050 + k, at=(130.05, -10.02 - 0.001 * k), start=f"2025-02-{28 - day:02d}T22:00:00Z")
        out.append(v.drift(1).dark(10, 90, 0.5).sail(2, 180, 12))
    return out


def test_a_silence_where_others_fall_silent_day_after_day_is_less_sure_and_less_severe() -> None:
    dark = sea.vessel().sail(3, speed_kn=2).dark(8, speed_kn=2).sail(2)
    busy = [sea.vessel(mover=412000010 + k, at=(130.0 + 0.03 * k, -10.1)).drift(20, speed_kn=0.2) for k in range(6)]
    alone = closed(find("disabling", points(dark, *busy)))
    assert alone["severity"].to_list() == [2]
    assert details(alone)["others_silent"] == 0
    hole = callers([2 + k % 9 for k in range(27)])
    told = closed(find("disabling", points(dark, *busy, *hole))).filter(pl.col("mmsi").list.contains(412000001))
    d = details(told)
    assert (told["severity"][0], d["others_silent"], d["breaks_share"]) == (1, 27, round(27 / 29 / 6, 2))
    assert told["p"][0] == pytest.approx((1 - d["p_silence"]) * (1 - 27 / 29 / 6), abs=1e-3)
    assert "others_silent" in [r["code"] for r in told["reasons"][0]]
    assert "27 others fell silent there" in rule("disabling").why(told.row(0, named=True))
    assert "hole_in_the_data" in told["innocent"][0]
    few = find("disabling", points(dark, *busy, *hole), breaks_min=28)
    assert 2 in few.filter(pl.col("mmsi").list.contains(412000001))["severity"].to_list()


def test_a_ship_that_states_no_course_is_not_held_to_stay_where_it_was_heard_last() -> None:
    busy = [sea.vessel(mover=412000010 + k, at=(130.0 + 0.03 * k, -10.1)).drift(20, speed_kn=0.2) for k in range(6)]
    leaves = points(sea.vessel(at=(130.05, -9.6)).sail(2, 180, 15), *busy)
    stays = points(sea.vessel().sail(3, speed_kn=2), *busy)
    for lacks in ([], ["cog_deg"], ["sog_kn", "cog_deg"]):
        bare = [f.with_columns(pl.lit(None, pl.Float32()).alias(c) for c in lacks) for f in (leaves, stays)]
        assert [len(find("disabling", f)) for f in bare] == [0, 1], lacks


def test_a_fleet_that_switches_off_together_is_no_hole() -> None:
    dark = sea.vessel().sail(3, speed_kn=2).dark(8, speed_kn=2).sail(2)
    busy = [sea.vessel(mover=412000010 + k, at=(130.0 + 0.03 * k, -10.1)).drift(20, speed_kn=0.2) for k in range(6)]
    found = closed(find("disabling", points(dark, *busy, *callers([0] * 27))))
    told = found.filter(pl.col("mmsi").list.contains(412000001))
    assert (told["severity"].to_list(), details(told)["others_silent"]) == ([2], 0)


def cable(through: list[tuple[float, float]]) -> pl.DataFrame:
    return sea.line("zo-cable", "cable", through)


def test_a_drift_counts_where_the_depth_is_known_and_anchors_reach() -> None:
    line = cable([(130.5, -11.0), (130.5, -9.0)])
    ship = sea.vessel(kind="cargo").sail(2.9).drift(1, 90, 0.5).sail(0.5, 90, 4).sail(0.5, 270, 4).sail(2, 90)
    told = find("cable", points(ship, depth_m=pl.lit(80.0)), zones=line)
    assert details(told)["indicators"] == ["slow", "crossings", "drift"]
    assert told["severity"][0] == 3
    assert details(find("cable", points(ship, depth_m=pl.lit(900.0)), zones=line))["indicators"] == [
        "slow",
        "crossings",
    ]
    unknown = find("cable", points(ship), zones=line)
    assert details(unknown)["indicators"] == ["slow", "crossings"]
    assert "depth_unknown" in [r["code"] for r in unknown["reasons"][0]]


def test_the_depth_of_a_cable_s_zone_counts_where_the_points_bear_none() -> None:
    line = cable([(130.5, -11.0), (130.5, -9.0)])
    ship = sea.vessel(kind="cargo").sail(2.9).drift(1, 90, 0.5).sail(0.5, 90, 4).sail(0.5, 270, 4).sail(2, 90)

    def told(attributes: str | None, depth_m: float | None = None) -> tuple[list[str], bool, int]:
        zones = line.with_columns(attributes=pl.lit(attributes, pl.String()))
        found = find("cable", points(ship, depth_m=pl.lit(depth_m, pl.Float32())), zones=zones)
        d = details(found)
        return d["indicators"], d["depth_known"], found["severity"][0]

    without = ["slow", "crossings"]
    assert told('{"depth_m": 80}') == (["slow", "crossings", "drift"], True, 3)
    assert told('{"depth_m": "-80.5", "owner": "x"}') == (["slow", "crossings", "drift"], True, 3)
    assert told('{"depth_m": 900}') == (without, True, 2)
    assert told('{"depth_m": 900}', 80.0) == (["slow", "crossings", "drift"], True, 3)
    assert told('{"depth_m": 80}', 900.0) == (without, True, 2)
    for unknown in (None, "{}", '{"depth_m": null}', '{"depth_m": "deep"}'):
        assert told(unknown) == (without, False, 2)
    assert told('{"depth_m": 80, "burial_m": 4}') == (["slow", "crossings", "drift"], True, 2)
    assert told('{"depth_m": 80, "burial_m": 1}') == (["slow", "crossings", "drift"], True, 3)


def test_a_silence_that_reception_does_not_explain_counts_within_reach_of_the_cable() -> None:
    line = cable([(130.81, -11.0), (130.81, -9.0)])
    ship = sea.vessel(kind="cargo").sail(4).dark(7, 90, 1.0).sail(0.6, 90, 6).sail(0.6, 270, 6).sail(3, 180)
    others = [sea.vessel(mover=412000010 + k, at=(130.68 + 0.02 * k, -10.1)).drift(20) for k in range(9)]
    told = find("cable", points(ship, *others), zones=line)
    assert details(told)["indicators"] == ["crossings", "gap"]
    assert not len(find("cable", points(ship, *others[:3]), zones=line))


def test_cables_are_told_apart_and_each_has_its_own_event() -> None:
    lines = pl.concat(
        [cable([(130.5, -11.0), (130.5, -9.0)]), sea.line("zo-two", "cable", [(130.53, -11), (130.53, -9)])]
    )
    ship = sea.vessel(kind="cargo").sail(2.8).sail(1.2, 90, 4).sail(1.2, 270, 4).sail(3, 180)
    assert sorted(find("cable", points(ship), zones=lines)["scope"]) == ["zo-cable", "zo-two"]


def test_a_number_that_is_heard_again_was_not_given_up() -> None:
    first = sea.vessel().sail(7)
    second = sea.vessel(mover=412000002, start="2025-03-01T07:30:00Z", at=(131.27, -10.0)).sail(9)
    said = sea.claims((412000001, 1, "NAME A", 9074729, 90.0), (412000002, 8, "NAME B", 9074729, 90.0))
    assert details(find("identity", points(first, second), claims=said))["same_claims"] == ["imo", "dimensions"]
    assert not len(find("identity", points(first.dark(3).sail(2), second), claims=said))


def test_a_register_that_gives_a_hull_another_flag_than_its_number() -> None:
    said = sea.claims((412000001, 1, "NAME A", 9074729, 90.0))
    vessels = pl.DataFrame({"mover": [412000001], "imo": [9074729], "flag": ["AAA"], "class": ["cargo"]})
    lists = pl.DataFrame({"list": ["a_register"], "imo": [9074729], "flag": ["BBB"], "former": [False]})
    told = details(find("identity", points(sea.vessel().sail(4)), claims=said, vessels=vessels, lists=lists))
    assert (told["what"], told["was"], told["now"]) == ("flag", "BBB", "AAA")
    same = lists.with_columns(flag=pl.lit("AAA"))
    assert not len(find("identity", points(sea.vessel().sail(4)), claims=said, vessels=vessels, lists=same))


def test_a_jump_to_a_circle_alerts_once() -> None:
    ring = sea.vessel(track=2, at=(134.0, -12.0), start="2025-03-01T03:05:00Z", every_s=300)
    for k in range(48):
        ring = ring.sail(1 / 6, 15.0 * k, 6)
    found = find("spoofing", points(sea.vessel(track=1).sail(3).dark(9).sail(3), ring))
    what = [json.loads(d)["what"] for d in found["details"]]
    assert dict(zip(what, found["severity"], strict=True)) == {"circle": 2, "jump": 1}


def test_a_listed_vessel_on_the_first_day_is_told_but_does_not_alert() -> None:
    lists = pl.DataFrame({"list": ["iuu"], "mmsi": [412000001], "imo": [None], "name": ["A"], "from": [None]})
    zone = sea.square("zo-coast", "eez", (131.0, -10.0), 0.5)
    found = find("first_visit", points(sea.vessel().sail(8)), zones=zone, lists=lists)
    assert found["severity"].to_list() == [1]


def test_a_run_is_named_by_its_first_fast_look() -> None:
    lay = sea.boat("lay", (130.0, -10.0), (0, 10, 20, 30, 40), speed_kn=0.1)
    ran = sea.boat("ran", (129.6164, -10.0), (50, 60, 70, 80), speed_kn=34)
    tables = sea.unmatched(*lay, *ran)
    found = find("go_fast", points(sea.vessel().sail(1)), **tables)
    assert found["participants"].to_list() == [["ran-0"]]
