"""Alerts: what operators do to them, and one alert in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from makara.alerts import VERBS, in_force, is_vessel_id
from makara.base.errors import NotFoundError, UsageError
from makara.base.time import text
from makara.behaviours import rule
from makara.lake import Lake
from makara.session.inputs import zone_keys
from makara.session.vessels import enter, one
from makara.sharing import OWNER, Mark


def suppress(
    lake: Lake,
    *,
    alert: str | None,
    vessel: str | None,
    zone: str | None,
    kind: str | None,
    who: str,
    why: str | None,
    until: datetime | None,
    now: datetime,
) -> str:
    """Keep alerts silent: one, or all of a vessel, zone and kind (all that are given must hold). The act's id.

    Raises:
        NotFoundError: no such alert, vessel, zone or rule.
        UsageError: nothing is named, no reason is given, it is over already, or a name means several.
    """
    terms = []
    if alert is not None:
        if not len(lake.state("alerts").filter(pl.col("alert") == alert)):
            raise NotFoundError(f"no alert {alert!r}; `makara alerts` lists them")
        terms.append(f"alert:{alert}")
    if vessel is not None:
        known = vessel.isdecimal() or vessel.startswith("mv") or is_vessel_id(vessel)
        terms.append(f"vessel:{vessel if known else one(lake, vessel)}")
    if zone is not None:
        terms.append(f"zone:{_zone(lake, zone)}")
    if kind is not None:
        terms.append(f"kind:{rule(kind).RULE.kind}")
    if not terms:
        raise UsageError("nothing is named to suppress; give an alert, or a vessel, zone or rule")
    if not (why or "").strip():
        raise UsageError("suppressing needs a reason, for whoever comes after; give --reason")
    if until is not None and until <= now:
        raise UsageError(f"{text(until)} is over; give a later end")
    return enter(lake, Mark.own(OWNER), "suppress", terms, who, why, now, until)


def lift(lake: Lake, act: str, who: str, why: str | None, now: datetime) -> str:
    """Say that an act of suppression does not count any more; answers the new act's id.

    Raises:
        NotFoundError: no such act.
        UsageError: it is lifted already, or over.
    """
    acts = lake.state("acts")
    if not len(acts.filter(pl.col("act") == act, pl.col("verb") == "suppress")):
        raise NotFoundError(f"no act {act!r} that suppresses alerts; `makara alert acts` lists them")
    if act not in {a["act"] for a in in_force(acts, now)}:
        raise UsageError(f"{act} does not count any more: it is lifted, or over")
    return enter(lake, Mark.own(OWNER), "lift", [act], who, why, now)


def log(acts: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Acts on alerts, the newest first: ``act, t, who, verb, object, why, until, counts``."""
    counting = [a["act"] for a in in_force(acts, now)]
    mine = acts.filter(pl.col("verb").is_in(VERBS)).with_columns(counts=pl.col("act").is_in(counting))
    shown = mine.sort("t", "act", descending=True)
    return shown.select("act", "t", "who", "verb", "object", "why", "until", "counts")


def event_of(alerts: pl.DataFrame, alert: str) -> dict[str, Any]:
    """The row of an alert.

    Raises:
        NotFoundError: no such alert.
    """
    found = alerts.filter(pl.col("alert") == alert).to_dicts() if len(alerts) else []
    if not found:
        raise NotFoundError(f"no alert {alert!r}; `makara alerts` lists them")
    return found[0]


def _zone(lake: Lake, name: str) -> str:
    zones = lake.state("zones")
    keys = zone_keys(zones, [name])
    if not len(zones.filter(pl.col("zone").is_in(keys))):
        raise NotFoundError(f"no zone {name!r}; give its key, its provider's id or its name, as table zones has them")
    if len(keys) > 1:
        raise UsageError(f"{name!r} means {len(keys)} zones; give one by its key: {', '.join(keys[:8])}")
    return keys[0]
