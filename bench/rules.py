"""Rules that read every position: gap, encounter, loitering, port_visit; and a harbour where pairs must not blow up."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from bench.segment import DATA

TITLE = "Rules: positions to events"
NOTE = (
    "`makara.find` on track points with tags, sorted as a lake stores them, events with evidence, reasons and ids "
    'included; "in process" leaves out start, imports and reading. The input is real where the data folder is: '
    "Global Fishing Watch's sample and Kattegat with copies laid beside each other, so that they meet (one in eight "
    "positions is part of a meeting), copied in other longitudes; else a simulated sea, copied. DuckDB gives gaps by a "
    "window function over each track, without neighbours, open gaps or evidence; movingpandas' StopDetector (on 20,000 "
    "of the positions) gives stays within 500 m for 3 h. The harbour holds 2,000 vessels within 5 km for a day, heard "
    "every ten minutes, and no zone says that it is one."
)
RUNS = 1
SIZE = 10_000_000
SMALL = 20_000
CROWD = 2_000
GAP_S = 6 * 3600


def _real() -> Any:
    import polars as pl

    rows = pl.read_parquet(DATA / "parity" / "gfw_parity_input_a.parquet")
    return rows.select(
        mover=pl.col("ssvid").rank("dense").cast(pl.Int64),
        track=pl.col("seg").rank("dense").cast(pl.Int64),
        t_seen="timestamp",
        lon_deg="lon",
        lat_deg="lat",
        sog_kn=pl.col("speed_kn").cast(pl.Float32),
        cog_deg=pl.col("course_deg").cast(pl.Float32),
        receiver="receiver_type",
    )


def _simulated(directory: Path) -> Any:
    import polars as pl

    import makara
    from makara.session import exercise

    exercise(7, directory / "sea", hours=24, vessels=300)
    found = makara.segment(makara.decode([directory / "sea" / "reports_terrestrial.nmea.gz"]).reports)
    wanted = ("t_seen", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "receiver")
    placed = found.filter(pl.col("track").is_not_null())
    return placed.select(pl.col("mover", "track").rank("dense").cast(pl.Int64), *wanted)


def _tagged(rows: Any) -> Any:
    """Rows with their distance from the anchorages that they themselves show, and what else a lake adds."""
    import polars as pl
    import shapely

    from makara.zones import anchorages, tag

    near = anchorages(rows, vessels_min=1, positions_min=20, stay_min_s=6 * 3600)
    zones = pl.DataFrame(
        {
            "zone": [f"z{k:06}" for k in range(len(near))],
            "kind": ["anchorage"] * len(near),
            "geometry": shapely.to_wkb(shapely.points(near["lon_deg"].to_numpy(), near["lat_deg"].to_numpy())),
        }
    )
    more = {"mark": pl.lit("mk"), "shore_m": pl.lit(60_000.0, pl.Float32()), "transponder": pl.lit("class_a")}
    return tag(rows, zones.filter(pl.col("zone").hash() % 4 == 0)).with_columns(**more)


def prepare(directory: Path) -> dict[str, Any]:
    """Ten million track points, and a harbour's."""
    import polars as pl

    real = (DATA / "parity" / "gfw_parity_input_a.parquet").is_file()
    one = _tagged(_real() if real else _simulated(directory)).sort("mover", "track", "t_seen")
    copies = [
        one.with_columns(
            mover=200_000_000 + 1_000 * k + pl.col("mover"),
            track=10_000 * k + pl.col("track"),
            lon_deg=(pl.col("lon_deg") + 2.618 * k + 180) % 360 - 180,
        )
        for k in range(SIZE // len(one) + 1)
    ]
    points = pl.concat(copies).with_row_index("report").with_columns(pl.col("report").cast(pl.Int64))
    points.write_parquet(directory / "points.parquet")
    points.head(SMALL).write_parquet(directory / "small.parquet")
    crowd = _crowd()
    crowd.write_parquet(directory / "crowd.parquet")
    return {"positions": len(points), "movers": points["mover"].n_unique(), "positions in the harbour": len(crowd)}


def _crowd() -> Any:
    from datetime import UTC, datetime

    import numpy as np
    import polars as pl

    from makara.base.geo import destination

    rng = np.random.default_rng(5)
    n = 144
    x, y = destination(103.8, 1.2, rng.uniform(0, 360, CROWD), 5_000.0 * np.sqrt(rng.uniform(0, 1, CROWD)))
    lon, lat = destination(
        np.repeat(x, n), np.repeat(y, n), rng.uniform(0, 360, CROWD * n), rng.uniform(0, 40, CROWD * n)
    )
    start = int(datetime(2025, 3, 1, tzinfo=UTC).timestamp())
    seconds = start + np.tile(np.arange(n) * 600, CROWD) + np.repeat(rng.integers(0, 600, CROWD), n)
    return pl.DataFrame(
        {
            "report": np.arange(CROWD * n),
            "mover": 200_000_000 + np.repeat(np.arange(CROWD), n),
            "track": np.repeat(np.arange(CROWD), n),
            "t_seen": pl.from_epoch(pl.Series(seconds)).cast(pl.Datetime("us", "UTC")),
            "lon_deg": lon,
            "lat_deg": lat,
            "sog_kn": np.full(CROWD * n, 0.1, np.float32),
        }
    )


def ours(directory: Path, kind: str, name: str = "points") -> dict[str, Any]:
    """makara.find, from a Parquet file."""
    import resource

    import polars as pl

    import makara

    points = pl.read_parquet(directory / f"{name}.parquet")
    makara.find(kind, points.head(2_000))
    before = resource.getrusage(resource.RUSAGE_SELF)
    makara.find(kind, points)
    after = resource.getrusage(resource.RUSAGE_SELF)
    inside = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"made": len(points), "what": "positions", "inside_cpu_s": inside}


