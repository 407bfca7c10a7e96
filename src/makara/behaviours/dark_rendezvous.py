"""Dark rendezvous: a vessel that transmits lies beside one that does not.

Why it matters: the partner hides while it takes fish, fuel, people or contraband over; only a sensor sees it.
What looks the same: a small boat that owes no AIS beside a fishing vessel, a buoy or gear taken for a boat, the vessel
itself matched badly, help in distress.
Source: Skylight's dark rendezvous; Makara's own thresholds, to be measured: 15 min or more beside an unmatched
detection within 1 nmi.

A sighting is judged at the vessel's first report a quarter of an hour after it, so that a pause that has just begun
counts. Between two satellite passes the time to spare tells whether it can have lain there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from makara.base.units import HOUR_S, MINUTE_S, NMI_M
from makara.behaviours._beside import DETAILS, EXTRAS, Terms, beside, joined, rows
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._contacts import unmatched
from makara.behaviours._paused import REACH_S
from makara.behaviours._rule import Parameter, Parameters, Rule, Window, emit, nothing, reason, reasons, unpack
from makara.behaviours._words import detail, hours, place, who

RULE = Rule(
    kind="dark_rendezvous",
    version="1.0",
    inputs={"track_points": REACH_S, "detections": 4 * HOUR_S, "matches": 4 * HOUR_S, "zones": 0, "vessels": 0},
    parameters=(
        Parameter("distance_max_m", NMI_M, "the detection is within this of the vessel"),
        Parameter("duration_min_s", 15 * MINUTE_S, "shortest time that the vessel lay there"),
        Parameter("p_none_min", 0.5, "probability that no track explains the detection"),
        Parameter("p_dark_min", 0.2, "probability that it is a vessel that does not transmit"),
        Parameter("p_alert_min", 0.5, "the same, from which a vessel met by a ship on passage alerts"),
        Parameter("length_min_m", 20.0, "a partner measured shorter than this does not alert"),
        Parameter("anchorage_min_m", 10_000.0, "nearer an anchorage than this does not count"),
        Parameter("pause_max_s", 3 * HOUR_S, "sightings beside a vessel less than this apart are one event"),
    ),
    profiles={"makara": {}},
    innocent=("no_ais_owed", "gear_or_buoy", "wrong_match", "help_in_distress", "same_fishing_ground"),
    details={**DETAILS, "class": pl.String()},
    by="place",
)


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Sightings beside paused vessels that are judged in the window, joined to those just before."""
    found = unmatched(window, p.p_dark_min)
    if len(found):
        found = found.filter(pl.col("p_none") >= p.p_none_min).with_columns(
            reach_m=pl.lit(p.distance_max_m), track=pl.lit(0, pl.Int64()), p_partner=pl.col("p_dark").cast(pl.Float64)
        )
    terms = Terms(p.duration_min_s, p.anchorage_min_m, p.pause_max_s)
    runs = joined(window, beside(window, found, terms), unpack(carried, EXTRAS), terms)
    if not len(runs):
        return nothing()
    told = rows(window, runs)
    return pl.concat([emit(RULE, p, told.kept), _events(window, told.events, p)])


def why(event: Mapping[str, Any]) -> str:
    """The meeting in words for the radio."""
    d = detail(event)
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
    passer = pl.col("class").is_in(["carrier", "tanker", "cargo", "passenger"])
    sure = pl.col("p") >= p.p_alert_min
    again = pl.col("sightings") > 1
    signs = [c.cast(pl.Int64) for c in (big, passer, sure, again)]
    with_class = found.with_columns(kinds)
    told = with_class.with_columns(
        reasons(
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


_SHIP: Final = sea.vessel(kind="carrier").sail(2).drift(3).sail(2)
"""Off 130.34 E it lies from 02:00 to 05:00."""


def _seen(lon: float, lat: float, length_m: float | None = 35.0, at: str = "2025-03-01T03:00:00Z") -> Any:
    return lambda: sea.unmatched(("de-1", lon, lat, at, length_m))


CASES = (
    fires("a carrier lies beside 35 m that nobody explains", _SHIP, tables=_seen(130.348, -9.995)),
    fires(
        "heard before and after only: two hours to spare",
        sea.vessel(kind="carrier").sail(2).drift(0.2).dark(2.3, speed_kn=0.5).sail(2),
        tables=_seen(130.345, -9.998),
    ),
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
        "across 180 degrees",
        sea.vessel(at=(179.655, -17.0), kind="carrier").sail(2).drift(3).sail(2),
        tables=_seen(-179.996, -17.003),
        hazard="antimeridian",
    ),
)
