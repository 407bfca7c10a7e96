"""AISHub's web service: the latest position and static data of each vessel that its members' stations hear.

Who: AISHub (members who share a station's feed). Format: answers of ``ws.php`` as JSON, XML or CSV (plain, zip, gzip,
bzip2), with values in AIS encoding (``format=0``: 1/10000 minutes, tenths of knots and degrees, Unix seconds, draught
in decimetres, ETA as 20 bits) or for humans (``format=1``); which of them, each row's ``TIME`` tells. Followed:
www.aishub.net/api. Licence: for members, not to be passed on. Latency: a minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

import polars as pl

from makara.base.errors import InputError
from makara.sources import _json, _messages, _source, _tables
from makara.sources._files import Pieces
from makara.sources._rows import ROW, Rows
from makara.sources._sniff import Guess, Head, by_columns
from makara.sources._source import Batch, Source

SOURCE = Source(
    "aishub",
    ("reports", "claims"),
    "answers of AISHub's web service (JSON, XML, CSV)",
    columns={
        "mmsi": ("MMSI",),
        "t_seen": ("TIME", "TSTAMP"),
        "time_text": ("TIME", "TSTAMP"),
        "lon_deg": ("LONGITUDE",),
        "lat_deg": ("LATITUDE",),
        "sog_kn": ("SOG",),
        "cog_deg": ("COG",),
        "heading_deg": ("HEADING",),
        "rot_deg_min": ("ROT",),
        "nav_status": ("NAVSTAT",),
        "accurate": ("PAC",),
        "imo": ("IMO",),
        "name": ("NAME",),
        "callsign": ("CALLSIGN",),
        "ship_type": ("TYPE",),
        "to_bow": ("A",),
        "to_stern": ("B",),
        "to_port": ("C",),
        "to_starboard": ("D",),
        "draught_m": ("DRAUGHT",),
        "destination": ("DEST",),
        "eta_said": ("ETA",),
    },
    needed=("mmsi", "t_seen", "lon_deg", "lat_deg"),
    units={"lon_deg": "degrees, or 1/10000 minutes in AIS encoding"},
)
_WANTED: Final = tuple(dict.fromkeys(n for names in SOURCE.columns.values() for n in names))
_BATCH: Final = 50_000


def recognises(head: Head) -> Guess | None:
    """Answers with their header, or columns by AISHub's names."""
    if head.kind == "xml":
        return Guess(0.95, "XML with vessel elements") if b"<vessel " in head.data.lower() else None
    if head.kind == "json" and head.objects and {"ERROR", "FORMAT"} & set(head.objects[0]):
        return Guess(0.95, "it begins with the header of an answer of AISHub")
    return by_columns(head, SOURCE)


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read an answer; feed ``aishub``. See :class:`makara.sources.Reader`."""
    SOURCE.check(options)
    start = _tables.head(uri).removeprefix(b"\xef\xbb\xbf").lstrip()
    frames = _xml(uri) if start.startswith(b"<") else _tables.frames(uri, SOURCE.columns, _pick)
    yield from _messages.batches(frames, SOURCE, uri, receiver="terrestrial", refine=_refine)


def _pick(record: dict[str, Any]) -> _json.Row | None:
    if "MMSI" in record:
        return {n: record[n] for n in _WANTED if n in record}
    if record.get("ERROR") is True:
        raise ValueError(f"AISHub answered with an error: {str(record.get('ERROR_MESSAGE'))[:200]}")
    return None


def _xml(path: Path) -> Iterator[Rows]:
    """The ``vessel`` elements of an answer in XML, each numbered."""
    pieces = Pieces(path)
    held: list[dict[str, str]] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.lower() == "vessel":
            held.append(attributes)

    def entity(*_: Any) -> None:
        raise InputError(f"{path} declares XML entities; AISHub's answers have none")

    parser.StartElementHandler = start
    parser.EntityDeclHandler = entity
    done, cut = 0, None
    try:
        for piece in pieces:
            parser.Parse(piece, False)
            if len(held) >= _BATCH:
                yield _vessels(held, done), _source.no_rejects()
                done += len(held)
                held.clear()
        parser.Parse(b"", True)
    except expat.ExpatError as e:
        if done + len(held) == 0:
            raise InputError(f"{path} is no XML: {e}") from e
        cut = f"the XML cannot be read further ({e})"
    cut = pieces.cut or cut
    rejects = _source.no_rejects() if cut is None else _source.reject(path.name, None, "truncated", cut)
    yield _vessels(held, done), rejects


def _vessels(held: list[dict[str, str]], done: int) -> pl.DataFrame:
    table = {n: [v.get(n) for v in held] for n in _WANTED}
    number = pl.int_range(done + 1, done + 1 + len(held), dtype=pl.Int64(), eager=True)
    frame = pl.DataFrame(table, schema=dict.fromkeys(_WANTED, pl.String()))
    return frame.with_columns(number.alias(ROW))


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    """AIS encoding to units; -128 is no rate of turn in either form."""
    coded = pl.col("time_text").str.contains(r"^\d+$").fill_null(value=False)
    scales = {"lon_deg": 600_000.0, "lat_deg": 600_000.0, "sog_kn": 10.0, "cog_deg": 10.0, "draught_m": 10.0}
    steps = [
        pl.when(coded).then(pl.col(n) / by).otherwise(pl.col(n)).alias(n)
        for n, by in scales.items()
        if n in told.columns
    ]
    if "rot_deg_min" in told.columns:
        turn = pl.col("rot_deg_min")
        plain = pl.when(turn.abs() != 128).then(turn)
        steps.append(pl.when(coded).then(_tables.rate_of_turn(turn)).otherwise(plain).alias("rot_deg_min"))
    if "eta_said" in told.columns:
        packed, text = _tables.eta_packed("eta_said"), _tables.eta_text("eta_said")
        steps.append(pl.when(coded).then(packed).otherwise(text).alias("eta_text"))
    return told.with_columns(steps)
