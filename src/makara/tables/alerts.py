"""Table alerts."""

from makara.tables._table import BOOL, F64, I32, REASONS, STR, Field, Table

STATES = ("new", "claimed", "tasked", "closed", "withdrawn")
TABLE = Table(
    "alerts",
    "state",
    "An event that someone must see.",
    ("alert",),
    (
        Field("alert", STR, "Key: id from subscription and event."),
        Field("event", STR, "The event."),
        Field("version", I32, "Version of the event that it speaks of."),
        Field("subscription", STR, "Who asked for it."),
        Field("rank", F64, "Order in the inbox, the greatest first.", False, 4),
        Field("contributions", REASONS, "What the rank is made of."),
        Field("state", STR, "Where it stands.", values=STATES),
        Field("who", STR, "Who holds it.", True),
        Field("outcome", STR, "What came of it.", True),
        Field("suppressed_by", STR, "What keeps it silent: the operator's act, its reason, who and until when.", True),
        Field("listed", BOOL, "Beyond its subscription's budget for the watch: listed, not raised.", True),
        Field("told_by", STR, "The stronger alert of the same subscription that tells the same happening.", True),
        Field(
            "line",
            BOOL,
            "Whether it is the first alert of its event's line of versions; if not, it goes on with an earlier one.",
        ),
    ),
)
