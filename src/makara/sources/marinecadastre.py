"""MarineCadastre: AIS of the United States' coastal stations, one file a day, a report a minute and vessel.

Who: NOAA Office for Coastal Management and BOEM. Format: CSV (zip, zstd, gzip, plain), with the column names of 2015 to
2024 (``MMSI, BaseDateTime, LAT, ...``) or those since 2025 (``mmsi, base_date_time, latitude, ...``); times in UTC. The
geodatabases of 2009 to 2014 as ogr2ogr or ArcGIS export their feature class Broadcast (``X, Y`` or ``POINT_X,
POINT_Y``, ``ReceiverID, ...``); their MMSIs are encrypted from 2010 on, and names stand in tables that are not read.
Licence: public domain (United States Government). Latency: months.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.sources import _ais_csv
from makara.sources._source import Batch, Source

SOURCE = Source(
    "marinecadastre",
    ("reports", "claims"),
    "MarineCadastre AIS (CSV, also zip, zstd, gzip)",
    columns={
        "mmsi": ("MMSI", "mmsi"),
        "t_seen": ("BaseDateTime", "base_date_time", "send"),
        "lat_deg": ("LAT", "latitude", "lat", "POINT_Y", "Y"),
        "lon_deg": ("LON", "longitude", "lon", "POINT_X", "X"),
        "sog_kn": ("SOG", "sog"),
        "cog_deg": ("COG", "cog"),
        "heading_deg": ("Heading", "heading"),
        "name": ("VesselName", "vessel_name", "name"),
        "imo_text": ("IMO", "imo"),
        "callsign": ("CallSign", "call_sign"),
        "ship_type": ("VesselType", "vessel_type", "category"),
        "status": ("Status", "status", "nav"),
        "length_m": ("Length", "length"),
        "width_m": ("Width", "width"),
        "draught_m": ("Draft", "draft"),
        "class": ("TransceiverClass", "TranscieverClass", "transceiver", "transceiver_class"),
        "station": ("ReceiverID",),
    },
    needed=("mmsi", "t_seen", "lat_deg", "lon_deg"),
)
_STATUS: Final = {
    "under way using engine": "0",
    "at anchor": "1",
    "not under command": "2",
    "restricted maneuverability": "3",
    "restricted manoeuverability": "3",
    "constrained by her draught": "4",
    "constrained by her draft": "4",
    "moored": "5",
    "aground": "6",
    "engaged in fishing": "7",
    "under way sailing": "8",
    "power-driven vessel towing astern": "11",
    "power-driven vessel pushing ahead or towing alongside": "12",
    "ais-sart": "14",
}
"""Files before 2018 say it in words."""


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file; feed ``marinecadastre``. See :class:`makara.sources.Reader`."""
    SOURCE.check(options)
    yield from _ais_csv.batches(uri, SOURCE.columns, SOURCE.needed, "marinecadastre", "terrestrial", refine=_refine)


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    """IMO numbers without their prefix, the class of transponder, and negative courses and speeds set right."""
    steps = []
    if "imo_text" in told.columns:
        digits = pl.col("imo_text").str.extract(r"(\d+)$").cast(pl.Float64(), strict=False)
        steps.append(digits.alias("imo"))
    if "status" in told.columns:
        bare = pl.col("status").str.to_lowercase().replace(_STATUS)
        steps.append(bare.cast(pl.Float64(), strict=False).alias("nav_status"))
    if "class" in told.columns:
        steps.append(
            pl.when(pl.col("class") == "B").then(pl.lit("class_b")).otherwise(pl.lit("class_a")).alias("transponder")
        )
    if "cog_deg" in told.columns:  # files before 2018 hold courses above 204.7 as negative numbers
        steps.append(
            pl.when(pl.col("cog_deg") < 0).then(pl.col("cog_deg") + 409.6).otherwise(pl.col("cog_deg")).alias("cog_deg")
        )
    return told.with_columns(steps)
