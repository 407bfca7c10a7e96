"""Messages of several sentences, put together again: by tag group, else by sequence, channel and station."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

LINES_MAX: Final = 10_000
"""Parts further apart than so many lines do not belong together."""
TIME_MAX_US: Final = 60_000_000
"""Nor do parts received more than a minute apart."""

Key = tuple[bytes | None, bytes, bytes, bytes, bytes]


class Part(NamedTuple):
    """One sentence of a message of several."""

    number: int
    of: int
    payload: bytes
    fill: int
    t_us: int | None
    station: str | None
    channel: bytes
    own: bool
    line: int
    offset: int
    raw: bytes


@dataclass
class _Open:
    parts: dict[int, Part] = field(default_factory=dict)
    station: str | None = None
    t_us: int | None = None
    line: int = 0

    def takes(self, p: Part) -> bool:
        near = p.line - self.line <= LINES_MAX
        in_time = p.t_us is None or self.t_us is None or abs(p.t_us - self.t_us) <= TIME_MAX_US
        same = p.station is None or self.station is None or p.station == self.station
        return near and in_time and same


class Assembler:
    """Holds parts until their message is whole. What can no longer become whole is given up as lost."""

    def __init__(self) -> None:
        self._open: dict[Key, list[_Open]] = {}
        self.lost: list[Part] = []

    def add(self, key: Key, part: Part) -> list[Part] | None:
        """Take a part; when it completes its message, the parts in order."""
        waiting = self._open.get(key)
        if waiting is None:
            if len(self._open) >= 4096:
                self._expire(part.line)
            waiting = self._open[key] = []
        found: _Open | None = None
        for candidate in reversed(waiting):
            if not candidate.takes(part):
                continue
            held = candidate.parts.get(part.number)
            if held is None:
                found = candidate
                break
            if held.payload != part.payload and held.station == part.station:
                waiting.remove(candidate)
                self.lost.extend(candidate.parts.values())
        if found is None:
            found = _Open()
            waiting.append(found)
        found.parts[part.number] = part
        found.station = found.station or part.station
        found.t_us = part.t_us if found.t_us is None else found.t_us
        found.line = part.line
        if len(found.parts) < part.of:
            return None
        waiting.remove(found)
        if not waiting:
            del self._open[key]
        return [found.parts[k] for k in range(1, part.of + 1)]

    def _expire(self, line: int) -> None:
        for key in list(self._open):
            old = [c for c in self._open[key] if line - c.line > LINES_MAX]
            for c in old:
                self._open[key].remove(c)
                self.lost.extend(c.parts.values())
            if not self._open[key]:
                del self._open[key]

    def close(self) -> None:
        """The input has ended: what still waits is lost."""
        for waiting in self._open.values():
            for c in waiting:
                self.lost.extend(c.parts.values())
        self._open.clear()
