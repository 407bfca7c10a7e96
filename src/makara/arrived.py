"""What arrives in a step of the walk, and what must be redone because of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl

from makara.replay import earliest
from makara.tracks import off_between, touched

HORIZONS: Final = pl.Schema(
    {"receiver": pl.String(), "horizon": pl.Datetime("us", "UTC"), "marks": pl.List(pl.String())}
)


class FurtherBackError(Exception):
    """What was loaded does not reach back far enough: the run begins again, from ``since``, with ``movers`` whole."""

    def __init__(self, since: datetime, movers: pl.Series | None = None) -> None:
        """From when on rules must be redone, and movers all of whose points are needed."""
        super().__init__(since)
        self.since = since
        self.movers = movers.to_list() if movers is not None else []


@dataclass(frozen=True)
class Arrived:
    """What became known in one step of t_known (columns as in TABLES.md).

    Attributes:
        parts: instead of ``reports``, where they are many and their points are needed no more once they are made:
            for some movers each the reports, and the points that they had before.
    """

    now: datetime
    reports: pl.DataFrame
    claims: pl.DataFrame
    collections: pl.DataFrame
    detections: pl.DataFrame
    parts: Iterable[tuple[pl.DataFrame, pl.DataFrame]] | None = None

    @classmethod
    def of(cls, now: datetime, frames: Mapping[str, pl.DataFrame]) -> Arrived:
        """From frames by the names of their tables."""
        return cls(now, frames["reports"], frames["claims"], frames["collections"], frames["detections"])


@dataclass
class Dirty:
    """From when on what must be redone: by mover for tracks, by instant for the rules' inputs; who claimed anew."""

    movers: pl.DataFrame
    claimants: pl.DataFrame
    since: dict[str, datetime | None] = field(default_factory=dict)

    def mark(self, what: str, since: datetime | None) -> None:
        """Note that a table changed from an instant on."""
        self.since[what] = earliest((self.since.get(what), since))


def heard(horizons: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """Horizons (:data:`HORIZONS`) brought up to date by reports."""
    more = reports.group_by("receiver").agg(
        pl.col("t_seen").max().alias("horizon"), pl.col("mark").unique().alias("marks")
    )
    return (
        pl.concat([horizons, more.select(HORIZONS.names())])
        .group_by("receiver")
        .agg(pl.col("horizon").max(), pl.col("marks").explode().unique().sort())
        .sort("receiver")
    )


def since_of(reports: pl.DataFrame) -> pl.DataFrame:
    """From when on the points of each mover must be made anew."""
    return reports.group_by("mover").agg(pl.col("t_seen").min().alias("since"))


def changed_since(looks: pl.DataFrame, detections: pl.DataFrame) -> datetime | None:
    """From when on detections must be matched anew because more is declared of looks (null: from none)."""
    mine = detections.join(looks, on="collection", how="semi")["t_seen"].min()
    return earliest((looks["t_start"].min(), mine))  # type: ignore[arg-type]


def clocks_changed(off: pl.DataFrame, reports: pl.DataFrame, more: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What some reports change of what is said of the stations' clocks.

    Args:
        off: minutes in which clocks were off (``station, minute``).
        reports: all reports, these among them.
        more: the reports that are new.

    Returns:
        ``off`` brought up to date; and the reports of minutes that it says something else of.
    """
    if not len(more):
        return off, reports.clear()
    frm, to = touched(more["t_seen"].min(), more["t_seen"].max())  # type: ignore[arg-type]
    within = (pl.col("minute") >= frm) & (pl.col("minute") < to)
    was, now = off.filter(within), off_between(reports, frm, to)
    key = ["station", "minute"]
    changed = pl.concat([was.join(now, on=key, how="anti"), now.join(was, on=key, how="anti")])
    if not len(changed):
        return off, reports.clear()
    minute = pl.col("t_seen").dt.truncate("1m").alias("minute")
    found = reports.with_columns(minute).join(changed, on=key, how="semi").drop("minute")
    return pl.concat([off.filter(~within), now]), found
