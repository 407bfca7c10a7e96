"""Spire Maritime's AIS: messages or vessels, from its satellites, coastal stations and ships.

Who: Spire Maritime (Kpler since 2025). Format: the historic extract as CSV, Parquet or JSON, one message a row
(``timestamp, mmsi, msg_type, latitude, longitude, speed, course, heading, rot, ..., collection_type``); the "combined"
extract with the last static data beside each position (``static_updated_at``); vessels of the API 1 (``data`` with
``last_known_position, most_recent_voyage``) and of the 2.0 GraphQL API (``nodes`` with ``lastPositionUpdate,
staticData, currentVoyage``), whole answers, one object a line or in arrays. Speeds in knots, the rate of turn as AIS'
indicator (extract) or in degrees a minute (API), draught in metres. Followed: documentation.spire.com, "Standard data
sample format" and "Combined data extracts"; the Vessels 1 and 2.0 schemas. Licence: the customer's contract. Latency:
seconds to hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.sources import _convert, _json, _messages, _tables
from makara.sources._source import Batch, Option, Source

_COLLECTED: Final = {"satellite": "satellite", "terrestrial": "terrestrial"}
_STATUS: Final = {
    "UNDER_WAY_USING_ENGINE": "0",
    "AT_ANCHOR": "1",
    "NOT_UNDER_COMMAND": "2",
    "RESTRICTED_MANEUVERABILITY": "3",
    "CONSTRAINED_BY_DRAFT": "4",
    "MOORED": "5",
    "AGROUND": "6",
    "ENGAGED_IN_FISHING": "7",
    "UNDER_WAY_SAILING": "8",
    "HIGH_SPEED_CRAFT": "9",
    "WING_IN_GROUND": "10",
    "POWER_DRIVEN_TOWING_ASTERN": "11",
    "POWER_DRIVEN_TOWING_ALONGSIDE": "12",
    "AIS_SART": "14",
}
_PLACE_1: Final = "last_known_position.geometry.coordinates"
_VOYAGE_1: Final = "most_recent_voyage"
"""As the Vessels API 1 names them."""


def _updated(name: str) -> tuple[str, str]:
    """A value of the last position, as the GraphQL API names it in ``nodes`` and in ``edges``."""
    return f"lastPositionUpdate.{name}", f"node.lastPositionUpdate.{name}"


SOURCE = Source(
    "spire",
    ("reports", "claims"),
    "Spire Maritime's messages and vessels (CSV, Parquet, JSON, NDJSON)",
    (Option("receiver", "class of the receiver where rows do not say", "unknown"),),
    columns={
        "mmsi": ("mmsi", "staticData.mmsi", "node.staticData.mmsi"),
        "t_seen": (
            "timestamp",
            "position_timestamp",
            "lastPositionUpdate.timestamp",
            "node.lastPositionUpdate.timestamp",
            "last_known_position.timestamp",
        ),
        "static_text": ("static_updated_at", "staticData.timestamp", "node.staticData.timestamp"),
        "msg_type": ("msg_type",),
        "lon_deg": ("longitude", "lastPositionUpdate.longitude", "node.lastPositionUpdate.longitude", _PLACE_1 + ".0"),
        "lat_deg": ("latitude", "lastPositionUpdate.latitude", "node.lastPositionUpdate.latitude", _PLACE_1 + ".1"),
        "sog_kn": ("speed", *_updated("speed"), "last_known_position.speed"),
        "cog_deg": ("course", *_updated("course"), "last_known_position.course"),
        "heading_deg": ("heading", *_updated("heading"), "last_known_position.heading"),
        "rot_indicator": ("rot",),
        "rot_deg_min": ("lastPositionUpdate.rot", "node.lastPositionUpdate.rot", "last_known_position.rot"),
        "status": (
            "status",
            "lastPositionUpdate.navigationalStatus",
            "node.lastPositionUpdate.navigationalStatus",
        ),
        "accurate": ("accuracy", *_updated("accuracy"), "last_known_position.accuracy"),
        "collected": (
            "collection_type",
            "lastPositionUpdate.collectionType",
            "node.lastPositionUpdate.collectionType",
            "last_known_position.collection_type",
        ),
        "class": ("ais_class", "staticData.aisClass", "node.staticData.aisClass", "class"),
        "imo": ("imo", "staticData.imo", "node.staticData.imo"),
        "name": ("name", "vessel_name", "staticData.name", "node.staticData.name"),
        "callsign": ("call_sign", "staticData.callsign", "node.staticData.callsign"),
        "ship_type": ("ship_and_cargo_type", "staticData.shipTypeCode"),
        "length_m": ("length", "staticData.dimensions.length", "node.staticData.dimensions.length"),
        "width_m": ("width", "staticData.dimensions.width", "node.staticData.dimensions.width"),
        "to_bow": ("to_bow", "dimension_a", "staticData.dimensions.a", "node.staticData.dimensions.a"),
        "to_stern": ("to_stern", "dimension_b", "staticData.dimensions.b", "node.staticData.dimensions.b"),
        "to_port": ("to_port", "dimension_c", "staticData.dimensions.c", "node.staticData.dimensions.c"),
        "to_starboard": ("to_starboard", "dimension_d", "staticData.dimensions.d", "node.staticData.dimensions.d"),
        "draught_m": ("draught", "currentVoyage.draught", "node.currentVoyage.draught", _VOYAGE_1 + ".draught"),
        "destination": (
            "destination",
            "currentVoyage.destination",
            "node.currentVoyage.destination",
            _VOYAGE_1 + ".destination",
        ),
        "eta": ("eta", "currentVoyage.eta", "node.currentVoyage.eta", _VOYAGE_1 + ".eta"),
    },
    needed=("mmsi", "t_seen", "lon_deg", "lat_deg"),
    units={"rot_indicator": "AIS indicator"},
)


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file; feed ``spire``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    frames = _tables.frames(uri, SOURCE.columns, _json.by_paths(SOURCE.columns))
    yield from _messages.batches(frames, SOURCE, uri, receiver=_tables.receiver(given), refine=_refine)


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    """Words to numbers, the receiver from the way of collection, the time of the static data."""
    have = set(told.columns)
    steps: list[pl.Expr | pl.Series] = []
    if "rot_indicator" in have:
        rate = _tables.rate_of_turn(pl.col("rot_indicator").cast(pl.Float64(), strict=False))
        steps.append(pl.coalesce(pl.col("rot_deg_min"), rate) if "rot_deg_min" in have else rate)
    if "status" in have:
        bare = pl.col("status").str.to_uppercase().replace(_STATUS)
        steps.append(bare.cast(pl.Float64(), strict=False).alias("nav_status"))
    if "collected" in have:
        said = pl.col("collected").str.to_lowercase()
        steps.append(said.replace_strict(_COLLECTED, default=None, return_dtype=pl.String()).alias("receiver"))
    if "class" in have:
        steps.append(_tables.transponder("class"))
    if "static_text" in have:
        steps.append(_convert.instant(told["static_text"], "UTC", "static_updated_at").alias("static_at"))
    if "eta" in have:
        steps.append(pl.col("eta").dt.strftime("%m-%dT%H:%M").alias("eta_text"))
    return told.with_columns(steps)
