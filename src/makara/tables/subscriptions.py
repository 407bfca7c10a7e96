"""Table subscriptions."""

from makara.tables._table import I32, I64, STR, STRS, Field, Table

TABLE = Table(
    "subscriptions",
    "state",
    "What someone wants to be alerted of.",
    ("subscription",),
    (
        Field("subscription", STR, "Name."),
        Field("who", STR, "Whose it is."),
        Field("kinds", STRS, "Kinds of event; * all."),
        Field("zones", STRS, "Zones; * anywhere."),
        Field("severity_min", I32, "Least severity."),
        Field("vessels", STRS, "Vessels by MMSI, IMO number or id; * all.", True),
        Field("lists", STRS, "Watch lists whose vessels it wants, besides ``vessels``; * all.", True),
        Field("indicators_min", I32, "Least number of independent indicators, the event itself being one.", True),
        Field("budget", I64, "Most alerts a watch; null: no limit.", True),
    ),
)
