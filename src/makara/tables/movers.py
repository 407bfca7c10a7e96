"""Table movers."""

from makara.tables._table import I64, STR, Field, Table

TABLE = Table(
    "movers",
    "state",
    "The text behind mover numbers of other schemes than MMSI.",
    ("mover",),
    (
        Field("mover", I64, "Minus a 62-bit hash of scheme:id."),
        Field("scheme", STR, "The scheme."),
        Field("own_id", STR, "The id in it."),
    ),
)
