"""A bulk load: reports so many that their points go to the lake some movers at a time, never all in memory.

That can be done where they become known in one step and the lake has no point as late as the first of them; rules and
matching then read points where they are kept (``stored``). Rules that are redone over a large lake read them so, too,
and points that must be made anew are made so. The result is that of the whole at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl

from makara.arrived import Arrived
from makara.base.time import to_us
from makara.lake import Commit, Lake
from makara.session.stored import Stored
from makara.tables import table
from makara.tracks import off_between, touched

PART_ROWS: Final = 1_000_000
"""Rows that are walked at once; fewer are walked whole."""
READ_PARTS: Final = 3
"""Parts that are read together: each reading looks through all files."""
CLOCK_ROWS: Final = 4_000_000
"""Reports whose stations' clocks are compared at once."""
REPORT_COLUMNS: Final = (
    "report",
    "mover",
    "mmsi",
    "t_seen",
    "transponder",
    "receiver",
    "station",
    "msg_type",
    "lon_deg",
    "lat_deg",
    "accurate",
    "sog_kn",
    "cog_deg",
    "heading_deg",
    "nav_status",
    "own",
    "t_known",
    "mark",
)


def placed(lake: Lake, until: datetime) -> pl.LazyFrame:
    """Reports with a place, known by an instant."""
    known = pl.col("t_known") <= until
    where = pl.col("lon_deg").is_not_null() & pl.col("lat_deg").is_not_null()
    return lake.scan("reports").select(REPORT_COLUMNS).filter(known, where)


def unplaced(lake: Lake, until: datetime) -> pl.LazyFrame:
    """Of these, those that no walk has made a point of."""
    view = lake.view()
    if "track_points" not in view.snapshot.versions:
        return placed(lake, until)
    return placed(lake, until).join(view.scan("track_points").select("report"), on="report", how="anti")


