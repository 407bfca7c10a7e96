"""Identity: what a vessel says of itself cannot be true, or changes where it must not.

Why it matters: a borrowed, cloned or changed number hides who is where; sanctioned and unlicensed vessels sail under
others' names, and the numbers of a hull (its IMO number, its length) give them away.
What looks the same: a number shared by mistake or by a family of small boats, a factory default never set, gear beacons
under the boat's number, a sale or a refit, the crew's typing error, a receiver whose clock is wrong, a satellite that
delivers old positions as new, a radar that sees a ship too long.
Source: Global Fishing Watch's overlapping segments; IMO A.1117(30) on the check digit; the limits are Makara's own.

Eight kinds, told apart by ``details.what``: **two_places** (messages of one number alternate between two chains of
tracks, too far apart for any hull), **one_imo** (the same of one IMO number on two movers), **renumbered** (a ship goes
on under another MMSI at sea), **change** (name, call sign or IMO number change at sea), **imo_check** (an IMO number
that is none), **digits** (an MMSI whose first three digits the ITU has given to nobody), **flag** (a register gives the
hull another flag than its MMSI), **length** (a sensor sees another hull than is stated). One jump proves little (a
wrong clock, a new owner); several there and back do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from makara.base.units import DAY_S, HOUR_S, NMI_M
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._lengths import lengths
from makara.behaviours._renumbered import renumbered
from makara.behaviours._rule import Parameter, Parameters, Rule, Window, emit
from makara.behaviours._statements import BACK_S, changes, numbers, statements
from makara.behaviours._twins import twins
from makara.behaviours._words import detail, nmi, place, who

RULE = Rule(
    kind="identity",
    version="2.0",
    inputs={
        "track_points": 2 * DAY_S,
        "tracks": 2 * DAY_S,
        "claims": 2 * BACK_S,
        "detections": 0,
        "matches": 0,
        "vessels": 0,
        "lists": 0,
    },
    parameters=(
        Parameter("speed_min_kn", 50.0, "no hull joins two places that need more than this"),
        Parameter("distance_min_m", 10 * NMI_M, "places nearer than this are not told apart"),
        Parameter("jumps_min", 6, "fewer alternations than this prove nothing"),
        Parameter("quiet_max_s", 12 * HOUR_S, "alternations farther apart than this are not one event (at most 12 h)"),
        Parameter("anchorage_min_m", 10_000.0, "nearer an anchorage, names and numbers may change"),
        Parameter("shore_min_m", 3 * NMI_M, "nearer the shore as well"),
        Parameter("renumber_max_s", 4 * HOUR_S, "longest silence between the old number and the new"),
        Parameter("renumber_place_max_m", 1.0 * NMI_M, "the new number is first heard so near where the ship would be"),
        Parameter("renumber_way_share", 0.15, "and this share of its way farther: straight on, or with one turn"),
        Parameter("match_p_min", 0.8, "a detection belongs to a vessel with this probability"),
        Parameter("length_share", 0.3, "lengths differ by more than this share of what is stated"),
        Parameter("length_min_m", 30.0, "and by more than this"),
    ),
    profiles={"makara": {}},
    innocent=(
        "number_shared_by_mistake",
        "factory_default",
        "gear_beacon",
        "wrong_receiver_clock",
        "typing_error",
        "sale_or_refit",
        "radar_length",
    ),
    details={
        "what": pl.String(),
        "jumps": pl.Int64(),
        "distance_max_m": pl.Float64(),
        "speed_min_kn": pl.Float64(),
        "lon_other_deg": pl.Float64(),
        "lat_other_deg": pl.Float64(),
        "ship_number": pl.Boolean(),
        "imo": pl.Int64(),
        "field": pl.String(),
        "was": pl.String(),
        "now": pl.String(),
        "same_claims": pl.List(pl.String()),
        "length_stated_m": pl.Float64(),
        "length_seen_m": pl.Float64(),
        "sensor": pl.String(),
    },
    by="place",
)


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Spells in two places that end in the window or last at its end; what else its claims and looks tell."""
    claims = statements(window)
    spells = carried.filter(pl.col("memory").is_not_null())
    found = (
        twins(window, spells, claims, p),
        renumbered(window, claims, p),
        changes(window, claims, p),
        numbers(window, claims),
        lengths(window, p),
    )
    return pl.concat([_emit(rows, p) for rows in found])


