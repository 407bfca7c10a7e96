"""Which events someone must see: alerts by subscription, their order, and what would change our mind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

from makara.alerts.budget import listed
from makara.alerts.indicators import Bases, indicators
from makara.alerts.rank import ranked
from makara.alerts.same import beside, same_happening, told_by
from makara.alerts.suppress import in_force, suppressed
from makara.alerts.wanted import Known, wanted
from makara.base import ids
from makara.tables import REASONS, table

SOURCE: Final = "alerts@1.2"
BY_OPERATORS: Final = ("claimed", "tasked", "closed")
"""States that operators set; only the end of the event's standing overrides them."""
CONTENTS: Final = (
    "version",
    "rank",
    "contributions",
    "state",
    "who",
    "outcome",
    "suppressed_by",
    "listed",
    "told_by",
    "line",
    "mark",
)
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
    members: pl.DataFrame | None = None,
    acts: pl.DataFrame | None = None,
    bases: Bases | None = None,
    own: str | None = None,
) -> pl.DataFrame:
    """Alerts that are new or changed.

    An alert stands as long as its event does and matches its subscription (kinds, zones, vessels or lists, least
    severity and indicators); otherwise it is withdrawn, whatever operators did with it: recalls must travel. Where an
    event takes another's place, its alert goes on with what operators did with that one's, and is not the ``line``'s
    first. Beyond the budget of its watch it is ``listed``; where a stronger alert tells the same happening, it is
    ``told_by`` that one. It bears its event's mark, or ``own`` where the subscription
    looks at more than the event; release gives partners a rank of their own, since ours may speak of events that they
    may not see.

    Args:
        events: newest version of every event, withdrawn ones included (table events).
        subscriptions: table subscriptions.
        previous: newest row of every alert (table alerts).
        vessels: what is known of movers: ``mover, mmsi, imo``, and ``lists`` (list of names) where the registry gives
            them; None: nothing.
        now: becomes ``t_known``.
        zones: table zones, for the rank; None: places add nothing to it.
        lists: table lists, for the rank and for subscriptions; None: nobody is on one.
        members: table vessel_links, for subscriptions and acts that name a vessel by its id; None: none do.
        acts: table acts; None: nothing is suppressed.
        bases: by kind, the kinds whose events its rule reads; None: none do.
        own: the owner's mark; None: as the event's.

    Returns:
        Rows of table alerts, in the order of their ids.
    """
    standing = events.filter(pl.col("state") != "withdrawn")
    known = _known(vessels, members, _lists(vessels, lists))
    grave = standing.filter(pl.col("severity") >= (subscriptions["severity_min"].min() or 0))
    kinds = indicators(grave, standing, bases or {})
    pairs = wanted(standing, subscriptions, known, kinds)
    named = [ids.ident("al", s, e) for s, e in pairs.select("subscription", "event").iter_rows()]
    lines = _lines(pairs, events, previous)
    current = pairs.with_columns(
        alert=pl.Series(named, dtype=pl.String),
        before=pl.Series([one[0] if one else None for one in lines], dtype=pl.String),
        line=pl.Series([[a, *one] for a, one in zip(named, lines, strict=True)], dtype=pl.List(pl.String)),
    )
    pairs_same = same_happening(standing.join(pairs, on="event", how="semi"))
    also = beside(current, pairs_same).group_by("alert").agg(also="other")
    named_too = current.join(also, on="alert", how="left", maintain_order="left").with_columns(
        line=pl.concat_list("line", pl.col("also").fill_null([]))
    )
    silent = suppressed(named_too, events, in_force(acts, now) if acts is not None else [], known)
    rank = ranked(
        standing.join(pairs, on="event", how="semi"),
        kinds,
        table("zones").empty() if zones is None else zones,
        known.lists,
        now,
    )
    current = (
        current.with_columns(silent, first=pl.col("before").is_null())
        .drop("line")
        .join(rank, on="event", how="left", maintain_order="left")
        .join(
            events.select("event", "version", "mark", "t_start", "kind", "severity"),
            on="event",
            how="left",
            maintain_order="left",
        )
        .with_columns(mark=pl.when("alone").then("mark").otherwise(pl.coalesce(pl.lit(own), "mark")))
    )
    alive = _continued(current, previous)
    facts = alive.with_columns(silent=pl.col("suppressed_by").is_not_null(), held=pl.col("state") != "new")
    alive = alive.with_columns(told_by(facts, pairs_same, bases or {}))
    facts = facts.with_columns(silent=pl.col("silent") | alive["told_by"].is_not_null())
    alive = _naming(alive.with_columns(listed(facts, subscriptions)))
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


