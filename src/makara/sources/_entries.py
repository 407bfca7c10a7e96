"""Entries of lists that vessels are on: what can be used of an entry, its key, and the date of the list."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from makara.base import ids, time
from makara.base.errors import UsageError
from makara.sources import _source, _tables
from makara.sources._convert import part, text
from makara.sources._names import spelt
from makara.sources._rows import Rows, rows
from makara.sources._sniff import Guess, Head
from makara.sources._source import TS, Option, shape
from makara.tables import table

AS_OF: Final = Option("as-of", "date of the list, as 2026, 2026-01 or 2026-01-31; else from the file's name")
_DATE: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_]?(0[1-9]|1[0-2])(?:[-_]?(0[1-9]|[12]\d|3[01]))?)?(?!\d)")
_KEY: Final = tuple(f.name for f in table("lists").own if f.name != "entry")
_IDENTIFIERS: Final = ("name", "imo", "mmsi", "callsign")


def as_of(path: Path, options: Mapping[str, str]) -> datetime | None:
    """The date of a list: the first instant of the day, month or year that the option or the file's name says.

    Raises:
        UsageError: the option is no date.
    """
    said = options.get("as-of")
    found = _DATE.search(path.name) if said is None else _DATE.fullmatch(said.strip())
    if found is None:
        if said is None:
            return None
        raise UsageError(f"--as-of {said!r} is no date; write it as 2026, 2026-01 or 2026-01-31")
    year, month, day = (int(g or 1) for g in found.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError as e:
        raise UsageError(f"{path.name}: {found[0]} is no date; give the list's date with --as-of 2026-01-31") from e


def read(path: Path, names: Collection[str]) -> Iterator[Rows]:
    """The rows of a list as a table, whatever separates its values, its columns by these names.

    Raises:
        InputError: the file cannot be read, is empty or is no table.
    """
    return rows(path, _tables.separator(_tables.head(path)), list(names))


def has(head: Head, names: Collection[str], what: str) -> Guess | None:
    """That a file is a list, if it has these columns; ``what`` in words."""
    have = set(spelt(head.columns, names))
    return Guess(0.95, f"it has the columns of {what}") if have.issuperset(names) else None


def entries(
    told: pl.DataFrame, raw: pl.DataFrame, file: str, name: str, date: datetime | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of table lists, and rejects: rows that name no vessel, and numbers that are none (their rows are kept).

    Args:
        told: columns of table lists as far as the source has them; ``imo`` and ``mmsi`` as text, ``line``.
        raw: the rows as read, in the same order.
        file: the file's name.
        name: the list.
        date: the list's date.
    """
    types = {f.name: f.type for f in table("lists").own}
    told = told.with_columns(
        *(text(told[c]).alias(c) for c in told.columns if told.schema[c] == pl.String()),
        pl.lit(name).alias("list"),
        pl.lit(date, TS).alias("as_of"),
    )
    numbers = {
        "imo": (1_000_000, 9_999_999, "seven digits"),
        "mmsi": (1, 999_999_999, "up to nine digits"),
    }
    rejects = []
    for c, (low, high, words) in numbers.items():
        if c not in told.columns:
            continue
        whole = pl.col(c).str.replace(r"\.0$", "").cast(pl.Int64, strict=False)
        told = told.with_columns(pl.when(whole.is_between(low, high)).then(whole).alias("_n"))
        wrong = pl.when(pl.col(c).is_not_null() & pl.col("_n").is_null()).then(pl.lit("bad_value"))
        detail = pl.format(f"{c} {{}} is not {words}; the rest of the row was kept", pl.col(c).fill_null(""))
        rejects.append(part(told, raw, wrong, detail, file)[1])
        told = told.drop(c).rename({"_n": c}).with_columns(pl.col(c).cast(pl.Int32))
    nobody = pl.all_horizontal(pl.col(c).is_null() for c in _IDENTIFIERS if c in told.columns)
    kept, bad = part(told, raw, pl.when(nobody).then(pl.lit("missing_value")), pl.lit("it names no vessel"), file)
    missing = [pl.lit(None, types[c]).alias(c) for c in _KEY if c not in kept.columns]
    kept = kept.with_columns(missing).with_columns(pl.col("length_m").cast(pl.Float32).round(1))
    keys = [ids.ident("li", *(_plain(v) for v in r)) for r in kept.select(_KEY).iter_rows()]
    out = shape("lists", kept.with_columns(pl.Series("entry", keys, dtype=pl.String()), pl.col("line")))
    twice = out.unique("entry", keep="first", maintain_order=True)
    return twice, _source.merged([*rejects, bad])


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return time.text(value)
    return round(value, 1) if isinstance(value, float) else value
