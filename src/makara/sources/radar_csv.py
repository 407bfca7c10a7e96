"""Plots and tracks of coastal radars as tables: range and bearing from a radar, or places.

Who: vessel traffic services, ports, research radars. Format: CSV (Parquet, JSON), one plot a row: a time (``time,
timestamp``; ``--tz`` where it names no zone), and ``range_m``, ``range_km`` or ``range_nmi`` with ``bearing`` (degrees
true), or ``x, y`` (metres east and north of the radar), or ``lon, lat``; where known ``speed`` (knots) or
``speed_m_s``, ``course, length, width, track_id, radar``. Polar and Cartesian plots need the radar's place: ``--radar
LON,LAT``, or ``--radar NAME=LON,LAT`` for each of several. Columns of other names: source ``detections`` with ``--map``
and ``--set sensor=radar``. Licence: the operator's. Latency: seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from makara.base.units import KM_M, KN_M_S, NMI_M
from makara.sources import _found, _radars
from makara.sources._found import LAT, LON, parts
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Option, Source

SOURCE = Source(
    "radar_csv",
    ("detections",),
    "radar plots as tables: range and bearing, or places",
    (_radars.RADAR, Option("tz", "time zone of times that name none", "UTC")),
    columns={
        "t_seen": ("time", "timestamp", "t_seen", "datetime", "utc"),
        "range_m": ("range_m", "range"),
        "range_km": ("range_km",),
        "range_nmi": ("range_nmi", "range_nm"),
        "bearing_deg": ("bearing", "bearing_deg", "azimuth", "azimuth_deg"),
        "east_m": ("x", "x_m", "east_m", "easting_m"),
        "north_m": ("y", "y_m", "north_m", "northing_m"),
        "lon_deg": ("lon", "longitude", "lon_deg", LON),
        "lat_deg": ("lat", "latitude", "lat_deg", LAT),
        "sog_kn": ("speed", "speed_kn", "sog", "sog_kn"),
        "speed_plain": ("speed_m_s", "speed_ms"),
        "cog_deg": ("course", "course_deg", "cog", "cog_deg"),
        "length_m": ("length", "length_m", "size_m"),
        "width_m": ("width", "width_m"),
        "provider_id": ("track_id", "track", "plot_id", "target_id"),
        "radar": ("radar", "radar_id", "station"),
    },
    needed=("t_seen",),
    any_case=True,
)


def recognises(head: Head) -> Guess | None:
    """A time with a range and a bearing."""
    have = parts(head.columns)
    ranged = have & {"range", "range_m", "range_km", "range_nmi", "range_nm"}
    if ranged and have & set(SOURCE.columns["bearing_deg"]) and have & set(SOURCE.columns["t_seen"]):
        return Guess(0.7, "it has times, ranges and bearings", {"radar": "LON,LAT"})
    return None


def _refine(told: pl.DataFrame, where: _radars.Stands) -> pl.DataFrame:
    have = set(told.columns)
    steps = []
    ranges = [pl.col(n) * f for n, f in (("range_m", 1.0), ("range_km", KM_M), ("range_nmi", NMI_M)) if n in have]
    if ranges:
        steps.append(pl.coalesce(ranges).alias("range_m"))
    if "speed_plain" in have:
        speed = pl.col("speed_plain") / KN_M_S
        steps.append((pl.coalesce("sog_kn", speed) if "sog_kn" in have else speed).alias("sog_kn"))
    if "radar" not in have:
        steps.append(pl.lit(None, pl.String()).alias("radar"))
    placed = _radars.placed(told.with_columns(steps), where)
    said = [pl.lit(value=False).alias(f"{n}_said") for n in ("lon_deg", "lat_deg") if f"{n}_said" not in have]
    return placed.with_columns(*said, pl.lit("radar").alias("sensor"))


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a table of plots; feed ``radar_csv``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    where = _radars.stands(given)
    frames = _found.frames(uri, SOURCE)
    yield from _found.batches(frames, SOURCE, uri, lambda t: _refine(t, where), tz=given["tz"])
