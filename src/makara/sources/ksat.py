"""Vessel detection reports of ground-station services, as KSAT sells them: what an analyst confirmed in a radar scene.

Who: Kongsberg Satellite Services and services like it. Format: CSV (also JSON and GeoJSON points), one ship a row. KSAT
publishes no file specification; the names are the likely ones of such a report as a flat table: ``timestamp`` (UTC),
``latitude, longitude, length, width`` with ``length_error`` (metres), ``heading`` (degrees; bow and stern are not told
apart in radar), ``speed`` (knots), ``confidence_level`` (0 to 1, or low, medium, high), ``image_id`` or ``scene_id``,
``satellite, mode, detection_id``. What it says of AIS is its own inference and is left out: Makara matches anew.
Licence: the customer's contract. Latency: 20 minutes to hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.base.errors import UsageError
from makara.sources import _found
from makara.sources._found import LAT, LON, parts
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Option, Source
from makara.tables.collections import SENSORS

SOURCE = Source(
    "ksat",
    ("collections", "detections"),
    "KSAT-like vessel detection reports (CSV, JSON, GeoJSON)",
    (
        Option("sensor", "what found them where rows do not say: sar, optical, viirs, rf, radar or patrol", "sar"),
        Option("provider", "who provided the looks: part of their ids", "KSAT"),
    ),
    columns={
        "provider_id": ("detection_id", "target_id", "vessel_id", "ship_id", "id"),
        "product": ("image_id", "scene_id", "product_id", "scene", "image", "acquisition_id"),
        "t_seen": (
            "timestamp",
            "detection_time",
            "time",
            "datetime",
            "acquisition_time",
            "sensing_time",
            "timestamp_utc",
            "detection_time_utc",
            "time_utc",
            "datetime_utc",
            "acquisition_time_utc",
            "utc",
        ),
        "lon_deg": ("longitude", "lon", "lon_deg", LON),
        "lat_deg": ("latitude", "lat", "lat_deg", LAT),
        "length_m": (
            "length",
            "length_m",
            "estimated_length",
            "estimated_length_m",
            "vessel_length",
            "vessel_length_m",
        ),
        "length_error_m": ("length_error", "length_error_m"),
        "width_m": ("width", "width_m", "beam", "beam_m", "estimated_width", "estimated_width_m"),
        "axis_deg": ("heading", "orientation", "heading_deg", "orientation_deg"),
        "sog_kn": ("speed", "speed_kn", "estimated_speed", "speed_knots", "speed_kts"),
        "confidence": ("confidence_level", "confidence", "reliability"),
        "sensor_said": ("sensor", "sensor_type"),
        "platform": ("satellite", "platform", "mission"),
        "mode": ("mode", "beam_mode", "acquisition_mode"),
        "licence": ("licence", "license"),
    },
    needed=("t_seen", "lon_deg", "lat_deg"),
    any_case=True,
)
WORDS: Final = {"low": 0.5, "medium": 0.75, "high": 0.95}
"""P(vessel) that the words of confidence are taken for: the services state none; until they are measured."""
_TELLING: Final = {"confidence_level", "reliability", "length_error", "length_error_m", "image_id", "beam_mode"}


def recognises(head: Head) -> Guess | None:
    """A place in time with a length, and a confidence or an image, under the names of such reports."""
    have = parts(head.columns)
    placed = ("longitude" in have and "latitude" in have) or "geometry" in have
    timed = have & set(SOURCE.columns["t_seen"])
    if placed and timed and have & {"length", "length_m"} and have & _TELLING and "mmsi" not in head.columns[:1]:
        return Guess(0.6, "it has a place, a time, a length and a confidence or an image's name")
    return None


def share(column: str) -> pl.Expr:
    """A confidence as a share: 0 to 1, per cent above 1, or a word; null where it is none of these."""
    number = pl.col(column).str.strip_suffix("%").str.strip_chars().cast(pl.Float64(), strict=False)
    part = pl.when(number > 1.0).then(number / 100.0).otherwise(number)
    word = pl.col(column).str.to_lowercase().replace_strict(WORDS, default=None, return_dtype=pl.Float64())
    return pl.coalesce(part, word)


def refiner(sensor: str) -> _found.Refine:
    """What becomes of a report's words; ``sensor`` is what found them where rows do not say."""

    def refine(told: pl.DataFrame) -> pl.DataFrame:
        have = set(told.columns)
        said = pl.col("sensor_said").str.to_lowercase() if "sensor_said" in have else pl.lit(None, pl.String())
        steps = [pl.when(said.is_in(SENSORS)).then(said).otherwise(pl.lit(sensor)).alias("sensor")]
        if "confidence" in have:
            steps.append(share("confidence").alias("p_vessel"))
        if "length_error_m" in have:
            steps.append(pl.when(pl.col("length_error_m") > 0).then(pl.col("length_error_m")).alias("length_sd_m"))
        return told.with_columns(steps)

    return refine


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a report; feed ``ksat``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    if given["sensor"] not in SENSORS:
        raise UsageError(f"--sensor {given['sensor']!r} is none of {', '.join(SENSORS)}")
    frames = _found.frames(uri, SOURCE)
    yield from _found.batches(frames, SOURCE, uri, refiner(given["sensor"]), provider=given["provider"])
