"""All rules on ordinary traffic, some on an extraordinarily heavy input, and a harbour full of vessels."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from bench.segment import DATA

TITLE = "Rules: positions to events"
NOTE = (
    "Ordinary traffic: ten fleets of one simulated sea of 48 h side by side, three times in a row, tagged with "
    'its zones; of the file those columns are read that rules read. "In process" is the rules\' steps alone, with'
    " the points in order and other rules' events given; of one rule alone after a first step on a few points. "
    "The heavy input is Global Fishing Watch's sample (where the data folder is) with copies in other longitudes:"
    " one in eight positions is part of a meeting, one in 200 ends in silence. DuckDB gives gaps by a window "
    "function over each track, without neighbours, open gaps or evidence; movingpandas' StopDetector (on 20,000 "
    "positions of vessels that lie still) gives stays within 500 m for 3 h. The harbour holds 2,000 vessels "
    "within 5 km for a day, heard every ten minutes, and no zone says that it is one."
)
RUNS = 1
SIZE = 10_000_000
HOURS = 48
FLEETS = 10
TURNS = 3
SMALL = 20_000
CROWD = 2_000
GAP_S = 6 * 3600
HEAVY = (DATA / "parity" / "gfw_parity_input_a.parquet").is_file()


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


def _zones(path: Path) -> Any:
    """Zones of a simulated sea."""
    import json

    import polars as pl
    import shapely

    found = json.loads(path.read_text())["features"]
    return pl.DataFrame(
        {
            **{c: [f["properties"][c] for f in found] for c in ("zone", "kind", "name")},
            "geometry": [shapely.to_wkb(shapely.geometry.shape(f["geometry"])) for f in found],
        }
    )


def _traffic(directory: Path) -> Any:
    """Track points of many fleets of one simulated sea, one after the other and side by side."""
    import polars as pl
    from bench import _fleets

    import makara
    from makara.behaviours import ready_points
    from makara.zones import tag

    logs = _fleets.sea(directory, hours=HOURS, vessels=300)
    zones = _zones(directory / "sea" / "zones.geojson")
    zones.write_parquet(directory / "zones.parquet")
    found = makara.segment(makara.decode(list(logs)).reports).filter(pl.col("track").is_not_null())
    one = found.with_columns(pl.col("track").rank("dense").cast(pl.Int64), mark=pl.lit("mk")).drop("report", "mmsi")
    copies = []
    for k in range(FLEETS):
        fleet = tag(one.with_columns(lon_deg=pl.col("lon_deg") + k * _fleets.SHIFT_DEG), zones)
        copies += [
            fleet.with_columns(
                mover=_fleets.number(pl.col("mover"), k),
                track=pl.col("track") + (k * TURNS + turn) * 100_000,
                t_seen=pl.col("t_seen") + pl.duration(hours=HOURS * turn),
            )
            for turn in range(TURNS)
        ]
    points = pl.concat(copies).with_row_index("report").with_columns(pl.col("report").cast(pl.Int64))
    return ready_points(points)


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
    """Ten million track points of ordinary traffic, as many of a heavy input, and a harbour's."""
    points = _traffic(directory)
    points.write_parquet(directory / "points.parquet")
    _lying(points).head(SMALL).write_parquet(directory / "small.parquet")
    size = {"positions": len(points), "movers": points["mover"].n_unique()}
    if HEAVY:
        heavy = _heavy()
        heavy.write_parquet(directory / "heavy.parquet")
        size["positions in the heavy input"] = len(heavy)
    crowd = _crowd()
    crowd.write_parquet(directory / "crowd.parquet")
    return size | {"positions in the harbour": len(crowd)}


def _lying(points: Any) -> Any:
    """Points of tracks that lie still within 500 m for six hours or more, so that there are stops to find."""
    import polars as pl

    place = [pl.col(c).max() - pl.col(c).min() < 0.004 for c in ("lon_deg", "lat_deg")]
    long = pl.col("t_seen").max() - pl.col("t_seen").min() >= pl.duration(hours=6)
    still = points.group_by("track").agg(lies=pl.all_horizontal(pl.col("sog_kn").median() < 1.0, long, *place))
    return points.join(still.filter("lies"), on="track", how="semi", maintain_order="left")


