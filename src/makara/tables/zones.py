"""Table zones."""

from makara.tables._table import BINARY, BOX, STR, TS, Field, Table

TABLE = Table(
    "zones",
    "state",
    "Areas with a law or a purpose.",
    ("zone",),
    (
        Field("zone", STR, "Key: id from authority, kind, name and the geometry's hash."),
        Field("own_id", STR, "The id that its provider uses.", True),
        Field("name", STR, "Name."),
        Field(
            "kind",
            STR,
            "What it is.",
            values=("eez", "closed", "mpa", "port", "anchorage", "lane", "cable", "risk", "infrastructure", "buffer"),
        ),
        Field("authority", STR, "Whose law holds there.", True),
        Field("geometry", BINARY, "Polygons, lines or points, cut at 180.", form="wkb"),
        Field("box", BOX, "Box around it, degrees; w > e when it crosses 180."),
        Field("from", TS, "In force since.", True),
        Field("to", TS, "In force until.", True),
        Field("attributes", STR, "What else its provider says.", form="json"),
    ),
)
