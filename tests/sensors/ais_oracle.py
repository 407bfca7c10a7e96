"""What pyais says of AIS lines, in our columns; and every difference from it that is meant, with its reason.

The oracle of contents is pyais' decoder alone: the lines' dialects (tag blocks, suffixes, talkers) are taken off first,
wrong checksums left out, and "not available" becomes null. What then still differs must be on the list ``MEANT``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Any, NamedTuple

import polars as pl
from pyais.constants import ShipType, TurnRate
from pyais.exceptions import AISBaseException
from pyais.stream import IterMessages

from makara.sensors.ais import Decoded, decode_chunks

POSITIONS = (1, 2, 3, 4, 9, 11, 18, 19, 21, 27)
CLAIMS = (5, 19, 21, 24)
MESSAGES = (6, 7, 8, 10, 12, 13, 14, 15, 16, 17, 20, 22, 23, 25, 26)
_SENTENCE = re.compile(rb"!(?:..)(VD[MO],[1-9],[1-9],\d*,[^,]*,[^,*]+,[0-5])\*([0-9A-Fa-f]{2})")
_CHANNELS = {"A": "A", "B": "B", "1": "A", "2": "B"}


class Told(NamedTuple):
    """A message by pyais: line of its last sentence, VDO, radio channel, bits of its payload, it, its fields."""

    line: int
    own: bool
    channel: str | None
    bits: int
    payload: bytes
    message: Any


def checksum(body: bytes) -> int:
    return reduce(xor, body, 0)


def bare(line: bytes) -> bytes | None:
    """The line's AIS sentence under a talker that pyais knows, if its checksum is right."""
    line = line.replace(b"\0", b"")
    found = None if line.startswith(b"#") else _SENTENCE.search(line)
    if found is None or checksum(line[found.start() + 1 : found.end(1)]) != int(found[2], 16):
        return None
    body = b"AI" + found[1]
    return b"!%b*%02X" % (body, checksum(body))


def oracle(data: bytes) -> dict[int, Told]:
    """All messages of types 1 to 27 that pyais makes of some lines, by the line of the last sentence."""
    at = 0

    def sentences() -> Iterator[bytes]:
        nonlocal at
        for number, line in enumerate(data.split(b"\n"), 1):
            found = bare(line)
            if found is not None:
                at = number
                yield found

    told = {}
    for sentence in IterMessages(sentences()):
        try:
            message = sentence.decode()
        except AISBaseException:
            continue
        if 1 <= sentence.ais_id <= 27 and message.mmsi is not None:
            bits = len(sentence.bv)
            told[at] = Told(
                at, sentence.type == "VDO", _CHANNELS.get(sentence.channel.upper()), bits, sentence.payload, message
            )
    return told


def ours(data: bytes) -> Decoded:
    """Our answer, with the line of each message's last sentence."""
    return Decoded.concat(decode_chunks(data, lines=True))


def unless(value: Any, *nothing: Any) -> Any:
    return None if value in nothing else value


def text(value: str | None) -> str | None:
    return (value or "").split("@")[0].strip() or None


def report(t: Told) -> dict[str, Any]:
    """The row of reports that pyais' message would make."""
    m = t.message
    far, air = m.msg_type == 27, m.msg_type == 9
    moves = hasattr(m, "speed")
    return {
        "mmsi": m.mmsi, "msg_type": m.msg_type, "own": t.own, "radio_channel": t.channel,
        "accurate": None if m.accuracy is None else bool(m.accuracy),
        "lon_deg": unless(m.lon, 181.0), "lat_deg": unless(m.lat, 91.0),
        "sog_kn": unless(m.speed, 63.0 if far else 1023 if air else 102.3) if moves else None,
        "cog_deg": unless(m.course, 511.0 if far else 360.0) if moves else None,
        "heading_deg": unless(getattr(m, "heading", None), 511),
        "rot_deg_min": unless(getattr(m, "turn", None), TurnRate.NO_TI_DEFAULT),
        "nav_status": unless(getattr(m, "status", None), 15),
    }  # fmt: skip


