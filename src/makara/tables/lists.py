"""Table lists."""

from makara.tables._table import I32, STR, TS, Field, Table

TABLE = Table(
    "lists",
    "state",
    "Lists that vessels are on: IUU, sanctions, registers.",
    ("list", "entry"),
    (
        Field("list", STR, "Name of the list; <class>_register tells the class."),
        Field("entry", STR, "Key: id from what the list says."),
        Field("mmsi", I32, "MMSI.", True),
        Field("imo", I32, "IMO number.", True),
        Field("name", STR, "Name.", True),
        Field("reason", STR, "Why it is on it.", True),
        Field("from", TS, "Since when.", True),
    ),
)
