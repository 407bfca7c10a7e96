"""Table watches."""

from makara.tables._table import STR, TS, Field, Table

TABLE = Table(
    "watches",
    "state",
    "Watches stood, with their handover.",
    ("watch",),
    (
        Field("watch", STR, "Key: id from start and officer."),
        Field("t_start", TS, "Start."),
        Field("t_end", TS, "End.", True),
        Field("who", STR, "Officer."),
        Field("handover", STR, "Handover note.", True),
    ),
)