def duckdb_gaps(directory: Path) -> dict[str, Any]:
    """LAG over each track, 6 h."""
    import duckdb

    path = directory / "points.parquet"
    n, gaps = duckdb.sql(
        f"""
        SELECT count(*), count(*) FILTER (t_seen - before >= INTERVAL {GAP_S} SECOND) FROM (
            SELECT t_seen, lag(t_seen) OVER (PARTITION BY track ORDER BY t_seen) AS before,
                   lag(lon_deg) OVER (PARTITION BY track ORDER BY t_seen) AS x,
                   lag(lat_deg) OVER (PARTITION BY track ORDER BY t_seen) AS y
            FROM '{path}')
        """
    ).fetchall()[0]
    assert gaps
    return {"made": n, "what": "positions"}


def movingpandas_stops(directory: Path) -> dict[str, Any]:
    """TrajectoryStopDetector: 500 m, 3 h."""
    import warnings
    from datetime import timedelta

    import polars as pl

    warnings.simplefilter("ignore")
    import movingpandas as mpd

    rows = pl.read_parquet(directory / "small.parquet").to_pandas()
    rows["t"] = rows["t_seen"].dt.tz_localize(None)
    whole = mpd.TrajectoryCollection(rows, traj_id_col="track", t="t", x="lon_deg", y="lat_deg", crs="EPSG:4326")
    stops = mpd.TrajectoryStopDetector(whole).get_stop_points(max_diameter=1000, min_duration=timedelta(hours=3))
    assert len(stops)
    return {"made": len(rows), "what": "positions"}


SUBJECTS = {
    "gap": partial(ours, kind="gap"),
    "gaps alone, DuckDB": duckdb_gaps,
    "encounter": partial(ours, kind="encounter"),
    "loitering": partial(ours, kind="loitering"),
    "port_visit": partial(ours, kind="port_visit"),
    "stops, movingpandas": movingpandas_stops,
    "encounter, 2,000 vessels in a harbour": partial(ours, kind="encounter", name="crowd"),
}
