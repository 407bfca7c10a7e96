"""Fairness: alert rates of a lake by flag, class and length."""

from __future__ import annotations

import polars as pl

from makara.alerts.fairness import rates
from makara.lake import View
from makara.replay import newest


def fairness(view: View) -> pl.DataFrame:
    """Alert rates of what stands, raised, listed or suppressed (columns of :data:`makara.alerts.fairness.RATES`)."""
    days = view.scan("track_points").select("mover", day=pl.col("t_seen").dt.date()).unique()
    alerts = view.state("alerts").filter(pl.col("state") != "withdrawn")
    events = newest(view.read("events")).join(alerts, on="event", how="semi")
    return rates(events, days.collect(engine="streaming"), _vessels(view))


def _vessels(view: View) -> pl.DataFrame:
    """``mover, flag, class, length_m``: of several vessels that used a number the likeliest, then the newest."""
    links = view.state("vessel_links").filter(pl.col("member").str.starts_with("mv"))
    named = links.select("vessel", "from", "p", mover=pl.col("member").str.slice(2).cast(pl.Int64))
    of = named.join(view.state("vessels").select("vessel", "flag", "class", "length_m"), on="vessel")
    best = of.sort("p", "from", "vessel", descending=[True, True, False], nulls_last=True)
    return best.unique("mover", keep="first", maintain_order=True).select("mover", "flag", "class", "length_m")
