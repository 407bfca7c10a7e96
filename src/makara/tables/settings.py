"""Table settings."""

from makara.tables._table import STR, Field, Table

TABLE = Table(
    "settings",
    "state",
    "Settings in force: an input like reports.",
    ("name",),
    (
        Field("name", STR, "Dotted name as in makara.toml."),
        Field("value", STR, "Value.", form="json"),
    ),
)
