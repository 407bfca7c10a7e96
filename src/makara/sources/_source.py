"""What a source is: what it declares, what it yields, and what all of them share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import polars as pl

from makara.base.errors import UsageError
from makara.tables import table

TS: Final = pl.Datetime("us", "UTC")
OLDEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""Times before this are clocks that were not set: AIS is younger."""
AHEAD: Final = timedelta(minutes=5)
"""A time further ahead of ``now`` than this is a wrong clock."""
STAMPS: Final = ("source", "mark", "gone")
RAW_BYTES: Final = 1024
REJECTS: Final = pl.Schema({f.name: f.type for f in table("rejects").own if f.name != "reject"})
"""Columns of rejects as sources give them: the lake adds key and stamps."""


@dataclass(frozen=True)
class Option:
    """An option of a source, ``--name`` on the command line.

    Attributes:
        name: its name.
        doc: one sentence; units where there are any.
        default: the value when it is not given.
        repeat: may be given several times; the values come joined by line feeds (see :func:`joined`).
    """

    name: str
    doc: str
    default: str | None = None
    repeat: bool = False


@dataclass(frozen=True)
class Source:
    """What a source declares of itself.

    Attributes:
        name: its name, that of its file.
        tables: the tables that it can fill.
        doc: one sentence.
        options: its options.
        columns: for tables: by our name, the names that a column (or a path into JSON, as ``Eta.Month``) may have.
        needed: of these, the ones without which a file is not of this source.
        units: by our name, the unit in the file where it is not ours.
        any_case: ``columns`` are in lower case, and match in any case; of GeoJSON they are properties.
    """

    name: str
    tables: tuple[str, ...]
    doc: str
    options: tuple[Option, ...] = ()
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    any_case: bool = False

    def check(self, options: Mapping[str, str]) -> dict[str, str]:
        """Options with defaults filled in.

        Raises:
            UsageError: an option that the source does not have.
        """
        known = {o.name: o for o in self.options}
        for name in options:
            if name not in known:
                have = ", ".join(f"--{n}" for n in known) or "none"
                raise UsageError(f"source {self.name} has no option --{name}; it has: {have}")
        given = {o.name: options.get(o.name, o.default) for o in self.options}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True)
class Batch:
    """Some rows of a feed, at most a few hundred thousand.

    Attributes:
        frames: rows by table: the table's columns without ``source`` and ``mark``; ``t_known`` only where the source
            brings its own (case directories); plus ``line``, the line or row of the file, which the lake drops.
        rejects: rows that could not be used, columns of table rejects without key and stamps (``t_known`` as above).
        rows: rows or lines read.
        feed: id of the feed that the rows are marked as.
    """

    frames: Mapping[str, pl.DataFrame]
    rejects: pl.DataFrame
    rows: int
    feed: str
    stats: Mapping[str, Any] = field(default_factory=dict)


class Reader(Protocol):
    """The module of a source."""

    SOURCE: Source

    def read(self, uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
        """Read a file, a batch at a time.

        Args:
            uri: the file (for ``case`` the directory).
            options: values by option name.

        Raises:
            InputError: it cannot be read at all.
            UsageError: an option does not fit; ColumnsError where a column is missing.
        """
        ...


def joined(values: Iterable[str]) -> str:
    """Several values of a repeated option as one text."""
    return "\n".join(values)


def several(options: Mapping[str, str], name: str) -> list[str]:
    """The values of a repeated option."""
    return [v for v in options.get(name, "").split("\n") if v]


def no_rejects() -> pl.DataFrame:
    """No rejects."""
    return pl.DataFrame(schema=REJECTS)


def reject(file: str, line: int | None, reason: str, detail: str, raw: bytes | None = None) -> pl.DataFrame:
    """One reject."""
    row = {"file": [file], "line": [line], "offset": [None], "reason": [reason], "detail": [detail]}
    return pl.DataFrame({**row, "raw": [raw and raw[:RAW_BYTES]]}, schema=REJECTS)


def merged(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Several frames of rejects as one."""
    return pl.concat([no_rejects(), *parts])


def shape(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the columns of a table that a source gives, types and rounding; ``line`` and ``t_known`` are kept."""
    t = table(name)
    keep = [c for c in ("t_known", "line") if c in rows.columns]
    columns = [c for c in t.schema if c not in STAMPS and c != "t_known"]
    missing = [pl.lit(None, t.schema[c]).alias(c) for c in columns if c not in rows.columns]
    full = rows.with_columns(*missing)
    return t.conform(full, partial=True).select(columns).hstack(full.select(keep))


def judge(rows: pl.DataFrame, now: datetime, *, file: str | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part rows by their time: those a lake can take, and rejects.

    Args:
        rows: a frame of a batch with ``t_seen`` (or ``t_start``) and, where known, ``line``. Frames without a time are
            kept whole.
        now: the clock; rows with ``t_known`` are held against that instead.
        file: name of the file, for the rejects.

    Returns:
        Rows kept, and rejects: ``no_time``, ``too_old`` (before 1990), ``future`` (more than 5 minutes ahead).
    """
    column = next((c for c in ("t_seen", "t_start") if c in rows.columns), None)
    if column is None or rows.is_empty():
        return rows, no_rejects()
    t = pl.col(column)
    own = "t_known" in rows.columns
    limit = (pl.col("t_known") if own else pl.lit(now).cast(TS)) + AHEAD
    reason = (
        pl.when(t.is_null())
        .then(pl.lit("no_time"))
        .when(t < pl.lit(OLDEST).cast(TS))
        .then(pl.lit("too_old"))
        .when(t > limit)
        .then(pl.lit("future"))
    )
    marked = rows.with_columns(reason.alias("reason"))
    bad = marked.filter(pl.col("reason").is_not_null())
    if bad.is_empty():
        return rows, no_rejects()
    words = {
        "no_time": "no time; give --time-from where the source has that option",
        "too_old": "before 1990: the clock was not set",
        "future": "more than 5 minutes after it became known",
    }
    said = pl.col("reason").replace_strict(words, return_dtype=pl.String())
    stamp = t.dt.strftime("%Y-%m-%dT%H:%M:%SZ: ").fill_null("")
    rejects = bad.select(
        pl.lit(file, pl.String()).alias("file"),
        (pl.col("line") if "line" in rows.columns else pl.lit(None)).cast(pl.Int64()).alias("line"),
        pl.lit(None, pl.Int64()).alias("offset"),
        "reason",
        (stamp + said).alias("detail"),
        pl.lit(None, pl.Binary()).alias("raw"),
        *(["t_known"] if own else []),
    )
    return marked.filter(pl.col("reason").is_null()).drop("reason"), rejects
