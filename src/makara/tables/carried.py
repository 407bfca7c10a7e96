"""Table carried."""

from makara.tables._table import BINARY, STR, TS, Field, Table

TABLE = Table(
    "carried",
    "lake",
    "What rules carry from window to window: derived, unversioned, droppable, kept every 12 hours.",
    ("rule", "profile", "at"),
    (
        Field("rule", STR, "Rule and version."),
        Field("profile", STR, "Profile."),
        Field("parameters", STR, "Hash of the parameters."),
        Field("at", TS, "The instant at which it holds."),
        Field("content", BINARY, "Open events and accumulators (Arrow IPC)."),
    ),
)
