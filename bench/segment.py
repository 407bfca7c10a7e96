"""Reports to tracks: how many a CPU second, ours in both profiles, and movingpandas."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

TITLE = "Segment: reports to points on tracks"
NOTE = (
    "The input is real where the data folder is: some 36,000 positions of 31 MMSIs, many of them shared by several "
    "ships, copied with other MMSIs, shifted in place and time; else a simulated sea, copied. Both profiles separate "
    "ships that share an MMSI and drop what no ship could send; movingpandas (on 20,000 of the positions) splits at "
    "silences of 24 h and removes points that need over 30 kn, for one object per MMSI: the nearest that it has. "
    "Profile `gfw` gives what Global Fishing Watch's gpsdio-segment gives (a test holds it against their answers); "
    "that package is not on PyPI, so it is not measured here."
)
RUNS = 1
SIZE = 10_000_000
SMALL = 20_000
DATA = Path(os.environ.get("MAKARA_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def _real(path: Path) -> Any:
    import polars as pl

    rows = pl.read_parquet(path).filter(pl.col("lon").is_between(-180, 180)).unique(["ssvid", "msgid"])
    return rows.select(
        mover=pl.col("ssvid").rank("dense").cast(pl.Int64),
        t_seen="timestamp",
        lon_deg="lon",
        lat_deg="lat",
        sog_kn=pl.when(pl.col("speed") < 102.25).then("speed").cast(pl.Float32),
        cog_deg=pl.when(pl.col("course") < 360).then("course").cast(pl.Float32),
        heading_deg=pl.when(pl.col("heading") < 360).then("heading").cast(pl.Float32),
        msg_type=pl.col("type").str.strip_prefix("AIS.").cast(pl.Int32),
        receiver="receiver_type",
    )


def _simulated(directory: Path) -> Any:
    import polars as pl

    import makara
    from makara.session import exercise

    exercise(7, directory / "sea", hours=6, vessels=120)
    rows = makara.decode([directory / "sea" / "reports_terrestrial.nmea.gz"]).reports
    wanted = ("t_seen", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "heading_deg", "msg_type", "receiver")
    placed = rows.filter(pl.col("lon_deg").is_not_null())
    return placed.select(pl.col("mover").rank("dense").cast(pl.Int64), *wanted)


def prepare(directory: Path) -> dict[str, Any]:
    """Ten million positions, sorted by mover and time as a lake stores them."""
    import polars as pl

    path = DATA / "ais" / "gfw_regression_ais_a.parquet"
    one = (_real(path) if path.is_file() else _simulated(directory)).sort("mover", "t_seen")
    copies = [
        one.with_columns(
            mover=pl.col("mover") + 1_000 * k,
            lon_deg=(pl.col("lon_deg") + 2.618 * k + 180) % 360 - 180,
            lat_deg=pl.col("lat_deg") * (1 - 0.003 * (k % 50)),
            t_seen=pl.col("t_seen") + timedelta(seconds=37 * k),
        )
        for k in range(SIZE // len(one))
    ]
    reports = pl.concat(copies).with_row_index("report").with_columns(pl.col("report").cast(pl.Int64))
    reports.write_parquet(directory / "reports.parquet")
    reports.head(SMALL).write_parquet(directory / "small.parquet")
    return {"reports": len(reports), "movers": reports["mover"].n_unique()}


def ours(directory: Path, profile: str) -> dict[str, Any]:
    """makara.segment, from a Parquet file."""
    import resource

    import polars as pl

    import makara

    reports = pl.read_parquet(directory / "reports.parquet")
    makara.segment(reports.head(100), profile=profile)
    before = resource.getrusage(resource.RUSAGE_SELF)
    points = makara.segment(reports, profile=profile)
    after = resource.getrusage(resource.RUSAGE_SELF)
    inside = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"made": len(points), "what": "points", "inside_cpu_s": inside}


def movingpandas(directory: Path) -> dict[str, Any]:
    """TrajectoryCollection, OutlierCleaner, ObservationGapSplitter."""
    import warnings

    import polars as pl

    warnings.simplefilter("ignore")
    import movingpandas as mpd

    rows = pl.read_parquet(directory / "small.parquet").to_pandas()
    rows["t"] = rows["t_seen"].dt.tz_localize(None)
    whole = mpd.TrajectoryCollection(rows, traj_id_col="mover", t="t", x="lon_deg", y="lat_deg", crs="EPSG:4326")
    clean = mpd.OutlierCleaner(whole).clean(v_max=30, units=("nm", "h"))
    split = mpd.ObservationGapSplitter(clean).split(gap=timedelta(hours=24))
    assert len(split.trajectories)
    return {"made": len(rows), "what": "points"}


SUBJECTS = {
    "makara.segment": partial(ours, profile="makara"),
    'makara.segment, profile="gfw"': partial(ours, profile="gfw"),
    "movingpandas": movingpandas,
}
