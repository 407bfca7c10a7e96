"""Segments of live feeds: lines with the time of their receipt, read by the source of their form.

A line is ``<receipt time>\\t<origin>\\t<line as received>``. The receipt time is ``t_known``, and ``t_seen`` of NMEA
sentences that bear no time of their own.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import polars as pl

from makara.base import time
from makara.base.errors import InputError, UsageError
from makara.sources import _source
from makara.sources._files import Pieces
from makara.sources._live import FORMS
from makara.sources._sniff import Guess, Head
from makara.sources._source import TS, Batch, Source

HOLD_S: Final = 10.0
"""How long the parts of a message may lie apart: a segment is not cut between them."""
_STAMPED: Final = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z\t[^\t]*\t")
_SENTENCE: Final = re.compile(rb"![A-Z]{2}VD[MO],(\d),(\d),(\d?),([^,]?),")
_BARE: Final = re.compile(rb"![A-Z]{2}VD[MO],[^*\\]*\*[0-9A-Fa-f]{2}\s*")
_TAGGED: Final = re.compile(rb"\\([^\\*]*)\*[0-9A-Fa-f]{2}\\(![A-Z]{2}VD[MO],.*)", re.DOTALL)
_TIMED: Final = re.compile(rb"(?:^|,)[cg]:")


@dataclass(frozen=True)
class _Received:
    """A line of a segment: its number, receipt time in microseconds, origin, bytes."""

    number: int
    t_us: int
    origin: str
    data: bytes


def read(uri: Path, options: Mapping[str, str], source: Source) -> Iterator[Batch]:
    """Read a segment, with the source that ``form`` names.

    Raises:
        InputError: it is no segment.
        UsageError: an option does not fit.
    """
    from makara.sources import source as by_name

    given = source.check(options)
    form = given["form"]
    if form not in FORMS:
        raise UsageError(f"form {form!r} does not come line by line; give one of {', '.join(FORMS)}")
    reader = by_name(form)
    known = {o.name for o in reader.SOURCE.options}
    passed = {"receiver": given["receiver"]} if "receiver" in known else {}
    lines, rejects = _lines(uri)
    with tempfile.TemporaryDirectory() as room:
        for part in _parts(lines, form):
            path = Path(room) / uri.name
            path.write_bytes(b"".join(x + b"\n" for x in _as_read(part, form)))
            try:
                for batch in reader.read(path, passed):
                    yield replace(_known(batch, part), feed=given.get("feed", source.name))
            except InputError as e:  # nothing in it is of this form: the lines become rejects, the feed goes on
                rejects.append(_refused(part, uri.name, str(e)))
    refused = pl.concat([_source.no_rejects().with_columns(pl.lit(None, TS).alias("t_known")), *rejects])
    yield Batch({}, refused, len(refused), given.get("feed", source.name))


def _lines(uri: Path) -> tuple[list[_Received], list[pl.DataFrame]]:
    found, rejects = [], []
    text = b"".join(Pieces(uri))
    for number, line in enumerate(text.split(b"\n")[:-1] if text.endswith(b"\n") else text.split(b"\n"), 1):
        parts = line.split(b"\t", 2)
        try:
            t = time.to_us(time.parse(parts[0].decode("ascii")))
            found.append(_Received(number, t, parts[1].decode("utf-8", "replace"), parts[2]))
        except (UsageError, UnicodeDecodeError, IndexError) as e:
            if not found:
                raise InputError(
                    f"{uri} is no segment of a live feed (receipt time, origin and line, parted by tabs); "
                    "for a file of lines use the source of their form, as nmea"
                ) from e
            bad = _source.reject(uri.name, number, "bad_row", "no receipt time and origin before the line", line)
            rejects.append(bad.with_columns(pl.lit(None, TS).alias("t_known")))
    return found, rejects


def _parts(lines: list[_Received], form: str) -> list[list[_Received]]:
    """What is read together: of NMEA each origin's lines by themselves, since their parts must not mix."""
    if form != "nmea":
        return [lines]
    parts: dict[str, list[_Received]] = {}
    for x in lines:
        parts.setdefault(x.origin, []).append(x)
    return list(parts.values())


def _as_read(part: Sequence[_Received], form: str) -> Iterator[bytes]:
    """The lines as the source of their form reads them: NMEA with the receipt time where it has none of its own, JSON
    with the topic that it came under.
    """
    told = False
    for x in part:
        data = x.data.replace(b"\n", b" ")
        if form == "nmea":
            yield data if told and _BARE.fullmatch(data) else with_time(data, x.t_us)
            told = data.startswith(b"$PGHP")
        elif data[:1] == b"{" and not data[1:].lstrip().startswith(b"}") and "/" in x.origin:
            topic = x.origin.replace("\\", "/").replace('"', "'").encode()
            yield b'{"topic":"' + topic + b'",' + data[1:]
        else:
            yield data


