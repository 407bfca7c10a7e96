"""AIS of Norwegian waters: the Coastal Administration's base stations and satellites, live and historic.

Who: Kystverket (the Norwegian Coastal Administration), through BarentsWatch and Kystdatahuset. Format: BarentsWatch's
AIS APIs as JSON or GeoJSON, one object a line or in arrays (``mmsi, msgtime, latitude, longitude, courseOverGround,
speedOverGround, ...``; static data and "combined" rows with ``imoNumber, callSign, shipLength, ...``, draught in
decimetres, ETA as MMDDhhmm), and the historic CSV (``mmsi, date_time_utc, lon, lat, sog, cog, true_heading,
nav_status, ...``, separated by commas or semicolons; -99 or empty is unknown). Followed: BarentsWatch's Live AIS and
Historic AIS OpenAPI descriptions; Kystverket's column list for HAIS. The open feed leaves out fishing vessels under
15 m and pleasure craft under 45 m. Raw NMEA (153.44.253.27:5631) is for the sources nmea and tcp. Licence: NLOD 2.0,
free use with attribution. Latency: seconds (live), a day (historic).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from makara.sources import _json, _messages, _tables
from makara.sources._sniff import Guess, Head, by_columns
from makara.sources._source import Batch, Option, Source

SOURCE = Source(
    "norwegian",
    ("reports", "claims"),
    "AIS of Kystverket and BarentsWatch (JSON, NDJSON, CSV)",
    (Option("receiver", "class of the receiver where rows do not say", "terrestrial"),),
    columns={
        "mmsi": ("mmsi",),
        "t_seen": ("msgtime", "date_time_utc", "msgTime", "timestamp_utc"),
        "lon_deg": ("longitude", "lon", "geometry.coordinates.0"),
        "lat_deg": ("latitude", "lat", "geometry.coordinates.1"),
        "sog_kn": ("speedOverGround", "sog"),
        "cog_deg": ("courseOverGround", "cog"),
        "heading_deg": ("trueHeading", "true_heading"),
        "rot_deg_min": ("rateOfTurn", "rot"),
        "nav_status": ("navigationalStatus", "nav_status"),
        "msg_type": ("messageType", "message_nr", "ais_message_type", "msg_type"),
        "class": ("aisClass", "reportClass"),
        "imo": ("imoNumber", "imo_number", "imo"),
        "name": ("name", "ship_name"),
        "callsign": ("callSign", "callsign"),
        "ship_type": ("shipType", "ship_type"),
        "length_m": ("shipLength", "length"),
        "width_m": ("shipWidth", "width"),
        "to_bow": ("dimensionA",),
        "to_stern": ("dimensionB",),
        "to_port": ("dimensionC",),
        "to_starboard": ("dimensionD",),
        "draught_dm": ("draught",),
        "destination": ("destination",),
        "eta_mmddhhmm": ("eta",),
    },
    needed=("mmsi", "t_seen"),
    units={"draught_dm": "decimetres", "eta_mmddhhmm": "MMDDhhmm"},
)
_PATHS = _json.by_paths(SOURCE.columns)


def recognises(head: Head) -> Guess | None:
    """Its columns, in a table or in objects, or the properties of GeoJSON features."""
    told = {c.removeprefix("properties.") for c in head.columns} if head.kind == "json" else set()
    if {"mmsi", "msgtime"} <= told and "properties.mmsi" in head.columns:
        return Guess(0.85, "its features have the properties mmsi and msgtime")
    return by_columns(head, SOURCE)


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file; feed ``norwegian``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    frames = _tables.frames(uri, SOURCE.columns, _pick)
    yield from _messages.batches(frames, SOURCE, uri, receiver=_tables.receiver(given), refine=_refine)


def _pick(record: dict[str, Any]) -> _json.Row:
    """The columns of an object, or of a GeoJSON feature."""
    told = record.get("properties")
    return _PATHS({**told, "geometry": record.get("geometry")} if isinstance(told, dict) else record)


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    """Draught in metres, ETA as AIS sends it, the class of transponder."""
    have, steps = set(told.columns), []
    if "draught_dm" in have:
        steps.append((pl.col("draught_dm").cast(pl.Float64(), strict=False) / 10.0).alias("draught_m"))
    if "eta_mmddhhmm" in have:
        steps.append(_tables.eta_text("eta_mmddhhmm"))
    if "class" in have:
        steps.append(_tables.transponder("class"))
    return told.with_columns(steps)
