"""What a partner gets: columns, ids, references; what trusted systems got wrong; non-interference."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_world import (
    FJI,
    NOW,
    OPEN,
    PLACES,
    SECRET,
    SHUT,
    T0,
    TON,
    alert,
    alerts,
    detection,
    detections,
    event,
    events,
    gate,
    mark,
    marks,
    point,
    points,
    policy,
    vessel,
    vessels,
    zones,
)

from makara.base import geo, ids
from makara.base.errors import ReleaseError
from makara.sharing import Released, entry, release
from makara.sharing.marks import key
from makara.sinks import geojson, to_csv, to_json
from makara.tables import table

EMPTY = table("released_rows").empty()


def world(n: int = 3) -> dict[str, pl.DataFrame]:
    """Events, their alerts, points and vessels, all releasable and in Fiji."""
    ev = [event(i, zones=[FJI]) for i in range(n)]
    movers = [520_000_000 + i for i in range(n)]
    return {
        "events": events(*ev),
        "alerts": alerts(*(alert(e) for e in ev)),
        "track_points": points(*(point(10 * i + k, m) for i, m in enumerate(movers) for k in range(3))),
        "vessels": vessels(*(vessel(m) for m in movers)),
        "detections": detections(detection(1)),
        "zones": zones(),
    }


def bytes_of(out: Released) -> tuple[bytes, ...]:
    """Everything that leaves, as bytes."""
    r = out.release
    return (
        geojson(r),
        *(to_json(r, t).encode() for t in sorted(r.tables)),
        *(to_csv(r, t).encode() for t in sorted(r.tables)),
        r.decisions.write_csv().encode(),
        repr((r.partner, r.purpose, r.now, r.policy_versions)).encode(),
    )


# --- what others got wrong


def test_an_empty_group_is_not_everyone() -> None:
    out = release({"events": events(event(1, SHUT))}, **gate(policy()))
    assert len(out.release["events"]) == 0


def test_a_non_member_receives_nothing_and_an_unknown_partner_neither() -> None:
    for partner in ("TON", "NOBODY"):
        out = release(world(), **gate(policy(partner="*"), partner=partner))
        assert all(len(t) == 0 for t in out.release.tables.values())
        assert b"520" not in b"".join(bytes_of(out))


def test_a_list_shows_nothing_that_a_single_row_does_not() -> None:
    view = world() | {"events": events(event(0), event(1, SHUT), event(2, at=PLACES[5]))}
    args = gate(policy(zones=[FJI]))
    every = release(view, **args).release["events"]
    single = [release({"events": view["events"][i]}, **args).release["events"] for i in range(3)]
    assert_frame_equal(every.drop("evidence"), pl.concat(single).sort("event").drop("evidence"))


def test_the_owner_is_never_locked_out() -> None:
    view = {"events": events(event(1, SHUT), event(2, mark="mkunknown", state="withdrawn")), "marks": marks(OPEN)}
    out = release(view, **gate(policy(effect="deny", partner="*"), partner="self") | {"secret": None})
    for name, rows in view.items():
        assert_frame_equal(out.release[name], rows)
    assert out.release.decisions.select("table", "reason").rows() == [("events", "owner"), ("marks", "owner")]
    assert len(out.withheld) == 0


def test_groups_marks_and_inner_tables_do_not_leak() -> None:
    m = mark(release_to=("FJI", "TON", "SECRETGROUP"))
    view = {
        "events": events(event(1, m)),
        "marks": marks(m),
        "policies": gate(policy())["policies"],
        "subscriptions": EMPTY,
    }
    out = release(view, **gate(policy(), policy("for-ton", partner="TON"), also=(m,)))
    text = b"".join(bytes_of(out))
    assert set(out.release.tables) == {"events"}
    assert not {"source", "mark"} & set(out.release["events"].columns)
    for secret in (b"SECRETGROUP", b"for-ton", key(m).encode(), b"self", b"nmea"):
        assert secret not in text
    refused = out.withheld.filter(pl.col("reason") == "internal_table")["table"].to_list()
    assert refused == ["marks", "policies", "subscriptions"]


def test_a_partner_without_a_secret_is_refused() -> None:
    with pytest.raises(ReleaseError, match="'FJI' has no secret"):
        release(world(), **gate(policy()) | {"secret": None})


# --- columns


def test_only_given_columns_go_and_the_rest_has_its_reason() -> None:
    rules = [
        policy(columns=["kind", "lon_deg", "lat_deg", "mmsi", "t_start"]),
        policy("no", effect="deny", columns=["mmsi"]),
    ]
    out = release({"events": events(event(1))}, **gate(*rules))
    row = out.release["events"].row(0, named=True)
    shown = {c for c, v in row.items() if v not in (None, [])}
    assert shown == {"event", "kind", "lon_deg", "lat_deg", "t_start", "t_known"}
    why = dict(
        out.withheld.filter(pl.col("effect") == "withhold", pl.col("id") != "*").select("column", "reason").iter_rows()
    )
    assert why["mmsi"] == "denied" and why["severity"] == "columns"
    assert {"source", "mark"} <= set(out.withheld.filter(pl.col("reason") == "never")["column"].to_list())
    told = out.release.decisions
    assert set(told.filter(pl.col("id") != "*")["column"].to_list()) == shown - {"t_known"}
    assert (set(why) | shown | {"source", "mark"}) == set(events().columns)


def test_an_mmsi_that_is_withheld_is_told_nowhere_else() -> None:
    view = world(1)
    view["events"] = events(event(0, details='{"mmsi": 520000000}'))
    out = release(view, **gate(policy(tables=["events", "alerts"]), policy("no", effect="deny", columns=["mmsi"])))
    assert b"520000000" not in b"".join(bytes_of(out))
    assert out.release["events"]["participants"][0][0].startswith("mv-")


def test_the_finest_of_several_policies_gives_a_column() -> None:
    coarse = policy("coarse", coarsen='{"position_m": 50000, "time_s": 86400}')
    near = policy("near", zones=[FJI])
    view = {"events": events(event(1), event(2, at=PLACES[3]))}
    out = release(view, **gate(coarse, near)).release
    places = {r["lon_deg"]: r for r in out["events"].iter_rows(named=True)}
    exact = places.pop(PLACES[0][0])
    assert exact["t_start"] == T0 + timedelta(minutes=1) and exact["details"] == "{}"
    (far,) = places.values()
    assert far["t_start"] == T0 and far["details"] is None and far["reasons"][0]["text"] is None
    assert 0 < float(geo.distance_m(far["lon_deg"], far["lat_deg"], *PLACES[3])) < 36_000
    reasons = dict(
        out.decisions.filter(pl.col("column").is_in(["lon_deg", "kind"]), pl.col("id") == far["event"])
        .select("column", "reason")
        .iter_rows()
    )
    assert reasons == {"lon_deg": "coarsened", "kind": "policy"}


PLACE = st.tuples(st.floats(-180, 179.9999), st.floats(-90, 90))


@given(st.lists(PLACE, min_size=8, max_size=8), st.sampled_from([10.0, 1000.0, 60_000.0]))
@settings(max_examples=25, deadline=None)
def test_coarse_positions_are_near_and_one_for_a_whole_cell(places: list[tuple[float, float]], size: float) -> None:
    def coarse(at: list[tuple[float, float]]) -> np.ndarray:
        rows = events(*(event(k, at=place) for k, place in enumerate(at)))
        out = release({"events": rows}, **gate(policy(coarsen=json.dumps({"position_m": size}))))
        return out.release["events"].sort("t_start").select("lon_deg", "lat_deg").to_numpy()

    found = coarse(places)
    assert found.shape == (8, 2)
    (x, y), (lon, lat) = found.T, np.array(places).T
    assert (x >= -180).all() and (x < 180).all() and (np.abs(y) <= 90).all()
    assert (geo.distance_m(lon, lat, x, y) <= 0.75 * size + 1).all()
    assert coarse(list(zip(x.tolist(), y.tolist(), strict=True))) == pytest.approx(found, abs=1e-6)


def test_a_delay_holds_back_by_the_time_that_a_row_speaks_of() -> None:
    view = {"events": events(event(0)), "track_points": points(point(0, 1))}
    for hours, n in ((16, 1), (18, 0)):
        out = release(view, **gate(policy(delay_s=hours * 3600))).release
        assert (len(out["events"]), len(out["track_points"])) == (n, 1)


# --- ids and references


def test_ids_are_the_partners_own_and_the_same_wherever_they_stand() -> None:
    look = detection(1)
    meeting = event(
        5,
        kind="dark",
        participants=[look["detection"], "mv-77"],
        mmsi=[],
        zones=[FJI, TON],
        evidence=[look["detection"]],
    )
    meeting["details"] = json.dumps({"detection": look["detection"]})
    tonga = zones(SHUT).filter(pl.col("zone") == TON)
    args = gate(policy())
    args["zones"] = pl.concat([zones().filter(pl.col("zone") == FJI), tonga])
    view = {
        "events": events(meeting),
        "alerts": alerts(alert(meeting)),
        "detections": detections(look),
        "zones": args["zones"],
    }
    out = release(view, **args)
    e, a, d = (out.release[t].row(0, named=True) for t in ("events", "alerts", "detections"))
    assert e["participants"][0] == d["detection"] == e["evidence"][0] == json.loads(e["details"])["detection"]
    assert a["event"] == e["event"] != meeting["event"]
    assert ids.is_ident(e["event"], "ev") and ids.is_ident(d["detection"], "de")
    assert e["participants"][1].startswith("mv-") and e["participants"][1] != "mv-77"
    assert e["zones"] == out.release["zones"]["zone"].to_list()  # Tonga's is not releasable, so it is not named
    assert d["collection"] is None  # the look is not in the view
    other = release(view, **args | {"secret": b"t" * 32}).release
    assert other["events"]["event"][0] != e["event"]
    inside = [look["detection"], meeting["event"], FJI, TON, ids.ident("co", 1)]
    assert not any(i.encode() in x for i in inside for x in bytes_of(out))


def test_evidence_leads_only_to_rows_that_go() -> None:
    e = event(
        1,
        mover=9,
        evidence=[
            "rows:9:2026-01-01T00:00:00Z/2026-01-01T01:00:00Z",
            "rows:9:2026-01-01T05:00:00Z/2026-01-01T06:00:00Z",
            "rows:8:2026-01-01T00:00:00Z/2026-01-01T01:00:00Z",
            "feed:nmea",
            ids.ident("de", 7),
        ],
    )
    view = {"events": events(e), "track_points": points(point(30, 9), point(330, 9, SHUT), point(30, 8, SHUT))}
    out = release(view, **gate(policy())).release["events"]
    assert out["evidence"].to_list() == [["rows:9:2026-01-01T00:00:00Z/2026-01-01T01:00:00Z"]]


def test_what_an_event_supersedes_is_named_only_if_it_goes() -> None:
    old = event(1)
    view = {"events": events(old, event(2, supersedes=old["event"]), event(3, supersedes=ids.ident("ev", 99)))}
    out = release(view, **gate(policy())).release["events"]
    named = out.drop_nulls("supersedes")
    assert len(named) == 1 and named["supersedes"][0] in out["event"].to_list()


def test_track_keys_are_mapped_and_joined_alike() -> None:
    match = {
        "detection": ids.ident("de", 1),
        "profile": "makara",
        "against": "ais",
        "track": 90,
        "runner_up": 80,
        "p_none": 0.1,
        "reasons": [],
        "looked": ["nmea"],
        "source": "m",
        "t_known": T0,
        "mark": key(OPEN),
    }
    view = {
        "track_points": points(point(1, 9), point(2, 8, SHUT)),
        "matches": table("matches").conform(pl.DataFrame([match])),
        "detections": detections(detection(1)),
    }
    out = release(view, **gate(policy())).release
    m = out["matches"].row(0, named=True)
    assert m["track"] == out["track_points"]["track"][0] not in (90, None)
    assert m["runner_up"] is None and "looked" not in m
    assert out["track_points"]["report"][0] != 1001


# --- alerts and vessels


def test_alerts_go_with_their_event_one_each_and_ranked_by_what_is_released() -> None:
    low, high, hidden = event(1, severity=2, p=None), event(2, severity=4, p=0.5), event(3, SHUT)
    rows = [
        alert(low),
        alert(high, state="claimed", who="officer"),
        alert(high, "second"),
        alert(hidden),
        alert(event(9)),
    ]
    rows[4]["mark"] = key(OPEN)
    view = {"events": events(low, high, hidden), "alerts": alerts(*rows)}
    out = release(view, **gate(policy()))
    a = out.release["alerts"].sort("rank", descending=True)
    assert a["rank"].to_list() == [4.5, 2.0]
    assert a["contributions"].list.len().to_list() == [2, 1]
    assert set(a["state"].to_list()) == {"new"} and "subscription" not in a.columns and "who" not in a.columns
    why = dict(
        out.withheld.filter(pl.col("effect") == "deny", pl.col("table") == "alerts").select("id", "reason").iter_rows()
    )
    assert sorted(why.values()) == ["duplicate", "event_withheld", "release_to"]


def test_withdrawn_rows_do_not_go() -> None:
    e = event(1, state="withdrawn")
    out = release({"events": events(e), "alerts": alerts(alert(e, state="withdrawn"))}, **gate(policy()))
    assert len(out.release["events"]) == len(out.release["alerts"]) == 0
    assert set(out.withheld.filter(pl.col("effect") == "deny")["reason"].to_list()) == {"withdrawn"}


def test_a_zone_policy_gives_the_vessels_that_are_seen_there() -> None:
    view = world(3)
    view["events"] = events(event(0), event(1, at=PLACES[5]))
    view["track_points"] = points(point(1, 520_000_002, at=PLACES[5]))
    out = release(view, **gate(policy(zones=[FJI])))
    assert out.release["vessels"]["mmsi"].to_list() == [520_000_000]
    assert set(out.withheld.filter(pl.col("table") == "vessels", pl.col("effect") == "deny")["reason"].to_list()) == {
        "not_seen"
    }


# --- non-interference


extras = st.lists(
    st.tuples(
        st.sampled_from(["events", "withdrawn", "alerts", "points", "vessel", "detection", "zone", "far"]),
        st.integers(100, 130),
        st.sampled_from(PLACES),
        st.sampled_from(["shut", "none", "embargo", "red"]),
    ),
    min_size=1,
    max_size=8,
)
SHUTS = {
    "shut": SHUT,
    "none": mark(licences=("none",)),
    "embargo": mark(embargo=NOW + timedelta(days=1)),
    "red": mark(tlp="red", release_to=("*",)),
}
RULES = [
    [policy()],
    [policy(zones=[FJI], buffer_m=50_000.0, coarsen='{"position_m": 1000, "time_s": 600}')],
    [
        policy(columns=["lon_deg", "lat_deg", "kind", "severity", "participants"]),
        policy("no", effect="deny", zones=[TON]),
    ],
]


def with_rows(
    view: dict[str, pl.DataFrame], more: list[Any], fiji_only: bool
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The same world and rows that FJI may not have: by their mark, or by place where the policy is for Fiji."""
    out, secret_zones = dict(view), zones()
    for what, n, place, why in {(w, n): (w, n, p, s) for w, n, p, s in more}.values():
        m = SHUTS[why]
        if what == "events" or (what == "far" and not fiji_only):
            e = event(n, m, at=place, mover=520_000_000, severity=4)
            out["events"] = pl.concat([out["events"], events(e)])
            out["alerts"] = pl.concat([out["alerts"], alerts(alert(e))])
        elif what == "far":
            out["events"] = pl.concat([out["events"], events(event(n, at=PLACES[5]))])
        elif what == "withdrawn":
            out["events"] = pl.concat([out["events"], events(event(n, at=place, state="withdrawn"))])
        elif what == "alerts":
            out["alerts"] = pl.concat(
                [out["alerts"], alerts(alert(event(0, zones=[FJI]), f"other{n}", who="x", rank=1.0))]
            )
        elif what == "points":
            out["track_points"] = pl.concat([out["track_points"], points(point(n, 520_000_001, m, place))])
        elif what == "vessel":
            out["vessels"] = pl.concat([out["vessels"], vessels(vessel(n, m))])
        elif what == "detection":
            out["detections"] = pl.concat([out["detections"], detections(detection(n, m, place))])
        else:  # a watch area of the owner's over everything: rows bear its tag
            z = zones(m).head(1).with_columns(zone=pl.lit(ids.ident("zn", n)))
            secret_zones = pl.concat([secret_zones, z])
            tag = pl.col("zones").list.concat(pl.lit([ids.ident("zn", n)]))
            out["events"] = out["events"].with_columns(tag)
            out["track_points"] = out["track_points"].with_columns(tag)
    return out, secret_zones


