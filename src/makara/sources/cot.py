"""Cursor-on-Target: contacts that patrols and tactical networks pass on as XML events.

Who: TAK clients and servers, patrol aircraft, command systems. Format: ``event`` elements, one document, many on end,
or as a stream was recorded; ``type`` of the form a-*-S (sea surface) or a-*-U (below it), ``uid, time``, ``point`` with
``lat, lon`` and ``ce``, ``detail/track`` with ``course`` and ``speed`` in metres a second. ``ce`` is one sigma by the
schema (MITRE, CoT base schema 2.0) and becomes the 95 % radius; 9999999 is unknown. Events of other types (chat, own
positions on land or in the air) become rejects. DTDs and entities are refused. Licence: the network's. Latency:
seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element

import polars as pl

from makara.base.errors import InputError
from makara.base.units import KN_M_S
from makara.sources import _convert, _elements, _places, _source
from makara.sources._files import Pieces
from makara.sources._rows import ROW
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Source

SOURCE = Source("cot", ("detections",), "Cursor-on-Target events of contacts at sea (XML)")
SIGMA95: Final = 2.4477
UNKNOWN_M: Final = 9_999_999.0
BATCH: Final = 50_000
_AT_SEA: Final = re.compile(r"a-[a-zA-Z.]-[SU](-|$)")
_NUMBERS: Final = ("lon_deg", "lat_deg", "ce", "course", "speed")
_COLUMNS: Final = ("provider_id", "time", *_NUMBERS)


def recognises(head: Head) -> Guess | None:
    """Events with a uid and a type."""
    if head.kind == "xml" and re.search(rb"<event\b[^>]*\buid=", head.data):
        return Guess(0.95, "it has Cursor-on-Target events")
    return None


def _row(event: Element) -> dict[str, Any] | str:
    """What an event says, or why it is no contact at sea."""
    kind = event.get("type", "")
    if _AT_SEA.match(kind) is None:
        return f"an event of type {kind[:40] or '(none)'} is no contact at sea"
    point, track = event.find("point"), event.find("detail/track")
    told = {} if point is None else point.attrib
    moved = {} if track is None else track.attrib
    return {
        "provider_id": event.get("uid"),
        "time": event.get("time"),
        "lon_deg": told.get("lon"),
        "lat_deg": told.get("lat"),
        "ce": told.get("ce"),
        "course": moved.get("course"),
        "speed": moved.get("speed"),
    }


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file of events; feed ``cot``. See :class:`makara.sources.Reader`."""
    SOURCE.check(options)
    pieces = Pieces(uri)
    rows: list[dict[str, Any]] = []
    bad: list[pl.DataFrame] = []
    some = False
    for number, event, raw, why in _elements.elements(pieces, "event"):
        some = True
        told = _row(event) if event is not None else why
        if isinstance(told, str):
            reason = "bad_row" if event is None else "bad_value"
            bad.append(_source.reject(uri.name, number, reason, told, raw))
        else:
            rows.append({**told, ROW: number, "raw": raw[: _source.RAW_BYTES].decode("utf-8", "replace")})
        if len(rows) + len(bad) >= BATCH:
            yield _batch(rows, bad, uri.name)
            rows, bad = [], []
    if pieces.cut is not None:
        bad.append(_source.reject(uri.name, None, "truncated", pieces.cut))
    if not some and pieces.cut is None:
        raise InputError(f"{uri} holds no Cursor-on-Target events; `makara ingest --explain` says what it looks like")
    yield _batch(rows, bad, uri.name)


def _batch(rows: list[dict[str, Any]], bad: list[pl.DataFrame], file: str) -> Batch:
    text = dict.fromkeys((*_COLUMNS, "raw"), pl.String())
    frame = pl.DataFrame(rows, schema={**text, ROW: pl.Int64()})
    values = {n: _convert.number(frame[n]) for n in _NUMBERS}
    radius = pl.when((pl.col("ce") > 0.0) & (pl.col("ce") < UNKNOWN_M)).then(pl.col("ce") * SIGMA95)
    told = frame.with_columns(
        *values.values(),
        *(_convert.text(frame[n]).is_not_null().alias(f"{n}_said") for n in ("lon_deg", "lat_deg")),
        _convert.instant(frame["time"], "UTC", "time").alias("t_seen"),
        _convert.text(frame["time"]).is_not_null().alias("t_seen_said"),
        pl.lit(None, pl.String()).alias("product"),
        pl.lit("patrol").alias("sensor"),
        pl.col(ROW).alias("line"),
    ).with_columns(
        pl.col("course").alias("cog_deg"),
        pl.when(pl.col("speed") >= 0.0).then(pl.col("speed") / KN_M_S).alias("sog_kn"),
        radius.alias("semi_major_m"),
        radius.alias("semi_minor_m"),
    )
    found, rejects = _places.detections(told, frame.select("raw", ROW), file)
    merged = _source.merged([rejects, *bad]).sort("line", nulls_last=True, maintain_order=True)
    return Batch({"detections": found}, merged, len(rows) + len(bad), SOURCE.name)