def waiting(lake: Lake, until: datetime, step_s: int, after: datetime) -> pl.DataFrame:
    """How many reports no walk has placed: ``mover, step`` (its end, not before ``after``), ``len, first, last``."""
    step, t = step_s * 1_000_000, pl.col("t_seen")
    end = ((pl.col("t_known").to_physical() + (step - 1)) // step * step).clip(to_us(after))
    by = unplaced(lake, until).group_by("mover", step=end.cast(pl.Datetime("us", "UTC")))
    return by.agg(pl.len(), first=t.min(), last=t.max()).collect().sort("mover", "step")


def stretch(rows: pl.DataFrame, until: datetime, after: datetime) -> datetime:
    """Up to when a run may walk at once, so that reports of several steps do not become more than it should hold.

    It walks at least one step that is later than ``after``.
    """
    steps = rows.group_by("step").agg(pl.col("len").sum()).sort("step")
    first = pl.col("step").shift(1).fill_null(after) <= after
    within = steps.filter((pl.col("len").cum_sum() <= PART_ROWS) | first)["step"]
    return until if len(within) == len(steps) else min(within[-1], until)


@dataclass(frozen=True)
class Parts:
    """Reports, and the points that their movers have already, some movers at a time; read anew each time.

    Attributes:
        movers: lowest and highest mover of each part.
    """

    reports: pl.LazyFrame
    points: pl.LazyFrame
    movers: tuple[tuple[int, int], ...]

    def __iter__(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """The parts, in the order of their movers."""
        for first in range(0, len(self.movers), READ_PARTS):
            some = self.movers[first : first + READ_PARTS]
            mine = pl.col("mover").is_between(some[0][0], some[-1][1])
            reports, points = self.reports.filter(mine).collect(), self.points.filter(mine).collect()
            for a, b in some:
                part = pl.col("mover").is_between(a, b)
                yield reports.filter(part), points.filter(part)


@dataclass(frozen=True)
class Bulk:
    """Reports that arrive in parts.

    Attributes:
        first: one of the reports that are new, for all of them; none where there are none.
        parts: all of them.
        clock_off: minutes in which stations' clocks were off (``station, minute``), of all reports.
    """

    first: pl.DataFrame
    parts: Parts
    clock_off: pl.DataFrame

    def walked(self, steps: list[Arrived]) -> list[Arrived]:
        """Steps with the parts in the place of the one report, or else in the first."""
        none, nothing = self.first.clear(), replace(self.parts, movers=())
        at = next((n for n, s in enumerate(steps) if len(s.reports)), 0)
        return [replace(s, reports=none, parts=self.parts if n == at else nothing) for n, s in enumerate(steps)]


def bulk(lake: Lake, until: datetime, new: pl.DataFrame, redo: bool, anew: bool) -> Bulk | None:
    """The reports in parts, where they and their movers' points, or the points that rules are redone over, are many.

    None where they are few, where reports do not become known in one step, or lie before points that the lake has.

    Args:
        lake: where.
        until: what becomes known after it is left.
        new: how many reports are unplaced (:func:`waiting`), none known later.
        redo: the rules are redone over what the lake has.
        anew: all points are made anew.
    """
    held = lake.scan("track_points")
    had = held.group_by("mover").agg(had=pl.len(), latest=pl.col("t_seen").max()).collect()
    read = had if redo or anew else had.join(new, on="mover", how="semi")
    if int(new["len"].sum()) + int(read["had"].sum()) < PART_ROWS or new["step"].n_unique() > 1:
        return None
    reports, one = unplaced(lake, until), unplaced(lake, until).head(1).collect()
    if anew:
        t = pl.col("t_seen")
        reports, held, had = placed(lake, until), held.clear(), had.clear()
        new = reports.group_by("mover").agg(pl.len(), first=t.min(), last=t.max()).collect()
    unread = (pl.lit(None, pl.String).alias("transponder"), pl.lit(None, pl.Int32).alias("mmsi"))
    before = held.drop("source", "t_known").with_columns(unread)
    if not len(new):
        none = pl.DataFrame(schema={"station": pl.String(), "minute": pl.Datetime("us", "UTC")})
        return Bulk(one, Parts(reports, before, ()), none)
    first, last = new["first"].min(), new["last"].max()
    clock_off = None if len(had) and had["latest"].max() >= first else _clock_off(lake, until, first, last)  # type: ignore[operator, arg-type]
    return None if clock_off is None else Bulk(one, Parts(reports, before, _ranges(new, had)), clock_off)


def _ranges(movers: pl.DataFrame, had: pl.DataFrame) -> tuple[tuple[int, int], ...]:
    """Lowest and highest mover of parts of about so many rows, those counted that their movers had before."""
    every = movers.select("mover", "len").join(had, on="mover", how="left").sort("mover")
    rows = (pl.col("len") + pl.col("had").fill_null(0)).cum_sum()
    parts = every.with_columns(part=(rows - 1) // PART_ROWS).group_by("part", maintain_order=True)
    return tuple(parts.agg(a=pl.col("mover").min(), b=pl.col("mover").max()).select("a", "b").iter_rows())


def _clock_off(lake: Lake, until: datetime, first: datetime, last: datetime) -> pl.DataFrame | None:
    """What reports between two instants, and those around them, say of the stations' clocks, some hours at a time.

    None where they change what was said of a minute before them: then points that the lake has must be made anew.
    """
    frm, to = touched(first, last)
    known = lake.scan("reports").filter(pl.col("t_known") <= until, pl.col("lon_deg").is_not_null())
    hours = known.filter(pl.col("t_seen").is_between(frm, to)).group_by(hour=pl.col("t_seen").dt.truncate("1h")).len()
    part = hours.collect().sort("hour").with_columns(part=(pl.col("len").cum_sum() - 1) // CLOCK_ROWS)
    edges = [frm, *part.group_by("part", maintain_order=True).agg(pl.col("hour").first())["hour"][1:], to]
    now = pl.concat(off_between(known, a, b) for a, b in itertools.pairwise(edges))
    flagged = pl.col("flags").list.contains("clock_off")
    off = lake.scan("track_points").filter(pl.col("t_seen") >= frm, flagged).select("report")
    minute = pl.col("t_seen").dt.truncate("1m").alias("minute")
    was = known.join(off, on="report", how="semi").select("station", minute).unique().collect()
    heard = known.filter(pl.col("t_seen").is_between(frm, first, closed="left")).select("station", minute).unique()
    before = now.join(heard.collect(), on=["station", "minute"], how="semi").filter(pl.col("minute") < first)
    return now if before.sort("station", "minute").equals(was.sort("station", "minute")) else None


class Spill:
    """Points on their way to the lake, and to where rules read them.

    Attributes:
        n: how many there were.
        stored: where rules read them; None if nothing does.
    """

    def __init__(self, commit: Commit, profile: str, stored: Stored | None, anew: bool) -> None:
        self.n, self.stored = 0, stored
        if anew:
            commit.replace("track_points", table("track_points").empty())
        self._commit, self._source = commit, f"segment.{profile}"

    def __call__(self, points: pl.DataFrame, reports: pl.DataFrame) -> None:
        """Write points, known when their reports were."""
        known = reports.select("report", "t_known")
        if known["t_known"].min() == known["t_known"].max():
            rows = points.with_columns(t_known=pl.lit(known["t_known"].first()))
        else:
            rows = points.join(known, on="report", how="left", maintain_order="left")
        self._commit.append("track_points", rows.with_columns(source=pl.lit(self._source)))
        self.n += len(points)
        if self.stored is not None:
            self.stored.put(points)
