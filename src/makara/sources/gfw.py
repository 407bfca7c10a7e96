"""Positions and messages as Global Fishing Watch exports them from its pipeline.

Who: Global Fishing Watch (BigQuery tables, shared extracts, test sets of pipe-segment, pipe-gaps and the like). Format:
CSV, Parquet or JSON; ``ssvid`` (the MMSI), ``timestamp`` (UTC), ``lat, lon, speed`` (knots), ``course, heading``, and
where there are ``type`` (AIS.1 to AIS.27), ``receiver_type``, ``receiver, status, shipname, callsign, imo,
shiptype`` (words), ``length, width, destination``. "Not available" is null or as AIS has it. Followed: the schemas in
the public repositories pipe-segment and pipe-gaps. Licence: CC BY-NC 4.0, or the extract's own. Latency: three days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.sources import _json, _messages, _tables
from makara.sources._source import Batch, Option, Source

_SHIPS: Final = (
    ("Wing in ground", 20), ("Fishing", 30), ("Towing: length", 32), ("Towing", 31), ("Dredging", 33), ("Diving", 34),
    ("Military", 35), ("Sailing", 36), ("Pleasure", 37), ("High speed craft", 40), ("Pilot", 50), ("Search and", 51),
    ("Tug", 52), ("Port Tender", 53), ("Anti-pollution", 54), ("Law Enforcement", 55), ("Medical", 58),
    ("Noncombatant", 59), ("Passenger", 60), ("Cargo", 70), ("Tanker", 80), ("Other Type", 90),
)  # fmt: skip
"""ITU-R M.1371 codes by how the words begin (the decade's first code where words name no more)."""

SOURCE = Source(
    "gfw",
    ("reports", "claims"),
    "Global Fishing Watch style exports (CSV, Parquet, JSON)",
    (Option("receiver", "class of the receiver where rows do not say", "unknown"),),
    columns={
        "mmsi": ("ssvid",),
        "t_seen": ("timestamp",),
        "lon_deg": ("lon",),
        "lat_deg": ("lat",),
        "sog_kn": ("speed", "speed_knots", "speed_kn"),
        "cog_deg": ("course", "course_deg"),
        "heading_deg": ("heading",),
        "nav_status": ("status",),
        "msg_type": ("type",),
        "heard": ("receiver_type",),
        "station": ("receiver",),
        "imo": ("imo",),
        "name": ("shipname",),
        "callsign": ("callsign",),
        "ship_words": ("shiptype",),
        "length_m": ("length",),
        "width_m": ("width",),
        "destination": ("destination",),
    },
    needed=("mmsi", "t_seen", "lon_deg", "lat_deg"),
)


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file; feed ``gfw``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    frames = _tables.frames(uri, SOURCE.columns, _json.by_paths(SOURCE.columns))
    yield from _messages.batches(frames, SOURCE, uri, receiver=_tables.receiver(given), refine=_refine)


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    """Words to numbers, the class of receiver."""
    have, steps = set(told.columns), []
    if "heard" in have:
        said = pl.col("heard").str.to_lowercase()
        steps.append(pl.when(said.is_in(["satellite", "terrestrial"])).then(said).alias("receiver"))
    if "ship_words" in have:
        words, code = pl.col("ship_words"), pl.lit(None, pl.Float64())
        for start, number in reversed(_SHIPS):
            code = pl.when(words.str.starts_with(start)).then(float(number)).otherwise(code)
        steps.append(pl.coalesce(words.cast(pl.Float64(), strict=False), code).alias("ship_type"))
    return told.with_columns(steps)
