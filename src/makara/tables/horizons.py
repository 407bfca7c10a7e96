"""Table horizons."""

from makara.tables._table import STR, TS, Field, Table

TABLE = Table(
    "horizons",
    "state",
    "How far each class of receiver has reported: silence is judged against it.",
    ("receiver",),
    (
        Field("receiver", STR, "Class of the receiver."),
        Field("horizon", TS, "Latest t_seen not after t_known + 5 min among its reports."),
    ),
)
