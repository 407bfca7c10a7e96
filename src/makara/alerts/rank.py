"""Rank: the order of the inbox, as a sum of published contributions.

``rank = severity + p + recency + zone + list + indicators``, each contribution being one ``reason`` of the alert whose
weight is its part of the sum:

============ ============================================================ ==========
severity     the rule's own, 0 to 4                                        0 to 4
p            how sure the event is; unknown counts as one half             0 to 1
recency      goes on or ended within 6 h / within 24 h / longer ago        0.5/0.25/0
zone         touches a zone where it matters most (table ``ZONE_WEIGHT``)  0 to 0.5
list         a vessel in it is on a list (registers are none)              0 or 1
indicators   further independent kinds of event of it within 24 h         0 to 0.75
============ ============================================================ ==========

Recency goes in steps, so that an alert is not revised with every tick of the clock. Makara's own proposal, to be
measured.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

from makara.alerts.wanted import REGISTER
from makara.base.units import HOUR_S
from makara.tables import REASONS

P_UNKNOWN: Final = 0.5
RECENT: Final = ((6 * HOUR_S, 0.5), (24 * HOUR_S, 0.25))
"""Age of the event's end in seconds, and what it adds."""
ZONE_WEIGHT: Final = {
    "closed": 0.5,
    "mpa": 0.5,
    "cable": 0.5,
    "infrastructure": 0.5,
    "risk": 0.5,
    "buffer": 0.25,
    "eez": 0.25,
}
LIST_WEIGHT: Final = 1.0
INDICATOR_WEIGHT: Final = 0.25
INDICATORS_MOST: Final = 3


def ranked(
    events: pl.DataFrame, kinds: pl.DataFrame, zones: pl.DataFrame, lists: pl.DataFrame, now: datetime
) -> pl.DataFrame:
    """Rank of events by what is known now.

    Args:
        events: events to rank (table events).
        kinds: independent further kinds by event, as :func:`makara.alerts.indicators.indicators` gives them.
        zones: table zones (``zone``, ``kind``).
        lists: table lists (``list``, ``mmsi``).
        now: the instant to which recency is measured.

    Returns:
        ``event``, ``rank``, ``contributions``: those of the six that add something; their weights sum to ``rank``;
        ``standing``: rank without recency, which does not change with the clock.
    """
    age_s = (
        pl.when(pl.col("state") == "open").then(0.0).otherwise((pl.lit(now) - pl.col("t_end_floor")).dt.total_seconds())
    )
    facts = (
        events.select("event", "state", "severity", "p", "t_end_floor", "zones", "mmsi")
        .with_columns(age_s.alias("age_s"))
        .join(_zone_kinds(events, zones), on="event", how="left", maintain_order="left")
        .join(_listed(events, lists), on="event", how="left", maintain_order="left")
        .join(kinds, on="event", how="left", maintain_order="left")
    )
    recent = pl.lit(0.0)
    for limit, weight in reversed(RECENT):
        recent = pl.when(pl.col("age_s") <= limit).then(weight).otherwise(recent)
    p = pl.col("p").cast(pl.Float64)
    parts = [
        _part("severity", pl.col("severity"), pl.col("severity"), None, "severity of the event, 0 to 4"),
        _part("p", p, p.fill_null(P_UNKNOWN).round(4), None, "how sure the event is; unknown counts as one half"),
        _part(
            "recency",
            None,
            recent,
            None,
            f"goes on, or ended within {RECENT[0][0] // HOUR_S} or {RECENT[1][0] // HOUR_S} h",
        ),
        _part("zone", None, pl.col("zone_weight"), None, pl.format("touches a zone of kind {}", "zone_kind")),
        _part("list", None, pl.col("lists").is_not_null() * LIST_WEIGHT, None, pl.format("on {}", "lists")),
        _part(
            "indicators",
            pl.col("kinds").list.len(),
            pl.col("kinds").list.len().clip(upper_bound=INDICATORS_MOST) * INDICATOR_WEIGHT,
            None,
            pl.format("same vessel within 24 h: {}", pl.col("kinds").list.join(", ")),
        ),
    ]
    listed = facts.with_columns(pl.concat_list(parts).cast(REASONS).alias("contributions")).with_columns(
        pl.col("contributions").list.filter(pl.element().struct.field("weight") > 0)
    )
    worth, code = (pl.element().struct.field(f) for f in ("weight", "code"))
    rank = pl.col("contributions").list.eval(worth.cast(pl.Float64)).list.sum().round(4)
    lasting = pl.col("contributions").list.eval(worth.cast(pl.Float64).filter(code != "recency")).list.sum().round(4)
    return listed.select("event", rank.alias("rank"), "contributions", lasting.alias("standing"))


def _part(code: str, value: pl.Expr | None, weight: pl.Expr, unit: str | None, text: str | pl.Expr) -> pl.Expr:
    none = pl.lit(None, pl.Float64)
    return pl.struct(
        pl.lit(code).alias("code"),
        (none if value is None else value.cast(pl.Float64)).alias("value"),
        pl.lit(unit, pl.String).alias("unit"),
        none.alias("against"),
        weight.cast(pl.Float32).fill_null(0.0).alias("weight"),
        (pl.lit(text) if isinstance(text, str) else text).alias("text"),
    )


def _zone_kinds(events: pl.DataFrame, zones: pl.DataFrame) -> pl.DataFrame:
    """The weightiest kind of zone that each event touches."""
    weights = pl.DataFrame(
        {"zone_kind": list(ZONE_WEIGHT), "zone_weight": list(ZONE_WEIGHT.values())},
        schema={"zone_kind": pl.String, "zone_weight": pl.Float64},
    )
    known = zones.select("zone", pl.col("kind").alias("zone_kind")).join(weights, on="zone_kind")
    touched = events.select("event", pl.col("zones").alias("zone")).explode("zone").join(known, on="zone")
    return (
        touched.sort("zone_weight", "zone_kind", descending=[True, False])
        .unique("event", keep="first", maintain_order=True)
        .select("event", "zone_kind", "zone_weight")
    )


def _listed(events: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
    """Lists that vessels of each event are on, as text."""
    named = lists.filter(~pl.col("list").str.ends_with(REGISTER)).select("list", "mmsi").drop_nulls()
    return (
        events.select("event", "mmsi")
        .explode("mmsi")
        .join(named, on="mmsi")
        .group_by("event")
        .agg(pl.col("list").unique().sort().str.join(", ").alias("lists"))
    )
