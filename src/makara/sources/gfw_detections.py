"""Vessel detections that Global Fishing Watch makes from Sentinel-1 and Sentinel-2.

Who: Global Fishing Watch (Paolo et al., Nature 625, 2024). Format: the monthly CSV of its download portal (``scene_id,
timestamp, lat, lon, presence_score, length_m, mmsi, matching_score, fishing_score, matched_category``), the same as
JSON, and positions of the 4Wings API (``id`` = scene;longitude;latitude, ``stime`` in epoch seconds).
``presence_score`` is P(vessel). Which vessel AIS tells (``mmsi, matching_score, matched_category``) is its inference
and is left out: Makara matches anew. Reports of the 4Wings API count detections in cells of a grid: they hold no single
ones and become rejects. A scene is a look whose footprint the data do not hold. Licence: CC BY-NC 4.0. Latency: days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from makara.sources import _found
from makara.sources._found import LAT, LON, parts
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Source

SOURCE = Source(
    "gfw_detections",
    ("collections", "detections"),
    "Global Fishing Watch vessel detections in satellite scenes (CSV, JSON)",
    columns={
        "product": ("scene_id",),
        "packed": ("id",),
        "t_seen": ("timestamp", "stime", "detect_timestamp"),
        "lon_deg": ("lon", "detect_lon", LON),
        "lat_deg": ("lat", "detect_lat", LAT),
        "p_vessel": ("presence_score", "presence"),
        "length_m": ("length_m", "length"),
        "counted": ("detections",),
    },
    needed=(),
    any_case=True,
)


def recognises(head: Head) -> Guess | None:
    """A scene with a presence score, or packed ids of positions."""
    have = parts(head.columns)
    if "presence_score" in have and have & {"scene_id", "timestamp"}:
        return Guess(0.9, "it has a scene or time and a presence_score")
    if {"id", "stime"} <= have:
        return Guess(0.7, "it has the id and stime of positions of the 4Wings API")
    return None


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    """Place and scene out of packed ids; the sensor by the scene's name; cells of a grid lose their place."""
    empty = {"product": pl.String(), "packed": pl.String(), "lon_deg": pl.Float64(), "lat_deg": pl.Float64()}
    told = told.with_columns(
        pl.lit(None, t).alias(n) for n, t in {**empty, "counted": pl.String()}.items() if n not in told.columns
    )
    said = [pl.lit(value=False).alias(f"{n}_said") for n in ("t_seen", "lon_deg", "lat_deg")]
    told = told.with_columns(e for e in said if e.meta.output_name() not in told.columns)
    piece = pl.col("packed").str.extract_groups(r"^([^;]+);(-?[\d.]+);(-?[\d.]+)$")
    lon, lat = (piece.struct.field(str(i)).cast(pl.Float64(), strict=False) for i in (2, 3))
    cell = pl.col("counted").is_not_null()
    told = told.with_columns(
        pl.coalesce("product", piece.struct.field("1")).alias("product"),
        pl.when(~cell).then(pl.coalesce(lon, "lon_deg")).alias("lon_deg"),
        pl.when(~cell).then(pl.coalesce(lat, "lat_deg")).alias("lat_deg"),
    )
    optical = pl.col("product").str.contains(r"^(S2|L[CEOT]0?[89])").fill_null(value=False)
    return told.with_columns(pl.when(optical).then(pl.lit("optical")).otherwise(pl.lit("sar")).alias("sensor"))


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file of detections; feed ``gfw_detections``. See :class:`makara.sources.Reader`."""
    SOURCE.check(options)
    frames = _found.frames(uri, SOURCE)
    yield from _found.batches(frames, SOURCE, uri, _refine, provider="Global Fishing Watch")
