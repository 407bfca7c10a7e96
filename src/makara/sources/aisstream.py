"""aisstream.io: decoded messages of a worldwide network of volunteers' receivers, over a websocket.

Who: aisstream.io. Format: JSON, a message a line or in arrays: ``MessageType``, ``MetaData`` (``MMSI, time_utc``) and
``Message`` with the decoded fields under the type's name (PositionReport, StandardClassBPositionReport,
ExtendedClassBPositionReport, LongRangeAisBroadcastMessage, BaseStationReport, StandardSearchAndRescueAircraftReport,
AidsToNavigationReport, ShipStaticData, StaticDataReport; the other types are counted). Speeds in knots, the rate of
turn as AIS' indicator, "not available" as AIS has it. Followed: github.com/aisstream/ais-message-models. Licence: free,
terms of aisstream.io. Latency: seconds.
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
    "aisstream",
    ("reports", "claims"),
    "messages of aisstream.io (JSON, NDJSON)",
    columns={
        "mmsi": ("UserID", "MetaData.MMSI"),
        "t_seen": ("MetaData.time_utc",),
        "msg_type": ("MessageID",),
        "lon_deg": ("Longitude",),
        "lat_deg": ("Latitude",),
        "sog_kn": ("Sog",),
        "cog_deg": ("Cog",),
        "heading_deg": ("TrueHeading",),
        "rot_indicator": ("RateOfTurn",),
        "nav_status": ("NavigationalStatus",),
        "accurate": ("PositionAccuracy",),
        "part": ("part",),
        "imo": ("ImoNumber",),
        "name": ("Name", "ReportA.Name"),
        "callsign": ("CallSign", "ReportB.CallSign"),
        "ship_type": ("ReportB.ShipType", "Type"),
        "to_bow": ("Dimension.A", "ReportB.Dimension.A"),
        "to_stern": ("Dimension.B", "ReportB.Dimension.B"),
        "to_port": ("Dimension.C", "ReportB.Dimension.C"),
        "to_starboard": ("Dimension.D", "ReportB.Dimension.D"),
        "draught_m": ("MaximumStaticDraught",),
        "destination": ("Destination",),
        "eta_mmddhhmm": ("eta",),
    },
    needed=("mmsi", "t_seen"),
    units={"rot_indicator": "AIS indicator"},
)
_TYPES: Final = {
    "PositionReport": 1,
    "BaseStationReport": 4,
    "ShipStaticData": 5,
    "StandardSearchAndRescueAircraftReport": 9,
    "StandardClassBPositionReport": 18,
    "ExtendedClassBPositionReport": 19,
    "AidsToNavigationReport": 21,
    "StaticDataReport": 24,
    "LongRangeAisBroadcastMessage": 27,
}
"""The message type where ``MessageID`` is missing."""
_GO_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?\d*\s*([+-]\d\d:?\d\d|Z)?(\s+[A-Z]+)?")
_PICK: Final = _json.by_paths(SOURCE.columns)


def recognises(head: Head) -> Guess | None:
    """Objects with MessageType, MetaData and Message."""
    fits = [r for r in head.objects if {"MessageType", "MetaData", "Message"} <= set(r)] if head.kind == "json" else []
    return Guess(0.98, "its objects hold MessageType, MetaData and Message") if fits else None


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file; feed ``aisstream``. See :class:`makara.sources.Reader`."""
    SOURCE.check(options)
    wanted = [n for names in SOURCE.columns.values() for n in names]
    frames = _json.rows(uri, wanted, _pick)
    yield from _messages.batches(frames, SOURCE, uri, receiver="terrestrial", refine=_refine)


def _pick(record: dict[str, Any]) -> _json.Row | None:
    """The fields of a message beside its metadata."""
    kind, messages, meta = record.get("MessageType"), record.get("Message"), record.get("MetaData")
    if not isinstance(kind, str) or not isinstance(messages, dict) or not isinstance(meta, dict):
        raise ValueError("no message of aisstream.io: MessageType, MetaData or Message is missing")
    body = messages.get(kind)
    if not isinstance(body, dict):
        raise ValueError(f"Message holds no {kind[:40]}")
    if body.get("Valid") is False:
        raise ValueError(f"the {kind[:40]} is marked as not valid")
    row = _PICK({**body, "MetaData": meta})
    row.setdefault("MessageID", _TYPES.get(kind))
    row["MetaData.time_utc"] = _time(meta.get("time_utc"))
    eta = body.get("Eta")
    if isinstance(eta, dict):
        row["eta"] = "".join(_two(eta.get(n)) for n in ("Month", "Day", "Hour", "Minute"))
    if kind == "StaticDataReport":
        row["part"] = "B" if body.get("PartNumber") in (True, 1) else "A"
    if kind == "AidsToNavigationReport":
        row["Name"] = f"{body.get('Name') or ''}{body.get('NameExtension') or ''}"
        row.pop("Type", None)
    return row


def _two(value: Any) -> str:
    return f"{value:02d}" if isinstance(value, int) and 0 <= value < 100 else "99"


def _time(value: Any) -> Any:
    """``2022-12-29 18:22:32.318353000 +0000 UTC``, as Go prints it, as ISO 8601."""
    found = _GO_TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return value
    return f"{found[1]}T{found[2]}{found[3] or ''}{found[4] or 'Z'}"


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    turn = _tables.rate_of_turn(pl.col("rot_indicator").cast(pl.Float64(), strict=False))
    return told.with_columns(turn, _tables.eta_text("eta_mmddhhmm"))
