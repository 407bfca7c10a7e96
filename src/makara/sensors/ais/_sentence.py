"""The parts of a line: tag block (IEC 62320-1), checksum, what loggers put before and after a sentence.

Forms read: ``\\s:station,c:seconds-or-ms,g:1-2-77*hh\\``, ``$PGHP`` (Gatehouse: the time of the next sentence), the
suffixes of the US Coast Guard (``,s29101,d-090,T51.15,x26003,r003669945,1469664000``), an epoch after the checksum
(``,1327992119173``), and an epoch or an ISO 8601 time with a zone before the sentence. A time without a zone is not
used: such loggers write local time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache, reduce
from operator import xor
from typing import Final, NamedTuple

from makara.base import time

VDM: Final = re.compile(
    rb"(?:\\([^\\]*)\\)?\s*!(..)VD([MO]),([1-9]),([1-9]),(\d*),([^,]*),([^,*]*),([0-5])\*([0-9A-Fa-f]{2})(.*)",
    re.DOTALL,
)
"""Tag block, talker, M or O, parts, part, sequence, channel, payload, fill bits, checksum, suffix."""
START: Final = re.compile(rb"[\\!$]")
SENTENCE: Final = re.compile(rb"[!$]([A-Z0-9-]{2,}),([^*]*)\*([0-9A-Fa-f]{2})")
_STATION: Final = re.compile(rb"[rRbB][0-9A-Za-z]{3,}")
_EPOCH: Final = re.compile(rb"\d{9,13}(?:\.\d+)?")
_ISO: Final = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)")
_MS_FROM: Final = 100_000_000_000
"""From here on a count is milliseconds: as seconds it would be the year 5138."""


class Tag(NamedTuple):
    """What a tag block says; ``group`` is (part, id)."""

    t_us: int | None = None
    station: str | None = None
    group: tuple[int, bytes] | None = None
    ok: bool = True

    def over(self, other: Tag) -> Tag:
        """This tag block, with what it does not say taken from another before it."""
        if other is NO_TAG or not self.ok:
            return self
        t_us = other.t_us if self.t_us is None else self.t_us
        return Tag(t_us, self.station or other.station, self.group or other.group)


NO_TAG: Final = Tag()


def checksum(body: bytes) -> int:
    """XOR of all bytes (IEC 61162-1), by folding them as one integer."""
    if len(body) > 128:
        return reduce(xor, body, 0)
    n = int.from_bytes(body, "little")
    n ^= n >> 512
    n ^= n >> 256
    n ^= n >> 128
    n ^= n >> 64
    n ^= n >> 32
    n ^= n >> 16
    return (n ^ (n >> 8)) & 0xFF


def epoch_us(text: bytes) -> int | None:
    """Microseconds since 1970 of a count of seconds or milliseconds, or None when it is none."""
    try:
        n = int(text)
    except ValueError:
        if _EPOCH.fullmatch(text) is None:
            return None
        return round(float(text) * (1_000 if float(text) >= _MS_FROM else 1_000_000))
    if n <= 0 or n >= _MS_FROM * 100:
        return None
    return n * 1_000 if n >= _MS_FROM else n * 1_000_000


def tag(block: bytes) -> Tag:
    """Read a tag block (the text between the backslashes). ``ok`` is False when its checksum is wrong."""
    body, star, check = block.rpartition(b"*")
    if star:
        try:
            ok = int(check, 16) == checksum(body)
        except ValueError:
            ok = False
        if not ok:
            return Tag(ok=False)
    else:
        body = block
    t_us = station = group = None
    for field in body.split(b","):
        key = field[:2]
        if key == b"c:":
            t_us = epoch_us(field[2:])
        elif key == b"s:":
            station = name(field[2:])
        elif key == b"g:":
            part, _, rest = field[2:].partition(b"-")
            if part.isdigit() and rest:
                group = (int(part), rest)
    return Tag(t_us, station, group)


@lru_cache(maxsize=4096)
def name(text: bytes) -> str | None:
    """A station's name, or None when it is empty."""
    return text.decode("utf-8", "replace").strip() or None


def suffix(text: bytes) -> tuple[int | None, str | None]:
    """Time (microseconds) and station from what follows a checksum."""
    t_us = station = None
    for field in text.strip().split(b","):
        if _EPOCH.fullmatch(field):
            t_us = epoch_us(field)
        elif _STATION.fullmatch(field):
            station = name(field)
    return t_us, station


def prefix(text: bytes) -> int | None:
    """Time (microseconds) from what precedes a sentence: ISO 8601 with a zone, or an epoch."""
    found = _ISO.search(text)
    if found is not None:
        iso = found[0].decode("ascii").replace(",", ".").replace("Z", "+00:00")
        try:
            return time.to_us(datetime.fromisoformat(iso))
        except ValueError:
            return None
    word = text.strip().rstrip(b",;: ")
    return epoch_us(word) if _EPOCH.fullmatch(word) else None


def gatehouse(fields: list[bytes]) -> tuple[int | None, str | None, bytes]:
    """Time (microseconds), station and the checksum of the sentence it belongs to, from the fields of ``$PGHP``."""
    try:
        y, mo, d, h, mi, s, ms = (int(f) for f in fields[1:8])
        t_us = time.to_us(datetime(y, mo, d, h, mi, s, ms * 1000, UTC))
    except ValueError:
        t_us = None
    station = name(fields[10]) if len(fields) > 10 else None
    return t_us, station, fields[-1].upper()
