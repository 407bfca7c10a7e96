"""Contacts in KML and KMZ, as partners pass on what their own tools found.

Who: partner centres, analysts with a globe on the screen, providers of vessel detections (ICEYE, KSAT and others
deliver KML beside their tables). Format: ``Placemark`` with a ``Point``; its time in ``TimeStamp`` or
``TimeSpan/begin``; what else is known in ``ExtendedData`` (``Data`` with ``value``, or ``SimpleData``) or as lines
``name: value`` in the description, under the names that the source ``ksat`` knows (``length, width, heading, speed,
confidence, image_id, sensor``). KMZ is read by its first KML. Placemarks that are no points are counted and skipped.
DTDs and entities are refused. Licence: the partner's. Latency: hours.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element

import polars as pl

from makara.base.errors import InputError, UsageError
from makara.sources import _elements, _found, _source, ksat
from makara.sources._files import Pieces
from makara.sources._json import RAW
from makara.sources._rows import ROW, Rows
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Option, Source
from makara.tables.collections import SENSORS

SOURCE = Source(
    "kml",
    ("collections", "detections"),
    "contacts as placemarks (KML, KMZ)",
    (
        Option(
            "sensor", "what found them where placemarks do not say: sar, optical, viirs, rf, radar or patrol", "patrol"
        ),
        Option("provider", "who provided the looks: part of their ids", ""),
        Option("tz", "time zone of times that name none", "UTC"),
    ),
    columns=ksat.SOURCE.columns,
    needed=("t_seen", "lon_deg", "lat_deg"),
)
BATCH: Final = 50_000
_LINE: Final = re.compile(r"^\s*([\w .()/-]{1,40}?)\s*[:=]\s*(.+?)\s*$")
_BREAK: Final = re.compile(r"<\s*(?:br|/tr|/p|/li|/div)\s*/?>", re.IGNORECASE)
_CELL: Final = re.compile(r"</t[dh]>\s*<t[dh][^>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]*>")


def recognises(head: Head) -> Guess | None:
    """Placemarks with points."""
    if head.kind == "xml" and b"<Placemark" in head.data and b"<Point" in head.data:
        return Guess(0.8, "it has placemarks that are points")
    return None


def told(placemark: Element) -> dict[str, str] | None:
    """What a placemark says, names in lower case with underscores; None where it is no point."""
    place = next(iter(placemark.iter("Point")), None)
    if place is None:
        return None
    row = dict(_described(_elements.text(placemark, "description") or ""))
    for data in placemark.iter("Data"):
        row[_name(data.get("name", ""))] = _elements.text(data, "value") or ""
    for data in placemark.iter("SimpleData"):
        row[_name(data.get("name", ""))] = (data.text or "").strip()
    when = _elements.text(placemark, "when") or _elements.text(placemark, "begin")
    xy = [x.strip() for x in (_elements.text(place, "coordinates") or "").split(",")]
    row |= {"longitude": xy[0], "latitude": xy[1]} if len(xy) > 1 else {"longitude": "", "latitude": ""}
    if when:
        row["timestamp"] = when
    if placemark.get("id"):
        row.setdefault("id", placemark.get("id", ""))
    return row


def _described(text: str) -> Iterator[tuple[str, str]]:
    """Names and values of lines ``name: value`` in text or in HTML."""
    plain = _TAG.sub("", _BREAK.sub("\n", _CELL.sub(": ", text[:20_000])))
    for line in html.unescape(plain).splitlines():
        if (found := _LINE.match(line)) is not None:
            yield _name(found[1]), _bare(found[2])


def _name(said: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"\(.*?\)", "", said.lower())).strip("_")


def _bare(value: str) -> str:
    """A value without its unit, where it is a number."""
    found = re.match(r"^([+-]?\d+(?:\.\d+)?)\s*(?:m|metres|meters|kn|knots|deg|°|%)$", value, re.IGNORECASE)
    return (found[1] + ("%" if value.endswith("%") else "")) if found else value


def _frames(uri: Path) -> Iterator[Rows]:
    names = list(dict.fromkeys(n for names in SOURCE.columns.values() for n in names))
    schema = {**dict.fromkeys(names, pl.String()), RAW: pl.String(), ROW: pl.Int64()}
    rows: list[dict[str, Any]] = []
    bad: list[pl.DataFrame] = []
    pieces, some = Pieces(uri), False
    for number, element, raw, why in _elements.elements(pieces, "Placemark"):
        some = True
        if element is None:
            bad.append(_source.reject(uri.name, number, "bad_row", why, raw))
        elif (row := told(element)) is not None:
            text = raw[: _source.RAW_BYTES].decode("utf-8", "replace")
            rows.append({n: row.get(n) for n in names} | {RAW: text, ROW: number})
        if len(rows) + len(bad) >= BATCH:
            yield pl.DataFrame(rows, schema=schema), _source.merged(bad)
            rows, bad = [], []
    if pieces.cut is not None:
        bad.append(_source.reject(uri.name, None, "truncated", pieces.cut))
    if not some and pieces.cut is None:
        raise InputError(f"{uri} holds no placemarks; `makara ingest --explain` says what it looks like")
    yield pl.DataFrame(rows, schema=schema), _source.merged(bad)


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read placemarks; feed ``kml``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    if given["sensor"] not in SENSORS:
        raise UsageError(f"--sensor {given['sensor']!r} is none of {', '.join(SENSORS)}")
    refine = ksat.refiner(given["sensor"])
    yield from _found.batches(_frames(uri), SOURCE, uri, refine, provider=given["provider"], tz=given["tz"])
