"""One happening, one alert: two rules that tell the same thing do not wake anybody twice.

A silence may be a gap and a disabling, a meeting an encounter and a transshipment. Two events tell the same happening
when their kinds look at the same thing (``SAME`` of :mod:`makara.alerts.indicators`), the vessels or detections of the
one are among those of the other, and they overlap in time; of visits the zone must be one, too. Of the alerts of a
subscription the strongest names the others, which stand, ``told_by`` it, and take no place in the budget: the one that
an operator works on, else the most severe, else the one made from the other's event, else the higher rank.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from makara.alerts.indicators import SAME, Bases

_GROUP: Final = {kind: group[0] for group in SAME for kind in group}
_BY_ZONE: Final = "zone_entry"
"""The group whose events are of one zone each."""


def same_happening(events: pl.DataFrame) -> pl.DataFrame:
    """Pairs of events that tell the same happening: ``event, other``, each pair both ways.

    Args:
        events: table events; those of one kind are never the same.
    """
    group = pl.col("kind").replace_strict(_GROUP, default=None, return_dtype=pl.String)
    told = events.select("event", "kind", "participants", "scope", "t_start", "t_end_floor", group=group)
    told = told.drop_nulls("group").with_columns(many=pl.col("participants").list.n_unique().cast(pl.Int64))
    each = told.with_columns(who=pl.col("participants").list.unique()).explode("who").drop("participants")
    both = each.join(each, on=["group", "who"], suffix="_other").filter(
        pl.col("kind") != pl.col("kind_other"),
        pl.col("t_start") <= pl.col("t_end_floor_other"),
        pl.col("t_start_other") <= pl.col("t_end_floor"),
        (pl.col("group") != _BY_ZONE) | (pl.col("scope") == pl.col("scope_other")),
    )
    common = both.group_by("event", other="event_other").agg(
        n=pl.len().cast(pl.Int64), least=pl.min_horizontal("many", "many_other").first()
    )
    return common.filter(pl.col("n") == pl.col("least")).select("event", "other").sort("event", "other")


def beside(alerts: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Of each alert the others of its subscription that tell the same happening: ``alert, other`` (both alerts' ids).

    Args:
        alerts: ``alert, subscription, event``.
        pairs: as :func:`same_happening` gives them.
    """
    own = alerts.select("alert", "subscription", "event")
    other = own.rename({"alert": "other_alert", "event": "other"})
    both = own.join(pairs, on="event").join(other, on=["subscription", "other"])
    return both.select("alert", other="other_alert")


def told_by(alerts: pl.DataFrame, pairs: pl.DataFrame, bases: Bases) -> pl.Series:
    """Of each alert the strongest that tells the same happening, or null where it is that itself.

    Args:
        alerts: ``alert, subscription, event, kind, severity``, ``standing`` (rank without recency), ``held`` (an
            operator works on it) and ``silent`` (suppressed: it neither tells nor is told).
        pairs: as :func:`same_happening` gives them.
        bases: by kind, the kinds whose events its rule reads.
    """
    made = pl.col("kind").is_in([k for k, read in bases.items() if read])
    order = alerts.filter(~pl.col("silent")).with_columns(made=made)
    order = order.sort(
        "held", "severity", "made", "standing", "alert", descending=[True, True, True, True, False]
    ).with_row_index("place")
    places = order.select("alert", "place")
    both = (
        beside(order, pairs).join(places, on="alert").join(places, left_on="other", right_on="alert", suffix="_other")
    )
    first = both.filter(pl.col("place_other") < pl.col("place")).sort("place_other")
    first = first.unique("alert", keep="first", maintain_order=True).select("alert", told_by="other")
    return alerts.select("alert").join(first, on="alert", how="left", maintain_order="left")["told_by"]