def claim(t: Told) -> dict[str, Any]:
    """The row of claims that pyais' message would make."""
    m = t.message
    aid = m.msg_type == 21

    def total(one: str, other: str) -> Any:
        a, b = getattr(m, one, None), getattr(m, other, None)
        return None if a is None or b is None else unless(a + b, 0)

    month, day = getattr(m, "month", None), getattr(m, "day", None)
    hour, minute = getattr(m, "hour", None), getattr(m, "minute", None)
    eta = None
    if month and day:
        eta = f"{month:02d}-{day:02d}"
        if hour not in (None, 24) and minute not in (None, 60):
            eta += f"T{hour:02d}:{minute:02d}"
    return {
        "mmsi": m.mmsi, "msg_type": m.msg_type, "part": "AB"[m.partno] if m.msg_type == 24 else None,
        "imo": unless(getattr(m, "imo", None), 0),
        "name": text(m.full_name if aid else getattr(m, "shipname", None)),
        "callsign": text(getattr(m, "callsign", None)),
        "ship_type": unless(getattr(m, "ship_type", None), 0),
        "length_m": total("to_bow", "to_stern"), "width_m": total("to_port", "to_starboard"),
        "draught_m": unless(getattr(m, "draught", None), 0.0),
        "destination": text(getattr(m, "destination", None)),
        "eta_text": eta,
    }  # fmt: skip


_ADDRESSEE = {7: "mmsi1", 13: "mmsi1", 15: "mmsi1", 16: "mmsi1", 22: "dest1"}


def message(t: Told) -> dict[str, Any]:
    """The row of messages that pyais' message would make."""
    m = t.message
    app = getattr(m, "app_id", None)
    dac, fi = getattr(m, "dac", None), getattr(m, "fid", None)
    return {
        "mmsi": m.mmsi, "msg_type": m.msg_type, "radio_channel": t.channel, "bits": t.bits,
        "payload": t.payload,
        "dac": dac if app is None else app >> 6, "fi": fi if app is None else app & 63,
        "to_mmsi": getattr(m, _ADDRESSEE.get(m.msg_type, "dest_mmsi"), None),
        "text": text(m.text) if m.msg_type in (12, 14) else None,
    }  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One column of one message that is not as pyais has it."""

    column: str
    ours: Any
    theirs: Any
    told: Told


TOLERANCE = {"lon_deg": 6e-7, "lat_deg": 6e-7, "sog_kn": 1e-4, "cog_deg": 1e-4, "draught_m": 1e-4}
"""pyais rounds places to 1e-6 degrees; our columns hold 32 bits of speed, course and draught."""


def same(column: str, a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is None and b is None
    if isinstance(a, float):
        return abs(a - b) <= TOLERANCE.get(column, 0.0)
    return bool(a == b)


def differences(
    rows: pl.DataFrame, told: dict[int, Told], row_of: Callable[[Told], dict[str, Any]]
) -> list[Difference]:
    """Columns of our rows that are not as pyais has them. Rows are found by their line."""
    found = []
    for row in rows.iter_rows(named=True):
        t = told[row["line_last"]]
        found += [Difference(c, row[c], theirs, t) for c, theirs in row_of(t).items() if not same(c, row[c], theirs)]
    return found


FIELDS = {
    "accurate": ("accuracy",), "lon_deg": ("lon",), "lat_deg": ("lat",), "sog_kn": ("speed",), "cog_deg": ("course",),
    "heading_deg": ("heading",), "rot_deg_min": ("turn",), "nav_status": ("status",), "imo": ("imo",),
    "name": ("shipname", "name", "name_ext"), "callsign": ("callsign",), "ship_type": ("ship_type",),
    "length_m": ("to_bow", "to_stern"), "width_m": ("to_port", "to_starboard"), "draught_m": ("draught",),
    "destination": ("destination",), "eta_text": ("month", "day", "hour", "minute"), "dac": ("dac", "app_id"),
    "fi": ("fid", "app_id"), "to_mmsi": ("dest_mmsi", "mmsi1", "dest1"), "text": ("text",),
}  # fmt: skip
"""pyais' fields behind our columns."""


def _cut_off(d: Difference) -> bool:
    names = FIELDS.get(d.column, ())
    ends = [at + width for name, at, width, *_ in type(d.told.message).decoder_plan() if name in names]
    lost = any(end > d.told.bits for end in ends)
    return lost and (d.ours is None or (isinstance(d.ours, str) and str(d.theirs).startswith(d.ours)))


