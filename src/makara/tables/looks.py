"""Table looks."""

from makara.tables._table import BINARY, STR, TS, Field, Table

TABLE = Table(
    "looks",
    "lake",
    "Looks that a sensor could take.",
    ("look",),
    (
        Field("look", STR, "Key: id from platform, mode, time."),
        Field("platform", STR, "Platform."),
        Field("mode", STR, "Mode.", True),
        Field("t_start", TS, "Start."),
        Field("t_end", TS, "End."),
        Field("footprint", BINARY, "What it would see.", form="wkb"),
    ),
)
