"""Which events someone must see: alerts by subscription, their order, and what would change our mind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

from makara.alerts.rank import ranked
from makara.base import ids
from makara.tables import table

SOURCE: Final = "alerts@1.0"
ANY: Final = "*"
BY_OPERATORS: Final = ("claimed", "tasked", "closed")
"""States that operators set; only the end of the event's standing overrides them."""
CONTENTS: Final = ("version", "rank", "contributions", "state", "who", "outcome", "suppressed_by", "line", "mark")
"""Columns whose change makes a new row."""


def decide(
    events: pl.DataFrame,
    subscriptions: pl.DataFrame,
    previous: pl.DataFrame,
    vessels: pl.DataFrame | None,
    now: datetime,
    *,
    zones: pl.DataFrame | None = None,
    lists: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Alerts that are new or changed.

    An alert stands as long as its event does and matches its subscription (kinds, zones, least severity); otherwise it
    is withdrawn, whatever operators did with it: recalls must travel. It bears its event's mark; release gives partners
    a rank of their own, since ours may speak of events that they may not see.

    Args:
        events: newest version of every event, withdrawn ones included (table events).
        subscriptions: table subscriptions.
        previous: newest row of every alert (table alerts).
        vessels: table vessels with ``lists`` (list of names) by ``mmsi`` where the registry gives them; None: none.
        now: becomes ``t_known``.
        zones: table zones, for the rank; None: places add nothing to it.
        lists: table lists, for the rank; None: lists add nothing to it.

    Returns:
        Rows of table alerts, in the order of their ids.
    """
    standing = events.filter(pl.col("state") != "withdrawn")
    wanted = _wanted(standing, subscriptions)
    named = [ids.ident("al", s, e) for s, e in wanted.select("subscription", "event").iter_rows()]
    rank = ranked(
        standing.join(wanted, on="event", how="semi"),
        standing,
        table("zones").empty() if zones is None else zones,
        _lists(vessels, lists),
        now,
    )
    current = (
        wanted.with_columns(alert=pl.Series(named, dtype=pl.String), first=_first_of_line(wanted, events, previous))
        .join(rank, on="event", how="left")
        .join(events.select("event", "version", "mark"), on="event", how="left")
    )
    held = previous.select("alert", "state", "who", "outcome", "suppressed_by", "line")
    kept = pl.col("state").is_in(BY_OPERATORS)
    alive = current.join(held, on="alert", how="left").with_columns(
        pl.when(kept).then(pl.col("state")).otherwise(pl.lit("new")).alias("state"),
        pl.col("line").fill_null(pl.col("first")),
    )
    gone = (
        previous.filter(pl.col("state") != "withdrawn")
        .join(current, on="alert", how="anti")
        .with_columns(pl.lit("withdrawn").alias("state"))
        .drop("version", "mark")
        .join(events.select("event", "version", "mark"), on="event")
    )
    spec = table("alerts")
    stamps = {"source": pl.lit(SOURCE), "t_known": pl.lit(now), "gone": pl.lit(None, spec.schema["gone"])}
    rows = pl.concat([spec.conform(part.with_columns(**stamps)) for part in (alive, gone)])
    before = rows.select("alert").join(previous, on="alert", how="left", maintain_order="left")
    changed = [rows[c].ne_missing(before[c]) for c in CONTENTS]
    return rows.filter(pl.DataFrame(changed).select(pl.any_horizontal(pl.all())).to_series()).sort("alert")


def _wanted(events: pl.DataFrame, subscriptions: pl.DataFrame) -> pl.DataFrame:
    """Pairs of subscription and event that match."""
    found = []
    for s in subscriptions.iter_rows(named=True):
        match = pl.col("severity") >= s["severity_min"]
        if ANY not in s["kinds"]:
            match &= pl.col("kind").is_in(s["kinds"])
        if ANY not in s["zones"]:
            match &= pl.col("zones").list.set_intersection(s["zones"]).list.len() > 0
        found.append(events.filter(match).select(pl.lit(s["subscription"]).alias("subscription"), "event"))
    return pl.concat([pl.DataFrame(schema={"subscription": pl.String, "event": pl.String}), *found])


def _lists(vessels: pl.DataFrame | None, lists: pl.DataFrame | None) -> pl.DataFrame:
    """Names of lists by MMSI, from the lists and from what the registry knows of vessels."""
    found = [pl.DataFrame(schema={"list": pl.String, "mmsi": pl.Int32})]
    if lists is not None:
        found.append(lists.select("list", "mmsi"))
    if vessels is not None and "lists" in vessels.columns:
        found.append(vessels.select(pl.col("lists").alias("list"), "mmsi").explode("list"))
    return pl.concat(found)


def _first_of_line(current: pl.DataFrame, events: pl.DataFrame, previous: pl.DataFrame) -> pl.Series:
    """Whether no earlier event of the line that ``supersedes`` draws was alerted to the same subscription."""
    before = {e: s for e, s in events.select("event", "supersedes").iter_rows() if s is not None}
    alerted = {(s, e) for f in (previous, current) for s, e in f.select("subscription", "event").iter_rows()}
    first = []
    for subscription, event in current.select("subscription", "event").iter_rows():
        seen = {event}
        earlier = before.get(event)
        while earlier is not None and earlier not in seen and (subscription, earlier) not in alerted:
            seen.add(earlier)
            earlier = before.get(earlier)
        first.append(earlier is None or earlier in seen)
    return pl.Series("line", first, dtype=pl.Boolean)


def explain(alert: Mapping[str, Any], event: Mapping[str, Any], why_text: str) -> dict[str, Any]:
    """One alert in words: why, its rank, what innocent thing looks the same, what would change our mind.

    Args:
        alert: a row of table alerts.
        event: the row of table events that it speaks of.
        why_text: what the rule says of the event.
    """
    return {
        "alert": alert["alert"],
        "event": event["event"],
        "kind": event["kind"],
        "severity": event["severity"],
        "p": event["p"],
        "rank": alert["rank"],
        "why": why_text,
        "rule": event["rule"],
        "contributions": list(alert["contributions"] or []),
        "reasons": list(event["reasons"] or []),
        "innocent": list(event["innocent"] or []),
        "evidence": list(event["evidence"] or []),
        "would_change": _would_change(event),
    }


def _would_change(event: Mapping[str, Any]) -> list[str]:
    """What, if it came to be known, would revise or withdraw an event."""
    told = [
        f"{r['code']}: {_number(r['value'])} {r['unit'] or ''}".rstrip()
        + f" was held against {_number(r['against'])}; a value on the other side of it"
        for r in event["reasons"] or []
        if r["value"] is not None and r["against"] is not None
    ]
    searched = sorted(e.removeprefix("feed:") for e in event["evidence"] or [] if e.startswith("feed:"))
    told += [f"late messages of {feed}, where nothing was found so far" for feed in searched]
    if event["state"] == "open":
        told.append("its end: it is still going on")
    return told + [f"confirmation of an innocent explanation: {i.replace('_', ' ')}" for i in event["innocent"] or []]


def _number(value: float) -> str:
    return f"{value:.6g}"
