"""Fairness: alert rates of a lake by flag, class and length."""

from __future__ import annotations

import polars as pl

from makara.alerts.fairness import rates
from makara.lake import View
from makara.replay import newest
from makara.session.backtest import vessels_of


def fairness(view: View) -> pl.DataFrame:
    """Alert rates of what stands, raised, listed or suppressed (columns of :data:`makara.alerts.fairness.RATES`)."""
    days = view.scan("track_points").select("mover", day=pl.col("t_seen").dt.date()).unique()
    alerts = view.state("alerts").filter(pl.col("state") != "withdrawn")
    events = newest(view.read("events")).join(alerts, on="event", how="semi")
    vessels = vessels_of(view, view.state("lists")).select("mover", "flag", "class", "length_m")
    return rates(events, days.collect(engine="streaming"), vessels)
