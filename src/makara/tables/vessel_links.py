"""Table vessel_links."""

from makara.tables._table import F32, STR, TS, Field, Table

TABLE = Table(
    "vessel_links",
    "state",
    "What belongs to a vessel, from when to when.",
    ("vessel", "member", "from"),
    (
        Field("vessel", STR, "The vessel."),
        Field("member", STR, "What belongs to it: mv<mover> or another vessel."),
        Field("from", TS, "Since when."),
        Field("to", TS, "Until when; null: still.", True),
        Field("p", F32, "How sure.", False, 4),
        Field("how", STR, "What ties them."),
    ),
)
