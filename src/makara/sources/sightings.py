"""Sightings by patrol aircraft, ships and people ashore: one contact a row, and what the form on the page files.

Who: patrols, lookouts, fishers' and port reports. Format: CSV (Parquet, JSON, GeoJSON points) with ``time`` (ISO 8601;
``--tz`` where it names no zone), ``lon, lat`` in degrees or as ``17 30.5 S``, and where known ``length`` (metres),
``speed`` (knots), ``course`` (degrees true), ``radius_m`` or ``radius_nmi`` (the place is right within it in 95 of 100
cases), ``id, platform, remarks``. Platform and remarks stay with the file as it was taken in; a name or number read off
a hull is for the remarks too, since a detection claims no identity. Licence: the observer's service. Latency: minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.base.units import NMI_M
from makara.sources import _found
from makara.sources._found import LAT, LON, parts
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Option, Source

SOURCE = Source(
    "sightings",
    ("detections",),
    "sightings by patrol aircraft, ships and people (CSV, JSON)",
    (Option("tz", "time zone of times that name none", "UTC"),),
    columns={
        "t_seen": ("time", "t_seen", "time_utc", "datetime", "timestamp", "observed_at", "sighted_at"),
        "lon_text": ("lon", "longitude", "lon_deg", LON),
        "lat_text": ("lat", "latitude", "lat_deg", LAT),
        "length_m": ("length", "length_m"),
        "sog_kn": ("speed", "speed_kn", "sog_kn"),
        "cog_deg": ("course", "course_deg", "cog_deg"),
        "radius_m": ("radius_m",),
        "radius_nmi": ("radius_nmi", "radius_nm"),
        "provider_id": ("id", "sighting_id", "sighting"),
        "seen_by": ("platform", "observer", "aircraft", "ship"),
        "remarks": ("remarks", "notes", "description"),
    },
    needed=("t_seen", "lon_text", "lat_text"),
    any_case=True,
)
_PLAIN: Final = r"^[+-]?\d+(?:\.\d+)?$"
_ANGLE: Final = r"^(\d{1,3})[°\s]+(?:(\d{1,2}(?:\.\d+)?)['′\s]*)?(?:(\d{1,2}(?:\.\d+)?)(?:\"|″|''|\s)*)?([NSEW])$"


def recognises(head: Head) -> Guess | None:
    """A place in time, and who saw it."""
    have = parts(head.columns)
    placed = have & set(SOURCE.columns["lon_text"]) and have & set(SOURCE.columns["lat_text"])
    seen = have & {"observer", "sighting_id", "sighting", "observed_at", "sighted_at", "radius_m", "radius_nmi"}
    if placed and seen and have & set(SOURCE.columns["t_seen"]):
        return Guess(0.6, "it has places, times, and who saw them or how far they may be off")
    return None


def degrees(column: str, marks: str) -> pl.Expr:
    """Degrees from text: a plain number, or degrees, minutes and seconds with one of two marks, as in ``17 30.5 S``.

    Args:
        column: the text.
        marks: the mark that is positive, then the one that is negative.
    """
    text = pl.col(column).str.to_uppercase().str.strip_chars()
    plain = pl.when(text.str.contains(_PLAIN)).then(text.cast(pl.Float64(), strict=False))
    found = text.str.extract_groups(_ANGLE)
    whole, minutes, seconds = (found.struct.field(str(i)).cast(pl.Float64(), strict=False) for i in (1, 2, 3))
    mark = found.struct.field("4")
    sound = (minutes.fill_null(0.0) < 60.0) & (seconds.fill_null(0.0) < 60.0) & mark.is_in(list(marks))
    size = whole + minutes.fill_null(0.0) / 60.0 + seconds.fill_null(0.0) / 3600.0
    return pl.coalesce(plain, pl.when(sound).then(pl.when(mark == marks[0]).then(size).otherwise(-size)))


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    have = set(told.columns)
    radii = [pl.col(n) * f for n, f in (("radius_m", 1.0), ("radius_nmi", NMI_M)) if n in have]
    radius = pl.coalesce(radii) if radii else pl.lit(None, pl.Float64())
    return told.with_columns(
        degrees("lon_text", "EW").alias("lon_deg"),
        degrees("lat_text", "NS").alias("lat_deg"),
        pl.col("lon_text").is_not_null().alias("lon_deg_said"),
        pl.col("lat_text").is_not_null().alias("lat_deg_said"),
        radius.alias("semi_major_m"),
        radius.alias("semi_minor_m"),
        pl.lit("patrol").alias("sensor"),
    )


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file of sightings; feed ``sightings``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    yield from _found.batches(_found.frames(uri, SOURCE), SOURCE, uri, _refine, tz=given["tz"])
