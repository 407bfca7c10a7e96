"""Table chips."""

from makara.tables._table import I64, STR, Field, Table

TABLE = Table(
    "chips",
    "state",
    "Pictures around detections, kept in LAKE/chips by their hash. Each bears its own mark: pixels go less far.",
    ("chip",),
    (
        Field("chip", STR, "Key: SHA-256 of its bytes, hex."),
        Field("detection", STR, "The detection that it shows."),
        Field("collection", STR, "The look that it is cut from."),
        Field("media", STR, "Media type, as image/png."),
        Field("bytes", I64, "Size in bytes."),
    ),
)
