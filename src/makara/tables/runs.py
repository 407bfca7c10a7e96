"""Table runs."""

from makara.tables._table import I64, STR, TS, Field, Table

TABLE = Table(
    "runs",
    "state",
    "Runs of the walk.",
    ("run",),
    (
        Field("run", STR, "Key: id from start of the walk and snapshot."),
        Field("t_from", TS, "First t_known that was walked.", True),
        Field("t_to", TS, "Last t_known that was walked.", True),
        Field("steps", I64, "Steps."),
        Field("code", STR, "Code version."),
        Field("rows", STR, "Rows by table.", form="json"),
    ),
)
