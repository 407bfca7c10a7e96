"""Table regions."""

from makara.tables._table import BINARY, F32, I64, STR, TS, Field, Table

TABLE = Table(
    "regions",
    "lake",
    "Where a silent vessel can be, with probability.",
    ("track", "t_at", "share"),
    (
        Field("track", I64, "The track."),
        Field("t_at", TS, "When."),
        Field("share", F32, "Probability that it is inside.", False, 3),
        Field("region", BINARY, "Area.", form="wkb"),
        Field("method", STR, "How it was predicted."),
    ),
)
