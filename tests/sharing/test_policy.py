"""The decision: the relation equals a plain row-by-row reading of the rules; places; the matrix."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import (
    BOXES,
    FJI,
    LICENCES,
    NOW,
    OPEN,
    PLACES,
    T0,
    TON,
    event,
    events,
    friendly_marks,
    gate,
    mark,
    marks,
    point,
    points,
    policies,
    policy,
    some_policies,
)

from makara.base import geo
from makara.base.errors import ReleaseError
from makara.sharing import REASONS, Released, _near, release
from makara.sharing.marks import Mark, key
from makara.sharing.policy import in_force
from makara.tables import table


def why(out: Released) -> list[str]:
    """Reasons for which rows stayed."""
    return out.withheld.filter(pl.col("effect") == "deny")["reason"].to_list()


def plain_distance(place: tuple[float, float], zone: str) -> float:
    """Metres from a place to a box, by looking at very many places on its edge."""
    w, s, e, n = BOXES[zone]
    if w <= place[0] <= e and s <= place[1] <= n:
        return 0.0
    t = np.linspace(0, 1, 2001)
    lon = np.concatenate([w + t * (e - w), w + t * (e - w), np.full(2001, w), np.full(2001, e)])
    lat = np.concatenate([np.full(2001, s), np.full(2001, n), s + t * (n - s), s + t * (n - s)])
    return float(geo.distance_m(place[0], place[1], lon, lat).min())


DISTANCE = {(p, z): plain_distance(p, z) for p in PLACES for z in BOXES}


def plain_mark(m: Mark, partner: str, purpose: str) -> bool:
    """The mark alone, read as TABLES.md says it."""
    if m.originators != (partner,) and (m.tlp == "red" or not {"*", partner} & set(m.release_to)):
        return False
    for licence in m.licences:
        permits = LICENCES[licence] if licence in LICENCES else LICENCES.get(licence.split("@")[0], [])
        if partner not in permits and "*" not in permits:
            return False
    if purpose not in m.purposes and "*" not in m.purposes:
        return False
    return not (m.embargo and m.embargo > NOW) and not (m.expires and m.expires <= NOW)


def plain(name: str, row: dict[str, Any], m: Mark, rules: list[dict[str, Any]], partner: str, purpose: str) -> bool:
    """Whether one row goes, by loops and ifs."""
    if not plain_mark(m, partner, purpose):
        return False
    place = (row["lon_deg"], row["lat_deg"])
    newest: dict[str, dict[str, Any]] = {}
    for r in rules:
        if not (r["from"] and r["from"] > NOW) and r["version"] >= newest.get(r["policy"], r)["version"]:
            newest[r["policy"]] = r
    allowed = False
    for r in newest.values():
        if r["partner"] not in (partner, "*") or (r["to"] and r["to"] <= NOW):
            continue
        if "*" not in r["purposes"] and purpose not in r["purposes"]:
            continue
        if "*" not in r["tables"] and name not in r["tables"]:
            continue
        if "*" not in r["kinds"] and row.get("kind") not in r["kinds"]:
            continue
        deny = r["effect"] == "deny"
        inside = "*" in r["zones"]
        for z in r["zones"]:
            if z in BOXES:
                inside = inside or z in row["zones"] or DISTANCE[place, z] <= r["buffer_m"]
            elif z != "*" and deny:
                inside = True
        if not inside:
            continue
        if deny:
            if "*" in r["columns"]:
                return False
            continue
        at = row.get("t_end_floor") or row["t_seen"]
        if r["delay_s"] and NOW - at < timedelta(seconds=r["delay_s"]):
            continue
        allowed = True
    return allowed


worlds = st.fixed_dictionaries(
    {
        "marks": st.lists(friendly_marks, min_size=1, max_size=4),
        "rows": st.lists(
            st.tuples(
                st.integers(0, 3),
                st.sampled_from(PLACES),
                st.sampled_from(["gap", "loitering", "dark"]),
                st.sampled_from([[], [FJI], [TON]]),
            ),
            max_size=8,
        ),
        "rules": st.lists(some_policies, max_size=5),
        "partner": st.sampled_from(["FJI", "FJI", "TON", "XXX"]),
        "purpose": st.sampled_from(["safety", "safety", "fisheries"]),
    }
)


@given(worlds)
@settings(max_examples=150, deadline=None)
def test_the_relation_equals_a_reading_row_by_row(w: dict[str, Any]) -> None:
    chosen = [w["marks"][i % len(w["marks"])] for i, *_ in w["rows"]]
    ev = [event(n, m, at=p, kind=k, zones=z) for n, (m, (_, p, k, z)) in enumerate(zip(chosen, w["rows"], strict=True))]
    pt = [point(n, 520_000_000 + n, m, p, z) for n, (m, (_, p, _, z)) in enumerate(zip(chosen, w["rows"], strict=True))]
    rules = list({(r["policy"], r["version"]): r for r in w["rules"]}.values())
    args = gate(*rules, partner=w["partner"], purpose=w["purpose"], marks=marks(OPEN, *w["marks"]))
    out = release({"events": events(*ev), "track_points": points(*pt)}, **args)
    for name, rows, id_ in (("events", ev, "event"), ("track_points", pt, "report")):
        went = set(out.ids.filter(pl.col("table") == name)["inside_id"].to_list())
        want = {
            str(r[id_])
            for r, m in zip(rows, chosen, strict=True)
            if plain(name, r, m, rules, w["partner"], w["purpose"])
        }
        assert went == want
        kept = out.withheld.filter(pl.col("table") == name, pl.col("effect") == "deny")
        assert set(kept["id"].to_list()) == {str(r[id_]) for r in rows} - want
        assert len(out.release[name]) == len(want)
    assert set(out.withheld["reason"].to_list()) | set(out.release.decisions["reason"].to_list()) <= set(REASONS)


TLPS = ["clear", "amber+strict", "red"]
TO = [(), ("FJI",), ("TON",), ("*",)]
LICENCE = [("own",), ("own", "sat"), ("sat@foreign@raw",), ("unheard",)]
RULES = {
    "none": [],
    "allow": [policy()],
    "deny": [policy(), policy("no", effect="deny", partner="*")],
    "other": [policy(partner="TON")],
}


@pytest.mark.parametrize("partner", ["self", "FJI", "TON", "XXX"])
def test_the_matrix(partner: str) -> None:
    """Traffic light x release_to x licence x policy, for each partner: one sentence decides what goes."""
    every = [mark(tlp=t, release_to=r, licences=x) for t, r, x in product(TLPS, TO, LICENCE)]
    rows = [event(n, m) for n, m in enumerate(every)]
    for name, rules in RULES.items():
        out = release({"events": events(*rows)}, **gate(*rules, partner=partner, marks=marks(*every)))
        went = set(out.ids["inside_id"].to_list())
        for r, m in zip(rows, every, strict=True):
            to = partner in m.release_to or "*" in m.release_to
            licensed = {("own",): True, ("own", "sat"): partner == "FJI"}.get(m.licences, False)
            given_ = (name == "allow" and partner == "FJI") or (name == "other" and partner == "TON")
            want = partner == "self" or (m.tlp != "red" and to and licensed and given_)
            assert (r["event"] in went) == want, (name, m)


@pytest.mark.parametrize(
    ("m", "reason"),
    [
        (mark(tlp="red"), "tlp_red"),
        (mark(release_to=("TON",)), "release_to"),
        (mark(licences=("own", "none")), "licence"),
        (mark(purposes=("fisheries",)), "purpose"),
        (mark(embargo=NOW + timedelta(seconds=1)), "embargo"),
        (mark(expires=NOW), "expired"),
        (mark(originators=("AUS", "self"), release_to=()), "release_to"),
    ],
)
def test_a_mark_is_asked_before_any_policy(m: Mark, reason: str) -> None:
    out = release({"events": events(event(1, m))}, **gate(policy(), also=(m,)))
    assert len(out.release["events"]) == 0
    assert why(out) == [reason]


def test_a_row_goes_back_to_its_only_originator_but_still_needs_a_policy() -> None:
    m = mark(originators=("FJI",), release_to=(), tlp="red")
    view = {"events": events(event(1, m))}
    assert len(release(view, **gate(policy(), also=(m,))).release["events"]) == 1
    assert len(release(view, **gate(also=(m,))).release["events"]) == 0


def test_a_row_with_an_unknown_mark_stays() -> None:
    view = {"events": events(event(1, mark="mkunknown"))}
    assert why(release(view, **gate(policy()))) == ["mark_unknown"]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (policy(tables=["alerts"]), "no_policy"),
        (policy(purposes=["fisheries"]), "policy_purpose"),
        (policy(kinds=["dark"]), "kind"),
        (policy(zones=[TON]), "zone"),
        (policy(delay_s=86_400), "delay"),
    ],
)
def test_the_reason_is_how_far_the_row_got(rule: dict[str, Any], reason: str) -> None:
    out = release({"events": events(event(1))}, **gate(rule))
    assert why(out) == [reason]


def test_deny_beats_allow_whatever_the_order_and_only_where_it_holds() -> None:
    view = {"events": events(event(1), event(2, at=PLACES[3]))}
    out = release(view, **gate(policy("z"), policy("a", effect="deny", zones=[TON]), policy("b")))
    assert out.release["events"]["lon_deg"].to_list() == [178.5]
    assert out.withheld.filter(pl.col("effect") == "deny").select("reason", "policy").rows() == [("denied", "a@1")]


def test_a_denying_policy_for_an_unknown_zone_or_an_unknown_place_fails_shut() -> None:
    view = {"events": events(event(1))}
    assert len(release(view, **gate(policy(), policy("no", effect="deny", zones=["znlost"]))).release["events"]) == 0
    blind = {"claims": _claim()}
    assert len(release(blind, **gate(policy())).release["claims"]) == 1
    assert len(release(blind, **gate(policy(), policy("no", effect="deny", zones=[TON]))).release["claims"]) == 0
    assert len(release(blind, **gate(policy(zones=[FJI]))).release["claims"]) == 0


def _claim() -> pl.DataFrame:
    row = {"claim": 1, "t_seen": T0, "mover": 5, "receiver": "own", "source": "s", "t_known": T0, "mark": key(OPEN)}
    return table("claims").conform(pl.DataFrame([row]))


def _message() -> pl.DataFrame:
    said = {"msg_type": 12, "to_mmsi": 6, "text": "POSITION 17S 178E", "payload": b"<000000000", "bits": 60}
    row = {"message": 1, "t_seen": T0, "mover": 5, "mmsi": 5, "receiver": "own", "source": "s", "t_known": T0, **said}
    row["mark"] = key(OPEN)
    return table("messages").conform(pl.DataFrame([row]))


def test_messages_go_where_a_policy_gives_them_and_tell_nothing_that_is_hidden() -> None:
    view = {"messages": _message()}
    assert len(release(view, **gate()).release["messages"]) == 0
    assert len(release(view, **gate(policy(tables=["reports"]))).release["messages"]) == 0
    given = release(view, **gate(policy(tables=["messages"]))).release["messages"].row(0, named=True)
    assert (given["payload"], given["text"], given["to_mmsi"]) == (b"<000000000", "POSITION 17S 178E", 6)
    assert given["message"] != 1
    hiding = {"columns": ["t_seen", "payload", "text", "to_mmsi"]}
    for coarser in ({"coarsen": '{"position_m": 1000}'}, {"coarsen": '{"time_s": 60}'}, hiding):
        hidden = release(view, **gate(policy(**coarser))).release["messages"].row(0, named=True)
        assert (hidden["payload"], hidden["text"], hidden["to_mmsi"]) == (None, None, None), coarser


def test_the_newest_version_of_a_policy_that_has_begun_holds() -> None:
    rules = [
        policy(version=1),
        policy(version=2, effect="deny"),
        policy(version=3, **{"from": NOW + timedelta(hours=1)}),
    ]
    assert [(p.name, p.effect) for p in in_force(policies(*rules), "FJI", NOW)] == [("all@2", "deny")]
    assert in_force(policies(policy(to=NOW)), "FJI", NOW) == ()


def test_a_policy_that_coarsens_something_unknown_is_refused() -> None:
    with pytest.raises(ReleaseError, match="colour"):
        in_force(policies(policy(coarsen=json.dumps({"colour": 1}))), "FJI", NOW)


@given(
    st.floats(-180, 179.999),
    st.floats(-85, 85),
    st.sampled_from([0.0, 22_224.0, 185_200.0, 400_000.0]),
    st.floats(-6, 6),
    st.floats(-6, 6),
    st.floats(1, 8),
)
@settings(max_examples=250, deadline=None)
def test_near_agrees_with_very_many_places_on_the_edge(
    lon: float, lat: float, buffer_m: float, east: float, north: float, size: float
) -> None:
    w, s = float(geo.wrap_lon(lon + east)), lat + north
    e, n = min(180.0, w + size), min(88.0, s + size)
    if n <= s or e <= w:
        return
    BOXES["znbox"] = (w, s, e, n)
    true = plain_distance((lon, lat), "znbox")
    if abs(true - buffer_m) < max(100.0, 0.004 * buffer_m):
        return
    rows = _near.geometries(pl.Series([lon]), pl.Series([lat]), None, 1)[0]
    assert _near.touches(rows, _near.area(shapely.box(w, s, e, n).wkb), buffer_m)[0] == (true <= buffer_m)


@pytest.mark.parametrize(
    ("place", "buffer_m", "goes"),
    [(0, 0, 1), (1, 0, 0), (1, 12_000, 1), (2, 50_000, 0), (2, 185_200, 1), (4, 185_200, 0)],
)
def test_a_buffer_reaches_over_180(place: int, buffer_m: float, goes: int) -> None:
    """The live rule of a Pacific member: its EEZ and 100 nmi of high seas around it."""
    out = release({"events": events(event(1, at=PLACES[place]))}, **gate(policy(zones=[FJI], buffer_m=buffer_m)))
    assert len(out.release["events"]) == goes


def test_a_path_that_touches_a_zone_counts() -> None:
    path = shapely.LineString([(170.0, -17.0), (178.0, -17.0)]).wkb
    view = {"events": events(event(1, at=(170.0, -17.0), shape=path), event(2, at=(170.0, -17.0)))}
    assert len(release(view, **gate(policy(zones=[FJI]))).release["events"]) == 1
