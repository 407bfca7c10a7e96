"""A small sea to share: marks, zones on both sides of 180, events, points, detections; drawn by Hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import shapely
from hypothesis import strategies as st

from makara.base import ids
from makara.sharing.marks import Mark, key, row
from makara.tables import table

T0 = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
SECRET = b"s" * 32
LICENCES = {"own": ["*"], "sat": ["FJI"], "sat@foreign@raw": [], "none": []}
FJI, TON = ids.ident("zn", "fji"), ids.ident("zn", "ton")
BOXES = {FJI: (177.0, -20.0, 180.0, -15.0), TON: (-178.0, -22.0, -173.0, -17.0)}
PLACES = [
    (178.5, -17.0),
    (-179.9, -17.0),
    (-179.0, -18.5),
    (-175.0, -19.0),
    (175.2, -16.0),
    (150.0, 10.0),
    (-179.99, 80.0),
]
"""In Fiji, 11 km east of it across 180, 105 km east, in Tonga, 190 km west, far away, near the pole."""


def mark(**parts: Any) -> Mark:
    return Mark(**({"originators": ("self",), "tlp": "amber", "release_to": ("FJI",), "licences": ("own",)} | parts))


OPEN = mark()
SHUT = mark(release_to=())


def marks(*every: Mark) -> pl.DataFrame:
    rows = {key(m): row(m) for m in every}
    return pl.DataFrame(list(rows.values()), schema={f.name: f.type for f in table("marks").own})


def _stamped(name: str, rows: list[dict[str, Any]], m: Mark) -> pl.DataFrame:
    if not rows:
        return table(name).empty()
    stamps = {"source": "test", "t_known": T0 + timedelta(hours=1), "mark": key(m)}
    return table(name).conform(pl.DataFrame([stamps | r for r in rows], infer_schema_length=None))


def zones(m: Mark = OPEN) -> pl.DataFrame:
    rows = [
        {
            "zone": z,
            "own_id": z[:3],
            "name": "somewhere",
            "kind": "eez",
            "geometry": shapely.box(*b).wkb,
            "box": dict(zip("wsen", b, strict=True)),
            "attributes": "{}",
        }
        for z, b in BOXES.items()
    ]
    return _stamped("zones", rows, m)


def event(n: int, m: Mark = OPEN, **parts: Any) -> dict[str, Any]:
    x, y = parts.pop("at", PLACES[0])
    mover = parts.pop("mover", 520_000_000 + n)
    start = T0 + timedelta(minutes=n)
    own = {
        "event": ids.ident("ev", n),
        "version": 1,
        "supersedes": None,
        "state": "closed",
        "kind": "gap",
        "profile": "makara",
        "scope": "",
        "rule": "gap@1.0",
        "parameters": "p",
        "t_start": start,
        "t_end": start + timedelta(hours=7),
        "t_end_floor": start + timedelta(hours=7),
        "lon_deg": x,
        "lat_deg": y,
        "shape": None,
        "participants": [f"mv{mover}"],
        "mmsi": [mover] if mover > 0 else [],
        "zones": [],
        "p": 0.75,
        "severity": 2,
        "reasons": [
            {"code": "silence", "value": 7.0, "unit": "h", "against": 6.0, "weight": 1.0, "text": f"by {mover}"}
        ],
        "innocent": ["no_reception"],
        "details": "{}",
        "evidence": [f"rows:{mover}:2026-01-01T00:00:00Z/2026-01-01T12:00:00Z", "feed:nmea"],
        "mark": key(m),
    }
    return own | parts


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    return _stamped("events", list(rows), OPEN)


def alert(of: dict[str, Any], subscription: str = "watch", **parts: Any) -> dict[str, Any]:
    own = {
        "alert": ids.ident("al", subscription, of["event"]),
        "event": of["event"],
        "version": of["version"],
        "subscription": subscription,
        "rank": 9.0,
        "contributions": [],
        "state": "new",
        "line": True,
        "mark": of["mark"],
    }
    return own | parts


def alerts(*rows: dict[str, Any]) -> pl.DataFrame:
    return _stamped("alerts", list(rows), OPEN)


def point(
    n: int, mover: int, m: Mark = OPEN, at: tuple[float, float] = PLACES[0], zones_: list[str] | None = None
) -> dict[str, Any]:
    return {
        "mover": mover,
        "t_seen": T0 + timedelta(minutes=n),
        "report": 1000 + n,
        "track": mover * 10,
        "lon_deg": at[0],
        "lat_deg": at[1],
        "receiver": "terrestrial",
        "h3_3": 7,
        "flags": [],
        "zones": zones_ or [],
        "mark": key(m),
    }


def points(*rows: dict[str, Any]) -> pl.DataFrame:
    return _stamped("track_points", list(rows), OPEN)


def detection(n: int, m: Mark = OPEN, at: tuple[float, float] = PLACES[0]) -> dict[str, Any]:
    return {
        "detection": ids.ident("de", n),
        "collection": ids.ident("co", 1),
        "sensor": "sar",
        "t_seen": T0 + timedelta(minutes=n),
        "lon_deg": at[0],
        "lat_deg": at[1],
        "flags": [],
        "mark": key(m),
    }


def detections(*rows: dict[str, Any]) -> pl.DataFrame:
    return _stamped("detections", list(rows), OPEN)


def vessel(mmsi: int, m: Mark = OPEN) -> dict[str, Any]:
    return {"vessel": ids.ident("ve", mmsi), "mmsi": mmsi, "name": f"V{mmsi}", "evidence": "{}", "mark": key(m)}


def vessels(*rows: dict[str, Any]) -> pl.DataFrame:
    return _stamped("vessels", list(rows), OPEN)


def policy(name: str = "all", **parts: Any) -> dict[str, Any]:
    own = {
        "policy": name,
        "version": 1,
        "partner": "FJI",
        "effect": "allow",
        "tables": ["*"],
        "kinds": ["*"],
        "zones": ["*"],
        "buffer_m": 0.0,
        "columns": ["*"],
        "delay_s": 0,
        "coarsen": "{}",
        "purposes": ["*"],
        "from": None,
        "to": None,
    }
    return own | parts


def policies(*rows: dict[str, Any]) -> pl.DataFrame:
    return _stamped("policies", list(rows), OPEN)


def gate(*rows: dict[str, Any], partner: str = "FJI", also: tuple[Mark, ...] = (), **parts: Any) -> dict[str, Any]:
    own = {
        "partner": partner,
        "purpose": "safety",
        "policies": policies(*rows),
        "marks": marks(OPEN, SHUT, *also),
        "licences": LICENCES,
        "zones": zones(),
        "secret": SECRET,
        "now": NOW,
    }
    return own | parts


some_marks = st.builds(
    Mark,
    originators=st.sets(st.sampled_from(["self", "FJI", "AUS"]), min_size=1).map(tuple),
    tlp=st.sampled_from(["clear", "green", "amber", "amber+strict", "red"]),
    release_to=st.sets(st.sampled_from(["*", "FJI", "TON", "AUS"])).map(tuple),
    purposes=st.sets(st.sampled_from(["*", "safety", "fisheries"])).map(tuple),
    licences=st.sets(st.sampled_from(["own", "sat", "sat@foreign@raw", "none"])).map(tuple),
    embargo=st.sampled_from([None, T0, NOW + timedelta(hours=1)]),
    expires=st.sampled_from([None, T0, NOW, NOW + timedelta(hours=1)]),
    level=st.sampled_from(["raw", "detection", "event", "aggregate"]),
)
friendly_marks = st.one_of(st.just(OPEN), st.just(mark(release_to=("*",), tlp="clear")), some_marks)
"""Marks of which enough let a partner through for the policies to matter."""
some_policies = st.builds(
    policy,
    name=st.sampled_from(["a", "b", "c", "d"]),
    version=st.integers(1, 2),
    partner=st.sampled_from(["FJI", "FJI", "*", "TON"]),
    effect=st.sampled_from(["allow", "allow", "allow", "deny"]),
    tables=st.sampled_from([["*"], ["events", "alerts"], ["track_points"], ["events"]]),
    kinds=st.sampled_from([["*"], ["*"], ["gap"], ["loitering", "gap"]]),
    zones=st.sampled_from([["*"], [FJI], [TON], [FJI, TON], ["znunknown"]]),
    buffer_m=st.sampled_from([0.0, 50_000.0, 300_000.0]),
    columns=st.sampled_from([["*"], ["*"], ["lon_deg", "lat_deg", "kind", "t_start"], ["severity", "mmsi"]]),
    delay_s=st.sampled_from([0, 0, 3600, 61_500]),
    coarsen=st.sampled_from(["{}", "{}", '{"position_m": 5000}', '{"time_s": 3600}']),
    purposes=st.sampled_from([["*"], ["safety"], ["fisheries"]]),
    **{"from": st.sampled_from([None, T0, NOW + timedelta(hours=1)])},
    to=st.sampled_from([None, None, T0, NOW + timedelta(hours=1)]),
)
