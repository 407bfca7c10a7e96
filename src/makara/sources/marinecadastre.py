"""MarineCadastre: AIS of the United States' coastal stations, one file a day, a report a minute and vessel.

Who: NOAA Office for Coastal Management and BOEM. Format: CSV (zip, zstd, gzip, plain), with the column names of 2009 to
2024 (``MMSI, BaseDateTime, LAT, ...``) or those since 2025 (``mmsi, base_date_time, latitude, ...``); times in UTC.
Licence: public domain (United States Government). Latency: months.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.sources import _ais_csv
from makara.sources._source import Batch, Source

SOURCE = Source("marinecadastre", ("reports", "claims"), "MarineCadastre AIS (CSV, also zip, zstd, gzip)")
_COLUMNS: Final = {
    "mmsi": ("MMSI", "mmsi"),
    "t_seen": ("BaseDateTime", "base_date_time"),
    "lat_deg": ("LAT", "latitude", "lat"),
    "lon_deg": ("LON", "longitude", "lon"),
    "sog_kn": ("SOG", "sog"),
    "cog_deg": ("COG", "cog"),
    "heading_deg": ("Heading", "heading"),
    "name": ("VesselName", "vessel_name"),
    "imo_text": ("IMO", "imo"),
    "callsign": ("CallSign", "call_sign"),
    "ship_type": ("VesselType", "vessel_type"),
    "nav_status": ("Status", "status"),
    "length_m": ("Length", "length"),
    "width_m": ("Width", "width"),
    "draught_m": ("Draft", "draft"),
    "class": ("TransceiverClass", "TranscieverClass", "transceiver", "transceiver_class"),
}
_NEEDED: Final = ("mmsi", "t_seen", "lat_deg", "lon_deg")


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file; feed ``marinecadastre``. See :class:`makara.sources.Reader`."""
    SOURCE.check(options)
    yield from _ais_csv.batches(uri, _COLUMNS, _NEEDED, "marinecadastre", "terrestrial", refine=_refine)


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    """IMO numbers without their prefix, the class of transponder, and negative courses and speeds set right."""
    steps = []
    if "imo_text" in told.columns:
        digits = pl.col("imo_text").str.extract(r"(\d+)$").cast(pl.Float64(), strict=False)
        steps.append(digits.alias("imo"))
    if "class" in told.columns:
        steps.append(
            pl.when(pl.col("class") == "B").then(pl.lit("class_b")).otherwise(pl.lit("class_a")).alias("transponder")
        )
    if "cog_deg" in told.columns:  # files before 2018 hold courses above 204.7 as negative numbers
        steps.append(
            pl.when(pl.col("cog_deg") < 0).then(pl.col("cog_deg") + 409.6).otherwise(pl.col("cog_deg")).alias("cog_deg")
        )
    return told.with_columns(steps)
