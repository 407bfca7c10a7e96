"""The scanner: lines in, raw columns of messages and rejects out. It remembers open parts, groups and times."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from datetime import UTC, datetime
from typing import Final

from makara.base import time
from makara.sensors.ais import _payload as payloads
from makara.sensors.ais import _sentence as sentence
from makara.sensors.ais._assemble import LINES_MAX, Assembler, Part
from makara.sensors.ais._lines import Block

RAW_BYTES: Final = 1024
NO_TIME: Final = -(2**63)
META: Final = ("line_first", "line_last", "t_us", "bits", "own", "channel")
"""Integer columns before the fields of each message."""
_CHANNEL: Final = {b"A": 1, b"B": 2, b"1": 1, b"2": 2, b"a": 1, b"b": 2}


class Rows:
    """Messages of one type, column-wise."""

    def __init__(self, kind: int) -> None:
        self.layout = payloads.layout(kind)
        self.numbers = array("q")
        self.stations: list[str | None] = []
        self.payloads: list[bytes] = []
        self.texts: list[list[str | None]] = [[] for _ in self.layout.texts]


class Rejects:
    """Rejected lines, column-wise."""

    def __init__(self) -> None:
        self.lines: list[int | None] = []
        self.offsets: list[int | None] = []
        self.reasons: list[str] = []
        self.details: list[str] = []
        self.raws: list[bytes] = []

    def add(self, line: int | None, offset: int | None, reason: str, detail: str, raw: bytes) -> None:
        """One more."""
        self.lines.append(line)
        self.offsets.append(offset)
        self.reasons.append(reason)
        self.details.append(detail)
        self.raws.append(raw[:RAW_BYTES])


class Scanner:
    """Reads blocks of lines in order.

    Args:
        base_clock: give untimed messages the time of the last base station report or UTC response (types 4, 11).
    """

    def __init__(self, base_clock: bool = False) -> None:
        self.rows: dict[int, Rows] = {}
        self.rejects = Rejects()
        self.stats: Counter[str] = Counter()
        self.types: Counter[int] = Counter()
        self._line = 0
        self._base_clock = base_clock
        self._base_us: int | None = None
        self._assembler = Assembler()
        self._groups: dict[bytes, tuple[int | None, str | None, int]] = {}
        self._loose = sentence.NO_TAG
        self._gatehouse: tuple[int | None, str | None, bytes] | None = None

    def take(self) -> tuple[dict[int, Rows], Rejects, Counter[str], Counter[int]]:
        """What was found since the last call."""
        found = self.rows, self.rejects, self.stats, self.types
        self.rows, self.rejects, self.stats, self.types = {}, Rejects(), Counter(), Counter()
        return found

    def feed(self, block: Block) -> None:
        """Read a block; its lines follow those of the block before."""
        match = sentence.VDM.match
        offset, number = block.offset, self._line
        last = number + len(block.lines) if block.open_end else -1
        for raw in block.lines:
            number += 1
            line = raw.replace(b"\0", b"") if b"\0" in raw else raw
            found = match(line)
            if found is not None:
                self._vdm(found, line, number, offset, None)
            else:
                self._other(line.strip(), number, offset, number == last)
            offset += len(raw) + 1
        self._line = number
        self.stats["lines"] += len(block.lines)
        self._lost()

    def close(self) -> None:
        """The input has ended."""
        self._assembler.close()
        self._lost()

    def _lost(self) -> None:
        for p in sorted(self._assembler.lost, key=lambda p: p.line):
            detail = f"part {p.number} of {p.of}: another part is missing"
            self.rejects.add(p.line, p.offset, "lost_part", detail, p.raw)
        self._assembler.lost.clear()

    def _other(self, line: bytes, number: int, offset: int, cut: bool) -> None:
        """A line that does not begin with a tag block or an AIS sentence."""
        if not line:
            self.stats["blank"] += 1
            return
        if line[0] == 0x23:  # '#'
            self.stats["comments"] += 1
            return
        start = sentence.START.search(line)
        if start is None:
            reason, detail = "not_nmea", "the line holds no sentence"
            self.rejects.add(number, offset, reason, detail, line)
            return
        text = line[start.start() :]
        found = sentence.VDM.match(text)
        if found is not None:
            self._vdm(found, line, number, offset, sentence.prefix(line[: start.start()]))
            return
        while text[:1] == b"\\":
            body, end, text = text[1:].partition(b"\\")
            if not end:
                break
            tag = sentence.tag(body).over(self._loose)
            if not tag.ok:
                self.rejects.add(number, offset, "bad_checksum", "the tag block's checksum is wrong", line)
                return
            self._loose = tag
            found = sentence.VDM.match(text)
            if found is not None:
                self._vdm(found, line, number, offset, None)
                return
            if not text.strip():
                self.stats["meta"] += 1
                return
        other = sentence.SENTENCE.match(text)
        if other is None:
            vdm = text[3:6] in (b"VDM", b"VDO")
            reason = "truncated" if cut else "bad_row" if vdm else "not_nmea"
            detail = "the input ends within the line" if cut else "the sentence is malformed or has no checksum"
            self.rejects.add(number, offset, reason, detail, line)
            return
        body = text[1 : other.end() - 3]
        if sentence.checksum(body) != int(other[3], 16):
            detail = f"checksum is {sentence.checksum(body):02X}, the line says {other[3].decode().upper()}"
            self.rejects.add(number, offset, "bad_checksum", detail, line)
        elif other[1] == b"PGHP":
            self.stats["meta"] += 1
            self._gatehouse = sentence.gatehouse(other[2].split(b","))
        else:
            detail = f"sentence {other[1].decode()} is not read"
            self.rejects.add(number, offset, "unsupported_sentence", detail, line)

    def _vdm(self, found: re.Match[bytes], line: bytes, number: int, offset: int, before_us: int | None) -> None:
        """An AIS sentence: verify it, find its time and station, hand it on when its message is whole."""
        block, talker, kind, of, part, seq, channel, payload, fill, check, after = found.groups()
        loose, self._loose = self._loose, sentence.NO_TAG
        gatehouse, self._gatehouse = self._gatehouse, None
        total = sentence.checksum(found.string[found.start(2) : found.end(9)])
        if total != int(check, 16):
            detail = f"checksum is {total:02X}, the line says {check.decode().upper()}"
            self.rejects.add(number, offset, "bad_checksum", detail, line)
            return
        tag = sentence.tag(block).over(loose) if block else loose
        if not tag.ok:
            self.rejects.add(number, offset, "bad_checksum", "the tag block's checksum is wrong", line)
            return
        self.stats["sentences"] += 1
        t_us, station, group = tag.t_us, tag.station, tag.group
        if gatehouse is not None:
            g_us, g_station, g_check = gatehouse
            if g_check in (check.upper(), b"00"):
                t_us = g_us if t_us is None else t_us
                station = station or g_station
        if len(after) > 2:
            s_us, s_station = sentence.suffix(after)
            t_us = s_us if t_us is None else t_us
            station = station or s_station
        if t_us is None:
            t_us = before_us
        gid: bytes | None = None
        if group is not None:
            t_us, station = self._group(group, t_us, station, number)
            gid = group[1]
        own = kind == b"O"
        if of == b"1":
            self._message(payload, int(fill), t_us, station, channel, own, number, number, ((number, offset, line),))
            return
        if part > of:
            self.rejects.add(number, offset, "bad_row", f"part {part.decode()} of {of.decode()}", line)
            return
        piece = Part(int(part), int(of), payload, int(fill), t_us, station, channel, own, number, offset, line)
        whole = self._assembler.add((gid, talker + kind, seq, channel, of), piece)
        if whole is not None:
            lines = [p.line for p in whole]
            self._message(
                b"".join(p.payload for p in whole),
                whole[-1].fill,
                next((p.t_us for p in whole if p.t_us is not None), None),
                next((p.station for p in whole if p.station is not None), None),
                whole[0].channel,
                own,
                min(lines),
                max(lines),
                tuple((p.line, p.offset, p.raw) for p in whole),
            )

    def _group(
        self, group: tuple[int, bytes], t_us: int | None, station: str | None, number: int
    ) -> tuple[int | None, str | None]:
        """Time and station of the group's first line, which hold for all its lines."""
        known = self._groups.get(group[1])
        if group[0] != 1 and known is not None and number - known[2] <= LINES_MAX:
            return known[0] if t_us is None else t_us, station or known[1]
        if group[0] == 1:
            if len(self._groups) >= LINES_MAX:
                del self._groups[next(iter(self._groups))]
            self._groups.pop(group[1], None)
            self._groups[group[1]] = (t_us, station, number)
        return t_us, station

    def _message(
        self,
        payload: bytes,
        fill: int,
        t_us: int | None,
        station: str | None,
        channel: bytes,
        own: bool,
        first: int,
        last: int,
        sources: tuple[tuple[int, int, bytes], ...],
    ) -> None:
        """A whole message: cut its fields out."""
        if not payload or payload.translate(None, payloads.ARMOUR):
            detail = "the payload holds characters that six-bit text does not have" if payload else "no payload"
            self._bad(sources, detail)
            return
        value, length = payloads.bits(payload, fill)
        kind = payload[0] - 48 if payload[0] < 88 else payload[0] - 56
        if kind not in payloads.KNOWN or length < 38:
            self._bad(sources, f"message type {kind}" if length >= 38 else f"{length} bits")
            return
        if kind not in payloads.USED:
            self.types[kind] += 1
            return
        if kind == 24:
            part = (value >> (length - 40)) & 3 if length >= 40 else 3
            if part > 1:
                self._bad(sources, f"part number {part} of type 24")
                return
            kind = 240 + part
        rows = self.rows.get(kind)
        if rows is None:
            rows = self.rows[kind] = Rows(kind)
        form = rows.layout
        if length < form.need:
            self._bad(sources, f"{length} bits where type {kind if kind < 28 else 24} needs {form.need}")
            return
        self.types[kind if kind < 28 else 24] += 1
        v = value << (form.bits - length) if length < form.bits else value >> (length - form.bits)
        cut = [(v >> shift) & mask for shift, mask in form.cuts]
        if self._base_clock:
            if kind in (4, 11):
                self._base_us = _clock(cut[1:7]) or self._base_us
            if t_us is None:
                t_us = self._base_us
        head = (first, last, NO_TIME if t_us is None else t_us, length, own, _CHANNEL.get(channel, 0))
        rows.numbers.extend(head)
        rows.numbers.extend(cut)
        rows.stations.append(station)
        rows.payloads.append(b"%b,%d" % (payload, fill))
        for column, (_, shift, mask, end) in zip(rows.texts, form.texts, strict=True):
            width = mask.bit_length()
            lack = max(0, end - length)
            there = (width - lack) // 6 * 6
            column.append(payloads.text(((v >> shift) & mask) >> (width - there), there) if there > 0 else None)

    def _bad(self, sources: tuple[tuple[int, int, bytes], ...], detail: str) -> None:
        for line, offset, raw in sources:
            self.rejects.add(line, offset, "bad_payload", detail, raw)


def _clock(parts: list[int]) -> int | None:
    """Microseconds of a base station's clock, or None when it is not available."""
    year, month, day, hour, minute, second = parts
    try:
        return time.to_us(datetime(year, month, day, hour, minute, second, tzinfo=UTC))
    except ValueError:
        return None
