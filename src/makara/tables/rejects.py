"""Table rejects."""

from makara.tables._table import BINARY, I64, STR, Field, Table

REASONS = (
    "bad_checksum",
    "not_nmea",
    "unsupported_sentence",
    "bad_payload",
    "lost_part",
    "truncated",
    "no_time",
    "bad_time",
    "future",
    "too_old",
    "bad_place",
    "bad_value",
    "missing_value",
    "bad_geometry",
    "bad_row",
    "unknown_collection",
)

TABLE = Table(
    "rejects",
    "lake",
    "Input that could not be used, row by row: it never stops a feed and never vanishes.",
    ("reject",),
    (
        Field("reject", I64, "Key: hash of the file's content hash, line, offset, reason."),
        Field("file", STR, "File it came from.", True),
        Field("line", I64, "Line in the file, from 1.", True),
        Field("offset", I64, "Byte offset in the (uncompressed) file.", True),
        Field("reason", STR, "Why it was rejected.", values=REASONS),
        Field("detail", STR, "The reason in words, with the value.", True),
        Field("raw", BINARY, "The first kilobyte of it.", True),
    ),
)
