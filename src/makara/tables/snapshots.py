"""Table snapshots."""

from makara.tables._table import I64, STR, Field, Table

TABLE = Table(
    "snapshots",
    "state",
    "The one atomic step: each row names the version of each Delta table.",
    ("snapshot",),
    (
        Field("snapshot", I64, "Number of the snapshot, from 1."),
        Field("run", STR, "The run or ingest that made it."),
        Field("versions", STR, "Delta version by table.", form="json"),
    ),
)
