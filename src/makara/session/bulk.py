"""A bulk load: reports so many that their points go to the lake some movers at a time, never all in memory.

That can be done where nothing reads the points once they are made: no rule is in force, there is no detection, and the
lake has no point as late as the first of these reports. The result is that of the whole at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl

from makara.arrived import Arrived
from makara.base.time import to_us
from makara.lake import Commit, Lake
from makara.tables import table

PART_ROWS: Final = 500_000
"""Reports that are walked at once; fewer than twice as many are walked whole."""
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


def unplaced(lake: Lake, until: datetime) -> pl.LazyFrame:
    """Reports with a place, known by an instant, that no walk has made a point of."""
    known = pl.col("t_known") <= until
    placed = pl.col("lon_deg").is_not_null() & pl.col("lat_deg").is_not_null()
    view = lake.view()
    reports = view.scan("reports").select(REPORT_COLUMNS).filter(known, placed)
    if "track_points" not in view.snapshot.versions:
        return reports
    return reports.join(view.scan("track_points").select("report"), on="report", how="anti")


@dataclass(frozen=True)
class Bulk:
    """Reports that arrive in parts.

    Attributes:
        first: one of the reports, for all of them.
        parts: of some movers each, their reports, and the points that they have already.
    """

    first: pl.DataFrame
    parts: tuple[tuple[pl.LazyFrame, pl.LazyFrame], ...]

    def walked(self, steps: list[Arrived]) -> list[Arrived]:
        """Steps with the parts in the place of the one report."""
        none = self.first.clear()
        return [replace(s, reports=none, parts=self.parts) if len(s.reports) else s for s in steps]


def bulk(lake: Lake, reports: pl.LazyFrame, step_s: int) -> Bulk | None:
    """The reports in parts, where they are many, become known in one step, and their points can be let go."""
    ends = [pl.col(c).min().alias(f"{c}_min") for c in ("t_seen", "t_known")]
    movers = reports.group_by("mover").agg(pl.len(), *ends, pl.col("t_known").max()).sort("mover").collect()
    if movers["len"].sum() < 2 * PART_ROWS:
        return None
    first, last = (to_us(t) for t in (movers["t_known_min"].min(), movers["t_known"].max()))  # type: ignore[arg-type]
    step = step_s * 1_000_000
    held = lake.scan("track_points")
    latest = held.select(pl.col("t_seen").max()).collect().item()
    seen = lake.scan("detections").select("detection").head(1).collect()
    late = latest is not None and latest >= movers["t_seen_min"].min()
    if -(-first // step) != -(-last // step) or late or len(seen):
        return None
    ranges = movers.with_columns(part=(pl.col("len").cum_sum() - 1) // PART_ROWS)
    ranges = ranges.group_by("part", maintain_order=True).agg(a=pl.col("mover").min(), b=pl.col("mover").max())
    unread = (pl.lit(None, pl.String).alias("transponder"), pl.lit(None, pl.Int32).alias("mmsi"))
    parts = []
    for a, b in ranges.select("a", "b").iter_rows():
        mine = pl.col("mover").is_between(a, b)
        before = held.filter(mine).drop("source", "t_known").with_columns(unread)
        parts.append((reports.filter(mine), before))
    return Bulk(reports.head(1).collect(), tuple(parts))


class Spill:
    """Points on their way to the lake.

    Attributes:
        n: how many there were.
    """

    def __init__(self, commit: Commit, profile: str) -> None:
        self.n = 0
        self._commit, self._source = commit, f"segment.{profile}"

    def __call__(self, points: pl.DataFrame) -> None:
        """Write points, which bear ``t_known``."""
        self._commit.append(
            "track_points", table("track_points").conform(points.with_columns(source=pl.lit(self._source)))
        )
        self.n += len(points)
