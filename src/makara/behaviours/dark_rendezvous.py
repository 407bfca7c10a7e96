"""Dark rendezvous: a vessel that transmits lies beside one that does not.

Why it matters: the partner hides while it takes fish, fuel, people or contraband over; only a sensor sees it.
What looks the same: a small boat that owes no AIS beside a fishing vessel, a buoy or gear taken for a boat, the vessel
itself matched badly, help in distress; a ship that waits for orders, weather or its engine, and meets nobody.
Source: Skylight's dark rendezvous; Makara's own thresholds, to be measured: 15 min or more beside an unmatched
detection within 1 nmi, or slow as in an encounter where AIS shows nobody.

Two ways to know it. Beside: a sensor saw the partner. Alone: a ship that has no work at sea is slow for hours far out
(rule loitering), as in an encounter, and AIS shows nobody near; no partner is seen, so that it is for the record, of
severity 1 for carriers and tankers.

A sighting is judged at the vessel's first report a quarter of an hour after it, so that a pause that has just begun
counts. Between two satellite passes the time to spare tells whether it can have lain there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from makara.base.units import HOUR_S, MINUTE_S, NMI_M, S_US
from makara.behaviours._beside import DETAILS, EXTRAS, Terms, beside, joined, rows
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._company import company
from makara.behaviours._derived import base, members, said
from makara.behaviours._paused import REACH_S
from makara.behaviours._rule import (
    Parameter,
    Parameters,
    Rule,
    Window,
    emit,
    nothing,
    reason,
    reasons,
    touches,
    unpack,
    zone_keys,
)
from makara.behaviours._unmatched import unmatched
from makara.behaviours._words import detail, hours, nmi, place, who

_KNOWN_S: Final = 6 * HOUR_S
"""A stay is known to be over at most so long after its end."""
_STAY_MAX_S: Final = 12 * HOUR_S
_SHIPS: Final = ("carrier", "tanker", "cargo", "passenger")
_HANDS_OVER: Final = ("carrier", "tanker")

RULE = Rule(
    kind="dark_rendezvous",
    version="1.1",
    inputs={
        "track_points": max(REACH_S, _KNOWN_S + _STAY_MAX_S),
        "detections": _KNOWN_S + _STAY_MAX_S,
        "matches": _KNOWN_S + _STAY_MAX_S,
        "events:loitering": _KNOWN_S,
        "zones": 0,
        "vessels": 0,
    },
    parameters=(
        Parameter("distance_max_m", NMI_M, "the detection is within this of the vessel"),
        Parameter("duration_min_s", 15 * MINUTE_S, "shortest time that the vessel lay there"),
        Parameter("p_none_min", 0.5, "probability that no track explains the detection"),
        Parameter("p_dark_min", 0.2, "probability that it is a vessel that does not transmit"),
        Parameter("p_alert_min", 0.5, "the same, from which a vessel met by a ship on passage alerts"),
        Parameter("length_min_m", 20.0, "a partner measured shorter than this does not alert"),
        Parameter("anchorage_min_m", 10_000.0, "nearer an anchorage than this does not count"),
        Parameter("pause_max_s", 3 * HOUR_S, "sightings beside a vessel less than this apart are one event"),
        Parameter("alone_min_s", 2 * HOUR_S, "alone: shortest stay (as rule loitering finds them)"),
        Parameter("alone_max_s", _STAY_MAX_S, "alone: a longer stay is waiting (at most 12 h)"),
        Parameter("alone_m", 2 * NMI_M, "alone: AIS shows nobody within this"),
    ),
    profiles={"makara": {}},
    innocent=(
        "no_ais_owed",
        "gear_or_buoy",
        "wrong_match",
        "help_in_distress",
        "same_fishing_ground",
        "waiting_for_orders",
        "engine_trouble",
    ),
    details={"variant": pl.String(), **DETAILS, "mean_speed_kn": pl.Float64(), "class": pl.String()},
    by="place",
)


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Sightings beside paused vessels that are judged in the window, joined to those just before; ships alone."""
    found = unmatched(window, p.p_dark_min)
    if len(found):
        found = found.filter(pl.col("p_none") >= p.p_none_min).with_columns(
            reach_m=pl.lit(p.distance_max_m), track=pl.lit(0, pl.Int64()), p_partner=pl.col("p_dark").cast(pl.Float64)
        )
    return pl.concat([_beside(window, found, carried, p), _alone(window, found, p)])