def _no_date(d: Difference) -> bool:
    m = d.told.message
    if d.column != "eta_text" or None in (m.month, m.day, m.hour, m.minute):
        return False
    if m.month > 12:
        return d.ours is None
    return (
        m.hour > 24 or m.minute > 60 or (m.hour == 24) != (m.minute == 60)
    ) and d.ours == f"{m.month:02d}-{m.day:02d}"


def _placeless(d: Difference) -> bool:
    return d.column in ("lon_deg", "lat_deg") and d.ours is None


def _out_of_range(d: Difference) -> bool:
    return _placeless(d) and (abs(d.told.message.lon) > 180 or abs(d.told.message.lat) > 90)


def _ship_type(d: Difference) -> bool:
    if d.column != "ship_type" or d.told.message.msg_type == 24:
        return False
    return ShipType.from_value(d.ours or 0) == (d.theirs or 0)


def _name_extension(d: Difference) -> bool:
    m = d.told.message
    if d.column != "name" or m.msg_type != 21:
        return False
    whole, alone, cut, here = (n.replace(" ", "") for n in (m.full_name, m.name, d.theirs or "", d.ours or ""))
    return here in (whole, whole[:-1], cut) or (len(m.name) < 20 and here == alone)


MEANT: dict[str, tuple[str, Callable[[Difference], bool]]] = {
    "a place outside the world is no place": (
        "M.1371-5 table 48: longitude +-180, latitude +-90, 181 and 91 not available, all else undefined",
        _out_of_range,
    ),
    "half a place is no place": (
        "table 48: a position is both",
        lambda d: _placeless(d) and (d.told.message.lon == 181 or d.told.message.lat == 91),
    ),
    "null island is no place": (
        "not in the standard: receivers without a fix send 0, 0; flag bad_place",
        lambda d: _placeless(d) and d.told.message.lon == d.told.message.lat == 0,
    ),
    "one meridian has one number": (
        "table 48 allows 180 and -180; our longitudes are in [-180, 180)",
        lambda d: d.column == "lon_deg" and d.ours == -180.0 and d.theirs == 180.0,
    ),
    "a course of more than 360 is none": (
        "table 48: 3601 to 4095 should not be used; table 79 (type 27): 360 to 510 reserved",
        lambda d: d.column == "cog_deg" and d.ours is None and d.theirs >= 360,
    ),
    "a heading of 360 to 510 is none": (
        "table 48: 0 to 359, 511 not available",
        lambda d: d.column == "heading_deg" and d.ours is None and d.theirs >= 360,
    ),
    "a turn without an indicator has no rate": (
        "table 48: +-127 tells the direction alone",
        lambda d: d.column == "rot_deg_min" and d.ours is None and abs(int(d.theirs)) == 127,
    ),
    "rates of turn keep a tenth": (
        "table 48: ROT_AIS = 4.733 sqrt(ROT); pyais rounds the rate to whole degrees a minute",
        lambda d: d.column == "rot_deg_min" and d.ours is not None and abs(d.ours - float(d.theirs)) <= 0.51,
    ),
    "reserved ship types stay as sent": (
        "table 53: pyais makes one of all reserved numbers of types 5 and 19", _ship_type,
    ),
    "a field that the payload cuts off is unknown": (
        "annex 8: fields have fixed widths; pyais reads what is left of one as its number", _cut_off,
    ),
    "no date, no arrival": (
        "table 52: month 1 to 12, hour 0 to 23, minute 0 to 59; 0, 24, 60 not available", _no_date,
    ),
    "a name goes on only when it is full, by 14 characters": (
        "table 70: an extension of 0 to 84 bits is for names of over 20 characters, and a space may begin it; "
        "pyais strips that space, and reads spare bits too",
        _name_extension,
    ),
    "unstructured data have no application": (
        "message 26: with a binary data flag of 0 no application identifier bits are used; pyais reads them",
        lambda d: d.column in ("dac", "fi") and d.ours is None and not getattr(d.told.message, "structured", True),
    ),
}  # fmt: skip
"""Every difference that is meant: name, clause, and whether a difference is of its kind."""


def unexplained(found: list[Difference]) -> list[Difference]:
    return [d for d in found if not any(is_it(d) for _, is_it in MEANT.values())]
