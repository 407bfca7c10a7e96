"""The Danish Maritime Authority's AIS archive: all that its coastal stations receive, one file a day.

Who: Danish Maritime Authority (web.ais.dk/aisdata). Format: CSV (zip or plain); day first, times in UTC; words for
navigational status and ship type. Licence: open data, free use with attribution. Latency: three days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from makara.sources import _ais_csv
from makara.sources._source import Batch, Source

SOURCE = Source(
    "danish",
    ("reports", "claims"),
    "AIS archive of the Danish Maritime Authority (CSV, also zip)",
    columns={
        "t_seen": ("# Timestamp", "Timestamp"),
        "mobile": ("Type of mobile",),
        "mmsi": ("MMSI",),
        "lat_deg": ("Latitude",),
        "lon_deg": ("Longitude",),
        "status": ("Navigational status",),
        "rot_deg_min": ("ROT",),
        "sog_kn": ("SOG",),
        "cog_deg": ("COG",),
        "heading_deg": ("Heading",),
        "imo": ("IMO",),
        "callsign": ("Callsign",),
        "name": ("Name",),
        "type": ("Ship type",),
        "width_m": ("Width",),
        "length_m": ("Length",),
        "draught_m": ("Draught",),
        "destination": ("Destination",),
        "eta": ("ETA",),
    },
    needed=("mmsi", "t_seen", "lat_deg", "lon_deg"),
)
_MOBILE: Final = {
    "Class A": "class_a",
    "Class B": "class_b",
    "Base Station": "base",
    "AtoN": "aid",
    "SAR Airborne": "aircraft",
    "SART": "sart",
    "Search and Rescue Transponder": "sart",
    "Man Overboard Device": "sart",
}
_STATUS: Final = {
    "Under way using engine": 0,
    "At anchor": 1,
    "Not under command": 2,
    "Restricted maneuverability": 3,
    "Constrained by her draught": 4,
    "Moored": 5,
    "Aground": 6,
    "Engaged in fishing": 7,
    "Under way sailing": 8,
    "Reserved for future amendment [HSC]": 9,
    "Reserved for future amendment [WIG]": 10,
    "Power-driven vessel towing astern": 11,
    "Power-driven vessel pushing ahead or towing alongside": 12,
    "AIS-SART": 14,
}
_TYPE: Final = {
    "WIG": 20,
    "Fishing": 30,
    "Towing": 31,
    "Towing long/wide": 32,
    "Dredging": 33,
    "Diving": 34,
    "Military": 35,
    "Sailing": 36,
    "Pleasure": 37,
    "HSC": 40,
    "Pilot": 50,
    "SAR": 51,
    "Tug": 52,
    "Port tender": 53,
    "Anti-pollution": 54,
    "Law enforcement": 55,
    "Medical": 58,
    "Not party to conflict": 59,
    "Passenger": 60,
    "Cargo": 70,
    "Tanker": 80,
    "Other": 90,
}
_UNKNOWN: Final = ("Unknown", "Undefined", "Unknown value")


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file; feed ``danish``. See :class:`makara.sources.Reader`."""
    SOURCE.check(options)
    yield from _ais_csv.batches(uri, SOURCE.columns, SOURCE.needed, "danish", "terrestrial", refine=_refine)


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    """Words to numbers; "Unknown" to null; the text of an ETA as AIS sends it."""
    steps = []
    words: dict[str, tuple[str, Mapping[str, Any]]] = {
        "mobile": ("transponder", _MOBILE),
        "status": ("nav_status", _STATUS),
        "type": ("ship_type", _TYPE),
    }
    for column, (target, table) in words.items():
        if column in told.columns:
            kind = pl.String() if target == "transponder" else pl.Float64()
            steps.append(pl.col(column).replace_strict(table, default=None, return_dtype=kind).alias(target))
    texts = [c for c in ("name", "callsign", "destination") if c in told.columns]
    steps.extend(pl.when(~pl.col(c).is_in(_UNKNOWN)).then(pl.col(c)).alias(c) for c in texts)
    if "eta" in told.columns:
        steps.append(pl.col("eta").dt.strftime("%m-%dT%H:%M").alias("eta_text"))
    return told.with_columns(steps)
