"""JSON as rows: objects one a line, one after another, in arrays, or in an array inside one object; in bounded memory.

What outsiders send is not trusted: an object that cannot be read costs itself, never the file. Nesting beyond Python's
limit, numbers of thousands of digits and objects of over a million characters are such objects.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from makara.base.errors import InputError
from makara.sources import _source
from makara.sources._files import Pieces
from makara.sources._rows import ROW, Rows

RECORD_CHARS: Final = 1_000_000
"""The longest object that is read."""
BATCH: Final = 50_000
RAW: Final = "__raw"
"""Column of frames of rows: the text of the object, as much of it as rejects keep."""

Row = dict[str, Any]
Pick = Callable[[dict[str, Any]], Row | None]
"""Columns of an object; None where it is no row (a header); ValueError, in words, where it is none of this source."""

_GAP: Final = re.compile(r"[\s,\[\]]*")
_NEXT: Final = re.compile(r"\n|\}\s*,(?=\s*\{)")
_WORD: Final = r'"(?>(?:[^"\\]|\\.)*)"'
_ABOUT: Final = r'"(?:crs|info|links|meta|metadata|page|pageInfo|pagination|paging|totalCount)"\s*:\s*'
_INNER: Final = (
    rf"(?>{_ABOUT}\{{(?:[^\[\]{{}}\"]|{_WORD}|\{{(?:[^\[\]{{}}\"]|{_WORD})*\}})*\}})"
    r'|(?>"bbox"\s*:\s*\[[^\[\]]*\])'
)
_LISTED: Final = r'"(?:features|data|vessels|results|rows|items|nodes|edges|records|entries)"\s*:\s*\['
_WRAPPED: Final = re.compile(rf"\s*\{{(?:{_INNER}|[^\[\]}}\"]|{_WORD})*?{_LISTED}")
"""An object that holds the rows in an array, beside what tells of the answer (``paging``, ``pageInfo``, ``bbox``)."""
_AGAIN: Final = re.compile(_LISTED)
_DECODER: Final = json.JSONDecoder(parse_constant=lambda name: None)


def objects(pieces: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any] | None, str, str]]:
    """The objects of JSON text, whatever arrays they stand in.

    Args:
        pieces: UTF-8 text, cut anywhere.

    Yields:
        Number, object, its text (at most a kilobyte), and why it could not be read (then the object is None). The
        number is the line, from 1, where the text is one object a line (a second one on a line counts on, so that
        each has its own); else the count of the objects.
    """
    text = codecs.getincrementaldecoder("utf-8-sig")("replace")
    feed = iter(pieces)
    held, at, line, count, last = "", 0, 1, 0, 0
    by_line: bool | None = None
    wrapped = ended = False

    def more() -> bool:
        nonlocal held, at, ended
        if ended:
            return False
        piece = next(feed, None)
        ended = piece is None
        held, at = held[at:] + text.decode(piece or b"", final=ended), 0
        return True

    more()
    if (found := _WRAPPED.match(held, 0, 65_536)) is not None:
        at, wrapped, by_line = found.end(), True, False
    while True:
        gap = _GAP.match(held, at)
        end = gap.end() if gap else at
        line += held.count("\n", at, end)
        if wrapped and "]" in held[at:end]:
            found = _AGAIN.search(held, at)  # another answer may follow
            while found is None and len(held) - at < RECORD_CHARS and more():
                found = _AGAIN.search(held, at)
            if found is None:
                return
            at = found.end()
            continue
        if by_line is None and end < len(held):
            by_line = "[" not in held[at:end]
        at = end
        if at >= len(held):
            if not more():
                return
            continue
        found_object, stop, why = _one(held, at)
        if found_object is None and len(held) - at < RECORD_CHARS and more():
            continue
        if found_object is None:
            skip = _NEXT.search(held, at)
            stop = skip.end() if skip else len(held)
        count += 1
        raw = held[at : min(stop, at + _source.RAW_BYTES)].rstrip("\r\n")
        last = max(line, last + 1) if by_line else count
        yield last, found_object, raw, why
        line += held.count("\n", at, stop)
        at = stop


def _one(held: str, at: int) -> tuple[dict[str, Any] | None, int, str]:
    if held[at] != "{":
        return None, at, "no JSON object"
    try:
        found, stop = _DECODER.raw_decode(held, at)
    except RecursionError:
        return None, at, "nested too deeply"
    except ValueError as e:
        return None, at, f"no JSON: {str(e).split(':')[0]}"
    return found, stop, ""


def scalar(value: Any) -> str | None:
    """A JSON value as text; null for what is no single value."""
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def at_path(record: Any, path: Sequence[str]) -> Any:
    """The value at a path (numbers count in arrays); None where there is none."""
    for step in path:
        if isinstance(record, dict):
            record = record.get(step)
        elif isinstance(record, list) and step.isdecimal() and int(step) < len(record):
            record = record[int(step)]
        else:
            return None
    return record


def by_paths(columns: Mapping[str, Sequence[str]]) -> Callable[[dict[str, Any]], Row]:
    """Pick the paths that a source declares as its columns, each under its own name."""
    names = dict.fromkeys(p for names in columns.values() for p in names)
    plain = [p for p in names if "." not in p]
    deep = [(p, p.split(".")) for p in names if "." in p]

    def pick(record: dict[str, Any]) -> Row:
        row = {p: v for p in plain if (v := record.get(p)) is not None}
        row.update((p, v) for p, steps in deep if (v := at_path(record, steps)) is not None)
        return row

    return pick


def rows(path: Path, columns: Sequence[str], pick: Pick) -> Iterator[Rows]:
    """The objects of a file as rows, some ten thousand at a time.

    Args:
        path: JSON or NDJSON (plain, gzip, bzip2, zstd, zip).
        columns: names of the columns; all text.
        pick: the columns of an object.

    Yields:
        Frames with the columns, ``ROW`` and ``RAW``; and rejects (``bad_row``). The first frame comes even if it holds
        no rows.

    Raises:
        InputError: the file cannot be read, or holds nothing like JSON.
    """
    pieces = Pieces(path)
    names = list(dict.fromkeys(columns))
    schema = pl.Schema({**dict.fromkeys(names, pl.String()), RAW: pl.String(), ROW: pl.Int64()})
    table: dict[str, list[Any]] = {n: [] for n in schema}
    bad: dict[str, list[Any]] = {"line": [], "detail": [], "raw": []}
    read = good = 0
    for number, record, raw, why in objects(pieces):
        read += 1
        row: Row | None = None
        if record is not None:
            good += 1
            try:
                row = pick(record)
            except ValueError as e:
                why = str(e)
            else:
                if row is None:
                    continue
        if read == 1000 and good == 0:
            raise _no_json(path)
        if row is None:
            bad["line"].append(number)
            bad["detail"].append(why)
            bad["raw"].append(raw.encode("utf-8", "replace"))
        else:
            for n in names:
                table[n].append(scalar(row.get(n)))
            table[RAW].append(raw)
            table[ROW].append(number)
        if len(table[ROW]) + len(bad["line"]) >= BATCH:
            yield pl.DataFrame(table, schema=schema), _rejects(path, bad)
            table, bad = {n: [] for n in schema}, {n: [] for n in bad}
    if good == 0 and pieces.cut is None:
        raise _no_json(path)
    rejects = _rejects(path, bad)
    if pieces.cut is not None:
        rejects = _source.merged([rejects, _source.reject(path.name, None, "truncated", pieces.cut)])
    yield pl.DataFrame(table, schema=schema), rejects


def _no_json(path: Path) -> InputError:
    return InputError(f"{path} holds no JSON objects; `makara ingest --explain {path.name}` says what it looks like")


def _rejects(path: Path, bad: Mapping[str, list[Any]]) -> pl.DataFrame:
    n = len(bad["line"])
    fixed = {"file": [path.name] * n, "offset": [None] * n, "reason": ["bad_row"] * n}
    return pl.DataFrame({**bad, **fixed}, schema_overrides=dict(_source.REJECTS)).select(list(_source.REJECTS))
