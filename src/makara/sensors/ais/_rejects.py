"""Rejected lines as the table has them: reasons and details in words, the beginning of the line."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.sensors.ais import _layout as s
from makara.tables import table

RAW_BYTES: Final = 1024
_SCHEMA: Final = {
    f.name: f.type for f in table("rejects").fields if f.name not in ("reject", "source", "t_known", "mark")
}
_REASONS: Final[dict[int, str]] = {
    s.NOT_NMEA: "not_nmea",
    s.CUT: "truncated",
    s.CHECKSUM: "bad_checksum",
    s.TAG_CHECKSUM: "bad_checksum",
    s.UNSUPPORTED: "unsupported_sentence",
    s.PART_OF: "bad_row",
    s.LOST: "lost_part",
}
_DETAILS: Final[dict[int, str]] = {
    s.NOT_NMEA: "the line holds no sentence",
    s.MALFORMED: "the sentence is malformed or has no checksum",
    s.CUT: "the input ends within the line",
    s.CHECKSUM: "checksum is {a:02X}, the line says {b:02X}",
    s.TAG_CHECKSUM: "the tag block's checksum is wrong",
    s.PART_OF: "part {a} of {b}",
    s.LOST: "part {a} of {b}: another part is missing",
    s.ARMOUR: "the payload holds characters that six-bit text does not have",
    s.NO_PAYLOAD: "no payload",
    s.LONG: "the payload has {a} characters: no message is so long",
    s.KIND: "message type {a}",
    s.SHORT: "{a} bits",
    s.PART_24: "part number {a} of type 24",
}


def _words(b: NDArray[Any], code: int, first: int, second: int) -> tuple[str, str]:
    """Reason and detail."""
    if code == s.UNSUPPORTED:
        return _REASONS[code], f"sentence {b[first:second].tobytes().decode()} is not read"
    if code == s.NEED:
        return "bad_payload", f"{first} bits where type {second // 1000} needs {second % 1000}"
    if code == s.MALFORMED:
        return "bad_row" if first else "not_nmea", _DETAILS[code]
    return _REASONS.get(code, "bad_payload"), _DETAILS[code].format(a=first, b=second)


def frame(b: NDArray[np.uint8], rows: NDArray[np.int64], file: str | None) -> pl.DataFrame:
    """Rejects in the order of the lines, without their keys: the lake gives those.

    Args:
        b: the bytes that the rows refer to.
        rows: rejected lines, as the compiled code leaves them.
        file: name of the file.
    """
    rows = rows[np.argsort(rows[:, s.LINE], kind="stable")]
    said = [_words(b, *row) for row in rows[:, s.CODE :].tolist()]
    ends = np.minimum(rows[:, s.RAW_END], rows[:, s.RAW] + RAW_BYTES)
    columns = {
        "file": pl.Series([file], dtype=pl.String).new_from_index(0, len(rows)),
        "line": rows[:, s.LINE],
        "offset": rows[:, s.OFFSET],
        "reason": [reason for reason, _ in said],
        "detail": [detail for _, detail in said],
        "raw": [b[p:q].tobytes() for p, q in zip(rows[:, s.RAW], ends, strict=True)],
    }
    return pl.DataFrame(columns, schema=_SCHEMA)
