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
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import IO, Final, Literal, cast

from makara.base import time
from makara.base.errors import UsageError
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
Input = Path | IO[bytes]
_SENTENCE: Final = re.compile(rb"![A-Z]{2}VD[MO],")


def recognises(head: Head) -> Guess | None:
    """Lines with AIS sentences, whatever stands before and behind them."""
    lines = [x for x in head.lines if x.strip() and not x.startswith(b"#")]
    found = sum(_SENTENCE.search(x) is not None for x in lines)
    if not found or head.kind in ("json", "xml"):
        return None
    return Guess(0.3 + 0.69 * found / len(lines), f"{found} of its first {len(lines)} lines hold an AIS sentence")


def _instant(given: Input, time_from: TimeFrom) -> datetime | Literal["base"] | None:
    if time_from == "base":
        return "base"
    if time_from == "file":
        if not isinstance(given, Path):
            raise UsageError(
                "time_from 'file' is the file's own time, which bytes and streams do not have; give a time"
            )
        return datetime.fromtimestamp(given.stat().st_mtime, UTC)
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


def _from(pieces: Iterable[bytes], offset: int) -> Iterator[bytes]:
    """Without the first ``offset`` bytes."""
    for piece in pieces:
        if len(piece) > offset:
            yield piece[offset:] if offset else piece
        offset = max(0, offset - len(piece))


def _chunks(
    given: Input,
    *,
    time_from: TimeFrom,
    receiver: str,
    lines: bool,
    start: ais.Resume | None = None,
    final: bool = True,
) -> Iterator[ais.Decoded]:
    pieces = Pieces(given)
    at = _instant(given, time_from)
    name = pieces.path.name if isinstance(given, Path) or hasattr(given, "name") else None
    rest = _from(pieces, start.offset if start and isinstance(given, Path) else 0)
    cut = False
    for found in ais.decode_chunks(
        rest, file=name, time_from=at, receiver=receiver, lines=lines, start=start, final=final
    ):
        cut = cut or "truncated" in found.stats["rejects"]
        yield found
    if pieces.cut is not None and not cut and final:
        end = next(ais.decode_chunks(b"", lines=lines))
        rejects = _source.reject(name or "stream", None, "truncated", pieces.cut)
        yield replace(end, rejects=rejects, stats={**end.stats, "rejects": {"truncated": 1}})


def _input(given: object) -> Input:
    if isinstance(given, bytes):
        return BytesIO(given)
    if hasattr(given, "read"):
        return cast(IO[bytes], given)
    if isinstance(given, str | PathLike):
        return Path(given)
    raise UsageError(f"{type(given).__name__} cannot be decoded; give a path, bytes, or a stream opened with mode 'rb'")


def decode(
    paths: str | PathLike[str] | bytes | IO[bytes] | Iterable[str | PathLike[str] | bytes | IO[bytes]],
    *,
    time_from: TimeFrom = None,
    receiver: str = "unknown",
    start: ais.Resume | None = None,
    final: bool = True,
) -> ais.Decoded:
    """Decode AIS sentences, without a lake: files, a stream, or bytes.

    >>> decode(b"!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5F").reports["mmsi"].to_list()
    [366053209]

    Input that grows is read on where the last reading stopped, messages of several sentences included::

        found = makara.decode("live.nmea", final=False)
        later = makara.decode("live.nmea", start=found.resume, final=False)

    Args:
        paths: a file's path, bytes, or a binary stream, each plain or compressed (gzip, zstd, bzip2, zip); or several
            paths and streams, or bytes in pieces.
        time_from: time of lines without one: ``file`` (modification time), ``base`` (last base station report), ISO
            8601 text or an instant; None leaves ``t_seen`` null.
        receiver: class of the receiver.
        start: read on from there: what the reading before has in ``resume``, or ``Resume(offset)`` of
            ``makara.sensors.ais``. A file is read from that offset (of its uncompressed bytes); bytes and streams begin
            there. For one input only.
        final: the input ends here. Else a last line without line feed and messages that lack parts wait, and
            ``resume`` tells where to read on.

    Raises:
        InputError: a file cannot be read at all.
        UsageError: ``time_from`` is no time, the receiver class is unknown, or ``start`` comes with several inputs.
    """
    one = not isinstance(paths, Iterable) or isinstance(paths, str | PathLike | bytes) or hasattr(paths, "read")
    given: list[object] = [paths] if one else list(cast(Iterable[object], paths))
    if all(isinstance(p, bytes) for p in given):
        given = [b"".join(cast(list[bytes], given))]
    several = [_input(p) for p in given]
    if len(several) != 1 and (start is not None or not final):
        raise UsageError("start and final=False are for one input; decode several one by one")
    return ais.Decoded.concat(
        d
        for p in several
        for d in _chunks(p, time_from=time_from, receiver=receiver, lines=False, start=start, final=final)
    )


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file of AIS sentences; feed ``nmea``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    for found in chunks(uri, time_from=given.get("time-from"), receiver=given["receiver"]):
        frames = {name: rows.rename({"line_last": "line"}).drop("line_first") for name, rows in found.frames().items()}
        yield Batch(frames, found.rejects, found.stats["lines"], "nmea", found.stats)
