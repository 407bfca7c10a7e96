"""Table files."""

from makara.tables._table import I64, STR, Field, Table

TABLE = Table(
    "files",
    "state",
    "Files that were taken in; the same content again is a no-op.",
    ("sha256", "feed"),
    (
        Field("sha256", STR, "SHA-256 of the content, hex."),
        Field("feed", STR, "Source that it was read with, and its options."),
        Field("file", STR, "Name of the file."),
        Field("bytes", I64, "Size in bytes."),
        Field("rows", I64, "Rows or sentences read."),
        Field("rejects", I64, "Rows rejected."),
    ),
)