def with_time(line: bytes, t_us: int) -> bytes:
    """A sentence with a tag block that tells when it was received, unless it has a time or is part of a group."""
    if _BARE.fullmatch(line):
        return _tag(b"c:%d" % (t_us // 1000)) + line
    tagged = _TAGGED.fullmatch(line)
    if tagged is None or _TIMED.search(tagged[1]) or not _BARE.fullmatch(tagged[2]):
        return line
    return _tag(tagged[1] + b",c:%d" % (t_us // 1000)) + tagged[2]


def _tag(content: bytes) -> bytes:
    check = 0
    for byte in content:
        check ^= byte
    return b"\\%s*%02X\\" % (content, check)


def _known(batch: Batch, part: Sequence[_Received]) -> Batch:
    """A batch with ``t_known`` from the receipt, and the lines of the segment in place of those that were read."""
    table = pl.DataFrame(
        {
            "line": pl.Series(range(1, len(part) + 1), dtype=pl.Int64()),
            "t_known": pl.Series([x.t_us for x in part], dtype=pl.Int64()).cast(TS),
            "number": pl.Series([x.number for x in part], dtype=pl.Int64()),
        }
    )
    frames = {}
    for name, rows in batch.frames.items():
        if "line" not in rows.columns:
            frames[name] = rows
            continue
        full = rows.join(table, on="line", how="left", maintain_order="left")
        full = full.with_columns(pl.col("number").alias("line"), pl.col("t_seen").fill_null(pl.col("t_known"))).drop(
            "number"
        )
        frames[name] = full
    raw = pl.Series([x.data[: _source.RAW_BYTES] for x in part], dtype=pl.Binary())
    bad = batch.rejects.join(table.with_columns(raw.alias("as_received")), on="line", how="left", maintain_order="left")
    bad = bad.with_columns(
        pl.col("number").alias("line"),
        pl.coalesce("as_received", "raw").alias("raw"),
        pl.lit(None, pl.Int64()).alias("offset"),
    ).drop("number", "as_received")
    return replace(batch, frames=frames, rejects=bad)


def _refused(part: Sequence[_Received], file: str, why: str) -> pl.DataFrame:
    n = len(part)
    words = why.partition("; ")[0].partition(" holds ")[2] or why
    rows = {
        "file": [file] * n,
        "line": [x.number for x in part],
        "offset": [None] * n,
        "reason": ["bad_row"] * n,
        "detail": [f"the segment holds {words}"] * n,
        "raw": [x.data[: _source.RAW_BYTES] for x in part],
    }
    t = pl.Series([x.t_us for x in part], dtype=pl.Int64()).cast(TS).alias("t_known")
    return pl.DataFrame(rows, schema=_source.REJECTS).with_columns(t)


def whole(lines: Sequence[tuple[int, int, str, bytes]], now_us: int) -> int | None:
    """The id of the last line up to which a segment can be cut: not between the parts of a message that may still come.

    Args:
        lines: (id, receipt in microseconds, origin, bytes), in order.
        now_us: the present.

    Returns:
        The id; None where nothing can be cut yet.
    """
    young = now_us - int(timedelta(seconds=HOLD_S).total_seconds() * 1e6)
    parts: dict[tuple[str, bytes, bytes, bytes], tuple[int, int]] = {}
    for number, t_us, origin, data in lines:
        if t_us < young:
            continue
        found = _SENTENCE.search(data)
        if found is None or found[1] in (b"0", b"1"):
            continue
        k = (origin, found[1], found[3], found[4])
        first, seen = parts.get(k, (number, 0))
        seen += 1
        if seen >= int(found[1]):
            parts.pop(k, None)
        else:
            parts[k] = (first, seen)
    limit = min((first for first, _ in parts.values()), default=None)
    kept = [x for x in lines if limit is None or x[0] < limit]
    while kept and kept[-1][1] >= young and kept[-1][3].startswith(b"$PGHP"):
        kept.pop()
    return kept[-1][0] if kept else None


def recognises(head: Head) -> Guess | None:
    """A segment of a live feed."""
    found = [x for x in head.lines if _STAMPED.match(x)]
    return Guess(0.95, "lines with receipt time and origin") if found and len(found) == len(head.lines) else None
