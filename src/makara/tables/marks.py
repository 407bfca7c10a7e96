"""Table marks."""

from makara.tables._table import STR, STRS, TS, Field, Table

TABLE = Table(
    "marks",
    "state",
    "Who may see a row. Derived rows bear the meet of the marks of all their evidence.",
    ("mark",),
    (
        Field("mark", STR, "Key: id from all below."),
        Field("originators", STRS, "Who it comes from."),
        Field(
            "tlp", STR, "Traffic light: the courtesy label.", values=("clear", "green", "amber", "amber+strict", "red")
        ),
        Field("release_to", STRS, "Partners that it may go to; * everyone; empty the originators only."),
        Field("purposes", STRS, "Purposes that it may be used for; * any."),
        Field("licences", STRS, "Licences that must each permit it, as id@tier@form."),
        Field("embargo", TS, "Not before; null: none.", True),
        Field("expires", TS, "Not after; null: never.", True),
        Field("level", STR, "What kind of product it is.", values=("raw", "detection", "event", "aggregate")),
    ),
)
