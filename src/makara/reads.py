"""What a rule may read of the picture: tables within its reach, and points that are put in order once for all rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from makara.base.time import EPOCH
from makara.behaviours import Window, ready_points


@dataclass(frozen=True)
class Ready:
    """Points as rules read them.

    Attributes:
        given: points of the picture that they were made of.
        points: those on tracks of vessels, in the order of rules.
    """

    given: pl.DataFrame | None = None
    points: pl.DataFrame | None = None

    def of(self, points: pl.DataFrame) -> Ready:
        """These, or anew if the picture has other points now."""
        return self if points is self.given else Ready(points, ready_points(points))


def read(
    reach: Mapping[str, int],
    frm: datetime,
    to: datetime,
    still: Mapping[str, pl.DataFrame],
    timed: Mapping[str, pl.DataFrame],
    matches: pl.DataFrame,
    events: pl.DataFrame,
    ready: Ready,
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
        within = (pl.col("t_seen") >= start) & (pl.col("t_seen") < to)
        if name.startswith("events:"):
            rows = events.filter(pl.col("kind") == name[7:], pl.col("state") != "withdrawn")
            frames[name] = rows.filter(pl.col("t_end_floor") >= start, pl.col("t_start") < to)
        elif name == "matches":
            near = timed["detections"].filter(within).select("detection")
            frames[name] = matches.join(near, on="detection", how="semi")
        elif name == "track_points":
            assert ready.points is not None
            points = ready.points.filter(within)
        elif name in timed:
            frames[name] = timed[name].filter(within)
    return Window(frm, to, frames, points)
