"""UTC instants. ``timestamp[us, UTC]`` everywhere; text is ISO 8601 with Z. No clock is read here."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from makara.base.errors import UsageError

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|min|m|h|d)")
_SECONDS: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}


def parse(text: str) -> datetime:
    """An instant from ISO 8601 text. Text without a zone is refused rather than guessed.

    Raises:
        UsageError: the text is no instant, or names no zone.
    """
    try:
        t = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError as e:
        raise UsageError(f"{text!r} is not a time; write it as 2026-01-31T14:00:00Z") from e
    if t.tzinfo is None:
        raise UsageError(f"{text!r} names no time zone; add Z for UTC, as in 2026-01-31T14:00:00Z")
    return t.astimezone(UTC)


def text(t: datetime) -> str:
    """ISO 8601 with Z; microseconds only where there are any.

    >>> text(EPOCH)
    '1970-01-01T00:00:00Z'
    """
    return t.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_us(t: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (t - EPOCH) // timedelta(microseconds=1)


def from_us(us: int) -> datetime:
    """The instant of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=int(us))


def floor(t: datetime, step_s: int) -> datetime:
    """The last multiple of ``step_s`` seconds since 1970 that is not after ``t``."""
    return from_us(to_us(t) // (step_s * 1_000_000) * (step_s * 1_000_000))


def duration_s(value: str) -> float:
    """Seconds of text such as ``90s``, ``15min``, ``6h``, ``2d``.

    >>> duration_s("6h")
    21600.0

    Raises:
        UsageError: the text is no duration.
    """
    m = _DURATION.fullmatch(value.strip())
    if m is None:
        raise UsageError(f"{value!r} is not a duration; write 90s, 15min, 6h or 2d")
    return float(m[1]) * _SECONDS[m[2]]
