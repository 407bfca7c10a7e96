"""AIS of Finnish waters: locations and metadata of vessels, by REST and MQTT.

Who: Fintraffic (Digitraffic, meri.digitraffic.fi). Format: JSON; from MQTT (topics ``vessels-v2/<mmsi>/location`` and
``.../metadata``, which the source mqtt writes down as ``topic``) or REST (``/api/ais/v1/locations`` as GeoJSON,
``/api/ais/v1/vessels``). Speeds in knots, the rate of turn as AIS' indicator, draught in decimetres, the ETA as AIS'
20 bits; times in seconds or milliseconds since 1970. Followed: digitraffic.fi/en/marine-traffic. Licence: CC BY 4.0.
Latency: seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from makara.sources import _json, _messages, _tables
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Source

SOURCE = Source(
    "digitraffic",
    ("reports", "claims"),
    "AIS of Fintraffic's Digitraffic (JSON, NDJSON, GeoJSON)",
    columns={
        "mmsi": ("mmsi", "properties.mmsi"),
        "t_seen": ("time", "properties.timestampExternal", "timestamp"),
        "lon_deg": ("lon", "geometry.coordinates.0"),
        "lat_deg": ("lat", "geometry.coordinates.1"),
        "sog_kn": ("sog", "properties.sog"),
        "cog_deg": ("cog", "properties.cog"),
        "heading_deg": ("heading", "properties.heading"),
        "rot_indicator": ("rot", "properties.rot"),
        "nav_status": ("navStat", "properties.navStat"),
        "accurate": ("posAcc", "properties.posAcc"),
        "imo": ("imo",),
        "name": ("name",),
        "callsign": ("callSign",),
        "ship_type": ("type", "shipType"),
        "to_bow": ("refA", "referencePointA"),
        "to_stern": ("refB", "referencePointB"),
        "to_port": ("refC", "referencePointC"),
        "to_starboard": ("refD", "referencePointD"),
        "draught_dm": ("draught",),
        "destination": ("destination",),
        "eta_packed": ("eta",),
    },
    needed=("mmsi", "t_seen"),
    units={"rot_indicator": "AIS indicator", "draught_dm": "decimetres", "eta_packed": "AIS' 20 bits"},
)
_TOPIC: Final = re.compile(r"(?:^|/)(\d{7,9})(?:/|$)")
_PICK: Final = _json.by_paths(SOURCE.columns)


def recognises(head: Head) -> Guess | None:
    """Locations or metadata by the names that Digitraffic gives them."""
    have = set(head.columns) if head.kind == "json" else set()
    bare = {c.removeprefix("properties.") for c in have}
    place, static = {"sog", "cog", "navStat", "posAcc"} <= bare, {"posType", "referencePointA"} & bare
    if place or ({"draught", "eta", "callSign"} <= bare and static):
        return Guess(0.9, "its objects have the names of Digitraffic's locations or vessels")
    return None


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file; feed ``digitraffic``. See :class:`makara.sources.Reader`."""
    SOURCE.check(options)
    wanted = [n for names in SOURCE.columns.values() for n in names]
    frames = _json.rows(uri, wanted, _pick)
    yield from _messages.batches(frames, SOURCE, uri, receiver="terrestrial", refine=_refine)


def _pick(record: dict[str, Any]) -> _json.Row | None:
    row, topic = _PICK(record), record.get("topic")
    if isinstance(topic, str):
        if topic.endswith("status"):
            return None
        if found := _TOPIC.search(topic):
            row["mmsi"] = found[1]
    if row.get("type") == "Feature":
        row.pop("type")
    return row


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    turn = _tables.rate_of_turn(pl.col("rot_indicator").cast(pl.Float64(), strict=False))
    draught = pl.col("draught_dm").cast(pl.Float64(), strict=False) / 10.0
    return told.with_columns(turn, draught.alias("draught_m"), _tables.eta_packed("eta_packed"))
