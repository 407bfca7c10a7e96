"""Which events a subscription asks for: by kind, zone, vessel or list, severity, and independent indicators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from makara.base import ids

ANY: Final = "*"
REGISTER: Final = "_register"
"""A list whose name ends so says who is what and warns of nobody."""
_DATE: Final = r" \((as of [0-9-]+|since [0-9-]+|undated)\)$"
PAIRS: Final = pl.Schema({"subscription": pl.String(), "event": pl.String(), "alone": pl.Boolean()})


@dataclass(frozen=True)
class Known:
    """What is known of vessels, beside the events.

    Attributes:
        vessels: ``mover, mmsi, imo`` of those that claim anything.
        members: ``vessel, member, from, to`` (table vessel_links).
        lists: ``list`` (name, with its date) and ``mmsi`` of those that warn.
    """

    vessels: pl.DataFrame
    members: pl.DataFrame
    lists: pl.DataFrame


def is_vessel_id(text: str) -> bool:
    """Whether a vessel is named by its id (otherwise by MMSI or IMO number)."""
    return ids.is_ident(text, "ve")


def of_vessels(events: pl.DataFrame, names: Sequence[str], known: Known) -> pl.Series:
    """Whether vessels that are named take part in events.

    Args:
        events: table events.
        names: MMSI, IMO number (its vessels' movers), ``mv<mover>``, or vessel id (its members while they belonged).
        known: what is known of vessels.
    """
    numbers = {int(n) for n in names if n.isdecimal()}
    ships = known.vessels.filter(pl.col("imo").is_in(list(numbers)))
    movers = {f"mv{n}" for n in numbers} | {n for n in names if n.startswith("mv")}
    movers |= {f"mv{m}" for m in ships["mover"]}
    took_part = pl.col("participants").list.set_intersection(sorted(movers)).list.len() > 0
    named = events.select(took_part | (pl.col("mmsi").list.set_intersection(sorted(numbers)).list.len() > 0))
    found = named.to_series()
    links = known.members.filter(pl.col("vessel").is_in(list(names)))
    if len(links):
        each = events.select("event", "t_start", "t_end_floor", member="participants").explode("member")
        then = each.join(links, on="member").filter(
            (pl.col("t_end_floor") >= pl.col("from")).fill_null(True),
            (pl.col("t_start") <= pl.col("to")).fill_null(True),
        )
        found = found | events["event"].is_in(then["event"].implode())
    return found


def wanted(events: pl.DataFrame, subscriptions: pl.DataFrame, known: Known, kinds: pl.DataFrame) -> pl.DataFrame:
    """Pairs of subscription and event that match.

    Args:
        events: events that stand (table events).
        subscriptions: table subscriptions.
        known: what is known of vessels.
        kinds: independent further kinds by event, as :func:`makara.alerts.indicators.indicators` gives them.

    Returns:
        ``subscription``, ``event``, and ``alone``: whether the event alone decides, not what else is known.
    """
    on_lists = _on_lists(events, known.lists)
    more = events.select("event").join(kinds, on="event", how="left", maintain_order="left")["kinds"]
    signs = 1 + more.list.len().fill_null(0).cast(pl.Int64) + (on_lists.list.len() > 0).cast(pl.Int64)
    found = [pl.DataFrame(schema=PAIRS)]
    for s in subscriptions.iter_rows(named=True):
        match = events.select(_plain(s)).to_series()
        named, listed = s["vessels"] or [ANY], s["lists"] or [ANY]
        whose = []
        if ANY not in named:
            whose.append(of_vessels(events, named, known))
        if ANY not in listed:
            whose.append(on_lists.list.set_intersection(pl.Series([listed])).list.len() > 0)
        for k, part in enumerate(whose):
            whose[0] = part if k == 0 else whose[0] | part
        if whose:
            match = match & whose[0]
        least = s["indicators_min"] or 1
        if least > 1:
            match = match & (signs >= least)
        alone = not whose and least <= 1
        pairs = events.filter(match).select(pl.lit(s["subscription"]).alias("subscription"), "event")
        found.append(pairs.with_columns(alone=pl.lit(alone)))
    return pl.concat(found)


def _plain(s: Mapping[str, Any]) -> pl.Expr:
    """Kind, zone and severity."""
    match: pl.Expr = pl.col("severity") >= s["severity_min"]
    if ANY not in s["kinds"]:
        match &= pl.col("kind").is_in(s["kinds"])
    if ANY not in s["zones"]:
        match &= pl.col("zones").list.set_intersection(s["zones"]).list.len() > 0
    return match


def _on_lists(events: pl.DataFrame, lists: pl.DataFrame) -> pl.Series:
    """Names of the lists (without their dates) that vessels of each event are on; empty where on none."""
    named = lists.select(pl.col("list").str.replace(_DATE, ""), "mmsi").drop_nulls()
    named = named.filter(~pl.col("list").str.ends_with(REGISTER))
    each = events.select("event", "mmsi").explode("mmsi").join(named, on="mmsi")
    of = each.group_by("event").agg(pl.col("list").unique().sort())
    return events.select("event").join(of, on="event", how="left", maintain_order="left")["list"].fill_null([])