def _heavy() -> Any:
    import polars as pl

    one = _tagged(_real()).sort("mover", "track", "t_seen")
    copies = [
        one.with_columns(
            mover=200_000_000 + 1_000 * k + pl.col("mover"),
            track=10_000 * k + pl.col("track"),
            lon_deg=(pl.col("lon_deg") + 2.618 * k + 180) % 360 - 180,
        )
        for k in range(SIZE // len(one) + 1)
    ]
    return pl.concat(copies).with_row_index("report").with_columns(pl.col("report").cast(pl.Int64))


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


def ours(directory: Path, kinds: tuple[str, ...] = (), name: str = "points") -> dict[str, Any]:
    """Steps of rules (all, where none is named), from a Parquet file of points."""
    import json
    import resource
    from datetime import timedelta

    import polars as pl

    from makara import behaviours
    from makara.base.time import EPOCH
    from makara.behaviours._chains import link
    from makara.behaviours._points import POINTS

    file = pl.scan_parquet(directory / f"{name}.parquet")
    have = file.collect_schema().names()
    read = [pl.col(c).cast(t) for c, t in POINTS.items() if c in have]
    # A column at a time: only one is held twice, in pieces and in one.
    whole = [file.select(c).collect().to_series().rechunk() for c in read]
    points = behaviours.ready_points(pl.DataFrame(whole))
    del whole
    tables = {"tracks": link(points)}
    if name == "points":
        tables["zones"] = pl.read_parquet(directory / "zones.parquet")
    elif points["anchorage_m"].null_count() < len(points):
        tables["anchorages"] = pl.DataFrame()
    to = points["t_seen"].max() + timedelta(microseconds=1)
    events: dict[str, pl.DataFrame] = {}
    costs: dict[str, float] = {}

    def run(kind: str) -> pl.DataFrame:
        if kind not in events:
            module = behaviours.rule(kind)
            reads = [n for n in module.RULE.inputs if n.startswith("events:")]
            own, p = tables | {n: run(n[7:]) for n in reads}, module.RULE.resolve()
            if kinds:  # one rule alone: what it costs once its compiled code is loaded
                module.step(behaviours.Window(EPOCH, to, own, points.head(2_000)), behaviours.nothing(), p)
            before = resource.getrusage(resource.RUSAGE_SELF)
            found = behaviours.stepped(module, behaviours.Window(EPOCH, to, own, points), behaviours.nothing(), p)
            after = resource.getrusage(resource.RUSAGE_SELF)
            costs[kind] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            events[kind] = behaviours.finish(module.RULE, p, found)
        return events[kind]

    for kind in kinds or behaviours.names():
        run(kind)
    if not kinds:
        rows = {k: (round(costs[k], 2), len(events[k])) for k in sorted(costs, key=lambda k: -costs[k])}
        (directory / "rules.json").write_text(json.dumps(rows))
    return {"made": len(points), "what": "positions", "inside_cpu_s": sum(costs.values())}


def remarks(directory: Path) -> str:
    """What each rule costs in the run of all of them."""
    import json

    rows = json.loads((directory / "rules.json").read_text())
    lines = [f"| {kind} | {cost:.2f} | {found:,} |" for kind, (cost, found) in rows.items()]
    return "\n".join(["| rule, of all together | CPU-s in process | events |", "| --- | ---: | ---: |", *lines]) + "\n"


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


_MEASURED = ("gap", "encounter", "loitering", "port_visit")
SUBJECTS = {
    "all rules together": ours,
    **{kind: partial(ours, kinds=(kind,)) for kind in _MEASURED},
    "gaps alone, DuckDB": duckdb_gaps,
    "stops, movingpandas": movingpandas_stops,
    **({f"{kind}, heavy input": partial(ours, kinds=(kind,), name="heavy") for kind in _MEASURED} if HEAVY else {}),
    "encounter, 2,000 vessels in a harbour": partial(ours, kinds=("encounter",), name="crowd"),
}
