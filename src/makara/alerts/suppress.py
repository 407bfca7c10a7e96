"""Suppression: operators' acts that keep alerts silent, with a reason, until a day; lifted by another act.

An act names what it speaks of in terms that must all hold: ``alert:<id>`` (and whatever takes its place in the line, or
tells the same happening), ``vessel:<MMSI, IMO number or id>``, ``zone:<key>``, ``kind:<kind>``. What is suppressed
stands, bears its reason, takes no place in the budget, and comes back by itself when the act expires. Acts are inputs,
replayed like reports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl

from makara.alerts.wanted import Known, of_vessels
from makara.base.time import text

VERBS: Final = ("suppress", "lift")
TERMS: Final = ("alert", "vessel", "zone", "kind")


def in_force(acts: pl.DataFrame, now: datetime) -> list[dict[str, Any]]:
    """Acts that suppress now, the first first: neither lifted nor expired.

    Args:
        acts: table acts.
        now: the instant.
    """
    rows = acts.filter(pl.col("verb").is_in(VERBS)).sort("t", "act").to_dicts()
    lifted = {a for r in rows if r["verb"] == "lift" for a in r["object"]}
    return [
        r
        for r in rows
        if r["verb"] == "suppress" and r["act"] not in lifted and (r["until"] is None or r["until"] > now)
    ]


def told(act: Mapping[str, Any]) -> str:
    """An act in words: what stands in an alert's ``suppressed_by``."""
    until = f" until {text(act['until'])}" if act["until"] else ""
    return f"{act['act']}: {act['why'] or 'no reason given'} ({act['who']}{until})"


def suppressed(
    alerts: pl.DataFrame, events: pl.DataFrame, acts: Sequence[Mapping[str, Any]], known: Known
) -> pl.Series:
    """Of each alert what suppresses it, or null; of several acts the first.

    Args:
        alerts: ``event``, and ``line``: ids of this alert, of those before it in its line, and of those that tell the
            same happening.
        events: table events, among them those of the alerts.
        acts: acts in force.
        known: what is known of vessels.
    """
    silent = pl.Series("suppressed_by", [None] * len(alerts), dtype=pl.String)
    if not acts or not len(alerts):
        return silent
    of = alerts.select("event").join(events, on="event", how="left", maintain_order="left")
    for act in acts:
        hit = pl.repeat(True, len(alerts), eager=True)
        for term in act["object"]:
            what, _, name = term.partition(":")
            if what == "alert":
                hit = hit & alerts["line"].list.contains(name)
            elif what == "vessel":
                hit = hit & of_vessels(of, [name], known)
            elif what == "zone":
                hit = hit & of["zones"].list.contains(name).fill_null(False)
            else:
                hit = hit & (of["kind"] == name)
        both = pl.DataFrame({"held": silent, "hit": hit})
        silent = both.select(
            pl.when(pl.col("held").is_null() & pl.col("hit")).then(pl.lit(told(act))).otherwise("held")
        ).to_series()
    return silent.alias("suppressed_by")
