"""Tables in files as frames of rows: CSV (all text), Parquet (typed), GeoJSON; each row with its line in ``ROW``."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from makara.base.errors import ColumnsError, InputError
from makara.sources import _source
from makara.sources._files import Pieces, unreadable
from makara.sources._geoparquet import PLACE, placed, point_column
from makara.sources._names import spelt
from makara.sources._plain_csv import line_feeds

CSV_BYTES: Final = 16 * 1024 * 1024
PARQUET_ROWS: Final = 200_000
ROW: Final = "__line"
"""Column of frames of rows: the line of a CSV file, the row of a Parquet file, the feature of GeoJSON, from 1."""

Rows = tuple[pl.DataFrame, pl.DataFrame]
"""Rows with ``ROW``, and rejects of rows that have no form."""


def rows(path: Path, sep: str = ",", columns: Sequence[str] | None = None) -> Iterator[Rows]:
    """The rows of a CSV or Parquet file (told by its first bytes), some hundred thousand at a time.

    GeoParquet of points gets the columns ``longitude`` and ``latitude``.

    Args:
        path: the file.
        sep: separator of a CSV file.
        columns: the columns wanted: others of a Parquet file are not read, and what the file spells otherwise (see
            :func:`spelt`) gets these names. None for all, as they are.

    Yields:
        Frames with the file's columns and ``ROW``, and rejects. The first frame comes even if it holds no rows, so that
        columns can be checked.

    Raises:
        InputError: the file cannot be read, is empty or is no table.
    """
    if is_parquet(path):
        yield from _parquet(path, columns)
    else:
        yield from (of_block(block, path) for block in blocks(path, sep, columns))


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet, by its name or its first bytes.

    Raises:
        InputError: it cannot be read.
    """
    if path.suffix.lower() in (".parquet", ".pq", ".geoparquet"):
        return True
    try:
        with path.open("rb") as f:
            return f.read(4) == b"PAR1"
    except OSError as e:
        raise unreadable(path, e) from e


def _parquet(path: Path, columns: Sequence[str] | None) -> Iterator[Rows]:
    done = 0
    try:
        with pq.ParquetFile(path) as f:
            schema = f.schema_arrow
            points = point_column(schema)
            given = [n for n in schema.names if n != points] + list(PLACE if points else ())
            have = given if columns is None else spelt(given, columns)
            wanted = [c for c in have if columns is None or c in columns]
            named = dict(zip(given, have, strict=True))
            empty = pl.DataFrame(schema=dict.fromkeys([c for c in have if c not in wanted], pl.Null()))
            read = [c for c, n in named.items() if n in wanted and c in schema.names] + ([points] if points else [])
            for batch in f.iter_batches(PARQUET_ROWS, columns=read):
                frame = pl.DataFrame(pl.from_arrow(batch))
                frame = (placed(frame, points) if points else frame).rename(named, strict=False).select(wanted)
                others = [pl.lit(None).alias(c) for c in empty.columns]
                number = pl.int_range(done + 1, done + 1 + len(frame), dtype=pl.Int64(), eager=True).alias(ROW)
                yield frame.with_columns(*others, number), _source.no_rejects()
                done += len(frame)
            if done == 0:
                yield pl.DataFrame(schema={**dict.fromkeys(have, pl.String()), ROW: pl.Int64()}), _source.no_rejects()
    except (OSError, pa.ArrowException) as e:
        raise InputError(f"{path} is no readable Parquet file: {str(e).splitlines()[0]}") from e


@dataclass(frozen=True)
class Block:
    """Whole lines of a CSV file.

    Attributes:
        data: the lines.
        header: names of the columns.
        line: number of the first line.
        sep: what separates values.
        cut: why the file ends here, if it ends early.
    """

    data: bytes
    header: list[str]
    line: int
    sep: str = ","
    cut: str | None = None


def blocks(path: Path, sep: str = ",", columns: Sequence[str] | None = None) -> Iterator[Block]:
    """The lines of a CSV file after its header, some ten megabytes at a time; at least one block, if an empty one.

    Args:
        path: the file.
        sep: what separates values.
        columns: names for columns that the file spells otherwise.

    Raises:
        InputError: the file cannot be read, is empty or is no table.
    """
    pieces = Pieces(path)
    header: list[str] | None = None
    held: list[bytes] = []
    count, line = 0, 1
    for piece in pieces:
        count += len(piece)
        if header is None:
            held.append(piece)
            first, end, rest = b"".join(held).partition(b"\n")
            if end or count >= CSV_BYTES:
                header, held, count, line = _header(first, path, sep, columns), [rest], len(rest), 2
            continue
        cut = piece.rfind(b"\n") + 1 if count >= CSV_BYTES else 0
        if cut:
            whole = b"".join([*held, memoryview(piece)[:cut]])
            yield Block(whole, header, line, sep)
            line += line_feeds(whole)
            held, count = [], count - len(whole)
        held.append(piece[cut:])
    rest = b"".join(held)
    if header is None:
        if not rest.strip() and pieces.cut is not None:
            raise InputError(f"{path}: {pieces.cut}")
        if not rest.strip():
            raise InputError(f"{path} is empty; a CSV file needs a line with the names of its columns")
        header, rest, line = _header(rest, path, sep, columns), b"", 2
    yield Block(rest, header, line, sep, pieces.cut)