@given(extras, st.sampled_from(range(len(RULES))), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None, phases=[Phase.generate])
def test_rows_that_may_not_go_change_no_byte(more: list[Any], which: int, shuffle: Any) -> None:
    view = world()
    args = gate(*RULES[which], also=tuple(SHUTS.values()))
    wider, all_zones = with_rows(view, more, fiji_only=which == 1)
    shuffled = {t: f.sample(fraction=1.0, shuffle=True, seed=shuffle.randrange(10**6)) for t, f in wider.items()}
    one = release(view, **args)
    two = release(shuffled, **args | {"zones": all_zones})
    assert bytes_of(one) == bytes_of(two)
    mine, other = entry(one, EMPTY, 0), entry(two, EMPTY, 0)
    assert mine is not None and other is not None
    assert mine[0].equals(other[0])
    assert mine[1].drop("inside_id").equals(other[1].drop("inside_id"))
    assert len(one.release["events"]) == 3


def test_a_world_without_releasable_rows_is_an_empty_one() -> None:
    shut = {"events": events(event(1, SHUT)), "alerts": alerts(alert(event(1, SHUT)))}
    empty = {"events": events(), "alerts": alerts()}
    assert bytes_of(release(shut, **gate(policy()))) == bytes_of(release(empty, **gate(policy())))


def test_the_secret_decides_the_ids_and_nothing_else_does() -> None:
    a = release(world(), **gate(policy()))
    assert bytes_of(a) == bytes_of(release(world(), **gate(policy())))
    assert SECRET not in b"".join(bytes_of(a))
