"""AIS: bytes to reports, claims, messages, rejects (ITU-R M.1371-5, IEC 61162-1, IEC 62320-1). Pure: no file, no clock.

>>> found = decode(b"!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5F\\n")
>>> found.reports["mmsi"].to_list(), found.stats["messages"]
([366053209], 1)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import polars as pl

from makara.base import time
from makara.base.errors import UsageError
from makara.sensors.ais._blocks import BLOCK_BYTES, blocks
from makara.sensors.ais._decoder import Decoder, Found, How
from makara.sensors.ais._layout import NO_TIME
from makara.sensors.ais._mmsi import bad_mmsi
from makara.tables.reports import RECEIVERS

__all__ = ["Decoded", "Resume", "bad_mmsi", "decode", "decode_chunks"]

TimeFrom = datetime | Literal["base"] | None
_COUNTS = ("lines", "blank", "comments", "meta", "sentences", "messages")


@dataclass(frozen=True)
class Resume:
    """Where to read on in input that grows, so that the pieces together are what all of it at once gives.

    Attributes:
        offset: byte at which the next line begins.
        held: what is known from the lines before: open messages of several sentences, groups, tag blocks and times on
            lines of their own, the last base station's time. Without it (``b""``) parts whose others were read before
            are lost, and lines count from 1.
    """

    offset: int
    held: bytes = b""


@dataclass(frozen=True)
class Decoded:
    """What was found in some AIS input.

    Attributes:
        reports: positions; columns of table reports without ``source, t_known, mark``. ``t_seen`` is null where the
            input tells no time.
        claims: identities and voyages; columns of table claims, likewise.
        rejects: what could not be used; columns of table rejects without ``reject`` and the stamps.
        stats: ``lines``, ``blank``, ``comments`` (lines with #), ``meta`` (tag blocks and $PGHP on lines of their
            own), ``sentences`` (AIS sentences with a right checksum), ``messages`` (whole and readable), ``types``
            (messages by type), ``rejects`` (lines by reason), ``offset`` (bytes read: where the next line begins).
        messages: messages that hold neither position nor claim (types 6 to 8, 10, 12 to 17, 20, 22, 23, 25, 26);
            columns of table messages, likewise.
        resume: where and how to read on; only in the last piece of input that is not ``final``.
    """

    reports: pl.DataFrame
    claims: pl.DataFrame
    rejects: pl.DataFrame
    stats: Mapping[str, Any]
    messages: pl.DataFrame
    resume: Resume | None = None

    def frames(self) -> dict[str, pl.DataFrame]:
        """Reports, claims and messages by the name of their table."""
        return {"reports": self.reports, "claims": self.claims, "messages": self.messages}

    @staticmethod
    def concat(parts: Iterable[Decoded]) -> Decoded:
        """Several in one; the numbers are added. No part at all gives empty frames."""
        found = list(parts) or [decode(b"")]
        if len(found) == 1:
            return found[0]
        return Decoded(
            pl.concat([d.reports for d in found]),
            pl.concat([d.claims for d in found]),
            pl.concat([d.rejects for d in found]),
            _stats([d.stats for d in found]),
            pl.concat([d.messages for d in found]),
            found[-1].resume,
        )


def _stats(parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    types: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    for p in parts:
        types.update(p["types"])
        reasons.update(p["rejects"])
    counts: dict[str, Any] = {name: sum(p[name] for p in parts) for name in _COUNTS}
    counts["offset"] = parts[-1]["offset"]
    return {**counts, "types": dict(sorted(types.items())), "rejects": dict(sorted(reasons.items()))}


def decode_chunks(
    data: bytes | Iterable[bytes],
    *,
    file: str | None = None,
    time_from: TimeFrom = None,
    receiver: str = "unknown",
    chunk_bytes: int = BLOCK_BYTES,
    lines: bool = False,
    start: Resume | None = None,
    final: bool = True,
) -> Iterator[Decoded]:
    """Decode AIS input piece by piece, in bounded memory. The pieces together are what :func:`decode` gives.

    Whatever the input's size, at most ``chunk_bytes`` of it are taken together, 131,072 sentences and 65,536 rejected
    lines; with the tables made of them that is some 250 MB for the default, half of it for text of the usual length.
    Between the pieces some 20 MB at most are remembered: open parts of the last 10,000 lines and names of stations.

    Args:
        data: NMEA 0183 text as bytes, or an iterable of pieces of it, cut anywhere.
        file: name to put into rejects.
        time_from: ``t_seen`` of messages that carry no time: an instant; ``base`` for the last time told by a base
            station (types 4, 11); None leaves them untimed.
        receiver: class of the receiver (terrestrial, satellite, vms, own, unknown); VDO sentences are ``own``.
        chunk_bytes: input taken together.
        lines: add columns ``line_first`` and ``line_last`` (lines of the message's first and last sentence, from 1)
            to reports, claims and messages, for sources that know more about a line.
        start: read on from there; ``data`` begins at its offset. Lines and offsets count on.
        final: the input ends here: a last line without line feed is read, and open parts are lost. Else both wait, and
            the last piece tells where to read on.

    Raises:
        UsageError: no such receiver class, ``time_from`` has no zone, or ``start`` is none that a decoder gave.
    """
    if receiver not in RECEIVERS:
        raise UsageError(f"receiver {receiver!r} is unknown; give one of {', '.join(RECEIVERS)}")
    if isinstance(time_from, str) and time_from != "base":
        raise UsageError(f"time_from {time_from!r} is neither an instant nor 'base'")
    at = time_from if isinstance(time_from, datetime) else None
    if at is not None and at.tzinfo is None:
        raise UsageError("time_from has no time zone; give an aware datetime")
    how = How(file, int(NO_TIME) if at is None else time.to_us(at), time_from == "base", receiver, lines)
    decoder = Decoder(how)
    if start is not None:
        try:
            decoder.recall(start.offset, start.held)
        except ValueError as e:
            raise UsageError(f"what is held to read on from byte {start.offset} is damaged ({e}); read anew") from e
    return _chunks(data, decoder, chunk_bytes, final)


def _decoded(found: Found) -> Decoded:
    return Decoded(found.reports, found.claims, found.rejects, found.stats, found.messages)


def _chunks(data: bytes | Iterable[bytes], decoder: Decoder, chunk_bytes: int, final: bool) -> Iterator[Decoded]:
    held: Decoded | None = None
    for block in blocks(data, chunk_bytes):
        for found in decoder.read(block) if final else decoder.read(block.whole()):
            if held is not None:
                yield held
            held = _decoded(found)
    if not final:
        held = held or _decoded(decoder.read_nothing())
        yield replace(held, resume=Resume(held.stats["offset"], decoder.remember()))
        return
    if held is None:
        yield _decoded(decoder.close())
    elif not decoder.has_open:
        yield held
    else:
        last = _decoded(decoder.close())
        both = Decoded.concat([held, last])
        yield replace(both, rejects=both.rejects.sort("line", maintain_order=True))


def decode(
    data: bytes | Iterable[bytes],
    *,
    file: str | None = None,
    time_from: TimeFrom = None,
    receiver: str = "unknown",
) -> Decoded:
    """Decode AIS input whole: the arguments and columns of :func:`decode_chunks`. Removes nothing, never stops.

    Raises:
        UsageError: no such receiver class, or ``time_from`` has no zone.
    """
    return Decoded.concat(decode_chunks(data, file=file, time_from=time_from, receiver=receiver))
