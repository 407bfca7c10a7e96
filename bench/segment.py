"""Reports to tracks: how many a CPU second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TITLE = "Segment: reports to points on tracks"
NOTE = "None of the packages that the development lock installs does the same, so there is no ratio."
COPIES = 20


def prepare(directory: Path) -> dict[str, Any]:
    """Reports of a simulated sea, by twenty fleets that differ in their MMSI only."""
    import polars as pl

    import makara
    from makara.session import exercise

    exercise(7, directory / "sea", hours=6, vessels=120)
    sea = directory / "sea"
    one = makara.decode([sea / "reports_terrestrial.nmea.gz", sea / "reports_satellite.nmea.gz"]).reports
    fleets = [one.with_columns(pl.col("mover") + k * 1_234_567, pl.col("report") ^ (k << 50)) for k in range(COPIES)]
    reports = pl.concat(fleets)
    reports.write_parquet(directory / "reports.parquet")
    return {"reports": len(reports), "movers": reports["mover"].n_unique()}


def ours(directory: Path) -> dict[str, Any]:
    """makara.segment, from a Parquet file."""
    import polars as pl

    import makara

    points = makara.segment(pl.read_parquet(directory / "reports.parquet"))
    return {"made": len(points), "what": "points"}


SUBJECTS = {"makara.segment": ours}
