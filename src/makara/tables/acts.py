"""Table acts."""

from makara.tables._table import STR, STRS, TS, Field, Table

TABLE = Table(
    "acts",
    "state",
    "What operators do (merge, split, undo; suppress, lift; claim, close): an input, replayed like reports.",
    ("act",),
    (
        Field("act", STR, "Key: id from time, who, verb and object."),
        Field("t", TS, "When it was done."),
        Field("who", STR, "Who did it."),
        Field("verb", STR, "What was done."),
        Field("object", STRS, "What it was done to."),
        Field("why", STR, "The reason given.", True),
        Field("until", TS, "When it ceases to count; null: never.", True),
    ),
)