def _emit(rows: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    lacking = [pl.lit(None, dtype=t).alias(c) for c, t in RULE.details.items() if c not in rows.columns]
    return emit(RULE, p, rows.with_columns(lacking) if len(rows) else rows)


def why(event: Mapping[str, Any]) -> str:
    """The contradiction in words for the radio."""
    d, name = detail(event), f"{who(event)} at {place(event)}"
    if d["what"] in ("two_places", "one_imo"):
        number = f", under IMO number {d['imo']}," if d["what"] == "one_imo" else ""
        was = "was" if len(event["participants"]) == 1 else "were"
        return (
            f"{who(event)}{number} {was} heard at {place(event)} and {nmi(d['distance_max_m'])} nmi away in turn,"
            f" {d['jumps']} times; one hull would have needed {d['speed_min_kn']:.0f} kn or more: shared or cloned"
        )
    if d["what"] == "renumbered":
        same = f"; both state the same {' and '.join(d['same_claims'])}" if d["same_claims"] else ""
        return f"{name}: {d['was']} fell silent and {d['now']} was first heard where it would have been{same}"
    if d["what"] == "change":
        field = {"callsign": "call sign", "imo": "IMO number"}.get(d["field"], d["field"])
        return f"{name} changed its {field} at sea, from {d['was']} to {d['now']}"
    if d["what"] == "imo_check":
        return f"{name} states IMO number {d['now']}, which is none: its check digit is wrong"
    if d["what"] == "digits":
        return f"{name} has a number that begins with {d['now']}, which the ITU has given to nobody"
    if d["what"] == "flag":
        return f"{name} has a number of flag {d['now']}, while a register gives its hull flag {d['was']}"
    return f"{name} states a length of {d['length_stated_m']:.0f} m, but {d['sensor']} saw {d['length_seen_m']:.0f} m"


_TWIN = sea.vessel(track=2, at=(140.0, -12.0), start="2025-03-01T01:05:00Z")
_FIRST = sea.vessel().sail(7)
_SECOND = sea.vessel(mover=412000002, start="2025-03-01T07:30:00Z", at=(131.27, -10.0)).sail(9)


def _claims(*said: tuple[int, float, str | None, int | None, float | None], start: str | None = None) -> Any:
    """Table claims: each what a mover states every ten minutes of an hour, from so many hours on."""
    return lambda: {"claims": sea.claims(*said, **({} if start is None else {"start": start}))}


def _garbled() -> dict[str, pl.DataFrame]:
    """Claims of one name, with one message of another among them."""
    names = ("NAME A", "NBMF@A", "NAME A")
    said = [sea.claims((412000001, 1 + k, name, None, None)) for k, name in enumerate(names)]
    return {"claims": pl.concat([said[0], said[1].head(1), said[2]])}


CASES = (
    fires("a clone sails 600 nmi away", sea.vessel(track=1).sail(8), _TWIN.sail(5)),
    silent("one jump: the number moved to a new ship", sea.vessel(track=1).sail(1), _TWIN.sail(5)),
    silent(
        "two receivers a mile apart in place",
        sea.vessel(track=1).drift(8),
        sea.vessel(track=2, at=(130.01, -10.0), start="2025-03-01T00:05:00Z").drift(8),
    ),
    fires(
        "the twin is across 180 degrees",
        sea.vessel(track=1, at=(179.0, -17.0), start="2025-03-01T21:00:00Z").sail(8),
        sea.vessel(track=2, at=(-175.0, -17.0), start="2025-03-01T22:05:00Z").sail(5),
        hazard="antimeridian",
    ),
    fires(
        "goes on under another number",
        _FIRST,
        _SECOND,
        tables=_claims((412000001, 1, "NAME A", 9074729, 90.0), (412000002, 8, "NAME B", 9074729, 90.0)),
    ),
    fires(
        "goes on under another number and turns round",
        _FIRST,
        sea.vessel(mover=412000002, start="2025-03-01T06:52:00Z", at=(131.158, -10.0)).sail(9, 270),
        tables=_claims((412000001, 1, "NAME A", 9074729, 90.0), (412000002, 8, "NAME B", 9074729, 90.0)),
    ),
    silent(
        "two ships pass where reception begins",
        _FIRST,
        _SECOND,
        tables=_claims((412000001, 1, "NAME A", 9074729, 90.0), (412000002, 8, "NAME B", 9319466, 180.0)),
    ),
    fires(
        "changes its name at sea",
        sea.vessel().sail(8),
        tables=_claims((412000001, 1, "NAME A", None, None), (412000001, 4, "NAME B", None, None)),
    ),
    silent(
        "changes its name at anchor",
        sea.vessel(anchorage_nmi=1, off_nmi=2).drift(8, speed_kn=0.1),
        tables=_claims((412000001, 1, "NAME A", None, None), (412000001, 4, "NAME B", None, None)),
    ),
    silent(
        "one garbled name",
        sea.vessel().sail(8),
        tables=_garbled,
    ),
    fires(
        "an IMO number that is none",
        sea.vessel().sail(8),
        tables=_claims((412000001, 1, "NAME A", 9074720, None)),
    ),
    fires(
        "a number whose first digits are nobody's",
        sea.vessel(mover=299000001).sail(8),
        tables=_claims((299000001, 1, "NAME A", None, None)),
    ),
    fires(
        "one IMO number on two hulls",
        sea.vessel().sail(8),
        sea.vessel(mover=412000002, at=(140.0, -12.0)).sail(8),
        tables=_claims((412000001, 1, "NAME A", 9074729, None), (412000002, 1.08, "NAME B", 9074729, None)),
    ),
)
