"""Table vessels."""

from makara.tables._table import F32, I32, STR, Field, Table

TABLE = Table(
    "vessels",
    "state",
    "An identity over time, with how sure each part of it is.",
    ("vessel",),
    (
        Field("vessel", STR, "Key: id from the first member and its time."),
        Field("mmsi", I32, "MMSI.", True),
        Field("imo", I32, "IMO number.", True),
        Field("name", STR, "Name.", True),
        Field("callsign", STR, "Call sign.", True),
        Field("flag", STR, "Flag state, ISO 3166 alpha-3.", True),
        Field("class", STR, "Class of vessel.", True),
        Field("gear", STR, "Fishing gear.", True),
        Field("length_m", F32, "Length over all, metres.", True, 1),
        Field("evidence", STR, "Per part: where it comes from and its probability p.", form="json"),
    ),
)
