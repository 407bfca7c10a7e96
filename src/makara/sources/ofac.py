"""Vessels under United States sanctions: the Specially Designated Nationals list.

Who: Office of Foreign Assets Control (sanctionslist.ofac.treas.gov). Format: ``SDN.CSV`` without a header: number,
name, type, programme, title, call sign, vessel type, tonnage, gross tonnage, flag, owner, remarks; ``-0-`` is unknown;
IMO number, MMSI and former names stand in the remarks. Rows of another type than ``vessel`` are left out. Licence:
public domain. Latency: days; the list's date comes with ``--as-of`` or the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.base.errors import InputError
from makara.sources import _entries, _source
from makara.sources._files import Pieces
from makara.sources._flags import alpha3
from makara.sources._rows import ROW, lines
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Source

SOURCE = Source("ofac", ("lists",), "OFAC's sanctioned vessels (SDN.CSV)", (_entries.AS_OF,))
LIST: Final = "ofac_sdn"
_COLUMNS: Final = (
    "own_id", "name", "kind", "programme", "title", "callsign", "type", "tonnage", "gross", "flag", "owner", "remarks",
)  # fmt: skip
_CLASSES: Final = (
    ("(?i)tanker|bunkering", "tanker"),
    ("(?i)fish carrier|refrigerated", "carrier"),
    ("(?i)fishing", "fishing"),
    ("(?i)passenger|ferry", "passenger"),
    ("(?i)tug", "tug"),
    ("(?i)yacht|pleasure", "small"),
    ("(?i)cargo|bulk|container|roll-on|livestock|heavy lift", "cargo"),
)
_IMO: Final = r"(?i)\bIMO\s*(?:No\.?|Number)?\s*(\d+)"
_MMSI: Final = r"(?i)\bMMSI\s*(\d+)"
_NAMES: Final = r"(?i)(?:[afn]\.k\.a\.)\s*'([^']+)'"
_ROW: Final = re.compile(rb'\d+,".*",("(vessel|individual|aircraft)"|-0- ?),".*-0-')
_LINKED: Final = r"Linked To: ([^;]+)"


def recognises(head: Head) -> Guess | None:
    """Rows of twelve values, ``-0-`` where unknown."""
    if head.kind != "text" or not any(_ROW.match(x) for x in head.lines):
        return None
    return Guess(0.95, "rows of OFAC's list: number, name, type, programme, and -0- for what is unknown")


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read SDN.CSV; feed ``ofac``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    date = _entries.as_of(uri, given)
    pieces = Pieces(uri)
    data = b"".join(pieces).rstrip(b"\x1a\r\n")  # the published file ends with an end-of-file sign
    if not data.strip() or b"\0" in data:
        raise InputError(f"{uri} is no SDN.CSV: it is empty or holds binary data")
    raw, bad = lines(data, list(_COLUMNS), 1, uri, ",")
    if pieces.cut is not None:
        bad = _source.merged([bad, _source.reject(uri.name, None, "truncated", pieces.cut)])
    if "vessel" not in set(raw["kind"].str.strip_chars().to_list()):
        raise InputError(f"{uri} holds no vessels; give OFAC's SDN.CSV, whose third column says vessel")
    raw = raw.filter(pl.col("kind").str.strip_chars() == "vessel")
    told = raw.select(
        pl.col(ROW).alias("line"),
        *(pl.when(pl.col(c).str.strip_chars() != "-0-").then(pl.col(c)).alias(c) for c in _COLUMNS),
    )
    kind = pl.lit(None, pl.String)
    for pattern, name in reversed(_CLASSES):
        kind = pl.when(pl.col("type").str.contains(pattern)).then(pl.lit(name)).otherwise(kind)
    remarks = pl.col("remarks").fill_null("")
    linked = remarks.str.extract(_LINKED).str.strip_suffix(".")
    rows = told.select(
        "line", "own_id", "name", "callsign",
        imo=remarks.str.extract(_IMO), mmsi=remarks.str.extract(_MMSI),
        names=remarks.str.extract_all(_NAMES).list.eval(pl.element().str.extract(r"'([^']+)'")),
        flag=alpha3(told["flag"].fill_null("")),
        reason=pl.concat_str(
            pl.format("sanctions programme {}", "programme"), pl.format("linked to {}", linked), separator="; ",
            ignore_nulls=True,
        ),
        **{"class": kind.fill_null("")},
    )  # fmt: skip
    rows = rows.with_columns(pl.when(pl.col("names").list.len() > 0).then("names").alias("names"))
    found, rejects = _entries.entries(rows, raw, uri.name, LIST, date)
    yield Batch({"lists": found}, _source.merged([bad, rejects]), len(raw) + len(bad), "ofac")
