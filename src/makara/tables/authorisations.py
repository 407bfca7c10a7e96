"""Table authorisations."""

from makara.tables._table import I32, STR, TS, Field, Table

TABLE = Table(
    "authorisations",
    "state",
    "Who may do what where.",
    ("authorisation",),
    (
        Field("authorisation", STR, "Key: id from what it says."),
        Field("mmsi", I32, "MMSI."),
        Field("zone", STR, "The zone, by its provider's id."),
        Field("gear", STR, "Gear.", True),
        Field("from", TS, "Since when.", True),
        Field("to", TS, "Until when.", True),
    ),
)
