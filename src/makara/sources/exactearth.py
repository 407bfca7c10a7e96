"""exactEarth's exactAIS archive: messages of its satellites, one decoded message a row.

Who: exactEarth (since 2021 part of Spire). Format: CSV with a column for every field of every message type (``MMSI,
Message_ID, Repeat_indicator, Time, Millisecond, ..., Longitude, Latitude, COG, Heading, ...``), the time as
``20150131_140000`` UTC and milliseconds apart, draught in metres; "not available" as the message has it (181, 91, 511,
102.3, 360, -128) or empty. Followed: the header of exactAIS Archive CSV deliveries. NMEA deliveries ($PGHP) are for
the source nmea. Licence: the customer's contract. Latency: minutes to hours; archives later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from makara.sources import _messages, _tables
from makara.sources._rows import ROW, rows
from makara.sources._source import TS, Batch, Option, Source

SOURCE = Source(
    "exactearth",
    ("reports", "claims"),
    "exactAIS archive of exactEarth (CSV)",
    (Option("receiver", "class of the receiver", "satellite"),),
    columns={
        "mmsi": ("MMSI",),
        "t_seen": ("Time",),
        "millisecond": ("Millisecond",),
        "msg_type": ("Message_ID",),
        "channel": ("Channel",),
        "station": ("Base_station",),
        "lon_deg": ("Longitude",),
        "lat_deg": ("Latitude",),
        "sog_kn": ("SOG",),
        "cog_deg": ("COG",),
        "heading_deg": ("Heading",),
        "rot_indicator": ("ROT",),
        "nav_status": ("Navigational_status",),
        "accurate": ("Accuracy",),
        "imo": ("IMO",),
        "name": ("Vessel_Name",),
        "callsign": ("Call_sign",),
        "ship_type": ("Ship_Type",),
        "to_bow": ("Dimension_to_Bow", "Dimension_to_bow"),
        "to_stern": ("Dimension_to_stern",),
        "to_port": ("Dimension_to_port",),
        "to_starboard": ("Dimension_to_starboard",),
        "draught_m": ("Draught",),
        "destination": ("Destination",),
        "eta_month": ("ETA_month",),
        "eta_day": ("ETA_day",),
        "eta_hour": ("ETA_hour",),
        "eta_minute": ("ETA_minute",),
    },
    needed=("mmsi", "t_seen", "msg_type", "lon_deg", "lat_deg"),
    units={"rot_indicator": "AIS indicator", "millisecond": "ms"},
)


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file; feed ``exactearth``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    sep = _tables.separator(_tables.head(uri))
    names = [n for several in SOURCE.columns.values() for n in several]
    frames = ((_timed(frame), bad) for frame, bad in rows(uri, sep, names))
    yield from _messages.batches(frames, SOURCE, uri, receiver=_tables.receiver(given), refine=_refine)


def _timed(frame: pl.DataFrame) -> pl.DataFrame:
    """The time as ISO 8601, with its milliseconds."""
    if "Time" not in frame.columns or frame["Time"].dtype != pl.String():
        return frame
    t = pl.col("Time").str.strip_chars()
    found = t.str.to_datetime("%Y%m%d_%H%M%S", time_zone="UTC", time_unit="us", strict=False)
    ms = pl.lit(0, pl.Int64())
    if "Millisecond" in frame.columns:
        part = pl.col("Millisecond").cast(pl.String()).str.strip_chars().cast(pl.Int64(), strict=False)
        ms = pl.when(part.is_between(0, 999)).then(part).otherwise(0)
    iso = (found + pl.duration(milliseconds=ms)).cast(TS).dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    return frame.with_columns(pl.coalesce(iso, t).alias("Time")).select(pl.exclude(ROW), ROW)


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    """Rate of turn, channel, and the ETA as AIS sends it."""
    have, steps = set(told.columns), []
    if "rot_indicator" in have:
        steps.append(_tables.rate_of_turn(pl.col("rot_indicator").cast(pl.Float64(), strict=False)))
    if "channel" in have:
        side = pl.col("channel").str.to_uppercase().replace({"1": "A", "2": "B"})
        steps.append(pl.when(side.is_in(["A", "B"])).then(side).alias("radio_channel"))
    parts = ("eta_month", "eta_day", "eta_hour", "eta_minute")
    if have >= set(parts):
        two = [pl.col(p).cast(pl.Float64(), strict=False).cast(pl.Int32(), strict=False) for p in parts]
        text = pl.concat_str([n.cast(pl.String()).str.zfill(2) for n in two])
        told = told.with_columns(text.alias("eta_parts"))
        steps.append(_tables.eta_text("eta_parts"))
    return told.with_columns(steps)
