"""What a rule may read of the picture: tables within its reach, and points that are put in order once for all rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

import numpy as np
import polars as pl

from makara.base.time import EPOCH
from makara.behaviours import Window, ready_points


class Points(Protocol):
    """Points on tracks of vessels as rules read them (:func:`makara.behaviours.ready_points`), wherever they are."""

    def span(self) -> list[datetime]:
        """First and last instant of points; nothing if there are none."""

    def cuts(self) -> list[datetime]:
        """Where time must be cut, so that no window holds too many of them."""

    def between(self, frm: datetime, to: datetime) -> pl.DataFrame:
        """Those of [frm, to), in the order of rules."""

    def near(self, times: pl.Series, reach: timedelta) -> pl.DataFrame:
        """Points on tracks, of vessels or not, that lie no further than ``reach`` from one of the instants."""


@dataclass(frozen=True)
class Ready:
    """Points in memory.

    Attributes:
        given: points of the picture.
        points: those on tracks of vessels, in the order of rules; made when they are asked for first.
    """

    given: pl.DataFrame

    def span(self) -> list[datetime]:
        """First and last instant of the picture's points; nothing if there are none."""
        return span_of(self.given)

    def cuts(self) -> list[datetime]:
        """Nowhere: they are in memory."""
        return []

    @cached_property
    def points(self) -> pl.DataFrame:
        """Those on tracks of vessels, in the order of rules."""
        return ready_points(self.given)

    def between(self, frm: datetime, to: datetime) -> pl.DataFrame:
        """Those of [frm, to)."""
        return within(self.points, frm, to)

    def near(self, times: pl.Series, reach: timedelta) -> pl.DataFrame:
        """Of the picture's points on tracks those that lie near one of the instants."""
        return self.given.filter(pl.col("track").is_not_null() & around(self.given["t_seen"], times, reach))


def within(points: pl.DataFrame, frm: datetime, to: datetime) -> pl.DataFrame:
    """Rows of [frm, to): as they are, uncopied, if all are."""
    mine = points["t_seen"].is_between(frm, to, closed="left")
    return points if mine.all() else points.filter(mine)


def around(t: pl.Series, times: pl.Series, reach: timedelta) -> pl.Series:
    """Whether instants lie no further than ``reach`` from one of ``times``."""
    if not len(times):
        return pl.repeat(False, len(t), eager=True)
    us = reach // timedelta(microseconds=1)
    at, every = t.to_physical().to_numpy(), np.sort(times.unique().to_physical().to_numpy())
    first = np.searchsorted(every, at - us)  # the first that is not too early
    return pl.Series(every[np.minimum(first, every.size - 1)] - at <= us) & pl.Series(first < every.size)


def span_of(points: pl.DataFrame) -> list[datetime]:
    """First and last instant of points; nothing if there are none."""
    ends = points.select(pl.col("t_seen").min().alias("a"), pl.col("t_seen").max().alias("b"))
    return list(ends.row(0)) if len(points) else []


def read(
    reach: Mapping[str, int],
    frm: datetime,
    to: datetime,
    still: Mapping[str, pl.DataFrame],
    timed: Mapping[str, pl.DataFrame],
    matches: pl.DataFrame,
    events: pl.DataFrame,
    ready: Points,
) -> Window:
    """The window of a rule.

    Args:
        reach: its inputs, and how far before ``frm`` it must see them (seconds).
        frm: start of what is new.
        to: its end.
        still: tables that have no time; all rules may read them.
        timed: tables of which a rule sees rows of its reach, by ``t_seen``.
        matches: table matches; those of the detections within reach are seen.
        events: newest versions of events; those of a kind that touch the reach are seen, withdrawn ones are not.
        ready: points.
    """
    frames, points = dict(still), None
    for name, seconds in reach.items():
        start = frm - timedelta(seconds=seconds) if frm - EPOCH > timedelta(seconds=seconds) else EPOCH
        seen = (pl.col("t_seen") >= start) & (pl.col("t_seen") < to)
        if name.startswith("events:"):
            rows = events.filter(pl.col("kind") == name[7:], pl.col("state") != "withdrawn")
            frames[name] = rows.filter(pl.col("t_end_floor") >= start, pl.col("t_start") < to)
        elif name == "matches":
            near = timed["detections"].filter(seen).select("detection")
            frames[name] = matches.join(near, on="detection", how="semi")
        elif name == "track_points":
            points = ready.between(start, to)
        elif name in timed:
            frames[name] = timed[name].filter(seen)
    return Window(frm, to, frames, points)