def of_block(block: Block, path: Path) -> Rows:
    """Rows of a block and rejects, the file's early end among them."""
    frame, rejects = lines(block.data, block.header, block.line, path, block.sep)
    if block.cut is not None:
        rejects = _source.merged([rejects, _source.reject(path.name, None, "truncated", block.cut)])
    return frame, rejects


def _header(first: bytes, path: Path, sep: str, columns: Sequence[str] | None) -> list[str]:
    try:
        text = first.decode("utf-8-sig").rstrip("\r")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or len(first) > 1_000_000:
        raise InputError(f"{path} holds binary data; a CSV file needs a line with the names of its columns")
    names = [n.strip() for n in next(csv.reader([text], delimiter=sep), [])]
    if not any(names):
        raise InputError(f"{path} has no column names in its first line")
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return out if columns is None else spelt(out, columns)


DECIMAL_COMMA: Final = (r"^(\s*[+-]?\d+),(\d+\s*)$", "${1}.${2}")
"""What replaces a comma that marks decimals by a point: a pattern, and what comes in its place."""


def lines(block: bytes, header: list[str], line: int, path: Path, sep: str) -> Rows:
    """Rows of a block of whole lines without the header, from line ``line`` on. Blank lines are no rows.

    Where commas separate no values they mark decimals, as spreadsheets in much of the world write them.
    """
    frame, rejects = _lines(block, header, line, path, sep)
    if sep != "," and b"," in block:
        frame = frame.with_columns(pl.col(header).str.replace(*DECIMAL_COMMA))
    return frame, rejects


def _lines(block: bytes, header: list[str], line: int, path: Path, sep: str) -> Rows:
    schema = dict.fromkeys(header, pl.String())
    if not block.strip():
        return pl.DataFrame(schema={**schema, ROW: pl.Int64()}), _source.no_rejects()
    try:
        frame = pl.read_csv(
            block, has_header=False, schema=schema, separator=sep, infer_schema=False, encoding="utf8-lossy"
        )
        rejects = _source.no_rejects()
        quoted = len(frame) != block.count(b"\n") + (not block.endswith(b"\n"))
    except pl.exceptions.PolarsError:
        quoted = True
    if quoted:
        return _slowly(block, header, line, path, sep)
    numbers = pl.int_range(line, line + len(frame), dtype=pl.Int64(), eager=True).alias(ROW)
    frame = frame.with_columns(numbers)
    return frame.filter(~pl.all_horizontal(pl.col(header).is_null())), rejects


def _slowly(block: bytes, header: list[str], line: int, path: Path, sep: str) -> Rows:
    """The same, line by line, for blocks with lines that have no form: those become rejects."""
    columns: list[list[str | None]] = [[] for _ in header]
    numbers: list[int] = []
    rejects = []
    for number, raw in enumerate(block.split(b"\n"), line):
        if not raw.strip():
            continue
        try:
            values = next(csv.reader([raw.decode("utf-8", "replace").rstrip("\r")], delimiter=sep))
        except (csv.Error, StopIteration):
            values = []
        if not 0 < len(values) <= len(header):
            detail = f"{len(values)} values where the header names {len(header)}"
            rejects.append((number, detail, raw[: _source.RAW_BYTES]))
            continue
        numbers.append(number)
        for i, column in enumerate(columns):
            column.append((values[i] or None) if i < len(values) else None)
    data = dict(zip(header, columns, strict=True))
    frame = pl.DataFrame(data, schema=dict.fromkeys(header, pl.String())).with_columns(
        pl.Series(ROW, numbers, dtype=pl.Int64())
    )
    bad = pl.DataFrame(
        {
            "file": [path.name] * len(rejects),
            "line": [r[0] for r in rejects],
            "offset": [None] * len(rejects),
            "reason": ["bad_row"] * len(rejects),
            "detail": [r[1] for r in rejects],
            "raw": [r[2] for r in rejects],
        },
        schema=_source.REJECTS,
    )
    return frame, bad


def needing(frame: pl.DataFrame, columns: Sequence[str], path: Path) -> None:
    """Hold rows to the columns that a source needs.

    Raises:
        ColumnsError: a column is missing; the message names it and those there are.
    """
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        have = ", ".join(repr(c)[1:-1] for c in frame.columns[:60] if c != ROW)
        raise ColumnsError(f"{path} has no column {', '.join(missing)}; it has: {have}")


def features(path: Path) -> list[dict[str, Any]]:
    """The features of a GeoJSON file: a FeatureCollection, one Feature, or a bare array of Features.

    Raises:
        InputError: the file cannot be read, or holds no features.
    """
    pieces = Pieces(path)
    data = b"".join(pieces)
    if pieces.cut is not None:
        raise InputError(f"{path}: {pieces.cut}; GeoJSON cannot be read in part")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise InputError(f"{path} is no GeoJSON: {e}") from e
    if isinstance(found, dict):
        found = found.get("features", [found] if found.get("type") == "Feature" else None)
    if not isinstance(found, list):
        raise InputError(f"{path} holds no GeoJSON features; give a FeatureCollection")
    return [f if isinstance(f, dict) else {} for f in found]
