"""NMEA 0183 files with AIS sentences, as receivers, stations and providers of satellite AIS log them.

Who: any receiver; coast guards (USCG, DMA, Kystverket), exactEarth, Spire, Orbcomm. Format: IEC 61162-1 lines, with or
without IEC 62320-1 tag blocks, $PGHP lines, time and station suffixes; plain, gzip, zstd or zip. Licence: the owner's.
Latency: seconds for own stations, minutes to hours for satellites.

In the augmented logs of exactEarth the time behind a sentence is that of its delivery; the satellite received it
minutes to hours before, as a ``$PGHP`` line tells. Where that line does not stand right before its sentence,
``t_seen`` is the time of delivery.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Final, Literal

from makara.base import time
from makara.sensors import ais
from makara.sources import _source
from makara.sources._files import Pieces
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Option, Source

SOURCE = Source(
    name="nmea",
    tables=("reports", "claims", "messages"),
    doc="NMEA 0183 lines with AIS sentences (plain, gzip, zstd, zip)",
    options=(
        Option("time-from", "time of lines without one: file (its modification time), an ISO 8601 instant, or base"),
        Option("receiver", "class of the receiver: terrestrial, satellite, vms, own or unknown", "unknown"),
    ),
)

TimeFrom = datetime | str | None
_SENTENCE: Final = re.compile(rb"![A-Z]{2}VD[MO],")


def recognises(head: Head) -> Guess | None:
    """Lines with AIS sentences, whatever stands before and behind them."""
    lines = [x for x in head.lines if x.strip() and not x.startswith(b"#")]
    found = sum(_SENTENCE.search(x) is not None for x in lines)
    if not found or head.kind in ("json", "xml"):
        return None
    return Guess(0.3 + 0.69 * found / len(lines), f"{found} of its first {len(lines)} lines hold an AIS sentence")


def _instant(path: Path, time_from: TimeFrom) -> datetime | Literal["base"] | None:
    if time_from == "base":
        return "base"
    if time_from == "file":
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return time.parse(time_from) if isinstance(time_from, str) else time_from


def chunks(path: Path, *, time_from: TimeFrom = None, receiver: str = "unknown") -> Iterator[ais.Decoded]:
    """Decode one file piece by piece; reports, claims and messages also bear ``line_first`` and ``line_last``.

    Args:
        path: the file.
        time_from: time of lines without one: ``file``, ``base``, ISO 8601 text or an instant.
        receiver: class of the receiver.

    Raises:
        InputError: the file cannot be read at all. A compressed file that ends early is read as far as it goes, with
            one reject ``truncated``.
        UsageError: ``time_from`` is no time, or the receiver class is unknown.
    """
    return _chunks(path, time_from=time_from, receiver=receiver, lines=True)


def _chunks(path: Path, *, time_from: TimeFrom, receiver: str, lines: bool) -> Iterator[ais.Decoded]:
    pieces = Pieces(path)
    at = _instant(path, time_from)
    cut = False
    for found in ais.decode_chunks(pieces, file=path.name, time_from=at, receiver=receiver, lines=lines):
        cut = cut or "truncated" in found.stats["rejects"]
        yield found
    if pieces.cut is not None and not cut:
        end = next(ais.decode_chunks(b"", lines=lines))
        rejects = _source.reject(path.name, None, "truncated", pieces.cut)
        yield replace(end, rejects=rejects, stats={**end.stats, "rejects": {"truncated": 1}})


def decode(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    time_from: TimeFrom = None,
    receiver: str = "unknown",
) -> ais.Decoded:
    """Decode files of AIS sentences, without a lake.

    Args:
        paths: a file or several (plain, gzip, zstd, zip).
        time_from: time of lines without one: ``file`` (modification time), ``base`` (last base station report), ISO
            8601 text or an instant; None leaves ``t_seen`` null.
        receiver: class of the receiver.

    Raises:
        InputError: a file cannot be read at all.
        UsageError: ``time_from`` is no time, or the receiver class is unknown.
    """
    several = [paths] if isinstance(paths, str | PathLike) else list(paths)
    return ais.Decoded.concat(
        d for p in several for d in _chunks(Path(p), time_from=time_from, receiver=receiver, lines=False)
    )


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file of AIS sentences; feed ``nmea``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    for found in chunks(uri, time_from=given.get("time-from"), receiver=given["receiver"]):
        frames = {name: rows.rename({"line_last": "line"}).drop("line_first") for name, rows in found.frames().items()}
        yield Batch(frames, found.rejects, found.stats["lines"], "nmea", found.stats)