def _naming(alerts: pl.DataFrame) -> pl.DataFrame:
    """Alerts that others are told by, with these among their contributions, which add nothing to the rank."""
    reason = pl.struct(
        pl.lit("also").alias("code"),
        pl.col("severity").cast(pl.Float64).alias("value"),
        pl.lit(None, pl.String).alias("unit"),
        pl.lit(None, pl.Float64).alias("against"),
        pl.lit(0.0, pl.Float32).alias("weight"),
        pl.format("the same happening is told as {}, alert {}", "kind", "alert").alias("text"),
    )
    told = alerts.drop_nulls("told_by").sort("kind", "alert").select("told_by", reason=reason)
    told = told.group_by("told_by", maintain_order=True).agg("reason").cast({"reason": REASONS})
    named = alerts.join(told, left_on="alert", right_on="told_by", how="left", maintain_order="left")
    every = pl.concat_list("contributions", pl.col("reason").fill_null(pl.lit([], REASONS)))
    return named.with_columns(contributions=every).drop("reason")


def _known(vessels: pl.DataFrame | None, members: pl.DataFrame | None, lists: pl.DataFrame) -> Known:
    ships = {"mover": pl.Int64(), "imo": pl.Int32()}
    if vessels is None or any(c not in vessels.columns for c in ships):
        vessels = pl.DataFrame(schema=ships)
    return Known(vessels, table("vessel_links").empty() if members is None else members, lists)


def _continued(current: pl.DataFrame, previous: pl.DataFrame) -> pl.DataFrame:
    """Alerts with what operators did with them, or with those whose place they take."""
    held = previous.select("alert", "state", "who", "outcome", "line")
    kept = pl.col("state").is_in(BY_OPERATORS)
    earlier = held.filter(kept).select(before="alert", **{f"{c}_before": c for c in ("state", "who", "outcome")})
    known = current.join(held, on="alert", how="left", maintain_order="left")
    known = known.join(earlier, on="before", how="left", maintain_order="left")
    fresh = pl.col("state").is_null()
    taken = [pl.when(fresh).then(f"{c}_before").otherwise(pl.col(c)).alias(c) for c in ("state", "who", "outcome")]
    return known.with_columns(taken).with_columns(
        pl.when(kept).then(pl.col("state")).otherwise(pl.lit("new")).alias("state"),
        pl.col("line").fill_null(pl.col("first")),
    )


def _lists(vessels: pl.DataFrame | None, lists: pl.DataFrame | None) -> pl.DataFrame:
    """Names of lists by MMSI, from the lists and from what the registry knows of vessels."""
    found = [pl.DataFrame(schema={"list": pl.String, "mmsi": pl.Int32})]
    if lists is not None:
        found.append(lists.select("list", "mmsi"))
    if vessels is not None and "lists" in vessels.columns:
        found.append(vessels.select(pl.col("lists").alias("list"), "mmsi").explode("list"))
    return pl.concat(found)


def _lines(current: pl.DataFrame, events: pl.DataFrame, previous: pl.DataFrame) -> list[list[str]]:
    """Of each pair the alerts to the same subscription of earlier events of its line, the nearest first.

    The line is the one that ``supersedes`` draws.
    """
    before = {e: s for e, s in events.select("event", "supersedes").iter_rows() if s is not None}
    alerted = {(s, e) for f in (previous, current) for s, e in f.select("subscription", "event").iter_rows()}
    lines = []
    for subscription, event in current.select("subscription", "event").iter_rows():
        seen, line = {event}, []
        earlier = before.get(event)
        while earlier is not None and earlier not in seen:
            seen.add(earlier)
            if (subscription, earlier) in alerted:
                line.append(ids.ident("al", subscription, earlier))
            earlier = before.get(earlier)
        lines.append(line)
    return lines


def explain(alert: Mapping[str, Any], event: Mapping[str, Any], why_text: str) -> dict[str, Any]:
    """One alert in words: why, its rank, what innocent thing looks the same, what would change our mind.

    Args:
        alert: a row of table alerts.
        event: the row of table events that it speaks of.
        why_text: what the rule says of the event.
    """
    return {
        "alert": alert["alert"],
        "state": alert.get("state"),
        "listed": alert.get("listed"),
        "suppressed_by": alert.get("suppressed_by"),
        "told_by": alert.get("told_by"),
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
