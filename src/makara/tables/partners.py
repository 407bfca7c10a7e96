"""Table partners."""

from makara.tables._table import STR, Field, Table

TABLE = Table(
    "partners",
    "state",
    "Who data are shared with. The owner is partner self.",
    ("partner",),
    (
        Field("partner", STR, "Short name, as FJI."),
        Field("name", STR, "Name in full."),
        Field("tier", STR, "Licence tier: own, domestic, foreign or public."),
        Field("key_id", STR, "Id of its secret.", True),
    ),
)