def _beside(window: Window, found: pl.DataFrame, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for meetings with what a sensor saw."""
    if len(found):
        found = found.filter(pl.col("t") >= window.frm_us - REACH_S * S_US)
    terms = Terms(p.duration_min_s, p.anchorage_min_m, p.pause_max_s)
    runs = joined(window, beside(window, found, terms), unpack(carried, EXTRAS), terms)
    if not len(runs):
        return nothing()
    told = rows(window, runs)
    return pl.concat([emit(RULE, p, told.kept), _events(window, told.events, p)])


def why(event: Mapping[str, Any]) -> str:
    """The meeting in words for the radio."""
    d = detail(event)
    if d["variant"] == "alone":
        off = "" if d["shore_m"] is None else f", {nmi(d['shore_m'])} nmi off"
        return (
            f"{who(event)} ({d['class']}) made {d['mean_speed_kn']:.1f} kn for {hours(d['pause_s'])} h at"
            f" {place(event)}{off}, as if it met someone, and AIS shows nobody near it"
        )
    size = "" if d["partner_m"] is None else f" of about {d['partner_m']:.0f} m"
    return (
        f"{who(event)} ({d['class']}) lay for {hours(d['pause_s'])} h at {place(event)},"
        f" {d['distance_m']:.0f} m from a vessel{size} without AIS (probability {event['p']:.2f})"
    )


def _events(window: Window, found: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for meetings."""
    if not len(found):
        return nothing()
    kinds = window.class_of(found["key"]).alias("class")
    big = (pl.col("partner_m") >= p.length_min_m).fill_null(False)
    passer = pl.col("class").is_in(_SHIPS)
    sure = pl.col("p") >= p.p_alert_min
    again = pl.col("sightings") > 1
    signs = [c.cast(pl.Int64) for c in (big, passer, sure, again)]
    with_class = found.with_columns(kinds)
    told = with_class.with_columns(
        variant=pl.lit("beside"),
        mean_speed_kn=pl.lit(None, pl.Float64()),
        reasons=reasons(
            reason("beside", "distance to the detection", pl.col("distance_m"), "m", p.distance_max_m),
            reason("paused", "how long it can have lain there", pl.col("pause_s"), "s", p.duration_min_s),
            reason("unmatched", "no track explains the detection", pl.col("p"), None, p.p_alert_min),
            reason("ship_stops", "a ship that has no work there stopped", when=passer),
            reason("partner_large", "partner's length", pl.col("partner_m"), "m", p.length_min_m, when=big),
            reason("seen_again", "sightings of it", pl.col("sightings"), when=again),
            reason("maybe_itself", "the detection may be the vessel itself", weight=-0.5, when=~sure),
        ),
        severity=pl.when(sure & big & (passer | again))
        .then(2)
        .when(pl.sum_horizontal(signs) >= 2)
        .then(1)
        .otherwise(0),
    )
    return emit(RULE, p, told)


def _alone(window: Window, seen: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for ships that lay slow for hours where neither AIS nor a sensor shows anybody."""
    seconds = (pl.col("t_end_floor") - pl.col("t_start")).dt.total_seconds()
    waits = base(window, "loitering").filter(
        seconds.is_between(p.alone_min_s, min(p.alone_max_s, _STAY_MAX_S)),
        ~touches("zones", zone_keys(window, ("port", "anchorage", "infrastructure"))),
    )
    if not len(waits):
        return nothing()
    stays = members(waits).with_columns(t=pl.col("t_start").dt.epoch("us"), until=pl.col("t_end_floor").dt.epoch("us"))
    kinds = window.class_of(stays["mover"])
    stays = stays.with_columns(kinds.alias("class")).filter(pl.col("class").is_in(_SHIPS))
    others, anchorage = company(window.track_points, seen, stays, p.alone_m, p.distance_max_m)
    stays = stays.filter(pl.Series((others == 0) & (anchorage >= p.anchorage_min_m)))
    hands = pl.col("class").is_in(_HANDS_OVER)
    told = stays.with_columns(
        said({"shore_m": pl.Float64(), "mean_speed_kn": pl.Float64()}).struct.unnest(),
        variant=pl.lit("alone"),
        distance_m=pl.lit(None, pl.Float64()),
        partner_m=pl.lit(None, pl.Float64()),
        pause_s=(pl.col("until") - pl.col("t")) // S_US,
        sightings=pl.lit(0, pl.Int64()),
        p=pl.lit(0.2),
        severity=hands.cast(pl.Int64),
    ).with_columns(
        reasons=reasons(
            reason("slow", "mean speed", pl.col("mean_speed_kn"), "kn"),
            reason("paused", "how long", pl.col("pause_s"), "s", p.alone_min_s),
            reason("alone", "AIS shows nobody within this", pl.lit(p.alone_m), "m"),
            reason("hands_over", "carriers and tankers stop like this to hand over", when=hands),
            reason("nobody_seen", "no sensor saw a partner", weight=-1.0),
        )
    )
    return emit(RULE, p, told)


_SHIP: Final = sea.vessel(kind="carrier").sail(2).drift(2.5).sail(2)
"""Off 130.34 E it lies from 02:00 to 04:30, too shortly to be of note alone."""
_SHIP_ALONE: Final = sea.vessel(kind="carrier").sail(2).drift(5).sail(2)


def _seen(lon: float, lat: float, length_m: float | None = 35.0, at: str = "2025-03-01T03:00:00Z") -> Any:
    return lambda: sea.unmatched(("de-1", lon, lat, at, length_m))


CASES = (
    fires("a carrier lies beside 35 m that nobody explains", _SHIP, tables=_seen(130.348, -9.995)),
    fires(
        "heard before and after only: two hours to spare",
        sea.vessel(kind="carrier").sail(2).drift(0.2).dark(2.3, speed_kn=0.5).sail(2),
        tables=_seen(130.345, -9.998),
    ),
    fires("a carrier lies still for five hours, and AIS shows nobody", _SHIP_ALONE),
    silent(
        "a fishing vessel lies beside it",
        _SHIP_ALONE,
        sea.vessel(mover=412000002, at=(130.34, -10.001), kind="fishing", every_s=1800).drift(12, speed_kn=0.4),
    ),
    silent("a fishing vessel lies still alone", sea.vessel(kind="fishing").sail(2).drift(5).sail(2)),
    silent("a carrier lies still for a day", sea.vessel(kind="carrier").sail(2).drift(26).sail(2)),
    silent("it is three miles off", _SHIP, tables=_seen(130.348, -9.95)),
    silent("the vessel sails past", sea.vessel(kind="carrier").sail(6), tables=_seen(130.51, -9.999)),
    silent("at an anchorage", sea.vessel(anchorage_nmi=2).sail(2).drift(3).sail(2), tables=_seen(130.348, -9.995)),
    silent(
        "silent for five hours: nobody knows where it was",
        sea.vessel(kind="carrier").sail(2).dark(5, speed_kn=0.5).sail(2),
        tables=_seen(130.345, -9.998),
        hazard="hole",
    ),
    fires(
        "alone, across 180 degrees and midnight",
        sea.vessel(at=(179.655, -17.0), start="2025-03-01T20:00:00Z", kind="carrier").sail(2).drift(5).sail(2),
        hazard="antimeridian",
    ),
    fires(
        "across 180 degrees",
        sea.vessel(at=(179.655, -17.0), kind="carrier").sail(2).drift(3).sail(2),
        tables=_seen(-179.996, -17.003),
        hazard="antimeridian",
    ),
)
