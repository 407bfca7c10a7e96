"""Points that a run does not hold in memory: those that it makes go to drafts, those of earlier runs stay in the lake.

Rules read them a window of time at a time, matching reads those around detections.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from makara.base.time import EPOCH
from makara.behaviours import POINTS, assembled, ordered, ready_points
from makara.lake.drafts import Drafts
from makara.reads import around
from makara.replay import KEEP_S

WINDOW_ROWS: Final = 4_000_000
"""Time is cut where a window would hold more points than this, though never within 12 hours."""
TIME: Final = POINTS.names().index("t_seen")
KEPT_EVERY: Final = f"{KEEP_S}s"


class Stored:
    """Points of a lake, and those that a run adds: later ones, some movers at a time, in the order of movers.

    Args:
        drafts: takes what is added.
        held: points in the lake (table track_points).
        reports: of which they were made (table reports).
    """

    def __init__(self, drafts: Drafts, held: pl.LazyFrame, reports: pl.LazyFrame) -> None:
        self._drafts, self._held, self._reports = drafts, held, reports
        self._vessels: list[int] = []
        t = pl.col("t_seen")
        ends, self._many = held.select(t.min().alias("a"), t.max().alias("b")), [_by_time(held.select("t_seen"))]
        self._span: list[datetime] = [x for x in ends.collect().row(0) if x is not None]
        self._last = self._span[-1] if self._span else None
        self._window: tuple[datetime, datetime, list[pl.Series]] | None = None

    def put(self, points: pl.DataFrame) -> None:
        """Add points."""
        if not len(points):
            return
        self._window = None
        ends = points.select(pl.col("t_seen").min().alias("a"), pl.col("t_seen").max().alias("b")).row(0)
        self._span = [min(*self._span, *ends), max(*self._span, *ends)] if self._span else list(ends)
        self._many.append(_by_time(points.lazy().select("t_seen")))
        on_track = points.filter(pl.col("track").is_not_null())
        vessels = ready_points(on_track)
        self._vessels.append(len(self._drafts))
        self._drafts.put(vessels)
        if len(vessels) < len(on_track):
            self._drafts.put(ordered(on_track.join(vessels.select("report"), on="report", how="anti")))

    def span(self) -> list[datetime]:
        """First and last instant of all points; nothing if there are none."""
        return self._span

    def cuts(self) -> list[datetime]:
        """Multiples of 12 hours that part points so that no window between two holds many more than it may."""
        found, rows = [], 0
        for at, n in pl.concat(self._many).group_by("at").agg(pl.col("len").sum()).sort("at").iter_rows():
            if rows and rows + n > WINDOW_ROWS:
                found.append(at)
                rows = 0
            rows += n
        return found

    def between(self, frm: datetime, to: datetime) -> pl.DataFrame:
        """Points of [frm, to) as rules read them; who asks for a window first asks for the most of it."""
        if self._window is not None and self._window[0] <= frm and self._window[1] == to:
            columns = self._window[2]
            t = columns[TIME]
            mine = t.is_between(frm, to, closed="left")
            if not mine.all():  # a column at a time: what is no longer asked for goes at once
                columns = [columns.pop(0).filter(mine) for _ in range(len(columns))]
        else:
            self._window = None  # let go before the next is read
            columns = self._read(
                self._vessels, lambda t: t.is_between(frm, to, closed="left"), frm, to, ready_points
            ).get_columns()
        self._window = frm, to, columns
        return pl.DataFrame(columns)

    def near(self, times: pl.Series, reach: timedelta) -> pl.DataFrame:
        """Points on tracks that lie no further than ``reach`` from one of the instants."""
        self._window = None
        if not len(times):
            return pl.DataFrame(schema=POINTS)
        first: datetime = times.min() - reach  # type: ignore[assignment, operator]
        last: datetime = times.max() + reach + timedelta(microseconds=1)  # type: ignore[assignment, operator]
        return self._read(range(len(self._drafts)), lambda t: around(t, times, reach), first, last, ordered)

    def _read(
        self,
        which: list[int] | range,
        mine: Callable[[pl.Series], pl.Series],
        frm: datetime,
        to: datetime,
        form: Callable[[pl.DataFrame], pl.DataFrame],
    ) -> pl.DataFrame:
        """Points of some drafts and of the lake, a column at a time: only one is held twice, in pieces and in one."""
        rows = {k: mine(self._drafts.read(k, ["t_seen"])["t_seen"]) for k in which}
        rows = {k: r for k, r in rows.items() if r.any()}
        old = form(self._before(max(frm, EPOCH), to, mine))
        return assembled(
            lambda c: pl.concat([old[c], *(self._drafts.read(k, [c], r)[c] for k, r in rows.items())]).rechunk()
        )

    def _before(self, frm: datetime, to: datetime, mine: Callable[[pl.Series], pl.Series]) -> pl.DataFrame:
        """Points that are in the lake."""
        seen = pl.col("t_seen").is_between(frm, to, closed="left")
        if self._last is None or frm > self._last:
            return pl.DataFrame(schema=POINTS)
        points = self._held.filter(seen, pl.col("track").is_not_null())
        sent = self._reports.filter(seen).select("report", "transponder", "mmsi")
        found = points.join(sent, on="report", how="left").collect()
        return found.filter(mine(found["t_seen"]))


def _by_time(times: pl.LazyFrame) -> pl.DataFrame:
    """How many rows lie in each 12 hours (``at, len``)."""
    return times.group_by(at=pl.col("t_seen").dt.truncate(KEPT_EVERY)).len().collect()
