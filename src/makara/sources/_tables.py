"""What sources of decoded AIS share: the file as rows whatever its form, and the words for class and time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from makara.base.errors import InputError, UsageError
from makara.sources import _json
from makara.sources._files import Pieces
from makara.sources._rows import Rows, rows
from makara.tables.reports import RECEIVERS

HEAD_BYTES: Final = 65_536
_SEPARATORS: Final = (",", ";", "\t", "|")
_ROT: Final = 4.733
"""ITU-R M.1371-5, table 48: the indicator is 4.733 times the square root of the rate in degrees a minute."""


def head(path: Path, size: int = HEAD_BYTES) -> bytes:
    """The first bytes of a file, uncompressed.

    Raises:
        InputError: the file cannot be read.
    """
    found = b""
    pieces = Pieces(path)
    for piece in pieces:
        found += piece
        if len(found) >= size:
            break
    if not found and pieces.cut is not None:
        raise InputError(f"{path}: {pieces.cut}")
    return found[:size]


def is_json(start: bytes) -> bool:
    """Whether text begins as JSON does."""
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def separator(start: bytes) -> str:
    """The separator of a CSV file: the one that its first line has most of, outside quotes."""
    line = start.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].decode("utf-8", "replace")
    counts = []
    for sep in _SEPARATORS:
        try:
            counts.append(len(next(csv.reader([line], delimiter=sep), [])))
        except csv.Error:
            counts.append(0)
    return _SEPARATORS[counts.index(max(counts))]


def frames(path: Path, columns: Mapping[str, Sequence[str]], pick: _json.Pick) -> Iterator[Rows]:
    """The rows of a CSV, Parquet or JSON file, told by its first bytes.

    Args:
        path: the file.
        columns: names by target: what is wanted of Parquet and JSON.
        pick: columns of a JSON object.

    Raises:
        InputError: the file cannot be read, or is none of these.
    """
    start = head(path)
    wanted = [n for names in columns.values() for n in names]
    if is_json(start):
        yield from _json.rows(path, wanted, pick)
    else:
        yield from rows(path, separator(start), wanted)


def receiver(options: Mapping[str, str]) -> str:
    """The class of receiver that options give.

    Raises:
        UsageError: there is no such class.
    """
    given = options["receiver"]
    if given not in RECEIVERS:
        raise UsageError(f"receiver {given!r} is unknown; give one of {', '.join(RECEIVERS)}")
    return given


def transponder(column: str) -> pl.Expr:
    """Class A or B from a column that says so."""
    said = pl.col(column).str.to_uppercase()
    words = pl.when(said == "B").then(pl.lit("class_b")).when(said == "A").then(pl.lit("class_a"))
    return words.alias("transponder")


def rate_of_turn(indicator: pl.Expr) -> pl.Expr:
    """Degrees a minute from AIS' rate-of-turn indicator; +-127 and -128 tell no rate."""
    rate = indicator.sign() * (indicator / _ROT) ** 2
    return pl.when(indicator.abs() < 127).then(rate).alias("rot_deg_min")


def eta_text(column: str) -> pl.Expr:
    """``MM-DDThh:mm`` from MMDDhhmm, MM-DD hh:mm and the like; the hour left out where it is 24, null where no date."""
    digits = pl.col(column).cast(pl.String()).str.replace_all(r"[^0-9]", "")
    digits = pl.when(digits.str.len_chars() == 7).then(pl.lit("0") + digits).otherwise(digits)
    month, day, hour, minute = (digits.str.slice(i, 2).cast(pl.Int32(), strict=False) for i in (0, 2, 4, 6))
    date = digits.str.slice(0, 2) + "-" + digits.str.slice(2, 2)
    clock = pl.when((hour < 24) & (minute < 60)).then(
        pl.lit("T") + digits.str.slice(4, 2) + ":" + digits.str.slice(6, 2)
    )
    sound = (digits.str.len_chars() == 8) & month.is_between(1, 12) & day.is_between(1, 31)
    return pl.when(sound).then(date + clock.otherwise(pl.lit(""))).alias("eta_text")


def eta_packed(column: str) -> pl.Expr:
    """``MM-DDThh:mm`` from the 20 bits of AIS: month, day, hour, minute (ITU-R M.1371-5, table 52)."""
    bits = pl.col(column).cast(pl.Float64(), strict=False)
    bits = pl.when(bits.is_between(0, 2**20 - 1)).then(bits).cast(pl.Int64(), strict=False)
    month, day, hour, minute = bits // 65_536, bits // 2048 % 32, bits // 64 % 32, bits % 64
    two = [n.cast(pl.String()).str.zfill(2) for n in (month, day, hour, minute)]
    clock = pl.when((hour < 24) & (minute < 60)).then(pl.lit("T") + two[2] + ":" + two[3]).otherwise(pl.lit(""))
    return pl.when(month.is_between(1, 12) & (day > 0)).then(two[0] + "-" + two[1] + clock).alias("eta_text")
