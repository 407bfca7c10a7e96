"""Table cues."""

from makara.tables._table import F32, STR, Field, Table

TABLE = Table(
    "cues",
    "state",
    "Requests to look.",
    ("cue",),
    (
        Field("cue", STR, "Key: id from alert and look."),
        Field("alert", STR, "The alert."),
        Field("look", STR, "The look asked for."),
        Field("p_inside", F32, "Probability that the vessel is inside.", True, 4),
        Field("state", STR, "Where it stands."),
    ),
)
